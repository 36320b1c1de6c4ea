"""Map of the integrated care boards as hexagons, coloured by comparison with England at 99.8 %.

A board without a place on the map stands in a row below it and is never dropped.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assets.reports import wording
from assets.reports.figures.boards import grid_of
from assets.reports.figures.estimate import (
    COMPARISONS,
    NO_INTERVAL,
    NO_VALUE,
    SYMBOLS,
    Estimate,
    compared,
    listed,
    number,
    said_in_full,
    unit_title,
)
from assets.reports.figures.figure import Column, Figure

KIND = "tile_map"
COLUMNS = (
    Column("area", "Integrated care board"),
    Column("letters", "Letters on the map"),
    Column("value", "Value"),
    Column("lower", "Lower 95% limit"),
    Column("upper", "Upper 95% limit"),
    Column("comparison", "Compared with England (99.8% interval)"),
    Column("state", "State of the value"),
    Column("code", "Code"),
    Column("short"),
    Column("x"),
    Column("y"),
    Column("is_placed"),
)
# Rows of hexagons that touch are this far apart, in widths of a hexagon.
ROW = math.sqrt(3) / 2
_COLUMNS = 9


@dataclass(frozen=True, slots=True)
class Board:
    """One board; ``comparison`` is the release's word at 99.8 %."""

    code: str
    name: str
    estimate: Estimate
    comparison: str | None = None


def tile_map(boards: Sequence[Board], *, key: str, title: str, unit: str, period: str) -> Figure:
    """The figure of one indicator in every board of the release."""
    grid = grid_of(board.code for board in boards)
    ordered = sorted(boards, key=lambda board: (wording.short_area(board.name), board.code))
    last = max((grid[board.code].row for board in boards if board.code in grid), default=-1)
    absent = [board for board in ordered if board.code not in grid]
    rows = []
    for board in ordered:
        if board.code in grid:
            place = grid[board.code]
            x = place.column + 0.5 * (place.row % 2)
            y, letters = place.row * ROW, place.letters
        else:
            index = absent.index(board)
            x = float(index % _COLUMNS)
            y = (last + 2 + index // _COLUMNS) * ROW
            letters = board.code
        rows.append(
            (
                wording.short_area(board.name),
                letters,
                board.estimate.value,
                board.estimate.lower,
                board.estimate.upper,
                compared(board.comparison),
                board.estimate.state_words,
                board.code,
                board.estimate.short_state,
                x,
                round(y, 4),
                board.code in grid,
            )
        )
    height = max((row[10] for row in rows), default=0.0) + 1.2
    used = {row[5] if row[2] is not None else NO_VALUE for row in rows}
    return Figure(
        kind=KIND,
        key=key,
        title=title,
        text=_text(ordered, unit, period, [board.name for board in absent]),
        columns=COLUMNS,
        rows=tuple(rows),
        settings={
            "unit": unit,
            "unit_words": unit_title(unit),
            "against": "England",
            "tall": round(height, 4),
            "aspect": round(height / (_COLUMNS + 0.7), 4),
            "comparisons": [word for word in (*COMPARISONS, NO_VALUE) if word in used],
            "units": dict.fromkeys(("value", "lower", "upper"), unit),
            "missing": dict.fromkeys(("lower", "upper"), NO_INTERVAL),
        },
    )


def drawing() -> dict[str, Any]:
    """The Vega-Lite drawing of the map."""
    import altair as alt  # noqa: PLC0415

    from assets.reports.figures import vega  # noqa: PLC0415

    hexagon = "M0,-1L{0},-0.5L{0},0.5L0,1L-{0},0.5L-{0},-0.5Z".format(round(ROW, 4))
    # One width of a hexagon in pixels, so that the map fits its box both ways.
    wide = _COLUMNS + 0.7
    unit = f"min(width / {wide}, height / tall)"
    x = alt.X(
        "x:Q",
        axis=None,
        scale=alt.Scale(
            domain=[-0.6, wide - 0.6],
            nice=False,
            zero=False,
            range=[
                alt.ExprRef(f"width / 2 - {unit} * {wide} / 2"),
                alt.ExprRef(f"width / 2 + {unit} * {wide} / 2"),
            ],
        ),
    )
    y = alt.Y(
        "y:Q",
        axis=None,
        scale=alt.Scale(
            domain=[-0.6, alt.ExprRef("tall - 0.6")],
            nice=False,
            zero=False,
            range=[0, alt.ExprRef(f"{unit} * tall")],
        ),
    )
    names = [*COMPARISONS, NO_VALUE]
    symbols = " : ".join(f"datum.kind == '{w}' ? '{s}'" for w, s in SYMBOLS.items() if s)
    on = " : ".join(f"datum.kind == '{w}' ? on_{w.replace(' ', '_')}" for w in names)
    rows = (
        vega.base()
        .transform_calculate(
            kind=f"isValid(datum.value) ? datum.comparison : '{NO_VALUE}'",
            said=f"isValid(datum.value) ? ({number('datum.value')}) : datum.short",
            between=(
                f"isValid(datum.lower) ? ({number('datum.lower')}) + ' to ' + "
                f"({number('datum.upper')}) : '{NO_INTERVAL}'"
            ),
        )
        .transform_calculate(mark=f"{symbols} : ''")
    )
    text: dict[str, Any] = {"color": alt.ExprRef(f"{on} : ink"), "baseline": "middle"}
    below = (
        rows.transform_filter("!datum.is_placed")
        .transform_aggregate(y="min(y)", boards="count()")
        .transform_calculate(over="'Not on the map:'")
    )
    chart = alt.layer(
        rows.mark_point(
            shape=hexagon,
            opacity=1,
            stroke=vega.colour("muted"),
            strokeWidth=1,
            # The path is one high from the middle: the square of its whole height is its size.
            size=alt.ExprRef(f"pow({unit} * 0.96 / {ROW}, 2)"),
        ).encode(
            x=x,
            y=y,
            fill=alt.Fill(
                "kind:N",
                scale=alt.Scale(
                    domain=names, range=[vega.colour(name.replace(" ", "_")) for name in names]
                ),
                legend=alt.Legend(
                    title=None,
                    values=alt.ExprRef("comparisons"),
                    columns=alt.ExprRef("narrow ? 1 : 4"),
                    symbolType=hexagon,
                    symbolSize=260,
                    symbolStrokeColor=vega.colour("muted"),
                    labelExpr=vega.comparison_words(has_symbols=True),
                ),
            ),
            tooltip=[
                alt.Tooltip("area:N", title="Board"),
                alt.Tooltip("said:N", title="Value"),
                alt.Tooltip("between:N", title="95% interval"),
                alt.Tooltip("comparison:N", title="Compared with England"),
                alt.Tooltip("state:N", title="State"),
            ],
        ),
        rows.mark_text(
            fontWeight="bold",
            fontSize=alt.ExprRef(f"max(8.5, min(14, {unit} * 0.25))"),
            yOffset=alt.ExprRef(f"-{unit} * (narrow ? 0.14 : 0.24)"),
            **text,
        ).encode(x=x, y=y, text="letters:N"),
        rows.mark_text(
            fontSize=alt.ExprRef(f"narrow ? 0 : max(8, min(13, {unit} * 0.24))"),
            yOffset=alt.ExprRef(f"{unit} * 0.04"),
            **text,
        ).encode(x=x, y=y, text="said:N"),
        rows.mark_text(
            fontSize=alt.ExprRef(f"max(8, min(12, {unit} * 0.2))"),
            yOffset=alt.ExprRef(f"{unit} * (narrow ? 0.2 : 0.3)"),
            **text,
        ).encode(x=x, y=y, text="mark:N"),
        below.mark_text(
            align="left",
            baseline="bottom",
            x=2,
            color=vega.colour("ink"),
            yOffset=alt.ExprRef(f"-{unit} * 0.6"),
        ).encode(y=y, text="over:N"),
    ).properties(title=vega.unit_title())
    return vega.finished(
        chart,
        aspect=(0.9, 680),
        settings={
            "unit": "proportion",
            "unit_words": "",
            "against": "England",
            "tall": 8.0,
            "comparisons": names,
        },
    )


def _text(boards: Sequence[Board], unit: str, period: str, absent: list[str]) -> str:
    shown = [board for board in boards if board.estimate.value is not None]
    words = [
        f"{wording.plural(len(boards), 'integrated care board', 'integrated care boards')} in "
        f"{period}, {len(shown)} with a value."
    ]
    if shown:
        values = [board.estimate.value or 0.0 for board in shown]
        words.append(
            f"Values from {said_in_full(min(values), unit)} to {said_in_full(max(values), unit)}."
        )
    for word in COMPARISONS[:-1]:
        found = [wording.short_area(b.name) for b in shown if b.comparison == word]
        if found:
            preposition = "to" if word == "similar" else "than"
            named = f": {listed(found)}" if word != "similar" else ""
            words.append(f"{len(found)} {word} {preposition} England{named}.")
    if absent:
        names = listed([wording.short_area(name) for name in absent])
        words.append(f"Without a place on the map, and listed below it: {names}.")
    return " ".join(words)
