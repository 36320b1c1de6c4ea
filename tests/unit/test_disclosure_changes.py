"""Changes of a table that raise what is asked for and touch as little as they can."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from assets.release.disclosure import changes
from assets.release.disclosure.attacker import Whole
from assets.release.disclosure.changes import least_change
from assets.release.disclosure.solver import UndecidedError, greatest

# Three counts in pairs, of which no two together may rise by more than one: by halves all three
# rise by 1.5 people, in whole numbers one does.
PAIRS = sparse.csr_array(
    [
        [1, 1, 0, -1, 0, 0],
        [0, 1, 1, 0, -1, 0],
        [1, 0, 1, 0, 0, -1],
    ]
)
ALL_THREE = np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0])
NO_LESS = np.zeros(6, dtype=np.int64)
ONE_PAIR_MORE = np.array([5, 5, 5, 1, 1, 1])


def test_what_need_not_move_stays() -> None:
    # One for one between two practices, and a detour over a third that gains as much.
    weights = sparse.csr_array([[1, 1, 1, -1]])
    lower, upper = np.array([-9, -9, -9, 0]), np.array([9, 9, 9, 0])
    change = least_change(weights, np.array([1.0, 0.0, 0.0, 0.0]), lower, upper)
    assert change[0] == 9
    assert abs(change).sum() == 18


def test_fractions_are_mended_in_whole_numbers() -> None:
    change = least_change(PAIRS, ALL_THREE, NO_LESS, ONE_PAIR_MORE)
    assert change[:3].sum() == 1
    assert not (PAIRS @ change).any()


def test_fractions_that_take_too_long_to_mend_break_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_slow(*problem: Any, whole: bool, **options: Any) -> Any:
        if whole:
            raise UndecidedError("HiGHS found no whole numbers within 5 s")
        return greatest(*problem, whole=whole, **options)

    monkeypatch.setattr(changes, "greatest", too_slow)
    change = least_change(PAIRS, ALL_THREE, NO_LESS, ONE_PAIR_MORE)
    assert (PAIRS @ change).any()


Problem = tuple[Whole, Whole, Whole, Whole]


@st.composite
def hierarchies(draw: st.DrawFn) -> Problem:
    """A few sums of sums; every count free to move by a person or two, some of them asked for."""
    cells = draw(st.integers(3, 7))
    parents = [draw(st.integers(0, cell - 1)) for cell in range(1, cells)]
    rows = [
        [
            -1 if cell == parent else int(cell > 0 and parents[cell - 1] == parent)
            for cell in range(cells)
        ]
        for parent in sorted(set(parents))
    ]
    little = st.integers(0, 2)
    gain = [draw(st.integers(-1, 1)) for _ in range(cells)]
    lower = [-draw(little) for _ in range(cells)]
    upper = [draw(little) for _ in range(cells)]
    return np.array(rows), np.array(gain), np.array(lower), np.array(upper)


@settings(deadline=None)
@given(hierarchies())
def test_nothing_gains_more_nor_as_much_for_less_whoever_tries_every_change(
    problem: Problem,
) -> None:
    weights, gain, lower, upper = problem
    change = least_change(sparse.csr_array(weights), gain.astype(float), lower, upper)
    tried = np.array(list(product(*(range(a, b + 1) for a, b in zip(lower, upper, strict=True)))))
    keeping = tried[~(tried @ weights.T).any(axis=1)]
    best = (keeping @ gain).max()
    as_good = keeping[keeping @ gain == best]
    assert (as_good == change).all(axis=1).any()
    assert abs(change).sum() == abs(as_good).sum(axis=1).min()
