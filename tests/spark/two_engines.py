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


def differences(
    connection: duckdb.DuckDBPyConnection, name: str, files: Sequence[str]
) -> list[dict[str, tuple[Any, Any]]]:
    """In: a table, and the Parquet files of the same one that Spark wrote.

    Out: for up to five rows that differ, the columns that do, on DuckDB and on Spark; all columns
    where only one has the row, and one entry with columns and kinds where these differ. Rows stand
    in the order of all their columns, numbers that may differ a little last.
    """
    columns, others = (
        [row[:2] for row in connection.execute(f"describe {source}").fetchall()]
        for source in (name, f"from read_parquet({list(files)!r})")
    )
    kinds = [{column: _family(kind) for column, kind in each} for each in (columns, others)]
    if kinds[0] != kinds[1]:
        return [{"columns": (kinds[0], kinds[1])}]
    # Decimals are often rounded from doubles, and the last digit may be another.
    exact = [f'"{column}"' for column, kind in columns if not kind.startswith(("DOUBLE", "DEC"))]
    close = [f'"{column}"' for column, kind in columns if kind.startswith(("DOUBLE", "DEC"))]
    order = ", ".join([*exact, *(f"round({column}, 9)" for column in close)])
    differs = " or ".join(
        [f"on_duckdb.{column} is distinct from on_spark.{column}" for column in exact]
        + [f"not same_number(on_duckdb.{column}, on_spark.{column})" for column in close]
    )
    connection.execute(
        "create or replace temporary macro same_number(one, other) as "
        "one is not distinct from other or coalesce("
        "abs(one - other) <= greatest(1e-12, 1e-9 * greatest(abs(one), abs(other))), false)"
    )
    ours, theirs = (
        f"(select {', '.join([*exact, *close])}, "
        f"row_number() over (order by {order}) as row_order from {rows})"
        for rows in (name, f"read_parquet({list(files)!r})")
    )
    rows = connection.execute(
        f"select on_duckdb, on_spark from {ours} as on_duckdb "
        f"full join {theirs} as on_spark using (row_order) "
        f"where {differs} or on_duckdb.row_order is null or on_spark.row_order is null limit 5"
    ).fetchall()
    return [
        {
            column: ((one or {}).get(column), (other or {}).get(column))
            for column in one or other
            if (one or {}).get(column) != (other or {}).get(column)
        }
        for one, other in rows
    ]


def _family(kind: str) -> str:
    """What a type of DuckDB holds, however wide; text, say, is never a number."""
    if kind.endswith("INT") or kind == "INTEGER":
        return "whole numbers"
    if kind.startswith(("DOUBLE", "FLOAT", "DECIMAL")):
        return "numbers"
    return "moments" if kind.startswith("TIMESTAMP") else kind


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
