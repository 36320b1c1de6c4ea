"""What is decided about a single cell by looking ever farther around it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from disclosure_tables import chain, of_small_numbers

from assets.release.disclosure import neighbourhood
from assets.release.disclosure.attacker import System
from assets.release.disclosure.neighbourhood import Settlement, Wanted
from assets.release.disclosure.neighbours import Neighbours
from assets.release.disclosure.witnesses import Witnessed


def settlement(system: System, table: list[int]) -> Settlement:
    """Of a table of which nothing else was witnessed yet."""
    counts = np.array(table)
    seen = Witnessed(counts.copy(), counts.copy())
    return Settlement(system, Neighbours(system.weights), counts, seen)


def test_what_gives_a_leak_away_is_what_keeps_it_from_what_is_wanted() -> None:
    """Not the list of nine that keeps it from 1, but the total of eight that keeps it from 7."""
    weights = [[1, 1, 0, 0, 0], [1, 0, 1, 0, 0], [0, 1, 0, 1, 0], [0, 0, 0, 1, 1]]
    system = replace(
        of_small_numbers(weights),
        offset=np.array([-9, -8, -12, -20]),
        lower=np.array([1, 1, 3, 1, 1]),
        upper=np.array([7, 7, 7, 20, 20]),
    )
    settled = settlement(system, [4, 5, 4, 7, 13]).decide(0, Wanted(2, 7, 0))
    assert (settled.can_be, settled.lower, settled.upper) == (False, 2, 5)
    [(relations, prices)] = settled.because
    assert relations[prices != 0].tolist() == [1]


def test_few_cells_decide_about_what_lies_among_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of four people who are two small numbers each is 1 to 3; a chain of nine is more cells."""
    monkeypatch.setattr(neighbourhood, "_NEAR_CELLS", 3)
    small = Wanted(1, 7, 0)

    of_four = settlement(of_small_numbers([[1, 1]], total=4), [2, 2])
    near = of_four.decide_near(0, small)
    assert near is not None
    assert (near.can_be, near.lower, near.upper) == (False, 1, 3)
    of_eight = settlement(chain(2), [4, 4]).decide_near(0, small)
    assert of_eight is not None
    assert of_eight.can_be
    long = settlement(chain(9), [4] * 9)
    assert long.decide_near(0, small) is None
    assert long.decide(0, small).can_be
