"""The memory of the build's database, shared with what else needs some for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from assets.extracts.sql_text import literal


@contextmanager
def leaving_half(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Let a database make do with half of its memory; gives the other half, as DuckDB writes it.

    What it only keeps in case it is asked for again goes.

    Raises:
        duckdb.OutOfMemoryException: it is in the middle of something that needs more.
    """
    [(limit, half)] = connection.execute(
        "select limit_now, (parse_formatted_bytes(limit_now) // 2)::varchar || 'B' "
        "from (select current_setting('memory_limit') as limit_now)"
    ).fetchall()
    connection.execute(f"set memory_limit = {literal(half)}")
    try:
        yield half
    finally:
        connection.execute(f"set memory_limit = {literal(limit)}")


@contextmanager
def database_beside(
    connection: duckdb.DuckDBPyConnection, path: Path | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open another database, in memory or in a file; until it is closed, both have half each."""
    [(spilt,)] = connection.execute("select current_setting('temp_directory')").fetchall()
    with leaving_half(connection) as half:
        other = duckdb.connect(":memory:" if path is None else str(path))
        try:
            other.execute(f"set memory_limit = {literal(half)}")
            if path is None and spilt:
                # One in memory would write into whatever folder the platform was started in.
                other.execute(f"set temp_directory = {literal(f'{spilt}.beside')}")
            yield other
        finally:
            other.close()
