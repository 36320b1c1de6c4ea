"""What is known of hidden cells before any number is released, and so cannot be a leak.

That a primary cell lies in 1 to 7 is not all. Zeros are shown, public lists are public, earlier
releases are out, and sums are sums: of a public list of five people nobody hides seven, and a small
sum of seven hidden practices is seven. No hiding changes that, so no cell has to keep more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from assets.release.disclosure.attacker import System, Whole, reduced
from assets.release.disclosure.blocks import connected_blocks
from assets.release.disclosure.cells import UNBOUNDED
from assets.release.disclosure.fitting import fitting_table
from assets.release.disclosure.narrowing import narrowed
from assets.release.disclosure.neighbourhood import Settlement, Wanted
from assets.release.disclosure.neighbours import Neighbours
from assets.release.disclosure.surroundings import NEAR, move_around
from assets.release.disclosure.witnesses import Witnessed, move_from_afar


@dataclass(frozen=True)
class Foreknown:
    """What every cell can be at most, whatever is released of it: how low, how high, how wide."""

    lower: Whole
    upper: Whole
    width: Whole

    @classmethod
    def by_hand(cls, anyway: System) -> Foreknown:
        """What follows from one relation at a time of what is known anyway.

        Raises:
            DisclosureInputError: names a cell that would have to be more than it can be.
        """
        bounds = narrowed(anyway)
        return cls(bounds.lower, bounds.upper, bounds.upper - bounds.lower)

    def and_of(self, cells: Whole, bounds: Sequence[tuple[int, int]]) -> Foreknown:
        """The same, with the bounds that were found of some cells, in the order of these."""
        lower, upper = np.array(bounds, dtype=np.int64).reshape(-1, 2).T
        found = Foreknown(self.lower.copy(), self.upper.copy(), self.width.copy())
        found.lower[cells] = np.maximum(self.lower[cells], lower)
        found.upper[cells] = np.minimum(self.upper[cells], upper)
        found.width[cells] = np.minimum(self.width[cells], upper - lower)
        return found

    def limits(self, known: System) -> System:
        """The same knowledge; no cell keeps more than it could before anything was released."""
        return replace(
            known,
            keep_lower=np.maximum(known.keep_lower, self.lower),
            keep_upper=np.minimum(known.keep_upper, self.upper),
            keep_width=np.minimum(known.keep_width, self.width),
        )


def foreknown_leaks(
    leaks: Mapping[str, tuple[int, int]], anyway: System, fitting: pl.DataFrame | None
) -> set[str]:
    """Cells among leaks (``cell_id`` and bounds of it) that are foreknown as narrowly as that.

    What follows by hand was left out before (``Foreknown``); this asks the solver. Bounds of a leak
    are what was found first: it may be known more narrowly still, and that be none of it.
    """
    system = reduced(anyway)
    blocks = connected_blocks(system.weights)
    has_leak = np.zeros(blocks.count, dtype=bool)
    has_leak[blocks.of_cell[system.cell_ids.is_in(list(leaks)).to_numpy()]] = True
    system = system.part(has_leak[blocks.of_cell], has_leak[blocks.of_relation])
    table = fitting_table(system, fitting)
    asked = _asking_for_more(system, leaks)
    seen = Witnessed(table.copy(), table.copy())
    neighbours = Neighbours(system.weights)
    move_around(asked, neighbours, table, asked.is_protected, seen, NEAR)
    # What is left would each take a look at half the country (a year of England's referrals, with
    # the release of before, 2026-11-27).
    move_from_afar(asked, neighbours, table, asked.is_protected, seen)
    settlement = Settlement(asked, neighbours, table, seen)
    found = set()
    for cell in np.flatnonzero(seen.is_lacking(asked)).tolist():
        # A leak on either side is none only if both are foreknown.
        if not any(settlement.decide(cell, more).can_be for more in _more_of(asked, cell)):
            found.add(str(system.cell_ids[cell]))
    return found


def _more_of(asked: System, cell: int) -> list[Wanted]:
    """What is asked of a cell, side by side."""
    if asked.is_secondary[cell]:
        return [Wanted(UNBOUNDED, -UNBOUNDED, int(asked.keep_width[cell]))]
    lower, upper = int(asked.keep_lower[cell]), int(asked.keep_upper[cell])
    sides = [Wanted(lower, -UNBOUNDED, 0), Wanted(UNBOUNDED, upper, 0)]
    return [side for side in sides if side != Wanted(UNBOUNDED, -UNBOUNDED, 0)]


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
