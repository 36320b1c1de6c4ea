"""Where an edition is judged: its rows under one name, beside what the rules hold them against.

It is a database in memory: nothing of it is written to the build, and it is gone with the run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from assets.extracts.contract_model.contract import Contract
from assets.extracts.holding.editions import JUDGED_ROWS
from assets.extracts.sql_text import identifier, literal

_AREA = JUDGED_ROWS.split(".", maxsplit=1)[0]


class CheckingArea:
    """The rows that are being judged, and the values that their columns may refer to."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, contracts: Mapping[str, Contract]
    ) -> None:
        self.connection = connection
        self._contracts = contracts
        self._known: dict[tuple[str, str], str] = {}
        self._attach()

    def _attach(self) -> None:
        there = f"select 1 from duckdb_databases() where database_name = {literal(_AREA)}"
        if self.connection.execute(there).fetchone():
            return
        # Until 2026-11-27 it was a schema of the build.
        self.connection.execute(f"drop schema if exists {_AREA} cascade")
        self.connection.execute(f"attach ':memory:' as {_AREA}")

    @contextmanager
    def of_one_extract(self) -> Iterator[None]:
        """Keep what is looked up of other extracts while one is taken in, and no longer."""
        try:
            yield
        finally:
            for table in self._known.values():
                self.connection.execute(f"drop table {table}")
            self._known.clear()

    @contextmanager
    def holding(self, paths: Sequence[Path]) -> Iterator[None]:
        """Have the rows of Parquet files under the name of those that are judged."""
        files = ", ".join(literal(str(path)) for path in paths)
        self.connection.execute(
            f"create or replace view {JUDGED_ROWS} as "
            f"select * from read_parquet([{files}], union_by_name=true)"
        )
        try:
            yield
        finally:
            self.connection.execute(f"drop view {JUDGED_ROWS}")

    def known(self, extract: str, column: str) -> str:
        """The table of the values that a column has in the editions in use, in ``value``.

        Every edition of an extract is held against the same ones: reading them once took a tenth of
        the time for 72 editions (2026-11-27).
        """
        if (extract, column) not in self._known:
            table = f"{_AREA}.known_{len(self._known):03}"
            raw = self._contracts[extract].raw_table
            self.connection.execute(f"create table {table} as {known_values(raw, column)}")
            self._known[extract, column] = table
        return self._known[extract, column]


def known_values(raw_table: str, column: str) -> str:
    """SQL of the values that a column of a raw table has, trimmed, in ``value``."""
    cell = identifier(column)
    return f"select distinct trim({cell}) as value from {raw_table} where {cell} is not null"
