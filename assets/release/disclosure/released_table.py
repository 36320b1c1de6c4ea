"""The table ``disclosure.released_counts``, of which the second half of the build is made."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import duckdb
import polars as pl

from assets.database_transaction import one_transaction

_NAME = "released_counts"
_RELEASED = f"disclosure.{_NAME}"
_COLUMNS = "cell_id, indicator_year, state, rule, released_count, is_exact, record"


def write_released_counts(
    connection: duckdb.DuckDBPyConnection,
    parts: Iterable[duckdb.DuckDBPyRelation],
    years_that_stand: Collection[str] = (),
) -> None:
    """Replace the rows of all years of indicators but those that stand: one row per cell.

    In: parts with the columns of ``RELEASED_SCHEMA``, and the ``record`` of what is shown of these
    years (null: there is none), as the same connection reads them: a part in a file takes no memory
    but what the database may use.

    What was decided last time stays until all parts are there.
    """
    connection.execute("create schema if not exists disclosure")
    connection.execute(
        f"create or replace table {_RELEASED}_now (cell_id varchar, indicator_year varchar, "
        "state varchar, rule varchar, released_count bigint, is_exact boolean, record varchar)"
    )
    for part in parts:
        part.project(_COLUMNS).order("cell_id").insert_into(f"{_RELEASED}_now")
    with one_transaction(connection):
        if years_that_stand:
            connection.execute(
                f"delete from {_RELEASED} "
                "where indicator_year not in (select unnest(?::varchar[]))",
                [sorted(years_that_stand)],
            )
            connection.execute(f"insert into {_RELEASED} select {_COLUMNS} from {_RELEASED}_now")
            connection.execute(f"drop table {_RELEASED}_now")
        else:
            connection.execute(f"drop table if exists {_RELEASED}")
            connection.execute(f"alter table {_RELEASED}_now rename to {_NAME}")


def states_of_released_counts(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """How many counts are released, hidden and not supplied, by these words."""
    return dict(
        connection.execute(f"select state, count(*) from {_RELEASED} group by all").fetchall()
    )


def rules_last_time(
    connection: duckdb.DuckDBPyConnection, indicator_years: Collection[str] | None = None
) -> pl.DataFrame:
    """``cell_id``, ``rule`` of what was hidden when this build was last made; none in a new one.

    In: the years of indicators to read of, none for all.
    """
    columns = _columns(connection)
    if not columns:
        return pl.DataFrame(schema={"cell_id": pl.String, "rule": pl.String})
    # Before 2026-11-28 nothing said which year a row is of.
    some = indicator_years is not None and "indicator_year" in columns
    hidden: pl.DataFrame = connection.sql(
        f"select cell_id, rule from {_RELEASED} where state = 'hidden' "
        f"{'and indicator_year in (select unnest(?::varchar[]))' if some else ''}",
        params=[sorted(indicator_years or ())] if some else None,
    ).pl()
    return hidden


def rows_on_record(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Of each year of an indicator what its rows say, as one text; none in a new build.

    It is the number of rows and the sum of a hash of each, as in ``years_together``.
    """
    if "record" not in _columns(connection):
        return {}
    return dict(
        connection.execute(
            "select indicator_year, count(*) || ' ' || sum(hash(hash(cell_id, state, rule, "
            f"released_count, is_exact, record))) from {_RELEASED} group by all order by all"
        ).fetchall()
    )


def _columns(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """The columns of the table; none if it is not there."""
    columns = connection.execute(
        "select column_name from duckdb_columns() "
        "where schema_name = 'disclosure' and table_name = 'released_counts'"
    ).fetchall()
    return {name for (name,) in columns}
