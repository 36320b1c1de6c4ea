"""Workbooks, read through calamine; every cell as text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from assets.extracts.contract_model.contract import Layout
from assets.extracts.reading.frames import registered
from assets.extracts.reading.sheets import (
    PREAMBLE_ROWS,
    SAMPLE_ROWS,
    Readable,
    Sheet,
    UnreadableFileError,
)


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
            rows = [tuple(cell or "" for cell in row) for row in loaded.to_polars().rows()]
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
        sheet.name or 0, header_row=None, skip_rows=above, dtypes="string"
    )
    width = len(sheet.first_row)
    with registered(connection, "workbook_sheet", loaded.to_polars(), width) as relation:
        cells = ", ".join(f"c{i}" for i in range(width))
        yield Readable(f"(select * from {relation} where coalesce({cells}) is not null)", width)
