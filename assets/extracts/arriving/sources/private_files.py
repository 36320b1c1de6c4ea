"""Files that nobody but the pipeline's user may read, for content that was not scanned yet."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from assets.extracts.arriving.sources.source import PermanentSourceError

CHUNK_BYTES = 1 << 20

_PLAIN_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")


def private_path(into: Path, location: str, name: str) -> Path:
    """Where a file is put: a digest of its location with the suffix of its name.

    Nothing that a provider can choose, such as ``..`` in an object's key or a person's number in
    a file name, ends up in a path.
    """
    into.mkdir(parents=True, exist_ok=True, mode=0o700)
    suffix = PurePosixPath(name).suffix.lower()
    digest = hashlib.sha256(location.encode()).hexdigest()[:32]
    return into / f"{digest}{suffix if _PLAIN_SUFFIX.fullmatch(suffix) else ''}"


def open_private(path: Path, append: bool = False) -> BinaryIO:
    """Open a file of mode 0600 for writing, never through a symbolic link."""
    how = os.O_APPEND if append else os.O_TRUNC
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | how, 0o600)
    os.fchmod(descriptor, 0o600)
    return os.fdopen(descriptor, "ab" if append else "wb")


@contextmanager
def private_copy(path: Path) -> Iterator[BinaryIO]:
    """A private file that is written whole or not at all."""
    try:
        with open_private(path) as file:
            yield file
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def chunks_of(file: IO[bytes]) -> Iterator[bytes]:
    """What is left of an open file, piece by piece."""
    while chunk := file.read(CHUNK_BYTES):
        yield chunk


def write_limited(
    file: BinaryIO, chunks: Iterable[bytes], max_bytes: int, written: int, address: str
) -> int:
    """Write chunks behind ``written`` bytes; returns the bytes of the whole file.

    Raises:
        PermanentSourceError: the file would grow beyond ``max_bytes``, whatever was announced.
    """
    for chunk in chunks:
        written += len(chunk)
        if written > max_bytes:
            raise too_large(address, None, max_bytes)
        file.write(chunk)
    return written


def too_large(address: str, size_bytes: int | None, max_bytes: int) -> PermanentSourceError:
    """The error for a file over its limit; ``size_bytes`` is None if nobody knows its size."""
    size = f"is {size_bytes:,} bytes" if size_bytes is not None else "goes on"
    return PermanentSourceError(
        f"{address}: the file {size}, over the limit of {max_bytes:,} bytes; check that it is "
        "the right file and raise max_bytes if it is"
    )
