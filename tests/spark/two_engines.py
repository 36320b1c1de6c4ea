"""The same rows on DuckDB and on Spark, and whether two results are the same.

DuckDB holds the rows and hands them over as Parquet: Spark takes seconds to write a table.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb


@dataclass(frozen=True)
class Table:
    """Rows, and their columns as in "area string, people bigint"."""

    schema: str
    rows: Sequence[tuple[Any, ...]]

    def create(self, connection: duckdb.DuckDBPyConnection, name: str) -> None:
        connection.execute(f"create table {name} ({self.schema})")
        places = ", ".join("?" * len(self.rows[0]))
        connection.executemany(f"insert into {name} values ({places})", list(self.rows))


def hand_over(connection: duckdb.DuckDBPyConnection, name: str, folder: Path) -> Path:
    """Out: the table as a file that Spark reads."""
    path = folder / f"{name}.parquet"
    connection.execute(f"copy {name} to '{path}' (format parquet)")
    return path


def assert_same(
    ours: Sequence[Sequence[Any]], theirs: Sequence[Sequence[Any]], names: Sequence[str]
) -> None:
    """In: rows of both engines in one order, and the names of their columns."""
    assert len(ours) == len(theirs) > 0
    different = [
        (name, one, other, mine[0])
        for mine, yours in zip(ours, theirs, strict=True)
        for name, one, other in zip(names, mine, yours, strict=True)
        if not (one == other or _close(one, other))
    ]
    assert not different, "\n".join(map(str, different))


def _close(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12) or one != one != other
    return False
