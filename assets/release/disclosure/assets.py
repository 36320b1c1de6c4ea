"""Disclosure control as a Dagster asset, between the two halves of the build."""

from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fractions import Fraction
from functools import partial
from threading import Lock

import dagster as dg
import polars as pl

from assets.child_processes import ChildProcesses
from assets.home import Build
from assets.release.disclosure.before import Before, read_proven, write_proven
from assets.release.disclosure.control import Controlled, control_tied, together
from assets.release.disclosure.deciding import MOST_PROCESSES
from assets.release.disclosure.earlier import Aside, EarlierReleases, shown
from assets.release.disclosure.people_counts import (
    YearsTogether,
    parts_of,
    read_people_counts,
    rules_last_time,
    states_of_released_counts,
    write_released_counts,
)
from assets.release.disclosure.profile import STD
from assets.release.disclosure.tied_counts import TiedCounts, tie
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
# Of the memory of the database, which has counts to read and nothing to reckon.
_TO_PROCESSES = Fraction(3, 4)
# While one is read and tied, or hangs on a large block, the processes have the other to do.
_PARTS_AT_ONCE = 2


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
    controlled, outcomes = _hide_and_prove(build, context.run_id)
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
            "seconds": round((datetime.now(UTC) - started).total_seconds(), 1),
        },
        check_results=list(check_results(outcomes, _KEYS)),
    )


@dataclass(frozen=True)
class _Part:
    """What was decided of some years of indicators, and what goes on record of it."""

    of: YearsTogether
    controlled: Controlled
    shown: pl.DataFrame


def _hide_and_prove(build: Build, run_id: str) -> tuple[Controlled, list[Outcome]]:
    """Write ``disclosure.released_counts``, and store the outcomes of its rules.

    Out: everything that was decided but for the counts themselves, and the outcomes.
    """
    versions = build.releases.list()
    earlier = build.home.shown_before
    before = Before(rules_last_time(build.connection), read_proven(build.home.proven_blocks))
    decided: dict[YearsTogether, Controlled] = {}
    # To read takes as much memory again as to keep what was read.
    reading = Lock()

    def read(part: YearsTogether, aside: Aside) -> tuple[TiedCounts, pl.DataFrame]:
        years = part.indicator_years
        with reading, build.connection.cursor() as connection:
            counts = read_people_counts(connection, STD, years)
            aside.relations(counts.relations)
            told = earlier.told_by(versions, counts.people, counts.relations, years)
            return tie(counts.cells, counts.relations, told), counts.people

    def decide(aside: Aside, part: YearsTogether, processes: ChildProcesses) -> _Part:
        tied, people = read(part, aside)
        controlled = control_tied(tied, STD, before, processes)
        told_now = shown(controlled.cells, people, STD)
        return _Part(part, replace(controlled, seen=controlled.seen.clear()), told_now)

    # A verdict is never on a table that came after it, nor on what was made of the one before.
    results.forget(build.connection, SUITE, "mart", "candidate", "report")
    most = build.counts_together
    parts = parts_of(build.connection, max(1, most // _PARTS_AT_ONCE), earlier.ties(versions))

    with (
        earlier.putting_aside() as aside,
        build.memory.leaving(_TO_PROCESSES),
        closing(_as_they_end(partial(decide, aside), parts, most)) as ended,
    ):

        def cells() -> Iterator[pl.DataFrame]:
            for part in ended:
                aside.cells(part.shown)
                of_part = part.controlled.cells
                decided[part.of] = replace(part.controlled, cells=of_part.clear())
                yield of_part

        write_released_counts(build.connection, cells())
    whole = together([decided[part] for part in parts])
    if whole.proof.holds:
        write_proven(build.home.proven_blocks, whole.proven)
    outcomes = [
        Outcome(PROOF, whole.proof.holds, whole.message, len(whole.proof.violations)),
        on_record(earlier, versions),
    ]
    results.record(build.connection, run_id, SUITE, outcomes)
    return whole, outcomes


def _as_they_end(
    decide: Callable[[YearsTogether, ChildProcesses], _Part],
    parts: Sequence[YearsTogether],
    most_counts: int,
) -> Generator[_Part]:
    """What is decided of each part, some at once if they come to no more than so many counts.

    Where one fails, or nobody asks any more, the rest is left.
    """
    largest = sorted(part.counts for part in parts)[-_PARTS_AT_ONCE:]
    at_once = _PARTS_AT_ONCE if sum(largest) <= most_counts else 1
    with ChildProcesses(MOST_PROCESSES) as processes, ThreadPoolExecutor(at_once) as threads:
        try:
            for ended in as_completed([threads.submit(decide, part, processes) for part in parts]):
                yield ended.result()
        finally:
            processes.stop()
            threads.shutdown(cancel_futures=True)


def on_record(known: EarlierReleases, versions: Collection[str]) -> Outcome:
    """Whether the proof could take every release into account that readers may still have."""
    missing = known.not_on_record(versions)
    observed = f"{len(missing)} of {len(versions)} releases are not"
    return Outcome(ON_RECORD, not missing, observed, len(missing), "; ".join(missing))
