"""Witnesses in which a few cells exchange people: found without a solver, thousands at a time.

While all other cells stay as they are, two that are left in a relation can only move in step, as
those with and those without where all people are known. Cells in step are a bundle, which is like
one cell to the relations outside it, and may be in step with another bundle there. Bundles that
are in just the same relations can exchange people: what one gains others lose, and every sum
stays. So practices of a network do.

Many witnesses are as simple as that: of two months of England's Network Contract three in four, of
a year of referrals, in which three ways of counting are tied, three in ten. For 13,756 hidden
cells of those two months all of it takes a seventh of a second, where linear problems took three to
leave as few (2026-11-29).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from assets.release.disclosure.attacker import Flags, System, Whole
from assets.release.disclosure.witnesses import UP_AND_DOWN, Witnessed

# To look at 227,000 cells takes 0.4 s of CPU; linear problems around so few as long (2026-11-29).
_FEWEST = 100
# The greatest less the least that a cell can be: 6 of one hidden as 1 to 7, 4 of a rounded one.
_WIDE = 6
# A bundle exchanges with those that can give, or take, the most. With 16 as much is found as with 8
# (eight years of England, 2026-11-29).
_MOST_PARTNERS = 8


def exchange(
    system: System, table: Whole, wanted: Flags, seen: Witnessed, fewest: int = _FEWEST
) -> None:
    """Raise and lower wanted cells by exchanges between few, where that is possible.

    ``table`` fits. It ends once fewer than ``fewest`` are still wanted.
    """
    for moving in _what_may_move(system):
        if (wanted & seen.is_lacking(system)).sum() < fewest:
            return
        bundles = _Bundles.of(system, table, moving)
        for direction in UP_AND_DOWN:
            asked = bundles.asked(system, table, wanted, seen, direction)
            _take_in(system, table, bundles.moves @ bundles.exchanged(asked, direction), seen)


def _what_may_move(system: System) -> Iterator[Flags]:
    """Cells that move while the others stay, in turn.

    Where three make a relation (those with, those without, all) each of them stays for a time, so
    that the others are in step. Then only what is protected moves, and only what is wide, which are
    in step where rounded numbers would not let them: 3,418 of 13,735 cells of two months were left
    by all five ways, 3,917 by the first three (2026-11-29).
    """
    weights, width = system.weights, system.upper - system.lower
    of_three = weights.indptr[:-1][np.diff(weights.indptr) == 3]
    for place in range(3):
        moving = np.ones(len(width), dtype=bool)
        moving[weights.indices[of_three + place]] = False
        yield moving
    yield system.is_protected
    yield width >= _WIDE


@dataclass(frozen=True)
class _Bundles:
    """Cells in step.

    ``moves`` has a row per cell and a column per bundle: by how much (1 or -1) the cell moves when
    the bundle does by one. A bundle can move between ``least`` and ``most``; those in the same
    relations have the same number in ``alike``, and ``is_free`` is one that is in none.
    """

    moves: Any
    least: Whole
    most: Whole
    alike: Whole
    is_free: Flags

    @classmethod
    def of(cls, system: System, table: Whole, moving: Flags) -> Self:
        """The bundles of cells that move while all others stay as they are in the table."""
        moves, sums = _in_step(system.weights, moving)
        turns, alike = _alike(sums)
        moves = (moves * turns).tocsc()
        cells, moved, firsts = moves.indices, moves.data, moves.indptr[:-1]
        down, up = (system.lower - table)[cells], (system.upper - table)[cells]
        least, most = np.where(moved > 0, down, -up), np.where(moved > 0, up, -down)
        if moves.nnz:
            least, most = np.maximum.reduceat(least, firsts), np.minimum.reduceat(most, firsts)
        return cls(moves, least, most, alike, np.diff(sums.tocsc().indptr) == 0)

    def asked(
        self, system: System, table: Whole, wanted: Flags, seen: Witnessed, direction: int
    ) -> Whole:
        """How far each bundle would have to move in a direction to show what is still wanted."""
        raised, lowered = (
            np.where(wanted & seen.lacks(system, sense), left, 0)
            for sense, left in (
                (1, _enough(system, seen.lowest, 1) - table),
                (-1, table - _enough(system, seen.highest, -1)),
            )
        )
        cells, moved = self.moves.indices, self.moves.data
        asked: Whole = np.where(moved * direction > 0, raised[cells], lowered[cells])
        if len(asked):
            asked = np.maximum.reduceat(asked, self.moves.indptr[:-1])
        return asked

    def exchanged(self, asked: Whole, direction: int) -> Any:
        """Changes of bundles, a column per witness: one goes in a direction, others back."""
        ahead, back = (self.most, -self.least) if direction > 0 else (-self.least, self.most)
        wished = np.minimum(asked, ahead)
        movers = np.flatnonzero(wished > 0)
        # Of those alike, whoever can go farthest back comes first.
        order = np.lexsort((-back, self.alike))
        first = np.searchsorted(self.alike[order], self.alike)
        end = np.searchsorted(self.alike[order], self.alike, "right")
        open_people = np.where(self.is_free, 0, wished)
        partners: list[tuple[Whole, Whole, Whole]] = []
        for place in range(_MOST_PARTNERS):
            takers = movers[(open_people[movers] > 0) & (first[movers] + place < end[movers])]
            givers = order[first[takers] + place]
            given = np.where(givers == takers, 0, np.minimum(open_people[takers], back[givers]))
            open_people[takers] -= given
            partners.append((takers, givers, given))
        column = np.full(len(asked), -1)
        column[movers] = np.arange(len(movers))
        of_movers = (movers, movers, -(wished - open_people)[movers])
        takers, givers, given = (
            np.concatenate(some) for some in zip(of_movers, *partners, strict=True)
        )
        return sparse.csc_array(
            (-direction * given, (givers, column[takers])), shape=(len(asked), len(movers))
        )


def _in_step(weights: Any, moving: Flags) -> tuple[Any, Any]:
    """Moving cells in bundles of those in step, as large as can be, less those held fast.

    Out: a row per cell and a column per bundle; a row per relation and a column per bundle.
    """
    cells = np.flatnonzero(moving)
    ones = np.ones(len(cells), dtype=np.int64)
    shape = (len(moving), len(cells))
    moves = sparse.csc_array((ones, (cells, np.arange(len(cells)))), shape=shape)
    sums = (weights @ moves).tocsr()
    while (merged := _merged(sums)) is not None:
        moves, sums = moves @ merged, (sums @ merged).tocsr()
        sums.eliminate_zeros()
    return moves, sums


def _merged(sums: Any) -> Any:
    """A row per bundle and a column for all that are in step; None if none are any more.

    Each stands twice in a graph, as it is and turned round. Two that are left in a relation are
    tied as they are, or one of them turned; one that is tied to itself turned round is held fast.
    """
    count, sizes, firsts = sums.shape[1], np.diff(sums.indptr), sums.indptr[:-1]
    alone, pairs = sums.indices[firsts[sizes == 1]], firsts[sizes == 2]
    # Two people here for one there are left alone.
    pairs = pairs[abs(sums.data[pairs]) == abs(sums.data[pairs + 1])]
    if not len(alone) and not len(pairs):
        return None
    one, other = sums.indices[pairs], sums.indices[pairs + 1]
    is_turned = sums.data[pairs] == sums.data[pairs + 1]
    ends = np.concatenate([alone, one, one + count])
    other_ends = np.concatenate(
        [alone + count, other + count * is_turned, other + count * ~is_turned]
    )
    graph = sparse.coo_array(
        (np.ones(len(ends), dtype=np.int8), (ends, other_ends)), shape=(2 * count, 2 * count)
    )
    _, labels = csgraph.connected_components(graph, directed=False)
    as_is, turned = labels[:count], labels[count:]
    together = np.minimum(as_is, turned)
    can_move = np.flatnonzero(as_is != turned)
    names, place = np.unique(together[can_move], return_inverse=True)
    moved = np.where(as_is == together, 1, -1)[can_move]
    return sparse.csr_array((moved, (can_move, place)), shape=(count, len(names)))


def _alike(sums: Any) -> tuple[Whole, Whole]:
    """How each bundle is turned (1 or -1), and a number for all that are then alike to sums.

    They are told apart by one number drawn for each relation; should two have the same by chance,
    what they exchange breaks sums and counts for nothing.
    """
    by_bundle = sums.tocsc()
    by_bundle.sort_indices()
    turns = np.ones(sums.shape[1], dtype=np.int64)
    is_tied = np.diff(by_bundle.indptr) > 0
    turns[is_tied] = np.sign(by_bundle.data[by_bundle.indptr[:-1][is_tied]])
    drawn = np.random.default_rng(0).integers(-(2**62), 2**62, sums.shape[0])
    return turns, np.unique((sums.T @ drawn) * turns, return_inverse=True)[1]


def _enough(system: System, other_end: Whole, sense: int) -> Whole:
    """The count that is high (``sense`` 1) or low enough, of which the other end is witnessed."""
    keep = system.keep_upper if sense > 0 else system.keep_lower
    return np.where(system.is_secondary, other_end + sense * system.keep_width, keep)


def _take_in(system: System, table: Whole, changes: Any, seen: Witnessed) -> None:
    """Take in those changes, a column each, that leave every sum and are within all bounds."""
    changes = changes.tocsc()
    cells = changes.indices
    of_change = np.repeat(np.arange(changes.shape[1]), np.diff(changes.indptr))
    counts = table[cells] + changes.data
    left_over = (system.weights @ changes).tocsc()
    left_over.eliminate_zeros()
    fits = np.diff(left_over.indptr) == 0
    fits[of_change[(counts < system.lower[cells]) | (counts > system.upper[cells])]] = False
    is_witness = fits[of_change]
    seen.add(cells[is_witness], counts[is_witness])
