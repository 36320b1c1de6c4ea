"""The bounds of one cell, found from as few of its neighbours as settle the matter.

Around a cell lie the relations it is in, their other cells, the relations of these, and so on.
Two linear problems over the cells within some steps enclose the truth: with all farther cells
held where they are in a table that fits, what the cell reaches is a witness; with all farther
relations forgotten, the cell certainly goes no further. When all cells are within reach both are
the same problem.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assets.release.disclosure.attacker import System, Whole
from assets.release.disclosure.solver import Reals, greatest, in_whole_numbers
from assets.release.disclosure.witnesses import Witnessed

# A bound of the solver this close above a whole number is that number.
_TOLERANCE = 1e-6


@dataclass
class Bounds:
    """What is certain of every cell: it is nowhere below ``lower`` or above ``upper``."""

    lower: Whole
    upper: Whole

    def are_too_narrow(self, system: System, cell: int) -> bool:
        """Whether an attacker knows more of a cell than he may."""
        lower, upper = self.lower[cell], self.upper[cell]
        if system.is_primary[cell]:
            return bool(lower > system.keep_lower[cell] or upper < system.keep_upper[cell])
        return bool(system.is_secondary[cell] and upper - lower < system.least_width)


class Neighbours:
    """Which cells share a relation, as needed to walk outwards from one."""

    def __init__(self, system: System) -> None:
        self._weights = system.weights.tocsr()
        self._by_cell = system.weights.tocsc()

    def relations_of(self, cells: Whole) -> Whole:
        """Relations that hold any of the cells, in order."""
        return _stored(self._by_cell.indptr, self._by_cell.indices, cells)

    def cells_of(self, relations: Whole) -> Whole:
        """Cells in any of the relations, in order."""
        return _stored(self._weights.indptr, self._weights.indices, relations)


def settle(
    system: System,
    neighbours: Neighbours,
    table: Whole,
    cell: int,
    seen: Witnessed,
    bounds: Bounds,
) -> bool:
    """Whether a protected cell keeps what it has to.

    Adds witnesses to ``seen`` or narrows ``bounds`` until one of them decides.

    Raises:
        ArithmeticError: ``table`` does not fit what is known.
        SolverError: HiGHS gave up.
    """
    cells = np.array([cell], dtype=np.int64)
    while True:
        inner = neighbours.relations_of(cells)
        wider = neighbours.cells_of(inner)
        is_all = len(wider) == len(cells)
        cells = wider if not is_all else cells
        outer = neighbours.relations_of(cells)
        for whole in (False, True) if is_all else (False,):
            for sense in (1, -1):
                if _is_open(system, cell, seen, sense):
                    _reach(system, table, cell, cells, outer, seen, sense, whole=whole)
            if not _is_open(system, cell, seen, 1) and not _is_open(system, cell, seen, -1):
                return True
            for sense in (1, -1):
                _limit(system, table, cell, cells, inner, bounds, sense, whole=whole)
            if bounds.are_too_narrow(system, cell):
                return False
        if is_all:
            raise ArithmeticError(
                f"cell {system.cell_ids[cell]}: the solver's bounds and witnesses do not meet"
            )


def _is_open(system: System, cell: int, seen: Witnessed, sense: int) -> bool:
    lacks = seen.lacks_high(system) if sense > 0 else seen.lacks_low(system)
    return bool(lacks[cell])


def _reach(
    system: System,
    table: Whole,
    cell: int,
    cells: Whole,
    relations: Whole,
    seen: Witnessed,
    sense: int,
    *,
    whole: bool,
) -> None:
    """Look for a witness that moves one cell as far as needed; others farther off stay put."""
    part, now = system.weights[relations][:, cells], table[cells]
    least, most = system.lower[cells] - now, system.upper[cells] - now
    here = int(np.searchsorted(cells, cell))
    if system.is_secondary[cell]:
        # No further than needed: an unbounded cell has no greatest value.
        if sense > 0:
            most[here] = min(most[here], system.least_width)
        else:
            least[here] = max(least[here], -system.least_width)
    zeros = np.zeros(len(relations), dtype=np.int64)
    moved = greatest(part, zeros, _only(here, len(cells), sense), least, most, whole=whole)
    if moved is None:
        raise ArithmeticError("the table to start from does not fit what is known")
    change, is_whole = in_whole_numbers(moved)
    is_in_bounds = (change >= least) & (change <= most)
    if is_whole.all() and is_in_bounds.all() and not (part @ change).any():
        seen.add(cells, now + change)


def _limit(
    system: System,
    table: Whole,
    cell: int,
    cells: Whole,
    relations: Whole,
    bounds: Bounds,
    sense: int,
    *,
    whole: bool,
) -> None:
    """Narrow what is certain of one cell, by the relations given and no others."""
    part = system.weights[relations][:, cells]
    lower, upper = bounds.lower[cells].copy(), bounds.upper[cells].copy()
    here = int(np.searchsorted(cells, cell))
    if system.is_secondary[cell]:
        # Farther than anybody asks from where it may be, and bounded.
        upper[here] = min(upper[here], table[cell] + system.least_width + 1)
        lower[here] = max(lower[here], table[cell] - system.least_width - 1)
    reached = greatest(
        part, -system.offset[relations], _only(here, len(cells), sense), lower, upper, whole=whole
    )
    if reached is None:
        raise ArithmeticError("what is known contradicts itself")
    value = reached[here]
    if sense > 0 and value < upper[here] - _TOLERANCE:
        bounds.upper[cell] = int(np.floor(value + _TOLERANCE))
    if sense < 0 and value > lower[here] + _TOLERANCE:
        bounds.lower[cell] = int(np.ceil(value - _TOLERANCE))


def _only(here: int, count: int, sense: int) -> Reals:
    objective = np.zeros(count)
    objective[here] = sense
    return objective


def _stored(starts: Whole, indices: Whole, numbers: Whole) -> Whole:
    """Distinct indices stored under some rows of a sparse matrix, in order."""
    lists = [indices[starts[n] : starts[n + 1]] for n in numbers.tolist()]
    return np.unique(np.concatenate(lists)).astype(np.int64) if lists else numbers
