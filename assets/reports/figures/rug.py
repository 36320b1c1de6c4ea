"""Tartan rug: indicators by component against areas, a number and a mark in every cell."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from assets.reports import wording
from assets.reports.figures.estimate import (
    COMPARISONS,
    NO_INTERVAL,
    NO_VALUE,
    SYMBOLS,
    Estimate,
    compared,
    listed,
    number,
)
from assets.reports.figures.figure import Column, Figure, distinct_names

KIND = "rug"
COLUMNS = (
    Column("title", "Indicator"),
    Column("component", "Component"),
    Column("area", "Area"),
    Column("value", "Value"),
    Column("lower", "Lower 95% limit"),
    Column("upper", "Upper 95% limit"),
    Column("comparison", "Compared with England"),
    Column("state", "State of the value"),
    Column("unit"),
    Column("short"),
    Column("line"),
)
_CELL = 46
_LABELS = 230
_LABEL_LETTERS = 34


@dataclass(frozen=True, slots=True)
class Cell:
    """One indicator in one area; ``series`` says in which way it is counted, if in several."""

    indicator_id: str
    title: str
    component: str
    unit: str
    area_code: str
    area: str
    estimate: Estimate
    comparison: str | None = None
    series: str = ""

    @property
    def full_title(self) -> str:
        """The indicator, and what of it is counted."""
        return f"{self.title}: {self.series}" if self.series else self.title


def rug(cells: Sequence[Cell], *, key: str, title: str) -> Figure:
    """The figure of many indicators in many areas, indicators and areas in the order given.

    Indicators of one component stand together, under its name. A cell that is not given is not
    available, and says so. Raises ValueError where an indicator comes twice in one area.
    """
    cells = _whole(cells, key)
    components = list(dict.fromkeys(cell.component for cell in cells))
    indicators = sorted(
        dict.fromkeys((cell.component, cell.indicator_id, cell.title) for cell in cells),
        key=lambda one: components.index(one[0]),
    )
    headings: list[list[str]] = []
    lines: dict[str, int] = {}
    under = ""
    for component, indicator_id, name in indicators:
        if component != under:
            headings.append([])
            under = component
        lines[indicator_id] = len(headings)
        headings.append(textwrap.wrap(name, _LABEL_LETTERS)[:2])
    areas = distinct_names((cell.area_code, wording.short_area(cell.area)) for cell in cells)
    ordered = sorted(cells, key=lambda cell: lines[cell.indicator_id])
    used = {
        compared(cell.comparison) if cell.estimate.value is not None else NO_VALUE for cell in cells
    }
    return Figure(
        kind=KIND,
        key=key,
        title=title,
        text=_text(cells, len(indicators), len(areas)),
        columns=COLUMNS,
        rows=tuple(
            (
                cell.full_title,
                cell.component,
                areas[cell.area_code],
                cell.estimate.value,
                cell.estimate.lower,
                cell.estimate.upper,
                compared(cell.comparison),
                cell.estimate.state_words,
                cell.unit,
                cell.estimate.short_state,
                lines[cell.indicator_id],
            )
            for cell in ordered
        ),
        settings={
            "lines": len(headings),
            "titles": headings,
            "area_names": list(areas.values()),
            "against": "England",
            "comparisons": [word for word in (*COMPARISONS, NO_VALUE) if word in used],
            "least_width": len(areas) * _CELL + _LABELS,
            "least_narrow_width": len(areas) * _CELL,
            "units": dict.fromkeys(("value", "lower", "upper"), "by row"),
            "missing": dict.fromkeys(("lower", "upper"), NO_INTERVAL),
        },
    )


def drawing() -> dict[str, Any]:
    """The Vega-Lite drawing of a tartan rug."""
    import altair as alt  # noqa: PLC0415

    from assets.reports.figures import vega  # noqa: PLC0415

    y = alt.Y(
        "line:O",
        scale=alt.Scale(
            paddingInner=alt.ExprRef("narrow ? 0.38 : 0"), paddingOuter=alt.ExprRef("0")
        ),
        axis=alt.Axis(
            title=None,
            domain=False,
            ticks=False,
            labelLimit=_LABELS,
            labelLineHeight=14,
            labelFontSize=12,
            labelBaseline="middle",
            labelOffset=alt.ExprRef("-7 * (length(titles[datum.value]) - 1)"),
            labelExpr="narrow ? '' : titles[datum.value]",
        ),
    )
    x = alt.X(
        "area:N",
        sort=None,
        scale=alt.Scale(padding=0),
        axis=alt.Axis(
            title=None,
            domain=False,
            ticks=False,
            orient="top",
            labelAngle=-90,
            labelLimit=170,
            labelFontSize=12,
            labelOverlap=False,
        ),
    )
    names = [*COMPARISONS, NO_VALUE]
    symbols = " : ".join(f"datum.kind == '{w}' ? '{s}'" for w, s in SYMBOLS.items() if s)
    rows = (
        vega.base()
        .transform_calculate(
            kind=f"isValid(datum.value) ? datum.comparison : '{NO_VALUE}'",
            said=(f"isValid(datum.value) ? ({number('datum.value', 'datum.unit')}) : datum.short"),
            between=(
                f"isValid(datum.lower) ? ({number('datum.lower', 'datum.unit')}) + ' to ' + "
                f"({number('datum.upper', 'datum.unit')}) : '{NO_INTERVAL}'"
            ),
        )
        .transform_calculate(mark=f"{symbols} : ''")
    )
    on = " : ".join(f"datum.kind == '{w}' ? on_{w.replace(' ', '_')}" for w in names)
    text: dict[str, Any] = {"color": alt.ExprRef(f"{on} : ink"), "baseline": "middle"}
    fill = alt.Fill(
        "kind:N",
        scale=alt.Scale(
            domain=names, range=[vega.colour(name.replace(" ", "_")) for name in names]
        ),
        legend=alt.Legend(
            title=None,
            values=alt.ExprRef("comparisons"),
            columns=alt.ExprRef("narrow ? 1 : 4"),
            symbolType="square",
            symbolSize=220,
            symbolStrokeColor=vega.colour("muted"),
            labelExpr=vega.comparison_words(has_symbols=True),
        ),
    )
    titles = rows.transform_aggregate(title="min(title)", groupby=["line"]).transform_calculate(
        over="narrow ? datum.title : ''"
    )
    headings = rows.transform_aggregate(
        first="min(line)", groupby=["component"]
    ).transform_calculate(line="datum.first - 1")
    chart = alt.layer(
        rows.mark_rect(
            stroke=vega.colour("paper"), strokeWidth=2, yOffset=alt.ExprRef("narrow ? 10 : 0")
        ).encode(
            x=x,
            y=y,
            fill=fill,
            tooltip=[
                alt.Tooltip("title:N", title="Indicator"),
                alt.Tooltip("area:N", title="Area"),
                alt.Tooltip("said:N", title="Value"),
                alt.Tooltip("between:N", title="95% interval"),
                alt.Tooltip("comparison:N", title="Compared with England"),
                alt.Tooltip("state:N", title="State"),
            ],
        ),
        rows.mark_text(
            fontSize=12,
            yOffset=alt.ExprRef("(datum.mark == '' ? 0 : -5) + (narrow ? 10 : 0)"),
            **text,
        ).encode(x=x, y=y, text="said:N"),
        rows.mark_text(fontSize=10, yOffset=alt.ExprRef("narrow ? 19 : 9"), **text).encode(
            x=x, y=y, text="mark:N"
        ),
        headings.mark_text(
            align="left",
            baseline="bottom",
            x=2,
            yOffset=14,
            fontWeight="bold",
            fontSize=14,
            color=vega.colour("ink"),
        ).encode(y=y, text="component:N"),
        titles.mark_text(
            align="left",
            baseline="top",
            x=2,
            yOffset=-23,
            fontSize=12,
            color=vega.colour("ink"),
        ).encode(y=y, text="over:N"),
    )
    return vega.finished(
        chart,
        line=(36, 56),
        settings={
            "titles": [],
            "against": "England",
            "comparisons": names,
        },
    )


def _whole(cells: Sequence[Cell], key: str) -> list[Cell]:
    """Every indicator in every area."""
    found: dict[tuple[str, str], Cell] = {}
    for cell in cells:
        if (cell.indicator_id, cell.area_code) in found:
            raise ValueError(
                f"figure {key}: {cell.indicator_id} comes twice in {cell.area_code}; give one "
                "series and basis"
            )
        found[cell.indicator_id, cell.area_code] = cell
    one_of = {cell.indicator_id: cell for cell in cells}
    areas = {cell.area_code: cell.area for cell in cells}
    absent = Estimate(None, state="not_available")
    return [
        found.get((indicator_id, code))
        or replace(one, area_code=code, area=name, estimate=absent, comparison=None)
        for indicator_id, one in one_of.items()
        for code, name in areas.items()
    ]


def _text(cells: Sequence[Cell], indicators: int, areas: int) -> str:
    words = [
        f"{wording.plural(indicators, 'indicator', 'indicators')} in "
        f"{wording.plural(areas, 'area', 'areas')}."
    ]
    counts = Counter(
        cell.comparison for cell in cells if cell.comparison and cell.estimate.value is not None
    )
    parts = [f"{counts[word]} {word}" for word in COMPARISONS if counts[word]]
    if parts:
        words.append(f"Compared with England: {listed(parts)}.")
    absent = Counter(
        cell.estimate.state_words.partition(":")[0] for cell in cells if cell.estimate.value is None
    )
    if absent:
        named = [f"{count} {state}" for state, count in sorted(absent.items())]
        words.append(f"Without a value: {listed(named)}.")
    chosen = list(dict.fromkeys(cell.full_title for cell in cells if cell.series))
    if chosen:
        words.append(f"Of what is counted in several ways, one is shown: {'; '.join(chosen)}.")
    return " ".join(words)
