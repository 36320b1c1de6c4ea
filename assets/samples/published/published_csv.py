"""Writing a CSV the way a publisher does: line ending, encoding and quoting differ per source."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import polars as pl

Cell = str | int


def write_csv(
    path: Path,
    rows: Iterable[Sequence[Cell]],
    *,
    line_ending: str = "\r\n",
    encoding: str = "utf-8",
    quote_all: bool = False,
) -> Path:
    """Write rows (header included, if the layout has one) to ``path`` and return the path.

    Quoting is minimal unless ``quote_all``. Cells arrive already formatted: a float here would
    print differently from source to source.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding=encoding, newline="") as stream:
        csv.writer(
            stream,
            lineterminator=line_ending,
            quoting=csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL,
        ).writerows(rows)
    return path


def write_table(path: Path, table: pl.DataFrame, *, line_ending: str = "\r\n") -> Path:
    """Write a large table with its column names as header, in UTF-8, and return the path.

    Columns are text or integers, for the same reason as above. Empty text is written as nothing.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # An empty text would come out as a pair of quotes; a missing one does not.
    text = pl.col(pl.String)
    table.with_columns(pl.when(text != "").then(text).name.keep()).write_csv(
        path, line_terminator=line_ending
    )
    return path
