"""Files read with other libraries than the platform's, to hold against what it made of them."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl

from assets.extracts.contract_model.contract import Column, Contract, Layout

Record = dict[str, Any]


def records_of(path: Path, contract: Contract, layout: Layout) -> list[Record]:
    """The rows of a file by header, as they stand there; by canonical name if there is none."""
    match path.suffix:
        case ".csv":
            return _delimited(path, layout)
        case ".parquet":
            return pl.read_parquet(path).to_dicts()
        case ".xlsx":
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
            [name] = [name for name in book.sheetnames if name in layout.sheets]
            rows = [list(row) for row in book[name].iter_rows(values_only=True)]
            return _below_header([row for row in rows if any(c is not None for c in row)], layout)
        case ".json":
            document = json.loads(path.read_text(encoding="utf-8"))
            found = document[layout.records] if layout.records else [document]
            return [dict(_leaves(record)) for record in found]
    raise ValueError(f"nobody reads {path}")


def _delimited(path: Path, layout: Layout) -> list[Record]:
    encoding = "utf-8-sig" if layout.encoding == "utf-8" else layout.encoding
    with path.open(encoding=encoding, newline="") as stream:
        rows = [row for row in csv.reader(stream) if row]
    if not layout.header:
        names = [column.name for column in layout.columns]
        return [dict(zip(names, row, strict=True)) for row in rows]
    return _below_header(rows, layout)


def _below_header(rows: list[Any], layout: Layout) -> list[Record]:
    """Below a preamble the header is the first row that spells a required column."""
    wanted = {plain(h) for c in layout.columns for h in c.headers or (c.name,)}
    top = next(i for i, row in enumerate(rows) if {plain(str(cell)) for cell in row} & wanted)
    header = [str(cell or "") for cell in rows[top]]
    return [dict(zip(header, row, strict=False)) for row in rows[top + 1 :]]


def _leaves(value: Any, above: str = "") -> list[tuple[str, Any]]:
    """Values of a nested record with the paths to them."""
    if isinstance(value, Mapping):
        return [
            leaf for k, v in value.items() for leaf in _leaves(v, f"{above}.{k}" if above else k)
        ]
    if isinstance(value, list):
        plain_list = [(above, "; ".join(map(str, value)))] if value and not isinstance(
            value[0], Mapping | list) else []  # fmt: skip
        nested = [leaf for i, v in enumerate(value) for leaf in _leaves(v, f"{above}.{i}")]
        return [(f"{above}.#", len(value)), *plain_list, *nested]
    return [(above, value)]


def plain(header: str) -> str:
    """A header without what publishers change from file to file: case and white space."""
    return re.sub(r"\s", "", header).lower()


def spelling(column: Column, headers: Sequence[str]) -> str | None:
    """The header of a file that a column of a contract goes by, footnote digits forgiven."""
    for wanted in column.headers or (column.name,):
        for header in headers:
            found = plain(header)
            if wanted.startswith("^") and re.fullmatch(wanted, found):
                return header
            if plain(wanted) in (found, re.sub(r"\d+$", "", found)):
                return header
    return None


def as_loaded(cell: Any, column: Column) -> str | None:
    """The text that must be loaded of a cell; nothing for a blank or a word for none."""
    if cell is None:
        return None
    match cell:
        case bool():
            text = str(cell).lower()
        case datetime():
            text = cell.isoformat(sep=" ")
        case date():
            text = cell.isoformat()
        case float() if cell.is_integer():
            text = f"{cell:.0f}"
        case _:
            text = str(cell)
    return None if text.strip() in ("", *column.null_tokens) else text


def same(expected: str | None, loaded: str | None) -> bool:
    """Whether two texts are one value; formats write days and numbers in several ways."""
    if expected is None or loaded is None:
        return expected is loaded
    return expected == loaded or _value(expected) == _value(loaded)


def _value(text: str) -> object:
    for read in (float, lambda text: datetime.fromisoformat(text).replace(tzinfo=None)):
        try:
            return read(text)
        except ValueError:
            continue
    return text
