"""The gate and the release as Dagster assets: check the marts, write, audit, report, publish."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from assets.home import Build
from assets.release.built_from import holdings_of_build, identity_of_build
from assets.release.candidate.facts import DATABASE_FILE, CandidateFacts
from assets.release.candidate.note import CandidateNote, read_note, write_note
from assets.release.candidate.reading import as_an_analyst, compare_as_written
from assets.release.candidate.writing import write_candidate
from assets.release.changes.comparison import Comparison
from assets.release.changes.page import CHANGES_FILE
from assets.release.completing import Completed, Occasion, complete
from assets.release.disclosure.assets import PROOF, keep_what_is_shown
from assets.release.disclosure.assets import SUITE as DISCLOSURE_SUITE
from assets.release.formats.central_metrics.tables import differences_as_written
from assets.release.formats.datapackage import Source
from assets.release.formats.declared import read_declared
from assets.release.gate import expected_of_build
from assets.release.keys import key_rules
from assets.release.shelf.git_commit import git_commit
from assets.release.shelf.manifest import (
    EditionEntry,
    Manifest,
    RuleCount,
    UnrecognisedFile,
    software_versions,
    suppression_of,
)
from assets.release.shelf.publication import ReleaseError
from assets.release.shelf.retention import made_at
from assets.release.volumes import compare_volumes
from assets.reports.assets import REPORT, report_rules
from assets.reports.quality_page import write_release_page, write_run_page
from expectations import results
from expectations.candidate import (
    AS_WRITTEN,
    CENTRAL_METRICS_AS_WRITTEN,
    CHANGES_TOLD,
    candidate_rules,
    outcome_of,
)
from expectations.checks import check_results, check_specs
from expectations.results import StoredVerdicts
from expectations.rules import Outcome
from expectations.validation import Validator
from expectations.volumes import accepted_change_rules, volume_rules

CANDIDATE = dg.AssetKey(["release", "candidate"])
RELEASE = dg.AssetKey(["release", "release"])
GROUP = "release"
OWNERS = ["team:data-engineering"]

# Version of the tables' schema: a column is deprecated for one release before it goes.
SCHEMA_VERSION = "1.1"


_RULES_INSIDE = [*candidate_rules(), *key_rules()]
_VOLUME_RULES = [*volume_rules(), *accepted_change_rules()]
_CANDIDATE_RULES = [
    *_RULES_INSIDE,
    *_VOLUME_RULES,
    AS_WRITTEN,
    CENTRAL_METRICS_AS_WRITTEN,
    CHANGES_TOLD,
]
_CANDIDATE_KEYS = {rule.table: CANDIDATE for rule in _CANDIDATE_RULES}


@dg.asset(
    key=CANDIDATE,
    group_name=GROUP,
    kinds={"duckdb", "parquet"},
    owners=OWNERS,
    deps=[
        dg.AssetKey(["marts", name])
        for name in (
            "indicator_values",
            "indicators",
            "areas",
            "area_relationships",
            "extract_editions",
            "extracts",
            "landing_files",
            "value_lineage",
            "reconciliation",
        )
    ],
    description=(
        "The tables of the next release, written to a new folder that nobody reads yet, and "
        "audited as written: DuckDB and Parquet against the build, and rules inside the file."
    ),
    check_specs=check_specs(_CANDIDATE_RULES, _CANDIDATE_KEYS),
)
def candidate(
    context: dg.AssetExecutionContext, build: dg.ResourceParam[Build]
) -> dg.MaterializeResult:
    """Write and audit the candidate."""
    build.releases.sweep()
    results.forget(build.connection, "candidate", "report")
    holdings = holdings_of_build(build)
    version = build.releases.new_version(datetime.now(UTC), identity_of_build(build))
    folder = build.releases.staging(version)
    build.release_timings.begin()
    completed = write_whole(build, version, is_synthetic=holdings.is_synthetic)
    facts, comparison = completed.facts, completed.comparison
    note = CandidateNote(version=version, facts=facts, compared_with=comparison.previous_version)
    write_note(build.home.candidate_note, note)
    with build.release_timings.of("audit"):
        outcomes = [*audit(build, folder, facts), told(comparison)]
    results.record(build.connection, context.run_id, "candidate", outcomes)
    page = write_run_page(build.connection, build.home.quality_pages, context.run_id)
    return dg.MaterializeResult(
        metadata={
            "version": version,
            "folder": dg.MetadataValue.path(folder),
            "content_hash": facts.content_hash,
            "changes": dg.MetadataValue.md((folder / CHANGES_FILE).read_text(encoding="utf-8")),
            "tables": dg.MetadataValue.table(
                [dg.TableRecord({"table": t.qualified_name, "rows": t.rows}) for t in facts.tables]
            ),
        },
        check_results=list(check_results(outcomes, _CANDIDATE_KEYS, page=page)),
    )


def write_whole(build: Build, version: str, *, is_synthetic: bool) -> Completed:
    """Write the candidate of a version with everything that goes into its folder."""
    folder, timings = build.releases.staging(version), build.release_timings
    with timings.of("candidate"):
        facts = write_candidate(build.connection, folder, is_synthetic=is_synthetic)
    return complete(
        build.connection,
        folder,
        facts,
        Occasion(version, made_at(version), SCHEMA_VERSION),
        build.releases,
        read_declared(build.dbt_project / "models" / "marts"),
        _sources(build),
        timings,
    )


def told(comparison: Comparison) -> Outcome:
    """Whether it could be found out what changed; the differences themselves are no fault."""
    return Outcome(CHANGES_TOLD, not comparison.is_error, comparison.sentence())


def audit(build: Build, folder: Path, facts: CandidateFacts) -> list[Outcome]:
    """Outcomes of every rule on the candidate's files as they lie on disk."""
    written = outcome_of(AS_WRITTEN, compare_as_written(build.connection, folder, facts))
    if not written.passed:
        reason = "did not run: the files are not as built"
        rules = [CENTRAL_METRICS_AS_WRITTEN, *_RULES_INSIDE, *_VOLUME_RULES]
        return [written, *(Outcome(rule, False, reason) for rule in rules)]
    metrics = differences_as_written(build.connection, folder)
    with as_an_analyst(folder, facts) as connection:
        of_files = Validator(connection).validate(_RULES_INSIDE)
    of_volumes = compare_volumes(
        build.connection, build.validator, folder, facts, _in_force(build), build.as_of
    )
    return [written, outcome_of(CENTRAL_METRICS_AS_WRITTEN, metrics), *of_files, *of_volumes]


def _in_force(build: Build) -> tuple[Path, Manifest] | None:
    """Folder and manifest of the release in force; a damaged one is replaced, not compared with."""
    try:
        current = build.releases.current()
    except ReleaseError:
        return None
    return (build.home.releases / current.version, current) if current else None


@dg.asset(
    key=RELEASE,
    group_name=GROUP,
    kinds={"duckdb", "parquet"},
    owners=["team:data-engineering"],
    deps=[CANDIDATE, REPORT],
    description=(
        "The published release. The stored verdicts are read again, the manifest is written, the "
        "folder made read-only, and last of all the link `current` moves to it."
    ),
)
def release(
    context: dg.AssetExecutionContext, build: dg.ResourceParam[Build]
) -> dg.MaterializeResult:
    """Publish, or refuse and leave the last good release in force."""
    note = read_note(build.home.candidate_note)
    version, facts = note.version, note.facts
    keep_what_is_shown(build, version)
    write_release_page(build.connection, build.releases.staging(version), version)
    write_run_page(build.connection, build.home.quality_pages, context.run_id)
    folder = build.releases.publish(
        version, verdicts(build), _manifest(build, note), by=context.run_id
    )
    context.log.info(f"release {version} is in force")
    retired = build.releases.retire(build.retention, datetime.now(UTC), by=context.run_id)
    for gone in retired:
        context.log.info(f"release {gone} was kept long enough and is removed")
    build.home.shown_before.forget_all_but(build.releases.list())
    return dg.MaterializeResult(
        metadata={
            "version": version,
            "folder": dg.MetadataValue.path(folder),
            "report": dg.MetadataValue.path(folder / "report" / "index.html"),
            "quality": dg.MetadataValue.path(folder / "quality" / "index.html"),
            "content_hash": facts.content_hash,
            "dagster/row_count": sum(table.rows for table in facts.tables),
            "removed": ", ".join(retired) or "none",
        }
    )


def verdicts(build: Build) -> StoredVerdicts:
    """Every rule that must have run and passed before this build is published."""
    expected = [(DISCLOSURE_SUITE, PROOF), *expected_of_build(build)]
    expected += [("candidate", rule) for rule in _CANDIDATE_RULES]
    expected += [("report", rule) for rule in report_rules()]
    return StoredVerdicts(build.connection, expected)


def _manifest(build: Build, note: CandidateNote) -> Manifest:
    facts = note.facts
    holdings = holdings_of_build(build)
    counted = build.connection.execute(
        f"select suite, severity, passed, count(*) from {results.RESULTS} group by all"
    ).fetchall()
    tally: Counter[tuple[str, str, bool]] = Counter()
    for suite, severity, passed, number in counted:
        tally[(suite, severity, passed)] += number
    pairs = sorted({(suite, severity) for suite, severity, _ in tally})
    strangers = build.connection.execute(
        "select file_name, sha256, reason from ledger.landing_files "
        "where verdict = 'not_recognised' order by file_name"
    ).fetchall()
    return Manifest(
        version=note.version,
        created_at=made_at(note.version),
        identity=identity_of_build(build),
        content_hash=facts.content_hash,
        as_of=build.as_of,
        is_synthetic=facts.is_synthetic,
        schema_version=SCHEMA_VERSION,
        database_bytes=facts.database_bytes,
        tables=facts.tables,
        editions=tuple(
            EditionEntry(
                extract=edition.extract,
                period=edition.period,
                sha256s=tuple(part.sha256 for part in edition.parts),
                period_start=edition.period_start,
                period_end=edition.period_end,
                submitter=edition.submitter or None,
            )
            for edition in holdings.in_use
        ),
        unrecognised=tuple(
            UnrecognisedFile(file_name=name, sha256=sha256, reason=reason or "")
            for name, sha256, reason in strangers
        ),
        rules=tuple(
            RuleCount(
                suite=suite,
                severity=severity,
                passed=tally[(suite, severity, True)],
                failed=tally[(suite, severity, False)],
            )
            for suite, severity in pairs
        ),
        software=software_versions(),
        git=git_commit(Path(__file__).resolve().parents[2]),
        suppression=suppression_of(build.releases.staging(note.version) / DATABASE_FILE),
        compared_with=note.compared_with,
        timings=build.release_timings.read(),
    )


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
