"""Opening a recognised file for reading, with the reader of its format."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from assets.extracts.contract_model.contract import Layout
from assets.extracts.reading.delimited import open_delimited
from assets.extracts.reading.json_records import open_json
from assets.extracts.reading.parquet import open_parquet
from assets.extracts.reading.sheets import Readable, Sheet
from assets.extracts.reading.workbooks import open_workbook


@contextmanager
def opened(
    connection: duckdb.DuckDBPyConnection, path: Path, layout: Layout, sheet: Sheet, into: Path
) -> Iterator[Readable]:
    """The rows of a file as a relation of text cells.

    ``into`` is a private folder for what a reader has to write down on the way.

    Raises:
        UnreadableFileError: when the file, or its last row, cannot be read.
    """
    match sheet.format:
        case "csv":
            reader = open_delimited(connection, path, layout, sheet, into)
        case "workbook":
            reader = open_workbook(connection, path, layout, sheet)
        case "parquet":
            reader = open_parquet(connection, path, sheet)
        case "json":
            reader = open_json(connection, sheet)
    with reader as readable:
        yield readable
