"""The data dictionary: one table and one page, from the comments of the published columns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from assets.durable_files import write_atomically
from assets.release.candidate.derived import DerivedTable, create_derived
from assets.release.candidate.facts import SYNTHETIC_NOTICE, ColumnFacts
from assets.release.formats.declared import Declared
from assets.release.formats.descriptions import TableDescription, describe_table

DICTIONARY_FILE = "dictionary.md"
DICTIONARY_TABLE = DerivedTable(
    name="data_dictionary",
    description="One row per table and column of this release.",
    columns=(
        ColumnFacts(
            name="table_name", type="VARCHAR", description="Table, as it is written in SQL."
        ),
        ColumnFacts(name="column_name", type="VARCHAR", description="Column of the table."),
        ColumnFacts(name="position", type="INTEGER", description="Place of the column, from 1."),
        ColumnFacts(name="type", type="VARCHAR", description="DuckDB type of the column."),
        ColumnFacts(name="description", type="VARCHAR", description="What stands in the column."),
        ColumnFacts(
            name="key",
            type="VARCHAR",
            description=(
                "primary for a part of the key that names a row; to and table.column where it "
                "leads to another table; null for all other columns."
            ),
        ),
        ColumnFacts(
            name="states",
            type="VARCHAR",
            description=(
                "Values that the column may have, separated by commas; null where any may stand."
            ),
        ),
        ColumnFacts(
            name="is_never_null", type="BOOLEAN", description="Whether every row has a value."
        ),
    ),
)


def fill_dictionary(
    connection: duckdb.DuckDBPyConnection, tables: Sequence[TableDescription]
) -> None:
    """Make the table ``release.data_dictionary`` of tables and of itself."""
    create_derived(connection, DICTIONARY_TABLE)
    rows = [
        [
            table.qualified_name,
            column.name,
            position,
            column.type,
            column.description,
            column.key,
            ", ".join(column.known_values) or None,
            column.is_never_null,
        ]
        for table in (*tables, describe_derived(DICTIONARY_TABLE))
        for position, column in enumerate(table.columns, start=1)
    ]
    # Column by column: five hundred single inserts take seconds.
    columns = ", ".join(f"unnest(?::{column.type}[])" for column in DICTIONARY_TABLE.columns)
    connection.execute(
        f"insert into release.data_dictionary select {columns}",
        [list(column) for column in zip(*rows, strict=True)],
    )


def describe_derived(table: DerivedTable) -> TableDescription:
    """Description of a table that is made from the candidate, before it is written."""
    return describe_table("main", table.name, table.description, table.columns, Declared())


def write_dictionary(
    folder: Path, version: str, tables: Sequence[TableDescription], *, is_synthetic: bool
) -> Path:
    """Write ``dictionary.md`` into a candidate's folder and give its path."""
    lines = ["# Data dictionary", ""]
    if is_synthetic:
        lines += [f"**{SYNTHETIC_NOTICE.strip()}**", ""]
    lines += [
        f"Release {version}. The same stands in the table `data_dictionary`, and as comments on "
        "every table and column of `doing_with.duckdb`.",
        "",
        *(f"- [{table.qualified_name}](#{_anchor(table)})" for table in tables),
        "",
    ]
    for table in tables:
        lines += described_in_markdown(table)
    path = folder / DICTIONARY_FILE
    write_atomically(path, "\n".join(lines))
    return path


def described_in_markdown(table: TableDescription) -> list[str]:
    """Lines of Markdown: the heading of a table, what it is, and its columns."""
    text = table.description.removeprefix(SYNTHETIC_NOTICE)
    lines = [f"## {table.qualified_name}", "", *text.splitlines(), ""]
    lines += ["| column | type | description | key | values |", "|---|---|---|---|---|"]
    for column in table.columns:
        cells = (
            f"`{column.name}`",
            column.type,
            column.description,
            column.key or "",
            ", ".join(column.known_values),
        )
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    return [*lines, ""]


def _anchor(table: TableDescription) -> str:
    return table.qualified_name.replace(".", "")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
