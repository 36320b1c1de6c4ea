"""Arrival: each file of the landing zone copied to a private place, hashed and recognised.

Nothing is kept here: a file goes on to the archive only after it was scanned for identifiers.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict

from assets.durable_files import hash_of, write_atomically
from assets.extracts.arriving.landing import Declaration, LandingZone
from assets.extracts.arriving.open_referral.saved_pages import take_details_out
from assets.extracts.arriving.sources.fetch_state import FetchState, Provenance
from assets.extracts.arriving.sources.source import RemoteFile, SourceError, address_of
from assets.extracts.contract_model.contract import Contract
from assets.extracts.defects import log_defect
from assets.extracts.identifiers.detectors import detectors_for, redact, redact_name
from assets.extracts.judged_by import code_hash
from assets.extracts.reading.peeking import peek
from assets.extracts.reading.recognition import named_like, recognise
from assets.extracts.reading.sheets import UnreadableFileError

_log = logging.getLogger(__name__)

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
    """Whether the file was still being written, or could not be read: nothing is known of it."""
    came_from: Provenance | None = None
    """Where it was brought from; None for a file of a landing folder."""
    fetched: FetchState | None = None
    """How a file of a landing folder looked when it was read; None if that may not be relied on."""
    recognised_by: str = ""
    """Hash of the contracts and the code that it was held against."""


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
    came_from: Provenance | None = None


class ArrivalArea:
    """The private folder in which files wait, readable by the pipeline's user alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: tuple[tuple[int, int], list[Arrival]] | None = None

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
        is_held: Callable[[str], bool] = lambda _: False,
    ) -> list[Arrival]:
        """Copy, hash and recognise every file of a landing folder, and list the outcome.

        A file that the last look recognised, by the same contracts and code, is not recognised
        again; one that is held besides, and still has its place, size and times, is not read.
        Whatever goes wrong with one file is the outcome of that file, and the others go on.

        ``deliveries`` are files that were brought from elsewhere; what is already private of
        them is moved, what is held in the archive is only looked at. ``forgotten`` are hashes of
        files that must not be taken in again, with the day they were forgotten. ``is_held`` says
        of a hash whether the archive has that file as it came.
        """
        recogniser = _Recogniser(contracts, self.listed(), is_held)
        self.clear()
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        files = zone.listed() if zone else []
        arrivals = [self._receive_file(zone, file, recogniser) for file in files if zone]
        arrivals += [self._receive_delivery(delivery, recogniser) for delivery in deliveries]
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
        said = {"extracts": (), "broken": (), "reason": reason, "recognised_by": ""}
        return arrival.model_copy(update=said)

    def leave_out(self, hashes: Collection[str]) -> None:
        """Take files off the list, and their private copies away."""
        arrivals = self.listed()
        for arrival in arrivals:
            if arrival.sha256 in hashes:
                self.path_of(arrival).unlink(missing_ok=True)
        if arrivals:
            self._list([arrival for arrival in arrivals if arrival.sha256 not in hashes])

    def _list(self, arrivals: Iterable[Arrival]) -> None:
        listed = json.dumps([arrival.model_dump(mode="json") for arrival in arrivals], indent=1)
        write_atomically(self.folder / _LIST, listed)

    def listed(self) -> list[Arrival]:
        """The arrivals of the last look at the landing zone."""
        path = self.folder / _LIST
        if not path.exists():
            return []
        found = path.stat()
        stamp = (found.st_ino, found.st_mtime_ns)
        if self._read is None or self._read[0] != stamp:
            entries = json.loads(path.read_text(encoding="utf-8"))
            self._read = (stamp, [Arrival.model_validate(entry) for entry in entries])
        return list(self._read[1])

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
        self, zone: LandingZone, file: RemoteFile, recogniser: _Recogniser
    ) -> Arrival:
        declaration = zone.declarations.of(file.name)
        # No hash of a content, which is not known yet, but one for each name.
        unread = f"unread-{hashlib.sha256(file.name.encode()).hexdigest()[:57]}"
        arrival = Arrival(
            file_name=redact(file.name), sha256=unread, bytes=0, declaration=declaration
        )
        known = recogniser.unread(arrival.file_name)
        try:
            fetched = zone.fetch(file, self.folder, known.fetched if known else None)
        except SourceError as error:
            changing = arrival.model_copy(update={"is_changing": True})
            problem = str(error).removeprefix(f"{address_of(file.location)}: ")
            explained = recogniser.explained(changing, file.name, problem)
            return recogniser.named(explained, file.name)
        copied, name = fetched.path, file.name
        if copied is None:
            if known is None:
                raise RuntimeError(f"{file.name} is unchanged, but it was never fetched")
            return known.model_copy(update={"declaration": declaration})
        sha256, size_bytes, etag = fetched.sha256, fetched.bytes, fetched.etag
        try:
            if take_details_out(copied):
                # Read every time: a later version may find more to take out.
                sha256, size_bytes, etag = hash_of(copied), copied.stat().st_size, None
        except UnreadableFileError as error:
            copied.unlink()
            found = {"sha256": sha256, "bytes": size_bytes}
            explained = recogniser.explained(arrival.model_copy(update=found), name, str(error))
            return recogniser.named(explained, name)
        found = {"sha256": sha256, "bytes": size_bytes}
        if etag:
            found["fetched"] = FetchState(
                etag=etag, sha256=sha256, bytes=size_bytes, fetched_at=datetime.now(UTC)
            )
        arrival = arrival.model_copy(update=found)
        waiting = self.path_of(arrival)
        copied.replace(waiting)
        recognised = recogniser.recognised(arrival, name, waiting)
        if not recognised.extracts:
            waiting.unlink()
        return recogniser.named(recognised, name)

    def _receive_delivery(self, delivery: Delivery, recogniser: _Recogniser) -> Arrival:
        arrival = Arrival(
            file_name=redact(delivery.name),
            sha256=delivery.sha256,
            bytes=delivery.bytes,
            declaration=delivery.declaration,
            came_from=delivery.came_from,
        )
        path = delivery.path
        if not delivery.is_held:
            path = self.path_of(arrival)
            delivery.path.replace(path)
        recognised = recogniser.recognised(arrival, delivery.name, path)
        if not recognised.extracts and not delivery.is_held:
            path.unlink()
        return recogniser.named(recognised, delivery.name)


class _Recogniser:
    """Tells what files are, or repeats what the last look told of the same ones."""

    def __init__(
        self,
        contracts: Mapping[str, Contract],
        last: Iterable[Arrival],
        is_held: Callable[[str], bool],
    ) -> None:
        self._contracts = contracts
        self._is_held = is_held
        hashes = (contract.content_hash for contract in contracts.values())
        self._by = hashlib.sha256("".join([code_hash(), *hashes]).encode()).hexdigest()
        self._known = {
            (arrival.sha256, arrival.file_name): arrival
            for arrival in last
            if arrival.recognised_by == self._by
        }
        self._read = {known.file_name: known for known in self._known.values() if known.fetched}

    def unread(self, file_name: str) -> Arrival | None:
        """What the last look found under a name, if the file need not be read should it be so."""
        known = self._read.get(file_name)
        if known is None or (known.extracts and not self._is_held(known.sha256)):
            return None
        return known

    def recognised(self, arrival: Arrival, name: str, path: Path) -> Arrival:
        """The arrival with what it was taken for; its path is opened unless it is known."""
        known = self._known.get((arrival.sha256, arrival.file_name))
        if known is not None:
            fields = ("extracts", "broken", "reason", "recognised_by")
            return arrival.model_copy(update={field: getattr(known, field) for field in fields})
        try:
            found = recognise(name, peek(path), self._contracts)
        except UnreadableFileError as error:
            return self.explained(arrival, name, str(error))
        except Exception as error:
            return self.explained(arrival, name, log_defect(_log, arrival.file_name, error))
        return arrival.model_copy(
            update={
                "extracts": tuple(match.contract.extract for match in found.matches),
                "broken": tuple((extract, redact(why)) for extract, why in found.broken),
                "reason": redact(found.reason),
                "recognised_by": self._by,
            }
        )

    def explained(self, arrival: Arrival, name: str, problem: str) -> Arrival:
        """An unreadable file is a broken delivery of the extracts it is named like."""
        named = named_like(name, self._contracts.values())
        if not named:
            return arrival.model_copy(update={"reason": redact(problem)})
        broken = tuple((contract.extract, redact(problem)) for contract in named)
        return arrival.model_copy(update={"broken": broken})

    def named(self, arrival: Arrival, name: str) -> Arrival:
        """The arrival under a name that may be kept and shown.

        Publishers name files after practices and periods, and their names say what a file is.
        What others send may be named after a person or a submission.
        """
        of = {*arrival.extracts, *(extract for extract, _ in arrival.broken)}
        if of and all(self._contracts[extract].origin == "published" for extract in of):
            return arrival
        shown = redact_name(name, detectors_for("community", ()))
        if shown == arrival.file_name:
            return arrival
        broken = tuple(
            (extract, why.replace(arrival.file_name, shown)) for extract, why in arrival.broken
        )
        reason = arrival.reason.replace(arrival.file_name, shown)
        return arrival.model_copy(update={"file_name": shown, "broken": broken, "reason": reason})
