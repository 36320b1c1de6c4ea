"""What is known of a table as it stands: its columns, comments, size and hash."""

from __future__ import annotations

import duckdb
from pydantic import BaseModel, ConfigDict

from assets.release.tables import PublishedSchema

DATABASE_FILE = "doing_with.duckdb"
PARQUET_FOLDER = "parquet"
STORAGE_VERSION = "v1.4.0"
SYNTHETIC_NOTICE = "SYNTHETIC DATA, not for use. "


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ColumnFacts(_Strict):
    """One column: its DuckDB type and its comment, empty when it has none."""

    name: str
    type: str
    description: str


class TableFacts(_Strict):
    """One table of a candidate; ``bytes`` is the size of its Parquet file."""

    name: str
    schema_name: PublishedSchema
    description: str
    columns: tuple[ColumnFacts, ...]
    hashed_columns: tuple[str, ...]
    rows: int
    bytes: int
    hash: str
    in_content_hash: bool = True

    @property
    def qualified_name(self) -> str:
        """Schema and table, as in SQL."""
        return f"{self.schema_name}.{self.name}"

    @property
    def parquet_path(self) -> str:
        """Where the Parquet file lies inside the release."""
        return f"{PARQUET_FOLDER}/{parquet_stem(self.schema_name, self.name)}.parquet"


class CandidateFacts(_Strict):
    """Everything that was true of a candidate when it was written."""

    is_synthetic: bool
    content_hash: str
    database_bytes: int
    tables: tuple[TableFacts, ...]


def parquet_stem(schema_name: str, name: str) -> str:
    """Name of a table's Parquet file; a table outside ``main`` carries its schema in front."""
    return name if schema_name == "main" else f"{schema_name}_{name}"


def tables_in(
    connection: duckdb.DuckDBPyConnection, database: str, schema_name: str
) -> dict[str, str]:
    """Tables and views of a schema with their comments, empty for one without."""
    rows = connection.execute(
        "select table_name, comment from duckdb_tables() "
        "where database_name = $1 and schema_name = $2 "
        "union all select view_name, comment from duckdb_views() "
        "where database_name = $1 and schema_name = $2 and not internal",
        [database, schema_name],
    ).fetchall()
    return {name: comment or "" for name, comment in rows}


def columns_of(
    connection: duckdb.DuckDBPyConnection, database: str, schema_name: str, name: str
) -> tuple[ColumnFacts, ...]:
    """Columns of a table or view in their order; nothing when there is no such table."""
    rows = connection.execute(
        "select column_name, data_type, coalesce(comment, '') from duckdb_columns() "
        "where database_name = $1 and schema_name = $2 and table_name = $3 order by column_index",
        [database, schema_name, name],
    ).fetchall()
    return tuple(ColumnFacts(name=n, type=t, description=d) for n, t, d in rows)


def current_database(connection: duckdb.DuckDBPyConnection) -> str:
    """The database that a connection works in."""
    [(name,)] = connection.execute("select current_database()").fetchall()
    return str(name)


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"
