"""How many people each practice has on its list, month by month since January 2018.

Sizes are skewed (log-normal). They are drawn for a few months and run smoothly between them;
before and after, each practice drifts at a pace of its own.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from assets.samples.country.events import Events
from assets.samples.months import span

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

FIRST_MONTH = "2018-01"
# Months whose sizes are drawn; January is when the survey's fieldwork starts.
SNAPSHOTS = ("2024-01", "2025-01", "2025-03", "2025-06", "2025-09")
# Monthly drift outside the drawn months: lists grow a little, not all of them.
_DRIFT, _DRIFT_SPREAD = 0.0005, 0.0012
# A new practice starts with this share of its later list and fills up in half a year.
_FIRST_SHARE, _MONTHS_TO_FILL = 0.35, 6


def draw_list_sizes(
    home: npt.NDArray[np.int64],
    events: Sequence[Events],
    until: str,
    draw: np.random.Generator,
    drift_draw: np.random.Generator,
) -> dict[str, Integers]:
    """Return registered patients per practice by month; 0 where the practice has no list.

    ``home`` is the network of each practice; a closing practice's patients go to a neighbour in
    it. ``until`` is the last month (YYYY-MM).
    """
    count = len(home)
    start = np.clip(np.exp(draw.normal(np.log(8600), 0.52, count)), 1900, 24000)
    for happening in events:
        for position, size in (
            (happening.small, 905), (happening.closes, 2600), (happening.opens, 3100),
        ):  # fmt: skip
            if position < count:
                start[position] = size
    drawn: dict[str, Floats] = {}
    growth: Floats = np.ones(count)
    for month in SNAPSHOTS:
        drawn[month] = start * growth
        growth = growth * (1 + np.clip(draw.normal(0.0015, 0.006, count), -0.02, 0.02))
    sizes = _every_month(drawn, until, drift_draw)
    for happening in events:
        if happening.opens < count:
            _open(sizes, happening)
        if happening.closes < count:
            _close(sizes, home, happening)
    return sizes


def _every_month(
    drawn: dict[str, Floats], until: str, draw: np.random.Generator
) -> dict[str, Integers]:
    """Fill the months between the drawn ones evenly, and drift outside them."""
    months = span(FIRST_MONTH, max(until, SNAPSHOTS[-1]))
    number = {month: position for position, month in enumerate(months)}
    known = [number[month] for month in SNAPSHOTS]
    logs = np.log(np.stack([drawn[month] for month in SNAPSHOTS]))
    drift = draw.normal(_DRIFT, _DRIFT_SPREAD, logs.shape[1])
    sizes = {}
    for month, position in number.items():
        if month in drawn:
            sizes[month] = np.rint(drawn[month]).astype(np.int64)
            continue
        if position < known[0]:
            level = logs[0] + drift * (position - known[0])
        elif position > known[-1]:
            level = logs[-1] + drift * (position - known[-1])
        else:
            after = int(np.searchsorted(known, position))
            share = (position - known[after - 1]) / (known[after] - known[after - 1])
            level = logs[after - 1] * (1 - share) + logs[after] * share
        sizes[month] = np.rint(np.exp(level)).astype(np.int64)
    return sizes


def _open(sizes: dict[str, Integers], happening: Events) -> None:
    """Let a practice have no list before it opens, and fill up in half a year."""
    months = list(sizes)
    for month in months:
        if month < happening.opened:
            sizes[month][happening.opens] = 0
    filling = [month for month in months if month >= happening.opened][:_MONTHS_TO_FILL]
    for age, month in enumerate(filling):
        share = _FIRST_SHARE + (1 - _FIRST_SHARE) * age / _MONTHS_TO_FILL
        sizes[month][happening.opens] = round(sizes[month][happening.opens] * share)


def _close(sizes: dict[str, Integers], home: npt.NDArray[np.int64], happening: Events) -> None:
    """Move a closing practice's patients to a neighbour: a jump in its list that is no growth."""
    spared = (happening.closes, happening.opens, happening.unallocated, happening.small)
    neighbours = np.flatnonzero(home == home[happening.closes])
    heir = next((int(i) for i in neighbours if i not in spared), None)
    for month, listed in sizes.items():
        if month > happening.closed_after:
            if heir is not None:
                listed[heir] += listed[happening.closes]
            listed[happening.closes] = 0
