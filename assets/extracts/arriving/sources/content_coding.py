"""A body that was packed for the way: unpacked piece by piece, and only if it came whole."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from assets.extracts.arriving.sources.private_files import CHUNK_BYTES
from assets.extracts.arriving.sources.source import PermanentSourceError, TransientSourceError

_GZIP = {"gzip", "x-gzip"}
# zlib's mark for a gzip header and trailer around the data.
_GZIP_WINDOW = 16 + zlib.MAX_WBITS


def decoded(chunks: Iterable[bytes], coding: str, address: str) -> Iterator[bytes]:
    """The body without its content coding, in pieces of at most 1 MiB.

    Nothing is asked to be packed; gzip is what servers use all the same. One layer is unpacked:
    each layer more would multiply what a few bytes can become.

    Args:
        chunks: the body as it comes in.
        coding: the value of ``Content-Encoding``; empty or ``identity`` for none.
        address: what messages call the body.

    Raises:
        PermanentSourceError: another coding, or several.
        TransientSourceError: the packed body is damaged or ends early.
    """
    coding = coding.strip().lower()
    if coding in {"", "identity"}:
        return iter(chunks)
    if coding not in _GZIP:
        raise PermanentSourceError(
            f"{address}: the server packs its answer as {coding[:80]!r} although it was asked not "
            "to, and only gzip, once, is unpacked; tell the publisher"
        )
    return _without_gzip(chunks, address)


def _without_gzip(chunks: Iterable[bytes], address: str) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(_GZIP_WINDOW)
    try:
        for chunk in chunks:
            left = chunk
            while left:
                if unpacker.eof:
                    unpacker = zlib.decompressobj(_GZIP_WINDOW)
                yield unpacker.decompress(left, CHUNK_BYTES)
                left = unpacker.unconsumed_tail or unpacker.unused_data
        while rest := unpacker.decompress(b"", CHUNK_BYTES):
            yield rest
    except zlib.error as error:
        raise TransientSourceError(
            f"{address}: the answer was packed as gzip and is damaged ({error}); it is tried "
            "again by the next run"
        ) from error
    if not unpacker.eof:
        raise TransientSourceError(
            f"{address}: the answer was packed as gzip and ends early; it is tried again by the "
            "next run"
        )
