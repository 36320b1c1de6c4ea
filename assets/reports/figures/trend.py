"""Trend: an area's values and England's over time, with intervals, broken where a series ends.

Two series never share a line (DOMAIN 0, trap 2; 0.2 ruling 11): where one follows another a dashed
line says that the values on either side must not be compared. Nor do two years of a count since
April, which begins anew (trap 8).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

from assets.reports import wording
from assets.reports.figures.estimate import (
    NO_INTERVAL,
    Estimate,
    extent,
    listed,
    number,
    said_in_full,
    unit_title,
    with_interval,
)
from assets.reports.figures.figure import Column, Figure

KIND = "trend"
COLUMNS = (
    Column("area", "Area"),
    Column("when", "Period"),
    Column("value", "Value"),
    Column("lower", "Lower 95% limit"),
    Column("upper", "Upper 95% limit"),
    Column("state", "State of the value"),
    Column("series", "Series"),
    Column("break_words", "Break before this period"),
    Column("role"),
    Column("end"),
    Column("break_at"),
    Column("line"),
)
ENGLAND = "England"
_UNBROKEN = "none"
# More periods than this leave no room for words under those without a number.
_MOST_LABELLED = 8


@dataclass(frozen=True, slots=True)
class Point:
    """One area in one period of one series."""

    area: str
    series_id: str
    period_start: date
    period_end: date
    estimate: Estimate


def apart(points: Iterable[Point]) -> list[list[Point]]:
    """Points in as many groups as there are series side by side in time, one figure each.

    Series that follow one another may stand in one figure, with a break between them; series that
    overlap count something in two ways and may not.
    """
    spans: dict[str, list[Point]] = {}
    for point in points:
        spans.setdefault(point.series_id, []).append(point)
    ordered = sorted(
        spans.values(), key=lambda span: (min(p.period_start for p in span), span[0].series_id)
    )
    groups: list[list[Point]] = []
    for span in ordered:
        start = min(point.period_start for point in span)
        for group in groups:
            if max(point.period_end for point in group) < start:
                group.extend(span)
                break
        else:
            groups.append(list(span))
    return groups


def trend(
    points: Sequence[Point],
    *,
    key: str,
    title: str,
    area: str,
    unit: str,
    series_words: Mapping[str, str] | None = None,
    trend_words: str | None = None,
) -> Figure:
    """The figure of one indicator over time.

    points: the area's own and, where it is compared, England's; series must not overlap in time
    (see ``apart``). series_words: what a series is called. trend_words: the five-period trend in
    the words of the release. Raises ValueError on series that overlap.
    """
    if len(apart(points)) > 1:
        raise ValueError(
            f"figure {key}: series overlap in time; draw one figure for each of trend.apart(points)"
        )
    named = {point.series_id: point.series_id.replace("_", " ") for point in points}
    named |= dict(series_words or {})
    ordered = sorted(points, key=lambda p: (p.area == ENGLAND, p.area, p.period_end))
    breaks = _breaks(ordered, named)
    cumulative = _cumulative(ordered)
    rows = []
    for point in ordered:
        at, words = breaks.pop((point.series_id, point.period_end), (None, _UNBROKEN))
        line = f"{point.series_id} {point.period_start}" if point.series_id in cumulative else ""
        rows.append((*_row(point, area, named, at, words), line or point.series_id))
    tick_words = {point.period_end: _tick(point) for point in ordered}
    return Figure(
        kind=KIND,
        key=key,
        title=title,
        text=_text(ordered, area, unit, named, cumulative, trend_words),
        columns=COLUMNS,
        rows=tuple(rows),
        settings={
            "unit": unit,
            "unit_words": unit_title(unit),
            "domain": extent(point.estimate for point in ordered),
            "area_name": area,
            "roles": sorted({str(row[8]) for row in rows}),
            "ticks": [_milliseconds(end) for end in sorted(tick_words)],
            "tick_words": [tick_words[end] for end in sorted(tick_words)],
            "units": dict.fromkeys(("value", "lower", "upper"), unit),
            "missing": dict.fromkeys(("lower", "upper"), NO_INTERVAL),
        },
    )


def drawing() -> dict[str, Any]:
    """The Vega-Lite drawing of a trend."""
    import altair as alt  # noqa: PLC0415

    from assets.reports.figures import vega  # noqa: PLC0415

    roles = ["area", "england"]
    legend = alt.Legend(
        title=None,
        values=alt.ExprRef("roles"),
        columns=alt.ExprRef("narrow ? 1 : 3"),
        labelExpr="datum.value == 'area' ? area_name : 'England'",
        offset=24,
    )
    colours = alt.Color(
        "role:N",
        scale=alt.Scale(domain=roles, range=[vega.colour("area"), vega.colour("england")]),
        legend=legend,
    )
    shapes = alt.Shape(
        "role:N", scale=alt.Scale(domain=roles, range=["circle", "diamond"]), legend=legend
    )
    x = alt.X(
        "end:T",
        scale=alt.Scale(
            type="utc",
            domain=[alt.ExprRef("ticks[0]"), alt.ExprRef("peek(ticks)")],
            padding=24,
        ),
        axis=alt.Axis(
            title=None,
            values=alt.ExprRef("ticks"),
            labelExpr="tick_words[indexof(ticks, time(datum.value))]",
            labelOverlap="greedy",
            labelSeparation=8,
            grid=False,
        ),
    )
    y = alt.Y("value:Q", scale=vega.value_scale(padding=6), axis=vega.value_axis())
    # Side by side, so that two intervals of one period do not cover each other.
    beside = alt.ExprRef("length(roles) < 2 ? 0 : datum.role == 'area' ? -3 : 3")
    tooltip = [
        alt.Tooltip("area:N", title="Area"),
        alt.Tooltip("when:N", title="Period"),
        alt.Tooltip("said:N", title="Value"),
        alt.Tooltip("between:N", title="95% interval"),
        alt.Tooltip("state:N", title="State"),
    ]
    rows = vega.base().transform_calculate(
        said=f"isValid(datum.value) ? ({number('datum.value')}) : 'no number'",
        absent=(
            "isValid(datum.value) || datum.role != 'area' ? '' : "
            f"length(ticks) > {_MOST_LABELLED} ? '\N{MULTIPLICATION SIGN}' : 'no number'"
        ),
        between=(
            f"isValid(datum.lower) ? ({number('datum.lower')}) + ' to ' + "
            f"({number('datum.upper')}) : '{NO_INTERVAL}'"
        ),
    )
    broken = rows.transform_filter("isValid(datum.break_at)").encode(x=alt.X("break_at:T"))
    shown = rows.transform_filter("isValid(datum.value)")

    def line(role: str, **style: Any) -> Any:
        marked = rows.transform_filter(f"datum.role == '{role}'").mark_line(
            strokeWidth=2.5, xOffset=beside, **style
        )
        return marked.encode(x=x, y=y, color=colours, detail="line:N")

    chart = alt.layer(
        broken.mark_rule(color=vega.colour("muted"), strokeDash=[2, 3], strokeWidth=1.5),
        broken.mark_text(
            text="series break", y=-8, baseline="bottom", color=vega.colour("ink"), fontSize=12
        ),
        shown.transform_filter("isValid(datum.lower)")
        .mark_rule(strokeWidth=2, opacity=0.6, xOffset=beside)
        .encode(x=x, y=alt.Y("lower:Q", title=None), y2="upper:Q", color=colours),
        line("england", strokeDash=[5, 4]),
        line("area"),
        shown.mark_point(filled=True, size=75, opacity=1, xOffset=beside).encode(
            x=x, y=y, color=colours, shape=shapes, tooltip=tooltip
        ),
        rows.mark_text(
            y=alt.ExprRef("height - 4"),
            baseline="bottom",
            fontSize=11,
            color=vega.colour("ink"),
        ).encode(x=x, text="absent:N", tooltip=tooltip),
    ).properties(title=vega.unit_title())
    return vega.finished(
        chart,
        height=280,
        settings={
            "unit": "proportion",
            "unit_words": "",
            "area_name": "",
            "roles": roles,
            "domain": [0, 1],
            "ticks": [0, 1],
            "tick_words": ["", ""],
        },
    )


def _row(
    point: Point, area: str, named: Mapping[str, str], at: date | None, words: str
) -> tuple[Any, ...]:
    estimate = point.estimate
    return (
        point.area,
        wording.period(point.period_start, point.period_end),
        estimate.value,
        estimate.lower,
        estimate.upper,
        estimate.state_words,
        named[point.series_id],
        words,
        "area" if point.area == area else "england",
        point.period_end.isoformat(),
        at.isoformat() if at else None,
    )


def _breaks(
    points: Sequence[Point], named: Mapping[str, str]
) -> dict[tuple[str, date], tuple[date, str]]:
    """Where one series follows another: halfway between them, and which ones they are."""
    spans: dict[str, list[date]] = {}
    for point in points:
        spans.setdefault(point.series_id, []).append(point.period_end)
    ordered = sorted(spans.items(), key=lambda span: min(span[1]))
    found = {}
    for (before, ended), (after, began) in pairwise(ordered):
        first, last = min(began), max(ended)
        halfway = last + timedelta(days=(first - last).days // 2)
        words = f"series break: {named[before]}, then {named[after]}"
        found[after, first] = (halfway, words)
    return found


def _cumulative(points: Iterable[Point]) -> set[str]:
    """Series of which several periods begin on one day: they count on from there."""
    ends: dict[tuple[str, date], set[date]] = {}
    for point in points:
        ends.setdefault((point.series_id, point.period_start), set()).add(point.period_end)
    return {series_id for (series_id, _), found in ends.items() if len(found) > 1}


def _text(
    points: Sequence[Point],
    area: str,
    unit: str,
    named: Mapping[str, str],
    cumulative: Set[str],
    trend_words: str | None,
) -> str:
    own = [point for point in points if point.area == area]
    if not own:
        return f"There is no value of {area} in this release."
    last = own[-1]
    when = wording.period(last.period_start, last.period_end)
    said = [f"{area}, {when}: {with_interval(last.estimate, unit)}."]
    england = [p for p in points if p.area == ENGLAND and p.area != area]
    same = [p for p in england if p.period_end == last.period_end]
    if same and same[0].series_id == last.series_id:
        said.append(f"England: {with_interval(same[0].estimate, unit)}.")
    earlier = [
        p
        for p in own[:-1]
        if p.series_id == last.series_id
        and p.estimate.value is not None
        and (p.period_start == last.period_start or last.series_id not in cumulative)
    ]
    if earlier and (first := earlier[0]).estimate.value is not None:
        since = wording.period(first.period_start, first.period_end)
        said.append(f"First of this series: {said_in_full(first.estimate.value, unit)} in {since}.")
    series = list(dict.fromkeys(p.series_id for p in sorted(points, key=lambda p: p.period_end)))
    if len(series) > 1:
        said.append(
            f"The series breaks: {listed([named[one] for one in series])} are not comparable with "
            "each other."
        )
    for series_id in series:
        starts = sorted({p.period_start for p in points if p.series_id == series_id})
        if series_id in cumulative and len(starts) > 1:
            since = ", then ".join(f"from {start:%B %Y}" for start in starts)
            said.append(f"It is counted {since}: the line begins anew.")
    is_dense = len({point.period_end for point in points}) > _MOST_LABELLED
    if is_dense and any(point.estimate.value is None for point in own):
        said.append("A period without a number is marked \N{MULTIPLICATION SIGN}.")
    if trend_words:
        said.append(f"Trend: {trend_words}.")
    return " ".join(said)


def _tick(point: Point) -> str:
    """A period as an axis can carry it: 2025, 2024/25, Mar 2025."""
    start, end = point.period_start, point.period_end
    months = (end.year - start.year) * 12 + end.month - start.month + 1
    if months == 12 and start.month == 4:
        return f"{start.year}/{end.year % 100:02d}"
    if months >= 12 or (months >= 3 and start.month == 1):
        return str(end.year)
    return f"{end:%b %Y}"


def _milliseconds(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
