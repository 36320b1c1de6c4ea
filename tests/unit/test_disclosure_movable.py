"""Which counts can move while all others stay."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from assets.release.disclosure.movable import Movable
from assets.release.disclosure.neighbours import Neighbours

NAMES = ["a", "b", "network 1", "c", "d", "network 2"]
# Two networks of two practices each, and what both come to in one area that is known.
SUMS = sparse.csr_array([[1, 1, -1, 0, 0, 0], [0, 0, 0, 1, 1, -1], [0, 0, 1, 0, 0, 1]])


def those(*names: str) -> np.ndarray:
    return np.isin(NAMES, names)


def movable_of(*names: str) -> Movable:
    return Movable.of(SUMS, Neighbours(SUMS), those(*names))


def names_in(movable: Movable) -> set[str]:
    return {NAMES[place] for place in movable.cells}


def test_practices_of_a_network_can_change_places_while_it_stays() -> None:
    movable = movable_of("a", "b", "c", "d")
    assert names_in(movable) == {"a", "b", "c", "d"}
    assert movable.weights.toarray().tolist() == [[1, 1, 0, 0], [0, 0, 1, 1]]
    assert movable.of_cell.tolist() == [0, 0, 1, 1]


def test_what_a_sum_holds_fast_cannot_move_nor_what_that_holds() -> None:
    # Of the second network nothing else is free: so it stays, and so does the first.
    movable = movable_of("a", "b", "network 1", "network 2")
    assert names_in(movable) == {"a", "b"}


def test_around_a_count_is_all_that_moves_with_it() -> None:
    movable = movable_of("a", "b", "c", "d")
    around = movable.around(those("d"))
    assert names_in(around) == {"c", "d"}
    assert around.weights.toarray().tolist() == [[1, 1]]
    assert len(movable.around(those("network 1")).cells) == 0
    # Free as well, the networks tie all of it.
    whole = movable_of(*NAMES)
    assert names_in(whole.around(those("d"))) == set(NAMES)


def test_nothing_free_is_nothing_to_move() -> None:
    movable = movable_of()
    assert len(movable.around(those("a")).cells) == 0
