"""The report in a real browser, from disk: it fits, it draws, it finds, it fetches nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import CHROMIUM, LOWEST_CONTRAST
from playwright.sync_api import Browser, expect
from reader import Reader, reading
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


@pytest.fixture(params=[(320, "dark"), (1280, "light")], ids=["telephone", "desk"])
def reader(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Reader]:
    width, scheme = request.param
    with reading(browser, width, scheme) as reader:
        yield reader


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
    with reading(browser) as reader:
        drawn = 0
        for address in ("index.html", PRACTICE, "indicators/PC-SDM-01.html"):
            reader.page.goto((site.folder / address).as_uri())
            drawn += reader.draws_all()
        assert drawn >= 3


def test_a_practice_is_found_by_its_code_without_a_mouse(browser: Browser, site: Site) -> None:
    with reading(browser) as reader:
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
    with reading(browser) as reader:
        reader.page.goto((releases / "current" / "report" / PRACTICE).as_uri())
        reader.page.wait_for_url(f"**/{VERSION}/report/{PRACTICE}")
