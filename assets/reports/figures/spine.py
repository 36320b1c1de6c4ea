"""Spine chart: one area against England, indicator by indicator, right is better.

Each spine runs from the worst to the best area of the level, with the middle half darker and
England in the middle. Position of a value (DOMAIN 6.14), signs turned where lower is better:
``0.5 + 0.5 (value - England) / max(England - worst, best - England)``.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assets.reports import wording
from assets.reports.figures.estimate import (
    COMPARISONS,
    NO_INTERVAL,
    Estimate,
    compared,
    listed,
    number,
    number_in_full,
)
from assets.reports.figures.figure import Column, Figure

KIND = "spine"
COLUMNS = (
    Column("title", "Indicator"),
    Column("period", "Period"),
    Column("value", "Area"),
    Column("lower", "Lower 95% limit"),
    Column("upper", "Upper 95% limit"),
    Column("comparison", "Compared with England"),
    Column("england", "England"),
    Column("worst", "Worst (or lowest)"),
    Column("p25", "25th percentile"),
    Column("p75", "75th percentile"),
    Column("best", "Best (or highest)"),
    Column("state", "State of the value"),
    Column("line"),
    Column("unit"),
    Column("lines"),
    Column("ends"),
    Column("at"),
    Column("at_worst"),
    Column("at_p25"),
    Column("at_p75"),
    Column("at_best"),
)
_NARROW_LINE = 40
_NUMBERS = ("value", "lower", "upper", "england", "worst", "p25", "p75", "best")


@dataclass(frozen=True, slots=True)
class Spread:
    """How the areas of one level lie: their lowest, quartiles and highest value."""

    lowest: float
    p25: float
    p75: float
    highest: float


@dataclass(frozen=True, slots=True)
class Spine:
    """One indicator of one area.

    ``spread`` is None where too few areas have a value, or the area is no part of the others.
    """

    title: str
    period: str
    unit: str
    polarity: str
    estimate: Estimate
    england: float | None
    spread: Spread | None
    comparison: str | None = None


def spine(spines: Sequence[Spine], *, key: str, title: str, area: str) -> Figure:
    """The figure of one area's indicators, in the order given."""
    rows = tuple(_row(line, one) for line, one in enumerate(spines))
    at, word_at = (_place(name) for name in ("at", "comparison"))
    drawn = {row[word_at] for row in rows if row[at] is not None}
    return Figure(
        kind=KIND,
        key=key,
        title=title,
        text=_text(spines, area),
        columns=COLUMNS,
        rows=rows,
        settings={
            "area_name": area,
            "lines": len(rows),
            "against": "England",
            "comparisons": [word for word in COMPARISONS if word in drawn],
            "units": dict.fromkeys(_NUMBERS, "by row"),
            "missing": dict.fromkeys(("lower", "upper"), NO_INTERVAL)
            | dict.fromkeys(("england", "worst", "p25", "p75", "best"), "not available"),
        },
    )


def position(value: float, england: float, spread: Spread, polarity: str) -> float | None:
    """Where a value lies on its spine, 0 to 1; None where every area has England's value.

    A value beyond the areas of the level (England's own spread is that of areas) may lie outside.
    """
    d = max(england - spread.lowest, spread.highest - england)
    if d <= 0:
        return None
    sign = -1 if polarity == "low" else 1
    return 0.5 + 0.5 * sign * (value - england) / d


def drawing() -> dict[str, Any]:
    """The Vega-Lite drawing of spines."""
    import altair as alt  # noqa: PLC0415

    from assets.reports.figures import vega  # noqa: PLC0415

    y = alt.Y("line:O", axis=None)
    scale = alt.Scale(domain=[0, 1], nice=False, clamp=True)
    x = alt.X(
        "at:Q",
        scale=scale,
        axis=alt.Axis(
            orient="top",
            title=None,
            values=[0, 0.5, 1],
            labelExpr="datum.value == 0.5 ? against : datum.value == 0 ? 'worse' : 'better'",
            labelFontSize=12,
            domain=False,
            ticks=False,
            grid=False,
            labelFlush=True,
        ),
    )
    rows = vega.base().transform_calculate(
        said=(
            f"isValid(datum.value) ? {number_in_full('datum.value', 'datum.unit')} : "
            "split(datum.state, ':')[0]"
        ),
        said_england=(
            f"isValid(datum.england) ? ({number('datum.england', 'datum.unit')}) : 'not available'"
        ),
        said_worst=f"isValid(datum.worst) ? ({number('datum.worst', 'datum.unit')}) : ''",
        said_best=f"isValid(datum.best) ? ({number('datum.best', 'datum.unit')}) : ''",
        between=(
            f"isValid(datum.lower) ? ({number('datum.lower', 'datum.unit')}) + ' to ' + "
            f"({number('datum.upper', 'datum.unit')}) : '{NO_INTERVAL}'"
        ),
        heading="narrow ? split(datum.lines, '|') : datum.title",
        at_england="0.5",
        left="datum.ends == 'judged' ? 'worst ' + datum.said_worst : 'lowest ' + datum.said_worst",
        right="datum.ends == 'judged' ? 'best ' + datum.said_best : 'highest ' + datum.said_best",
        numbers=(
            "datum.said + (isValid(datum.value) && isValid(datum.england) ? "
            "'  (' + against + ' ' + datum.said_england + ')' : '')"
        ),
    )
    tooltip = [
        alt.Tooltip("title:N", title="Indicator"),
        alt.Tooltip("period:N", title="Period"),
        alt.Tooltip("said:N", title="Area"),
        alt.Tooltip("between:N", title="95% interval"),
        alt.Tooltip("said_england:N", title="England"),
        alt.Tooltip("comparison:N", title="Compared with England"),
    ]
    spread = rows.transform_filter("isValid(datum.at_worst)")
    ink: dict[str, Any] = {"color": vega.colour("ink")}
    middle = alt.ExprRef("narrow ? 16 : 8")
    under = alt.ExprRef("narrow ? 25 : 17")
    without = rows.transform_filter("!isValid(datum.at_worst)")
    chart = alt.layer(
        spread.mark_bar(height=12, color=vega.colour("band"), yOffset=middle).encode(
            x=alt.X("at_worst:Q", scale=scale), x2="at_best:Q", y=y
        ),
        spread.mark_bar(height=12, color=vega.colour("band_middle"), yOffset=middle).encode(
            x=alt.X("at_p25:Q", scale=scale), x2="at_p75:Q", y=y
        ),
        spread.mark_tick(
            color=vega.colour("england"), thickness=3, size=24, opacity=1, yOffset=middle
        ).encode(x=alt.X("at_england:Q", scale=scale), y=y),
        rows.transform_filter("isValid(datum.at)")
        .mark_point(
            stroke=vega.colour("outline"), strokeWidth=1.25, size=150, opacity=1, yOffset=middle
        )
        .encode(
            x=x,
            y=y,
            fill=vega.comparison_fill(),
            shape=vega.comparison_shape(),
            tooltip=tooltip,
        ),
        rows.mark_text(
            align="left",
            baseline="bottom",
            x=0,
            fontWeight="bold",
            lineHeight=15,
            yOffset=alt.ExprRef("narrow ? -13 - 15 * (length(split(datum.lines, '|')) - 1) : -6"),
            limit=alt.ExprRef("narrow ? width : width - 200"),
            **ink,
        ).encode(y=y, text="heading:N"),
        rows.mark_text(
            align=alt.ExprRef("narrow ? 'left' : 'right'"),
            baseline="bottom",
            x=alt.ExprRef("narrow ? 0 : width"),
            limit=alt.ExprRef("width"),
            yOffset=alt.ExprRef("narrow ? 5 : -6"),
            **ink,
        ).encode(y=y, text="numbers:N"),
        spread.mark_text(
            align="left", baseline="top", x=0, fontSize=11, yOffset=under, **ink
        ).encode(y=y, text="left:N"),
        spread.mark_text(
            align="right", baseline="top", x=alt.ExprRef("width"), fontSize=11, yOffset=under, **ink
        ).encode(y=y, text="right:N"),
        without.mark_text(
            text="no spine: nothing to compare with",
            align="left",
            baseline="middle",
            x=0,
            fontSize=11,
            yOffset=middle,
            color=vega.colour("muted"),
        ).encode(y=y),
    )
    return vega.finished(
        chart,
        line=(66, 96),
        settings={
            "area_name": "",
            "against": "England",
            "comparisons": list(COMPARISONS),
        },
    )


def _place(name: str) -> int:
    return [column.name for column in COLUMNS].index(name)


def _row(line: int, one: Spine) -> tuple[Any, ...]:
    spread, estimate = one.spread, one.estimate
    low, high = (spread.lowest, spread.highest) if spread else (None, None)
    p25, p75 = (spread.p25, spread.p75) if spread else (None, None)
    if one.polarity == "low":
        low, high, p25, p75 = high, low, p75, p25

    def at(value: float | None) -> float | None:
        if value is None or one.england is None or spread is None:
            return None
        found = position(value, one.england, spread, one.polarity)
        return None if found is None else round(found, 4)

    return (
        one.title,
        one.period,
        estimate.value,
        estimate.lower,
        estimate.upper,
        compared(one.comparison),
        one.england,
        low,
        p25,
        p75,
        high,
        estimate.state_words,
        line,
        one.unit,
        "|".join(textwrap.wrap(one.title, _NARROW_LINE)[:2]),
        "judged" if one.polarity in ("high", "low") else "unjudged",
        at(estimate.value),
        at(low),
        at(p25),
        at(p75),
        at(high),
    )


def _text(spines: Sequence[Spine], area: str) -> str:
    shown = [one for one in spines if one.estimate.value is not None]
    said = [
        f"{area}: {wording.plural(len(shown), 'indicator', 'indicators')} of {len(spines)} with a "
        "value."
    ]
    for word in COMPARISONS[:-1]:
        titles = [one.title for one in shown if one.comparison == word]
        if not titles:
            continue
        preposition = "to" if word == "similar" else "than"
        named = f": {listed(titles)}" if word != "similar" and len(titles) <= 6 else ""
        said.append(f"{len(titles)} {word} {preposition} England{named}.")
    counts = Counter(one.comparison is None for one in shown)
    if counts[True]:
        said.append(f"{counts[True]} not compared with England.")
    return " ".join(said)
