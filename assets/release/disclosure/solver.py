"""Linear problems over a few cells, solved by HiGHS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from assets.release.disclosure.attacker import Whole
from assets.release.disclosure.cells import UNBOUNDED

Reals: TypeAlias = NDArray[np.float64]

_SUCCESS, _OUT_OF_TIME, _INFEASIBLE = 0, 1, 2
# A solution this far from whole numbers is none.
_TOLERANCE = 1e-6


class SolverError(RuntimeError):
    """HiGHS gave up, for want of time or precision; nothing is proven by that."""


class UndecidedError(SolverError):
    """Whole numbers were not found in the time that was given, nor that there are none."""


@dataclass(frozen=True)
class Solution:
    """Values, and by how much each sum holds the objective down.

    All prices are zero where whole numbers were asked for: there nothing tells.
    """

    values: Reals
    prices: Reals


def greatest(
    weights: Any,
    total: Whole,
    objective: Reals,
    lower: Whole,
    upper: Whole,
    *,
    whole: bool,
    most_seconds: float | None = None,
    simplify: bool = True,
) -> Solution | None:
    """Values with ``weights @ values == total`` and the greatest ``objective @ values``.

    Without ``whole`` a corner of the solutions, which for sums along a tree, and along two trees
    together, is in whole numbers of itself; with it in whole numbers always, which can take long,
    but no longer than ``most_seconds``. None if there are none. To ``simplify`` the problem first
    is not worth it where no change is nearly the solution.

    Raises:
        SolverError: neither a solution nor a proof that there is none.
        UndecidedError: nor within the time.
    """
    least = np.where(lower <= -UNBOUNDED // 2, -np.inf, lower)
    most = np.where(upper >= UNBOUNDED // 2, np.inf, upper)
    # A bound of one cell of 56,000 had no end within a minute as it stood, and takes less than a
    # second simplified (2026-11-27).
    options: dict[str, float | bool] = {"presolve": simplify}
    if whole and most_seconds is not None:
        options["time_limit"] = most_seconds
    solved = optimize.linprog(
        -objective,
        A_eq=weights,
        b_eq=total,
        bounds=np.column_stack([least, most]),
        method="highs" if whole else "highs-ds",
        integrality=np.ones(len(objective)) if whole else None,
        options=options,
    )
    if solved.status == _INFEASIBLE:
        return None
    if solved.status == _OUT_OF_TIME:
        raise UndecidedError(f"HiGHS found no whole numbers within {most_seconds:g} s")
    if solved.status != _SUCCESS:
        raise SolverError(f"HiGHS stopped with: {solved.message}")
    prices = np.zeros(len(total)) if whole else solved.eqlin.marginals
    return Solution(solved.x, prices)


def in_whole_numbers(values: Reals) -> tuple[Whole, NDArray[np.bool_]]:
    """Nearest whole numbers, and which values were whole."""
    nearest = np.rint(values)
    return nearest.astype(np.int64), np.abs(values - nearest) < _TOLERANCE
