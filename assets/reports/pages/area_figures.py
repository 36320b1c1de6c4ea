"""The pictures of an area's page: its spines beside England, and its values over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from assets.reports import wording
from assets.reports.figures.estimate import Estimate
from assets.reports.figures.figure import Figure
from assets.reports.figures.spine import Spine, Spread, spine
from assets.reports.figures.trend import ENGLAND, Point, apart, trend
from assets.reports.open_release import OpenRelease
from assets.reports.pages.area_lines import Comparisons, Line
from assets.reports.records import IN_DISTRIBUTIONS, Area, Indicator, Value

# Fewer areas than this have no middle half worth drawing.
_LEAST_AREAS = 5
# More would be binary dust, a dozen bytes for each number of 8,000 pages.
_DECIMALS = 9
# A line needs two ends.
_LEAST_POINTS = 2
# Months of a practice or network are few people: charts of months belong to boards (DOMAIN 9.2),
# and 7,600 pages of them would be half as large again.
SMALL = frozenset({"practice", "pcn"})


@dataclass(frozen=True, slots=True)
class Spreads:
    """How the areas of each level lie, by level, indicator, series and last day."""

    by_period: Mapping[tuple[str, str, str, date], Spread]


def read_spreads(release: OpenRelease) -> Spreads:
    """Read once for all areas."""
    return Spreads(
        {
            (area_type, indicator_id, series_id, period_end): Spread(
                *(round(bound, _DECIMALS) for bound in bounds)
            )
            for area_type, indicator_id, series_id, period_end, *bounds in (
                release.rows(_SPREADS, [_LEAST_AREAS])
            )
        }
    )


def figures_of(
    area: Area,
    lines: Sequence[Line],
    earlier: Sequence[Value],
    beside: Comparisons,
    spreads: Spreads,
) -> tuple[Figure, ...]:
    """The pictures of one area: spines of what England has too, then one trend per indicator."""
    return (*_spines(area, lines, spreads), *_trends(area, lines, earlier, beside))


def estimate_of(value: Value) -> Estimate:
    """A value as pictures take it, its limits with as many decimals as the survey prints."""
    low, high = (
        (round(limit, _DECIMALS) for limit in value.limits) if value.limits else (None, None)
    )
    return Estimate(value.value, low, high, value.value_state, value.value_reason or None)


def _spines(area: Area, lines: Sequence[Line], spreads: Spreads) -> Sequence[Figure]:
    shown = [
        Spine(
            title=line.indicator.title,
            period=wording.period(line.value.period_start, line.value.period_end),
            unit=line.value.unit,
            polarity=line.indicator.polarity,
            estimate=estimate_of(line.value),
            england=line.england.value,
            spread=_spread_around(area, line.value, spreads),
            comparison=line.value.comparison_95,
        )
        for line in lines
        if line.england is not None
    ]
    if not any(one.spread for one in shown):
        return ()
    levels = wording.LEVELS[area.area_type][1]
    title = f"{wording.short_area(area.name)} beside England and other {_lower(levels)}"
    return (spine(shown, key="spine", title=title, area=wording.short_area(area.name)),)


def _spread_around(area: Area, value: Value, spreads: Spreads) -> Spread | None:
    # A value that is no part of the others has no place between the worst and the best of them.
    if not value.is_in_distributions:
        return None
    of = (area.area_type, value.indicator_id, value.series_id, value.period_end)
    return spreads.by_period.get(of)


def _trends(
    area: Area, lines: Sequence[Line], earlier: Sequence[Value], beside: Comparisons
) -> Sequence[Figure]:
    kept: dict[tuple[str, str], list[Value]] = {}
    for value in earlier:
        kept.setdefault((value.indicator_id, value.hierarchy_basis), []).append(value)
    found = []
    for line in {line.indicator.indicator_id: line for line in reversed(lines)}.values():
        indicator = line.indicator
        if area.area_type in SMALL and indicator.cadence == "monthly":
            continue
        own = kept.get((indicator.indicator_id, line.value.hierarchy_basis), [])
        found += _trends_of(area, indicator, own, beside)
    return found[::-1]


def _trends_of(
    area: Area, indicator: Indicator, own: Sequence[Value], beside: Comparisons
) -> list[Figure]:
    name = wording.short_area(area.name)
    found = []
    groups = apart([_point(value, name) for value in own])
    for place, group in enumerate(groups):
        if sum(point.estimate.value is not None for point in group) < _LEAST_POINTS:
            continue
        england = [
            _point(value, ENGLAND)
            for point in group
            if indicator.benchmark != "none"
            and (
                value := beside.england.get(
                    (indicator.indicator_id, point.series_id, point.period_end)
                )
            )
        ]
        series = {point.series_id: wording.series(point.series_id) for point in group}
        newest = max(own, key=lambda value: value.period_end)
        found.append(
            trend(
                [*group, *england],
                key=f"trend-{indicator.indicator_id}" + (f"-{place + 1}" if place else ""),
                title=_title(indicator, list(series.values()) if len(groups) > 1 else []),
                area=name,
                unit=newest.unit or indicator.unit,
                series_words=series,
                trend_words=newest.trend if newest.trend != "not assessed" else None,
            )
        )
    return found


def _title(indicator: Indicator, series: Sequence[str]) -> str:
    """The title, which says what is counted where pictures stand beside one another."""
    return f"{indicator.title}: {' and '.join(series)}" if series else indicator.title


def _point(value: Value, area: str) -> Point:
    return Point(area, value.series_id, value.period_start, value.period_end, estimate_of(value))


def _lower(words: str) -> str:
    """The name of a level inside a sentence: NHS and GP stay capitals."""
    return words if words[:2].isupper() else words[0].lower() + words[1:]


_SPREADS = f"""
select
    area_type, indicator_id, coalesce(series_id, ''), period_end,
    min(value), quantile_cont(value, 0.25), quantile_cont(value, 0.75), max(value)
from latest_values
where
    category_type = 'all' and value is not null and {IN_DISTRIBUTIONS}
    and hierarchy_basis in ('as_was', 'not_applicable')
    and area_type in ('practice', 'pcn', 'sub_icb', 'icb', 'region')
group by all
having count(*) >= ?
"""
