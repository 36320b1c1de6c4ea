"""Pulling: files brought from published addresses, object storage and feeds to the arrival area.

What cannot be had is told and left: a machine without network runs on what it has, and the
ledger says what is late.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import urlsplit

from assets.durable_files import hash_of
from assets.extracts.arriving.arrival import Delivery
from assets.extracts.arriving.landing import DECLARATIONS, Declarations, could_be_extract
from assets.extracts.arriving.open_referral.feed import Feed
from assets.extracts.arriving.open_referral.pull import pull
from assets.extracts.arriving.open_referral.saved_pages import take_details_out
from assets.extracts.arriving.sources.fetch_state import (
    FetchState,
    FetchStateError,
    Provenance,
    key_of,
    read_states,
    write_states,
)
from assets.extracts.arriving.sources.https import HttpsFile
from assets.extracts.arriving.sources.https_client import Retries
from assets.extracts.arriving.sources.opening import open_source
from assets.extracts.arriving.sources.source import (
    Fetched,
    PermanentSourceError,
    RemoteFile,
    Source,
    SourceError,
    TransientSourceError,
    address_of,
)
from assets.extracts.arriving.sources.unpacking import unpack
from assets.extracts.contract_model.contract import Contract
from assets.extracts.defects import log_defect
from assets.extracts.holding.archive import Archive
from assets.extracts.identifiers.detectors import redact
from assets.extracts.reading.sheets import UnreadableFileError

_FEEDS_FOLDER = "open-referral"
_RECORD = "fetched.json"
_SET_ASIDE = ".damaged"
_WAITING = (".part", ".part.json", _SET_ASIDE)
_log = logging.getLogger(__name__)
# What a cut connection left of a file was not scanned, so it waits for its rest only while a
# publisher's bad days last (decided 2026-11-23; no figures of outages were at hand).
PART_KEPT_DAYS = 7


@dataclass(frozen=True)
class Pulled:
    """What was brought, and what could not be: each problem says where and what to do."""

    deliveries: tuple[Delivery, ...] = ()
    problems: tuple[str, ...] = ()

    def __add__(self, other: Pulled) -> Pulled:
        return Pulled(self.deliveries + other.deliveries, self.problems + other.problems)


@dataclass(frozen=True)
class _Place:
    """A source, and how what it offers is fetched: for whom, which members, through where.

    A download into ``through`` can go on in a later run if that folder outlives the run.
    """

    source: Source
    declarations: Declarations
    through: Path
    prefix: str = ""
    members: tuple[str, ...] = ()

    def key_of(self, file: RemoteFile) -> str:
        """Other members of the same zip file are another thing to fetch."""
        return "!".join([key_of(file.location), *self.members])


class Puller:
    """Brings files to where they wait for the scan, and remembers which have not changed since.

    ``incoming`` holds what was brought until it is received; ``downloads`` outlives the run and
    holds the record of what was fetched and the parts of files whose download was cut.
    """

    def __init__(
        self, incoming: Path, downloads: Path, archive: Archive, retries: Retries | None = None
    ) -> None:
        self._incoming = incoming
        self._downloads = downloads
        self._archive = archive
        self._retries = retries
        self._problems: tuple[str, ...] = ()
        self._names: set[str] = set()
        self._states = self._remembered()

    def _remembered(self) -> dict[str, FetchState]:
        """What was fetched before and is still held; of anything else nothing is remembered."""
        path = self._downloads / _RECORD
        try:
            states = read_states(path)
        except FetchStateError as error:
            path.replace(path.with_name(f"{_RECORD}{_SET_ASIDE}"))
            self._problems = (f"{error}; it was set aside as {_RECORD}{_SET_ASIDE}",)
            return {}
        gone = {
            key.partition("#")[0]
            for key, state in states.items()
            if "#" in key and not self._archive.holds(state.sha256)
        }
        return {key: state for key, state in states.items() if key.partition("#")[0] not in gone}

    @property
    def problems(self) -> Pulled:
        """What was in the way before anything was asked for."""
        return Pulled(problems=self._problems)

    def published(self, contracts: Iterable[Contract], declarations: Declarations) -> Pulled:
        """Every file that a contract says where to fetch."""
        pulled = Pulled()
        for contract in contracts:
            for described in contract.fetch:
                pulled += self._published_by(contract, described, declarations)
        return pulled

    def _published_by(
        self, contract: Contract, described: HttpsFile, declarations: Declarations
    ) -> Pulled:
        source = open_source(described, retries=self._retries)
        place = _Place(
            source, declarations, self._downloads, f"{contract.extract}/", described.members
        )
        try:
            return self._every(place, source.listed())
        except SourceError as error:
            return Pulled(problems=(f"{contract.extract}: {error}",))
        except Exception as error:
            return _defect(f"{contract.extract}: {source.name}", error)

    def landing_zone(self, location: str) -> tuple[Declarations, Pulled]:
        """Every file of a landing zone in object storage, with its declarations.

        A landing zone that cannot be reached tonight is a problem among others; nothing is taken
        in without its declarations.

        Raises:
            PermanentSourceError: when there is no such landing zone, no access to it, or its
                address is one of the web.
            LandingError: when its declarations are not valid.
        """
        if urlsplit(location).scheme.lower() in {"http", "https"}:
            raise PermanentSourceError(
                f"{address_of(location)}: a landing zone is a folder or object storage (s3://, "
                "abfs://); put the address of a published file under fetch in its contract"
            )
        source = open_source(location)
        try:
            listed = source.listed()
            declarations = self._declarations(source, listed)
        except TransientSourceError as error:
            return Declarations(), Pulled(problems=(str(error),))
        place = _Place(source, declarations, self._incoming)
        return declarations, self._every(place, [f for f in listed if could_be_extract(f.name)])

    def _declarations(self, source: Source, listed: Iterable[RemoteFile]) -> Declarations:
        for file in listed:
            if file.name == DECLARATIONS:
                path = source.fetch(file, self._incoming).path
                if path is None:
                    raise RuntimeError(f"{file.name} is unchanged, but it was never fetched")
                return Declarations(path.read_text(encoding="utf-8"))
        return Declarations()

    def _every(self, place: _Place, files: Iterable[RemoteFile]) -> Pulled:
        pulled = Pulled()
        for file in files:
            try:
                pulled += Pulled(tuple(self._one(place, file)))
            except SourceError as error:
                pulled += Pulled(problems=(f"{redact(place.prefix + file.name)}: {error}",))
            except Exception as error:
                told = f"{redact(place.prefix + file.name)}: {address_of(file.location)}"
                pulled += _defect(told, error)
        # A name in which somebody wrote a person's number is not remembered: it is fetched again.
        states = {key: state for key, state in self._states.items() if redact(key) == key}
        write_states(self._downloads / _RECORD, states)
        return pulled

    def _one(self, place: _Place, file: RemoteFile) -> list[Delivery]:
        """One file, or the members of one zip file; those held already if it is unchanged.

        Raises:
            SourceError: when it cannot be had.
        """
        key = place.key_of(file)
        held = self._delivered_before(key)
        is_held = bool(held) and all(self._archive.holds(state.sha256) for state in held.values())
        fetched = place.source.fetch(
            file, place.through, self._states.get(key) if is_held else None
        )
        if fetched.path is None:
            return [
                self._delivery(place, name, state, self._archive.path_of(state.sha256), True)
                for name, state in held.items()
            ]
        return self._brought(place, key, fetched, fetched.path)

    def _brought(self, place: _Place, key: str, fetched: Fetched, path: Path) -> list[Delivery]:
        name = self._free_name(place.prefix, fetched.name)
        brought = self._opened(name, path, place.members)
        for name, content in brought.items():
            try:
                take_details_out(content)
            except UnreadableFileError as error:
                raise PermanentSourceError(f"{redact(name)}: {error}") from error
        for name in self._delivered_before(key):
            del self._states[f"{key}#{name}"]
        self._states[key] = _state_of(fetched, fetched.sha256, fetched.bytes)
        deliveries = []
        for name, content in brought.items():
            state = _state_of(fetched, hash_of(content), content.stat().st_size)
            self._states[f"{key}#{name}"] = state
            deliveries.append(self._delivery(place, name, state, content, False))
        return deliveries

    def _opened(self, name: str, path: Path, members: tuple[str, ...]) -> dict[str, Path]:
        """What was fetched, in a folder of its own among what comes in: by name, the files.

        Two files of one name, or one file for two contracts, must not meet in one place.
        """
        self._incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder = Path(tempfile.mkdtemp(dir=self._incoming))
        whole = path.replace(folder / path.name)
        if not members:
            return {name: whole}
        try:
            unpacked = unpack(whole, name, members, folder)
        finally:
            whole.unlink()
        return {f"{name}/{member.name}": member.path for member in unpacked}

    def _delivered_before(self, key: str) -> dict[str, FetchState]:
        """What came of the last fetch, by name."""
        start = f"{key}#"
        return {k.removeprefix(start): s for k, s in self._states.items() if k.startswith(start)}

    def _free_name(self, prefix: str, name: str) -> str:
        """The name, with a number before it if another file of this run has it already."""
        free, number = name, 1
        # The members of a zip file are called by its name and theirs.
        while any(f"{taken}/".startswith(f"{prefix}{free}/") for taken in self._names):
            number += 1
            free = f"{number}/{name}"
        return free

    def _delivery(
        self, place: _Place, name: str, state: FetchState, path: Path, is_held: bool
    ) -> Delivery:
        full = place.prefix + name
        self._names.add(full)
        declared = place.declarations.of(full)
        came_from = state.provenance
        return Delivery(full, declared, state.sha256, state.bytes, path, is_held, came_from)

    def discard_leftovers(self) -> None:
        """Take away parts that waited too long for their rest, and what a killed run left."""
        oldest = time.time() - PART_KEPT_DAYS * 24 * 3600
        for path in self._downloads.glob("*"):
            waits = path.name.endswith(_WAITING) and path.stat().st_mtime >= oldest
            if path.name != _RECORD and not waits:
                path.unlink()


def _defect(where: str, error: Exception) -> Pulled:
    """The last boundary: what nobody thought of at one address keeps nothing else away."""
    told = log_defect(_log, where, error, "nothing was taken in from there")
    return Pulled(problems=(f"{where}: {told}",))


def _state_of(fetched: Fetched, sha256: str, size_bytes: int) -> FetchState:
    return FetchState(
        url=fetched.url,
        etag=fetched.etag,
        last_modified=fetched.last_modified,
        sha256=sha256,
        bytes=size_bytes,
        fetched_at=datetime.now(UTC),
    )


def pull_feeds(declarations: Declarations, store: Path, private: Path, taken_on: date) -> Pulled:
    """Read every declared Open Referral feed; each day's changes are a delivery of their own.

    All days that are kept are delivered: what is held already is known by its hash.
    """
    pulled = Pulled()
    private.mkdir(parents=True, exist_ok=True, mode=0o700)
    for feed in declarations.feeds:
        try:
            outcome = pull(feed, store, taken_on)
        except Exception as error:
            pulled += _defect(f"feed {feed.name}: {feed.services_url}", error)
        else:
            problems = [*outcome.warnings, *([outcome.error] if outcome.error else [])]
            pulled += Pulled(problems=tuple(problems))
        pulled += Pulled(
            tuple(
                _day_of(changes, feed, declarations, private)
                for changes in sorted((store / feed.name / "changes").glob("*.json"))
            )
        )
    return pulled


def _day_of(changes: Path, feed: Feed, declarations: Declarations, private: Path) -> Delivery:
    day = changes.stem
    name = f"{_FEEDS_FOLDER}/oruk_services_{feed.name}_{day}.json"
    copy = private / f"{feed.name}_{day}.json"
    shutil.copyfile(changes, copy)
    return Delivery(
        name,
        declarations.of(name, submitter=feed.name, period=day),
        hash_of(copy),
        copy.stat().st_size,
        copy,
        is_held=False,
        came_from=Provenance(address=feed.services_url),
    )
