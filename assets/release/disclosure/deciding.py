"""Hiding, and hiding more until the proof holds; of large tables some blocks at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from assets.release.disclosure.attacker import Flags
from assets.release.disclosure.before import ProvenBlock
from assets.release.disclosure.hiding import Hiding
from assets.release.disclosure.profile import Profile
from assets.release.disclosure.proof import Proof, Prover, Violation, all_proven
from assets.release.disclosure.released import as_seen, released_cells
from assets.release.disclosure.tied_counts import TiedCounts

# What is decided at once, in whole blocks. It bounds the memory of the proof, and a part without
# leaks is done after one look. The sample has 11,000 cells, a tenth of England half a million.
_CELLS_AT_ONCE = 60_000


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


def decide_by_blocks(
    tied: TiedCounts, profile: Profile, cells_at_once: int = _CELLS_AT_ONCE
) -> Decided:
    """Decide about whole blocks, some at a time.

    No block depends on another, so that the parts together are what the whole would be.

    Raises:
        DisclosureInputError: what is known contradicts itself.
        SolverError: HiGHS gave up.
    """
    parts = list(_blocks_at_once(tied, cells_at_once))
    if len(parts) < 2:
        return decide(tied, profile)
    return _together([decide(tied.part(blocks), profile) for blocks in parts])


def decide(tied: TiedCounts, profile: Profile) -> Decided:
    """Hide, and more until the proof holds or no more can be hidden.

    Raises:
        DisclosureInputError: what is known contradicts itself.
        SolverError: HiGHS gave up.
    """
    # Of today's counts also those that no release shows: a table to start from decides nothing.
    prover = Prover(
        tied.cell_ids,
        tied.weights,
        profile,
        tied.bounds,
        pl.concat(
            [
                tied.cells.select("cell_id", count="people"),
                tied.earlier_cells.select("cell_id", "count"),
            ]
        ),
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


def given_away(tied: TiedCounts, width: int) -> pl.Series:
    """Cells of which earlier releases leave less than ``width`` open, highest minus lowest."""
    return tied.bounds.filter(pl.col("upper") - pl.col("lower") < width)["cell_id"]


def _blocks_at_once(tied: TiedCounts, cells_at_once: int) -> Iterator[Flags]:
    """The blocks of each part, about as many cells in each."""
    sizes = np.bincount(tied.blocks.of_cell, minlength=tied.blocks.count)
    count = max(1, -(-int(sizes.sum()) // cells_at_once))
    filled = np.zeros(count, dtype=np.int64)
    part_of = np.zeros(tied.blocks.count, dtype=np.int64)
    for block in np.argsort(-sizes, kind="stable").tolist():
        part_of[block] = int(filled.argmin())
        filled[part_of[block]] += sizes[block]
    for part in np.flatnonzero(filled).tolist():
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
