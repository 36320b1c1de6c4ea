"""Disclosure control as a Dagster asset, between the two halves of the build."""

from datetime import UTC, datetime

import dagster as dg

from assets.home import Build
from assets.release.disclosure.blocks import read_remembered, write_remembered
from assets.release.disclosure.control import Controlled, control
from assets.release.disclosure.earlier import shown
from assets.release.disclosure.people_counts import (
    hidden_last_time,
    read_people_counts,
    read_released_counts,
    write_released_counts,
)
from assets.release.disclosure.profile import STD
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
    check_specs=check_specs([PROOF], _KEYS),
)
def released_counts(
    context: dg.AssetExecutionContext, build: dg.ResourceParam[Build]
) -> dg.MaterializeResult:
    """Hide, round and prove."""
    started = datetime.now(UTC)
    controlled, outcome = _hide_and_prove(build, context.run_id)
    proof = controlled.proof
    states = dict(controlled.cells["state"].value_counts().iter_rows())
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": controlled.cells.height,
            "released": states.get("released", 0),
            "hidden": states.get("hidden", 0),
            "blocks": proof.blocks,
            "blocks_remembered": proof.blocks_remembered,
            "rounds": controlled.rounds,
            "seconds": round((datetime.now(UTC) - started).total_seconds(), 1),
        },
        check_results=list(check_results([outcome], _KEYS)),
    )


def _hide_and_prove(build: Build, run_id: str) -> tuple[Controlled, Outcome]:
    """Write ``disclosure.released_counts``, and store the verdict of the proof."""
    counts = read_people_counts(build.connection, STD)
    earlier = build.home.shown_before.told_by(
        build.releases.list(), counts.people, counts.relations
    )
    remembered = read_remembered(build.home.proven_blocks)
    before = hidden_last_time(build.connection)
    controlled = control(counts.cells, counts.relations, STD, earlier, remembered, before)
    write_released_counts(build.connection, controlled.cells)
    proof = controlled.proof
    if proof.holds:
        write_remembered(build.home.proven_blocks, proof.proven_blocks)
    outcome = Outcome(
        rule=PROOF,
        passed=proof.holds,
        observed=proof.message,
        failing_rows=len(proof.violations),
    )
    results.record(build.connection, run_id, SUITE, [outcome])
    return controlled, outcome


def keep_what_is_shown(build: Build, version: str) -> None:
    """Keep what a release is about to show, for the proof of those after it."""
    counts = read_people_counts(build.connection, STD)
    released = read_released_counts(build.connection)
    build.home.shown_before.keep(version, shown(released, counts.people, STD), counts.relations)
