"""Ordered bars: areas by value with intervals, and England's line.

Never for practices by name: a league table of practices is refused (DOMAIN 9.6); see ``dots``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assets.reports import wording
from assets.reports.figures.estimate import (
    COMPARISONS,
    NO_INTERVAL,
    SYMBOLS,
    Estimate,
    compared,
    compared_words,
    extent,
    listed,
    number,
    said_in_full,
    unit_title,
    with_interval,
)
from assets.reports.figures.figure import Column, Figure, distinct_names

KIND = "bars"
COLUMNS = (
    Column("area", "Area"),
    Column("value", "Value"),
    Column("lower", "Lower 95% limit"),
    Column("upper", "Upper 95% limit"),
    Column("comparison", "Compared with England"),
    Column("state", "State of the value"),
    Column("base", "Base (n)"),
    Column("code", "Code"),
)


@dataclass(frozen=True, slots=True)
class Bar:
    """One area: ``comparison`` is the release's word at 95 %, None where nothing is compared."""

    code: str
    name: str
    area_type: str
    estimate: Estimate
    comparison: str | None = None
    base: int | None = None


def bars(
    areas: Sequence[Bar],
    *,
    key: str,
    title: str,
    unit: str,
    period: str,
    england: Estimate | None = None,
    own: str | None = None,
) -> Figure:
    """The figure of one indicator in many areas of one level, highest value first.

    period: in words. england: the line, None where there is no benchmark. own: the code of the
    area whose page this is. Raises ValueError for practices.
    """
    if any(area.area_type == "practice" for area in areas):
        raise ValueError(f"figure {key}: practices are never ordered by name; use dots")
    ordered = sorted(areas, key=_place)
    names = distinct_names((area.code, wording.short_area(area.name)) for area in ordered)
    line = england.value if england is not None else None
    return Figure(
        kind=KIND,
        key=key,
        title=title,
        text=_text(ordered, unit, period, england, own),
        columns=COLUMNS,
        rows=tuple(
            (
                names[area.code],
                area.estimate.value,
                area.estimate.lower,
                area.estimate.upper,
                compared(area.comparison),
                area.estimate.state_words,
                area.base,
                area.code,
            )
            for area in ordered
        ),
        settings={
            "unit": unit,
            "unit_words": unit_title(unit),
            "domain": extent((area.estimate for area in ordered), 0.0, line),
            "england_value": line,
            "own": own or "",
            "lines": len(ordered),
            "against": "England",
            "comparisons": [
                word
                for word in COMPARISONS
                if any(
                    compared(area.comparison) == word and area.estimate.value is not None
                    for area in ordered
                )
            ],
            "units": dict.fromkeys(("value", "lower", "upper"), unit) | {"base": "count"},
            "missing": {"lower": NO_INTERVAL, "upper": NO_INTERVAL, "base": "does not apply"},
        },
    )


def drawing() -> dict[str, Any]:
    """The Vega-Lite drawing of ordered bars."""
    import altair as alt  # noqa: PLC0415

    from assets.reports.figures import vega  # noqa: PLC0415

    y = vega.names("area:N", between="narrow ? 0.6 : 0.28", around="0.2")
    # On a narrow screen a name stands over its bar.
    lower = alt.ExprRef("narrow ? 9 : 0")
    # The words at the right need their own room, which the scale of values leaves free.
    room = alt.ExprRef("width - (narrow ? 66 : 124)")
    x = alt.X(
        "value:Q",
        scale=vega.value_scale(range=[0, room]),
        axis=vega.value_axis(is_across=True),
    )
    symbol = " : ".join(f"datum.comparison == '{w}' ? '{s}'" for w, s in SYMBOLS.items() if s)
    rows = vega.base().transform_calculate(
        said=f"isValid(datum.value) ? ({number('datum.value')}) : ''",
        between=(
            f"isValid(datum.lower) ? ({number('datum.lower')}) + ' to ' + "
            f"({number('datum.upper')}) : '{NO_INTERVAL}'"
        ),
        mark=f"{symbol} : ''",
        mark_words="datum.comparison == 'not compared' ? '' : datum.comparison",
        name="narrow ? datum.area : ''",
        is_own="datum.code == own",
    )
    tooltip = [
        alt.Tooltip("area:N", title="Area"),
        alt.Tooltip("said:N", title="Value"),
        alt.Tooltip("between:N", title="95% interval"),
        alt.Tooltip("comparison:N", title="Compared with England"),
        alt.Tooltip("state:N", title="State"),
    ]
    shown = rows.transform_filter("isValid(datum.value)")
    limits = shown.transform_filter("isValid(datum.lower)").encode(
        x=alt.X("lower:Q"), x2="upper:Q", y=y
    )
    at_england = vega.x_at("england_value")
    england = rows.transform_aggregate(areas="count()").transform_calculate(
        said=f"isValid(england_value) ? against + ' ' + ({number('england_value')}) : ''"
    )
    right: dict[str, Any] = {
        "baseline": "middle",
        "fontSize": 12,
        "color": vega.colour("ink"),
        "yOffset": lower,
    }
    chart = alt.layer(
        shown.mark_bar(stroke=vega.colour("outline"), yOffset=lower).encode(
            x=x,
            y=y,
            fill=vega.comparison_fill(offset=24),
            strokeWidth=alt.condition("datum.is_own", alt.value(2.5), alt.value(0.75)),
            tooltip=tooltip,
        ),
        limits.mark_rule(color=vega.colour("paper"), strokeWidth=4.5, yOffset=lower),
        limits.mark_rule(color=vega.colour("ink"), strokeWidth=1.75, yOffset=lower),
        england.mark_rule(
            color=vega.colour("england"),
            strokeDash=[6, 3],
            strokeWidth=alt.ExprRef("isValid(england_value) ? 2 : 0"),
        ).encode(x=at_england),
        england.mark_text(
            y=-7, baseline="bottom", align="center", fontSize=12, color=vega.colour("ink")
        ).encode(x=at_england, text="said:N"),
        shown.mark_text(align="right", x=alt.ExprRef("width - (narrow ? 18 : 76)"), **right).encode(
            y=y, text="said:N"
        ),
        shown.mark_text(
            align="center", x=alt.ExprRef("width - (narrow ? 8 : 62)"), fontWeight="bold", **right
        ).encode(y=y, text="mark:N"),
        shown.transform_filter("!narrow")
        .mark_text(align="left", x=alt.ExprRef("width - 52"), **right)
        .encode(y=y, text="mark_words:N"),
        rows.mark_text(
            align="left",
            baseline="bottom",
            x=0,
            yOffset=-3,
            fontWeight=alt.ExprRef("datum.is_own ? 'bold' : 'normal'"),
            limit=alt.ExprRef("width"),
            color=vega.colour("ink"),
        ).encode(y=y, text="name:N"),
        rows.transform_filter("!isValid(datum.value)")
        .mark_text(align="left", x=4, limit=alt.ExprRef("width - 8"), fontStyle="italic", **right)
        .encode(y=y, text="state:N"),
    ).properties(title=vega.unit_title())
    return vega.finished(
        chart,
        line=(26, 42),
        settings={
            "unit": "proportion",
            "unit_words": "",
            "domain": [0, 1],
            "england_value": None,
            "own": "",
            "against": "England",
            "comparisons": list(COMPARISONS),
        },
    )


def _place(area: Bar) -> tuple[bool, float, str, str]:
    value = area.estimate.value
    return (value is None, -(value or 0.0), wording.short_area(area.name), area.code)


def _text(
    ordered: Sequence[Bar], unit: str, period: str, england: Estimate | None, own: str | None
) -> str:
    shown = [area for area in ordered if area.estimate.value is not None]
    said = []
    if england is not None:
        said.append(f"England, {period}: {with_interval(england, unit)}.")
    if shown:
        high, low = shown[0], shown[-1]
        said.append(
            f"{wording.plural(len(shown), 'area has', 'areas have')} a value in {period}, from "
            f"{said_in_full(low.estimate.value or 0.0, unit)} "
            f"to {said_in_full(high.estimate.value or 0.0, unit)}."
        )
    else:
        said.append(f"No area has a value in {period}.")
    counts = Counter(area.comparison for area in shown if area.comparison)
    if counts:
        parts = [f"{counts[word]} {word}" for word in COMPARISONS if counts[word]]
        said.append(f"Compared with England: {listed(parts)}.")
    for area in ordered:
        if area.code == own:
            judged = compared_words(area.comparison, "England")
            name = wording.short_area(area.name)
            said.append(f"{name}: {with_interval(area.estimate, unit)}, {judged}.")
    if absent := len(ordered) - len(shown):
        said.append(f"{wording.plural(absent, 'area has', 'areas have')} no value: see the table.")
    return " ".join(said)
