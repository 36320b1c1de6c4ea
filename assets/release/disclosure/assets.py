"""Disclosure control as a Dagster asset, between the two halves of the build."""

from collections.abc import Collection
from datetime import UTC, datetime

import dagster as dg

from assets.home import Build
from assets.release.disclosure.earlier_releases import EarlierReleases
from assets.release.disclosure.released_table import states_of_released_counts
from assets.release.disclosure.tonight import Tonight, decide_tonight
from expectations import results
from expectations.checks import check_results, check_specs
from expectations.rules import Outcome, Rule

RELEASED_COUNTS = dg.AssetKey(["disclosure", "released_counts"])
SUITE = "disclosure"

PROOF = Rule(
    table="disclosure.released_counts",
    name="no_hidden_count_can_be_worked_out",
    description="No hidden count of people follows from the sums and roundings of those released",
    owner="information governance",
    reason="2026-11-26: DOMAIN 7.3 rule 10 and ruling 2 of 0.2",
)
ON_RECORD = Rule(
    table=PROOF.table,
    name="earlier_releases_are_on_record",
    description="Of every release that is kept it is on record what it showed, for the proof",
    severity="warning",
    owner=PROOF.owner,
    reason="2026-11-26: a lost record must not stop every night until that release is gone",
)
RULES = (PROOF, ON_RECORD)
_KEYS = {PROOF.table: RELEASED_COUNTS}


@dg.asset(
    key=RELEASED_COUNTS,
    group_name="disclosure",
    kinds={"python", "duckdb"},
    owners=["team:information-governance"],
    deps=[
        dg.AssetKey(["intermediate", "int_people_counts"]),
        dg.AssetKey(["intermediate", "int_people_count_relations"]),
    ],
    description=(
        "Which local counts of people a release may show, and as what number: small ones and what "
        "would give them away are hidden, the others rounded, and a solver proves that nothing "
        "hidden can be worked out. Values and marts are made of this."
    ),
    check_specs=check_specs(RULES, _KEYS),
)
def released_counts(
    context: dg.AssetExecutionContext, build: dg.ResourceParam[Build]
) -> dg.MaterializeResult:
    """Hide, round and prove."""
    started = datetime.now(UTC)
    tonight, outcomes = _hide_and_prove(build, context.run_id)
    controlled = tonight.controlled
    states = states_of_released_counts(build.connection)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": sum(states.values()),
            "released": states.get("released", 0),
            "hidden": states.get("hidden", 0),
            "blocks": controlled.blocks,
            "blocks_remembered": controlled.blocks_remembered,
            "rounds": controlled.rounds,
            "parts": controlled.parts,
            "years_that_stand": tonight.years_that_stand,
            "seconds": round((datetime.now(UTC) - started).total_seconds(), 1),
        },
        check_results=list(check_results(outcomes, _KEYS)),
    )


def _hide_and_prove(build: Build, run_id: str) -> tuple[Tonight, list[Outcome]]:
    """Write ``disclosure.released_counts``, and store the outcomes of its rules."""
    # A verdict is never on a table that came after it, nor on what was made of the one before.
    results.forget(build.connection, SUITE, "mart", "candidate", "report")
    versions = build.releases.list()
    tonight = decide_tonight(build, versions)
    controlled = tonight.controlled
    leaks = controlled.proof.violations
    outcomes = [
        Outcome(PROOF, controlled.proof.holds, controlled.message, len(leaks)),
        on_record(build.home.shown_before, versions),
    ]
    results.record(build.connection, run_id, SUITE, outcomes)
    return tonight, outcomes


def on_record(known: EarlierReleases, versions: Collection[str]) -> Outcome:
    """Whether the proof could take every release into account that readers may still have."""
    missing = known.not_on_record(versions)
    observed = f"{len(missing)} of {len(versions)} releases are not"
    return Outcome(ON_RECORD, not missing, observed, len(missing), "; ".join(missing))
