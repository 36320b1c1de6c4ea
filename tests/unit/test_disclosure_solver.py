"""What HiGHS is asked: fractions of people first, whole people where fractions are not enough."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from assets.release.disclosure import solver
from assets.release.disclosure.solver import UndecidedError, greatest, some_whole

# Twice the first is the second, of which there are three at most.
TWICE = sparse.csr_array(np.array([[2.0, -1.0]]))
NOTHING, FIRST = np.zeros(1, dtype=np.int64), np.array([1.0, 0.0])
LEAST, MOST = np.array([0, 0]), np.array([5, 3])


def test_where_fractions_go_further_whole_numbers_are_found() -> None:
    by_fractions = greatest(TWICE, NOTHING, FIRST, LEAST, MOST, whole=False)
    assert by_fractions is not None
    assert by_fractions.values.tolist() == pytest.approx([1.5, 3.0])

    whole = some_whole(TWICE, FIRST, LEAST, MOST, most_seconds=20)
    assert whole is not None
    assert whole.values.tolist() == pytest.approx([1, 2])


def test_a_search_that_takes_too_long_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solver, "_MOST_SECONDS", 1e-9)
    chance = np.random.default_rng(20261127)
    weights = sparse.csr_array(chance.integers(-9, 10, (40, 120)).astype(float))
    bounds = np.full(120, -50), np.full(120, 50)
    objective = chance.normal(size=120)
    with pytest.raises(UndecidedError, match="no whole numbers within"):
        greatest(weights, np.zeros(40, dtype=np.int64), objective, *bounds, whole=True)
