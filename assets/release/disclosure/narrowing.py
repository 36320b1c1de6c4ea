"""Bounds of cells that follow from one relation at a time, again and again."""

from __future__ import annotations

import numpy as np

from assets.release.disclosure.attacker import System, Whole, row_of_each
from assets.release.disclosure.cells import UNBOUNDED, DisclosureInputError

# Bounds creep along long chains; whoever needs the last of it solves a linear problem.
_MOST_PASSES = 12


def narrowed(system: System, most_passes: int = _MOST_PASSES) -> tuple[Whole, Whole]:
    """Lower and upper bounds of every cell, never narrower than the truth.

    A cell lies between what its relation leaves over when all others are at one end of their
    bounds and what it leaves over when they are at the other. It is what a reader does by hand,
    and cheap: most leaks show here, without a solver.

    Raises:
        DisclosureInputError: names a cell that would have to be more than it can be. Bounds that
            have crossed drive each other on, ever faster, past what an integer holds.
    """
    lower, upper = system.lower.copy(), system.upper.copy()
    weights = system.weights
    rows, columns = row_of_each(weights), weights.indices
    is_member = weights.data > 0
    for _ in range(most_passes):
        # The cell's own part of the sum, at its least and at its most.
        least = np.where(is_member, lower[columns], -upper[columns])
        most = np.where(is_member, upper[columns], -lower[columns])
        # Whole numbers far below 2**53, so that sums of doubles are exact.
        all_least = np.bincount(rows, least, len(system.offset)).astype(np.int64) + system.offset
        all_most = np.bincount(rows, most, len(system.offset)).astype(np.int64) + system.offset
        others_least, others_most = all_least[rows] - least, all_most[rows] - most
        at_least = np.where(is_member, -others_most, others_least)
        at_most = np.where(is_member, -others_least, others_most)
        new_lower, new_upper = lower.copy(), upper.copy()
        np.maximum.at(new_lower, columns, at_least)
        np.minimum.at(new_upper, columns, at_most)
        # An unbounded cell minus a few people is still unbounded.
        new_lower = np.where(new_lower < -UNBOUNDED // 2, lower, new_lower)
        new_upper = np.where(new_upper > UNBOUNDED // 2, upper, new_upper)
        crossed = np.flatnonzero(new_lower > new_upper)
        if len(crossed):
            raise DisclosureInputError(
                f"no counts fit what is published: cell {system.cell_ids[int(crossed[0])]} would "
                f"have to be more than it can be ({len(crossed)} such cells)"
            )
        if np.array_equal(new_lower, lower) and np.array_equal(new_upper, upper):
            break
        lower, upper = new_lower, new_upper
    return lower, upper
