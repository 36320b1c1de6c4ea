"""The memory of the build's database, shared with what else needs some for a while."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Self

import duckdb

from assets.extracts.sql_text import literal

_HALF = Fraction(1, 2)
# While nothing is asked of the build's database. Disclosure control leaves it as little.
_TO_READERS = Fraction(3, 4)


@dataclass(frozen=True)
class DatabaseMemory:
    """What a database may use.

    ``limit`` is what it was told, as DuckDB reads it (``4GB``). What DuckDB says of it is rounded,
    so that it would be lower each time it is put back.
    """

    connection: duckdb.DuckDBPyConnection
    limit: str

    @contextmanager
    def for_readers(self, temporary: Path) -> Iterator[ReadersMemory]:
        """Let the database, of which nothing is asked meanwhile, leave most to others.

        In: a folder for what does not fit into their memory; made here, and gone at the end.

        Raises:
            duckdb.OutOfMemoryException: it is in the middle of something that needs more.
        """
        with self.leaving(_TO_READERS) as left:
            temporary.mkdir()
            try:
                yield ReadersMemory(left, temporary)
            finally:
                shutil.rmtree(temporary)

    @contextmanager
    def leaving(self, share: Fraction = _HALF) -> Iterator[int]:
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
            yield left
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
                other = DatabaseMemory(connection, f"{left}B")
                other._set(other.limit)
                if path is None and spilt:
                    # In whatever folder the platform was started in, otherwise.
                    connection.execute(f"set temp_directory = {literal(f'{spilt}.beside')}")
                yield other
            finally:
                connection.close()

    def _set(self, limit: str) -> None:
        self.connection.execute(f"set memory_limit = {literal(limit)}")


@dataclass(frozen=True, slots=True)
class ReadersMemory:
    """What processes that only read a finished database may use for it together.

    ``bytes`` of memory, and a folder for what is more.
    """

    bytes: int
    temporary: Path

    def processes(self, least_bytes: int, most: int) -> int:
        """How many processes can read at once if each is to have so much: at least one."""
        return max(1, min(most, self.bytes // least_bytes))

    def of_each(self, processes: int) -> Self:
        """What each of so many processes may use."""
        return replace(self, bytes=self.bytes // processes)

    def open(self, database: Path) -> duckdb.DuckDBPyConnection:
        """Open a finished database, read-only, with no more than this."""
        # Each process has a folder of its own, for DuckDB takes it away at the end.
        folder = self.temporary / str(os.getpid())
        return duckdb.connect(
            str(database),
            read_only=True,
            config={"memory_limit": f"{self.bytes}B", "temp_directory": str(folder)},
        )
