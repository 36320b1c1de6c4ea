"""The site as a reader meets it: what keeps it from being published."""

from __future__ import annotations

import html
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa

from assets.database_memory import ReadersMemory
from assets.reports.open_release import connect
from assets.reports.pages.downloads import LAST_WRITTEN
from assets.reports.records import ENGLAND, LEVELS, OF

_LINK = re.compile(r'(?:href|src|data-rows|data-search|action)="([^"]*)"')
_ID = re.compile(r'\sid="([^"]+)"')
_CELL = re.compile(r'data-of="([^"]+)" data-value="([^"]+)"')
# What a browser would fetch by itself, wherever it stands; links to other sites are followed by
# people only.
_FETCHES = re.compile(
    r"<(?:script|img|iframe|source|video|audio|embed|object|input)[^>]*\s(?:src|data)="
    r'"(?:https?:)?//'
    r'|<link[^>]*href="(?:https?:)?//|@import|url\(\s*["\']?(?:https?:)?//'
)
_BANNER = '<section class="banner"'
_MOST_SAID = 20
# So many numbers are handed to the database at a time: a national site shows half a million.
_AT_A_TIME = 50_000


@dataclass(slots=True)
class _Seen:
    """What was met on the way through the pages; their texts are not kept."""

    addresses: set[str] = field(default_factory=set)
    # Address and anchor, with one page that links there.
    anchors: dict[tuple[str, str], str] = field(default_factory=dict)
    ids: dict[str, frozenset[str]] = field(default_factory=dict)
    cells: list[tuple[str, str, float]] = field(default_factory=list)


def differences_of_site(
    folder: Path, database: Path, memory: ReadersMemory | None = None
) -> list[str]:
    """What is wrong with a site as written, in words; nothing when it is right.

    Every area and indicator has its page, every link, script and anchor leads to something in the
    release, nothing is fetched from outside, made-up data say so, and every number on a page that
    names its row is the number of the release.
    """
    with connect(database, memory) as connection:
        found = [
            *_pages(connection, folder),
            *(f"{sheet} {what}" for sheet, what in _sheets(folder)),
            *_other_numbers(connection),
        ]
    more = len(found) - _MOST_SAID
    return [*found[:_MOST_SAID], *([f"and {more:,} more"] if more > 0 else [])]


def _pages(connection: duckdb.DuckDBPyConnection, folder: Path) -> Iterator[str]:
    """What is wrong with pages one by one, and with how they hang together."""
    connection.execute(
        "create temporary table shown (address varchar, of_row varchar, value double)"
    )
    [(is_synthetic,)] = connection.execute(
        "select coalesce(bool_or(is_synthetic), false) from extract_editions where is_in_use"
    ).fetchall()
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    seen = _Seen()
    for address in sorted(name for name in files if name.endswith(".html")):
        text = (folder / address).read_text(encoding="utf-8")
        if not text:
            continue
        seen.addresses.add(address)
        if is_synthetic and _BANNER not in text:
            yield f"{address} shows made-up data without the banner"
        if asks := _FETCHES.search(text):
            yield f"{address} fetches something from outside: {asks[0]}"
        yield from _broken_links(address, text, folder, files, seen)
        seen.ids[address] = frozenset(_ID.findall(text))
        seen.cells += [(address, html.unescape(of), float(v)) for of, v in _CELL.findall(text)]
        if len(seen.cells) >= _AT_A_TIME:
            _hand_over(connection, seen)
    _hand_over(connection, seen)
    for (target, anchor), address in seen.anchors.items():
        if anchor not in seen.ids.get(target, ()):
            yield f"{address} links to {target}#{anchor}, where nothing has that id"
    for address in _expected(connection):
        if address not in seen.addresses:
            yield f"{address} is missing or empty"


def _broken_links(
    address: str, text: str, folder: Path, files: set[str], seen: _Seen
) -> Iterator[str]:
    for link in dict.fromkeys(_LINK.findall(text)):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = html.unescape(link).partition("#")
        target = target.partition("?")[0]
        path = posixpath.normpath(posixpath.join(posixpath.dirname(address), target))
        path = path if target else address
        if path.startswith("../"):
            # What lies beside the report in its release.
            if path != LAST_WRITTEN and not (folder / path).exists():
                yield f"{address} links to {link}, which is not in the release"
        elif path not in files:
            yield f"{address} links to {link}, which is not in the site"
        elif anchor and path.endswith(".html"):
            seen.anchors.setdefault((path, anchor), address)


def _expected(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The addresses that follow from the release alone."""
    areas = connection.execute(
        "select area_code from areas where list_contains(?, area_type) order by area_code",
        [list(LEVELS)],
    ).fetchall()
    indicators = connection.execute(
        "select indicator_id from indicators order by indicator_id"
    ).fetchall()
    return [
        "index.html",
        *(f"areas/{code}.html" for (code,) in areas),
        *(f"indicators/{indicator_id}.html" for (indicator_id,) in indicators),
    ]


def _sheets(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*.css")):
        if asks := _FETCHES.search(path.read_text(encoding="utf-8")):
            yield path.relative_to(folder).as_posix(), f"fetches something from outside: {asks[0]}"


def _hand_over(connection: duckdb.DuckDBPyConnection, seen: _Seen) -> None:
    if seen.cells:
        addresses, rows, values = zip(*seen.cells, strict=True)
        cells = pa.table({"address": addresses, "of_row": rows, "value": values})
        connection.register("cells", cells)
        connection.execute("insert into shown select address, of_row, value from cells")
        connection.unregister("cells")
    seen.cells.clear()


def _other_numbers(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    [(of_england,)] = connection.execute(
        "select count(*) from shown where split_part(of_row, ' ', 2) = ?", [ENGLAND]
    ).fetchall()
    if not of_england:
        yield "no page shows a value of England"
    for address, row, value, held in connection.execute(_OTHER_NUMBERS).fetchall():
        yield f"{address} shows {value} for {row}, where the release has {held}"


_OTHER_NUMBERS = f"""
with held as (
    select {OF} as of_row, value from indicator_values where value is not null
)
select shown.address, shown.of_row, shown.value, held.value
from shown
left join held on shown.of_row = held.of_row
where held.value is distinct from shown.value
order by shown.address, shown.of_row
"""
