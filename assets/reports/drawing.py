"""Drawing in pixels: marks, texts and rendering that every chart of the report shares.

Altair to SVG that needs no script, no network and no particular font. Colours are the few of
``PALETTE``, so that the page's style sheet can change them for a dark screen.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

WIDTH = 720
FONT = "Arial, Helvetica, sans-serif"
PALETTE = {
    "ink": "#212b32",
    "muted": "#4c6272",
    "england": "#003087",
    "board": "#41627f",
    "board_interval": "#a9bfd3",
    "grid": "#e3e8ea",
}

_ROOT = re.compile(r"<svg[^>]*?viewBox=\"(?P<box>[^\"]*)\"[^>]*>")

Row = dict[str, str | float]
Layers = list[Any]


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart as inline SVG, with the sentence that stands for it."""

    svg: str
    name: str


@dataclass(frozen=True, slots=True)
class Key:
    """One entry of a legend: the mark, where it stands, what it means."""

    shape: str
    is_filled: bool
    colour: str
    text: str
    x: float


def text(content: str, x: float, y: float) -> Row:
    """A text at a point."""
    return {"text": content, "x": x, "y": y}


def line(x: float, y: float, x2: float, y2: float) -> Row:
    """A line between two points."""
    return {"x": x, "y": y, "x2": x2, "y2": y2}


def points(
    rows: Sequence[Row], *, shape: str, size: int, colour: str, is_filled: bool = False
) -> Layers:
    """Marks of one kind."""
    mark = {"shape": shape, "size": size, "filled": is_filled, "color": colour}
    return _layer(rows, "point", mark | {"strokeWidth": 1.4, "opacity": 1})


def lines(
    rows: Sequence[Row], *, colour: str, width: float = 1, dash: tuple[int, int] | None = None
) -> Layers:
    """Straight lines of one kind."""
    mark = {"color": colour, "strokeWidth": width}
    return _layer(rows, "rule", mark | ({"strokeDash": list(dash)} if dash else {}))


def texts(
    rows: Sequence[Row],
    *,
    align: str = "left",
    size: int = 14,
    is_bold: bool = False,
    colour: str = PALETTE["ink"],
) -> Layers:
    """Texts of one kind."""
    weight = "bold" if is_bold else "normal"
    mark = {"align": align, "baseline": "middle", "fontSize": size, "fontWeight": weight}
    return _layer(rows, "text", mark | {"color": colour})


def legend(keys: Sequence[Key], y: float) -> Layers:
    """What each mark means."""
    layers: Layers = []
    for key in keys:
        size = 40 if key.shape == "circle" else 90
        spot: list[Row] = [{"x": key.x, "y": y}]
        layers += points(
            spot, shape=key.shape, size=size, colour=key.colour, is_filled=key.is_filled
        )
        layers += texts([text(key.text, key.x + 12, y)])
    return layers


def render(layers: Layers, height: float, name: str, prefix: str, *, is_made_up: bool) -> Chart:
    """The picture, with a name for those who do not see it; made-up data says so inside it."""
    import altair as alt  # noqa: PLC0415  (slow to import, needed for a picture only)
    import vl_convert  # noqa: PLC0415

    shown = f"{name} Made-up data, not for any use." if is_made_up else name
    title = "Made-up data: not for any use" if is_made_up else ""
    chart = alt.layer(*layers).properties(
        width=WIDTH,
        height=height,
        background="transparent",
        padding={"left": 22, "right": 22, "top": 4, "bottom": 4},
        **(
            {"title": alt.TitleParams(title, color=PALETTE["ink"], anchor="start")} if title else {}
        ),
    )
    spec = chart.configure(font=FONT, aria=False).configure_view(stroke=None).to_dict()
    version = ".".join(alt.SCHEMA_VERSION.split(".")[:2])
    svg = vl_convert.vegalite_to_svg(spec, vl_version=version, allowed_base_urls=[])
    return Chart(svg=_named(svg, shown, prefix), name=shown)


def _layer(rows: Sequence[Row], mark: str, settings: dict[str, Any]) -> Layers:
    """One layer in pixels; nothing where there is nothing to draw."""
    import altair as alt  # noqa: PLC0415

    if not rows:
        return []
    encoding: dict[str, Any] = {
        "x": alt.X("x:Q", axis=None, scale=_pixels(alt, WIDTH)),
        "y": alt.Y("y:Q", axis=None, scale=_pixels(alt, WIDTH)),
    }
    if mark == "text":
        encoding["text"] = alt.Text("text:N")
    if mark == "rule":
        encoding |= {"x2": alt.X2("x2:Q"), "y2": alt.Y2("y2:Q")}
    base = alt.Chart(alt.InlineData(values=list(rows)))
    marked = getattr(base, f"mark_{mark}")(clip=False, **settings)
    return [marked.encode(**encoding)]


def _pixels(alt: Any, length: float) -> Any:
    return alt.Scale(domain=[0, length], range=[0, length], nice=False, zero=False)


def _named(svg: str, name: str, prefix: str) -> str:
    """The picture with its name, and with ids that no other picture of the page has."""
    for number, found in enumerate(dict.fromkeys(re.findall(r'\bid="([^"]+)"', svg))):
        ours = f"{escape(prefix)}-{number}"
        svg = svg.replace(f'id="{found}"', f'id="{ours}"')
        svg = svg.replace(f"url(#{found})", f"url(#{ours})")
    said = escape(name)
    return _ROOT.sub(
        lambda root: (
            f'<svg class="chart" role="img" aria-label="{said}" viewBox="{root["box"]}">'
            f"<title>{said}</title>"
        ),
        svg,
        count=1,
    ).strip()
