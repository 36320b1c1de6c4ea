"""Witnesses found around cells that stand in each other's way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from disclosure_tables import chain, of_small_numbers
from numpy.typing import NDArray

from assets.release.disclosure import surroundings
from assets.release.disclosure.attacker import System
from assets.release.disclosure.changes import any_change, least_change
from assets.release.disclosure.neighbours import Neighbours
from assets.release.disclosure.surroundings import Surroundings, move_around
from assets.release.disclosure.witnesses import Witnessed


def range_of_first(
    system: System, table: list[int], *around: Surroundings, asked: int = 1
) -> tuple[int, int]:
    """The lowest and the highest that the first cell is in a witness, when the first are asked."""
    counts = np.array(table)
    seen = Witnessed(counts.copy(), counts.copy())
    wanted = np.arange(len(table)) < asked
    move_around(system, Neighbours(system.weights), counts, wanted, seen, around)
    return int(seen.lowest[0]), int(seen.highest[0])


@pytest.mark.parametrize("change", [any_change, least_change])
@pytest.mark.parametrize(("steps", "found"), [(3, (4, 4)), (4, (1, 7))])
def test_cells_move_within_so_many_steps(steps: int, found: tuple[int, int], change: Any) -> None:
    assert range_of_first(chain(5), [4] * 5, Surroundings(steps, 20, change)) == found


@pytest.mark.parametrize(("most", "found"), [(2, (4, 4)), (3, (1, 7))])
def test_relations_of_many_cells_are_not_walked(most: int, found: tuple[int, int]) -> None:
    three = of_small_numbers([[1, 1, 1]], total=12)
    assert range_of_first(three, [4] * 3, Surroundings(1, most, any_change)) == found


def test_what_did_not_move_near_by_is_looked_for_farther_away() -> None:
    near, farther = Surroundings(1, 20, any_change), Surroundings(4, 20, least_change)
    assert range_of_first(chain(5), [4] * 5, near, farther) == (1, 7)


def test_what_has_moved_is_not_asked_for_again() -> None:
    def refused(*_: object) -> NDArray[np.int64]:
        raise AssertionError("asked for again")

    near, again = Surroundings(1, 20, any_change), Surroundings(1, 20, refused)
    assert range_of_first(chain(2), [4, 4], near, again) == (1, 7)


def test_no_two_near_each_other_have_their_turn_at_a_time() -> None:
    """A chain of six and a pair: of the chain one at a time, and of the pair beside it.

    Others that move anyway are pulled less.
    """
    system = chain(8)
    relations = [row for row in range(7) if row != 5]
    system = of_small_numbers(system.weights.toarray()[relations].tolist())
    turns: list[list[int]] = []

    def noted(weights: Any, gain: Any, lower: Any, upper: Any) -> NDArray[np.int64]:
        assert set(abs(gain)) <= {0.0, surroundings._PULL_BESIDE, 1.0}
        turns.append(np.flatnonzero(abs(gain) == 1).tolist())
        return least_change(weights, gain, lower, upper)

    assert range_of_first(system, [4] * 8, Surroundings(8, 20, noted), asked=8) == (1, 7)
    assert max(len(cells) for cells in turns) == 2
    assert max(len(set(cells) & set(range(6))) for cells in turns) == 1


def test_others_that_move_anyway_are_raised_too() -> None:
    """Three of one network: when the first is raised, and lowered, so are those beside it."""
    problems: list[int] = []

    def noted(weights: Any, gain: Any, lower: Any, upper: Any) -> NDArray[np.int64]:
        problems.append(len(gain))
        return any_change(weights, gain, lower, upper)

    # All go up together against a wide rest.
    system = of_small_numbers([[1, 1, 1, -1]], total=0)
    upper = system.upper.copy()
    upper[3] = 100
    system = replace(system, upper=upper, is_primary=np.array([True, True, True, False]))
    counts = np.array([4, 4, 4, 12])
    seen = Witnessed(counts.copy(), counts.copy())
    around = [Surroundings(1, 20, noted)]
    wanted = np.array([True, True, True, False])
    move_around(system, Neighbours(system.weights), counts, wanted, seen, around)
    assert seen.highest[:3].tolist() == [7, 7, 7]
    assert seen.lowest[:3].tolist() == [1, 1, 1]
    assert len(problems) == 2


def test_what_is_not_wanted_is_not_pulled() -> None:
    pulled: list[int] = []

    def noted(weights: Any, gain: Any, lower: Any, upper: Any) -> NDArray[np.int64]:
        pulled.append(int(np.count_nonzero(gain)))
        return any_change(weights, gain, lower, upper)

    three = of_small_numbers([[1, 1, 1]], total=12)
    assert range_of_first(three, [4] * 3, Surroundings(1, 20, noted)) == (1, 7)
    assert pulled == [1, 1]


@pytest.mark.parametrize("limit", ["_MOST_AROUND", "_FREE_AT_ONCE"])
def test_with_little_memory_as_much_is_found(monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    counts = np.full(6, 4)
    pairs = of_small_numbers([[1, 1, 0, 0, 0, 0], [0, 0, 1, 1, 0, 0], [0, 0, 0, 0, 1, 1]])
    cells_of_problems: list[int] = []

    def noted(weights: Any, gain: Any, lower: Any, upper: Any) -> NDArray[np.int64]:
        cells_of_problems.append(len(gain))
        return any_change(weights, gain, lower, upper)

    for is_limited, cells in ((False, 6), (True, 2)):
        if is_limited:
            monkeypatch.setattr(surroundings, limit, 1)
        cells_of_problems.clear()
        seen = Witnessed(counts.copy(), counts.copy())
        everyone = np.ones(6, dtype=bool)
        around = [Surroundings(2, 20, noted)]
        move_around(pairs, Neighbours(pairs.weights), counts, everyone, seen, around)
        assert (seen.lowest.tolist(), seen.highest.tolist()) == ([1] * 6, [7] * 6)
        assert set(cells_of_problems) == {cells}
