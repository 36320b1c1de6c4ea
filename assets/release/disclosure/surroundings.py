"""Witnesses of cells that stand in each other's way: found around each, no two near at a time.

Around a cell lie the relations it is in, their other cells, the relations of these, and so on.
While all farther cells stay as they are, the problem is small; a few that lie apart are put
together. Asked for thousands at a time, the same changes take five times as long, and fewer are
found, for sums of a country let one cell move only at the cost of another far away (2026-11-28).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from assets.release.disclosure.attacker import Flags, System, Whole
from assets.release.disclosure.changes import any_change, least_change
from assets.release.disclosure.movable import Movable
from assets.release.disclosure.neighbours import Neighbours
from assets.release.disclosure.witnesses import UP_AND_DOWN, Change, Witnessed, one_round


@dataclass(frozen=True)
class Surroundings:
    """How far around a cell others may move, and by what changes it is moved.

    That is so many ``steps`` from relation to relation; those of more than ``most_in_relation``
    cells are not walked.
    """

    steps: int
    most_in_relation: int
    change: Change


NEAR = (
    # Practices of a network, and months beside. Of so small a problem any change shows most.
    Surroundings(24, 20, any_change),
    # Fifths of a board.
    Surroundings(6, 40, least_change),
)
"""Most cells move here."""

FARTHER = (
    # Sub-boards, boards.
    Surroundings(8, 70, least_change),
    Surroundings(10, 200, least_change),
)
"""For those that do not; each takes many times as long as near by."""

# About so many cells move in one problem. With all that lie apart, 160,000, a year of England took
# five times as long, with 2,000 a tenth longer (2026-11-28).
_FREE_AT_ONCE = 6_000
# How hard others that are still wanted are pulled where they may move anyway, beside one whose
# turn it is. Not at all, and six years of England took a twentieth longer (2026-11-29).
_PULL_BESIDE = 0.3
# What a step may reach around some cells, of 5 bytes each; those reached several ways count often.
_MOST_AROUND = 20_000_000


def move_around(
    system: System,
    neighbours: Neighbours,
    table: Whole,
    wanted: Flags,
    seen: Witnessed,
    surroundings: Sequence[Surroundings],
) -> None:
    """Raise, then lower wanted cells, with what lies ever farther around those still wanted.

    ``table`` fits.
    """
    for each in surroundings:
        walkable = _walkable(system.weights, each.most_in_relation)
        for sense in UP_AND_DOWN:
            waiting = np.flatnonzero(wanted & seen.lacks(system, sense))
            for some, around in _with_cells_around(waiting, walkable, each.steps):
                _move_in_turn(
                    system, neighbours, table, wanted, some, around, seen, sense, each.change
                )


def _walkable(weights: Any, most_in_relation: int) -> Any:
    """Which cells are in the relations of few cells: true or false."""
    return weights.astype(bool)[np.diff(weights.indptr) <= most_in_relation]


def _with_cells_around(cells: Whole, walkable: Any, steps: int) -> Iterator[tuple[Whole, Any]]:
    """Some of the cells, and a row for each that says which cells are around it; until all were."""
    itself = np.ones(len(cells), dtype=bool)
    firsts = np.arange(len(cells) + 1, dtype=np.int32)
    shape = (len(cells), walkable.shape[1])
    around = sparse.csr_array((itself, cells.astype(np.int32), firsts), shape)
    relations_of = walkable.T.tocsr()
    reached_from = relations_of @ np.diff(walkable.indptr).astype(np.int64)
    waiting = [(cells, around, steps)]
    while waiting:
        some, around, left = waiting.pop()
        while left and (len(some) < 2 or (around @ reached_from).sum() <= _MOST_AROUND):
            wider = around + (around @ relations_of) @ walkable
            left = left - 1 if wider.nnz > around.nnz else 0
            around = wider
        if left:
            half = len(some) // 2
            waiting += [(some[half:], around[half:], left), (some[:half], around[:half], left)]
        elif len(some):
            yield some, around


def _move_in_turn(
    system: System,
    neighbours: Neighbours,
    table: Whole,
    wanted: Flags,
    waiting: Whole,
    around: Any,
    seen: Witnessed,
    sense: int,
    change: Change,
) -> None:
    """Move each waiting cell, with the cells ``around`` it, in one of many rounds."""
    while len(waiting):
        # Some are witnessed by what others found.
        lacking = wanted & seen.lacks(system, sense)
        is_open = lacking[waiting]
        waiting, around = waiting[is_open], around[is_open]
        turn, free = _apart(around)
        gain = np.where(lacking & free, _PULL_BESIDE * sense, 0.0)
        gain[waiting[turn]] = sense
        movable = Movable.of(system.weights, neighbours, free)
        one_round(system, movable, table, gain, seen, sense, change)
        waiting, around = waiting[~turn], around[~turn]


def _apart(around: Any) -> tuple[Flags, Flags]:
    """Rows that have no cell in common, and all cells of these: about ``_FREE_AT_ONCE``."""
    rows, free = (np.zeros(count, dtype=bool) for count in around.shape)
    taken = 0
    for row in range(len(rows)):
        cells = around.indices[around.indptr[row] : around.indptr[row + 1]]
        if free[cells].any():
            continue
        free[cells] = True
        rows[row] = True
        taken += len(cells)
        if taken >= _FREE_AT_ONCE:
            break
    return rows, free
