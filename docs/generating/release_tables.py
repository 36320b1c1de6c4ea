"""The data dictionary of a release: its tables as the marts and the release declare them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import yaml

from assets.release.candidate.facts import ColumnFacts
from assets.release.changes.table import CHANGES_TABLE
from assets.release.formats.declared import read_declared
from assets.release.formats.descriptions import TableDescription, describe_table
from assets.release.formats.dictionary import DICTIONARY_TABLE, described_in_markdown
from assets.release.tables import DERIVED_TABLES, PUBLISHED_TABLES
from expectations import results


def tables_of_release(marts: Path) -> list[TableDescription]:
    """Every table of a release, in the order in which releases name them.

    Raises:
        KeyError: when a published table is declared nowhere.
    """
    declared = read_declared(marts)
    known = {**_of_marts(marts), **_of_results()}
    for derived in (DICTIONARY_TABLE, CHANGES_TABLE):
        known[derived.name] = (derived.description, derived.columns)
    return [
        describe_table(table.published_schema, table.name, *known[table.name], declared)
        for table in (*PUBLISHED_TABLES, *DERIVED_TABLES)
    ]


def page(tables: list[TableDescription]) -> str:
    """The tables of a release as a page."""
    lines = [
        "# Tables of a release",
        "",
        "The same stands in every release, with its own figures: in `dictionary.md`, in the table "
        "`data_dictionary`, and as comments on every table and column of `doing_with.duckdb`. "
        "`key` says which columns name a row, and where a column leads to. `values` lists what may "
        "stand in a column, where that is a list.",
        "",
    ]
    for table in tables:
        lines += described_in_markdown(table)
    return "\n".join(lines)


Described = tuple[str, tuple[ColumnFacts, ...]]


def _of_marts(marts: Path) -> dict[str, Described]:
    found: dict[str, Described] = {}
    for path in sorted(marts.glob("*.yml")):
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", []):
            columns = tuple(_column(column) for column in model["columns"])
            found[model["name"]] = (model["description"].strip(), columns)
    return found


def _column(declared: Mapping[str, Any]) -> ColumnFacts:
    return ColumnFacts(
        name=declared["name"],
        # Models say string, which Spark understands too; in the release it is a varchar.
        type=str(declared["data_type"]).replace("string", "varchar").upper(),
        description=" ".join(declared["description"].split()),
    )


def _of_results() -> dict[str, Described]:
    """The table of outcomes, which no model makes, with the comments that it is made with."""
    schema, _, name = results.RESULTS.partition(".")
    with duckdb.connect() as connection:
        results.prepare(connection)
        [(comment,)] = connection.execute(
            "select comment from duckdb_tables() where schema_name = ? and table_name = ?",
            [schema, name],
        ).fetchall()
        columns = connection.execute(
            "select column_name, data_type, comment from duckdb_columns() "
            "where schema_name = ? and table_name = ? order by column_index",
            [schema, name],
        ).fetchall()
    facts = tuple(ColumnFacts(name=n, type=t, description=c) for n, t, c in columns)
    return {name: (str(comment), facts)}
