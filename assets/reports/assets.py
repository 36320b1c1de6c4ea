"""The report as a Dagster asset: built from the candidate's files and nothing else."""

from pathlib import Path

import dagster as dg
import duckdb
from markupsafe import escape

from assets.home import Build
from assets.release.candidate.facts import DATABASE_FILE
from assets.release.candidate.note import read_note
from assets.reports.page import write_report
from expectations import results
from expectations.candidate import REPORT_AS_WRITTEN, outcome_of
from expectations.rules import Rule

REPORT = dg.AssetKey(["reports", "report"])
_CANDIDATE = dg.AssetKey(["release", "candidate"])


def report_rules() -> list[Rule]:
    """Rules on the page as written."""
    return [REPORT_AS_WRITTEN]


@dg.asset(
    key=REPORT,
    group_name="reports",
    kinds={"html"},
    owners=["team:analytics"],
    deps=[_CANDIDATE],
    description="One static page: England, a chart per component, the quality of the data.",
    check_specs=[
        dg.AssetCheckSpec(
            "critical",
            asset=REPORT,
            blocking=True,
            description="The page as written shows every indicator and fetches nothing.",
        )
    ],
)
def report(
    context: dg.AssetExecutionContext, build: dg.ResourceParam[Build]
) -> dg.MaterializeResult:
    """Write the page into the candidate's folder and look at it as a reader would."""
    version = read_note(build.home.candidate_note).version
    folder = build.releases.staging(version)
    database = folder / DATABASE_FILE
    with build.release_timings.of("report"):
        page = write_report(database, folder / "report", version=version, published_on=build.as_of)
        outcome = outcome_of(REPORT_AS_WRITTEN, differences_of_page(page, database))
    results.record(build.connection, context.run_id, "report", [outcome])
    return dg.MaterializeResult(
        metadata={"page": dg.MetadataValue.path(page), "bytes": page.stat().st_size},
        check_results=[
            dg.AssetCheckResult(
                asset_key=REPORT,
                check_name="critical",
                passed=outcome.passed,
                severity=dg.AssetCheckSeverity.ERROR,
                description=outcome.sentence(),
            )
        ],
    )


def differences_of_page(page: Path, database: Path) -> list[str]:
    """What keeps the page from being published; nothing when it is right."""
    if not page.exists() or not page.stat().st_size:
        return [f"{page.name} is missing or empty"]
    text = page.read_text(encoding="utf-8")
    found = []
    connection = duckdb.connect(str(database), read_only=True)
    try:
        titles = connection.execute("select title from main.indicators order by title").fetchall()
        [(is_synthetic,)] = connection.execute(
            "select coalesce(bool_or(is_synthetic), false) from main.extract_editions "
            "where is_in_use"
        ).fetchall()
    finally:
        connection.close()
    found += [
        f"indicator {title!r} is not on the page"
        for (title,) in titles
        if str(escape(title)) not in text
    ]
    if is_synthetic and "made-up" not in text.lower():
        found.append("made-up data without its banner")
    for source in ('src="http', "src='http", "<script", "@import", "url(http"):
        if source in text:
            found.append(f"the page fetches something: {source}")
    return found
