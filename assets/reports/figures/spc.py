"""XmR chart ("plot the dots"): months with their mean, limits of the process and special causes.

Rules and limits are the release's (mart ``spc_points``); here they are drawn and said. A line never
crosses from one stretch to the next: a month was missing or the series broke between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from assets.reports import wording
from assets.reports.figures.estimate import extent, number, said, said_in_full, unit_title
from assets.reports.figures.figure import Column, Figure
from assets.reports.figures.icons import ASSURANCE, VARIATION

KIND = "spc"
COLUMNS = (
    Column("when", "Month"),
    Column("value", "Value"),
    Column("mean", "Mean"),
    Column("lower_limit", "Lower limit of the process"),
    Column("upper_limit", "Upper limit of the process"),
    Column("cause", "Cause"),
    Column("meaning", "What it means"),
    Column("note", "Known change"),
    Column("stretch", "Stretch"),
    Column("begin"),
)
TOO_FEW = "too few months for limits"
MEANINGS = ("common cause", "improvement", "concern", "neither better nor worse", TOO_FEW)
CAUSES = {
    "outside_limits": "outside the limits",
    "trend": "a run of 7 months up or down",
    "two_of_three": "two of three months near a limit",
    "shift": "7 months on one side of the mean",
    "common_cause": "common cause",
}


@dataclass(frozen=True, slots=True)
class Month:
    """One row of ``spc_points``; limits and causes are None in a stretch with too few months."""

    period_start: date
    period_end: date
    value: float
    stretch: int
    mean: float | None = None
    lower_limit: float | None = None
    upper_limit: float | None = None
    special_cause: str | None = None
    variation_icon: str | None = None
    assurance_icon: str | None = None
    limits_state: str = "too_few_points"
    note: str | None = None


def spc(
    months: Sequence[Month],
    *,
    key: str,
    title: str,
    unit: str,
    area: str,
    target: float | None = None,
) -> Figure:
    """The figure of one measure of one area. ``note`` of a month names a known change.

    Raises ValueError without any month.
    """
    if not months:
        raise ValueError(f"figure {key} has no months: say so in words instead")
    ordered = sorted(months, key=lambda month: month.period_end)
    bounds = [
        n
        for month in ordered
        for n in (month.value, month.lower_limit, month.upper_limit)
        if n is not None
    ]
    last = ordered[-1]
    meanings = [_meaning(month) for month in ordered]
    shown = []
    if last.variation_icon:
        shown.append(f"variation:{last.variation_icon}")
    if last.assurance_icon:
        shown.append(f"assurance:{last.assurance_icon}")
    return Figure(
        kind=KIND,
        key=key,
        title=title,
        text=_text(ordered, unit, area, target),
        columns=COLUMNS,
        rows=tuple(_row(month) for month in ordered),
        settings={
            "unit": unit,
            "unit_words": unit_title(unit),
            "domain": extent([], *bounds, target),
            "since": ordered[0].period_start.isoformat(),
            "until": ordered[-1].period_start.isoformat(),
            "target_value": target,
            "meanings": [one for one in MEANINGS if one in meanings],
            "icons": shown,
            "units": dict.fromkeys(("value", "mean", "lower_limit", "upper_limit"), unit)
            | {"stretch": "count"},
            "missing": dict.fromkeys(("mean", "lower_limit", "upper_limit"), TOO_FEW)
            | {"note": "none"},
        },
    )


def drawing() -> dict[str, Any]:
    """The Vega-Lite drawing of an XmR chart."""
    import altair as alt  # noqa: PLC0415

    from assets.reports.figures import vega  # noqa: PLC0415

    x = alt.X(
        "begin:T",
        scale=alt.Scale(
            type="utc",
            domain=[alt.ExprRef("toDate(since)"), alt.ExprRef("toDate(until)")],
            padding=14,
        ),
        axis=alt.Axis(
            title=None,
            grid=False,
            format="%b %Y",
            tickCount=alt.ExprRef("narrow ? 3 : 8"),
            labelOverlap="greedy",
            labelSeparation=10,
        ),
    )
    y = alt.Y("value:Q", scale=vega.value_scale(padding=10), axis=vega.value_axis())
    legend = alt.Legend(
        title=None,
        values=alt.ExprRef("meanings"),
        columns=alt.ExprRef("narrow ? 1 : 4"),
        offset=24,
    )
    domain = list(MEANINGS)
    colours = ["common", "improvement", "concern", "neutral", "common"]
    rows = vega.base().transform_calculate(
        said=number("datum.value"),
        said_mean=f"isValid(datum.mean) ? ({number('datum.mean')}) : '{TOO_FEW}'",
        said_limits=(
            f"isValid(datum.lower_limit) ? ({number('datum.lower_limit')}) + ' to ' + "
            f"({number('datum.upper_limit')}) : '{TOO_FEW}'"
        ),
    )

    def line(name: str, **style: Any) -> Any:
        marked = rows.mark_line(**style)
        return marked.encode(x=x, y=alt.Y(f"{name}:Q"), detail="stretch:N")

    last = (
        rows.transform_window(
            place="row_number()", sort=[alt.SortField("begin", order="descending")]
        )
        .transform_filter("datum.place == 1 && isValid(datum.mean)")
        .transform_calculate(
            over=f"'upper limit ' + ({number('datum.upper_limit')})",
            middle=f"'mean ' + ({number('datum.mean')})",
            under=f"'lower limit ' + ({number('datum.lower_limit')})",
        )
    )
    ends: dict[str, Any] = {
        "align": "right",
        "fontSize": 11,
        "x": alt.ExprRef("width - 2"),
    }
    noted = rows.transform_filter("isValid(datum.note)")
    dashed: dict[str, Any] = {
        "color": vega.colour("muted"),
        "strokeDash": [5, 4],
        "strokeWidth": 1.5,
    }
    said_target = f"isValid(target_value) ? 'target ' + ({number('target_value')}) : ''"
    at_target = vega.y_at("target_value")
    chart = alt.layer(
        line("lower_limit", **dashed),
        line("upper_limit", **dashed),
        line("mean", color=vega.colour("muted"), strokeWidth=1.5),
        last.mark_rule(
            color=vega.colour("target"),
            strokeDash=[2, 2],
            strokeWidth=alt.ExprRef("isValid(target_value) ? 2 : 0"),
        ).encode(y=at_target),
        *vega.haloed(
            last.transform_calculate(aim=said_target).encode(y=at_target, text="aim:N"),
            align="left",
            baseline="bottom",
            fontSize=11,
            dy=-3,
            x=2,
        ),
        noted.mark_rule(color=vega.colour("muted"), strokeDash=[1, 3]).encode(x=x),
        noted.mark_text(
            y=-7,
            baseline="bottom",
            fontSize=11,
            color=vega.colour("ink"),
            align=alt.ExprRef("scale('x', datum.begin) > width / 2 ? 'right' : 'left'"),
        ).encode(x=x, text="note:N"),
        line("value", color=vega.colour("common"), strokeWidth=1.75),
        rows.mark_point(filled=True, size=80, opacity=1).encode(
            x=x,
            y=y,
            color=alt.Color(
                "meaning:N",
                scale=alt.Scale(domain=domain, range=[vega.colour(name) for name in colours]),
                legend=legend,
            ),
            shape=alt.Shape(
                "meaning:N",
                scale=alt.Scale(
                    domain=domain,
                    range=["circle", "triangle-up", "triangle-down", "diamond", "square"],
                ),
                legend=legend,
            ),
            tooltip=[
                alt.Tooltip("when:N", title="Month"),
                alt.Tooltip("said:N", title="Value"),
                alt.Tooltip("said_mean:N", title="Mean"),
                alt.Tooltip("said_limits:N", title="Limits"),
                alt.Tooltip("cause:N", title="Cause"),
            ],
        ),
        *vega.haloed(
            last.encode(y="upper_limit:Q", text="over:N"), baseline="bottom", dy=-3, **ends
        ),
        *vega.haloed(last.encode(y="mean:Q", text="middle:N"), baseline="bottom", dy=-3, **ends),
        *vega.haloed(last.encode(y="lower_limit:Q", text="under:N"), baseline="top", dy=3, **ends),
    ).properties(title=vega.unit_title())
    return vega.finished(
        chart,
        height=300,
        settings={
            "unit": "proportion",
            "unit_words": "",
            "domain": [0, 1],
            "since": "2025-01-01",
            "until": "2025-12-01",
            "target_value": None,
            "meanings": domain,
        },
    )


def _meaning(month: Month) -> str:
    if month.special_cause is None:
        return TOO_FEW
    kind = (month.variation_icon or "common").partition("_")[0]
    return {"improvement": "improvement", "concern": "concern", "neutral": MEANINGS[3]}.get(
        kind, MEANINGS[0]
    )


def _row(month: Month) -> tuple[Any, ...]:
    return (
        wording.period(month.period_start, month.period_end),
        month.value,
        month.mean,
        month.lower_limit,
        month.upper_limit,
        CAUSES.get(month.special_cause or "", TOO_FEW),
        _meaning(month),
        month.note,
        month.stretch,
        month.period_start.isoformat(),
    )


def _text(months: Sequence[Month], unit: str, area: str, target: float | None) -> str:
    last = months[-1]
    when = wording.period(last.period_start, last.period_end)
    words = [f"{area}, {when}: {said_in_full(last.value, unit)}."]
    if last.mean is not None and last.lower_limit is not None and last.upper_limit is not None:
        words.append(
            f"Mean of the {len([m for m in months if m.stretch == last.stretch])} months since "
            f"{_since(months, last)}: {said(last.mean, unit)}; months lie between "
            f"{said(last.lower_limit, unit)} and {said(last.upper_limit, unit)} by chance alone."
        )
        if last.limits_state == "trial":
            words.append("The limits are on trial: they come from few months.")
    else:
        words.append("Too few months for a mean and limits.")
    if last.variation_icon in VARIATION:
        words.append(f"Variation: {VARIATION[last.variation_icon].words}.")
    if last.assurance_icon in ASSURANCE:
        words.append(f"Assurance: {ASSURANCE[last.assurance_icon].words}.")
    if target is not None:
        words.append(f"Target: {said(target, unit)}.")
    special = [m for m in months if m.special_cause not in (None, "common_cause")]
    if special:
        named = wording.plural(len(special), "month", "months")
        words.append(f"{named} of {len(months)} with a special cause.")
    return " ".join(words)


def _since(months: Sequence[Month], last: Month) -> str:
    first = next(month for month in months if month.stretch == last.stretch)
    return wording.period(first.period_start, first.period_end)
