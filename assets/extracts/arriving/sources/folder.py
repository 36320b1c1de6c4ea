"""A folder as a source: a landing zone on a disk or a network share."""

from __future__ import annotations

from pathlib import Path

from assets.durable_files import hash_of
from assets.extracts.arriving.landing import LandingZone
from assets.extracts.arriving.sources.fetch_state import FetchState
from assets.extracts.arriving.sources.private_files import (
    chunks_of,
    private_copy,
    private_path,
    too_large,
    write_limited,
)
from assets.extracts.arriving.sources.source import (
    MAX_BYTES,
    Fetched,
    PermanentSourceError,
    RemoteFile,
    TransientSourceError,
    address_of,
)


class FolderSource:
    """The files of a landing zone, as ``LandingZone`` sees them."""

    def __init__(self, folder: Path, max_bytes: int = MAX_BYTES) -> None:
        self.folder = folder
        self.max_bytes = max_bytes

    @property
    def name(self) -> str:
        """The folder."""
        return address_of(str(self.folder))

    def listed(self) -> list[RemoteFile]:
        """Every file that could be an extract, in name order.

        Raises:
            PermanentSourceError: there is no such folder.
            LandingError: its declarations are not valid.
        """
        if not self.folder.is_dir():
            raise PermanentSourceError(f"{self.name} is not a folder; give one that exists")
        zone = LandingZone(self.folder)
        return [_described(path, zone.name_of(path)) for path in zone.files()]

    def fetch(self, file: RemoteFile, into: Path, known: FetchState | None = None) -> Fetched:
        """Copy one file, unless its size and time are still those of ``known``.

        Raises:
            TransientSourceError: the file vanished, or changed while it was read.
            PermanentSourceError: the file is too large.
        """
        source, address = Path(file.location), address_of(file.location)
        try:
            before = _described(source, file.name)
            if known and before.etag == known.etag:
                return _fetched(file, before, None, known.sha256)
            if before.size_bytes is not None and before.size_bytes > self.max_bytes:
                raise too_large(address, before.size_bytes, self.max_bytes)
            target = private_path(into, file.location, file.name)
            with source.open("rb") as original, private_copy(target) as copy:
                size = write_limited(copy, chunks_of(original), self.max_bytes, 0, address)
            after = _described(source, file.name)
        except FileNotFoundError as error:
            raise TransientSourceError(
                f"{address} vanished while it was fetched; if it was withdrawn on purpose there is "
                "nothing to do, otherwise put it back"
            ) from error
        if size != before.size_bytes or before.etag != after.etag:
            target.unlink()
            raise TransientSourceError(
                f"{address} changed while it was read; it is taken in by the next run, once it "
                "has stopped changing"
            )
        return _fetched(file, after, target, hash_of(target))


def _described(path: Path, name: str) -> RemoteFile:
    status = path.stat()
    return RemoteFile(
        name=name,
        location=str(path),
        size_bytes=status.st_size,
        etag=f"{status.st_size}-{status.st_mtime_ns}",
    )


def _fetched(file: RemoteFile, now: RemoteFile, path: Path | None, sha256: str) -> Fetched:
    return Fetched(
        name=file.name,
        location=file.location,
        url=address_of(file.location),
        path=path,
        sha256=sha256,
        bytes=now.size_bytes or 0,
        etag=now.etag,
        not_modified=path is None,
    )
