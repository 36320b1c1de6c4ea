"""Every drawing: without data, without a warning, in colours that everybody can tell apart."""

import csv
import json
import math
import re
from datetime import date
from itertools import combinations
from pathlib import Path

import figure_examples as examples
import pytest
import vl_convert

from assets.reports.figures import boards, drawings, icons, palette, trend
from assets.reports.figures.estimate import COMPARISONS, SYMBOLS, UNIT_WORDS, Estimate, said
from assets.reports.figures.estimate import number as number_expression
from assets.reports.figures.figure import Figure
from assets.reports.figures.vega import vegalite_version

ROOT = Path(__file__).parents[2]
FIGURES = examples.figures()
DRAWINGS = drawings.drawings()
LOOKS = {"light": palette.LIGHT, "dark": palette.DARK}


def svg(figure: Figure, look: str, width: int) -> str:
    spec = drawings.filled(figure, DRAWINGS[figure.kind], look=look, width=width)
    return str(vl_convert.vegalite_to_svg(spec, vl_version=vegalite_version()))


_MARKS = (
    *("area", "england", "peer", "band_middle", "better", "worse", "higher", "doing_with"),
    *("common", "improvement", "concern", "neutral", "target", "muted", "outline"),
)


def test_there_is_an_example_of_every_drawing() -> None:
    assert {figure.kind for figure in FIGURES} == set(DRAWINGS)


@pytest.mark.parametrize("kind", sorted(DRAWINGS))
def test_a_drawing_holds_no_data_and_no_colour(kind: str) -> None:
    drawing = DRAWINGS[kind]
    assert drawing["data"] == {"name": "rows"}
    assert drawing["width"] == "container"
    text = json.dumps({key: part for key, part in drawing.items() if key != "params"})
    assert '"values": [{' not in text, text
    assert "datasets" not in text
    assert not re.search(r"#[0-9a-fA-F]{6}", text)


@pytest.mark.parametrize("kind", sorted(DRAWINGS))
def test_every_name_in_a_drawing_is_given(kind: str) -> None:
    """Settings that a figure gives and the drawing does not know would be lost without a word."""
    drawing = DRAWINGS[kind]
    figure = next(one for one in FIGURES if one.kind == kind)
    known = {param["name"] for param in drawing["params"]}
    for_draw_js = {"units", "missing", "lines", "aspect", "icons", "area_names"}
    for_draw_js |= {"least_width", "least_narrow_width"}
    assert set(figure.settings) - for_draw_js <= known | {"unit", "unit_words", "area_name"}


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.kind)
@pytest.mark.parametrize("look", sorted(LOOKS))
@pytest.mark.parametrize("width", [288, 900])
def test_it_draws_without_a_warning(
    figure: Figure, look: str, width: int, capfd: pytest.CaptureFixture[str]
) -> None:
    spec = drawings.filled(figure, DRAWINGS[figure.kind], look=look, width=width)
    vl_convert.vegalite_to_vega(spec, vl_version=vegalite_version(), show_warnings=True)
    said = capfd.readouterr()
    assert said.out + said.err == ""
    drawn = svg(figure, look, width)
    assert "NaN" not in drawn
    assert "Infinity" not in drawn
    assert "undefined" not in drawn
    assert LOOKS[look]["ink"] in drawn


def test_numbers_in_a_drawing_are_those_of_the_words() -> None:
    cases = [
        (0.8905, "proportion"),
        (0.2875, "proportion"),
        (0.89049, "proportion"),
        (0.0005, "proportion"),
        (5.85, "per_1000"),
        (20.5, "per_1000"),
        (1234.5, "gbp_per_1000"),
        (0.0456, "per_1000"),
        (0, "per_1000"),
        (-9.54, "slope"),
        (6.25, "slope_pp"),
        (50.95, "score"),
        (12345, "count"),
    ]
    spec = {
        "data": {"values": [{"value": value, "unit": unit} for value, unit in cases]},
        "transform": [{"calculate": number_expression("datum.value", "datum.unit"), "as": "words"}],
        "mark": "text",
        "encoding": {"text": {"field": "words", "type": "nominal"}},
    }
    drawn = str(vl_convert.vegalite_to_svg(spec, vl_version=vegalite_version()))
    words = re.findall(r"<text[^>]*>([^<]*)</text>", drawn)
    assert words == [said(value, unit) for value, unit in cases]


def test_two_series_never_share_a_line() -> None:
    figure = examples.a_trend()
    lines = re.findall(
        r'aria-roledescription="line mark"|<path[^>]* d="(M[^"Z]*)"[^>]*stroke="([^"]*)"',
        svg(figure, "light", 900),
    )
    own = [path for path, colour in lines if colour == palette.LIGHT["area"] and "L" in path]
    # Two values of the old series, a gap, and two of the new one; never one line of four.
    assert sorted(path.count("L") for path in own) == [1, 1]


def test_no_line_leads_from_march_to_april_of_a_count_since_april() -> None:
    points = [
        trend.Point(
            "North", "since_april", date(year, 4, 1), date(year, month, 28), Estimate(share)
        )
        for year, month, share in ((2023, 9, 0.5), (2023, 10, 0.6), (2024, 4, 0.1), (2024, 5, 0.2))
    ]
    figure = trend.trend(points, key="t", title="T", area="North", unit="proportion")
    paths = re.findall(r'<path[^>]* d="(M[^"Z]*)"[^>]*stroke="([^"]*)"', svg(figure, "light", 900))
    own = [path for path, colour in paths if colour == palette.LIGHT["area"] and "L" in path]
    assert sorted(path.count("L") for path in own) == [1, 1]


@pytest.mark.parametrize("look", sorted(LOOKS))
def test_colours_have_contrast(look: str) -> None:
    colours = LOOKS[look]
    paper = colours["paper"]
    for name in _MARKS:
        assert _contrast(colours[name], paper) >= 3, name
    for name in ("ink", "muted"):
        assert _contrast(colours[name], paper) >= 4.5, name
    for name in colours:
        if name.startswith("on_"):
            assert _contrast(colours[name], colours[name.removeprefix("on_")]) >= 4.5, name


@pytest.mark.parametrize("look", sorted(LOOKS))
@pytest.mark.parametrize("kind", sorted({"protan", "deutan", "tritan"}))
def test_colours_are_told_apart_by_every_eye(look: str, kind: str) -> None:
    colours = LOOKS[look]
    for group in (
        ("better", "similar", "worse"),
        ("higher", "lower", "similar"),
        ("doing_to", "doing_for", "doing_with"),
        ("area", "england"),
    ):
        for one, other in combinations(group, 2):
            seen = [_seen(colours[name], kind) for name in (one, other)]
            assert math.dist(*seen) >= 0.15, (one, other)


def test_looks_have_the_same_colours() -> None:
    assert set(palette.LIGHT) == set(palette.DARK)


def test_every_comparison_has_a_symbol_of_its_own() -> None:
    assert set(SYMBOLS) == set(COMPARISONS)
    assert len(set(SYMBOLS.values())) == len(SYMBOLS)


def test_units_of_the_catalogue_have_words() -> None:
    used = set()
    for path in (ROOT / "dbt_project" / "models" / "indicators").rglob("*.yml"):
        used |= set(re.findall(r"^\s+unit: (\w+)$", path.read_text(encoding="utf-8"), re.M))
    assert used
    assert used <= set(UNIT_WORDS)


def test_every_board_has_one_place() -> None:
    seed = ROOT / "dbt_project" / "seeds" / "icb_succession_2026.csv"
    with seed.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    before = {row["predecessor_code"] for row in rows}
    after = {row["successor_code"] for row in rows}
    assert (len(before), len(after)) == (42, 36)
    for codes, grid in ((before, boards.UNTIL_MARCH_2026), (after, boards.FROM_APRIL_2026)):
        assert set(grid) == codes
        assert boards.grid_of(codes) is grid
        assert len({(place.column, place.row) for place in grid.values()}) == len(grid)
        assert len({place.letters for place in grid.values()}) == len(grid)


def test_icons_are_those_of_the_release() -> None:
    text = (ROOT / "dbt_project" / "models" / "marts" / "spc_points.yml").read_text("utf-8")
    known = re.search(r"variation_icon:\n((?:\s+- \w+\n)+)", text)
    assert known
    assert set(icons.VARIATION) == set(re.findall(r"- (\w+)", known[1]))
    assert {icon.colour for icon in (icons.VARIATION | icons.ASSURANCE).values()} <= set(
        palette.LIGHT
    )


def test_the_scripts_are_classic_and_ask_for_nothing() -> None:
    script = drawings.figures_script()
    assert script.startswith("window.doingWith = window.doingWith || {};")
    for name in ("specs", "config", "looks", "icons"):
        assert f"\ndoingWith.{name} = {{" in script
    assert re.findall(r"https?://[^\"]+", script) == [
        f"https://vega.github.io/schema/vega-lite/{_schema()}.json"
    ] * len(DRAWINGS)
    library = drawings.vega_script()
    assert "window.vegaEmbed=" in library
    assert not re.search(r"^\s*(import|export)\b", library, re.M)
    assert len(library) < 1_500_000


def test_settings_may_not_hide_a_colour() -> None:
    import altair as alt

    from assets.reports.figures import vega

    with pytest.raises(ValueError, match="names of colours: england"):
        vega.finished(alt.layer(vega.base().mark_point()), settings={"england": 1}, height=10)


def _schema() -> str:
    import altair as alt

    return str(alt.SCHEMA_VERSION)


def _linear(colour: str) -> tuple[float, float, float]:
    def channel(at: int) -> float:
        part = int(colour[at : at + 2], 16) / 255
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    return channel(1), channel(3), channel(5)


def _contrast(one: str, other: str) -> float:
    """Contrast as WCAG 2.2 defines it."""
    light, dark = sorted(
        (0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in (_linear(one), _linear(other))),
        reverse=True,
    )
    return (light + 0.05) / (dark + 0.05)


# Machado, Oliveira and Fernandes (2009), full severity, on linear light.
_EYES = {
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritan": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def _seen(colour: str, kind: str) -> tuple[float, float, float]:
    """A colour as an eye sees it, in Oklab, where distances are even (Ottosson 2020)."""
    light = _linear(colour)
    r, g, b = (
        min(1.0, max(0.0, sum(w * c for w, c in zip(row, light, strict=True))))
        for row in _EYES[kind]
    )
    x = math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    y = math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    z = math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    return (
        0.2104542553 * x + 0.7936177850 * y - 0.0040720468 * z,
        1.9779984951 * x - 2.4285922050 * y + 0.4505937099 * z,
        0.0259040371 * x + 0.7827717662 * y - 0.8086757660 * z,
    )
