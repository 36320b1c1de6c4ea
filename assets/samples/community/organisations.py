"""Organisations that keep records of engagement: the board, its places, networks and practices."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from assets.samples.community.draws import Draw, Integers, coded
from assets.samples.country.places import LATEST_MONTH, Places
from assets.samples.months import first_of

# A made-up hospital trust and a made-up programme beside the made-up board.
TRUST, PROGRAMME = "RZZ", "GB-COH-99000003"


@dataclass(frozen=True, slots=True)
class Organisations:
    """Codes and levels of the organisations, element by element; places are sub-ICB locations."""

    codes: tuple[str, ...]
    levels: tuple[str, ...]

    def of_level(self, level: str) -> Integers:
        """Positions of the organisations of a level."""
        return np.flatnonzero(np.array(self.levels) == level)

    def drawn(self, draw: Draw, shares: dict[str, float], rows: int) -> dict[str, pl.Series]:
        """Draw ``org_code`` and ``org_level`` per row: first the level, then one of that level."""
        present = [level for level in shares if len(self.of_level(level))]
        bounds = np.cumsum([shares[level] for level in present])
        level = np.searchsorted(bounds, draw.random(rows) * bounds[-1], side="right")
        position = np.zeros(rows, dtype=np.int64)
        for number, name in enumerate(present):
            chosen = level == number
            position[chosen] = draw.choice(self.of_level(name), int(chosen.sum()))
        return self.columns(position)

    def columns(self, position: Integers) -> dict[str, pl.Series]:
        """Return ``org_code`` and ``org_level`` of organisations by position."""
        return {
            "org_code": coded(self.codes, position),
            "org_level": coded(self.levels, position),
        }


def organisations(places: Places, board: str) -> Organisations:
    """Return who keeps records: the organisations of September 2025, however late the sample."""
    on = first_of(LATEST_MONTH)
    networks = sorted(
        {network.code for p in places.practices if (network := p.network_on(on)) is not None}
    )
    areas = sorted({practice.sub_icb.code for practice in places.practices})
    practices = [practice.code for practice in places.practices if practice.open_on(on)]
    by_level = {
        "icb": [board], "trust": [TRUST], "programme": [PROGRAMME], "place": areas,
        "pcn": networks, "practice": practices,
    }  # fmt: skip
    return Organisations(
        tuple(code for codes in by_level.values() for code in codes),
        tuple(level for level, codes in by_level.items() for _ in codes),
    )
