"""Dots: one practice among its peers, who stay without a name and without an order by name.

Practices are never ranked or named beside one another (DOMAIN 9.3, 9.6).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assets.reports import wording
from assets.reports.figures.estimate import (
    NO_INTERVAL,
    REPORTED,
    Estimate,
    compared_words,
    extent,
    number,
    said,
    unit_title,
    with_interval,
)
from assets.reports.figures.figure import Column, Figure

KIND = "dots"
COLUMNS = (
    Column("area", "Practice"),
    Column("value", "Value"),
    Column("lower", "Lower 95% limit"),
    Column("upper", "Upper 95% limit"),
    Column("state", "State of the value"),
    Column("role"),
    Column("level"),
    Column("at"),
)
_BINS = 56


def dots(
    own: Estimate,
    peers: Sequence[float],
    *,
    key: str,
    title: str,
    name: str,
    unit: str,
    period: str,
    peer_words: str,
    england: Estimate | None = None,
    comparison: str | None = None,
) -> Figure:
    """The figure of one practice among others.

    peers: the others' values only, so that no page can tell whose they are; those without a value
    are left out. peer_words: who they are, as ``practices of Example ICB``. comparison: the
    release's word for the practice at 95 %.
    """
    line = england.value if england is not None else None
    domain = extent([own, *(Estimate(value) for value in peers)], line)
    rows: list[tuple[Any, ...]] = []
    heights: dict[int, int] = {}
    for value in sorted(peers):
        place = round((value - domain[0]) / (domain[1] - domain[0]) * _BINS)
        heights[place] = heights.get(place, 0) + 1
        # In even stacks: where a peer stands exactly is in the table.
        at = domain[0] + place / _BINS * (domain[1] - domain[0])
        rows.append(("a practice", value, None, None, REPORTED, "peer", heights[place], at))
    rows.insert(0, (name, own.value, own.lower, own.upper, own.state_words, "own", 0, own.value))
    return Figure(
        kind=KIND,
        key=key,
        title=title,
        text=_text(own, peers, name, unit, period, peer_words, england, comparison),
        columns=COLUMNS,
        rows=tuple(rows),
        settings={
            "unit": unit,
            "unit_words": unit_title(unit),
            "domain": domain,
            "highest": max([*heights.values(), 6]),
            "england_value": line,
            "against": "England",
            "own_name": name,
            "peer_words": peer_words,
            "units": dict.fromkeys(("value", "lower", "upper"), unit),
            "missing": dict.fromkeys(("lower", "upper"), "not shown for others"),
        },
    )


def drawing() -> dict[str, Any]:
    """The Vega-Lite drawing of a practice among its peers."""
    import altair as alt  # noqa: PLC0415

    from assets.reports.figures import vega  # noqa: PLC0415

    roles = ["own", "peer"]
    legend = alt.Legend(
        title=None,
        offset=24,
        columns=alt.ExprRef("narrow ? 1 : 2"),
        labelExpr="datum.value == 'own' ? own_name : 'other ' + peer_words",
    )
    x = alt.X("at:Q", scale=vega.value_scale(padding=12), axis=vega.value_axis(is_across=True))
    y = alt.Y(
        "level:Q",
        axis=None,
        scale=alt.Scale(domain=[-1.5, alt.ExprRef("highest + 1")], nice=False, zero=False),
    )
    colours = alt.Fill(
        "role:N",
        scale=alt.Scale(domain=roles, range=[vega.colour("area"), vega.colour("peer")]),
        legend=legend,
    )
    shapes = alt.Shape(
        "role:N", scale=alt.Scale(domain=roles, range=["diamond", "circle"]), legend=legend
    )
    rows = vega.base().transform_calculate(
        said=f"isValid(datum.value) ? ({number('datum.value')}) : 'no number'",
        between=(
            f"isValid(datum.lower) ? ({number('datum.lower')}) + ' to ' + "
            f"({number('datum.upper')}) : '{NO_INTERVAL}'"
        ),
    )
    own = rows.transform_filter("datum.role == 'own'")
    england = own.transform_calculate(
        said_england=f"isValid(england_value) ? against + ' ' + ({number('england_value')}) : ''"
    )
    at_england = vega.x_at("england_value")
    tooltip = [
        alt.Tooltip("area:N", title="Practice"),
        alt.Tooltip("said:N", title="Value"),
        alt.Tooltip("between:N", title="95% interval"),
    ]
    chart = alt.layer(
        england.mark_rule(
            color=vega.colour("england"),
            strokeDash=[6, 3],
            strokeWidth=alt.ExprRef("isValid(england_value) ? 2 : 0"),
        ).encode(x=at_england),
        england.mark_text(y=-7, baseline="bottom", fontSize=12, color=vega.colour("ink")).encode(
            x=at_england, text="said_england:N"
        ),
        rows.transform_filter("datum.role == 'peer'")
        .mark_point(
            opacity=1,
            stroke=vega.colour("paper"),
            strokeWidth=0.75,
            size=alt.ExprRef("pow(min(narrow ? 6 : 11, 150 / highest), 2)"),
        )
        .encode(x=x, y=y, fill=colours, shape=shapes),
        own.mark_rule(color=vega.colour("area"), strokeWidth=3).encode(
            x="lower:Q", x2="upper:Q", y=y
        ),
        own.mark_point(size=220, opacity=1, stroke=vega.colour("outline"), strokeWidth=1.25).encode(
            x=x, y=y, fill=colours, shape=shapes, tooltip=tooltip
        ),
    ).properties(title=vega.unit_title())
    return vega.finished(
        chart,
        height=170,
        settings={
            "unit": "proportion",
            "unit_words": "",
            "domain": [0, 1],
            "highest": 6,
            "england_value": None,
            "against": "England",
            "own_name": "",
            "peer_words": "",
        },
    )


def _text(
    own: Estimate,
    peers: Sequence[float],
    name: str,
    unit: str,
    period: str,
    peer_words: str,
    england: Estimate | None,
    comparison: str | None,
) -> str:
    judged = f", {compared_words(comparison, 'England')}" if own.value is not None else ""
    words = [f"{name}, {period}: {with_interval(own, unit)}{judged}."]
    if england is not None:
        words.append(f"England: {with_interval(england, unit)}.")
    if peers:
        middle = sorted(peers)
        low, high = middle[len(middle) // 4], middle[(3 * len(middle)) // 4]
        words.append(
            f"{wording.whole(len(peers))} other {peer_words}; the middle half of them lie from "
            f"{said(low, unit)} to {said(high, unit)}."
        )
    else:
        words.append(f"No other {peer_words} have a value.")
    return " ".join(words)
