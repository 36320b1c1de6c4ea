"""What a run works with: the one open build, in the folders of the platform's home."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

import duckdb

from assets.database_memory import DatabaseMemory
from assets.extracts.arriving.arrival import ArrivalArea
from assets.extracts.contract_model.contract import Contract
from assets.extracts.holding.archive import Archive
from assets.extracts.holding.editions import EditionStore
from assets.extracts.judging.intake import Intake
from assets.folders import Home, InternalHome
from assets.release.candidate.timings import Timings
from assets.release.disclosure.profile import PROFILE_FOR, Profile
from assets.release.shelf.publication import ReleaseError, Releases
from assets.release.shelf.retention import Retention
from expectations.validation import Validator

__all__ = ["Build", "Home", "InternalHome"]


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
    # The identity of the code that is loaded.
    code: str
    contracts: Mapping[str, Contract]
    validator: Validator
    # What DuckDB may use, as it reads it.
    memory_limit: str
    # How many counts of people are decided about at once, where they can be parted.
    counts_together: int
    retention: Retention = field(default_factory=Retention)
    # Whether there is to be an internal release beside every public one.
    makes_internal_release: bool = False
    # Where readers of the report say what is wrong; empty where nobody said where.
    feedback: str = ""
    report_address: str = ""
    # Whether everything is to be made anew, also if it would come out the same.
    is_full_rebuild: bool = False

    @property
    def profile(self) -> Profile:
        """What may be shown of counts of people."""
        return PROFILE_FOR[self.home.audience]

    @property
    def memory(self) -> DatabaseMemory:
        """What the open build may use, to be shared."""
        return DatabaseMemory(self.connection, self.memory_limit)

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

    @cached_property
    def intake(self) -> Intake:
        """Everything that taking extracts in needs, and remembers of workbooks."""
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
        if self.is_full_rebuild:
            say("a full rebuild: everything is made anew, whatever is in force")
            return False
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
