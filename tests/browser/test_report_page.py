"""The report in a real browser, opened from disk: it fits, it fetches nothing, it is readable."""

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Literal

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))

from playwright.sync_api import Browser, Page, sync_playwright
from report_database import write_database

from assets.reports.page import write_report

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
SECTIONS = ("england", "boards", "quality", "about")

pytestmark = pytest.mark.skipif(
    not CHROMIUM.exists(), reason=f"{CHROMIUM} is missing: apt-get install chromium"
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("report")
    database = write_database(folder / "doing_with.duckdb", is_synthetic=True, unread_files=11)
    return write_report(
        database, folder / "report", version="1.2.3", published_on=date(2026, 11, 23)
    ).as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(params=[(320, "light"), (1280, "light"), (320, "dark"), (1280, "dark")])
def page(
    request: pytest.FixtureRequest, browser: Browser, address: str
) -> Iterator[tuple[Page, list[str]]]:
    width, scheme = request.param
    said: list[str] = []
    opened = _open(browser, width, scheme)
    opened.on("request", lambda asked: said.append(asked.url))
    opened.on("requestfailed", lambda asked: said.append(f"failed {asked.url}"))
    opened.on("console", lambda message: said.append(f"console {message.text}"))
    opened.on("pageerror", lambda error: said.append(f"error {error}"))
    opened.goto(address)
    yield opened, said
    opened.close()


def _open(browser: Browser, width: int, scheme: Literal["light", "dark"]) -> Page:
    return browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)


def test_the_page_is_all_there_is(page: tuple[Page, list[str]], address: str) -> None:
    opened, said = page
    opened.wait_for_load_state("networkidle")
    assert said == [address]


def test_the_body_never_scrolls_sideways(page: tuple[Page, list[str]]) -> None:
    opened, _ = page
    for is_open in (False, True):
        opened.evaluate(
            "yes => document.querySelectorAll('details').forEach(d => d.open = yes)", is_open
        )
        assert opened.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_every_section_is_visible(page: tuple[Page, list[str]]) -> None:
    opened, _ = page
    for name in SECTIONS:
        assert opened.locator(f"section#{name}").is_visible()
        assert opened.locator(f"section#{name} h2").is_visible()


def test_every_picture_has_a_name_and_a_size(page: tuple[Page, list[str]]) -> None:
    opened, _ = page
    pictures = opened.locator("svg")
    assert pictures.count() == 3
    assert opened.get_by_role("img").count() == 3
    for picture in pictures.all():
        assert picture.get_attribute("aria-label")
        box = picture.bounding_box()
        assert box
        assert box["width"] > 300
        assert box["height"] > 80


def test_text_stands_out_from_its_ground(page: tuple[Page, list[str]]) -> None:
    opened, _ = page
    lowest = opened.evaluate(_CONTRAST)
    assert lowest["ratio"] >= 4.5, lowest


def test_banner_stays_in_sight(page: tuple[Page, list[str]]) -> None:
    opened, _ = page
    opened.evaluate("window.scrollTo(0, document.body.scrollHeight / 2)")
    box = opened.locator(".banner").bounding_box()
    assert box
    assert -1 <= box["y"] <= 1
    assert box["height"] < 90


def test_print_shows_banner_and_definitions(browser: Browser, address: str) -> None:
    opened = _open(browser, 1000, "dark")
    opened.goto(address)
    opened.emulate_media(media="print")
    assert opened.locator(".banner").is_visible()
    assert opened.get_by_text("It matters.").first.is_visible()
    assert opened.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    opened.close()


def test_skip_link_leads_to_the_content(browser: Browser, address: str) -> None:
    opened = _open(browser, 1280, "light")
    opened.goto(address)
    opened.keyboard.press("Tab")
    assert opened.evaluate("document.activeElement.className") == "skip"
    opened.keyboard.press("Enter")
    assert opened.evaluate("document.activeElement.id") == "main"
    opened.close()


# The lowest contrast of any text with the nearest ground that is painted beneath it.
_CONTRAST = """
() => {
  const parse = c => (c.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = element => {
    for (let e = element; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  let lowest = {ratio: 99, text: ''};
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, element = node.parentElement;
    if (!node.data.trim() || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const colour = element.closest('svg') ? style.fill : style.color;
    const pair = [light(parse(colour)), light(ground(element))].sort((a, b) => b - a);
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (ratio < lowest.ratio) lowest = {ratio, text: node.data.trim(), colour};
  }
  return lowest;
}
"""
