"""Hiding, and hiding more until the proof holds; large tables part by part on all cores."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl

from assets.child_processes import ChildProcesses, LostProcessError
from assets.release.disclosure.attacker import Flags
from assets.release.disclosure.before import ProvenBlock
from assets.release.disclosure.hiding import Hiding
from assets.release.disclosure.profile import Profile
from assets.release.disclosure.proof import Proof, Prover, Violation, all_proven
from assets.release.disclosure.released import as_seen, released_cells
from assets.release.disclosure.tied_counts import TiedCounts

# What is decided at once, in whole blocks. It bounds the memory of the proof, and a part without
# leaks is done after one look. The sample has 11,000 cells, a tenth of England half a million.
_CELLS_IN_A_PART = 60_000
# Of whatever is decided about at once, for each takes up to a gigabyte: of
# England's largest block more than 0.9 (2026-11-28).
MOST_PROCESSES = min(4, os.cpu_count() or 1)


@dataclass(frozen=True)
class Decided:
    """What was decided of some blocks.

    ``rules``: rows ``cell_id``, ``rule`` (why it is hidden, null if it is not) of each cell of
    today, sorted by ``cell_id``. ``proven``: the blocks that hold. ``rounds``: how often the
    proof was asked, at most.
    """

    rules: pl.DataFrame
    proof: Proof
    proven: frozenset[ProvenBlock]
    rounds: int


class LostPartError(RuntimeError):
    """A process that had a part to decide about is gone."""


def decide_in_parts(
    tied: TiedCounts,
    profile: Profile,
    cells_in_a_part: int = _CELLS_IN_A_PART,
    processes: ChildProcesses | None = None,
) -> Decided:
    """Decide about whole blocks, some at a time, in ``processes`` if there are several.

    No block depends on another, so that the parts together are what the whole would be.

    Raises:
        DisclosureInputError: what is known contradicts itself.
        LostPartError: a process was ended from outside; nothing is decided.
        SolverError: HiGHS gave up.
        StoppedError: the ``processes`` were stopped; what had begun was ended first.
    """
    if processes is None:
        with ChildProcesses(MOST_PROCESSES) as processes:
            return decide_in_parts(tied, profile, cells_in_a_part, processes)
    parts = list(_blocks_of_parts(tied, cells_in_a_part))
    if len(parts) < 2:
        return decide(tied, profile)
    decide_elsewhere = partial(_decide_elsewhere, tied, profile, processes)
    with ThreadPoolExecutor(MOST_PROCESSES) as threads:
        asked = [threads.submit(decide_elsewhere, part) for part in parts]
        failed = [one for one in wait(asked, return_when=FIRST_EXCEPTION).done if one.exception()]
        if failed:
            processes.stop()
            threads.shutdown(cancel_futures=True)
        try:
            # What failed comes first: of the others it says only that they were stopped.
            decided = [one.result() for one in (*failed, *asked)]
        except LostProcessError as error:
            raise LostPartError(
                f"a process that decided about one of {len(parts)} parts of the counts was ended "
                "from outside, most often for want of memory: see what the system says (dmesg), "
                "lower DOING_WITH_MEMORY_LIMIT or DOING_WITH_COUNTS_TOGETHER, or give the machine "
                "more, and run again"
            ) from error
    return _together(decided)


def decide(tied: TiedCounts, profile: Profile) -> Decided:
    """Hide, and more until the proof holds or no more can be hidden.

    Raises:
        DisclosureInputError: what is known contradicts itself.
        SolverError: HiGHS gave up.
    """
    prover = Prover(
        tied.cell_ids,
        tied.weights,
        profile,
        tied.bounds,
        pl.concat([table.select("cell_id", "count") for table in (tied.cells, tied.earlier_cells)]),
    )
    today = tied.weights[: tied.relations_today, : tied.cells.height]
    hiding = Hiding(tied.cells, today, profile, given_away(tied, profile.small_width))
    rounds = 0
    while True:
        rules, seen = _with_leaks_by_hand_hidden(tied, hiding, profile, prover)
        rounds += 1
        proof = prover.prove(seen)
        # What is in doubt may be safe once the certain leaks are mended.
        if hiding.hide_for_proof(_culprits(proof.leaks, tied)):
            continue
        if proof.holds or not hiding.hide_for_proof(_culprits(proof.violations, tied)):
            proven = _digests_that_hold(tied, seen, proof, profile)
            return Decided(rules, proof, proven, rounds)


def _decide_elsewhere(
    tied: TiedCounts, profile: Profile, processes: ChildProcesses, blocks: Flags
) -> Decided:
    return processes.ask(partial(decide, profile=profile), tied.part(blocks))


def given_away(tied: TiedCounts, width: int) -> pl.Series:
    """Cells of which earlier releases leave less than ``width`` open, highest minus lowest."""
    return tied.bounds.filter(pl.col("upper") - pl.col("lower") < width)["cell_id"]


def _blocks_of_parts(tied: TiedCounts, cells_in_a_part: int) -> Iterator[Flags]:
    """The blocks of each part, about as many cells in each, large blocks first."""
    sizes = np.bincount(tied.blocks.of_cell, minlength=tied.blocks.count)
    count = max(1, -(-int(sizes.sum()) // cells_in_a_part))
    filled = np.zeros(count, dtype=np.int64)
    part_of = np.zeros(tied.blocks.count, dtype=np.int64)
    for block in np.argsort(-sizes, kind="stable").tolist():
        part_of[block] = int(filled.argmin())
        filled[part_of[block]] += sizes[block]
    # What takes longest is begun first.
    for part in np.argsort(-filled, kind="stable")[: int((filled > 0).sum())].tolist():
        yield part_of == part


def _together(decided: list[Decided]) -> Decided:
    return Decided(
        pl.concat([one.rules for one in decided]).sort("cell_id"),
        all_proven([one.proof for one in decided]),
        frozenset[ProvenBlock]().union(*(one.proven for one in decided)),
        max(one.rounds for one in decided),
    )


def _with_leaks_by_hand_hidden(
    tied: TiedCounts, hiding: Hiding, profile: Profile, prover: Prover
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Apply the rules, and hide more, until no leak is left that shows without a solver.

    Out: the rules as in ``Decided``, and what is seen.

    Those that come of several relations together are left to the solver, which names the numbers
    behind them: to guess at what stands beside hid hundreds of cells for nothing (0.1 of England,
    2026-11-26).
    """
    while True:
        hiding.apply_rules()
        rules = tied.cells.select("cell_id", rule=pl.Series(hiding.rules, dtype=pl.String))
        released = released_cells(tied.cells, rules["rule"], profile)
        seen = as_seen(tied, released)
        leaks = prover.leaks_by_hand(seen)
        culprits = _culprits(leaks, tied)
        if not leaks or not hiding.hide_for_proof(culprits, also_beside=False):
            return rules, seen


def _culprits(leaks: Iterable[Violation], tied: TiedCounts) -> dict[str, tuple[str, ...]]:
    """What gives each leaking cell away, by the name that the cell has today."""
    today = dict(tied.earlier_cells.select("cell_id", "today").iter_rows())
    found: dict[str, tuple[str, ...]] = {}
    for leak in leaks:
        name = today.get(leak.cell_id, leak.cell_id)
        found[name] = (*found.get(name, ()), *leak.because)
    return found


def _digests_that_hold(
    tied: TiedCounts, seen: pl.DataFrame, proof: Proof, profile: Profile
) -> frozenset[ProvenBlock]:
    """The blocks without a violation, by their digests of tonight and of the nights after.

    The more earlier releases have shown the less a cell has to keep. So what holds tonight holds
    when what is shown tonight is on record too; not the other way round.
    """
    leaking = pl.Series([leak.cell_id for leak in proof.violations], dtype=pl.String)
    years = tied.years_of_blocks()
    broken = set(tied.blocks.of_cell[tied.cell_ids.is_in(leaking.implode()).to_numpy()].tolist())
    return frozenset(
        ProvenBlock(digest, years[block])
        for digests in tied.digests(seen, profile)
        for block, digest in enumerate(digests)
        if block not in broken
    )
