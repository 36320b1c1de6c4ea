"""What all drawings share when they are put together with Altair.

A drawing holds no data and no colour: it names the rows, and its parameters (colours, settings,
``narrow``) are filled where it is drawn. ``usermeta`` tells draw.js what is different on a narrow
screen, and how high a drawing is for its width.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import altair as alt

from assets.reports.figures.estimate import COMPARISONS, NO_VALUE, SYMBOLS, tick
from assets.reports.figures.palette import EVERYWHERE, LIGHT

Drawing = dict[str, Any]
ARROW_UP = "M0,-1L0.75,-0.1L0.25,-0.1L0.25,1L-0.25,1L-0.25,-0.1L-0.75,-0.1Z"
ARROW_DOWN = "M0,1L0.75,0.1L0.25,0.1L0.25,-1L-0.25,-1L-0.25,0.1L-0.75,0.1Z"
# The shapes of the comparisons, in their order; the words of a page use the same as characters.
SHAPES = ("triangle-up", "circle", "triangle-down", ARROW_UP, ARROW_DOWN, "cross")


def colour(name: str) -> alt.ExprRef:
    """A colour of the palette, whichever look is on."""
    return alt.ExprRef(name)


def base() -> alt.Chart:
    """A chart of the rows that the page gives."""
    return alt.Chart(alt.NamedData("rows"))


def unit_title() -> alt.TitleParams:
    """What the numbers are, written over the axis where no screen cuts it off."""
    return alt.TitleParams(text=alt.ExprRef("unit_words"))


def value_axis(*, is_across: bool = False) -> alt.Axis:
    """An axis of values in the picture's unit, up the picture or across it."""
    return alt.Axis(
        title=None,
        grid=True,
        domain=False,
        ticks=False,
        labelExpr=tick(),
        tickCount=alt.ExprRef("narrow ? 4 : 6"),
        labelOverlap="greedy",
        labelFlush=is_across,
    )


def value_scale(**more: Any) -> alt.Scale:
    """The scale of values: its extent comes with the settings, limits and lines among it."""
    domain = [alt.ExprRef("domain[0]"), alt.ExprRef("domain[1]")]
    return alt.Scale(domain=domain, nice=True, zero=False, **more)


def x_at(name: str) -> alt.XDatum:
    """Across the picture where a setting lies; at its edge without one, so hide it there."""
    return alt.XDatum(alt.ExprRef(_inside(name)), type="quantitative", scale=value_scale())


def y_at(name: str) -> alt.YDatum:
    """Up the picture where a setting lies; at its edge without one, so hide it there."""
    return alt.YDatum(alt.ExprRef(_inside(name)), type="quantitative", scale=value_scale())


def haloed(chart: alt.Chart, **mark: Any) -> list[alt.Chart]:
    """A text that stays readable over marks: its outline in the colour of the page lies below it.

    chart: with the encoding of the text.
    """
    style = {"color": colour("ink"), **mark}
    halo = style | {"stroke": colour("paper"), "strokeWidth": 4, "strokeJoin": "round"}
    return [chart.mark_text(**halo), chart.mark_text(**style)]


def comparison_fill(offset: int = 10) -> alt.Fill:
    """Fill by comparison, with the legend that says it in words."""
    return alt.Fill(
        "comparison:N",
        scale=alt.Scale(
            domain=list(COMPARISONS),
            range=[colour(name.replace(" ", "_")) for name in COMPARISONS],
        ),
        legend=_comparison_legend(offset),
    )


def comparison_words(*, has_symbols: bool = False) -> str:
    """The expression that says an entry of a legend of comparisons, with its symbol or without."""
    symbols = " : ".join(f"datum.value == '{w}' ? '{s} '" for w, s in SYMBOLS.items() if s)
    words = "(datum.value == 'similar' ? 'similar to ' : datum.value + ' than ') + against"
    return (
        f"datum.value == '{NO_VALUE}' ? '{NO_VALUE}' : "
        f"datum.value == '{COMPARISONS[-1]}' ? '{COMPARISONS[-1]} with ' + against : "
        + (f"({symbols} : '') + {words}" if has_symbols else words)
    )


def comparison_shape() -> alt.Shape:
    """Shape by comparison; shares the legend of the fill."""
    return alt.Shape(
        "comparison:N",
        scale=alt.Scale(domain=list(COMPARISONS), range=list(SHAPES)),
        legend=_comparison_legend(10),
    )


def on_comparison(extra: str = "") -> alt.ExprRef:
    """The colour of a text that stands on the fill of a comparison."""
    tests = " : ".join(
        f"datum.comparison == '{name}' ? on_{name.replace(' ', '_')}" for name in COMPARISONS
    )
    return alt.ExprRef(f"{extra}{tests} : ink")


def finished(
    chart: alt.LayerChart | alt.FacetChart,
    *,
    settings: Mapping[str, Any],
    height: int = 0,
    line: tuple[int, int] | None = None,
    aspect: tuple[float, int] | None = None,
) -> Drawing:
    """The drawing as Vega-Lite reads it, with what draw.js needs to know of its size.

    settings: the parameters that the rows' settings fill, with what they are without.
    One of: height in pixels; line, the height of each of the settings' ``lines`` on a wide and on a
    narrow screen; aspect, the height as a share of the width and its greatest in pixels.
    """
    if clash := set(settings) & set(LIGHT):
        raise ValueError(f"settings have the names of colours: {', '.join(sorted(clash))}")
    spec: Drawing = chart.properties(width="container", height=height or 300).to_dict()
    spec.pop("config", None)
    for layer in spec["layer"]:
        layer.pop("data", None)
    spec["data"] = {"name": "rows"}
    _say_once(spec)
    spec["autosize"] = {"type": "fit-x", "contains": "padding"}
    named = {*EVERYWHERE, *re.findall(r"[a-z_0-9]+", " ".join(_expressions(spec)))}
    defaults = {"narrow": False, **settings}
    spec["params"] = [
        alt.VariableParameter(name=name, value=value).to_dict()
        for name, value in [*LIGHT.items(), *defaults.items()]
        if name in named or name in settings
    ]
    if line:
        spec["usermeta"] = {"line": list(line)}
    if aspect:
        spec["usermeta"] = {"aspect": list(aspect)}
    return spec


def _say_once(spec: Drawing) -> None:
    """Moves what every layer does to the rows first to the drawing: said once, calculated once."""
    lists = [layer.get("transform", []) for layer in spec["layer"]]
    shared = 0
    while all(len(one) > shared and one[shared] == lists[0][shared] for one in lists):
        shared += 1
    if shared:
        spec["transform"] = lists[0][:shared]
        for layer in spec["layer"]:
            layer["transform"] = layer["transform"][shared:]
            if not layer["transform"]:
                del layer["transform"]


def _inside(name: str) -> str:
    # A scale that is given no number makes the whole picture infinite.
    return f"isValid({name}) ? {name} : domain[0]"


def _comparison_legend(offset: int) -> alt.Legend:
    return alt.Legend(
        title=None,
        values=alt.ExprRef("comparisons"),
        columns=alt.ExprRef("narrow ? 1 : 6"),
        offset=offset,
        labelExpr=comparison_words(),
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


def names(field: str, *, between: str, around: str) -> alt.Y:
    """Names down the side in the order given; on a narrow screen the drawing says them itself.

    ``between`` bars and ``around`` them is room, as Vega expressions in parts of a step.
    """
    return alt.Y(
        field,
        sort=None,
        scale=alt.Scale(paddingInner=alt.ExprRef(between), paddingOuter=alt.ExprRef(around)),
        axis=alt.Axis(
            title=None,
            domain=False,
            ticks=False,
            labelLimit=300,
            labelExpr="narrow ? '' : datum.label",
        ),
    )


def vegalite_version() -> str:
    """The version of Vega-Lite that Altair writes, as vl-convert names it."""
    return ".".join(alt.SCHEMA_VERSION.split(".")[:2])
