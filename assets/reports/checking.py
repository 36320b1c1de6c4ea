"""The site as a reader meets it: what keeps it from being published."""

from __future__ import annotations

import html
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa

from assets.reports.records import ENGLAND, LEVELS, OF

_LINK = re.compile(r'(?:href|src|data-rows|data-search|action)="([^"]*)"')
_ID = re.compile(r'\sid="([^"]+)"')
_CELL = re.compile(r'data-of="([^"]+)" data-value="([^"]+)"')
# What a browser would fetch by itself, wherever it stands; links to other sites are followed by
# people only.
_FETCHES = re.compile(
    r'<(?:script|img|iframe|source|video|audio|embed|object|input)[^>]*\s(?:src|data)="(?:https?:)?//'
    r'|<link[^>]*href="(?:https?:)?//|@import|url\(\s*["\']?(?:https?:)?//'
)
_MOST_SAID = 20


def differences_of_site(folder: Path, database: Path) -> list[str]:
    """What is wrong with a site as written, in words; nothing when it is right.

    Every area and indicator has its page, every link, script and anchor leads to something in the
    site, nothing is fetched from outside, made-up data say so, and every number on a page that
    names its row is the number of the release.
    """
    pages = {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*.html"))
    }
    with duckdb.connect(str(database), read_only=True) as connection:
        found = [
            *_missing(connection, pages),
            *_broken_links(folder, pages),
            *_fetches(folder, pages),
            *_without_banner(connection, pages),
            *_other_numbers(connection, pages),
        ]
    more = len(found) - _MOST_SAID
    return [*found[:_MOST_SAID], *([f"and {more:,} more"] if more > 0 else [])]


def _missing(connection: duckdb.DuckDBPyConnection, pages: dict[str, str]) -> Iterator[str]:
    expected = ["index.html"]
    expected += [
        f"areas/{code}.html"
        for (code,) in connection.execute(
            "select area_code from areas where list_contains(?, area_type) order by area_code",
            [list(LEVELS)],
        ).fetchall()
    ]
    expected += [
        f"indicators/{indicator_id}.html"
        for (indicator_id,) in connection.execute(
            "select indicator_id from indicators order by indicator_id"
        ).fetchall()
    ]
    for address in expected:
        if not pages.get(address):
            yield f"{address} is missing or empty"


def _broken_links(folder: Path, pages: dict[str, str]) -> Iterator[str]:
    anchors: dict[str, set[str]] = {}
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    for address, text in pages.items():
        for link in dict.fromkeys(_LINK.findall(text)):
            if re.match(r"[a-z]+:", link):
                continue
            target, _, anchor = html.unescape(link).partition("#")
            path = posixpath.normpath(posixpath.join(posixpath.dirname(address), target))
            path = path if target else address
            if path.startswith("../"):
                # What the report shares a release with; the site alone cannot say it is there.
                if not (folder / path).resolve().exists():
                    yield f"{address} links to {link}, which is not in the release"
            elif path not in files:
                yield f"{address} links to {link}, which is not in the site"
            elif anchor and path.endswith(".html"):
                if path not in anchors:
                    anchors[path] = set(_ID.findall(pages[path]))
                if anchor not in anchors[path]:
                    yield f"{address} links to {link}, where nothing has that id"


def _fetches(folder: Path, pages: dict[str, str]) -> Iterator[str]:
    sheets = {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*.css"))
    }
    for address, text in {**pages, **sheets}.items():
        if asks := _FETCHES.search(text):
            yield f"{address} fetches something from outside: {asks[0]}"


def _without_banner(connection: duckdb.DuckDBPyConnection, pages: dict[str, str]) -> Iterator[str]:
    [(is_synthetic,)] = connection.execute(
        "select coalesce(bool_or(is_synthetic), false) from extract_editions where is_in_use"
    ).fetchall()
    for address, text in pages.items():
        if is_synthetic and 'class="banner"' not in text:
            yield f"{address} shows made-up data without the banner"


def _other_numbers(connection: duckdb.DuckDBPyConnection, pages: dict[str, str]) -> Iterator[str]:
    shown = [
        (address, html.unescape(of), float(value))
        for address, text in pages.items()
        for of, value in _CELL.findall(text)
    ]
    if not any(of.split()[1] == ENGLAND for _, of, _ in shown):
        yield "no page shows a value of England"
    # Half a million cells of a national site are held against as many rows: by the database.
    addresses, rows, values = zip(*shown, strict=True) if shown else ((), (), ())
    connection.register("shown", pa.table({"address": addresses, "row_of": rows, "value": values}))
    for address, row, value, held in connection.execute(_OTHER_NUMBERS).fetchall():
        yield f"{address} shows {value} for {row}, where the release has {held}"


_OTHER_NUMBERS = f"""
with held as (
    select {OF} as row_of, value from indicator_values where value is not null
)
select shown.address, shown.row_of, shown.value, held.value
from shown
left join held on shown.row_of = held.row_of
where held.value is distinct from shown.value
order by shown.address, shown.row_of
"""
