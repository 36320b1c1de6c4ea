"""Parquet files; every value is turned into the text it would have in a CSV."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow.parquet

from assets.extracts.reading.sheets import SAMPLE_ROWS, Readable, Sheet, UnreadableFileError


def peek_parquet(path: Path) -> Sheet:
    """Column names and first rows of a Parquet file.

    Raises:
        UnreadableFileError: when the file is cut off or damaged, or has nested columns.
    """
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            schema = file.schema_arrow
            batches = file.iter_batches(batch_size=SAMPLE_ROWS)
            first = next(batches, None)
    except (pyarrow.ArrowException, OSError) as error:
        raise UnreadableFileError(f"the Parquet file cannot be read: {error}") from error
    nested = [field.name for field in schema if pyarrow.types.is_nested(field.type)]
    if nested:
        raise UnreadableFileError(
            f"the Parquet file has nested columns ({', '.join(nested)}); write one value a cell"
        )
    rows = [tuple(schema.names)]
    if first is not None:
        rows += [
            tuple("" if cell is None else str(cell) for cell in row.values())
            for row in first.to_pylist()
        ]
    return Sheet(None, tuple(rows), "parquet")


@contextmanager
def open_parquet(
    connection: duckdb.DuckDBPyConnection,  # noqa: ARG001  (all readers are opened alike)
    path: Path,
    sheet: Sheet,
) -> Iterator[Readable]:
    """A Parquet file as a relation of text cells, in the file's own order."""
    with pyarrow.parquet.ParquetFile(path) as file:
        types = [field.type for field in file.schema_arrow]
    quoted = ['"' + name.replace('"', '""') + '"' for name in sheet.first_row]
    texts = [_text(name, kind) for name, kind in zip(quoted, types, strict=True)]
    cells = ", ".join(f"{text} as c{i}" for i, text in enumerate(texts))
    place = str(path).replace("'", "''")
    relation = (
        f"(select {cells}, file_row_number + 1 as source_row_number "
        f"from read_parquet('{place}', file_row_number=true))"
    )
    yield Readable(relation, len(quoted))


def _text(name: str, kind: pyarrow.DataType) -> str:
    """SQL of a column as text; moments in UTC, whatever the time zone of the machine."""
    if pyarrow.types.is_timestamp(kind) and kind.tz is not None:
        return f"({name} at time zone 'UTC')::varchar || '+00'"
    return f"{name}::varchar"
