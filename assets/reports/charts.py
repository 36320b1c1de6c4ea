"""The report's charts: Altair to SVG that needs no script, no network and no particular font.

Every chart has a name that says what it shows; its numbers are in the table beneath it. Colours
are the few of ``PALETTE``, so that the page's style sheet can change them for a dark screen.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Any

from assets.reports import wording
from assets.reports.reading import Component, Measure, Value

WIDTH = 720
FONT = "Arial, Helvetica, sans-serif"
PALETTE = {
    "ink": "#212b32",
    "muted": "#4c6272",
    "england": "#003087",
    "board": "#41627f",
    "board_interval": "#a9bfd3",
    "grid": "#e3e8ea",
}

_HEADER = 44
_LANE = 8
_PANEL = 84
_ROOT = re.compile(r"<svg[^>]*?viewBox=\"(?P<box>[^\"]*)\"[^>]*>")

Row = dict[str, str | float]


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart as inline SVG, with the sentence that stands for it."""

    svg: str
    name: str


def shares(component: Component, *, is_made_up: bool) -> Chart | None:
    """England and its boards, one band per indicator; nothing where no value can be drawn."""
    measures = [m for m in component.measures if m.indicator.is_share and _drawable(m)]
    if not measures:
        return None
    import altair as alt

    england: list[Row] = []
    boards: list[Row] = []
    titles: list[Row] = []
    guides: list[Row] = []
    top = float(_HEADER)
    for measure in measures:
        titles += _titles(measure.indicator.title, _england_label(measure), top + 16)
        row = top + 36
        bottom = row + 8
        for value, lane in _lanes([b for b in measure.boards if b.value is not None]):
            boards.append(_point(value, row + 18 + lane * _LANE))
            bottom = max(bottom, row + 18 + lane * _LANE + 6)
        if measure.england is not None and measure.england.value is not None:
            england.append(_point(measure.england, row))
            guides.append({"value": england[-1]["value"], "y": row, "end": bottom})
        top = bottom + 18
    low, high, step = _axis([*england, *boards])
    x = alt.X(
        "value:Q",
        scale=alt.Scale(domain=[low, high], nice=False, zero=False),
        axis=alt.Axis(
            values=[low + step * i for i in range(round((high - low) / step) + 1)],
            labelExpr="datum.value + '%'",
            title="Share of the people who answered, in percent",
        ),
    )
    y = _pixels(alt, top)
    ink, dark = PALETTE["ink"], PALETTE["england"]
    layers = [
        _data(alt, guides).mark_rule(color=dark, strokeDash=[2, 3]).encode(x=x, y=y, y2="end:Q"),
        _data(alt, [b for b in boards if b["lower"] != b["upper"]])
        .mark_rule(color=PALETTE["board_interval"], strokeWidth=1.5)
        .encode(x=alt.X("lower:Q"), x2="upper:Q", y=y),
        _data(alt, boards)
        .mark_point(shape="circle", size=28, color=PALETTE["board"], strokeWidth=1.3, opacity=1)
        .encode(x=x, y=y),
        _data(alt, england)
        .mark_rule(color=dark, strokeWidth=3)
        .encode(x=alt.X("lower:Q"), x2="upper:Q", y=y),
        _data(alt, england)
        .mark_tick(color=dark, height=12, thickness=1.5)
        .encode(x=alt.X("lower:Q"), y=y),
        _data(alt, england)
        .mark_tick(color=dark, height=12, thickness=1.5)
        .encode(x=alt.X("upper:Q"), y=y),
        _data(alt, england)
        .mark_point(shape="diamond", size=90, filled=True, color=dark, opacity=1)
        .encode(x=x, y=y),
        *_texts(alt, titles, y),
        *_legend(
            alt,
            [
                ("diamond", True, dark, "England", 8),
                ("circle", False, PALETTE["board"], "One integrated care board", 96),
                ("stroke", False, ink, "95% interval", 300),
            ],
            y,
        ),
    ]
    name = f"{component.name}: England and its integrated care boards. " + " ".join(
        _sentence(measure) for measure in measures
    )
    return _finish(alt, layers, top, name, f"c-{component.code}", is_made_up)


def staff(component: Component, *, is_made_up: bool) -> Chart | None:
    """England's full-time equivalents at each census, one panel per role, one scale for all."""
    measures = [
        m
        for m in component.measures
        if m.indicator.counts_staff and any(v.numerator is not None for v in m.history)
    ]
    if not measures:
        return None
    import altair as alt

    counted = [v for m in measures for v in m.history if v.numerator is not None]
    largest = max([v.numerator or 0.0 for v in counted] + [1.0])
    points: list[Row] = []
    titles: list[Row] = []
    labels: list[Row] = []
    zeros: list[Row] = []
    top = float(_HEADER)
    for measure in measures:
        titles += _titles(measure.indicator.title, wording.NO_INTERVAL_FOR_STAFF, top + 16)
        zero = top + 50 + _PANEL
        zeros.append({"y": zero})
        rows = [v for v in measure.history if v.numerator is not None]
        for place, value in enumerate(rows):
            count = value.numerator or 0.0
            at = zero - _PANEL * count / largest
            whole = value.coverage is not None and value.coverage >= 0.95
            points.append({"date": _instant(value), "y": at, "whole": str(whole).lower()})
            if len(rows) <= 8 or place in (0, len(rows) - 1):
                text = wording.decimal(count, 0)
                labels.append({"date": _instant(value), "y": at - 12, "text": text})
        top = zero + 18
    dates = sorted({v.period_end.toordinal() for v in counted})
    margin = max(60, (dates[-1] - dates[0]) // 14)
    domain = [_stamp(dates[0] - margin), _stamp(dates[-1] + margin)]
    x = alt.X(
        "date:T",
        scale=alt.Scale(type="utc", domain=domain, nice=False),
        axis=alt.Axis(
            values=[_stamp(ordinal) for ordinal in dates],
            format="%b %Y",
            title="Census month",
            labelOverlap=True,
        ),
    )
    y = _pixels(alt, top)
    dark = PALETTE["england"]
    layers = [
        _data(alt, zeros).mark_rule(color=PALETTE["muted"]).encode(y=y),
        _data(alt, zeros)
        .mark_text(align="right", dx=-6, color=PALETTE["muted"], fontSize=13)
        .encode(x=alt.value(0), y=y, text=alt.value("0")),
        *[
            _data(alt, [p for p in points if p["whole"] == flag])
            .mark_point(shape="diamond", size=90, filled=filled, color=dark, opacity=1)
            .encode(x=x, y=y)
            for flag, filled in (("true", True), ("false", False))
        ],
        _data(alt, labels)
        .mark_text(color=PALETTE["ink"], fontSize=13)
        .encode(x=x, y=y, text="text:N"),
        *_texts(alt, titles, y),
        *_legend(
            alt,
            [
                ("diamond", True, dark, "England, 95% of people or more covered", 8),
                ("diamond", False, dark, "England, fewer covered or not known", 320),
            ],
            y,
        ),
    ]
    name = (
        f"{component.name}: England, full-time equivalents at each census, "
        f"{wording.NO_INTERVAL_FOR_STAFF}. " + " ".join(_staff_sentence(m) for m in measures)
    )
    return _finish(alt, layers, top, name, f"c-{component.code}", is_made_up)


def _drawable(measure: Measure) -> bool:
    rows = [measure.england, *measure.boards]
    return any(row is not None and row.value is not None for row in rows)


def _point(value: Value, y: float) -> Row:
    at = 100 * (value.value or 0.0)
    has_limits = value.lower_95 is not None and value.upper_95 is not None
    return {
        "value": at,
        "lower": 100 * (value.lower_95 or 0.0) if has_limits else at,
        "upper": 100 * (value.upper_95 or 0.0) if has_limits else at,
        "y": y,
    }


def _lanes(boards: Sequence[Value]) -> list[tuple[Value, int]]:
    """Put each board in the first lane where it touches no other: position says nothing."""
    if not boards:
        return []
    edges = [_edges(board) for board in boards]
    gap = 0.01 * (max(high for _, high in edges) - min(low for low, _ in edges))
    ends: list[float] = []
    placed: list[tuple[Value, int]] = []
    for board in sorted(boards, key=lambda b: (_edges(b)[0], b.area_code)):
        low, high = _edges(board)
        lane = next((i for i, end in enumerate(ends) if end + gap < low), len(ends))
        ends[lane : lane + 1] = [high]
        placed.append((board, lane))
    return placed


def _edges(value: Value) -> tuple[float, float]:
    at = value.value or 0.0
    return (
        min(at, at if value.lower_95 is None else value.lower_95),
        max(at, at if value.upper_95 is None else value.upper_95),
    )


def _axis(points: Sequence[Row]) -> tuple[float, float, float]:
    """Round ends of an axis in percent, and its step."""
    low = min(float(point["lower"]) for point in points)
    high = max(float(point["upper"]) for point in points)
    step = next((s for s in (1.0, 2.0, 5.0, 10.0) if (high - low) / s <= 9), 20.0)
    start = max(0.0, math.floor((low - step / 4) / step) * step)
    end = min(100.0, math.ceil((high + step / 4) / step) * step)
    return (start, max(end, start + step), step)


def _titles(title: str, aside: str, y: float) -> list[Row]:
    return [{"text": title, "y": y, "side": "left"}, {"text": aside, "y": y, "side": "right"}]


def _england_label(measure: Measure) -> str:
    england = measure.england
    if england is None or england.value is None:
        return "England: no value"
    return f"England {wording.percent(england.value)}"


def _sentence(measure: Measure) -> str:
    title, england = measure.indicator.title, measure.england
    said = [f"{title}: England {wording.amount(measure.indicator, england)}"]
    if england is not None and england.lower_95 is not None and england.value is not None:
        said.append(f"95% interval {wording.interval(measure.indicator, england)}")
    found = [board.value for board in measure.boards if board.value is not None]
    if found:
        boards = wording.plural(len(found), "board", "boards")
        span = f"from {wording.percent(min(found))} to {wording.percent(max(found))}"
        said.append(f"{boards} {span}")
    return ", ".join(said) + "."


def _staff_sentence(measure: Measure) -> str:
    points = [
        f"{wording.decimal(v.numerator, 0)} in {wording.period(v.period_start, v.period_end)}"
        for v in measure.history
        if v.numerator is not None
    ]
    return f"{measure.indicator.title}: {', '.join(points)}."


def _instant(value: Value) -> str:
    return f"{value.period_end.isoformat()}T00:00:00Z"


def _stamp(ordinal: int) -> dict[str, Any]:
    day = date.fromordinal(ordinal)
    return {"year": day.year, "month": day.month, "date": day.day, "utc": True}


def _pixels(alt_: Any, height: float) -> Any:
    scale = alt_.Scale(domain=[0, height], range=[0, height], nice=False, zero=False)
    return alt_.Y("y:Q", scale=scale, axis=None)


def _data(alt_: Any, rows: Sequence[Row]) -> Any:
    return alt_.Chart(alt_.InlineData(values=list(rows)))


def _texts(alt_: Any, rows: Sequence[Row], y: Any) -> list[Any]:
    """Titles on the left in bold, what is said of them on the right."""
    left = [row for row in rows if row["side"] == "left"]
    right = [row for row in rows if row["side"] == "right"]
    return [
        _data(alt_, left)
        .mark_text(align="left", fontSize=15, fontWeight="bold", color=PALETTE["ink"])
        .encode(x=alt_.value(0), y=y, text="text:N"),
        _data(alt_, right)
        .mark_text(align="right", fontSize=14, color=PALETTE["ink"])
        .encode(x=alt_.value(WIDTH), y=y, text="text:N"),
    ]


def _legend(alt_: Any, keys: Sequence[tuple[str, bool, str, str, int]], y: Any) -> list[Any]:
    """What each mark means, above the first band."""
    layers: list[Any] = []
    for shape, filled, colour, text, at in keys:
        one = _data(alt_, [{"y": 14, "text": text}])
        layers += [
            one.mark_point(
                shape=shape,
                filled=filled,
                size=90 if shape != "circle" else 40,
                color=colour,
                opacity=1,
                strokeWidth=1.5,
            ).encode(x=alt_.value(at), y=y),
            one.mark_text(align="left", fontSize=14, color=PALETTE["ink"]).encode(
                x=alt_.value(at + 12), y=y, text="text:N"
            ),
        ]
    return layers


def _finish(
    alt_: Any, layers: Sequence[Any], height: float, name: str, prefix: str, is_made_up: bool
) -> Chart:
    """Render the layers, and give the picture its name."""
    import vl_convert

    shown = f"{name} Made-up data, not for any use." if is_made_up else name
    axis = {
        "labelColor": PALETTE["ink"],
        "titleColor": PALETTE["ink"],
        "labelFontSize": 13,
        "titleFontSize": 13,
        "titleFontWeight": "normal",
        "gridColor": PALETTE["grid"],
        "domainColor": PALETTE["muted"],
        "tickColor": PALETTE["muted"],
        "titlePadding": 8,
    }
    chart = alt_.layer(*layers).properties(
        width=WIDTH,
        height=height,
        background="transparent",
        padding={"left": 22, "right": 22, "top": 4, "bottom": 4},
    )
    if is_made_up:
        chart = chart.properties(
            title=alt_.TitleParams("Made-up data: not for any use", color=PALETTE["ink"])
        )
    spec = chart.configure(font=FONT, aria=False, axis=axis).configure_view(stroke=None).to_dict()
    version = ".".join(alt_.SCHEMA_VERSION.split(".")[:2])
    svg = vl_convert.vegalite_to_svg(spec, vl_version=version, allowed_base_urls=[])
    return Chart(svg=_named(svg, shown, prefix), name=shown)


def _named(svg: str, name: str, prefix: str) -> str:
    """The picture with a name for those who do not see it, and ids of its own."""
    ids = {found: i for i, found in enumerate(dict.fromkeys(re.findall(r'\bid="([^"]+)"', svg)))}
    for found, number in ids.items():
        ours = f"{escape(prefix)}-{number}"
        svg = svg.replace(f'id="{found}"', f'id="{ours}"').replace(
            f"url(#{found})", f"url(#{ours})"
        )
    said = escape(name)
    return _ROOT.sub(
        lambda root: (
            f'<svg class="chart" role="img" aria-label="{said}" viewBox="{root["box"]}">'
            f"<title>{said}</title>"
        ),
        svg,
        count=1,
    ).strip()
