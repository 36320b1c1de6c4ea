"""The site of a release: every page, its data scripts and the files they share."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from assets.child_processes import in_process
from assets.database_memory import ReadersMemory
from assets.reports import search_data
from assets.reports.data_script import data_script
from assets.reports.figures.drawings import figures_script, vega_script
from assets.reports.open_release import Edition, OpenRelease, open_release
from assets.reports.page import Page, html_of
from assets.reports.pages import (
    about,
    areas,
    context,
    coproduction,
    downloads,
    indicators,
    inequalities,
    overview,
    quality,
)
from assets.reports.pages.areas import Batch
from assets.reports.pages.indicator_csv import write_csvs

STATIC = Path(__file__).parent / "static"
HOME = "index.html"
# Fewer areas than this are written sooner than other processes would have started.
_AREAS_FOR_PROCESSES = 1000
# What a process has at least to read with where there are several. 250 MB are enough for all of
# England (2026-11-29), but what Python makes of it takes another 400 MB in each process.
_BYTES_FOR_A_PROCESS = 500_000_000


@dataclass(frozen=True, slots=True)
class Site:
    """A site as written: where, the bytes of each page with its own data, and of all files."""

    folder: Path
    pages: dict[str, int]
    bytes: int

    @property
    def home(self) -> Path:
        """The first page."""
        return self.folder / HOME

    @property
    def largest_page(self) -> tuple[str, int]:
        """Address and bytes of the page that is largest with its own data."""
        return max(self.pages.items(), key=lambda item: item[1])


@dataclass(frozen=True, slots=True)
class _Task:
    """What a process that writes pages of areas is told."""

    database: Path
    folder: Path
    edition: Edition
    memory: ReadersMemory | None
    batches: tuple[Batch, ...]


def write_site(
    database: Path,
    folder: Path,
    edition: Edition,
    memory: ReadersMemory | None = None,
    *,
    processes: int = 2,
) -> Site:
    """Write the site of a release's ``doing_with.duckdb`` into a folder, and say what it holds.

    A release with many areas is written by so many processes, or by fewer where there is less
    ``memory`` to read with.
    """
    shutil.copytree(STATIC, folder / "static", dirs_exist_ok=True)
    if memory:
        processes = memory.processes(_BYTES_FOR_A_PROCESS, processes)
        # Before it is known whether there are so many areas: few are read with half as well.
        memory = memory.of_each(processes)
    with open_release(database, edition, memory) as release:
        batches = areas.batches(release)
        is_large = sum(len(codes) for _, codes in batches) >= _AREAS_FOR_PROCESSES
        helpers = processes - 1 if is_large else 0
        tasks = [
            _Task(database, folder, edition, memory, tuple(batches[place :: helpers + 1]))
            for place in range(helpers + 1)
        ]
        with ThreadPoolExecutor() as threads:
            elsewhere = [threads.submit(in_process, _write_areas, task) for task in tasks[1:]]
            sizes = write_pages(areas.pages_of(release, tasks[0].batches), folder, release)
            sizes |= write_pages(_other_pages(release, folder), folder, release)
            _write_shared(release, folder)
            for task in elsewhere:
                sizes |= task.result()
    return Site(
        folder=folder,
        pages=dict(sorted(sizes.items())),
        bytes=sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()),
    )


def _other_pages(release: OpenRelease, folder: Path) -> Iterator[Page]:
    """One for each family besides areas. Pages are given one at a time, and kept by nobody."""
    return chain(
        overview.pages(release),
        iter([areas.index(release)]),
        indicators.pages(release, folder),
        coproduction.pages(release),
        inequalities.pages(release),
        context.pages(release),
        quality.pages(release),
        downloads.pages(release, folder),
        about.pages(release),
    )


def _write_shared(release: OpenRelease, folder: Path) -> None:
    """Write what pages share: the drawings and what draws them, the list of areas, the CSVs."""
    write_text(folder / "static" / "figures.js", figures_script())
    write_text(folder / "static" / "vega.js", vega_script())
    write_text(folder / search_data.ADDRESS, search_data.search_script(release))
    write_csvs(release, folder)
    coproduction.write_chunks(release, folder)
    context.write_chunks(release, folder)


def _write_areas(task: _Task) -> dict[str, int]:
    with open_release(task.database, task.edition, task.memory) as release:
        return write_pages(areas.pages_of(release, task.batches), task.folder, release)


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
        yield script, data_script([f for f in page.figures if (f.chunk or page.script) == script])


def write_text(path: Path, text: str) -> int:
    """Write a file of the site and give its bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = text.encode()
    path.write_bytes(data)
    return len(data)
