"""The report as a Dagster asset: built from the candidate's files and nothing else."""

import dagster as dg

from assets.home import Build
from assets.release.candidate.facts import DATABASE_FILE
from assets.release.candidate.note import read_note
from assets.reports.checking import differences_of_site
from assets.reports.open_release import Edition
from assets.reports.site import write_site
from expectations import results
from expectations.candidate import REPORT_AS_WRITTEN, outcome_of
from expectations.rules import Rule

REPORT = dg.AssetKey(["reports", "report"])
_CANDIDATE = dg.AssetKey(["release", "candidate"])


def report_rules() -> list[Rule]:
    """Rules on the site as written."""
    return [REPORT_AS_WRITTEN]


@dg.asset(
    key=REPORT,
    group_name="reports",
    kinds={"html"},
    owners=["team:analytics"],
    deps=[_CANDIDATE],
    description=(
        "The report: a static site with a page for England, every area and every indicator, for "
        "coproduction, inequalities and the quality of the data."
    ),
    check_specs=[
        dg.AssetCheckSpec(
            "critical",
            asset=REPORT,
            blocking=True,
            description=(
                "Every page is there, every link leads somewhere, nothing is fetched from "
                "outside, and numbers on pages are those of the release."
            ),
        )
    ],
)
def report(
    context: dg.AssetExecutionContext, build: dg.ResourceParam[Build]
) -> dg.MaterializeResult:
    """Write the site into the candidate's folder and look at it as a reader would."""
    version = read_note(build.home.candidate_note).version
    folder = build.releases.staging(version)
    database = folder / DATABASE_FILE
    with (
        build.release_timings.of("report"),
        build.memory.for_readers(build.home.report_temporary) as memory,
    ):
        site = write_site(
            database,
            folder / "report",
            Edition(version=version, published_on=build.as_of, feedback=build.feedback),
            memory,
        )
        outcome = outcome_of(REPORT_AS_WRITTEN, differences_of_site(site.folder, database, memory))
    results.record(build.connection, context.run_id, "report", [outcome])
    largest, largest_bytes = site.largest_page
    return dg.MaterializeResult(
        metadata={
            # Where readers find it: the candidate's folder is gone once it is published.
            "report": dg.MetadataValue.path(
                build.releases.folder / version / site.home.relative_to(folder)
            ),
            "pages": len(site.pages),
            "bytes": site.bytes,
            "largest_page": largest,
            "largest_page_bytes": largest_bytes,
        },
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
