"""What all drawings share when they are put together with Altair.

A drawing holds no data and no colour: it names the rows, and its parameters (colours, settings,
``narrow``) are filled where it is drawn. ``usermeta`` tells draw.js what is different on a narrow
screen, and how high a drawing is for its width.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from assets.reports.figures.estimate import COMPARISONS
from assets.reports.figures.palette import LIGHT

Drawing = dict[str, Any]
SHAPES = ("circle", "square", "diamond", "triangle-up", "triangle-down", "cross")


def colour(name: str) -> alt.ExprRef:
    """A colour of the palette, whichever look is on."""
    return alt.ExprRef(name)


def base() -> alt.Chart:
    """A chart of the rows that the page gives."""
    return alt.Chart(alt.NamedData("rows"))


def unit_title() -> alt.TitleParams:
    """What the numbers are, written over the axis where no screen cuts it off."""
    return alt.TitleParams(text=alt.ExprRef("unit_words"))


def value_axis(*, is_grid: bool = True) -> alt.Axis:
    """An axis of values in the picture's unit."""
    from assets.reports.figures.estimate import tick  # noqa: PLC0415

    return alt.Axis(
        title=None,
        grid=is_grid,
        domain=False,
        ticks=False,
        labelExpr=tick(),
        tickCount=alt.ExprRef("narrow ? 4 : 6"),
        labelOverlap="greedy",
        labelFlush=False,
    )


def comparison_fill() -> alt.Fill:
    """Fill by comparison, with the legend that says it in words."""
    return alt.Fill(
        "comparison:N",
        scale=alt.Scale(
            domain=list(COMPARISONS),
            range=[colour(name.replace(" ", "_")) for name in COMPARISONS],
        ),
        legend=_comparison_legend(),
    )


def comparison_shape() -> alt.Shape:
    """Shape by comparison; shares the legend of the fill."""
    return alt.Shape(
        "comparison:N",
        scale=alt.Scale(domain=list(COMPARISONS), range=list(SHAPES)),
        legend=_comparison_legend(),
    )


def on_comparison(extra: str = "") -> alt.ExprRef:
    """The colour of a text that stands on the fill of a comparison."""
    tests = " : ".join(
        f"datum.comparison == '{name}' ? on_{name.replace(' ', '_')}" for name in COMPARISONS
    )
    return alt.ExprRef(f"{extra}{tests} : ink")


def finished(
    chart: alt.Chart | alt.LayerChart,
    *,
    height: int | alt.Step,
    settings: Mapping[str, Any],
    narrow: Mapping[str, Any] | None = None,
    aspect: Sequence[float] | None = None,
) -> Drawing:
    """The drawing as Vega-Lite reads it.

    settings: the parameters that the rows' settings fill, with what they are without.
    narrow: what replaces properties of the drawing on a narrow screen.
    aspect: height as a share of the width, and the greatest height in pixels.
    """
    spec: Drawing = chart.properties(width="container", height=height).to_dict()
    spec.pop("config", None)
    named = set(re.findall(r"[a-z_]+", " ".join(_expressions(spec))))
    defaults = {"narrow": False, **settings}
    spec["params"] = [
        alt.VariableParameter(name=name, value=value).to_dict()
        for name, value in [*LIGHT.items(), *defaults.items()]
        if name in named or name in settings
    ]
    meta = {"narrow": dict(narrow or {}), "aspect": list(aspect or [])}
    if kept := {key: value for key, value in meta.items() if value}:
        spec["usermeta"] = kept
    return spec


def _comparison_legend() -> alt.Legend:
    joined = "datum.value == 'similar' ? 'similar to ' : datum.value + ' than '"
    return alt.Legend(
        title=None,
        values=alt.ExprRef("comparisons"),
        columns=alt.ExprRef("narrow ? 1 : 6"),
        labelExpr=(
            f"datum.value == '{COMPARISONS[-1]}' ? '{COMPARISONS[-1]} with ' + against : "
            f"({joined}) + against"
        ),
        symbolStrokeColor=colour("outline"),
    )


def _expressions(part: Any) -> list[str]:
    """Every text of a drawing: expressions are among them."""
    if isinstance(part, str):
        return [part]
    if isinstance(part, Mapping):
        return [text for value in part.values() for text in _expressions(value)]
    if isinstance(part, list):
        return [text for value in part for text in _expressions(value)]
    return []


def vegalite_version() -> str:
    """The version of Vega-Lite that Altair writes, as vl-convert names it."""
    return ".".join(alt.SCHEMA_VERSION.split(".")[:2])
