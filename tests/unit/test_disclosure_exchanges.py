"""Witnesses in which a few cells exchange people."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from disclosure_tables import chain, of_small_numbers
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import sparse

from assets.release.disclosure import exchanges
from assets.release.disclosure.attacker import System
from assets.release.disclosure.exchanges import exchange
from assets.release.disclosure.witnesses import Witnessed


def ranges(
    system: System, table: list[int], asked: list[int] | None = None, fewest: int = 1
) -> list[tuple[int, int]]:
    """The lowest and the highest of each cell in a witness, when some are asked for, or all."""
    counts = np.array(table)
    seen = Witnessed(counts.copy(), counts.copy())
    wanted = np.isin(np.arange(len(table)), range(len(table)) if asked is None else asked)
    exchange(system, counts, wanted, seen, fewest)
    return list(zip(seen.lowest.tolist(), seen.highest.tolist(), strict=True))


def of_people(weights: list[list[int]], table: list[int], *wide: int) -> System:
    """Cells of 1 to 7, but for wide ones, which may be anything; relations hold for the table."""
    system = of_small_numbers(weights)
    upper = system.upper.copy()
    upper[list(wide)] = 1000
    return replace(system, upper=upper, offset=-np.array(weights) @ np.array(table))


def test_what_one_gains_the_other_loses() -> None:
    assert ranges(of_small_numbers([[1, 1]]), [4, 4]) == [(1, 7), (1, 7)]


def test_cells_in_step_move_as_one_however_many() -> None:
    """Five in a chain: up, down, up, down, up. Nothing else holds them."""
    assert ranges(chain(5), [4] * 5, [0]) == [(1, 7)] * 5


def test_what_is_tied_to_go_both_ways_stays() -> None:
    """Of three any two are eight people: if one goes up so does it go down."""
    around = of_small_numbers([[1, 1, 0], [0, 1, 1], [1, 0, 1]])
    assert ranges(around, [4, 4, 4]) == [(4, 4)] * 3


def test_with_and_without_move_in_step_and_practices_exchange() -> None:
    """Of three practices all people are known, and of their network those with and without."""
    table = [2, 9, 3, 20, 6, 30]
    weights = [
        [1, 1, 0, 0, 0, 0],
        [0, 0, 1, 1, 0, 0],
        [0, 0, 0, 0, 1, 1],
        [1, 0, 1, 0, 1, 0],
        [0, 1, 0, 1, 0, 1],
    ]
    found = ranges(of_people(weights, table, 1, 3, 5), table, [0, 2, 4])
    # 2, 3 and 6 are eleven: one is seven where the others are two of four, or one and three.
    assert found[0::2] == [(1, 7), (1, 7), (1, 7)]
    assert found[1::2] == [(4, 10), (16, 22), (29, 35)]


def test_of_three_that_make_a_relation_one_stays_and_two_move() -> None:
    """Those with, those without and all at three practices, none known; of all three they are."""
    weights = np.vstack(
        [np.kron(np.eye(3, dtype=int), [1, 1, -1]), np.kron([1, 1, 1], np.eye(3, dtype=int))]
    ).tolist()
    table = [4, 4, 8] * 3
    found = ranges(of_people(weights, table, 2, 5, 8), table)
    assert [found[place] for place in (0, 1, 3, 4, 6, 7)] == [(1, 7)] * 6
    assert all(low < 8 < high for low, high in found[2::3])


def test_a_total_gains_with_its_part() -> None:
    """The other parts cannot be fewer."""
    system = of_people([[1, 1, 1, -1]], [4, 4, 4, 12], 1, 2, 3)
    system = replace(system, lower=np.array([1, 4, 4, 1]))
    assert ranges(system, [4, 4, 4, 12], [0])[0] == (1, 7)


def test_people_in_one_relation_more_are_not_exchanged() -> None:
    """The first of three is in a sum by itself: it cannot move, and the others can."""
    assert ranges(of_small_numbers([[1, 1, 1], [1, 0, 0]]), [4, 4, 4]) == [(4, 4), (1, 7), (1, 7)]


def test_what_no_relation_holds_moves_by_itself() -> None:
    free = replace(of_small_numbers([[0, 1]], total=4), upper=np.array([7, 7]))
    assert ranges(free, [4, 4]) == [(1, 7), (4, 4)]


def test_a_number_hidden_for_others_sake_moves_as_far_as_it_has_to() -> None:
    system = replace(
        of_people([[1, 1]], [40, 40], 0, 1),
        is_primary=np.array([False, False]),
        is_secondary=np.array([True, True]),
        keep_width=np.array([3, 3]),
    )
    assert ranges(system, [40, 40], [0]) == [(40, 43), (37, 40)]


def test_few_are_left_to_linear_problems() -> None:
    assert ranges(of_small_numbers([[1, 1]]), [4, 4], fewest=3) == [(4, 4), (4, 4)]
    assert ranges(of_small_numbers([[1, 1]]), [4, 4], fewest=2) == [(1, 7), (1, 7)]


_KINDS = ("small", "hidden with it", "rounded")


@st.composite
def systems(draw: Any) -> tuple[System, list[int]]:
    """Up to six cells, each of one of three kinds, in up to four relations of any kind."""
    cells, relations = draw(st.integers(2, 6)), draw(st.integers(1, 4))
    weights = np.array(
        [[draw(st.sampled_from([-1, 0, 1, 1])) for _ in range(cells)] for _ in range(relations)]
    )
    lower = np.array([draw(st.integers(0, 3)) for _ in range(cells)])
    upper = lower + np.array([draw(st.sampled_from([2, 4, 6, 7])) for _ in range(cells)])
    table = [draw(st.integers(int(lower[n]), int(upper[n]))) for n in range(cells)]
    kinds = np.array([draw(st.sampled_from(_KINDS)) for _ in range(cells)])
    return (
        replace(
            of_small_numbers(weights.tolist()),
            lower=lower,
            upper=upper,
            keep_lower=lower,
            keep_upper=upper,
            keep_width=np.full(cells, draw(st.integers(1, 4))),
            is_primary=kinds == "small",
            is_secondary=kinds == "hidden with it",
            offset=-weights @ np.array(table),
        ),
        table,
    )


@given(systems())
def test_no_cell_goes_where_no_table_has_it(drawn: tuple[System, list[int]]) -> None:
    """Against an attacker who tries every table within the bounds."""
    system, table = drawn
    bounds = zip(system.lower.tolist(), system.upper.tolist(), strict=True)
    every = np.array(list(product(*(range(low, high + 1) for low, high in bounds))))
    fits = every[((every @ system.weights.toarray().T + system.offset) == 0).all(axis=1)]
    lowest, highest = fits.min(axis=0), fits.max(axis=0)
    for place, (low, high) in enumerate(ranges(system, table)):
        assert lowest[place] <= low <= table[place] <= high <= highest[place]


def test_no_change_counts_that_breaks_a_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cells of two sums taken for alike: nobody in the first can give, so it cannot be raised."""

    def all_alike(sums: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return np.ones(sums.shape[1], dtype=np.int64), np.zeros(sums.shape[1], dtype=np.int64)

    monkeypatch.setattr(exchanges, "_alike", all_alike)
    table = [4, 1, 1, 1, 4, 4, 4, 4]
    system = of_people([[1] * 4 + [0] * 4, [0] * 4 + [1] * 4], table)
    assert ranges(system, table, [0])[0] == (1, 4)


@pytest.mark.parametrize(
    ("change", "counts"),
    [([2, -2], True), ([4, -4], False), ([-4, 4], False), ([2, -1], False)],
)
def test_only_changes_within_all_bounds_that_keep_every_sum_count(
    change: list[int], counts: bool
) -> None:
    """One may be 1 to 7 and the other anything, whichever comes first."""
    for turn in (1, -1):
        lower, upper = np.array([1, -99])[::turn], np.array([7, 99])[::turn]
        system = replace(of_small_numbers([[1, 1]]), lower=lower, upper=upper)
        table = np.array([4, 4])
        seen = Witnessed(table.copy(), table.copy())
        moved = np.array(change)[::turn]
        exchanges._take_in(system, table, sparse.csc_array(moved[:, np.newaxis]), seen)
        now = set(zip(seen.lowest.tolist(), seen.highest.tolist(), strict=True))
        assert (now != {(4, 4)}) == counts


def test_of_a_cell_in_several_witnesses_the_lowest_and_the_highest_count() -> None:
    seen = Witnessed(np.array([5]), np.array([5]))
    seen.add(np.array([0, 0, 0]), np.array([3, 9, 4]))
    assert (seen.lowest.tolist(), seen.highest.tolist()) == ([3], [9])


def test_nobody_is_moved_for_a_cell_that_is_not_wanted() -> None:
    system = of_small_numbers([[1, 1, 0, 0], [0, 0, 1, 1]])
    assert ranges(system, [4] * 4, [0]) == [(1, 7), (1, 7), (4, 4), (4, 4)]


@pytest.mark.parametrize("sense", [1, -1])
def test_of_many_partners_those_that_can_give_most_are_asked_first(sense: int) -> None:
    """Of twelve others in one sum nine have nothing to give, and three have a person each."""
    table = [4] * 13
    system = of_people([[1] * 13], table)
    room = np.array([3, *[0] * 9, *[1] * 3])
    lower = np.array(table) - (room if sense > 0 else 3)
    upper = np.array(table) + (3 if sense > 0 else room)
    system = replace(system, lower=lower, upper=upper)
    found = ranges(system, table, [0])
    assert found[0][sense > 0] == 4 + 3 * sense
