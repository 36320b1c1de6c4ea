"""The landing zone: which files lie there, and what the operator declares of them.

``landing.yml`` beside the files says, by file pattern, what a file cannot say of itself.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from assets.durable_files import hash_of
from assets.extracts.arriving.open_referral.feed import Feed
from assets.extracts.arriving.sources.fetch_state import FetchState
from assets.extracts.arriving.sources.private_files import (
    chunks_of,
    private_copy,
    private_path,
    too_large,
    write_limited,
)
from assets.extracts.arriving.sources.source import (
    Fetched,
    RemoteFile,
    TransientSourceError,
    address_of,
)

DECLARATIONS = "landing.yml"

# Texts that describe the extracts lie beside them; they are never extracts themselves.
_NOT_EXTRACTS = {".md", ".yml", ".yaml"}
# Tabular metadata of the file beside it (CSV on the Web, W3C).
_CSVW_METADATA = "-metadata.json"


# File systems stamp changes to within some hundredths of a second; a file changed later than this
# before it was read could be written again under the same stamp, and is read twice (2026-11-23).
_SETTLED_AFTER_SECONDS = 10

# A submitter becomes part of a folder's name.
SUBMITTER = r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,79}$"


class LandingError(ValueError):
    """A landing zone that cannot be read; the message names the file and what to do."""


class Declaration(BaseModel):
    """What the operator says of one file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    coverage: Literal["whole", "partial"] = "whole"
    synthetic: bool = False
    period: str | None = None
    submitter: str | None = Field(default=None, pattern=SUBMITTER)
    reason: str | None = None


# What fnmatch takes for more than itself.
_WILDCARDS = frozenset("*?[")


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    match: str
    coverage: Literal["whole", "partial"] | None = None
    synthetic: bool | None = None
    period: str | None = None
    submitter: str | None = Field(default=None, pattern=SUBMITTER)
    reason: str | None = None


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    files: tuple[_Entry, ...] = ()
    open_referral_feeds: tuple[Feed, ...] = ()

    @model_validator(mode="after")
    def _feeds_have_names_of_their_own(self) -> Self:
        names = [feed.name for feed in self.open_referral_feeds]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"open_referral_feeds: {', '.join(twice)} stands there twice")
        return self


class Declarations:
    """What ``landing.yml`` says: of files, by pattern, and which feeds are to be read."""

    def __init__(self, text: str = "") -> None:
        """Read the text of a ``landing.yml``.

        Raises:
            LandingError: when it is not valid; names the entry and the rule.
        """
        try:
            said = _File.model_validate(yaml.safe_load(text) or {})
        except (ValidationError, yaml.YAMLError) as error:
            raise LandingError(
                f"{DECLARATIONS} in the landing zone is not valid: {error}"
            ) from error
        self._entries = said.files
        # England's zone names 800 files in 840 entries: to compare each with each takes a second
        # (2026-11-29).
        self._of_name: dict[str, list[int]] = {}
        self._of_pattern: list[int] = []
        for place, entry in enumerate(said.files):
            if _WILDCARDS.isdisjoint(entry.match):
                self._of_name.setdefault(entry.match, []).append(place)
            else:
                self._of_pattern.append(place)
        self.feeds = said.open_referral_feeds

    def of(self, name: str, **known: object) -> Declaration:
        """What all matching entries say together; a later entry wins over an earlier one.

        ``known`` is what is certain of the file without a declaration, such as the day on which
        a feed was read.
        """
        said = dict(known)
        for place in self._matching(name):
            said |= self._entries[place].model_dump(exclude={"match"}, exclude_none=True)
        return Declaration.model_validate(said)

    def without_file(self, names: Iterable[str]) -> list[str]:
        """Patterns that match nothing: most often a misspelt name, so they are shown."""
        matched = {place for name in names for place in self._matching(name)}
        return [entry.match for place, entry in enumerate(self._entries) if place not in matched]

    def _matching(self, name: str) -> list[int]:
        """Which entries are of a file, in their order."""
        by_pattern = (
            place for place in self._of_pattern if fnmatch(name, self._entries[place].match)
        )
        return sorted([*self._of_name.get(name, ()), *by_pattern])


class LandingZone:
    """A folder of extracts with its declarations: a source like those that are elsewhere."""

    def __init__(self, folder: Path, max_bytes: int = sys.maxsize) -> None:
        if not folder.is_dir():
            raise LandingError(f"landing zone {folder} is not a folder; give one that exists")
        self.folder = folder
        self.max_bytes = max_bytes
        path = folder / DECLARATIONS
        try:
            said = path.read_text(encoding="utf-8") if path.exists() else ""
        except UnicodeDecodeError as error:
            raise LandingError(
                f"{DECLARATIONS} in the landing zone is not UTF-8 (byte {error.start}); save it so"
            ) from error
        self.declarations = Declarations(said)

    def files(self) -> list[Path]:
        """Every file that could be an extract, in name order."""
        return sorted(
            path
            for path in self.folder.rglob("*")
            if path.is_file() and could_be_extract(path.relative_to(self.folder).as_posix())
        )

    def name_of(self, path: Path) -> str:
        """The file's name relative to the landing zone, as declarations and messages write it."""
        return path.relative_to(self.folder).as_posix()

    @property
    def name(self) -> str:
        """The folder."""
        return address_of(str(self.folder))

    def listed(self) -> list[RemoteFile]:
        """Every file that could be an extract, in name order."""
        return [RemoteFile(self.name_of(path), str(path)) for path in self.files()]

    def fetch(self, file: RemoteFile, into: Path, known: FetchState | None = None) -> Fetched:
        """Copy one file, unless its place, size and times are still those of ``known``.

        A file that was changed just now has no etag: it could change once more under the same one.

        Raises:
            TransientSourceError: the file cannot be read, or changed while it was read.
            PermanentSourceError: the file is too large.
        """
        path, address = Path(file.location), address_of(file.location)
        target = private_path(into, file.location, file.name)
        digest = hashlib.sha256()
        started_at = time.time()
        try:
            before = path.stat()
            etag = _etag(before)
            if known and known.etag == etag:
                return _fetched(file, etag, None, known.sha256, known.bytes)
            if before.st_size > self.max_bytes:
                raise too_large(address, before.st_size, self.max_bytes)
            with path.open("rb") as original, private_copy(target) as copy:
                chunks = _hashed(chunks_of(original), digest)
                size = write_limited(copy, chunks, self.max_bytes, 0, address)
            after = path.stat()
            is_changed = size != before.st_size or _etag(after) != etag
            is_settled = started_at - before.st_ctime >= _SETTLED_AFTER_SECONDS
            if not is_changed and not is_settled:
                is_changed = hash_of(path) != digest.hexdigest()
        except OSError as error:
            target.unlink(missing_ok=True)
            raise TransientSourceError(
                f"{address}: the file cannot be read ({error.strerror or type(error).__name__}); "
                "check that it is still there and that the platform's user may read it. The next "
                "run tries again"
            ) from error
        if is_changed:
            target.unlink()
            raise TransientSourceError(
                f"{address}: the file changed while it was read; it is taken in by the next run, "
                "once it has stopped changing"
            )
        return _fetched(file, etag if is_settled else None, target, digest.hexdigest(), size)


def _etag(found: os.stat_result) -> str:
    return f"{found.st_ino}-{found.st_size}-{found.st_mtime_ns}-{found.st_ctime_ns}"


def _hashed(chunks: Iterable[bytes], digest: hashlib._Hash) -> Iterator[bytes]:
    for chunk in chunks:
        digest.update(chunk)
        yield chunk


def _fetched(
    file: RemoteFile, etag: str | None, path: Path | None, sha256: str, size: int
) -> Fetched:
    return Fetched(
        name=file.name,
        location=file.location,
        url=address_of(file.location),
        path=path,
        sha256=sha256,
        bytes=size,
        etag=etag,
        not_modified=path is None,
    )


def could_be_extract(name: str) -> bool:
    """Whether a file of a landing zone is looked at: no hidden file, no text about the others."""
    path = PurePosixPath(name)
    is_hidden = any(part.startswith(".") for part in path.parts)
    describes = path.suffix.lower() in _NOT_EXTRACTS or path.name.endswith(_CSVW_METADATA)
    return not describes and not is_hidden
