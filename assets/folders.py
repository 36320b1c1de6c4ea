"""Where the platform keeps things: the folders of its home. Imports nothing that takes time."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from assets.release.disclosure.earlier_releases import EarlierReleases
    from assets.release.disclosure.profile import Audience


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
    def built_by(self) -> Path:
        """The identity of the code that all models were built by; gone while it is another's."""
        return self.build / "built_by.txt"

    @property
    def quality_pages(self) -> Path:
        """One folder per run with the page of what its rules found."""
        return self.build / "quality"

    @property
    def candidate_note(self) -> Path:
        """What the candidate step leaves for the steps after it."""
        return self.build / "candidate.json"

    @property
    def parts_to_decide(self) -> Path:
        """True counts on their way to the processes that decide: private, there only meanwhile."""
        return self.build / "parts_to_decide"

    @property
    def report_temporary(self) -> Path:
        """What does not fit into memory while the report is written, there only meanwhile."""
        return self.build / "report_temporary"

    def remove_unfinished(self) -> None:
        """Remove what is there only meanwhile, and a night left that failed or was killed."""
        for folder in (self.parts_to_decide, self.report_temporary):
            if folder.exists():
                shutil.rmtree(folder)

    @property
    def disclosure(self) -> Path:
        """What releases showed of counts of people, with the true counts: private."""
        return self.folder / "disclosure"

    @property
    def shown_before(self) -> EarlierReleases:
        """What each release that is kept showed, and what was decided last."""
        # Loads a data frame library, which those who only ask where things are can do without.
        from assets.release.disclosure.earlier_releases import EarlierReleases  # noqa: PLC0415

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
    def operations(self) -> Path:
        """What came of each run, and what was told of it."""
        return self.folder / "operations"

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
            self.build, self.operations,
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
