"""Every figure in a real browser, from disk: drawn as its rows say, as a table, as downloads."""

import csv
import html
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal
from xml.etree import ElementTree

import figure_examples as examples
import pytest
from chromium import CHROMIUM
from playwright.sync_api import Browser, Page, expect

from assets.reports.figures import drawings, palette
from assets.reports.figures.estimate import said
from assets.reports.figures.figure import Figure

pytestmark = pytest.mark.skipif(
    not CHROMIUM.exists(), reason=f"{CHROMIUM} is missing: apt-get install chromium"
)

DRAW = Path(__file__).parents[2] / "assets" / "reports" / "static" / "draw.js"
FIGURES = examples.figures()
BY_KIND = {figure.kind: figure for figure in FIGURES}
# What draw.js asks of the page it is on, and nothing more.
PAGE_SCRIPT = """
window.doingWith = {};
(function () {
  const given = {}, asked = {};
  doingWith.rows = (byKey) => Object.assign(given, byKey);
  doingWith.rowsOf = (key) => given[key];
  doingWith.load = (address) => asked[address] = asked[address] || new Promise((yes, no) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => yes();
    script.onerror = () => no(new Error(address + " cannot be read"));
    document.head.append(script);
  });
})();
"""
STYLE = """
body { font-family: Arial; margin: 16px; background: #fff; color: #212b32 }
@media (prefers-color-scheme: dark) { body { background: #14191d; color: #eef2f4 } }
figure { margin: 0 0 400px } .figure-table { overflow-x: auto }
"""
# Marks by kind: the group that Vega draws them in, and how many the example's rows give.
MARKS = {
    "trend": (".mark-symbol.role-mark path", 6),
    "bars": (".mark-rect.role-mark path", 3),
    "spine": (".mark-symbol.role-mark path", 3),
    "dots": (".mark-symbol.role-mark path", 5),
    "funnel": (".mark-symbol.role-mark path", 4 + 1),
    "spc": (".mark-symbol.role-mark path", 12),
    "gradient": (".mark-rect.role-mark path", 5),
    "typology": (".mark-rect.role-mark path", 3),
    "rug": (".mark-rect.role-mark path", 8),
    "tile_map": (".mark-symbol.role-mark path", 4),
}


def _figure(figure: Figure, script: str = "data.js") -> str:
    return (
        f'<figure id="{figure.key}" data-figure="{figure.kind}" data-rows="{script}">'
        f"<figcaption><h2>{html.escape(figure.title)}</h2><p>{html.escape(figure.text)}</p>"
        '</figcaption><div class="figure-drawing"></div>'
        "<details><summary>Numbers as a table</summary></details>"
        '<p class="figure-downloads"></p></figure>'
    )


def _data(figure: Figure) -> dict[str, Any]:
    return {
        "columns": [[column.name, column.label] for column in figure.columns],
        "rows": figure.rows,
        "settings": dict(figure.settings),
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("figures")
    static = folder / "static"
    static.mkdir()
    for name, text in {
        "draw.js": DRAW.read_text(encoding="utf-8"),
        "figures.js": drawings.figures_script(),
        "vega.js": drawings.vega_script(),
        "page.js": PAGE_SCRIPT,
    }.items():
        (static / name).write_text(text, encoding="utf-8")
    data = {figure.key: _data(figure) for figure in FIGURES}
    (folder / "data.js").write_text(f"doingWith.rows({json.dumps(data)});", encoding="utf-8")
    _write(folder / "all.html", "".join(_figure(figure) for figure in FIGURES))
    _write(folder / "made-up.html", _figure(BY_KIND["bars"]), 'data-made-up="yes"')
    _write(folder / "broken.html", _figure(BY_KIND["bars"], "nowhere.js"))
    return folder


def _write(path: Path, body: str, root: str = "") -> None:
    path.write_text(
        f'<!doctype html><html lang="en" {root}><meta charset="utf-8"><title>Figures</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style>'
        '<script src="static/page.js"></script><script src="static/draw.js" defer></script>'
        f"<body>{body}",
        encoding="utf-8",
    )


# Notes each figure as it is drawn, for a look at the order however slow the machine is.
_ORDER = """
window.drawnFirst = [];
new MutationObserver(changes => changes.forEach(change => window.drawnFirst.push(change.target.id)))
  .observe(document, {subtree: true, attributeFilter: ["data-drawn"]});
"""


def _open(
    browser: Browser, path: Path, width: int = 1000, scheme: Literal["light", "dark"] = "light"
) -> tuple[Page, list[str], list[str]]:
    page = browser.new_page(viewport={"width": width, "height": 700}, color_scheme=scheme)
    asked: list[str] = []
    said_by_page: list[str] = []
    page.add_init_script(_ORDER)
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said_by_page.append(message.text))
    page.on("pageerror", lambda error: said_by_page.append(str(error)))
    page.goto(path.as_uri())
    return page, asked, said_by_page


def _all_drawn(page: Page, look: str) -> None:
    page.wait_for_function(
        "look => [...document.querySelectorAll('figure')].every(f => f.dataset.drawn === look)",
        arg=look,
        timeout=60_000,
    )


@pytest.fixture(scope="module")
def page(browser: Browser, folder: Path) -> Iterator[Page]:
    opened, _, _ = _open(browser, folder / "all.html")
    _all_drawn(opened, "light")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def another_page(browser: Browser, folder: Path) -> Iterator[Page]:
    """Chromium lets one page start ten downloads in a row."""
    opened, _, _ = _open(browser, folder / "all.html")
    _all_drawn(opened, "light")
    yield opened
    opened.close()


def test_it_draws_what_comes_into_view_and_the_rest_when_idle(
    browser: Browser, folder: Path
) -> None:
    page, asked, said_by_page = _open(browser, folder / "all.html")
    _all_drawn(page, "light")
    assert page.evaluate("window.drawnFirst[0]") == FIGURES[0].key
    assert page.evaluate("window.drawnFirst.length") == len(FIGURES)
    assert page.evaluate("window.scrollY") == 0
    assert all(address.startswith(("file:", "blob:")) for address in asked), asked
    assert len([a for a in asked if a.endswith("vega.js")]) == 1
    assert len([a for a in asked if a.endswith("figures.js")]) == 1
    assert said_by_page == []
    page.close()


@pytest.mark.parametrize("kind", sorted(MARKS))
def test_marks_are_as_many_as_the_rows_give(page: Page, kind: str) -> None:
    selector, count = MARKS[kind]
    assert page.locator(f"#{BY_KIND[kind].key} svg {selector}").count() == count


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.kind)
def test_a_drawing_is_an_image_with_a_name(page: Page, figure: Figure) -> None:
    image = page.get_by_role("img", name=figure.title, exact=True)
    drawing = page.locator(f"#{figure.key} .figure-drawing svg")
    assert drawing.count() == 1
    assert drawing.get_attribute("role") == "img"
    assert image.count() >= 1


def test_bars_are_as_long_as_their_values(page: Page) -> None:
    widths = page.locator("#bars-x svg .mark-rect.role-mark path").evaluate_all(
        "bars => bars.map(bar => bar.getBBox().width)"
    )
    assert [round(width / widths[0], 3) for width in widths] == [1, 0.767, 0.5]


def test_england_line_lies_where_england_is(page: Page) -> None:
    right = page.locator("#bars-x svg .mark-rect.role-mark path").first.evaluate(
        "bar => [bar.getBoundingClientRect().left, bar.getBoundingClientRect().right]"
    )
    line = page.locator("#bars-x svg .mark-rule.role-mark line[stroke-dasharray]").evaluate(
        "line => line.getBoundingClientRect().left"
    )
    # North is 0.6 long and England 0.45, so the line stands at three quarters of its bar.
    assert (line - right[0]) / (right[1] - right[0]) == pytest.approx(0.75, abs=0.01)


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.kind)
def test_the_table_says_every_row(page: Page, figure: Figure) -> None:
    details = page.locator(f"#{figure.key} details")
    details.locator("summary").click()
    details.locator("table").wait_for()
    shown = [column for column in figure.columns if column.label]
    assert details.locator("thead th[scope=col]").all_inner_texts() == [c.label for c in shown]
    cells = details.locator("tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    )
    assert cells == [[_words(figure, row, column.name) for column in shown] for row in figure.rows]
    assert details.locator("tbody th[scope=row]").count() == len(figure.rows)
    assert "" not in [cell for row in cells for cell in row]


def _words(figure: Figure, row: tuple[Any, ...], name: str) -> str:
    """What a cell must say, after the words of the report and not after draw.js."""
    names = [column.name for column in figure.columns]
    value = row[names.index(name)]
    if value is None:
        if "state" in names and row[names.index("value")] is None:
            return str(row[names.index("state")])
        return str(figure.settings["missing"][name])
    if isinstance(value, str):
        return value
    unit = figure.settings["units"][name]
    return said(value, row[names.index("unit")] if unit == "by row" else unit)


def test_numbers_are_rounded_as_the_words_of_the_page_are(page: Page) -> None:
    cases = [(step / 2000, "proportion") for step in range(2001)]
    cases += [(step / 200, "per_1000") for step in range(-400, 4001)]
    cases += [(step / 20, "score") for step in range(2000)]
    cases += [(0.0456, "per_10000"), (1234.5, "gbp_per_1000"), (-9.54, "slope"), (98765, "count")]
    browser_says = page.evaluate(
        "cases => cases.map(([value, unit]) => doingWith.inWords(value, unit))", cases
    )
    assert browser_says == [said(value, unit) for value, unit in cases]


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.kind)
def test_the_numbers_can_be_taken_away(page: Page, figure: Figure) -> None:
    with page.expect_download() as started:
        page.locator(f"#{figure.key} [data-download=csv]").click()
    assert started.value.suggested_filename == f"all-{figure.key}.csv"
    text = started.value.path().read_text(encoding="utf-8-sig")
    shown = [place for place, column in enumerate(figure.columns) if column.label]
    header, *rows = list(csv.reader(io.StringIO(text)))
    assert header == [figure.columns[place].label for place in shown]
    for line, row in zip(rows, figure.rows, strict=True):
        for cell, place in zip(line, shown, strict=True):
            value = row[place]
            if isinstance(value, int | float):
                assert float(cell) == value
            else:
                assert cell == ("" if value is None else value)


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.kind)
def test_the_picture_can_be_taken_away(another_page: Page, figure: Figure) -> None:
    with another_page.expect_download() as started:
        another_page.locator(f"#{figure.key} [data-download=svg]").click()
    assert started.value.suggested_filename == f"all-{figure.key}.svg"
    root = ElementTree.fromstring(started.value.path().read_text(encoding="utf-8"))
    space = "{http://www.w3.org/2000/svg}"
    assert root.tag == f"{space}svg"
    assert root.get("role") == "img"
    title = root.find(f"{space}title")
    assert title is not None
    assert title.text == figure.title
    assert figure.title in [text.text for text in root.iter(f"{space}text")]
    selector, count = MARKS[figure.kind]
    marks = [
        group
        for group in root.iter(f"{space}g")
        if set(selector.split()[0].split(".")[1:]) <= set(group.get("class", "").split())
    ]
    assert sum(len(list(group)) for group in marks) == count


def test_made_up_data_says_so_in_what_is_taken_away(browser: Browser, folder: Path) -> None:
    page, _, _ = _open(browser, folder / "made-up.html")
    _all_drawn(page, "light")
    with page.expect_download() as started:
        page.locator("[data-download=csv]").click()
    assert started.value.suggested_filename == "made-up-made-up-bars-x.csv"
    rows = list(csv.reader(started.value.path().open(encoding="utf-8-sig", newline="")))
    assert rows[0][-1] == "Data"
    assert {row[-1] for row in rows[1:]} == {"made-up data: not for any use"}
    with page.expect_download() as started:
        page.locator("[data-download=svg]").click()
    assert "Made-up data: not for any use</text>" in started.value.path().read_text("utf-8")
    page.close()


def test_a_dark_screen_draws_again(browser: Browser, folder: Path) -> None:
    page, _, _ = _open(browser, folder / "made-up.html")
    _all_drawn(page, "light")
    bars = page.locator("svg .mark-rect.role-mark path")
    assert bars.first.get_attribute("fill") == palette.LIGHT["better"]
    page.emulate_media(color_scheme="dark")
    _all_drawn(page, "dark")
    expect(bars.first).to_have_attribute("fill", palette.DARK["better"])
    expect(page.locator("svg .role-axis-label text").first).to_have_attribute(
        "fill", palette.DARK["ink"]
    )
    assert bars.count() == 3
    page.close()


def test_print_is_light_and_whole(browser: Browser, folder: Path) -> None:
    page = browser.new_page(viewport={"width": 1000, "height": 700}, color_scheme="dark")
    # Before draw.js, so that this sees the page as the printer leaves it.
    page.add_init_script(
        """window.addEventListener("afterprint", () => {
             const bar = document.querySelector("#bars-x svg .mark-rect.role-mark path");
             const label = document.querySelector("#bars-x svg .role-axis-label text");
             window.printed = {
               looks: [...document.querySelectorAll("figure")].map(f => f.dataset.drawn),
               fills: [bar.getAttribute("fill"), label.getAttribute("fill")],
             };
           });"""
    )
    page.goto((folder / "all.html").as_uri())
    _all_drawn(page, "dark")
    page.pdf()
    page.wait_for_function("window.printed")
    printed = page.evaluate("window.printed")
    assert printed["looks"] == ["light"] * len(FIGURES)
    assert printed["fills"] == [palette.LIGHT["better"], palette.LIGHT["ink"]]
    _all_drawn(page, "dark")
    page.close()


def test_a_telephone_shows_it_all(browser: Browser, folder: Path) -> None:
    page, _, said_by_page = _open(browser, folder / "all.html", width=320)
    _all_drawn(page, "light")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    for figure in FIGURES:
        box = page.locator(f"#{figure.key} .figure-drawing")
        inside = box.evaluate("box => box.scrollWidth - box.clientWidth")
        assert inside == 0 or box.get_attribute("tabindex") == "0"
        selector, count = MARKS[figure.kind]
        assert page.locator(f"#{figure.key} svg {selector}").count() == count
    page.set_viewport_size({"width": 900, "height": 700})
    page.wait_for_function(
        "() => document.querySelector('#bars-x svg').getBoundingClientRect().width > 800"
    )
    assert said_by_page == []
    page.close()


def test_an_xmr_chart_shows_its_icons_with_words(page: Page) -> None:
    icons = page.locator("#spc-x .figure-icons li")
    assert icons.all_inner_texts() == [
        "Special cause: improving, higher",
        "Will meet and miss the target by chance",
    ]
    assert page.locator("#spc-x .figure-icons svg[aria-hidden=true]").count() == 2


def test_a_picture_that_cannot_be_drawn_says_so(browser: Browser, folder: Path) -> None:
    page, _, _ = _open(browser, folder / "broken.html")
    _all_drawn(page, "failed")
    words = page.get_by_role("status").inner_text()
    assert "could not be drawn" in words
    assert "nowhere.js" in words
    page.locator("summary").click()
    page.get_by_text("The numbers could not be read").wait_for()
    page.close()
