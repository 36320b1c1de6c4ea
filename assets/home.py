"""What a run works with: the folders of the platform's home and the one open build."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import duckdb

from assets.extracts.arriving.arrival import ArrivalArea
from assets.extracts.contract_model.contract import Contract
from assets.extracts.holding.archive import Archive
from assets.extracts.holding.editions import EditionStore
from assets.extracts.judging.intake import Intake
from assets.release.candidate.timings import Timings
from assets.release.disclosure.earlier import EarlierReleases
from assets.release.disclosure.profile import PROFILE_FOR, Audience, Profile
from assets.release.shelf.publication import ReleaseError, Releases
from assets.release.shelf.retention import Retention
from expectations.validation import Validator


@dataclass(frozen=True)
class Home:
    """Where the platform keeps things. Everything in ``build`` can be made again."""

    folder: Path
    audience: ClassVar[Audience] = "public"

    @property
    def arrival(self) -> Path:
        """Private copies of files that were not scanned yet."""
        return self.folder / "arrival"

    @property
    def downloads(self) -> Path:
        """What is known of published files that were fetched, and those half fetched."""
        return self.folder / "downloads"

    @property
    def feeds(self) -> Path:
        """The history of each Open Referral feed."""
        return self.folder / "feeds"

    @property
    def archive(self) -> Path:
        """Every file taken in, under its hash."""
        return self.folder / "archive"

    @property
    def editions(self) -> Path:
        """Every evaluated edition."""
        return self.folder / "editions"

    @property
    def build(self) -> Path:
        """The disposable build."""
        return self.folder / "build"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file of the build."""
        return self.build / "warehouse.duckdb"

    @property
    def ledger_identity(self) -> Path:
        """The identity of what the ledger holds."""
        return self.build / "ledger_identity.txt"

    @property
    def built_identity(self) -> Path:
        """The identity of what the marts were built from; gone while they are being built."""
        return self.build / "built_identity.txt"

    @property
    def quality_pages(self) -> Path:
        """One folder per run with the page of what its rules found."""
        return self.build / "quality"

    @property
    def candidate_note(self) -> Path:
        """What the candidate step leaves for the steps after it."""
        return self.build / "candidate.json"

    @property
    def disclosure(self) -> Path:
        """What releases showed of counts of people, with the true counts: private."""
        return self.folder / "disclosure"

    @property
    def shown_before(self) -> EarlierReleases:
        """What each release that is kept showed."""
        return EarlierReleases(self.disclosure / "shown")

    @property
    def proven_blocks(self) -> Path:
        """Hashes of what was proven before, so that it need not be again."""
        return self.disclosure / "proven_blocks.txt"

    @property
    def release_timings(self) -> Path:
        """How long the steps of the release took so far."""
        return self.build / "release_timings.jsonl"

    @property
    def releases(self) -> Path:
        """Published releases, the only folder that readers need."""
        return self.folder / "releases"

    @property
    def for_analysts(self) -> InternalHome:
        """Where the internal release is made and kept."""
        return InternalHome(self.folder)

    def make_private(self) -> None:
        """Keep everything but the releases to the pipeline's own user, whatever its umask."""
        for folder in (
            self.arrival, self.downloads, self.feeds, self.archive, self.editions, self.disclosure,
            self.build,
        ):  # fmt: skip
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            folder.chmod(0o700)


class InternalHome(Home):
    """The same home as the internal release sees it: with a build and a shelf of its own."""

    audience = "internal"

    @property
    def build(self) -> Path:
        """The copy of the build that is made for analysts, there only while it is needed."""
        return super().build / "internal"

    @property
    def quality_pages(self) -> Path:
        """One folder per run with the page of what its rules found; outlasts the copy."""
        return super().build / "quality_internal"

    @property
    def releases(self) -> Path:
        """Internal releases: for their readers, never below the folder of the public ones."""
        return self.folder / "releases_internal"


@dataclass(frozen=True)
class Build:
    """One run's open build. Only one exists at a time: the run holds the lock of the home."""

    connection: duckdb.DuckDBPyConnection
    home: Home
    landing: str
    fetches: bool
    as_of: date
    dbt_project: Path
    dbt_target: Path
    lock_file: Path
    contracts: Mapping[str, Contract]
    validator: Validator
    retention: Retention = field(default_factory=Retention)
    # Whether there is to be an internal release beside every public one.
    makes_internal_release: bool = False
    # Where readers of the report say what is wrong; empty where nobody said where.
    feedback: str = ""

    @property
    def profile(self) -> Profile:
        """What may be shown of counts of people."""
        return PROFILE_FOR[self.home.audience]

    @property
    def archive(self) -> Archive:
        """The archive of the home."""
        return Archive(self.home.archive)

    @cached_property
    def arrivals(self) -> ArrivalArea:
        """The arrival area of the home."""
        return ArrivalArea(self.home.arrival)

    @cached_property
    def editions(self) -> EditionStore:
        """The editions of the home."""
        return EditionStore(self.home.editions)

    @property
    def releases(self) -> Releases:
        """The releases of the home."""
        return Releases(self.home.releases)

    @property
    def release_timings(self) -> Timings:
        """How long the steps of the release took so far."""
        return Timings(self.home.release_timings)

    @property
    def intake(self) -> Intake:
        """Everything that taking an extract in needs."""
        return Intake(
            self.connection,
            self.contracts,
            self.arrivals,
            self.archive,
            self.editions,
            self.validator,
            self.as_of,
        )

    def is_published(self, identity: str, say: Callable[[str], None]) -> bool:
        """Whether the release in force is made of exactly this; then nothing needs to be built.

        So is the internal one, if there is to be one.
        """
        shelves = [self.releases]
        if self.makes_internal_release:
            shelves.append(Releases(self.home.for_analysts.releases))
        for shelf in shelves:
            try:
                in_force = shelf.current()
            except ReleaseError as error:
                say(f"the release in force is damaged and is built anew: {error}")
                return False
            if in_force is None or in_force.identity != identity:
                return False
        version = self.releases.current_version()
        say(f"nothing changed since release {version}; it stays in force")
        return True
