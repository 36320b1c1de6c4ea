"""Every drawing of the report, and the library that draws them, as the site writes them once."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from assets.reports.figures import bars, palette, spine, trend

_DRAWINGS: dict[str, Callable[[], dict[str, Any]]] = {
    trend.KIND: trend.drawing,
    bars.KIND: bars.drawing,
    spine.KIND: spine.drawing,
}


def drawings() -> dict[str, dict[str, Any]]:
    """The Vega-Lite drawing of every kind of figure; data, colours and settings are filled in."""
    return {kind: drawing() for kind, drawing in _DRAWINGS.items()}


def looks() -> dict[str, dict[str, Any]]:
    """The light and the dark look: colours by name, and the configuration that goes with them."""
    return {
        name: {"colours": colours, "config": palette.config(colours)}
        for name, colours in (("light", palette.LIGHT), ("dark", palette.DARK))
    }


def filled(
    drawing: dict[str, Any],
    columns: list[str],
    rows: list[tuple[Any, ...]],
    settings: dict[str, Any],
    look: str = "light",
) -> dict[str, Any]:
    """A drawing with everything in it, as draw.js fills it in the browser; for tests and print."""
    chosen = looks()[look]
    values = chosen["colours"] | settings
    return drawing | {
        "config": chosen["config"],
        "datasets": {"rows": [dict(zip(columns, row, strict=True)) for row in rows]},
        "params": [
            param | {"value": values.get(param["name"], param.get("value"))}
            for param in drawing["params"]
        ],
    }


def figures_script() -> str:
    """``static/figures.js``: drawings and looks, read by draw.js."""
    parts = {"specs": drawings(), "looks": looks()}
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
        vl_convert.javascript_bundle(
            "window.vegaEmbed = vegaEmbed;", vl_version=vegalite_version()
        )
    )
