"""What the page of an indicator reads: England, and the areas of each level in one series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from assets.reports.open_release import OpenRelease
from assets.reports.records import Area, Indicator, Value

# Levels that stand on the page itself; smaller ones are loaded board by board.
ON_PAGE = ("region", "icb")
BY_BOARD = ("sub_icb", "pcn", "practice")


@dataclass(frozen=True, slots=True)
class Level:
    """The newest values of one level in the series that says most, by name of the area."""

    area_type: str
    values: tuple[Value, ...]
    other_series: tuple[str, ...]

    @property
    def shown(self) -> int:
        """How many areas have a number."""
        return sum(value.value is not None for value in self.values)

    @property
    def newest(self) -> Value | None:
        """The newest value that has a number."""
        found = [value for value in self.values if value.value is not None]
        return max(found, key=lambda value: value.period_end) if found else None


def newest_values(release: OpenRelease, indicator_id: str) -> dict[str, list[Value]]:
    """The newest values of an indicator by type of area, on one membership of areas each.

    Today's membership goes before that of the time, and a number before a reason for none.
    """
    found: dict[str, list[Value]] = {}
    for value in release.values(
        "latest_values where indicator_id = ? qualify row_number() over ("
        "partition by area_type, area_code, series_id, category_type, category "
        "order by value is null, hierarchy_basis = 'as_was', period_end desc) = 1 "
        "order by area_type, area_code, series_id, category_type, category",
        [indicator_id],
    ):
        found.setdefault(value.area_type, []).append(value)
    return found


def level_of(release: OpenRelease, area_type: str, values: Sequence[Value]) -> Level:
    """One level in one series: the one with the newest numbers, and of those with the most.

    An indicator that has no whole, only parts such as courses, is shown in its parts.
    """
    whole = [value for value in values if value.category_type == "all"] or list(values)
    series = sorted({value.series_id for value in whole})

    def says(series_id: str) -> tuple[date, int]:
        own = [v for v in whole if v.series_id == series_id and v.value is not None]
        return max((v.period_end for v in own), default=date.min), len(own)

    lead = max(series, key=says) if series else ""
    kept = [value for value in whole if value.series_id == lead]
    kept.sort(key=lambda value: (*name_key(release, value.area_code), value.category))
    return Level(area_type, tuple(kept), tuple(name for name in series if name != lead))


def name_key(release: OpenRelease, code: str) -> tuple[str, str]:
    """The order of the alphabet, which ranks nobody."""
    area = release.areas.get(code)
    return ((area.name if area else code).casefold(), code)


def england_values(release: OpenRelease, indicator: Indicator) -> list[Value]:
    """Every period of England in one row per series."""
    return release.values(
        "england_values where indicator_id = ? and category_type = 'all' "
        "order by series_id, period_end",
        [indicator.indicator_id],
    )


def boards(release: OpenRelease) -> list[Area]:
    """Boards by name, those that practices lie in."""
    found = {
        area.parents.get("icb", "")
        for area in release.areas.values()
        if area.area_type == "practice"
    }
    return sorted(
        (release.areas[code] for code in found if code in release.areas),
        key=lambda board: (board.name.casefold(), board.code),
    )
