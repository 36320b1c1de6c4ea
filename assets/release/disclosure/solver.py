"""Linear problems over a few cells, solved by HiGHS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import highspy
import numpy as np
from numpy.typing import NDArray

from assets.release.disclosure.attacker import Whole
from assets.release.disclosure.cells import UNBOUNDED

Reals: TypeAlias = NDArray[np.float64]

# HiGHS's number of the dual simplex method on one core.
_DUAL = 1
# How it weighs edges: by Devex, for steepest edges take longer to keep than they save. A block of
# 229,000 counts took 12 % less time, and ended in the same decisions (2026-11-28).
_DEVEX = 1
# By how much a sum may be out: as SciPy has it, for sums of many rounded numbers.
_MOST_OUT_BY = 3.2e-4
# A solution this far from whole numbers is none.
_TOLERANCE = 1e-6


class SolverError(RuntimeError):
    """HiGHS gave up, for want of time or precision; nothing is proven by that."""


class UndecidedError(SolverError):
    """Whole numbers were not found in the time that was given, nor that there are none."""


@dataclass(frozen=True)
class Solution:
    """Values, and by how much each sum holds the objective down: less than nothing where it does.

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
    solver = _asked(weights, total, objective, lower, upper, whole=whole)
    # A bound of one cell of 56,000 had no end within a minute as it stood, and takes less than a
    # second simplified (2026-11-27).
    solver.setOptionValue("presolve", "on" if simplify else "off")
    if whole and most_seconds is not None:
        solver.setOptionValue("time_limit", most_seconds)
    if solver.run() == highspy.HighsStatus.kError:
        raise SolverError("HiGHS could not begin, or broke off")
    status = solver.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        return None
    if status == highspy.HighsModelStatus.kTimeLimit:
        raise UndecidedError(f"HiGHS found no whole numbers within {most_seconds:g} s")
    if status != highspy.HighsModelStatus.kOptimal:
        raise SolverError(f"HiGHS stopped with: {solver.modelStatusToString(status)}")
    solution = solver.getSolution()
    values = np.asarray(solution.col_value)
    if not np.abs(weights @ values - total).max(initial=0) <= _MOST_OUT_BY:
        raise SolverError("what HiGHS takes for a solution does not add up")
    prices = np.zeros(len(total)) if whole else np.asarray(solution.row_dual)
    return Solution(values, prices)


def in_whole_numbers(values: Reals) -> tuple[Whole, NDArray[np.bool_]]:
    """Nearest whole numbers, and which values were whole."""
    nearest = np.rint(values)
    return nearest.astype(np.int64), np.abs(values - nearest) < _TOLERANCE


class _Silent(highspy.Highs):
    """HiGHS on one core, for the parts of a release share the others, and without a word."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # alone in highspy
        self.setOptionValue("output_flag", False)
        self.setOptionValue("threads", 1)

    def enableCallbacks(self) -> None:  # noqa: N802  (the name is of highspy)
        """None are asked for; to have them says on standard output which HiGHS this is."""


def _asked(
    weights: Any, total: Whole, objective: Reals, lower: Whole, upper: Whole, *, whole: bool
) -> highspy.Highs:
    """HiGHS with a problem. It looks for the least, so the objective is turned round."""
    solver = _Silent()
    # The dual simplex method, whose solutions are corners.
    solver.setOptionValue("solver", "choose" if whole else "simplex")
    solver.setOptionValue("simplex_strategy", _DUAL)
    solver.setOptionValue("simplex_dual_edge_weight_strategy", _DEVEX)
    kind = highspy.HighsVarType.kInteger if whole else highspy.HighsVarType.kContinuous
    weights = weights.tocsr()
    relations, cells = weights.shape
    numbers = total.astype(np.float64)
    taken = solver.passModel(
        cells,
        relations,
        weights.nnz,
        int(highspy.MatrixFormat.kRowwise),
        int(highspy.ObjSense.kMinimize),
        0.0,
        -objective,
        np.where(lower <= -UNBOUNDED // 2, -np.inf, lower),
        np.where(upper >= UNBOUNDED // 2, np.inf, upper),
        numbers,
        numbers,
        weights.indptr.astype(np.int32),
        weights.indices.astype(np.int32),
        weights.data.astype(np.float64),
        np.full(cells, int(kind), dtype=np.int32),
    )
    if taken == highspy.HighsStatus.kError:
        raise SolverError("HiGHS refused the problem")
    return solver
