"""A reader of several releases, who knows which counts were revised between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from disclosure_tables import Relations
from numpy.typing import NDArray
from scipy import optimize

from assets.release.disclosure.control import Controlled
from assets.release.disclosure.profile import Profile

_FAR = 10_000


@dataclass(frozen=True)
class Published:
    """The true counts of a release, how they add up, and what was published of them."""

    counts: Mapping[str, int]
    of: Relations
    controlled: Controlled


def learnt(releases: Sequence[Published], profile: Profile) -> dict[str, tuple[int, int]]:
    """Hidden cells that can be bounded more tightly than they have to be, and by what.

    Solves for whole numbers, a variable for every count of a cell. Written from DOMAIN 7.3 and not
    from the proof. That zeros are shown and which numbers are small is known anyway, and what
    earlier releases showed of counts that were revised since: nothing that is hidden now undoes it.
    """
    places: dict[tuple[str, int], int] = {}
    for release in releases:
        for cell in release.counts.items():
            places.setdefault(cell, len(places))
    knows, anyway = (np.tile([0, _FAR], (len(places), 1)) for _ in range(2))
    hidden: set[tuple[str, int]] = set()
    shown: set[tuple[str, int]] = set()
    for number, release in enumerate(releases, start=1):
        for row in release.controlled.cells.iter_rows(named=True):
            cell = (row["cell_id"], release.counts[row["cell_id"]])
            (hidden if row["state"] == "hidden" else shown).add(cell)
            is_old = number < len(releases)
            for bounds, is_told in ((knows, True), (anyway, is_old or cell[1] == 0)):
                low, high = _range(row, profile, is_told=is_told)
                place = places[cell]
                bounds[place] = max(bounds[place, 0], low), min(bounds[place, 1], high)
    sums = np.array([list(_sum(weights, len(places))) for weights in _sums(releases, places)])
    found = {}
    for name, count in sorted(hidden - shown):
        place = places[name, count]
        low, high = _reach(sums, knows, place)
        may_low, may_high = _reach(sums, anyway, place)
        if 1 <= count <= profile.most_hidden_count:
            is_less = (low, high) != (may_low, may_high)
        else:
            is_less = high - low < min(profile.least_width, may_high - may_low)
        if is_less:
            found[f"{name} of {count}"] = (low, high)
    return found


def _range(row: Mapping[str, object], profile: Profile, *, is_told: bool) -> tuple[int, int]:
    number = row["released_count"]
    if row["rule"] == "primary":
        return 1, profile.most_hidden_count
    if not isinstance(number, int) or not is_told:
        return 1, _FAR
    if row["is_exact"] or number == 0:
        return number, number
    half = profile.round_to // 2
    return max(number - half, profile.most_hidden_count + 1), number + half


def _sums(
    releases: Sequence[Published], places: Mapping[tuple[str, int], int]
) -> Iterator[dict[int, int]]:
    for release in releases:
        for total, members in release.of.values():
            cells = [(member, 1) for member in members] + [(total, -1)]
            yield {places[cell, release.counts[cell]]: weight for cell, weight in cells}


def _sum(weights: Mapping[int, int], count: int) -> Iterator[int]:
    return (weights.get(place, 0) for place in range(count))


def _reach(sums: NDArray[np.int64], bounds: NDArray[np.int64], place: int) -> tuple[int, int]:
    reached = []
    for sense in (1, -1):
        objective = np.zeros(len(bounds))
        objective[place] = sense
        solved = optimize.linprog(
            objective,
            A_eq=sums,
            b_eq=np.zeros(len(sums)),
            bounds=bounds,
            integrality=np.ones(len(bounds)),
        )
        assert solved.status == 0, solved.message
        reached.append(sense * round(solved.fun))
    return reached[0], reached[1]
