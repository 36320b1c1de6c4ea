"""The charts of the report: what is drawn where, and the sentence that stands for each chart.

Every number of a chart is also in the table beneath it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from assets.reports import drawing, wording
from assets.reports.drawing import PALETTE, WIDTH, Chart, Key, Row
from assets.reports.reading import Component, Measure, Value

_HEADER = 36.0
_LANE = 8
_PANEL = 84
# Rows share one axis unless that would squeeze each of them into less than this share of it.
_LEAST_SHARE = 0.4


@dataclass(frozen=True, slots=True)
class _Window:
    """The part of 0 to 100 percent that a row shows."""

    low: float
    high: float
    step: float

    def x(self, percent: float) -> float:
        """Where a percentage lies, in pixels."""
        return round(WIDTH * (percent - self.low) / (self.high - self.low), 3)

    @property
    def ticks(self) -> list[float]:
        """The round percentages that are written under it."""
        count = round((self.high - self.low) / self.step)
        return [self.low + self.step * place for place in range(count + 1)]


def shares(component: Component, *, is_made_up: bool) -> Chart | None:
    """England and its boards, one row per indicator; nothing where no value can be drawn."""
    measures = [m for m in component.measures if m.indicator.is_share and _drawn(m)]
    if not measures:
        return None
    windows, is_shared = _windows([_extent(_drawn(measure)) for measure in measures])
    titles: list[Row] = []
    labels: dict[str, list[Row]] = {"left": [], "right": []}
    ticks: list[Row] = []
    grid: list[Row] = []
    axes: list[Row] = []
    guides: list[Row] = []
    thick: list[Row] = []
    diamonds: list[Row] = []
    thin: list[Row] = []
    circles: list[Row] = []
    top = _HEADER
    for place, (measure, window) in enumerate(zip(measures, windows, strict=True)):
        titles.append(drawing.text(measure.indicator.title, 0, top + 12))
        row = top + 36
        placed = _lanes([b for b in measure.boards if b.value is not None], window)
        bottom = row + 18 + _LANE * max([lane for _, lane in placed], default=-1) + 8
        for board, lane in placed:
            at, y = _x(board, window), row + 18 + lane * _LANE
            thin.append(drawing.line(at[0], y, at[2], y))
            circles.append({"x": at[1], "y": y})
        if measure.england is not None and measure.england.value is not None:
            at = _x(measure.england, window)
            diamonds.append({"x": at[1], "y": row})
            guides.append(drawing.line(at[1], row, at[1], bottom))
            thick += [
                drawing.line(at[0], row, at[2], row),
                *[drawing.line(end, row - 6, end, row + 6) for end in (at[0], at[2])],
            ]
            side = "left" if at[2] < 0.8 * WIDTH else "right"
            words = f"England {wording.percent(measure.england.value)}"
            x = at[2] + 12 if side == "left" else at[0] - 12
            labels[side].append(drawing.text(words, x, row))
        grid += [drawing.line(window.x(p), top + 24, window.x(p), bottom) for p in window.ticks]
        if not is_shared or place == len(measures) - 1:
            axes.append(drawing.line(0, bottom, WIDTH, bottom))
            ticks += [drawing.text(f"{p:g}%", window.x(p), bottom + 12) for p in window.ticks]
            bottom += 20
        top = bottom + 18
    layers = [
        *drawing.lines(grid, colour=PALETTE["grid"]),
        *drawing.lines(axes, colour=PALETTE["muted"]),
        *drawing.lines(guides, colour=PALETTE["england"], dash=(2, 3)),
        *drawing.lines(thin, colour=PALETTE["board_interval"], width=1.5),
        *drawing.points(circles, shape="circle", size=28, colour=PALETTE["board"]),
        *drawing.lines(thick, colour=PALETTE["england"], width=2),
        *drawing.points(
            diamonds, shape="diamond", size=80, colour=PALETTE["england"], is_filled=True
        ),
        *drawing.texts(titles, size=15, is_bold=True),
        *drawing.texts(labels["left"]),
        *drawing.texts(labels["right"], align="right"),
        *drawing.texts(ticks, align="center", size=13),
        *drawing.legend(
            [
                Key("diamond", True, PALETTE["england"], "England", 8),
                Key("circle", False, PALETTE["board"], "One integrated care board", 96),
                Key("stroke", False, PALETTE["ink"], "95% interval", 304),
            ],
            10,
        ),
    ]
    name = f"{component.name}: England and its integrated care boards. " + " ".join(
        _sentence(measure) for measure in measures
    )
    return drawing.render(layers, top, name, f"chart-{component.code}", is_made_up=is_made_up)


def staff(component: Component, *, is_made_up: bool) -> Chart | None:
    """England's full-time equivalents at each census, one panel per role, one scale for all."""
    measures = [m for m in component.measures if m.indicator.counts_staff and _counted(m)]
    if not measures:
        return None
    counted = [value for measure in measures for value in _counted(measure)]
    largest = max([value.numerator or 0.0 for value in counted] + [1.0])
    days = sorted({value.period_end for value in counted})
    length = max((days[-1] - days[0]).days, 1)
    xs = {day: 45 + (WIDTH - 90) * (day - days[0]).days / length for day in days}
    titles: list[Row] = []
    asides: list[Row] = []
    labels: list[Row] = []
    zeros: list[Row] = []
    bases: list[Row] = []
    marks: dict[bool, list[Row]] = {True: [], False: []}
    top = _HEADER
    for measure in measures:
        titles.append(drawing.text(measure.indicator.title, 0, top + 12))
        asides.append(drawing.text(wording.NO_INTERVAL_FOR_STAFF, WIDTH, top + 12))
        zero = top + 50 + _PANEL
        bases.append(drawing.line(0, zero, WIDTH, zero))
        zeros.append(drawing.text("0", -6, zero))
        rows = _counted(measure)
        for place, value in enumerate(rows):
            count = value.numerator or 0.0
            x, y = xs[value.period_end], zero - _PANEL * max(count, 0.0) / largest
            is_whole = value.coverage is not None and value.coverage >= 0.95
            marks[is_whole].append({"x": x, "y": y})
            if len(rows) <= 10 or place in (0, len(rows) - 1):
                labels.append(drawing.text(wording.decimal(count, 0), x, y - 14))
        top = zero + 14
    layers = [
        *drawing.lines(
            [drawing.line(x, _HEADER + 28, x, top - 14) for x in xs.values()],
            colour=PALETTE["grid"],
        ),
        *drawing.lines(bases, colour=PALETTE["muted"]),
        *drawing.texts(zeros, align="right", size=13, colour=PALETTE["muted"]),
        *[
            layer
            for is_whole, rows in marks.items()
            for layer in drawing.points(
                rows, shape="diamond", size=90, colour=PALETTE["england"], is_filled=is_whole
            )
        ],
        *drawing.texts(labels, align="center", size=13),
        *drawing.texts(titles, size=15, is_bold=True),
        *drawing.texts(asides, align="right"),
        *drawing.texts(
            [
                drawing.text(day.strftime("%b %Y"), xs[day], top)
                for day in _spaced(days, xs, least=62)
            ],
            align="center",
            size=13,
        ),
        *drawing.legend(
            [
                Key("diamond", True, PALETTE["england"], "95% of people or more covered", 8),
                Key("diamond", False, PALETTE["england"], "Fewer covered, or not known", 256),
            ],
            10,
        ),
    ]
    name = (
        f"{component.name}: England, full-time equivalents at each census, "
        f"{wording.NO_INTERVAL_FOR_STAFF}. " + " ".join(_staff_sentence(m) for m in measures)
    )
    return drawing.render(layers, top + 12, name, f"chart-{component.code}", is_made_up=is_made_up)


def has_own_axes(component: Component) -> bool:
    """Whether each row of the component's chart has an axis of its own."""
    drawn = [_drawn(m) for m in component.measures if m.indicator.is_share]
    return not _windows([_extent(values) for values in drawn if values])[1]


def _drawn(measure: Measure) -> list[Value]:
    rows = [measure.england, *measure.boards]
    return [row for row in rows if row is not None and row.value is not None]


def _counted(measure: Measure) -> list[Value]:
    return [value for value in measure.history if value.numerator is not None]


def _edges(value: Value) -> tuple[float, float, float]:
    """Lower limit, value and upper limit in percent; a value without limits is its own."""
    at = value.value or 0.0
    low = at if value.lower_95 is None else min(at, value.lower_95)
    high = at if value.upper_95 is None else max(at, value.upper_95)
    return (100 * low, 100 * at, 100 * high)


def _extent(values: Sequence[Value]) -> tuple[float, float]:
    edges = [_edges(value) for value in values]
    return (min(low for low, _, _ in edges), max(high for _, _, high in edges))


def _windows(extents: Sequence[tuple[float, float]]) -> tuple[list[_Window], bool]:
    """What each row shows: all the same, or as many points each where rows lie far apart."""
    if not extents:
        return [], True
    low, high = min(e[0] for e in extents), max(e[1] for e in extents)
    widest = max(end - start for start, end in extents)
    if widest >= _LEAST_SHARE * (high - low):
        step = _step(high - low)
        start, end = _rounded(low, high, step)
        return [_Window(start, end, step)] * len(extents), True
    step = _step(widest)
    ends = [_rounded(start, end, step) for start, end in extents]
    length = max(end - start for start, end in ends)
    return [_Window(*_widened(start, end, length, step), step) for start, end in ends], False


def _step(span: float) -> float:
    return next((step for step in (1.0, 2.0, 5.0, 10.0) if span / step <= 8), 20.0)


def _rounded(low: float, high: float, step: float) -> tuple[float, float]:
    start = max(0.0, math.floor((low - step / 4) / step) * step)
    end = min(100.0, math.ceil((high + step / 4) / step) * step)
    return (start, max(end, start + step))


def _widened(low: float, high: float, length: float, step: float) -> tuple[float, float]:
    """The same length for every row, grown evenly and kept within 0 and 100."""
    spare = round((length - (high - low)) / step)
    start = min(max(0.0, low - step * (spare // 2)), 100.0 - length)
    return (start, start + length)


def _x(value: Value, window: _Window) -> tuple[float, float, float]:
    low, at, high = _edges(value)
    return (window.x(low), window.x(at), window.x(high))


def _lanes(boards: Sequence[Value], window: _Window) -> list[tuple[Value, int]]:
    """Put each board in the first lane where it touches no other: its height says nothing."""
    ends: list[float] = []
    placed: list[tuple[Value, int]] = []
    for board in sorted(boards, key=lambda b: (_edges(b)[0], b.area_code)):
        low, at, high = _x(board, window)
        left, right = min(low, at - 4), max(high, at + 4)
        lane = next((i for i, end in enumerate(ends) if end + 5 < left), len(ends))
        ends[lane : lane + 1] = [right]
        placed.append((board, lane))
    return placed


def _spaced(items: Sequence[date], xs: dict[date, float], *, least: float) -> list[date]:
    """Those whose labels do not touch, the last one first."""
    kept: list[date] = []
    for item in reversed(items):
        if not kept or xs[kept[-1]] - xs[item] >= least:
            kept.append(item)
    return kept


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
        f"{wording.decimal(value.numerator or 0.0, 0)} in "
        f"{wording.period(value.period_start, value.period_end)}"
        for value in _counted(measure)
    ]
    return f"{measure.indicator.title}: {', '.join(points)}."
