"""Pages of a small release as tests read them: opened, changed first, rendered, unpacked."""

from __future__ import annotations

import html
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import duckdb
from report_release import PUBLISHED, VERSION, write_release

from assets.reports.open_release import Edition, OpenRelease, open_release
from assets.reports.page import Page, html_of

EDITION = Edition(VERSION, PUBLISHED)
Change = Callable[[duckdb.DuckDBPyConnection], None]


@contextmanager
def small_release(tmp_path: Path, change: Change | None = None) -> Iterator[OpenRelease]:
    """A small release, after ``change`` has been at its tables."""
    path = Path(shutil.copy(_unchanged(), tmp_path / "doing_with.duckdb"))
    if change is not None:
        with duckdb.connect(str(path)) as connection:
            change(connection)
    with open_release(path, EDITION) as release:
        yield release


def words_of(page: Page, release: OpenRelease) -> str:
    """What a reader reads on a page, tags and spare space taken away."""
    main = html_of(page, release).partition("<main")[2].partition("</main>")[0]
    text = html.unescape(re.sub(r"<[^>]+>", " ", main.partition(">")[2]))
    return re.sub(r"\s+", " ", text)


@cache
def _unchanged() -> Path:
    """The small release, written once: its tables are declared in many files."""
    return write_release(Path(tempfile.mkdtemp()) / "doing_with.duckdb")
