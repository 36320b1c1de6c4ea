"""Funnel plot: proportions by the size of their base, with the limits that chance alone would give.

Limits are ``average +- z sqrt(average (1 - average) / n)``, cut at 0 and 1, for 95 and 99.8 %
(DOMAIN 6.8). Practices spread more than chance gives, so the words are "outside the funnel".
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assets.reports import wording
from assets.reports.figures.estimate import number, said, unit_title
from assets.reports.figures.figure import Column, Figure

KIND = "funnel"
COLUMNS = (
    Column("area", "Area"),
    Column("value", "Value"),
    Column("base", "Base (n)"),
    Column("place", "Place in the funnel"),
    Column("low_998", "Lower 99.8% limit of chance"),
    Column("high_998", "Upper 99.8% limit of chance"),
    Column("state", "State of the value"),
    Column("role"),
)
INSIDE = "inside the funnel"
OUTSIDE_95 = "outside the 95% limits"
OUTSIDE_998 = "outside the 99.8% limits"
PLACES = (INSIDE, OUTSIDE_95, OUTSIDE_998)
Z_95 = 1.959963984540054
Z_998 = 3.090232306167813


@dataclass(frozen=True, slots=True)
class Area:
    """One area; ``name`` is None for a practice that is not the page's own."""

    name: str | None
    value: float
    base: int
    is_own: bool = False


def limits(average: float, base: float, z: float) -> tuple[float, float]:
    """The limits of chance around an average proportion for a base, cut at 0 and 1."""
    half = z * math.sqrt(average * (1 - average) / base)
    return max(0.0, average - half), min(1.0, average + half)


def place(value: float, base: int, average: float) -> str:
    """Where a proportion lies; on a limit is inside it."""
    for z, words in ((Z_998, OUTSIDE_998), (Z_95, OUTSIDE_95)):
        low, high = limits(average, base, z)
        if value < low or value > high:
            return words
    return INSIDE


def funnel(
    areas: Sequence[Area],
    *,
    key: str,
    title: str,
    average: float,
    period: str,
    average_words: str = "England",
    what: tuple[str, str] = ("area", "areas"),
) -> Figure:
    """The figure of one proportion in many areas.

    average: the proportion that the funnel stands around, 0 to 1. average_words: whose it is.
    what: what one area and many are called, as ``("practice", "practices")``.
    Raises ValueError on a base below 1 or an average that is no proportion.
    """
    if not 0 <= average <= 1:
        raise ValueError(f"figure {key}: the average {average} is not between 0 and 1")
    if wrong := [area for area in areas if area.base < 1]:
        raise ValueError(f"figure {key}: a base below 1: {wrong[0]}")
    nameless = f"{'an' if what[0][:1] in 'aeiou' else 'a'} {what[0]}"
    rows = []
    for area in sorted(areas, key=lambda a: (a.is_own, a.base, a.value)):
        low, high = limits(average, area.base, Z_998)
        where = place(area.value, area.base, average)
        rows.append(
            (
                area.name or nameless,
                area.value,
                area.base,
                where,
                low,
                high,
                "reported",
                "own" if area.is_own else "peer",
            )
        )
    bases = [area.base for area in areas] or [1]
    at_least = limits(average, max(1, min(bases)), Z_998)
    values = [*(area.value for area in areas), average]
    # The mouth of the funnel may be wider than every value: a quarter more is enough to see.
    room = 0.25 * (max(values) - min(values))
    return Figure(
        kind=KIND,
        key=key,
        title=title,
        text=_text(areas, average, period, average_words, what),
        columns=COLUMNS,
        rows=tuple(rows),
        settings={
            "unit": "proportion",
            "unit_words": unit_title("proportion"),
            "average": average,
            "average_words": average_words,
            "least": max(1, min(bases)),
            "most": max(bases),
            "domain": [
                max(0.0, min(values) - room, min(at_least[0], *values)),
                min(1.0, max(values) + room, max(at_least[1], *values)),
            ],
            "areas": len(areas),
            "places": [one for one in PLACES if any(row[3] == one for row in rows)],
            "units": {"base": "count"}
            | dict.fromkeys(("value", "low_998", "high_998"), "proportion"),
        },
    )


def drawing() -> dict[str, Any]:
    """The Vega-Lite drawing of a funnel; its lines are calculated from the average alone."""
    import altair as alt  # noqa: PLC0415

    from assets.reports.figures import vega  # noqa: PLC0415

    x_scale = alt.Scale(domain=[0, alt.ExprRef("most * 1.03")], nice=False, zero=False)
    x = alt.X(
        "base:Q",
        scale=x_scale,
        axis=alt.Axis(
            title="Base (n)",
            grid=False,
            format=",d",
            tickCount=alt.ExprRef("narrow ? 4 : 8"),
        ),
    )
    y = alt.Y("value:Q", scale=vega.value_scale(clamp=True), axis=vega.value_axis())
    rows = vega.base().transform_calculate(
        said=number("datum.value"), said_base="format(datum.base, ',.0f')"
    )
    curve = (
        rows.transform_aggregate(areas="count()")
        .transform_calculate(step="sequence(0, 81)")
        .transform_flatten(["step"])
        .transform_calculate(
            n="pow(sqrt(least) + (sqrt(most * 1.03) - sqrt(least)) * datum.step / 80, 2)"
        )
        .transform_calculate(half="sqrt(average * (1 - average) / datum.n)")
        .transform_calculate(
            low_95=f"max(0, average - {Z_95} * datum.half)",
            high_95=f"min(1, average + {Z_95} * datum.half)",
            low_998=f"max(0, average - {Z_998} * datum.half)",
            high_998=f"min(1, average + {Z_998} * datum.half)",
        )
    )

    def limit(name: str, **style: Any) -> Any:
        marked = curve.mark_line(color=vega.colour("muted"), strokeWidth=1.5, clip=True, **style)
        return marked.encode(x=alt.X("n:Q", scale=x_scale), y=alt.Y(f"{name}:Q"), order="n:Q")

    legend = alt.Legend(
        title=None,
        values=alt.ExprRef("places"),
        columns=alt.ExprRef("narrow ? 1 : 3"),
        symbolStrokeColor=vega.colour("outline"),
    )
    fill = alt.Fill(
        "place:N",
        scale=alt.Scale(
            domain=list(PLACES),
            range=[vega.colour("peer"), vega.colour("lower"), vega.colour("higher")],
        ),
        legend=legend,
    )
    shape = alt.Shape(
        "place:N",
        scale=alt.Scale(domain=list(PLACES), range=["circle", "square", "diamond"]),
        legend=legend,
    )
    tooltip = [
        alt.Tooltip("area:N", title="Area"),
        alt.Tooltip("said:N", title="Value"),
        alt.Tooltip("said_base:N", title="Base (n)"),
        alt.Tooltip("place:N", title="Place"),
    ]
    middle = curve.transform_filter("datum.step == 80").transform_calculate(
        said=f"average_words + ' ' + ({number('average')})"
    )
    ends: dict[str, Any] = {
        "align": "right",
        "baseline": "bottom",
        "fontSize": 11,
        "x": alt.ExprRef("width"),
    }
    own = rows.transform_filter("datum.role == 'own'")
    chart = alt.layer(
        rows.mark_point(
            size=alt.ExprRef("areas > 1000 ? 14 : areas > 300 ? 30 : 60"),
            stroke=vega.colour("outline"),
            strokeWidth=alt.ExprRef("areas > 300 ? 0.3 : 0.75"),
            opacity=0.9,
        ).encode(x=x, y=y, fill=fill, shape=shape, tooltip=tooltip),
        limit("low_998"),
        limit("high_998"),
        limit("low_95", strokeDash=[4, 3]),
        limit("high_95", strokeDash=[4, 3]),
        middle.mark_rule(color=vega.colour("england"), strokeWidth=2, strokeDash=[6, 3]).encode(
            y=vega.y_at("average")
        ),
        *vega.haloed(
            middle.encode(y=vega.y_at("average"), text="said:N"),
            dy=-3,
            **ends,
        ),
        *vega.haloed(middle.encode(y="high_998:Q"), text="99.8% limit", dy=-3, **ends),
        *vega.haloed(middle.encode(y="high_95:Q"), text="95% limit", dy=-3, **ends),
        own.mark_point(
            size=260,
            shape="circle",
            filled=False,
            stroke=vega.colour("area"),
            strokeWidth=3,
            opacity=1,
        ).encode(x=x, y=y),
        *vega.haloed(
            own.encode(x=x, y=y, text="area:N"),
            baseline="bottom",
            dy=-12,
            fontWeight="bold",
            align=alt.ExprRef("datum.base > most * 0.6 ? 'right' : 'left'"),
        ),
    ).properties(title=vega.unit_title())
    return vega.finished(
        chart,
        height=340,
        settings={
            "unit": "proportion",
            "unit_words": "",
            "average": 0.5,
            "average_words": "",
            "least": 1,
            "most": 100,
            "domain": [0, 1],
            "places": list(PLACES),
            "areas": 1,
        },
    )


def _text(
    areas: Sequence[Area], average: float, period: str, average_words: str, what: tuple[str, str]
) -> str:
    places = Counter(place(area.value, area.base, average) for area in areas)
    words = [
        f"{average_words}, {period}: {said(average, 'proportion')}.",
        f"Of {wording.plural(len(areas), *what)}, {wording.whole(places[INSIDE])} lie inside the "
        f"funnel of chance, {wording.whole(places[OUTSIDE_95])} outside its 95% limits only and "
        f"{wording.whole(places[OUTSIDE_998])} outside its 99.8% limits.",
    ]
    words += [
        f"{area.name}: {said(area.value, 'proportion')} of {wording.whole(area.base)}, "
        f"{place(area.value, area.base, average)}."
        for area in areas
        if area.is_own and area.name
    ]
    return " ".join(words)
