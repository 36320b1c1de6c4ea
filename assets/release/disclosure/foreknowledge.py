"""What is known of hidden cells before any number is released, and so cannot be a leak.

That a primary cell lies in 1 to 7 is not all. Zeros are shown, public lists are public, earlier
releases are out, and sums are sums: of a public list of five people nobody hides seven, and a small
sum of seven hidden practices is seven. No hiding changes that, so no cell has to keep more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import polars as pl

from assets.release.disclosure.attacker import System, Whole, reduced
from assets.release.disclosure.blocks import connected_blocks
from assets.release.disclosure.cells import UNBOUNDED
from assets.release.disclosure.fitting import fitting_table
from assets.release.disclosure.neighbourhood import Settlement, Wanted
from assets.release.disclosure.neighbours import Neighbours
from assets.release.disclosure.surroundings import NEAR, move_around
from assets.release.disclosure.witnesses import Witnessed, move_from_afar


def keeping_less(known: System, lower: Whole, upper: Whole) -> System:
    """The same knowledge; no cell keeps more than its bounds before anything was released."""
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
    asked = _asking_for_more(system, leaks)
    seen = Witnessed(table.copy(), table.copy())
    neighbours = Neighbours(system.weights)
    move_around(asked, neighbours, table, asked.is_protected, seen, NEAR)
    # Of a year of England's referrals, with the release of before: all but a few that are foreknown
    # are found here, where each by itself would take a look at half the country (2026-11-27).
    move_from_afar(asked, neighbours, table, asked.is_protected, seen)
    settlement = Settlement(asked, neighbours, table, seen)
    found = set()
    for cell in np.flatnonzero(seen.is_lacking(asked)).tolist():
        # A leak on either side is none only if both are foreknown.
        lower, upper, width = asked.keep_lower[cell], asked.keep_upper[cell], asked.keep_width[cell]
        value = int(table[cell])
        if asked.is_secondary[cell]:
            wanted = [Wanted(value, value, int(width))]
        else:
            wanted = [Wanted(int(lower), value, 0), Wanted(value, int(upper), 0)]
            wanted = [more for more in wanted if not more.is_met_by(value, value)]
        settled = [settlement.decide(cell, more) for more in wanted]
        if not any(one.can_be for one in settled):
            found.add(str(system.cell_ids[cell]))
    return found


def _asking_for_more(system: System, leaks: Mapping[str, tuple[int, int]]) -> System:
    """The same knowledge, asking of each leaking cell for a little more than it was found to have.

    For one person more, or less, on a side where the leak is, of a primary cell; for one value
    more of a secondary one. Nothing is asked of any other cell.
    """
    found = pl.DataFrame(
        [(cell_id, *bounds) for cell_id, bounds in leaks.items()],
        schema={"cell_id": pl.String, "lower": pl.Int64, "upper": pl.Int64},
        orient="row",
    )
    placed = pl.DataFrame({"cell_id": system.cell_ids}).join(
        found, on="cell_id", how="left", maintain_order="left"
    )
    is_leak = placed["lower"].is_not_null().to_numpy()
    lower = placed["lower"].fill_null(0).to_numpy()
    upper = placed["upper"].fill_null(0).to_numpy()
    return replace(
        system,
        keep_lower=np.where(lower > system.keep_lower, lower - 1, UNBOUNDED),
        keep_upper=np.where(upper < system.keep_upper, upper + 1, -UNBOUNDED),
        keep_width=upper - lower + 1,
        is_primary=system.is_primary & is_leak,
        is_secondary=system.is_secondary & is_leak,
    )
