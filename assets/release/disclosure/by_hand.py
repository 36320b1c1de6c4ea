"""Leaks that a reader finds without a solver, and the numbers that give them away.

One relation bounds a cell, that bound another cell of the next relation, and so on: people since
April less those of last month bound the new ones, and these the events of the month. Every step is
on record (``narrowing``), so the way back leads to what was shown.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from assets.release.disclosure.attacker import Flags, System, Whole
from assets.release.disclosure.narrowing import OWN, Narrowed, narrowed

# Of a long way back the nearest numbers do: hiding one of them breaks it.
_MOST_LOOKED_AT = 60


@dataclass(frozen=True)
class LeakByHand:
    """A cell (its place), what is certain of it, and the cells from whose numbers it follows."""

    cell: int
    lower: int
    upper: int
    because: Whole


def leaks_by_hand(known: System) -> Iterator[LeakByHand]:
    """The protected cells that relations bound too narrowly, one relation at a time.

    Raises:
        DisclosureInputError: as ``narrowed``.
    """
    bounds = narrowed(known)
    for cell in np.flatnonzero(too_narrow(known, bounds.lower, bounds.upper)).tolist():
        because = _shown_behind(known, bounds, cell)
        yield LeakByHand(cell, int(bounds.lower[cell]), int(bounds.upper[cell]), because)


def too_narrow(system: System, lower: Whole, upper: Whole) -> Flags:
    """Protected cells of which so much is certain that they do not keep what they have to."""
    is_narrow: Flags = system.is_primary & (
        (lower > system.keep_lower) | (upper < system.keep_upper)
    )
    return is_narrow | (system.is_secondary & (upper - lower < system.keep_width))


def _shown_behind(known: System, bounds: Narrowed, cell: int) -> Whole:
    """Cells nobody protects whose own bounds the bounds of a cell go back to, the nearest first."""
    is_low = not known.is_primary[cell] or bool(bounds.lower[cell] > known.keep_lower[cell])
    is_high = not known.is_primary[cell] or bool(bounds.upper[cell] < known.keep_upper[cell])
    # Each way: a cell, and whether it is its lower bound that counts.
    waiting = deque([(cell, True)] * is_low + [(cell, False)] * is_high)
    met = set(waiting)
    shown: dict[int, None] = {}
    while waiting:
        here, is_lower = waiting.popleft()
        row = int((bounds.raised_by if is_lower else bounds.lowered_by)[here])
        if row == OWN and not known.is_protected[here]:
            shown[here] = None
        elif row != OWN and len(met) < _MOST_LOOKED_AT:
            ways = set(_ways_of(known, row, here, is_lower=is_lower)) - met
            met |= ways
            waiting.extend(sorted(ways))
    return np.array(list(shown), dtype=np.int64)


def _ways_of(known: System, row: int, cell: int, *, is_lower: bool) -> Iterator[tuple[int, bool]]:
    """The bounds of the other cells of a relation that a bound of one of them follows from."""
    weights = known.weights
    stretch = slice(weights.indptr[row], weights.indptr[row + 1])
    cells, shares = weights.indices[stretch].tolist(), weights.data[stretch].tolist()
    own = shares[cells.index(cell)]
    for other, share in zip(cells, shares, strict=True):
        if other != cell:
            # What is added on the same side counts from its other end.
            yield other, is_lower != (share * own > 0)
