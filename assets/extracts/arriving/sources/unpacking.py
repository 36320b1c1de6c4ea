"""Taking wanted members out of a published zip file without trusting it."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath, PureWindowsPath

from assets.extracts.arriving.sources.private_files import chunks_of, open_private, private_path
from assets.extracts.arriving.sources.source import PermanentSourceError
from assets.extracts.identifiers.detectors import redact

# What the standard library raises for zip files that are no zip files or are damaged; its texts
# are decoded (ValueError) and its offsets followed (OverflowError) unchecked.
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    ValueError,
    OverflowError,
)
# Others (bzip2, LZMA) unpack without a bound on what one piece becomes, and nobody publishes so.
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


@dataclass(frozen=True)
class UnpackingLimits:
    """How far a zip file may go.

    ``ratio`` is unpacked bytes to bytes of the zip file. Deflate reaches 1,032 to 1; of the
    published extracts at hand the most repetitive table packs 22 to 1 and a JSON page 58 to 1
    (2026-11-23), so that 250 leaves room and still stops a bomb. Up to ``ratio_from_bytes``
    unpacked no ratio does harm. The list of members is read whole before anything can be counted,
    and each of its entries becomes twenty times its size in memory: 4 MB are 10,000 members with
    names of 350 characters.
    """

    members: int = 10_000
    list_bytes: int = 4_000_000
    unpacked_bytes: int = 8_000_000_000
    ratio: float = 250
    ratio_from_bytes: int = 50_000_000


@dataclass(frozen=True)
class Unpacked:
    """One member: its name without folders, where it stood in the zip file, its private copy."""

    name: str
    member: str
    path: Path
    bytes: int


def unpack(
    archive: Path,
    name: str,
    members: Sequence[str],
    into: Path,
    limits: UnpackingLimits | None = None,
) -> list[Unpacked]:
    """Unpack the members that match one of the patterns, each to a private file, in zip order.

    A pattern (``*``, ``?``, ``[…]``; case does not count) is compared with the member's path and
    with its name alone. Hidden files and those that macOS adds are never members. ``name`` is
    what messages call the zip file.

    Raises:
        PermanentSourceError: not a zip file, damaged, encrypted, unsafe, over a limit, or a
            pattern without a member. Nothing is left in ``into`` then.
    """
    unpacker = _Unpacker(archive, redact(name), limits or UnpackingLimits(), into)
    try:
        with unpacker.opened() as raw, zipfile.ZipFile(raw) as file:
            wanted = unpacker.wanted(file, members)
            return [unpacker.unpack(file, entry) for entry in wanted]
    except BaseException as error:
        unpacker.remove_everything()
        if isinstance(error, _ListTooLongError):
            raise unpacker.list_too_long() from None
        if isinstance(error, _DAMAGED):
            raise PermanentSourceError(
                f"{unpacker.name}: not a zip file that can be read ({error}); fetch it again, or "
                "ask the publisher for a sound one"
            ) from error
        raise


class _BoundedReads(io.FileIO):
    """A file that is never read in pieces larger than ``most_bytes``."""

    most_bytes = 0

    def read(self, size: int | None = -1) -> bytes:
        """Read; a zip file announces itself how long the list of its members is."""
        if size is None or size < 0:
            size = self.most_bytes
        if size > self.most_bytes:
            raise _ListTooLongError(size)
        return super().read(size) or b""

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Seek; a damaged zip file can point before its start."""
        if whence == io.SEEK_SET and offset < 0:
            raise zipfile.BadZipFile("an offset points before the start of the file")
        return super().seek(offset, whence)


class _ListTooLongError(Exception):
    """The list of members is longer than it may be."""


class _Unpacker:
    """One zip file on its way into a folder, and how much it has unpacked to."""

    def __init__(self, archive: Path, name: str, limits: UnpackingLimits, into: Path) -> None:
        self.name = name
        self._archive = archive
        self._limits = limits
        self._into = into
        self._archive_bytes = archive.stat().st_size
        self._unpacked_bytes = 0
        self._written: list[Path] = []

    def opened(self) -> _BoundedReads:
        """The zip file as bytes."""
        file = _BoundedReads(self._archive)
        file.most_bytes = self._limits.list_bytes
        return file

    def wanted(self, file: zipfile.ZipFile, patterns: Sequence[str]) -> list[zipfile.ZipInfo]:
        """The entries to unpack, after every entry was found to be safe."""
        entries = file.infolist()
        if len(entries) > self._limits.members:
            raise self._refused(
                f"has {len(entries):,} members, over the limit of {self._limits.members:,}"
            )
        for entry in entries:
            self._require_safe(entry)
        files = [entry for entry in entries if not entry.is_dir() and not _is_hidden(entry)]
        for pattern in patterns:
            if not any(_matches(entry, pattern) for entry in files):
                held = ", ".join(redact(_path(entry)) for entry in files[:10]) or "nothing"
                raise PermanentSourceError(
                    f"{self.name}: no member matches {pattern}; it holds {held}"
                    f"{' and more' if len(files) > 10 else ''}. Correct the pattern under members"
                )
        wanted = [e for e in files if any(_matches(e, pattern) for pattern in patterns)]
        self._require_distinct_names(wanted)
        return wanted

    def unpack(self, file: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Unpacked:
        """Unpack one entry; limits count what comes out, not what the zip file announces."""
        if entry.flag_bits & 0x1:
            raise self._refused(
                f"member {redact(_path(entry))} is encrypted", "ask for a file without a password"
            )
        member = _path(entry)
        if entry.compress_type not in _METHODS:
            raise self._refused(
                f"member {redact(member)} is packed in an unusual way",
                "ask for an ordinary zip file (stored or deflate)",
            )
        name = PurePosixPath(member).name
        target = private_path(self._into, f"{self.name}!{member}", name)
        self._written.append(target)
        size = 0
        with file.open(entry) as packed, open_private(target) as copy:
            for chunk in chunks_of(packed):
                size += len(chunk)
                self._count(len(chunk))
                copy.write(chunk)
        return Unpacked(name=name, member=member, path=target, bytes=size)

    def list_too_long(self) -> PermanentSourceError:
        """The error for a zip file with a list of members over the limit."""
        return self._refused(
            f"has a list of members over the limit of {self._limits.list_bytes:,} bytes"
        )

    def remove_everything(self) -> None:
        """Leave nothing of a zip file that turned out to be bad."""
        for path in self._written:
            path.unlink(missing_ok=True)

    def _count(self, more_bytes: int) -> None:
        self._unpacked_bytes += more_bytes
        if self._unpacked_bytes > self._limits.unpacked_bytes:
            raise self._refused(
                f"unpacks to more than the limit of {self._limits.unpacked_bytes:,} bytes"
            )
        if self._unpacked_bytes > max(
            self._limits.ratio_from_bytes, self._limits.ratio * self._archive_bytes
        ):
            raise self._refused(
                f"unpacks to more than {self._limits.ratio:,.0f} times its size of "
                f"{self._archive_bytes:,} bytes, as a zip bomb does"
            )

    def _require_safe(self, entry: zipfile.ZipInfo) -> None:
        path = _path(entry)
        if path.startswith("/") or PureWindowsPath(path).drive or ".." in PurePosixPath(path).parts:
            raise self._refused(f"member {redact(path)!r} points outside the zip file")
        if not path.isprintable():
            raise self._refused(f"member {redact(path)!r} has control characters in its name")
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
            raise self._refused(f"member {redact(path)} is a link or a device, not a file")

    def _require_distinct_names(self, wanted: Sequence[zipfile.ZipInfo]) -> None:
        seen: dict[str, str] = {}
        for entry in wanted:
            path = _path(entry)
            name = PurePosixPath(path).name.lower()
            if name in seen:
                raise self._refused(
                    f"members {redact(seen[name])} and {redact(path)} have the same name",
                    "narrow the patterns under members to one of them",
                )
            seen[name] = path

    def _refused(
        self, problem: str, remedy: str = "ask the publisher for a sound file"
    ) -> PermanentSourceError:
        return PermanentSourceError(
            f"{self.name}: the zip file {problem}; nothing of it was kept, {remedy}"
        )


def _path(entry: zipfile.ZipInfo) -> str:
    """The member's path; some Windows programs separate folders with a backslash."""
    return entry.orig_filename.replace("\\", "/")


def _is_hidden(entry: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(_path(entry)).parts
    return "__MACOSX" in parts or any(part.startswith(".") for part in parts)


def _matches(entry: zipfile.ZipInfo, pattern: str) -> bool:
    path = _path(entry).lower()
    return any(fnmatchcase(text, pattern.lower()) for text in (path, PurePosixPath(path).name))
