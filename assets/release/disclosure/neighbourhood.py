"""What one cell can be, found from as few of its neighbours as settle the matter.

Around a cell lie the relations it is in, their other cells, the relations of these, and so on.
Two linear problems over the cells within some steps enclose the truth: with all farther cells
held where they are in a table that fits, what the cell reaches is a witness; with all farther
relations forgotten, the cell certainly goes no further. When all cells are within reach both are
the same problem.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
from scipy import sparse

from assets.release.disclosure.attacker import Flags, System, Whole
from assets.release.disclosure.cells import UNBOUNDED
from assets.release.disclosure.changes import least_change
from assets.release.disclosure.neighbours import Neighbours
from assets.release.disclosure.solver import Reals, greatest, in_whole_numbers
from assets.release.disclosure.witnesses import Witnessed

# A little farther seldom settles what nearer did not: each look takes in so many times the cells.
_GROWTH = 2
# A bound of the solver this close above a whole number is that number.
_TOLERANCE = 1e-6
# Nearer than this nothing is decided that was not before, by hand or for many cells at once. At
# this distance most that is left is a leak, and witnesses are looked for beyond it.
_FIRST_STEPS = 2
# How many people the next whole number that fits may be off: far more than any sums need, and few
# enough for the solver to tell them apart.
_FAR_OFF = 1_000_000
# Looks at so many cells take a hundredth of a second and decide two leaks in three, of which no
# witness need be looked for afar (a year of England's referrals, 2026-11-28).
_NEAR_CELLS = 3_000


@dataclass(frozen=True)
class Wanted:
    """What is asked of a cell: to be as low as this, as high as this, and as many as this."""

    lower: int
    upper: int
    width: int

    def is_met_by(self, lower: int, upper: int) -> bool:
        """Whether a range is as wide as wanted."""
        return lower <= self.lower and upper >= self.upper and upper - lower >= self.width


@dataclass(frozen=True)
class Settled:
    """Whether a cell can be what is wanted, and what is certain of it if it cannot.

    ``because``: sums of relations (their places and prices) that this follows from.
    """

    can_be: bool
    lower: int
    upper: int
    because: tuple[tuple[Whole, Reals], ...] = ()


@dataclass
class _Certain:
    """What is certain of a cell so far; ``because``: by which sums, upwards (1), downwards (-1)."""

    lower: int
    upper: int
    because: dict[int, tuple[Whole, Reals]]

    def against(self, wanted: Wanted) -> tuple[tuple[Whole, Reals], ...]:
        """The sums that keep the cell from what is wanted, and no others."""
        is_narrow = self.upper - self.lower < wanted.width
        is_short = {1: self.upper < wanted.upper, -1: self.lower > wanted.lower}
        return tuple(sums for sense, sums in self.because.items() if is_narrow or is_short[sense])


class Settlement:
    """Decides about single cells of a system, from a table that fits it.

    Args:
        system: what is known.
        neighbours: of the same system.
        table: counts that fit it.
        seen: takes in the witnesses found on the way, which serve other cells as well.
        most_seconds: what a search for whole numbers among all cells may take.
    """

    def __init__(
        self,
        system: System,
        neighbours: Neighbours,
        table: Whole,
        seen: Witnessed,
        most_seconds: float | None = None,
    ) -> None:
        self._system, self._table, self._seen = system, table, seen
        self._neighbours = neighbours
        self._most_seconds = most_seconds

    def decide(self, cell: int, wanted: Wanted) -> Settled:
        """Look ever farther for witnesses, and for bounds, until one of them decides.

        Raises:
            ArithmeticError: the table does not fit what is known.
            SolverError: HiGHS gave up.
            UndecidedError: for want of time.
        """
        for settled in self._looks(cell, wanted):
            if settled is not None:
                return settled
        raise ArithmeticError(
            f"cell {self._system.cell_ids[cell]}: the solver's bounds and witnesses do not meet"
        )

    def decide_near(self, cell: int, wanted: Wanted) -> Settled | None:
        """The same among few cells, and not in whole numbers; None if these do not decide.

        Raises:
            ArithmeticError: the table does not fit what is known.
            SolverError: HiGHS gave up.
        """
        looks = self._looks(cell, wanted, _NEAR_CELLS)
        return next((settled for settled in looks if settled is not None), None)

    def _looks(
        self, cell: int, wanted: Wanted, most_cells: int | None = None
    ) -> Iterator[Settled | None]:
        """What ever wider looks say, None where one does not decide; no wider than ``most_cells``.

        Without those the last is at all cells, in fractions and in whole numbers.
        """
        system = self._system
        certain = _Certain(int(system.lower[cell]), int(system.upper[cell]), {})
        looked_at = 0
        for step, inner, cells, is_all in self._wider_and_wider(cell):
            is_next = step >= _FIRST_STEPS and len(cells) >= _GROWTH * looked_at
            if not is_next and not is_all:
                continue
            if most_cells is not None and len(cells) > most_cells:
                return
            looked_at = len(cells)
            for whole in (False, True) if is_all and most_cells is None else (False,):
                # From a table that fits a witness is a few steps away; bounds of half a country
                # begin at none, and take minutes (2026-11-27).
                if step > _FIRST_STEPS or is_all:
                    self._reach(cell, wanted, cells, whole=whole)
                for sense in self._open_senses(cell, wanted):
                    self._limit(cell, wanted, cells, inner, certain, sense, whole=whole)
                yield self._settled(cell, wanted, certain)

    def _settled(self, cell: int, wanted: Wanted, certain: _Certain) -> Settled | None:
        if not wanted.is_met_by(certain.lower, certain.upper):
            return Settled(False, certain.lower, certain.upper, certain.against(wanted))
        if not self._open_senses(cell, wanted):
            return Settled(True, certain.lower, certain.upper)
        return None

    def _wider_and_wider(self, cell: int) -> Iterator[tuple[int, Whole, Whole, bool]]:
        """Step by step the relations of what is reached, their cells, and whether these are all."""
        cells = np.array([cell], dtype=np.int64)
        for step in count(1):
            inner = self._neighbours.relations_of(cells)
            wider = self._neighbours.cells_of(inner)
            # A cell in no relation is what its own bounds say.
            is_all = len(wider) <= len(cells)
            cells = cells if is_all else wider
            yield step, inner, cells, is_all
            if is_all:
                return

    def _open_senses(self, cell: int, wanted: Wanted) -> list[int]:
        """Whether witnesses are wanted that are lower (-1), or higher (1)."""
        lowest, highest = int(self._seen.lowest[cell]), int(self._seen.highest[cell])
        is_narrow = highest - lowest < wanted.width
        is_open = {-1: lowest > wanted.lower, 1: highest < wanted.upper}
        return [sense for sense in (-1, 1) if is_open[sense] or is_narrow]

    def _reach(self, cell: int, wanted: Wanted, cells: Whole, *, whole: bool) -> None:
        """Look for witnesses that move the cell far enough while all farther ones stay put."""
        relations = self._neighbours.relations_of(cells)
        part = self._system.weights[relations][:, cells]
        for sense in self._open_senses(cell, wanted):
            self._reach_out(cell, wanted, cells, part, sense, whole=whole)

    def _reach_out(
        self, cell: int, wanted: Wanted, cells: Whole, part: Any, sense: int, *, whole: bool
    ) -> None:
        system, now = self._system, self._table[cells]
        lower, upper = system.lower[cells] - now, system.upper[cells] - now
        here = int(np.searchsorted(cells, cell))
        _stop_far_off(lower, upper, here, 0, wanted, int(now[here]), whole=whole)
        gain = _only(here, len(cells), sense)
        if whole:
            moved = greatest(
                part,
                np.zeros(part.shape[0], dtype=np.int64),
                gain,
                lower,
                upper,
                whole=True,
                most_seconds=self._most_seconds,
            )
            if moved is None:
                raise ArithmeticError("the table to start from does not fit what is known")
            change = in_whole_numbers(moved.values)[0]
        else:
            change = least_change(part, gain, lower, upper)
        is_in_bounds = (change >= lower) & (change <= upper)
        if is_in_bounds.all() and not (part @ change).any():
            self._seen.add(cells, now + change)

    def _limit(
        self,
        cell: int,
        wanted: Wanted,
        cells: Whole,
        relations: Whole,
        certain: _Certain,
        sense: int,
        *,
        whole: bool,
    ) -> None:
        """Add what is certain of the cell by the relations given and no others."""
        system = self._system
        lower, upper = system.lower[cells].copy(), system.upper[cells].copy()
        here = int(np.searchsorted(cells, cell))
        value = int(self._table[cell])
        _stop_far_off(lower, upper, here, value, wanted, value, whole=whole)
        part = system.weights[relations][:, cells].tocsc()
        # Cells that only one relation holds are one number, what they add to it together.
        is_own = np.diff(part.indptr) > 1
        is_own[here] = True
        others = part[:, ~is_own].tocsr()
        least = np.concatenate([lower[is_own], _sum_of_bounds(others, lower, upper, ~is_own)])
        most = np.concatenate([upper[is_own], -_sum_of_bounds(-others, lower, upper, ~is_own)])
        place = int(is_own[:here].sum())
        solved = greatest(
            sparse.hstack([part[:, is_own], sparse.eye_array(len(relations))], format="csr"),
            -system.offset[relations],
            _only(place, len(least), sense),
            least,
            most,
            whole=whole,
            most_seconds=self._most_seconds,
        )
        if solved is None:
            raise ArithmeticError("the table to start from does not fit what is known")
        reached = solved.values[place]
        if sense > 0 and reached < min(upper[here], certain.upper) - _TOLERANCE:
            certain.upper = int(np.floor(reached + _TOLERANCE))
        elif sense < 0 and reached > max(lower[here], certain.lower) + _TOLERANCE:
            certain.lower = int(np.ceil(reached - _TOLERANCE))
        else:
            return
        # Whole numbers have no prices: of the sums behind them those are known that fractions have.
        if not whole:
            certain.because[sense] = (relations, solved.prices)


def _sum_of_bounds(weights: Any, lower: Whole, upper: Whole, cells: Flags) -> Whole:
    """The least that cells can add to each relation together."""
    rises = weights.maximum(0)
    least: Whole = rises @ lower[cells] + (weights - rises) @ upper[cells]
    return np.maximum(least, -UNBOUNDED)


def _stop_far_off(
    lower: Whole,
    upper: Whole,
    here: int,
    start: int,
    wanted: Wanted,
    value: int,
    *,
    whole: bool,
) -> None:
    """Bound one cell so far from where it starts that more would decide nothing.

    Otherwise an unbounded cell would have no greatest value. Between two tables lie others that
    fit, but for whole numbers: there the next count that a cell can be may be a long way off, as
    where three hidden counts are alike in one total.
    """
    more = _FAR_OFF if whole else 1
    above = max(wanted.width, wanted.upper - value) + more
    below = max(wanted.width, value - wanted.lower) + more
    upper[here] = min(upper[here], start + above)
    lower[here] = max(lower[here], start - below)


def _only(here: int, count: int, sense: int) -> Reals:
    objective = np.zeros(count)
    objective[here] = sense
    return objective
