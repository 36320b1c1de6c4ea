"""What the tests in a browser share: Chromium, and the site of a release that shows everything."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))

from chromium import ARGUMENTS, CHROMIUM
from playwright.sync_api import Browser, sync_playwright
from reader import Published
from report_release import PUBLISHED, VERSION
from report_rows import filled_release

from assets.reports.open_release import Edition
from assets.reports.site import write_site


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """A made-up release in which every family of pages has something to show."""
    folder = tmp_path_factory.mktemp("filled") / VERSION
    folder.mkdir()
    database = filled_release(folder / "doing_with.duckdb")
    site = write_site(database, folder / "report", Edition(VERSION, PUBLISHED))
    return Published(site.folder, database)
