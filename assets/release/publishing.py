"""The two halves of a publication, for whoever it is: put a candidate forward, put it in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from assets.home import Build
from assets.release.auditing import audit, rules_of_candidate, told
from assets.release.built_from import holdings_of_build
from assets.release.candidate.note import CandidateNote, write_note
from assets.release.candidate.writing import write_candidate
from assets.release.completing import Completed, Occasion, complete
from assets.release.disclosure.assets import RULES as DISCLOSURE_RULES
from assets.release.disclosure.assets import SUITE as DISCLOSURE_SUITE
from assets.release.disclosure.released_table import rows_on_record
from assets.release.formats.datapackage import Source
from assets.release.formats.declared import read_declared
from assets.release.gate import expected_of_build
from assets.release.manifest_of_build import SCHEMA_VERSION, manifest_of
from assets.release.shelf.retention import made_at
from assets.reports.quality_page import write_release_page
from expectations import results
from expectations.results import StoredVerdicts
from expectations.rules import Outcome, Rule

_SUITE = "candidate"


@dataclass(frozen=True)
class PutForward:
    """A candidate as written and audited, in a folder that nobody reads yet."""

    note: CandidateNote
    folder: Path
    outcomes: list[Outcome]


@dataclass(frozen=True)
class InForce:
    """A release that was just published, and those that were kept long enough."""

    folder: Path
    removed: tuple[str, ...]


def put_forward(build: Build, version: str, run_id: str) -> PutForward:
    """Write the candidate of a version, audit it, and store the outcomes."""
    folder = build.releases.staging(version)
    build.release_timings.begin()
    completed = write_whole(build, version, is_synthetic=holdings_of_build(build).is_synthetic)
    comparison = completed.comparison
    note = CandidateNote(
        version=version, facts=completed.facts, compared_with=comparison.previous_version
    )
    write_note(build.home.candidate_note, note)
    with build.release_timings.of("audit"):
        outcomes = [*audit(build, folder, completed.facts), told(comparison)]
    results.record(build.connection, run_id, _SUITE, outcomes)
    return PutForward(note, folder, outcomes)


def write_whole(build: Build, version: str, *, is_synthetic: bool) -> Completed:
    """Write the candidate of a version with everything that goes into its folder."""
    folder, timings = build.releases.staging(version), build.release_timings
    with timings.of("candidate"):
        facts = write_candidate(build.connection, folder, is_synthetic=is_synthetic)
    return complete(
        build.memory,
        folder,
        facts,
        Occasion(version, made_at(version), SCHEMA_VERSION, build.home.audience),
        build.releases,
        read_declared(build.dbt_project / "models" / "marts"),
        _sources(build),
        timings,
    )


def put_in_force(
    build: Build, note: CandidateNote, run_id: str, rules_of_report: Sequence[Rule] = ()
) -> InForce:
    """Publish what was put forward, and let go of releases that were kept long enough.

    The stored verdicts are read again. Raises ``PublicationRefusedError`` and ``ReleaseError`` as
    ``Releases.publish`` does; the release in force stays then.
    """
    version = note.version
    if build.profile.is_proven:
        build.home.shown_before.keep(version, rows_on_record(build.connection))
    write_release_page(build.connection, build.releases.staging(version), version)
    folder = build.releases.publish(
        version, verdicts(build, rules_of_report), manifest_of(build, note), by=run_id
    )
    removed = build.releases.retire(build.retention, datetime.now(UTC), by=run_id)
    if build.profile.is_proven:
        build.home.shown_before.forget_all_but(build.releases.list())
    return InForce(folder, removed)


def verdicts(build: Build, rules_of_report: Sequence[Rule] = ()) -> StoredVerdicts:
    """Every rule that must have run and passed before this build is published."""
    expected = expected_of_build(build)
    if build.profile.is_proven:
        expected += [(DISCLOSURE_SUITE, rule) for rule in DISCLOSURE_RULES]
    expected += [(_SUITE, rule) for rule in rules_of_candidate(build.profile)]
    expected += [("report", rule) for rule in rules_of_report]
    return StoredVerdicts(build.connection, expected)


def _sources(build: Build) -> list[Source]:
    return [
        Source(
            title=contract.title,
            publisher=contract.publisher,
            licence=contract.licence,
            attribution=contract.attribution,
        )
        for contract in build.contracts.values()
    ]
