"""Which columns of other tables each column of a model is made of, read from its compiled SQL.

To read the SQL of all models takes seconds, so what was read is kept until a model, or a table
that it reads, has changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.lineage import Node, lineage
from sqlglot.schema import MappingSchema

from assets.durable_files import write_atomically

DIALECT = "duckdb"
_MOST_NAMED = 5
# Columns of a table with their types, by schema and name of the table.
Table = tuple[str, str]
Columns = Mapping[Table, Mapping[str, str]]
# For each column those it is made of, as schema, table and column.
MadeOf = dict[str, list[tuple[str, str, str]]]


def columns_of_build(connection: duckdb.DuckDBPyConnection) -> dict[Table, dict[str, str]]:
    """Columns with their types of every table and view of a build, by schema and name."""
    found: dict[Table, dict[str, str]] = {}
    for schema, table, column, kind in connection.execute(
        "select schema_name, table_name, column_name, data_type from duckdb_columns() "
        "where not internal order by schema_name, table_name, column_index"
    ).fetchall():
        found.setdefault((schema, table), {})[column] = kind
    return found


def looked_into(own: Table, parents: Sequence[Table], columns: Columns) -> list[Table]:
    """What a model that is built edition by edition looks into: its rows, and what is built."""
    of_editions = [(schema, f"{name}_editions") for schema, name in (own, *parents)]
    if of_editions[0] not in columns:
        return []
    return [own, *(table for table in of_editions if table in columns)]


def columns_made_of(sql: str, columns: Columns) -> MadeOf:
    """What each column that a query returns is made of; constants are made of nothing.

    Raises:
        SqlglotError: for SQL that cannot be read.
    """
    schema = MappingSchema(dialect=DIALECT)
    for (place, name), types in columns.items():
        schema.add_table(exp.table_(name, db=place), dict(types), dialect=DIALECT)
    # Only ends are asked for: the query of each step, cut to its column, takes seven eighths of the
    # time (188 models: 15 s with, 2 s without; 2026-11-26).
    nodes = lineage(None, sql, schema, dialect=DIALECT, trim_selects=False)
    return {column: sorted(set(_origins(node))) for column, node in nodes.items()}


def _origins(node: Node) -> Iterator[tuple[str, str, str]]:
    """Columns of tables at the ends of what a column is made of; each part is looked at once."""
    waiting, seen = [node], {id(node)}
    while waiting:
        part = waiting.pop()
        table = part.expression.find(exp.Table)
        if not part.downstream and table is not None and table.db:
            yield table.db, table.name, exp.to_column(part.name).name
        for below in part.downstream:
            if id(below) not in seen:
                seen.add(id(below))
                waiting.append(below)


def described(description: str, origins: Sequence[tuple[str, str, str]]) -> str:
    """The description of a column with what it is made of, for people: few columns are named."""
    named = [".".join(origin) for origin in origins[:_MOST_NAMED]]
    if len(origins) > _MOST_NAMED:
        named.append(f"{len(origins) - _MOST_NAMED} more")
    made_of = f"Made of {', '.join(named)}." if named else ""
    # In one paragraph: the UI shows the first alone.
    return " ".join(text for text in (description.strip(), made_of) if text)


class KeptLineage:
    """What was read of models, in a file that may be lost: it is read again then."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept: dict[str, Any] = json.loads(path.read_bytes()) if path.exists() else {}

    def of(
        self,
        model: str,
        sql: str,
        parents: Columns,
        warn: Callable[[str], None],
    ) -> MadeOf | None:
        """What the columns of a model are made of; None, said to ``warn``, if it cannot be read.

        A night does not fail for that: nothing that is published depends on it.
        """
        digest = _digest(sql, parents)
        kept = self._kept.get(model)
        if kept is None or kept["digest"] != digest:
            try:
                made_of = columns_made_of(sql, parents)
            except SqlglotError as error:
                warn(f"{model}: of which columns its own are made cannot be read: {error}")
                return None
            kept = self._kept[model] = {"digest": digest, "columns": made_of}
        return {column: [tuple(one) for one in of] for column, of in kept["columns"].items()}

    def keep(self) -> None:
        """Write what was read."""
        write_atomically(self._path, json.dumps(self._kept))


def _digest(sql: str, parents: Columns) -> str:
    said = [version("sqlglot"), sql, [[*table, types] for table, types in sorted(parents.items())]]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()
