"""Bounds of cells that follow from one relation at a time, again and again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assets.release.disclosure.attacker import System, Whole
from assets.release.disclosure.cells import UNBOUNDED, DisclosureInputError
from assets.release.disclosure.relations import row_of_each

# Bounds creep along long chains; whoever needs the last of it solves a linear problem.
_MOST_PASSES = 12
# Of a bound that is the cell's own: no relation says it.
OWN = -1


@dataclass(frozen=True)
class Narrowed:
    """Bounds of every cell, and the relation that last moved each; ``OWN`` where none did."""

    lower: Whole
    upper: Whole
    raised_by: Whole
    lowered_by: Whole


def narrowed(system: System) -> Narrowed:
    """Lower and upper bounds of every cell, never narrower than the truth.

    A cell lies between what its relation leaves over when all others are at one end of their
    bounds and what it leaves over when they are at the other. It is what a reader does by hand,
    and cheap: most leaks show here, without a solver.

    Raises:
        DisclosureInputError: names a cell that would have to be more than it can be. Bounds that
            have crossed drive each other on, ever faster, past what an integer holds.
    """
    lower, upper = system.lower.copy(), system.upper.copy()
    raised_by, lowered_by = np.full(len(lower), OWN), np.full(len(upper), OWN)
    every_row, every_column = row_of_each(system.weights), system.weights.indices
    entries = np.arange(len(every_row))
    for _ in range(_MOST_PASSES):
        rows, columns = every_row[entries], every_column[entries]
        is_member = system.weights.data[entries] > 0
        # The cell's own part of the sum, at its least and at its most.
        least = np.where(is_member, lower[columns], -upper[columns])
        most = np.where(is_member, upper[columns], -lower[columns])
        # Whole numbers far below 2**53, so that sums of doubles are exact.
        all_least = np.bincount(rows, least, len(system.offset)).astype(np.int64) + system.offset
        all_most = np.bincount(rows, most, len(system.offset)).astype(np.int64) + system.offset
        others_least, others_most = all_least[rows] - least, all_most[rows] - most
        at_least = np.where(is_member, -others_most, others_least)
        at_most = np.where(is_member, -others_least, others_most)
        # An unbounded cell minus a few people is still unbounded.
        is_raised = (at_least > lower[columns]) & (at_least >= -UNBOUNDED // 2)
        is_lowered = (at_most < upper[columns]) & (at_most <= UNBOUNDED // 2)
        if not is_raised.any() and not is_lowered.any():
            break
        up = _last_of_each(columns, at_least, np.flatnonzero(is_raised))
        down = _last_of_each(columns, -at_most, np.flatnonzero(is_lowered))
        lower[columns[up]], raised_by[columns[up]] = at_least[up], rows[up]
        upper[columns[down]], lowered_by[columns[down]] = at_most[down], rows[down]
        crossed = np.flatnonzero(lower > upper)
        if len(crossed):
            raise DisclosureInputError(
                f"no counts fit what is published: cell {system.cell_ids[int(crossed[0])]} would "
                f"have to be more than it can be ({len(crossed)} such cells)"
            )
        # Relations of which no cell has moved say nothing new.
        has_moved = np.zeros(len(lower), dtype=bool)
        has_moved[columns[up]] = has_moved[columns[down]] = True
        says_new = np.zeros(len(system.offset), dtype=bool)
        says_new[every_row[has_moved[every_column]]] = True
        entries = np.flatnonzero(says_new[every_row])
    return Narrowed(lower, upper, raised_by, lowered_by)


def _last_of_each(columns: Whole, values: Whole, entries: Whole) -> Whole:
    """Of some entries the one of each column with the greatest value."""
    ordered = entries[np.lexsort((values[entries], columns[entries]))]
    is_last: Whole = ordered[np.diff(columns[ordered], append=-1) != 0]
    return is_last
