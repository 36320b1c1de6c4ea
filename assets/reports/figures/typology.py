"""Typology bars: what was done to, for and with people, as shares with their number.

Classes after Wilton (2021), as DOMAIN 4.1 to 4.3 apply them; weak evidence stays in the base.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assets.reports import wording
from assets.reports.figures.estimate import number, said
from assets.reports.figures.figure import Column, Figure

KIND = "typology"
COLUMNS = (
    Column("group", "Who or when"),
    Column("class", "Done"),
    Column("value", "Share"),
    Column("records", "Records"),
    Column("base", "Records classified (n)"),
    Column("state", "State of the value"),
    Column("order"),
)
CLASSES = ("to", "for", "with")


@dataclass(frozen=True, slots=True)
class Mix:
    """One bar: how many records were classified as done to, for and with people; None withheld."""

    group: str
    to_people: int | None
    for_people: int | None
    with_people: int | None
    weak_share: float | None = None
    agreement_share: float | None = None
    state_words: str = "reported"

    @property
    def counts(self) -> tuple[int | None, ...]:
        """In the order of ``CLASSES``."""
        return (self.to_people, self.for_people, self.with_people)

    @property
    def base(self) -> int | None:
        """How many were classified; None where a part is withheld."""
        known = [count for count in self.counts if count is not None]
        return sum(known) if len(known) == len(CLASSES) else None


def typology(mixes: Sequence[Mix], *, key: str, title: str) -> Figure:
    """The figure of one bar per area or period, in the order given.

    Raises ValueError where two bars have one name.
    """
    if len({mix.group for mix in mixes}) < len(mixes):
        raise ValueError(f"figure {key}: two bars have one name; name each of them")
    rows: list[tuple[Any, ...]] = []
    for mix in mixes:
        for order, (name, count) in enumerate(zip(CLASSES, mix.counts, strict=True)):
            share = count / mix.base if mix.base and count is not None else None
            state = mix.state_words
            if share is None and state == "reported":
                state = "no records classified"
            rows.append((_named(mix), name, share, count, mix.base, state, order))
    return Figure(
        kind=KIND,
        key=key,
        title=title,
        text=" ".join(_sentence(mix) for mix in mixes) or "No records received.",
        columns=COLUMNS,
        rows=tuple(rows),
        settings={
            "unit": "proportion",
            "lines": len(mixes),
            "units": {"value": "proportion", "records": "count", "base": "count"},
        },
    )


def drawing() -> dict[str, Any]:
    """The Vega-Lite drawing of typology bars."""
    import altair as alt  # noqa: PLC0415

    from assets.reports.figures import vega  # noqa: PLC0415

    colours = [f"doing_{name}" for name in CLASSES]
    y = vega.names("group:N", between="narrow ? 0.5 : 0.3", around="0.15")
    lower = alt.ExprRef("narrow ? 8 : 0")
    rows = (
        vega.base()
        .transform_calculate(named="datum['class']")
        .transform_calculate(
            said=number("datum.value"), size="isValid(datum.value) ? datum.value : 0"
        )
        .transform_stack(
            stack="size", groupby=["group"], sort=[alt.SortField("order")], as_=["begin", "end"]
        )
        .transform_calculate(
            middle="(datum.begin + datum.end) / 2",
            inside=(
                "datum.size < (narrow ? 0.12 : 0.06) ? '' : narrow ? datum.said : "
                "datum.size < 0.16 ? datum.said : datum.named + ' people ' + datum.said"
            ),
            heading="narrow ? datum.group : ''",
        )
    )
    x = alt.X(
        "begin:Q",
        scale=alt.Scale(domain=[0, 1], nice=False),
        axis=alt.Axis(
            title="Share of classified records",
            format=".0%",
            grid=False,
            tickCount=alt.ExprRef("narrow ? 4 : 10"),
            labelFlush=False,
        ),
    )
    first = rows.transform_filter("datum.order == 0")
    chart = alt.layer(
        rows.transform_filter("datum.size > 0")
        .mark_bar(stroke=vega.colour("outline"), strokeWidth=0.75, yOffset=lower)
        .encode(
            x=x,
            x2="end:Q",
            y=y,
            fill=alt.Fill(
                "named:N",
                scale=alt.Scale(domain=list(CLASSES), range=[vega.colour(c) for c in colours]),
                legend=alt.Legend(
                    title=None,
                    labelExpr="'done ' + datum.value + ' people'",
                    symbolStrokeColor=vega.colour("outline"),
                    columns=alt.ExprRef("narrow ? 1 : 3"),
                ),
            ),
            tooltip=[
                alt.Tooltip("group:N", title="Who or when"),
                alt.Tooltip("named:N", title="Done"),
                alt.Tooltip("said:N", title="Share"),
                alt.Tooltip("records:Q", title="Records"),
            ],
        ),
        rows.mark_text(
            baseline="middle",
            fontSize=12,
            yOffset=lower,
            color=alt.ExprRef(
                "datum.named == 'with' ? on_doing_with : "
                "datum.named == 'for' ? on_doing_for : on_doing_to"
            ),
        ).encode(x=alt.X("middle:Q"), y=y, text="inside:N"),
        first.mark_text(
            align="left",
            baseline="bottom",
            x=0,
            yOffset=-6,
            color=vega.colour("ink"),
            limit=alt.ExprRef("width"),
        ).encode(y=y, text="heading:N"),
        first.transform_filter("!isValid(datum.value)")
        .mark_text(
            align="left",
            baseline="middle",
            x=4,
            yOffset=lower,
            fontStyle="italic",
            limit=alt.ExprRef("width - 8"),
            color=vega.colour("ink"),
        )
        .encode(y=y, text="state:N"),
    )
    return vega.finished(chart, line=(38, 56), settings={"unit": "proportion"})


def _named(mix: Mix) -> str:
    return f"{mix.group} (n = {wording.whole(mix.base)})" if mix.base is not None else mix.group


def _sentence(mix: Mix) -> str:
    if not mix.base:
        state = "no records classified" if mix.state_words == "reported" else mix.state_words
        return f"{mix.group}: {state}."
    parts = [
        f"{said((count or 0) / mix.base, 'proportion')} {name}"
        for name, count in zip(CLASSES, mix.counts, strict=True)
    ]
    words = (
        f"{mix.group}: of {wording.plural(mix.base, 'record', 'records')}, {parts[0]} people, "
        f"{parts[1]} people and {parts[2]} people."
    )
    if mix.weak_share is not None:
        words += f" Weak evidence: {said(mix.weak_share, 'proportion')}."
    if mix.agreement_share is not None:
        words += f" Staff and people agreed on {said(mix.agreement_share, 'proportion')}."
    return words
