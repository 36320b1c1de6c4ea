"""What HiGHS is asked, and what it says when it gives up."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from assets.release.disclosure.solver import UndecidedError, greatest


def test_a_search_that_takes_too_long_says_so() -> None:
    chance = np.random.default_rng(20261127)
    weights = sparse.csr_array(chance.integers(-9, 10, (40, 120)).astype(float))
    bounds = np.full(120, -50), np.full(120, 50)
    objective = chance.normal(size=120)
    total = np.zeros(40, dtype=np.int64)
    assert greatest(weights, total, objective, *bounds, whole=False) is not None
    with pytest.raises(UndecidedError, match="no whole numbers within 1e-09 s"):
        greatest(weights, total, objective, *bounds, whole=True, most_seconds=1e-9)
