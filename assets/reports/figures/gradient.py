"""Deprivation gradient: a value in each fifth of the population, and the slope across them.

Each fifth is as wide as its share of the population; the curve is the fit whose ends differ by the
slope index of inequality (SII) and whose ratio is the relative index (RII): DOMAIN 6.10. Fifth 1 is
the most deprived; a positive SII is higher in the least deprived.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assets.reports.figures.estimate import (
    NO_INTERVAL,
    Estimate,
    extent,
    number,
    said,
    said_in_full,
    unit_title,
    with_interval,
)
from assets.reports.figures.figure import Column, Figure

KIND = "gradient"
COLUMNS = (
    Column("fifth", "Fifth of the population"),
    Column("value", "Value"),
    Column("lower", "Lower 95% limit"),
    Column("upper", "Upper 95% limit"),
    Column("population", "People"),
    Column("practices", "Practices"),
    Column("state", "State of the value"),
    Column("begin"),
    Column("end"),
    Column("label"),
)
_LABELS = {1: "1 most deprived", 5: "5 least deprived"}


@dataclass(frozen=True, slots=True)
class Fifth:
    """One fifth, 1 the most deprived to 5 the least."""

    number: int
    estimate: Estimate
    population: float
    practices: int | None = None


@dataclass(frozen=True, slots=True)
class Slope:
    """The slope index in the unit of the release (percentage points, or the rate's own), and RII.

    The limits are the analytic 95 % ones.
    """

    sii: float
    lower: float | None
    upper: float | None
    rii: float | None


def gradient(
    fifths: Sequence[Fifth],
    *,
    key: str,
    title: str,
    unit: str,
    area: str,
    period: str,
    slope: Slope | None = None,
    why_no_slope: str = "not all fifths have a value",
) -> Figure:
    """The figure of one indicator across deprivation, for one period of one series.

    Raises ValueError without any population and
    where a fifth comes twice.
    """
    ordered = sorted(fifths, key=lambda one: one.number)
    total = sum(one.population for one in ordered)
    if len({one.number for one in ordered}) < len(ordered):
        raise ValueError(f"figure {key}: a fifth comes twice; give one period of one series")
    if total <= 0:
        raise ValueError(f"figure {key}: no fifth has a population")
    rows: list[tuple[Any, ...]] = []
    begin = 0.0
    for one in ordered:
        end = begin + one.population / total
        label = _LABELS.get(one.number, str(one.number))
        rows.append(
            (
                label,
                one.estimate.value,
                one.estimate.lower,
                one.estimate.upper,
                round(one.population),
                one.practices,
                one.estimate.state_words,
                round(begin, 6),
                round(end, 6),
                label,
            )
        )
        begin = end
    ends = fitted_ends(slope, unit)
    slope_unit = "slope_pp" if unit == "proportion" else unit
    return Figure(
        kind=KIND,
        key=key,
        title=title,
        text=_text(ordered, area, period, unit, slope_unit, slope, why_no_slope),
        columns=COLUMNS,
        rows=tuple(rows),
        settings={
            "unit": unit,
            "unit_words": unit_title(unit),
            "domain": extent((one.estimate for one in ordered), 0.0, *(ends or ())),
            "fit_begin": ends[0] if ends else None,
            "fit_end": ends[1] if ends else None,
            "fit_words": f"slope index {said(slope.sii, slope_unit)}" if ends and slope else "",
            "units": dict.fromkeys(("value", "lower", "upper"), unit)
            | dict.fromkeys(("population", "practices"), "count"),
            "missing": {"lower": NO_INTERVAL, "upper": NO_INTERVAL},
        },
    )


def fitted_ends(slope: Slope | None, unit: str) -> tuple[float, float] | None:
    """The fitted values of the most and of the least deprived person, in the unit of the value.

    They follow from ``SII = end - begin`` and ``RII = end / begin``; None where RII is missing or
    1, which leaves the ends open.
    """
    if slope is None or slope.rii is None or abs(slope.rii - 1) < 1e-9:
        return None
    sii = slope.sii / 100 if unit == "proportion" else slope.sii
    begin = sii / (slope.rii - 1)
    return begin, begin + sii


def drawing() -> dict[str, Any]:
    """The Vega-Lite drawing of a gradient."""
    import altair as alt  # noqa: PLC0415

    from assets.reports.figures import vega  # noqa: PLC0415

    x = alt.X(
        "begin:Q",
        scale=alt.Scale(domain=[0, 1], nice=False),
        axis=alt.Axis(
            title="Fifth of the population by deprivation",
            labels=False,
            ticks=False,
            grid=False,
            titlePadding=24,
        ),
    )
    y = alt.Y("value:Q", scale=vega.value_scale(), axis=vega.value_axis())
    rows = vega.base().transform_calculate(
        said=f"isValid(datum.value) ? ({number('datum.value')}) : split(datum.state, ':')[0]",
        between=(
            f"isValid(datum.lower) ? ({number('datum.lower')}) + ' to ' + "
            f"({number('datum.upper')}) : '{NO_INTERVAL}'"
        ),
        middle="(datum.begin + datum.end) / 2",
        short="narrow ? replace(datum.label, ' deprived', '') : datum.label",
        top="isValid(datum.upper) ? datum.upper : isValid(datum.value) ? datum.value : domain[0]",
    )
    shown = rows.transform_filter("isValid(datum.value)")
    curve = (
        rows.transform_aggregate(fifths="count()")
        .transform_calculate(step="sequence(0, isValid(fit_begin) ? 41 : 0)")
        .transform_flatten(["step"])
        .transform_filter("isValid(datum.step)")
        .transform_calculate(at="datum.step / 40")
        .transform_calculate(
            y0="unit == 'proportion' ? log(fit_begin / (1 - fit_begin)) : log(fit_begin)",
            y1="unit == 'proportion' ? log(fit_end / (1 - fit_end)) : log(fit_end)",
        )
        .transform_calculate(on="datum.y0 + (datum.y1 - datum.y0) * datum.at")
        .transform_calculate(fit="unit == 'proportion' ? 1 / (1 + exp(-datum.on)) : exp(datum.on)")
    )
    middle = alt.X("middle:Q")
    ink = vega.colour("ink")
    chart = alt.layer(
        shown.mark_rect(
            color=vega.colour("band"),
            stroke=vega.colour("muted"),
            strokeWidth=1,
            y2=alt.ExprRef("height"),
        ).encode(
            x=x,
            x2="end:Q",
            y=y,
            tooltip=[
                alt.Tooltip("fifth:N", title="Fifth"),
                alt.Tooltip("said:N", title="Value"),
                alt.Tooltip("between:N", title="95% interval"),
            ],
        ),
        shown.mark_rule(color=ink, strokeWidth=1.75).encode(
            x=middle, y=alt.Y("lower:Q"), y2="upper:Q"
        ),
        curve.mark_line(color=vega.colour("area"), strokeWidth=3, strokeDash=[8, 4]).encode(
            x=alt.X("at:Q"), y=alt.Y("fit:Q"), order="at:Q"
        ),
        *vega.haloed(
            rows.encode(x=middle, y=alt.Y("top:Q"), text="said:N"),
            baseline="bottom",
            dy=-5,
            fontWeight="bold",
        ),
        rows.mark_text(baseline="top", y=alt.ExprRef("height + 8"), color=ink, fontSize=12).encode(
            x=middle, text="short:N"
        ),
        curve.transform_filter("datum.step == 40")
        .mark_text(
            align="right",
            baseline="bottom",
            dx=-6,
            y=-4,
            color=ink,
            fontSize=12,
            text=alt.ExprRef("'\\u2012 \\u2012  ' + fit_words"),
        )
        .encode(x=alt.X("at:Q")),
    ).properties(title=vega.unit_title())
    return vega.finished(
        chart,
        height=290,
        settings={
            "unit": "proportion",
            "unit_words": "",
            "domain": [0, 1],
            "fit_begin": None,
            "fit_end": None,
            "fit_words": "",
        },
    )


def _text(
    fifths: Sequence[Fifth],
    area: str,
    period: str,
    unit: str,
    slope_unit: str,
    slope: Slope | None,
    why_no_slope: str,
) -> str:
    most, least = fifths[0], fifths[-1]
    words = [
        f"{area}, {period}. Most deprived fifth: {with_interval(most.estimate, unit)}; least "
        f"deprived fifth: {with_interval(least.estimate, unit)}."
    ]
    if slope is None:
        words.append(f"No slope index of inequality: {why_no_slope}.")
        return " ".join(words)
    limits = (
        f" (95% interval {said(slope.lower, slope_unit)} to {said(slope.upper, slope_unit)})"
        if slope.lower is not None and slope.upper is not None
        else f" ({NO_INTERVAL})"
    )
    way = "higher" if slope.sii > 0 else "lower" if slope.sii < 0 else "no different"
    sure = (
        ""
        if slope.lower is None or slope.upper is None or slope.lower > 0 or slope.upper < 0
        else "; the interval includes no difference"
    )
    words.append(
        f"Slope index of inequality: {said_in_full(slope.sii, slope_unit)}{limits}, so {way} for "
        f"the least deprived{sure}."
    )
    if slope.rii is not None:
        words.append(f"Relative index: {slope.rii:.2f}.")
    return " ".join(words)
