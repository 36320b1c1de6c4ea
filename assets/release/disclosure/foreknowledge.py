"""What is known of hidden cells before any number is released, and so cannot be a leak.

That a primary cell lies in 1 to 7 is not all. Zeros are shown, public lists are public, and sums
are sums: of a public list of five people nobody hides seven, and a small sum of seven hidden
practices is seven. No hiding changes that, so no cell has to keep more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import polars as pl

from assets.release.disclosure.attacker import System, reduced
from assets.release.disclosure.blocks import connected_blocks
from assets.release.disclosure.fitting import fitting_table
from assets.release.disclosure.narrowing import narrowed
from assets.release.disclosure.neighbourhood import Settlement, Wanted
from assets.release.disclosure.witnesses import Witnessed


def keeping_less(known: System, foreknown: System) -> System:
    """The same knowledge; cells keep no more than what follows by hand from what is foreknown."""
    lower, upper = narrowed(foreknown)
    return replace(
        known,
        keep_lower=np.maximum(known.keep_lower, lower),
        keep_upper=np.minimum(known.keep_upper, upper),
        keep_width=np.minimum(known.keep_width, upper - lower),
    )


def foreknown_leaks(
    leaks: Mapping[str, tuple[int, int]], foreknown: System, fitting: pl.DataFrame | None
) -> set[str]:
    """Cells among leaks (``cell_id`` and what is known of it) that are foreknown as narrowly.

    ``keeping_less`` has left out what follows by hand; this asks the solver.
    """
    system = reduced(foreknown)
    blocks = connected_blocks(system.weights)
    has_leak = np.zeros(blocks.count, dtype=bool)
    has_leak[blocks.of_cell[system.cell_ids.is_in(list(leaks)).to_numpy()]] = True
    system = system.part(has_leak[blocks.of_cell], has_leak[blocks.of_relation])
    table = fitting_table(system, fitting)
    seen = Witnessed(table.copy(), table.copy())
    settlement = Settlement(system, table, seen, *narrowed(system))
    found = set()
    for cell_id, (lower, upper) in leaks.items():
        cell = int(system.cell_ids.search_sorted(cell_id))
        value = int(table[cell])
        if system.is_secondary[cell]:
            # One more value than is known.
            wanted = [Wanted(value, value, upper - lower + 1)]
        else:
            # One more person, or one less, on a side where the leak is.
            wanted = []
            if lower > system.keep_lower[cell]:
                wanted.append(Wanted(lower - 1, value, 0))
            if upper < system.keep_upper[cell]:
                wanted.append(Wanted(value, upper + 1, 0))
        if not any(settlement.decide(cell, more).can_be for more in wanted):
            found.add(cell_id)
    return found
