"""The report in a real browser, from disk: it fits, it draws, it finds, it fetches nothing."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))

from chromium import ARGUMENTS, CHROMIUM, LOWEST_CONTRAST
from playwright.sync_api import Browser, Page, expect, sync_playwright
from report_release import PRACTICES, PUBLISHED, VERSION, write_release

from assets.reports.open_release import Edition
from assets.reports.site import Site, write_site

pytestmark = pytest.mark.skipif(
    not CHROMIUM.exists(), reason=f"{CHROMIUM} is missing: apt-get install chromium"
)

PRACTICE = f"areas/{PRACTICES[0]}.html"
PAGES = (
    "index.html", "areas/index.html", "areas/QBB.html", PRACTICE, "indicators/index.html",
    "indicators/PC-SDM-01.html", "coproduction.html", "inequalities.html", "quality.html",
    "downloads.html", "context.html", "about.html",
)  # fmt: skip


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of releases with one in it, which is in force."""
    folder = tmp_path_factory.mktemp("releases")
    (folder / VERSION).mkdir()
    (folder / "current").symlink_to(VERSION)
    return folder


@pytest.fixture(scope="module")
def site(releases: Path) -> Site:
    database = write_release(releases / VERSION / "doing_with.duckdb", is_synthetic=True)
    return write_site(database, releases / VERSION / "report", Edition(VERSION, PUBLISHED))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@dataclass
class Reader:
    """Somebody at a screen, and what the browser said meanwhile."""

    page: Page
    asked: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def draws_all(self) -> int:
        """Scroll through the page until every picture in it is drawn; gives how many."""
        figures = self.page.locator("figure[data-figure]")
        for number in range(figures.count()):
            figures.nth(number).scroll_into_view_if_needed()
            expect(figures.nth(number).locator("svg.marks")).to_be_visible(timeout=30_000)
        return figures.count()


@pytest.fixture(params=[(320, "dark"), (1280, "light")], ids=["telephone", "desk"])
def reader(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Reader]:
    width, scheme = request.param
    yield from _reader(browser, width, scheme)


def _reader(
    browser: Browser, width: int = 1280, scheme: Literal["light", "dark"] = "light"
) -> Iterator[Reader]:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    reader = Reader(page)
    page.on("request", lambda asked: reader.asked.append(asked.url))
    page.on("requestfailed", lambda asked: reader.faults.append(asked.url))
    page.on("pageerror", lambda error: reader.faults.append(str(error)))
    yield reader
    page.close()


@pytest.mark.parametrize("address", PAGES)
def test_a_page_of_each_family_fits_draws_and_fetches_nothing(
    address: str, reader: Reader, site: Site
) -> None:
    reader.page.goto((site.folder / address).as_uri())
    reader.draws_all()
    assert reader.faults == []
    assert [url for url in reader.asked if not url.startswith(("file:", "data:", "blob:"))] == []
    wide = reader.page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert wide <= 0
    lowest = reader.page.evaluate(LOWEST_CONTRAST)
    assert lowest["ratio"] >= 4.5, lowest
    assert "Made-up data" in reader.page.locator(".banner").inner_text()
    assert reader.page.locator(".banner").is_visible()


def test_pictures_are_among_what_is_looked_at(browser: Browser, site: Site) -> None:
    for reader in _reader(browser):
        drawn = 0
        for address in ("index.html", PRACTICE, "indicators/PC-SDM-01.html"):
            reader.page.goto((site.folder / address).as_uri())
            drawn += reader.draws_all()
        assert drawn >= 3


def test_a_practice_is_found_by_its_code_without_a_mouse(browser: Browser, site: Site) -> None:
    for reader in _reader(browser):
        reader.page.goto((site.folder / "index.html").as_uri())
        box = reader.page.get_by_role("combobox")
        box.focus()
        box.press_sequentially(PRACTICES[0].lower())
        expect(reader.page.get_by_role("option").first).to_be_visible()
        reader.page.keyboard.press("ArrowDown")
        reader.page.keyboard.press("Enter")
        reader.page.wait_for_url(f"**/{PRACTICE}*")


def test_who_began_on_the_current_release_stays_on_it(
    browser: Browser, site: Site, releases: Path
) -> None:
    assert site.pages
    for reader in _reader(browser):
        reader.page.goto((releases / "current" / "report" / PRACTICE).as_uri())
        reader.page.wait_for_url(f"**/{VERSION}/report/{PRACTICE}")
