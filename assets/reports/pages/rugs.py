"""The tartan rug of a page: what England has a value of, in every area of one level below."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from assets.reports import wording
from assets.reports.figures.estimate import Estimate
from assets.reports.figures.figure import Figure
from assets.reports.figures.rug import Cell, rug
from assets.reports.open_release import OpenRelease
from assets.reports.pages.area_lines import newest_values
from assets.reports.records import Area, Value

# One area alone is a list, not a rug.
_LEAST_AREAS = 2


def rug_of(release: OpenRelease, areas: Sequence[Area], within: str) -> tuple[Figure, ...]:
    """The rug of areas of one level, by name; none where there is nothing to weave.

    Only what areas are compared by with England is in it: local indicators have no England value
    (DOMAIN 0.2, ruling 6). Areas without any value, not open yet for example, are not in it. Of an
    indicator that is counted in several ways one series is in it, the same for every area, and the
    rug says which.
    """
    if not areas:
        return ()
    level = areas[0].area_type
    values = newest_values(release, level, [area.code for area in areas])
    compared = [
        (area, value)
        for area in areas
        for value in values.get(area.code, ())
        if value.benchmark_value is not None and value.indicator_id in release.catalogue
    ]
    series = _series_of([value for _, value in compared])
    counted = {(value.indicator_id, value.series_id) for own in values.values() for value in own}
    ways = Counter(indicator_id for indicator_id, _ in counted)
    cells = [
        _cell(release, area, value, has_other_series=ways[value.indicator_id] > 1)
        for area, value in compared
        if value.series_id == series[value.indicator_id]
    ]
    if len({cell.area_code for cell in cells}) < _LEAST_AREAS:
        return ()
    order = {code: place for place, code in enumerate(release.catalogue)}
    cells.sort(key=lambda cell: order[cell.indicator_id])
    levels = wording.LEVELS[level][1]
    return (rug(cells, key="rug", title=f"{levels} of {within} beside England"),)


def _series_of(values: Sequence[Value]) -> dict[str, str]:
    """One series of each indicator: what most areas have, else as the names of series stand."""
    areas = Counter((value.indicator_id, value.series_id) for value in values)
    named = list(wording.SERIES)
    found: dict[str, str] = {}
    for indicator_id, series_id in sorted(
        areas,
        key=lambda one: (-areas[one], named.index(one[1]) if one[1] in named else len(named), one),
    ):
        found.setdefault(indicator_id, series_id)
    return found


def _cell(release: OpenRelease, area: Area, value: Value, *, has_other_series: bool) -> Cell:
    indicator = release.catalogue[value.indicator_id]
    low, high = value.limits or (None, None)
    return Cell(
        indicator_id=indicator.indicator_id,
        title=indicator.title,
        component=indicator.component_name,
        unit=value.unit or indicator.unit,
        area_code=area.code,
        area=area.name,
        estimate=Estimate(value.value, low, high, value.value_state, value.value_reason or None),
        comparison=value.comparison_95,
        series=wording.series(value.series_id) if has_other_series else "",
    )
