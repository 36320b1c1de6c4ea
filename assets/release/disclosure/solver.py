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
# Among hundreds of thousands of cells whole numbers can take hours to find (England, 2026-11-27).
_MOST_SECONDS = 30.0
# A solution this far from whole numbers is none.
_TOLERANCE = 1e-6


class SolverError(RuntimeError):
    """HiGHS gave up, for want of precision; nothing is proven by that."""


class UndecidedError(SolverError):
    """Whole numbers were not found in time, nor that there are none."""


@dataclass(frozen=True)
class Solution:
    """Values, and by how much each sum holds the objective down.

    All prices are zero where whole numbers were asked for: there nothing tells.
    """

    values: Reals
    prices: Reals


def greatest(
    weights: Any, total: Whole, objective: Reals, lower: Whole, upper: Whole, *, whole: bool
) -> Solution | None:
    """Values with ``weights @ values == total`` and the greatest ``objective @ values``.

    Without ``whole`` a corner of the solutions, which for sums along a tree, and along two trees
    together, is in whole numbers of itself; with it in whole numbers always, which can take long.
    None if there is no solution.

    Raises:
        SolverError: neither a solution nor a proof that there is none.
        UndecidedError: of these, for want of time.
    """
    least, most = _open_ended(lower, upper)
    solved = optimize.linprog(
        -objective,
        A_eq=weights,
        b_eq=total,
        bounds=np.column_stack([least, most]),
        method="highs" if whole else "highs-ds",
        integrality=np.ones(len(objective)) if whole else None,
        options={"time_limit": _MOST_SECONDS} if whole else None,
    )
    if solved.status == _INFEASIBLE:
        return None
    if solved.status == _OUT_OF_TIME:
        raise UndecidedError(f"HiGHS found no whole numbers within {_MOST_SECONDS:.0f} s")
    if solved.status != _SUCCESS:
        raise SolverError(f"HiGHS stopped with: {solved.message}")
    prices = np.zeros(len(total)) if whole else solved.eqlin.marginals
    return Solution(solved.x, prices)


def some_whole(
    weights: Any, objective: Reals, lower: Whole, upper: Whole, most_seconds: float
) -> Solution | None:
    """A change in whole numbers that leaves every sum as it is, as great as is found in time.

    None if none was found: that says nothing.
    """
    solved = optimize.milp(
        -objective,
        constraints=optimize.LinearConstraint(weights, 0, 0),
        bounds=optimize.Bounds(*_open_ended(lower, upper)),
        integrality=np.ones(len(objective)),
        options={"time_limit": most_seconds},
    )
    return None if solved.x is None else Solution(solved.x, np.zeros(weights.shape[0]))


def _open_ended(lower: Whole, upper: Whole) -> tuple[Reals, Reals]:
    """Bounds as HiGHS takes them: what is out of reach is none."""
    least = np.where(lower <= -UNBOUNDED // 2, -np.inf, lower)
    most = np.where(upper >= UNBOUNDED // 2, np.inf, upper)
    return least, most


def in_whole_numbers(values: Reals) -> tuple[Whole, NDArray[np.bool_]]:
    """Nearest whole numbers, and which values were whole."""
    nearest = np.rint(values)
    return nearest.astype(np.int64), np.abs(values - nearest) < _TOLERANCE
