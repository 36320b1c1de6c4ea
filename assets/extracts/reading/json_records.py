"""JSON documents that hold a list of records: each record becomes a row.

A nested value is named by the path to it: ``organization.name``, ``grants.0.title`` for the
first of a list, ``contacts.#`` for how many a list has.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from assets.extracts.contract_model.contract import Layout
from assets.extracts.contract_model.headers import matches_header, normalise_header
from assets.extracts.reading.frames import registered
from assets.extracts.reading.sheets import Readable, Sheet, UnreadableFileError

# Records of the feeds and grant files are nested five levels deep (2026-11-25); what goes much
# further is no list of records, and would take whoever walks through it to the end of the stack.
_MOST_LEVELS = 64


def peek_json(path: Path) -> Sheet:
    """Read a JSON document.

    Raises:
        UnreadableFileError: when it is not valid JSON, with line and column, or too deep.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"), parse_float=str, parse_int=str)
    except UnicodeDecodeError as error:
        raise UnreadableFileError(
            f"wrong encoding: byte 0x{error.object[error.start]:02x} at position {error.start} is "
            "not UTF-8, which JSON has to be"
        ) from error
    except json.JSONDecodeError as error:
        raise UnreadableFileError(
            f"the file is not valid JSON: {error.msg} at line {error.lineno}, column "
            f"{error.colno}; if it was cut off, fetch it again"
        ) from error
    except RecursionError as error:
        raise _too_deep() from error
    if _is_deeper(document, _MOST_LEVELS):
        raise _too_deep()
    return Sheet(None, (), "json", document=document)


def _is_deeper(document: Any, levels: int) -> bool:
    """Whether something in a document stands below more than so many lists and objects."""
    level = [document]
    for _ in range(levels + 1):
        inner: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                inner.extend(v for v in value.values() if isinstance(v, dict | list))
            elif isinstance(value, list):
                inner.extend(v for v in value if isinstance(v, dict | list))
        if not inner:
            return False
        level = inner
    return True


def _too_deep() -> UnreadableFileError:
    return UnreadableFileError(
        f"the document is nested more than {_MOST_LEVELS} levels deep, which no list of records "
        "is; export it again"
    )


def sheet_of_records(sheet: Sheet, layout: Layout) -> Sheet | None:
    """The document as header and rows, if it has records where the layout says."""
    records = _records(sheet.document, layout.records or "")
    if records is None:
        return None
    if not records and layout.may_be_empty:
        header = tuple((column.headers or (column.name,))[0] for column in layout.columns)
        return replace(sheet, rows=(header,))
    wanted = _wanted(layout)
    rows = [flatten(record, wanted) for record in records]
    # Only what the contract declares is read: documents carry contact details beside it.
    names = [
        name
        for name in dict.fromkeys(name for row in rows for name in row)
        if normalise_header(name) in wanted or _refuses_row(name, layout)
    ]
    cells = [tuple(row.get(name) or "" for name in names) for row in rows]
    return replace(sheet, rows=(tuple(names), *cells))


def _refuses_row(name: str, layout: Layout) -> bool:
    """Whether a member says that its record must not be kept; an empty list says nothing."""
    return not name.endswith(".#") and any(
        matches_header(column.headers, name) for column in layout.columns if column.refuses_row
    )


def _wanted(layout: Layout) -> frozenset[str]:
    """Names of list members and list lengths that the layout reads; others are not spelt out."""
    spelt = (header for column in layout.columns for header in column.headers or (column.name,))
    return frozenset(normalise_header(header) for header in spelt)


def _records(document: Any, path: str) -> list[dict[str, Any]] | None:
    found = document
    for step in path.split(".") if path else ():
        if not isinstance(found, dict) or step not in found:
            return None
        found = found[step]
    records = found if isinstance(found, list) else [found]
    if not path and isinstance(document, list):
        return None
    return records if all(isinstance(record, dict) for record in records) else None


def flatten(record: dict[str, Any], wanted: frozenset[str], above: str = "") -> dict[str, str]:
    """One record as texts by path.

    Lists give only what ``wanted`` names: their members would otherwise make columns without end.
    """
    flat: dict[str, str] = {}
    for key, value in record.items():
        name = f"{above}{key}"
        if isinstance(value, dict):
            flat |= flatten(value, wanted, f"{name}.")
        elif isinstance(value, list):
            flat |= _flatten_list(value, wanted, name)
        elif value is not None:
            flat[name] = {True: "true", False: "false"}.get(value, str(value))
    return flat


def _flatten_list(values: list[Any], wanted: frozenset[str], name: str) -> dict[str, str]:
    flat = {f"{name}.#": str(len(values))}
    if values and not isinstance(values[0], dict | list):
        flat[name] = "; ".join(str(value) for value in values)
    for position, value in enumerate(values):
        if isinstance(value, dict):
            flat |= flatten(value, wanted, f"{name}.{position}.")
    return flat


@contextmanager
def open_json(connection: duckdb.DuckDBPyConnection, sheet: Sheet) -> Iterator[Readable]:
    """The records of a document as a relation of text cells."""
    width = len(sheet.first_row)
    cells = [list(row) for row in sheet.rows[1:]]
    frame = pl.DataFrame(cells, schema={f"c{i}": pl.String for i in range(width)}, orient="row")
    with registered(connection, "json_records", frame, width) as relation:
        yield Readable(relation, width)
