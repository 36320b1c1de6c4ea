"""Workbooks, read through calamine; every cell as text, error cells such as ``#N/A`` included."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Context
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from assets.extracts.contract_model.contract import Layout
from assets.extracts.reading.frames import registered
from assets.extracts.reading.sheets import (
    PREAMBLE_ROWS,
    SAMPLE_ROWS,
    Readable,
    Sheet,
    UnreadableFileError,
)

# The reader writes nine decimals of a number and of a large one shows what a double cannot hold:
# 8904444.61 becomes 8904444.609999999. Spreadsheet programs keep fifteen digits.
_MORE_THAN_FIFTEEN_DIGITS = r"^-?\d{7,}\.\d{9}$"
# The reader names errors in its own way and gives no text for them.
_ERRORS = {
    "Error(Div0)": "#DIV/0!",
    "Error(NA)": "#N/A",
    "Error(Name)": "#NAME?",
    "Error(Null)": "#NULL!",
    "Error(Num)": "#NUM!",
    "Error(Ref)": "#REF!",
    "Error(Value)": "#VALUE!",
    "Error(GettingData)": "#GETTING_DATA",
}


def peek_workbook(path: Path) -> list[Sheet]:
    """The first rows of every sheet.

    Raises:
        UnreadableFileError: when the workbook cannot be opened.
    """
    import fastexcel  # noqa: PLC0415  (only workbooks need it)

    most = SAMPLE_ROWS + PREAMBLE_ROWS + 1
    try:
        workbook = fastexcel.read_excel(path)
        sheets = []
        for name in workbook.sheet_names:
            loaded = workbook.load_sheet(name, header_row=None, n_rows=most, dtypes="string")
            rows = [tuple(cell or "" for cell in row) for row in _texts(loaded).rows()]
            sheets.append(Sheet(name, tuple(rows), "workbook"))
    except (fastexcel.FastExcelError, OSError) as error:
        raise UnreadableFileError(f"the workbook cannot be opened: {error}") from error
    return sheets


@contextmanager
def open_workbook(
    connection: duckdb.DuckDBPyConnection, path: Path, layout: Layout, sheet: Sheet
) -> Iterator[Readable]:
    """One sheet of a workbook as a relation; rows without any cell are no rows."""
    import fastexcel  # noqa: PLC0415

    above = sheet.top + (1 if layout.header else 0)
    loaded = fastexcel.read_excel(path).load_sheet(
        sheet.name or 0, header_row=None, dtypes="string"
    )
    width = len(sheet.first_row)
    # The reader passes over empty rows at the top here as when it peeks, so rows are cut off after.
    rows = _texts(loaded).slice(above)
    with registered(connection, "workbook_sheet", rows, width) as relation:
        cells = ", ".join(f"c{i}" for i in range(width))
        yield Readable(f"(select * from {relation} where coalesce({cells}) is not null)", width)


def _texts(loaded: Any) -> pl.DataFrame:
    """The cells of a sheet as text.

    The reader leaves a cell empty that holds an error; a formula that came to nothing would pass
    for a value that was not given.
    """
    batch, problems = loaded.to_arrow_with_errors()
    frame = pl.DataFrame(batch)
    by_column: dict[int, dict[int, str]] = defaultdict(dict)
    for problem in problems.errors if problems else ():
        row, column = problem.offset_position
        found = problem.detail.split("'")[1::2]
        by_column[column][row] = _ERRORS.get("".join(found), problem.detail)
    for column, cells in by_column.items():
        changed = frame.to_series(column).cast(pl.String).scatter(list(cells), list(cells.values()))
        frame.replace_column(column, changed)
    for texts in frame.select(pl.col(pl.String)):
        places = texts.str.contains(_MORE_THAN_FIFTEEN_DIGITS).arg_true()
        if len(places):
            shorter = [_to_fifteen_digits(number) for number in texts.gather(places)]
            frame = frame.with_columns(texts.scatter(places, shorter))
    return frame


def _to_fifteen_digits(number: str) -> str:
    return format(Context(prec=15).create_decimal(number).normalize(), "f")
