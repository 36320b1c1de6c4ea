"""Specimens: a sound file of each extract, cut short so that it is judged in milliseconds."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl

from assets.extracts.arriving.landing import Declaration, LandingZone
from assets.extracts.contract_model.contract import Contract, Layout
from assets.extracts.contract_model.headers import find_header
from assets.extracts.reading.peeking import peek
from assets.extracts.reading.recognition import LayoutMatch, recognise
from assets.samples.community.submissions import write_text
from assets.samples.faults.delimited_bytes import Delimited

# Enough for every fault of a kind in a row of its own, beyond the rows that recognition looks at.
MOST_ROWS = 150
MOST_WIDE_COLUMNS = 12


@dataclass(frozen=True)
class Specimen:
    """A sound file of one layout, and where its columns stand."""

    contract: Contract
    layout: Layout
    name: str
    path: Path
    declaration: Declaration
    format: str
    header_line: int
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def header_of(self, column: str) -> str | None:
        """How the file spells a canonical column: its header, or its number where it has none."""
        if not self.layout.header:
            names = [described.name for described in self.layout.columns]
            return str(names.index(column) + 1)
        described = {**self.contract.columns, **{c.name: c for c in self.layout.columns}}[column]
        position = find_header(described.headers or (described.name,), self.headers)
        return None if position is None else self.headers[position]

    def cells(self, column: str) -> list[str]:
        """What stands in a column, row by row."""
        header = self.header_of(column)
        assert header is not None
        position = self.headers.index(header) if self.layout.header else int(header) - 1
        return [row[position] for row in self.rows]

    def wide_header(self) -> str:
        """One of the repeated columns."""
        return next(header for header in self.headers if is_repeated(self.layout, header))


def is_repeated(layout: Layout, header: str) -> bool:
    """Whether a header is one of the repeated columns, which carry data in their names."""
    spelt = re.sub(r"\s", "", header).lower()
    return layout.wide is not None and re.fullmatch(layout.wide.pattern, spelt) is not None


def specimens_of(
    landing: Path, contracts: Mapping[str, Contract], folder: Path
) -> dict[str, Specimen]:
    """One specimen of each extract in its first layout, delimited where that may be."""
    found: dict[str, Specimen] = {}
    zone = LandingZone(landing)
    for path in sorted(zone.files(), key=lambda path: (path.suffix != ".csv", path.name)):
        name = zone.name_of(path)
        for match in recognise(name, peek(path), contracts).matches:
            is_first_layout = match.layout == match.contract.layouts[0]
            if is_first_layout and match.contract.extract not in found:
                declaration = zone.declarations.of(name, coverage="partial")
                found[match.contract.extract] = _cut_short(match, name, path, declaration, folder)
    return found


def _cut_short(
    match: LayoutMatch, name: str, path: Path, declaration: Declaration, folder: Path
) -> Specimen:
    target = folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    if match.sheet.format == "csv":
        header_line = match.sheet.lines_above + 1 if match.layout.header else 0
        return _cut_text(match, name, path.read_bytes(), declaration, target, header_line)
    if match.sheet.format == "json":
        target.write_bytes(path.read_bytes())
        return Specimen(
            match.contract, match.layout, name, target, declaration, "json", 0,
            match.sheet.first_row, match.sheet.rows[1:],
        )  # fmt: skip
    if "csv" in match.layout.formats:
        assert match.contract.extract_code is not None
        frame = pl.read_excel(path, sheet_name=match.sheet.name)
        name = f"community/{match.contract.extract_code}_{path.stem}.csv"
        whole = folder / name
        write_text(frame, whole)
        return _cut_text(match, name, whole.read_bytes(), declaration, whole, 1)
    target.write_bytes(path.read_bytes())
    sheet = openpyxl.load_workbook(path, read_only=True)[match.sheet.name or ""]
    table = [tuple(str(c or "") for c in row) for row in sheet.iter_rows(values_only=True)]
    top = match.sheet.top
    return Specimen(
        match.contract, match.layout, name, target, declaration, "workbook", top + 1,
        table[top], tuple(table[top + 1 :]),
    )  # fmt: skip


def _cut_text(
    match: LayoutMatch,
    name: str,
    content: bytes,
    declaration: Declaration,
    target: Path,
    header_line: int,
) -> Specimen:
    text = Delimited.parse(content, ",", header_line)
    del text.rows[MOST_ROWS:]
    text.end = b""
    kept = sorted(match.wide)[:MOST_WIDE_COLUMNS]
    wanted = [
        i for i, header in enumerate(match.sheet.first_row)
        if i in kept or not is_repeated(match.layout, header)
    ]  # fmt: skip
    if len(wanted) < len(match.sheet.first_row):
        text.every(lambda fields: [fields[i] for i in wanted])
    target.write_bytes(text.content())
    encoding = "utf-8-sig" if match.layout.encoding == "utf-8" else match.layout.encoding
    table = list(csv.reader(io.StringIO(text.content().decode(encoding), newline="")))
    if header_line:
        above = len(table) - text.row_count
        headers, rows = tuple(table[above - 1]), table[above:]
    else:
        headers, rows = tuple(str(i + 1) for i in range(len(table[0]))), table
    return Specimen(
        match.contract, match.layout, name, target, declaration, "csv", header_line,
        headers, tuple(tuple(row) for row in rows),
    )  # fmt: skip


# -- writing into cells, whatever the format ----------------------------------------------------

Cells = Mapping[tuple[int, str], str]


def write_cells(specimen: Specimen, target: Path, cells: Cells) -> None:
    """Write a copy of a specimen with other values in some cells, by row and header."""
    match specimen.format:
        case "csv":
            text = Delimited.parse(specimen.path.read_bytes(), ",", specimen.header_line)
            for (row, header), value in cells.items():
                text.write(row, header, value)
            target.write_bytes(text.content())
        case "workbook":
            _write_into_workbook(specimen, target, cells)
        case "json":
            document = json.loads(specimen.path.read_text(encoding="utf-8"))
            for (row, name), value in cells.items():
                document[specimen.layout.records][row - 1][name] = value
            target.write_text(json.dumps(document), encoding="utf-8")


def _write_into_workbook(specimen: Specimen, target: Path, cells: Cells) -> None:
    book = openpyxl.load_workbook(specimen.path)
    page = book[specimen.layout.sheets[0]]
    for (row, header), value in cells.items():
        column = specimen.headers.index(header) + 1
        page.cell(specimen.header_line + row, column).value = value or None
    book.save(target)


Table = list[list[Any]]


def rewrite_table(specimen: Specimen, target: Path, change: Callable[[Table], Table]) -> None:
    """Write a copy of a workbook or JSON file with another table: the header and all rows.

    Of a JSON file, the table is made of what stands at the top of its records.
    """
    if specimen.format == "workbook":
        book = openpyxl.load_workbook(specimen.path)
        page = book[specimen.layout.sheets[0]]
        top, *rows = page.iter_rows(min_row=specimen.header_line, values_only=True)
        there = change([[str(name or "") for name in top], *map(list, rows)])
        page.delete_rows(specimen.header_line, page.max_row)
        for line, row in enumerate(there, start=specimen.header_line):
            for position, cell in enumerate(row, start=1):
                page.cell(line, position).value = cell
        book.save(target)
        return
    document = json.loads(specimen.path.read_text(encoding="utf-8"))
    records = document[specimen.layout.records]
    header = [name for name in specimen.headers if all(name in record for record in records)]
    names, *rows = change([header, *([record.pop(name) for name in header] for record in records)])
    document[specimen.layout.records] = [
        dict(zip(names, row, strict=True)) | record
        for row, record in zip(rows, records, strict=True)
    ]
    target.write_text(json.dumps(document), encoding="utf-8")


def texts_below(folder: Path) -> Iterator[str]:
    """Everything a folder keeps, as text: workbooks cell by cell."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        if content.startswith(b"PK"):
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
            for sheet in book:
                yield repr(list(sheet.iter_rows(values_only=True)))
        else:
            yield content.decode("utf-8", errors="replace")
