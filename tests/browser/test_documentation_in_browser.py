"""The documentation site as a reader opens it: built strictly, from disk, alone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import ARGUMENTS, CHROMIUM
from playwright.sync_api import Browser, sync_playwright

# The site parses the dbt project before it is built.
pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PAGES = (
    "index.html",
    "tutorials/analyst.html",
    "tutorials/report-reader.html",
    "runbook/index.html",
    "runbook/files.html",
    "architecture.html",
    "governance.html",
    "dictionary/release.html",
    "dictionary/extracts/sp_referrals.html",
)
# What a browser fetches by itself; links to other sites are followed by people only.
_FETCHES = re.compile(
    r"<(?:script|img|iframe|source|video|audio|embed|object)[^>]*\s(?:src|data)="
    r"[\"']?(?:https?:)?//"
    r"|<link[^>]*rel=[\"']?(?:stylesheet|preload|preconnect|icon)[^>]*href=[\"']?(?:https?:)?//"
    r"|@import|url\(\s*[\"']?(?:https?:)?//"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documentation") / "site"
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    said = built.stdout + built.stderr
    assert built.returncode == 0, said
    assert "WARNING" not in said
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is missing: apt-get install chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


def test_no_page_style_or_script_fetches_from_outside(site: Path) -> None:
    paths = [path for path in site.rglob("*") if path.suffix in (".html", ".css")]
    assert len(paths) > 100
    fetching = {path.name for path in paths if _FETCHES.search(path.read_text(encoding="utf-8"))}
    assert not fetching


def test_only_what_is_for_readers_is_in_the_site(site: Path) -> None:
    assert not [path for path in site.rglob("*") if path.suffix in (".py", ".yml")]


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [1280, 400])
def test_pages_open_from_disk_whole_and_alone(
    site: Path, browser: Browser, name: str, width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    asked: list[str] = []
    wrong: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("requestfailed", lambda request: wrong.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto((site / name).as_uri(), wait_until="load")
    outside = [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]
    assert (outside, wrong) == ([], [])
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("[...document.images].every(image => image.naturalWidth > 0)")
    page.close()


def test_the_search_works_from_disk(site: Path, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto((site / "index.html").as_uri())
    page.get_by_role("textbox", name="Search").fill("small_numbers_are_hidden")
    found = page.locator(".md-search-result__link").filter(has_text="small_numbers_are_hidden")
    found.first.wait_for(timeout=20_000)
    found.first.click()
    page.wait_for_url("**/runbook/*.html**")
    page.close()
