"""The pictures of an indicator's page: England over time, boards beside one another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from assets.reports import wording
from assets.reports.figures.bars import Bar, bars
from assets.reports.figures.estimate import Estimate
from assets.reports.figures.figure import Figure
from assets.reports.figures.funnel import Area as FunnelArea
from assets.reports.figures.funnel import funnel
from assets.reports.figures.tile_map import Board, tile_map
from assets.reports.figures.trend import ENGLAND, Point, apart, trend
from assets.reports.open_release import OpenRelease
from assets.reports.pages.area_figures import estimate_of
from assets.reports.pages.gradients import INEQUALITY_OF, figure_of, read_gradients
from assets.reports.pages.indicator_values import Level
from assets.reports.records import Indicator, Value

# A line needs two ends, an order two areas, and a funnel some areas that chance could spread.
_LEAST_POINTS = 2
_LEAST_BOARDS = 2
_LEAST_IN_FUNNEL = 3


def england_trends(indicator: Indicator, values: Sequence[Value]) -> list[Figure]:
    """England over time, one picture for each way of counting that overlaps another.

    A way of counting that has no number at all is told in the table, not drawn.
    """
    counted = {value.series_id for value in values if value.value is not None}
    values = [value for value in values if value.series_id in counted]
    points = [
        Point(ENGLAND, v.series_id, v.period_start, v.period_end, estimate_of(v)) for v in values
    ]
    unit = values[-1].unit if values else indicator.unit
    words = {value.series_id: wording.series(value.series_id) for value in values}
    found = []
    for place, group in enumerate(apart(points)):
        if sum(point.estimate.value is not None for point in group) < _LEAST_POINTS:
            continue
        series = {point.series_id for point in group}
        judged = [v for v in values if v.series_id in series and v.trend != "not assessed"]
        found.append(
            trend(
                group,
                key=f"england-{place + 1}",
                title=_title("England over time", series, len(words), words),
                area=ENGLAND,
                unit=unit,
                series_words={name: words[name] for name in series},
                trend_words=judged[-1].trend if judged else None,
            )
        )
    return found


def board_figures(
    release: OpenRelease, indicator: Indicator, level: Level, england: Value | None
) -> Iterator[Figure]:
    """Boards beside one another, where the indicator is compared with England."""
    newest = level.newest
    if indicator.benchmark == "none" or newest is None:
        return
    now = [value for value in level.values if value.period_end == newest.period_end]
    if sum(value.value is not None for value in now) < _LEAST_BOARDS:
        return
    period = wording.period(newest.period_start, newest.period_end)
    benchmark = estimate_of(england) if england is not None else None
    yield bars(
        [_bar(release, indicator, value) for value in now],
        key="boards",
        title="Integrated care boards, highest value first",
        unit=newest.unit,
        period=period,
        england=benchmark,
    )
    if (drawn := _funnel(release, indicator, now, england, period)) is not None:
        yield drawn
    surely = _comparisons_998(release, newest)
    yield tile_map(
        [_board(release, value, surely) for value in now],
        key="map",
        title="Integrated care boards on a map of equal tiles",
        unit=newest.unit,
        period=period,
    )


def gradient_figures(release: OpenRelease, indicator: Indicator) -> list[Figure]:
    """How England's values lie across deprivation, of the indicator or of the one it is about."""
    about = INEQUALITY_OF.get(indicator.indicator_id, indicator.indicator_id)
    found = [one for one in read_gradients(release, about) if one.area_type == "england"]
    return [
        figure_of(
            one,
            ENGLAND,
            f"{release.catalogue[about].title}, England: {wording.series(one.series_id)}",
        )
        for one in found
        if any(fifth.population for fifth in one.fifths)
    ]


def has_design_effect(indicator: Indicator) -> bool:
    """Whether chance spreads values wider than their number of answers says, as weights do."""
    return indicator.is_survey


def _title(first: str, series: set[str], of: int, words: Mapping[str, str]) -> str:
    if of == 1:
        return first
    return f"{first}: {' and '.join(sorted(words[name] for name in series))}"


def _bar(release: OpenRelease, indicator: Indicator, value: Value) -> Bar:
    base = value.unweighted_base if indicator.is_survey else None
    return Bar(
        code=value.area_code,
        name=_name(release, value.area_code),
        area_type=value.area_type,
        estimate=estimate_of(value),
        comparison=value.comparison_95,
        base=base if base is not None or value.denominator is None else round(value.denominator),
    )


def _funnel(
    release: OpenRelease,
    indicator: Indicator,
    values: Sequence[Value],
    england: Value | None,
    period: str,
) -> Figure | None:
    """The funnel of chance around England's share; None where it would mislead or has nobody."""
    if has_design_effect(indicator) or england is None or england.value is None:
        return None
    areas = [
        FunnelArea(_name(release, value.area_code), value.value, round(value.denominator))
        for value in values
        if value.unit == "proportion" and value.value is not None and value.denominator
    ]
    if len(areas) < _LEAST_IN_FUNNEL:
        return None
    return funnel(
        areas,
        key="funnel",
        title="Integrated care boards and what chance alone would spread",
        average=england.value,
        period=period,
        what=("board", "boards"),
    )


def _board(release: OpenRelease, value: Value, surely: Mapping[str, str | None]) -> Board:
    return Board(
        value.area_code,
        _name(release, value.area_code),
        estimate_of(value)
        if value.value is not None
        else Estimate(None, state=value.value_state, reason=value.value_reason or None),
        surely.get(value.area_code),
    )


def _comparisons_998(release: OpenRelease, newest: Value) -> dict[str, str | None]:
    """The release's words at 99.8 % by board: of many comparisons a map shows only these."""
    return dict(
        release.rows(
            "select area_code, max(comparison_998) from latest_values where indicator_id = ? "
            "and area_type = ? and series_id = ? and period_end = ? and category_type = 'all' "
            "group by area_code",
            [newest.indicator_id, newest.area_type, newest.series_id, newest.period_end],
        )
    )


def _name(release: OpenRelease, code: str) -> str:
    area = release.areas.get(code)
    return area.name if area else code
