"""What HiGHS is asked, and what it says when it gives up."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from assets.release.disclosure import solver
from assets.release.disclosure.solver import SolverError, UndecidedError, greatest


def test_a_search_that_takes_too_long_says_so() -> None:
    chance = np.random.default_rng(20261127)
    weights = sparse.csr_array(chance.integers(-9, 10, (40, 120)).astype(float))
    bounds = np.full(120, -50), np.full(120, 50)
    objective = chance.normal(size=120)
    total = np.zeros(40, dtype=np.int64)
    assert greatest(weights, total, objective, *bounds, whole=False) is not None
    with pytest.raises(UndecidedError, match="no whole numbers within 1e-09 s"):
        greatest(weights, total, objective, *bounds, whole=True, most_seconds=1e-9)


@pytest.mark.parametrize("whole", [False, True])
def test_what_there_is_none_of_is_none(whole: bool) -> None:
    no_more_than_five = np.array([0]), np.array([5])
    assert (
        greatest(
            sparse.csr_array([[1]]), np.array([6]), np.ones(1), *no_more_than_five, whole=whole
        )
        is None
    )


def test_the_least_that_one_relation_leaves_of_many_is_what_the_others_do_not_take() -> None:
    weights = sparse.csr_array([[1, 1, 1, -1]])
    bounds = np.array([1, 1, 3, 20]), np.array([7, 7, 9, 20])
    found = greatest(weights, np.array([0]), np.array([0.0, 0, -1, 0]), *bounds, whole=True)
    assert found is not None
    assert found.values.tolist() == [7, 7, 6, 20]


def test_what_holds_the_objective_down_has_a_price() -> None:
    weights = sparse.csr_array([[1, 1, 0], [0, 0, 1]])
    bounds = np.array([1, 1, 0]), np.array([7, 7, 3])
    found = greatest(weights, np.array([9, 2]), np.array([1.0, 0, 0]), *bounds, whole=False)
    assert found is not None
    assert found.values.tolist() == [7, 2, 2]
    assert found.prices.tolist() == [0, 0]
    found = greatest(weights, np.array([5, 2]), np.array([1.0, 0, 0]), *bounds, whole=False)
    assert found is not None
    assert found.values.tolist() == [4, 1, 2]
    # One person less in the sum is one less of what is wanted.
    assert found.prices.tolist() == [-1, 0]


def test_a_matrix_may_lie_by_columns_and_have_no_rows() -> None:
    by_rows = sparse.csr_array([[1, 0, 0], [1, 1, 0], [1, 1, 1]])
    bounds = np.zeros(3, dtype=np.int64), np.full(3, 9)
    for weights in (by_rows, by_rows.tocsc()):
        found = greatest(weights, np.array([1, 2, 3]), np.ones(3), *bounds, whole=False)
        assert found is not None
        assert found.values.tolist() == [1, 1, 1]
    found = greatest(by_rows[:0], np.array([], dtype=np.int64), np.ones(3), *bounds, whole=False)
    assert found is not None
    assert found.values.tolist() == [9, 9, 9]


def test_what_is_no_number_has_no_solution() -> None:
    nothing = np.array([np.nan])
    with pytest.raises(SolverError):
        greatest(sparse.csr_array([[1]]), nothing, np.ones(1), np.zeros(1), np.ones(1), whole=False)


def test_the_solver_says_nothing_to_who_reads_the_log() -> None:
    one_problem = (
        "import numpy as np; from scipy import sparse\n"
        "from assets.release.disclosure.solver import greatest\n"
        "five = np.array([5])\n"
        "greatest(sparse.csr_array([[1]]), five, np.ones(1), 0 * five, five, whole=True)\n"
    )
    # In a process of its own: HiGHS introduces itself to each process once.
    said = subprocess.run(
        [sys.executable, "-c", one_problem], capture_output=True, text=True, check=True
    )
    assert said.stdout + said.stderr == ""


def test_a_solution_that_does_not_add_up_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    ask = solver._asked

    def of_one_more(weights: Any, total: Any, *rest: Any, whole: bool) -> Any:
        return ask(weights, total + 1, *rest, whole=whole)

    monkeypatch.setattr(solver, "_asked", of_one_more)
    bounds = np.array([0, 0]), np.array([9, 9])
    with pytest.raises(SolverError, match="does not add up"):
        greatest(sparse.csr_array([[1, 1]]), np.array([9]), np.ones(2), *bounds, whole=False)
