"""Tables that are made from a candidate and published with it: about its columns, its changes."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from assets.release.candidate.facts import ColumnFacts, literal
from expectations.rules import quoted


@dataclass(frozen=True)
class DerivedTable:
    """A table of the schema ``release`` of a build, with the comments that are published."""

    name: str
    description: str
    columns: tuple[ColumnFacts, ...]


def create_derived(connection: duckdb.DuckDBPyConnection, table: DerivedTable) -> None:
    """Make the table anew, empty and with its comments."""
    target = f"release.{quoted(table.name)}"
    typed = ", ".join(f"{quoted(column.name)} {column.type}" for column in table.columns)
    connection.execute("create schema if not exists release")
    connection.execute(f"create or replace table {target} ({typed})")
    connection.execute(f"comment on table {target} is {literal(table.description)}")
    for column in table.columns:
        connection.execute(
            f"comment on column {target}.{quoted(column.name)} is {literal(column.description)}"
        )
