"""What is new in a landing zone: files that have stopped changing and are not held yet.

Nothing here starts anything. Names of files are kept as hashes: what others send may be named after
a person, and the memory of a sensor is not among what forgetting looks through.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from assets.durable_files import hash_of
from assets.extracts.arriving.arrival import ArrivalArea
from assets.extracts.arriving.landing import could_be_extract
from assets.extracts.arriving.sources.fetch_state import key_of, read_states
from assets.extracts.arriving.sources.opening import open_source
from assets.extracts.arriving.sources.source import RemoteFile
from assets.extracts.holding.archive import Archive
from assets.folders import Home

# A batch waits this long for files of it that go on changing.
PATIENCE_SECONDS = 1800.0
# A look must end well within the minute that Dagster gives a sensor; a gigabyte takes 3 seconds.
_MOST_HASHED_BYTES = 4_000_000_000


class Waiting(BaseModel):
    """A file as it was last seen, and since when it looks like that (seconds since 1970)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    stamp: str
    since: float


class Memory(BaseModel):
    """What is remembered from look to look, by the hash of the name of each file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    known: dict[str, str] = {}
    waiting: dict[str, Waiting] = {}


@dataclass(frozen=True)
class Seen:
    """A file of the landing zone now; ``stamp`` is another one whenever its content is."""

    name: str
    stamp: str
    file: RemoteFile

    @property
    def key(self) -> str:
        """What the file is remembered under."""
        return hashlib.sha256(self.name.encode()).hexdigest()[:20]


@dataclass(frozen=True)
class Look:
    """What a look at the landing zone found.

    ``batch`` is the key of a batch that is to be taken in, None when there is nothing to do.
    """

    batch: str | None
    files: int
    still_changing: int
    memory: Memory


def look(
    files: Sequence[Seen],
    memory: Memory,
    now: float,
    settled_after_seconds: float,
    is_held: Callable[[Seen], bool | None],
) -> Look:
    """Compare what lies there with what was there before.

    Args:
        files: everything in the landing zone now.
        memory: what the look before remembered.
        now: seconds since 1970.
        settled_after_seconds: how long a file must look the same.
        is_held: whether a file is held already; None if that is to be asked at the next look.
    """
    known = {seen.key: seen.stamp for seen in files if memory.known.get(seen.key) == seen.stamp}
    waiting = {seen.key: _since(seen, memory, now) for seen in files if seen.key not in known}
    settled = [
        seen
        for seen in files
        if seen.key in waiting and now - waiting[seen.key].since >= settled_after_seconds
    ]
    changing = len(waiting) - len(settled)
    oldest = min((waiting[seen.key].since for seen in settled), default=now)
    if changing and now - oldest < PATIENCE_SECONDS:
        return Look(None, 0, changing, Memory(known=known, waiting=waiting))
    for seen in settled:
        held = is_held(seen)
        if held is None:
            break
        if not held:
            # The run takes in all that lies there.
            taken = {one.key: one.stamp for one in settled}
            rest = {key: one for key, one in waiting.items() if key not in taken}
            memory = Memory(known=known | taken, waiting=rest)
            return Look(_batch(settled), len(settled), changing, memory)
        known[seen.key] = seen.stamp
        del waiting[seen.key]
    return Look(None, 0, changing, Memory(known=known, waiting=waiting))


def _since(seen: Seen, memory: Memory, now: float) -> Waiting:
    before = memory.waiting.get(seen.key)
    if before is not None and before.stamp == seen.stamp:
        return before
    return Waiting(stamp=seen.stamp, since=now)


def _batch(settled: Sequence[Seen]) -> str:
    stamps = sorted(f"{seen.key} {seen.stamp}" for seen in settled)
    return hashlib.sha256("\n".join(stamps).encode()).hexdigest()[:20]


def files_of(location: str) -> list[Seen]:
    """Every file of a landing zone that could be an extract, as it is now.

    Raises:
        SourceError: when the place cannot be read.
        LandingError: when there is no such folder.
    """
    listed = [file for file in open_source(location).listed() if could_be_extract(file.name)]
    stamps = [(file, _stamp(location, file)) for file in listed]
    return [Seen(file.name, stamp, file) for file, stamp in stamps if stamp is not None]


def _stamp(location: str, file: RemoteFile) -> str | None:
    if "://" in location:
        return f"{file.size_bytes}-{file.etag}-{file.last_modified}"
    try:
        found = Path(file.location).stat()
    except FileNotFoundError:  # taken away since it was listed
        return None
    return f"{found.st_size}-{found.st_mtime_ns}"


class Held:
    """Whether files are held: by the hash of what they hold, in storage by what was fetched."""

    def __init__(self, home: Home, location: str) -> None:
        self._archive = Archive(home.archive)
        self._is_elsewhere = "://" in location
        self._left_bytes = _MOST_HASHED_BYTES
        if self._is_elsewhere:
            self._fetched = read_states(home.downloads / "fetched.json")
        else:
            # Files that were looked at and fit no contract are held nowhere.
            self._looked_at = {one.sha256 for one in ArrivalArea(home.arrival).listed()}

    def __call__(self, seen: Seen) -> bool | None:
        """Whether it is held, or was looked at; None when this look has read enough."""
        if self._is_elsewhere:
            state = self._fetched.get(key_of(seen.file.location))
            return state is not None and state.etag == seen.file.etag
        path = Path(seen.file.location)
        try:
            size = path.stat().st_size
            if size > self._left_bytes and self._left_bytes < _MOST_HASHED_BYTES:
                return None
            self._left_bytes -= size
            sha256 = hash_of(path)
        except OSError:  # gone or locked just now: the next look sees it as it is then
            return None
        return sha256 in self._looked_at or self._archive.holds(sha256)
