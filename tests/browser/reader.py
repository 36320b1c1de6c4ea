"""A report on disk, somebody who reads it in a browser, and what the browser said meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, expect

Scheme = Literal["light", "dark"]
_ALL_THERE = """
() => [...document.querySelectorAll('figure[data-figure]')].every(f => f.dataset.drawn)
  && ![...document.querySelectorAll('details[open] > .wanted')].some(
    box => box.textContent.trim() === 'Loading…')
  && [...document.querySelectorAll('.figure details[open]')].every(d => d.querySelector('table'))
"""


@dataclass(frozen=True)
class Published:
    """A release on disk: the folder of its report, and its database."""

    report: Path
    database: Path


@dataclass
class Reader:
    """A page that is open, every address it asked for and every fault."""

    page: Page
    asked: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def opens(self, path: Path, asked: str = "") -> Page:
        """Go to a page of a site on disk; ``asked`` is what follows its address."""
        self.page.goto(path.as_uri() + asked)
        return self.page

    def opens_everything(self) -> None:
        """Open every fold of the page and wait until all pictures and tables are there."""
        self.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        self.page.wait_for_function(_ALL_THERE, timeout=60_000)

    def draws_all(self) -> int:
        """Scroll through the page until every picture in it is drawn; gives how many."""
        figures = self.page.locator("figure[data-figure]")
        for number in range(figures.count()):
            figures.nth(number).scroll_into_view_if_needed()
            expect(figures.nth(number).locator("svg.marks")).to_be_visible(timeout=30_000)
        return figures.count()


@contextmanager
def reading(browser: Browser, width: int = 1280, scheme: Scheme = "light") -> Iterator[Reader]:
    """A reader at a screen of this width."""
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    reader = Reader(page)
    page.on("request", lambda asked: reader.asked.append(asked.url))
    page.on("requestfailed", lambda asked: reader.faults.append(asked.url))
    page.on("pageerror", lambda error: reader.faults.append(str(error)))
    try:
        yield reader
    finally:
        page.close()
