"""The memory of the build's database, shared with what else needs some for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import duckdb

from assets.extracts.sql_text import literal

_HALF = Fraction(1, 2)


@dataclass(frozen=True)
class DatabaseMemory:
    """What a database may use.

    ``limit`` is what it was told, as DuckDB reads it (``4GB``). What DuckDB says of it is rounded,
    so that it would be lower each time it is put back.
    """

    connection: duckdb.DuckDBPyConnection
    limit: str

    @contextmanager
    def leaving(self, share: Fraction = _HALF) -> Iterator[str]:
        """Let the database make do without a share of its memory; gives that share, in bytes.

        What it only keeps in case it is asked for again goes.

        Raises:
            duckdb.OutOfMemoryException: it is in the middle of something that needs more.
        """
        [(limit_bytes,)] = self.connection.execute(
            "select parse_formatted_bytes(?)", [self.limit]
        ).fetchall()
        left = int(limit_bytes * share)
        self._set(f"{limit_bytes - left}B")
        try:
            yield f"{left}B"
        finally:
            self._set(self.limit)

    @contextmanager
    def beside(self, path: Path | None = None, share: Fraction = _HALF) -> Iterator[DatabaseMemory]:
        """Open another database, in memory or in a file, which has a share until it is closed."""
        temporary = "select current_setting('temp_directory')"
        [(spilt,)] = self.connection.execute(temporary).fetchall()
        with self.leaving(share) as left:
            connection = duckdb.connect(":memory:" if path is None else str(path))
            try:
                other = DatabaseMemory(connection, left)
                other._set(left)
                if path is None and spilt:
                    # In whatever folder the platform was started in, otherwise.
                    connection.execute(f"set temp_directory = {literal(f'{spilt}.beside')}")
                yield other
            finally:
                connection.close()

    def _set(self, limit: str) -> None:
        self.connection.execute(f"set memory_limit = {literal(limit)}")
