"""Arrival: each file of the landing zone copied to a private place, hashed and recognised.

Nothing is kept here: a file goes on to the archive only after it was scanned for identifiers.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict

from assets.durable_files import hash_of, write_atomically
from assets.extracts.arriving.landing import Declaration, LandingZone
from assets.extracts.contract_model.contract import Contract
from assets.extracts.identifiers.detectors import detectors_for, redact, redact_name
from assets.extracts.reading.peeking import peek
from assets.extracts.reading.recognition import named_like, recognise
from assets.extracts.reading.sheets import UnreadableFileError

_CHUNK_BYTES = 1 << 22
_LIST = "arrivals.json"
# File systems stamp changes to within some hundredths of a second; a file changed later than this
# before it was read could be written again under the same stamp, and is read twice (2026-11-23).
_SETTLED_AFTER_SECONDS = 10


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


@dataclass(frozen=True)
class Delivery:
    """A file that was brought from elsewhere than a landing folder.

    ``path`` is a private file of the pipeline, or the archived one if the file ``is_held``
    already and did not change.
    """

    name: str
    declaration: Declaration
    sha256: str
    bytes: int
    path: Path
    is_held: bool


class ArrivalArea:
    """The private folder in which files wait, readable by the pipeline's user alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def incoming(self) -> Path:
        """Where files from elsewhere wait until they are received; as private and as brief."""
        return self.folder.with_name(f"{self.folder.name}_incoming")

    def path_of(self, arrival: Arrival) -> Path:
        """The private copy of a file."""
        return self.folder / f"{arrival.sha256}{Path(arrival.file_name).suffix.lower()}"

    def receive(
        self,
        zone: LandingZone | None,
        contracts: Mapping[str, Contract],
        deliveries: Iterable[Delivery] = (),
        forgotten: Mapping[str, str] = MappingProxyType({}),
    ) -> list[Arrival]:
        """Copy, hash and recognise every file of a landing folder, and list the outcome.

        ``deliveries`` are files that were brought from elsewhere; what is already private of
        them is moved, what is held in the archive is only looked at. ``forgotten`` are hashes of
        files that must not be taken in again, with the day they were forgotten.
        """
        self.clear()
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        paths = zone.files() if zone else []
        arrivals = [self._receive_file(zone, path, contracts) for path in paths if zone]
        arrivals += [self._receive_delivery(delivery, contracts) for delivery in deliveries]
        arrivals = [self._unless_forgotten(arrival, forgotten) for arrival in arrivals]
        self._list(arrivals)
        return arrivals

    def _unless_forgotten(self, arrival: Arrival, forgotten: Mapping[str, str]) -> Arrival:
        day = forgotten.get(arrival.sha256)
        if day is None:
            return arrival
        self.path_of(arrival).unlink(missing_ok=True)
        reason = (
            f"this file was forgotten on {day} and is not taken in again; take it out of the "
            "landing zone"
        )
        return arrival.model_copy(update={"extracts": (), "broken": (), "reason": reason})

    def leave_out(self, hashes: Collection[str]) -> None:
        """Take files off the list, and their private copies away."""
        arrivals = self.listed()
        for arrival in arrivals:
            if arrival.sha256 in hashes:
                self.path_of(arrival).unlink(missing_ok=True)
        if arrivals:
            self._list([arrival for arrival in arrivals if arrival.sha256 not in hashes])

    def _list(self, arrivals: Iterable[Arrival]) -> None:
        listed = json.dumps([arrival.model_dump() for arrival in arrivals], indent=1)
        write_atomically(self.folder / _LIST, listed)

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
        shutil.rmtree(self.incoming, ignore_errors=True)
        for path in self.folder.glob("*"):
            if path.name != _LIST:
                path.unlink()

    def _receive_file(
        self, zone: LandingZone, path: Path, contracts: Mapping[str, Contract]
    ) -> Arrival:
        name = zone.name_of(path)
        declaration = zone.declarations.of(name)
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
            return _named(_explained(changing, name, problem, contracts), name, contracts)
        waiting = self.path_of(arrival)
        copied.replace(waiting)
        recognised = self._recognised(arrival, name, waiting, contracts)
        if not recognised.extracts:
            waiting.unlink()
        return _named(recognised, name, contracts)

    def _receive_delivery(self, delivery: Delivery, contracts: Mapping[str, Contract]) -> Arrival:
        arrival = Arrival(
            file_name=redact(delivery.name),
            sha256=delivery.sha256,
            bytes=delivery.bytes,
            declaration=delivery.declaration,
        )
        path = delivery.path
        if not delivery.is_held:
            path = self.path_of(arrival)
            delivery.path.replace(path)
        recognised = self._recognised(arrival, delivery.name, path, contracts)
        if not recognised.extracts and not delivery.is_held:
            path.unlink()
        return _named(recognised, delivery.name, contracts)

    @staticmethod
    def _recognised(
        arrival: Arrival, name: str, path: Path, contracts: Mapping[str, Contract]
    ) -> Arrival:
        try:
            found = recognise(name, peek(path), contracts)
        except UnreadableFileError as error:
            return _explained(arrival, name, str(error), contracts)
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


def _named(arrival: Arrival, name: str, contracts: Mapping[str, Contract]) -> Arrival:
    """The arrival under a name that may be kept and shown.

    Publishers name files after practices and periods, and their names say what a file is. What
    others send may be named after a person or a submission.
    """
    of = {*arrival.extracts, *(extract for extract, _ in arrival.broken)}
    if of and all(contracts[extract].origin == "published" for extract in of):
        return arrival
    shown = redact_name(name, detectors_for("community", ()))
    if shown == arrival.file_name:
        return arrival
    broken = tuple(
        (extract, why.replace(arrival.file_name, shown)) for extract, why in arrival.broken
    )
    reason = arrival.reason.replace(arrival.file_name, shown)
    return arrival.model_copy(update={"file_name": shown, "broken": broken, "reason": reason})


def _copy_and_hash(source: Path, target: Path) -> tuple[str, int, bool]:
    """Copy a file; returns its hash, its size, and whether it changed meanwhile."""
    started_at = time.time()
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
    looks = [(look.st_size, look.st_mtime_ns, look.st_ctime_ns) for look in (before, after)]
    changed = size != before.st_size or looks[0] != looks[1]
    if not changed and started_at - before.st_ctime < _SETTLED_AFTER_SECONDS:
        changed = hash_of(source) != digest.hexdigest()
    return digest.hexdigest(), size, changed
