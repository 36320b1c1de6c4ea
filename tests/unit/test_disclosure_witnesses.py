"""Tables that show what hidden counts can be."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy import sparse

from assets.release.disclosure import witnesses
from assets.release.disclosure.attacker import System
from assets.release.disclosure.changes import any_change, least_change
from assets.release.disclosure.neighbours import Neighbours
from assets.release.disclosure.witnesses import Change, Witnessed, move_from_afar

# Two practices are eight people together: one is 7 where the other is 1.
OF_EIGHT = System(
    cell_ids=pl.Series(["one", "other"]),
    lower=np.array([1, 1]),
    upper=np.array([7, 7]),
    keep_lower=np.array([1, 1]),
    keep_upper=np.array([7, 7]),
    keep_width=np.array([1, 1]),
    is_primary=np.array([True, True]),
    is_secondary=np.array([False, False]),
    weights=sparse.csr_array([[1, 1]]),
    offset=np.array([-8]),
    relation_numbers=np.array([0]),
)
FOUR_EACH = np.array([4, 4])


def test_of_two_in_each_others_way_each_gets_its_turn() -> None:
    seen = Witnessed(FOUR_EACH.copy(), FOUR_EACH.copy())
    everyone = np.array([True, True])
    move_from_afar(OF_EIGHT, Neighbours(OF_EIGHT.weights), FOUR_EACH, everyone, seen)
    assert seen.highest.tolist() == [7, 7]
    assert seen.lowest.tolist() == [1, 1]


def test_what_is_asked_for_is_raised_and_lowered() -> None:
    seen = Witnessed(FOUR_EACH.copy(), FOUR_EACH.copy())
    asked = np.array([True, False])
    move_from_afar(OF_EIGHT, Neighbours(OF_EIGHT.weights), FOUR_EACH, asked, seen)
    assert (seen.lowest[0], seen.highest[0]) == (1, 7)


@pytest.mark.parametrize("change", [any_change, least_change])
def test_a_group_that_does_not_add_up_spoils_no_other(
    monkeypatch: pytest.MonkeyPatch, change: Change
) -> None:
    # Two networks in one area whose count stays: within each, one practice can be 7.
    weights = sparse.csr_array([[1, 1, 0, 0, -1, 0], [0, 0, 1, 1, 0, -1], [0, 0, 0, 0, 1, 1]])
    eight = np.array([4, 4, 4, 4, 8, 8])
    system = System(
        cell_ids=pl.Series(["a", "b", "c", "d", "network 1", "network 2"]),
        lower=np.array([1, 1, 1, 1, 8, 8]),
        upper=np.array([7, 7, 7, 7, 9, 9]),
        keep_lower=np.full(6, 1),
        keep_upper=np.full(6, 7),
        keep_width=np.full(6, 1),
        is_primary=np.array([True, True, True, True, False, False]),
        is_secondary=np.zeros(6, dtype=bool),
        weights=weights,
        offset=np.array([0, 0, -16]),
        relation_numbers=np.arange(3),
    )

    def broken_in_one_network(*problem: object) -> np.ndarray:
        moved = change(*problem)  # type: ignore[arg-type]
        return moved + np.array([0, 1, 0, 0, 0, 0])

    monkeypatch.setattr(witnesses, "least_change", broken_in_one_network)
    seen = Witnessed(eight.copy(), eight.copy())
    asked = np.array([True, False, True, False, False, False])
    move_from_afar(system, Neighbours(weights), eight, asked, seen)
    assert seen.highest[[0, 2]].tolist() == [4, 7]
