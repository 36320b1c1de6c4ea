"""Changes of a table that fits, after which everything known still adds up.

Of all changes that raise what is asked for a solver gives any. Near by that is the best: it moves
much, and shows what many cells can be at once. Over a country most of such a change wanders through
every area, ends in fractions of people and takes minutes to find. There each person moved costs a
little: what comes out touches some dozen cells, and is found from no change at all in a few steps
(229,000 cells, a year of England's referrals: in seconds for thousands of cells at once, with no or
some dozen fractions; without the cost in minutes, with thousands; 2026-11-27).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from assets.release.disclosure.attacker import Flags, Whole
from assets.release.disclosure.solver import Reals, UndecidedError, greatest, in_whole_numbers

# What it costs to move a person: of a thousand moved for the sake of one, more than is gained.
_COST = 1e-3
# Whole numbers around the fractions of a change take hundredths of a second, or are not worth it.
_MOST_SECONDS = 5.0
_NO_FIT = "the table to start from does not fit what is known"


def any_change(weights: Any, gain: Reals, lower: Whole, upper: Whole) -> Whole:
    """Changes that gain the most; fractions are rounded, and break sums.

    In and out: as ``least_change``.

    Raises:
        SolverError: HiGHS gave up.
    """
    nothing = np.zeros(weights.shape[0], dtype=np.int64)
    moved = greatest(weights, nothing, gain, lower, upper, whole=False)
    if moved is None:
        raise ArithmeticError(_NO_FIT)
    return in_whole_numbers(moved.values)[0]


def least_change(weights: Any, gain: Reals, lower: Whole, upper: Whole) -> Whole:
    """Changes in whole numbers, of a table that fits, that gain the most at the least cost.

    Args:
        weights: a row per relation, a column per cell; every sum is to stay what it is.
        gain: of a person more in each cell; below zero: of a person less.
        lower: the least change of each cell, not above zero.
        upper: the greatest, not below zero.

    Out: a change per cell. Where fractions were mended it is the best that leaves all else as it
    is; where they could not be, it breaks sums: see each group of changed cells before it counts.

    Raises:
        SolverError: HiGHS gave up.
    """
    nothing = np.zeros(weights.shape[0], dtype=np.int64)
    moved = _moved(weights, nothing, gain, lower, upper, whole=False)
    if moved is None:
        raise ArithmeticError(_NO_FIT)
    change, is_whole = in_whole_numbers(moved)
    if is_whole.all():
        return change
    near = _near_to(weights, ~is_whole)
    rest = np.where(near, 0, change)
    relations = np.flatnonzero(abs(weights) @ near.astype(np.int64))
    part = weights[relations]
    try:
        mended = _moved(
            part[:, near], -(part @ rest), gain[near], lower[near], upper[near], whole=True
        )
    except UndecidedError:
        return change
    if mended is not None:
        rest[near] = in_whole_numbers(mended)[0]
        return rest
    return change


def _near_to(weights: Any, cells: Flags) -> Flags:
    """Cells that share a relation with any of some cells, and these."""
    membership = abs(weights)
    near: Flags = cells | ((membership.T @ (membership @ cells.astype(np.int64))) > 0)
    return near


def _moved(
    weights: Any, total: Whole, gain: Reals, lower: Whole, upper: Whole, *, whole: bool
) -> Reals | None:
    """What is added to each cell, less what is taken away: two numbers, for each costs."""
    nothing = np.zeros(len(gain), dtype=np.int64)
    solved = greatest(
        sparse.hstack([weights, -weights], format="csr"),
        total,
        np.concatenate([gain - _COST, -gain - _COST]),
        np.concatenate([nothing, nothing]),
        np.concatenate([upper, -lower]),
        whole=whole,
        most_seconds=_MOST_SECONDS,
        # The solution is near no change, and to simplify the problem first takes four times as long
        # as to solve it. Where moving costs nothing it is not near: any change of 55,000 cells took
        # 4.6 s as it stands, 1.8 s simplified (2026-11-27).
        simplify=whole,
    )
    if solved is None:
        return None
    added, taken = np.split(solved.values, 2)
    change: Reals = added - taken
    return change
