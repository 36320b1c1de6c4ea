"""A table in memory as a relation that the engine can read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import polars as pl


@contextmanager
def registered(
    connection: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame, width: int
) -> Iterator[str]:
    """A frame of text cells as a relation for the engine, for as long as the block lasts."""
    columns = [f"c{i}" for i in range(frame.width)]
    cells = frame.rename(dict(zip(frame.columns, columns, strict=True)))
    missing = [pl.lit(None, pl.String).alias(f"c{i}") for i in range(frame.width, width)]
    connection.complete()
    connection.register(name, cells.with_columns(missing).to_arrow())
    numbered = "row_number() over () as source_row_number"
    shown = ", ".join(f"nullif(c{i}, '') as c{i}" for i in range(width))
    try:
        yield f"(select {shown}, {numbered} from {name})"
    finally:
        connection.complete()
        connection.unregister(name)
