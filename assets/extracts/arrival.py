"""Arrival: each file of the landing zone copied to a private place, hashed and recognised.

Nothing is kept here: a file goes on to the archive only after it was scanned for identifiers.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from assets.extracts.archive import hash_of, write_atomically
from assets.extracts.contract import Contract
from assets.extracts.identifiers import redact
from assets.extracts.landing import Declaration, LandingZone
from assets.extracts.readers import UnreadableFileError, peek
from assets.extracts.recognition import named_like, recognise

_CHUNK_BYTES = 1 << 22
_LIST = "arrivals.json"


class Arrival(BaseModel):
    """One file of the landing zone and what it was taken for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file_name: str
    sha256: str
    bytes: int
    declaration: Declaration
    extracts: tuple[str, ...] = ()
    broken: tuple[tuple[str, str], ...] = ()
    """Extracts this file should have held, each with what keeps it from being read."""
    reason: str = ""
    """Why the file is of no extract."""
    is_changing: bool = False
    """Whether the file was still being written: what was read of it says nothing."""


class ArrivalArea:
    """The private folder in which files wait, readable by the pipeline's user alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path_of(self, arrival: Arrival) -> Path:
        """The private copy of a file."""
        return self.folder / f"{arrival.sha256}{Path(arrival.file_name).suffix.lower()}"

    def receive(self, zone: LandingZone, contracts: Mapping[str, Contract]) -> list[Arrival]:
        """Copy, hash and recognise every file of the landing zone, and list the outcome."""
        self.clear()
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        arrivals = [self._receive_file(zone, path, contracts) for path in zone.files()]
        listed = json.dumps([arrival.model_dump() for arrival in arrivals], indent=1)
        write_atomically(self.folder / _LIST, listed)
        return arrivals

    def listed(self) -> list[Arrival]:
        """The arrivals of the last look at the landing zone."""
        path = self.folder / _LIST
        if not path.exists():
            return []
        return [Arrival.model_validate(entry) for entry in json.loads(path.read_text())]

    def clear(self) -> None:
        """Remove every private copy."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def discard_copies(self) -> None:
        """Remove the private copies; what was listed stays for those who ask later."""
        for path in self.folder.glob("*"):
            if path.name != _LIST:
                path.unlink()

    def _receive_file(
        self, zone: LandingZone, path: Path, contracts: Mapping[str, Contract]
    ) -> Arrival:
        name = zone.name_of(path)
        declaration = zone.declaration_of(path)
        copied = self.folder / ".copying"
        sha256, size, changed = _copy_and_hash(path, copied)
        arrival = Arrival(
            file_name=redact(name), sha256=sha256, bytes=size, declaration=declaration
        )
        if changed:
            copied.unlink()
            problem = (
                "the file changed while it was read; it is taken in by the next run, "
                "once it has stopped changing"
            )
            changing = arrival.model_copy(update={"is_changing": True})
            return _explained(changing, name, problem, contracts)
        waiting = self.path_of(arrival)
        copied.replace(waiting)
        try:
            found = recognise(name, peek(waiting), contracts)
        except UnreadableFileError as error:
            waiting.unlink()
            return _explained(arrival, name, str(error), contracts)
        if not found.matches:
            waiting.unlink()
        return arrival.model_copy(
            update={
                "extracts": tuple(match.contract.extract for match in found.matches),
                "broken": tuple((extract, redact(why)) for extract, why in found.broken),
                "reason": redact(found.reason),
            }
        )


def _explained(
    arrival: Arrival, name: str, problem: str, contracts: Mapping[str, Contract]
) -> Arrival:
    """An unreadable file is a broken delivery of the extracts it is named like."""
    named = named_like(name, contracts.values())
    if not named:
        return arrival.model_copy(update={"reason": redact(problem)})
    broken = tuple((contract.extract, redact(problem)) for contract in named)
    return arrival.model_copy(update={"broken": broken})


def _copy_and_hash(source: Path, target: Path) -> tuple[str, int, bool]:
    """Copy a file; returns its hash, its size, and whether it changed meanwhile."""
    before = source.stat()
    digest = hashlib.sha256()
    size = 0
    with source.open("rb") as file:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as copy:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
                copy.write(chunk)
                size += len(chunk)
    after = source.stat()
    changed = (
        size != before.st_size
        or (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns)
        or hash_of(source) != digest.hexdigest()
    )
    return digest.hexdigest(), size, changed
