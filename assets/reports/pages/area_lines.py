"""What the pages of areas read: newest values beside England and beside practices alike.

Read for many areas at once, so that thousands of pages need a handful of queries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from assets.reports.open_release import OpenRelease
from assets.reports.records import IN_DISTRIBUTIONS, VALUE_COLUMNS, Indicator, Value

# Fewer practices than this say nothing of their fifth, and might say something of one of them.
LEAST_ALIKE = 5


@dataclass(frozen=True, slots=True)
class Alike:
    """Practices of the same deprivation fifth: the middle one, the middle half, how many."""

    lower_quartile: float
    median: float
    upper_quartile: float
    practices: int


@dataclass(frozen=True, slots=True)
class Line:
    """One indicator of one area in one series, as a row of its page.

    ``england`` is the value that the area was compared with; None where nothing is compared.
    """

    indicator: Indicator
    value: Value
    has_other_series: bool
    england: Value | None
    alike: Alike | None


Period = tuple[str, str, date]


@dataclass(frozen=True, slots=True)
class Comparisons:
    """What areas are set beside: England and, for practices, each deprivation fifth."""

    england: Mapping[Period, Value]
    alike: Mapping[tuple[str, str, date, int], Alike]


def comparisons(release: OpenRelease) -> Comparisons:
    """Read once for all areas; keys are indicator, series, last day and, for fifths, the fifth."""
    england = release.values("england_values where category_type = 'all' and value is not null")
    return Comparisons(
        england={(v.indicator_id, v.series_id, v.period_end): v for v in england},
        alike={
            (indicator_id, series_id, period_end, fifth): Alike(low, median, high, practices)
            for indicator_id, series_id, period_end, fifth, low, median, high, practices in (
                release.rows(_ALIKE, [LEAST_ALIKE])
            )
        },
    )


def newest_values(
    release: OpenRelease, area_type: str, codes: Sequence[str]
) -> dict[str, list[Value]]:
    """The newest value of each indicator and series, by area.

    On today's membership where there is a value, otherwise on that of the time, which says so.
    """
    found: dict[str, list[Value]] = {}
    for row in release.rows(_NEWEST, [area_type, list(codes)]):
        value = Value(*row)
        found.setdefault(value.area_code, []).append(value)
    return found


def history(release: OpenRelease, area_type: str, codes: Sequence[str]) -> dict[str, list[Value]]:
    """Every period of the indicators of areas, by area, oldest first, on every basis."""
    found: dict[str, list[Value]] = {}
    for row in release.rows(_HISTORY, [area_type, list(codes)]):
        value = Value(*row)
        found.setdefault(value.area_code, []).append(value)
    return found


def lines(
    release: OpenRelease, values: Sequence[Value], beside: Comparisons, fifth: int | None
) -> list[tuple[str, list[Line]]]:
    """The values of one area as rows, by component; ``fifth`` is a practice's deprivation fifth."""
    of_indicator: dict[str, list[Value]] = {}
    for value in values:
        of_indicator.setdefault(value.indicator_id, []).append(value)
    grouped = []
    for indicators in release.components().values():
        rows = [
            _line(indicator, value, len(of_indicator[indicator.indicator_id]) > 1, beside, fifth)
            for indicator in indicators
            for value in of_indicator.get(indicator.indicator_id, ())
        ]
        if rows:
            grouped.append((indicators[0].component_name, rows))
    return grouped


def _line(
    indicator: Indicator,
    value: Value,
    has_other_series: bool,
    beside: Comparisons,
    fifth: int | None,
) -> Line:
    period = (value.indicator_id, value.series_id, value.period_end)
    england = beside.england.get(period) if value.benchmark_value is not None else None
    alike = beside.alike.get((*period, fifth)) if fifth is not None else None
    return Line(indicator, value, has_other_series, england, alike)


_NEWEST = f"""
select {VALUE_COLUMNS}
from latest_values
where area_type = ? and category_type = 'all'
    and area_code in (select unnest(cast(? as varchar[])))
qualify row_number() over (
    partition by indicator_id, area_code, series_id
    order by value is not null desc, hierarchy_basis = 'as_is' desc, hierarchy_basis
) = 1
order by area_code, indicator_id, period_end desc, series_id
"""

_HISTORY = f"""
select {VALUE_COLUMNS}
from indicator_values
where area_type = ? and category_type = 'all'
    and area_code in (select unnest(cast(? as varchar[])))
order by area_code, indicator_id, series_id, hierarchy_basis, period_end
"""

# Released values alone, so that nothing shows of a practice whose value is withheld.
_ALIKE = f"""
select
    v.indicator_id, coalesce(v.series_id, ''), v.period_end, p.deprivation_quintile,
    quantile_cont(v.value, 0.25), quantile_cont(v.value, 0.5), quantile_cont(v.value, 0.75),
    count(*)
from latest_values as v
inner join practice_profile as p on v.area_code = p.practice_code
where
    v.area_type = 'practice' and v.category_type = 'all' and v.value is not null
    and {IN_DISTRIBUTIONS} and p.deprivation_quintile is not null
group by v.indicator_id, v.series_id, v.period_end, p.deprivation_quintile
having count(*) >= ?
"""
