"""Every drawing of the report, and the library that draws them, as the site writes them once."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from assets.reports.figures import (
    bars,
    dots,
    funnel,
    gradient,
    palette,
    rug,
    spc,
    spine,
    tile_map,
    trend,
    typology,
)
from assets.reports.figures.figure import Figure
from assets.reports.figures.icons import icons

# A drawing less wide than this many pixels is laid out for a telephone; draw.js has the same.
NARROW = 520

_DRAWINGS: dict[str, Callable[[], dict[str, Any]]] = {
    bars.KIND: bars.drawing,
    dots.KIND: dots.drawing,
    funnel.KIND: funnel.drawing,
    gradient.KIND: gradient.drawing,
    rug.KIND: rug.drawing,
    spc.KIND: spc.drawing,
    spine.KIND: spine.drawing,
    tile_map.KIND: tile_map.drawing,
    trend.KIND: trend.drawing,
    typology.KIND: typology.drawing,
}


def drawings() -> dict[str, dict[str, Any]]:
    """The Vega-Lite drawing of every kind of figure; data, colours and settings are filled in."""
    return {kind: drawing() for kind, drawing in _DRAWINGS.items()}


def looks() -> dict[str, dict[str, str]]:
    """The light and the dark look: colours by name."""
    return {"light": palette.LIGHT, "dark": palette.DARK}


def filled(
    figure: Figure, drawing: dict[str, Any], *, look: str = "light", width: int = 800
) -> dict[str, Any]:
    """A figure's drawing with everything in it, as draw.js fills it in the browser.

    width in pixels; look is light or dark. For pictures made without a browser.
    """
    is_narrow = width < NARROW
    values = looks()[look] | dict(figure.settings) | {"narrow": is_narrow}
    names = [column.name for column in figure.columns]
    size = {"width": width}
    meta = drawing.get("usermeta", {})
    if "line" in meta:
        size["height"] = figure.settings["lines"] * meta["line"][is_narrow]
    if "aspect" in meta:
        share, greatest = meta["aspect"]
        size["height"] = min(round(width * figure.settings.get("aspect", share)), greatest)
    return (
        drawing
        | size
        | {
            "config": palette.config(),
            "datasets": {"rows": [dict(zip(names, row, strict=True)) for row in figure.rows]},
            "params": [
                param | {"value": values.get(param["name"], param.get("value"))}
                for param in drawing["params"]
            ],
        }
    )


def figures_script() -> str:
    """``static/figures.js``: drawings and looks, read by draw.js."""
    parts: dict[str, Any] = {
        "specs": drawings(),
        "config": palette.config(),
        "looks": looks(),
        "icons": icons(),
    }
    lines = [
        f"doingWith.{name} = {json.dumps(part, separators=(',', ':'), ensure_ascii=True)};"
        for name, part in parts.items()
    ]
    return "\n".join(["window.doingWith = window.doingWith || {};", *lines, ""])


def vega_script() -> str:
    """``static/vega.js``: Vega, Vega-Lite and Vega-Embed in one classic script, nothing outside."""
    import vl_convert  # noqa: PLC0415

    from assets.reports.figures.vega import vegalite_version  # noqa: PLC0415

    return str(
        vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version=vegalite_version())
    )
