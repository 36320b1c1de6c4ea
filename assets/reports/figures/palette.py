"""The colours and the type of every picture, for a light and for a dark screen.

Better and worse are blue and orange, which people with any colour vision tell apart; similar is a
yellow that is lighter than both. Every mark that means something has 3:1 against the page, by its
fill or by its outline, and a shape or a word beside its colour.
"""

from __future__ import annotations

from typing import Any

# Colours that the configuration names, so that every drawing must know them.
EVERYWHERE = ("ink", "muted", "grid")
FONT = '"Frutiger W01", Frutiger, Arial, Helvetica, sans-serif'

LIGHT = {
    "paper": "#ffffff",
    "ink": "#212b32",
    "muted": "#4c6272",
    "grid": "#dfe4e7",
    "outline": "#212b32",
    "area": "#005eb8",
    "england": "#212b32",
    "peer": "#768692",
    "band": "#c3d3e3",
    "band_middle": "#6a8bae",
    "better": "#005eb8",
    "on_better": "#ffffff",
    "similar": "#ffd24d",
    "on_similar": "#212b32",
    "worse": "#c2410c",
    "on_worse": "#ffffff",
    "higher": "#5b2a86",
    "on_higher": "#ffffff",
    "lower": "#a583d8",
    "on_lower": "#212b32",
    "not_compared": "#f0f4f5",
    "on_not_compared": "#212b32",
    "no_value": "#c3cbd0",
    "on_no_value": "#212b32",
    "doing_to": "#d9ece9",
    "on_doing_to": "#212b32",
    "doing_for": "#7cbfb5",
    "on_doing_for": "#212b32",
    "doing_with": "#00534c",
    "on_doing_with": "#ffffff",
    "common": "#6f7b84",
    "improvement": "#0072ce",
    "concern": "#c2410c",
    "neutral": "#490092",
    "target": "#b3141a",
}
DARK = {
    "paper": "#14191d",
    "ink": "#eef2f4",
    "muted": "#b3c0c9",
    "grid": "#323d45",
    "outline": "#eef2f4",
    "area": "#7cbcff",
    "england": "#eef2f4",
    "peer": "#8d9ca7",
    "band": "#33475a",
    "band_middle": "#5f7f9f",
    "better": "#6db3ff",
    "on_better": "#14191d",
    "similar": "#ffd75e",
    "on_similar": "#14191d",
    "worse": "#f2703c",
    "on_worse": "#14191d",
    "higher": "#b888f2",
    "on_higher": "#14191d",
    "lower": "#7a4fb0",
    "on_lower": "#ffffff",
    "not_compared": "#232c33",
    "on_not_compared": "#eef2f4",
    "no_value": "#3a444b",
    "on_no_value": "#eef2f4",
    "doing_to": "#1d4a46",
    "on_doing_to": "#ffffff",
    "doing_for": "#3c9488",
    "on_doing_for": "#14191d",
    "doing_with": "#b4ece3",
    "on_doing_with": "#14191d",
    "common": "#a9b4bb",
    "improvement": "#4fb3ff",
    "concern": "#f2703c",
    "neutral": "#cfa8ff",
    "target": "#ff9c9c",
}


def config() -> dict[str, Any]:
    """The Vega-Lite configuration: type, axes and legends; colours by name, as marks have them."""
    text: dict[str, Any] = {"font": FONT, "color": {"expr": "ink"}}
    axis = {
        "labelFont": FONT,
        "titleFont": FONT,
        "labelColor": {"expr": "ink"},
        "titleColor": {"expr": "ink"},
        "labelFontSize": 13,
        "titleFontSize": 13,
        "titleFontWeight": "normal",
        "domainColor": {"expr": "muted"},
        "tickColor": {"expr": "muted"},
        "gridColor": {"expr": "grid"},
        "labelPadding": 6,
    }
    legend = {
        "labelFont": FONT,
        "labelColor": {"expr": "ink"},
        "labelFontSize": 13,
        "labelLimit": 400,
        "title": None,
        "orient": "top",
        "direction": "horizontal",
        "columnPadding": 18,
        "rowPadding": 4,
        "offset": 10,
        "symbolSize": 110,
        "symbolStrokeWidth": 1.25,
        "symbolOpacity": 1,
    }
    title = text | {
        "anchor": "start",
        "frame": "group",
        "fontSize": 13,
        "fontWeight": "normal",
        "offset": 8,
    }
    return {
        "font": FONT,
        "aria": False,
        "background": "transparent",
        "padding": 4,
        "view": {"stroke": None},
        "axis": axis,
        "legend": legend,
        "title": title,
        "text": text | {"fontSize": 13},
    }
