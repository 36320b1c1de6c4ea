"""Tables of whole numbers that fit everything an attacker knows and show what a cell can be.

A witness is a complete table of counts. If one that fits has a 1 in a hidden cell and another a 7,
nobody can bound the cell more tightly, whatever he tries: either table may be the true one. So the
solver need not be believed; each table it finds is checked in whole numbers before it counts.

A first table that fits is needed to start from. The others are changes to it. Simple ones are
exchanges between few (``exchanges``); for the rest a linear problem raises, or lowers, as many
cells at a time as it can while everything but the cells around them stays where it is
(``changes``). Such a problem falls apart into many small ones, and what it changes again: each
group of changed cells that share no relation with others is a witness alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeAlias

import numpy as np

from assets.release.disclosure.attacker import Flags, System, Whole
from assets.release.disclosure.blocks import connected_blocks
from assets.release.disclosure.changes import least_change
from assets.release.disclosure.movable import Movable
from assets.release.disclosure.neighbours import Neighbours
from assets.release.disclosure.solver import Reals

Change: TypeAlias = Callable[[Any, Reals, Whole, Whole], Whole]
"""Finds a change of part of a table: see ``changes``."""

# The senses in which a cell can move, in the order in which they are asked for.
UP_AND_DOWN = (1, -1)

# Small problems are put together until they have this many cells: a call of the solver costs as
# much as a problem of some hundred cells, and large problems cost more than their parts.
_CELLS_AT_ONCE = 3_000
_MOST_ROUNDS = 40
# How many times as hard one cell is pulled than another, at most. Of 700 cells of a year of
# England's referrals that stood in each other's way 73 were left, all of them leaks; of 3,000 that
# were pulled alike, 455 (2026-11-27).
_HARDEST = 9.0


@dataclass
class Witnessed:
    """The lowest and the highest count of every cell in any witness so far."""

    lowest: Whole
    highest: Whole

    def add(self, cells: Whole, counts: Whole) -> None:
        """Take in the cells that witnesses change, each any number of times."""
        np.minimum.at(self.lowest, cells, counts)
        np.maximum.at(self.highest, cells, counts)

    def lacks(self, system: System, sense: int) -> Flags:
        """Protected cells that no witness has raised (``sense`` 1), or lowered (-1), far enough."""
        is_short = (
            self.highest < system.keep_upper if sense > 0 else self.lowest > system.keep_lower
        )
        return self._is_narrow(system) | (system.is_primary & is_short)

    def is_lacking(self, system: System) -> Flags:
        """Protected cells that are not witnessed yet."""
        return self.lacks(system, 1) | self.lacks(system, -1)

    def _is_narrow(self, system: System) -> Flags:
        return system.is_secondary & (self.highest - self.lowest < system.keep_width)


def move_from_afar(
    system: System, neighbours: Neighbours, table: Whole, wanted: Flags, seen: Witnessed
) -> None:
    """Raise, then lower wanted cells by what little has to change, wherever it is.

    Where one can only move at the cost of others, chance says which goes first: pulled alike,
    neither would. In the next round it is drawn anew.
    """
    if not (wanted & seen.is_lacking(system)).any():
        return
    movable = Movable.of(system.weights, neighbours, np.ones(len(table), dtype=bool))
    for sense in UP_AND_DOWN:
        asked = wanted & seen.lacks(system, sense)
        # Block by block, until a round has no news of a block.
        for pull in islice(_drawn(len(table), sense), _MOST_ROUNDS):
            if not asked.any():
                break
            gain = np.where(asked, pull, 0.0)
            hopeless = one_round(system, movable, table, gain, seen, sense, least_change)
            asked &= seen.lacks(system, sense) & ~hopeless


def _drawn(cells: int, sense: int) -> Iterator[Reals]:
    """How hard each cell is pulled in each round: by chance, the same in every run."""
    chance = np.random.default_rng(0)
    while True:
        yield sense * chance.uniform(1, _HARDEST, cells)


def one_round(
    system: System,
    movable: Movable,
    table: Whole,
    gain: Reals,
    seen: Witnessed,
    sense: int,
    change: Change,
) -> Flags:
    """Look for one witness of each small problem; gives the asked cells of those without news.

    ``gain``: of one person more in each cell; nothing where it is not asked for.
    """
    asked: Flags = gain != 0
    without_news = asked.copy()
    movable = movable.around(asked)
    cells, of_cell, of_relation = movable.cells, movable.of_cell, movable.of_relation
    least, most = _limits(system, cells, asked, seen, sense)
    for first, last in _portions(of_cell):
        here = slice(first, last)
        rows = slice(
            int(np.searchsorted(of_relation, of_cell[first])),
            int(np.searchsorted(of_relation, of_cell[last - 1], side="right")),
        )
        part, now = movable.weights[rows, here], table[cells[here]]
        moved = change(part, gain[cells[here]], least[here] - now, most[here] - now)
        is_good = (moved >= least[here] - now) & (moved <= most[here] - now)
        fits = _fits(part, moved, is_good)
        width = seen.highest[cells[here]] - seen.lowest[cells[here]]
        seen.add(cells[here][fits], now[fits] + moved[fits])
        is_news = (seen.highest[cells[here]] - seen.lowest[cells[here]] > width) & asked[
            cells[here]
        ]
        without_news[cells[here][np.isin(of_cell[here], of_cell[here][is_news])]] = False
    return without_news


def _limits(
    system: System, cells: Whole, asked: Flags, seen: Witnessed, sense: int
) -> tuple[Whole, Whole]:
    """Bounds of free cells; a secondary cell that is asked for goes no further than it has to."""
    least, most = system.lower[cells].copy(), system.upper[cells].copy()
    capped = asked[cells] & system.is_secondary[cells]
    if sense > 0:
        enough = seen.lowest[cells] + system.keep_width[cells]
        most = np.where(capped, np.minimum(most, enough), most)
    else:
        enough = seen.highest[cells] - system.keep_width[cells]
        least = np.where(capped, np.maximum(least, enough), least)
    return least, most


def _portions(of_cell: Whole) -> list[tuple[int, int]]:
    """Stretches of whole blocks with about ``_CELLS_AT_ONCE`` cells."""
    ends = np.append(np.flatnonzero(np.diff(of_cell)) + 1, len(of_cell))
    portions, first = [], 0
    for end in ends.tolist():
        if end - first >= _CELLS_AT_ONCE or end == len(of_cell):
            if end > first:
                portions.append((first, end))
            first = end
    return portions


def _fits(part: Any, change: Whole, is_good: Flags) -> Flags:
    """Changed cells of those groups in which every change is good and every sum stays."""
    changed = np.flatnonzero(change)
    weights = part[:, changed]
    groups = connected_blocks(weights)
    is_wrong = np.zeros(groups.count, dtype=bool)
    is_wrong[groups.of_cell[~is_good[changed]]] = True
    is_wrong[groups.of_relation[(weights @ change[changed]) != 0]] = True
    fits = np.zeros(len(change), dtype=bool)
    fits[changed] = ~is_wrong[groups.of_cell]
    return fits
