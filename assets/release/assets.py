"""The release as Dagster assets: the candidate, written and audited, and its publication."""

from datetime import UTC, datetime

import dagster as dg

from assets.home import Build
from assets.release.auditing import rules_of_candidate
from assets.release.built_from import identity_of_build
from assets.release.candidate.note import read_note
from assets.release.changes.page import CHANGES_FILE
from assets.release.disclosure.profile import STD
from assets.release.publishing import put_forward, put_in_force
from assets.reports.assets import REPORT, report_rules
from assets.reports.quality_page import write_run_page
from expectations import results
from expectations.checks import check_results, check_specs

CANDIDATE = dg.AssetKey(["release", "candidate"])
RELEASE = dg.AssetKey(["release", "release"])
GROUP = "release"
OWNERS = ["team:data-engineering"]

_CANDIDATE_RULES = rules_of_candidate(STD)
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
    version = build.releases.new_version(datetime.now(UTC), identity_of_build(build))
    put = put_forward(build, version, context.run_id)
    facts = put.note.facts
    page = write_run_page(build.connection, build.home.quality_pages, context.run_id)
    return dg.MaterializeResult(
        metadata={
            "version": version,
            "folder_until_published": dg.MetadataValue.path(put.folder),
            "content_hash": facts.content_hash,
            "dagster/row_count": sum(table.rows for table in facts.tables),
            "changes": dg.MetadataValue.md((put.folder / CHANGES_FILE).read_text(encoding="utf-8")),
            "tables": dg.MetadataValue.table(
                [dg.TableRecord({"table": t.qualified_name, "rows": t.rows}) for t in facts.tables]
            ),
        },
        check_results=list(check_results(put.outcomes, _CANDIDATE_KEYS, page=page)),
    )


@dg.asset(
    key=RELEASE,
    group_name=GROUP,
    kinds={"duckdb", "parquet"},
    owners=OWNERS,
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
    write_run_page(build.connection, build.home.quality_pages, context.run_id)
    published = put_in_force(build, note, context.run_id, report_rules())
    context.log.info(f"release {note.version} is in force")
    for gone in published.removed:
        context.log.info(f"release {gone} was kept long enough and is removed")
    folder = published.folder
    served = build.report_address
    return dg.MaterializeResult(
        metadata={
            "version": note.version,
            "folder": dg.MetadataValue.path(folder),
            "report": dg.MetadataValue.path(folder / "report" / "index.html"),
            # A browser opens no file of another machine: a link where the report is served.
            **({"report_in_browser": dg.MetadataValue.url(served)} if served else {}),
            "quality": dg.MetadataValue.path(folder / "quality" / "index.html"),
            "content_hash": note.facts.content_hash,
            "dagster/row_count": sum(table.rows for table in note.facts.tables),
            "removed": ", ".join(published.removed) or "none",
        }
    )
