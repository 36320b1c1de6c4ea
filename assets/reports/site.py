"""The site of a release: every page, its data scripts and the files they share."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from assets.reports.open_release import OpenRelease, open_release
from assets.reports.page import Page, data_script, html_of
from assets.reports.pages import overview

STATIC = Path(__file__).parent / "static"
HOME = "index.html"
# One for each family of pages. Those of a family are given one at a time, and kept by nobody.
FAMILIES: tuple[Callable[[OpenRelease], Iterator[Page]], ...] = (overview.pages,)


@dataclass(frozen=True, slots=True)
class Site:
    """A site as written: where, which pages, and how large."""

    folder: Path
    addresses: tuple[str, ...]
    bytes: int
    largest_page: tuple[str, int]

    @property
    def home(self) -> Path:
        """The first page."""
        return self.folder / HOME


def write_site(database: Path, folder: Path, *, version: str, published_on: date) -> Site:
    """Write the site of a release's ``doing_with.duckdb`` into a folder, and say what it holds."""
    shutil.copytree(STATIC, folder / "static", dirs_exist_ok=True)
    sizes: dict[str, int] = {}
    with open_release(database, version=version, published_on=published_on) as release:
        for pages in FAMILIES:
            sizes.update(write_pages(pages(release), folder, release))
    return Site(
        folder=folder,
        addresses=tuple(sizes),
        bytes=sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()),
        largest_page=max(sizes.items(), key=lambda item: item[1]),
    )


def write_pages(pages: Iterable[Page], folder: Path, release: OpenRelease) -> dict[str, int]:
    """Write pages with their data scripts; out: the bytes of each page with its own data."""
    sizes = {}
    for page in pages:
        written = [(page.address, html_of(page, release)), *scripts_of(page)]
        sizes[page.address] = sum(write_text(folder / name, text) for name, text in written)
    return sizes


def scripts_of(page: Page) -> Iterator[tuple[str, str]]:
    """The data scripts of a page, by address: its own, and one for each chunk."""
    addresses = [figure.chunk or page.script for figure in page.figures]
    for script in dict.fromkeys(addresses):
        yield (
            script,
            data_script(tuple(f for f in page.figures if (f.chunk or page.script) == script)),
        )


def write_text(path: Path, text: str) -> int:
    """Write a file of the site and give its bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = text.encode()
    path.write_bytes(data)
    return len(data)
