"""A small SQLAlchemy dialect for DuckDB, so that Great Expectations pushes its checks down.

Both published dialects fail with Great Expectations: it fetches results after it returned the
connection, whose rollback then discards them. Here every cursor is a DuckDB cursor of its own,
so a result outlives its connection. Connections share the database of the running pipeline
(``connect_args={"share": connection}``), so uncommitted rows of others are never seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import duckdb
from sqlalchemy import types
from sqlalchemy.dialects import registry
from sqlalchemy.engine import Connection
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.engine.url import URL

# SQL of what stands before the name of a table in information_schema: its schema, or for tables of
# an attached database that database, whose schema is then the default one.
SCHEMA = "case when table_catalog = current_database() then table_schema else table_catalog end"

_TYPES: dict[str, types.TypeEngine[Any]] = {
    "VARCHAR": types.String(),
    "BOOLEAN": types.Boolean(),
    "TINYINT": types.SmallInteger(),
    "SMALLINT": types.SmallInteger(),
    "INTEGER": types.Integer(),
    "BIGINT": types.BigInteger(),
    "HUGEINT": types.Numeric(),
    "DECIMAL": types.Numeric(),
    "FLOAT": types.Float(),
    "DOUBLE": types.Double(),
    "DATE": types.Date(),
    "TIMESTAMP": types.DateTime(),
    "TIMESTAMP WITH TIME ZONE": types.DateTime(timezone=True),
}


class _Cursor:
    """A DuckDB cursor behind the database interface that SQLAlchemy expects."""

    arraysize = 1
    rowcount = -1
    lastrowid = None

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._cursor = connection.cursor()
        self.description: Any = None

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> _Cursor:
        self._cursor.execute(sql, list(parameters) if parameters else None)
        self.description = self._cursor.description
        return self

    def executemany(self, sql: str, parameter_sets: Iterable[Sequence[Any]]) -> None:
        for parameters in parameter_sets:
            self.execute(sql, parameters)

    def fetchone(self) -> Any:
        return self._cursor.fetchone()

    def fetchmany(self, size: int | None = None) -> list[Any]:
        return self._cursor.fetchmany(size or self.arraysize)

    def fetchall(self) -> list[Any]:
        return self._cursor.fetchall()

    def close(self) -> None:
        self._cursor.close()


class _Connection:
    """A DuckDB connection that commits by itself."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def cursor(self) -> _Cursor:
        return _Cursor(self._connection)

    def commit(self) -> None:
        """DuckDB has committed already."""

    def rollback(self) -> None:
        """Checks only read; there is nothing to take back."""

    def close(self) -> None:
        self._connection.close()


class _DatabaseInterface:
    """The module attributes of PEP 249 over the duckdb package."""

    paramstyle = "qmark"
    apilevel = "2.0"
    threadsafety = 1
    Error = InterfaceError = duckdb.Error
    DatabaseError = duckdb.DatabaseError
    DataError = duckdb.DataError
    IntegrityError = duckdb.IntegrityError
    InternalError = duckdb.InternalError
    NotSupportedError = duckdb.NotSupportedError
    OperationalError = duckdb.OperationalError
    ProgrammingError = duckdb.ProgrammingError

    @staticmethod
    def connect(
        database: str = ":memory:", *, share: duckdb.DuckDBPyConnection | None = None
    ) -> _Connection:
        opened = share.cursor() if share is not None else duckdb.connect(database)
        return _Connection(opened)


class DuckDBDialect(DefaultDialect):
    """Reflection and execution against DuckDB, as far as data quality checks need it."""

    name = "duckdb"
    driver = "duckdb"
    default_paramstyle = "qmark"
    max_identifier_length = 1000
    supports_statement_cache = True
    supports_native_boolean = True
    supports_native_decimal = True
    supports_sane_rowcount = False
    supports_sane_multi_rowcount = False

    @classmethod
    def import_dbapi(cls) -> Any:
        return _DatabaseInterface

    def create_connect_args(self, url: URL) -> Any:
        return [url.database or ":memory:"], dict(url.query)

    def get_default_isolation_level(self, dbapi_conn: Any) -> Any:
        return "AUTOCOMMIT"

    def do_ping(self, dbapi_connection: Any) -> bool:
        return True

    def _get_default_schema_name(self, connection: Connection) -> str:
        return "main"

    def get_schema_names(self, connection: Connection, **kw: Any) -> list[str]:
        return _names(
            connection,
            "select distinct schema_name from duckdb_schemas() "
            "where database_name = current_database()",
        )

    def get_table_names(
        self, connection: Connection, schema: str | None = None, **kw: Any
    ) -> list[str]:
        return _names(
            connection,
            "select table_name from duckdb_tables() "
            "where schema_name = ? and database_name = current_database()",
            schema or "main",
        )

    def get_view_names(
        self, connection: Connection, schema: str | None = None, **kw: Any
    ) -> list[str]:
        return _names(
            connection,
            "select view_name from duckdb_views() where schema_name = ? and not internal "
            "and database_name = current_database()",
            schema or "main",
        )

    def has_table(
        self, connection: Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> bool:
        return bool(
            _names(
                connection,
                "select table_name from information_schema.tables "
                f"where table_name = ? and {SCHEMA} = ?",
                table_name,
                schema or "main",
            )
        )

    def get_columns(
        self, connection: Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> Any:
        rows = connection.exec_driver_sql(
            "select column_name, data_type, is_nullable = 'YES' from information_schema.columns "
            f"where table_name = ? and {SCHEMA} = ? order by ordinal_position",
            (table_name, schema or "main"),
        ).fetchall()
        columns = [(str(row[0]), str(row[1]), bool(row[2])) for row in rows]
        return [
            {
                "name": name,
                "type": _TYPES.get(data_type.split("(")[0], types.NullType()),
                "nullable": nullable,
                "default": None,
            }
            for name, data_type, nullable in columns
        ]

    def get_pk_constraint(self, *args: Any, **kw: Any) -> Any:
        return {"constrained_columns": [], "name": None}

    def get_foreign_keys(self, *args: Any, **kw: Any) -> Any:
        return []

    def get_indexes(self, *args: Any, **kw: Any) -> Any:
        return []

    def get_unique_constraints(self, *args: Any, **kw: Any) -> Any:
        return []

    def get_check_constraints(self, *args: Any, **kw: Any) -> Any:
        return []

    def get_table_comment(self, *args: Any, **kw: Any) -> Any:
        return {"text": None}


def _names(connection: Connection, sql: str, *parameters: str) -> list[str]:
    return [row[0] for row in connection.exec_driver_sql(sql, tuple(parameters)).fetchall()]


def register() -> None:
    """Make ``duckdb://`` known to SQLAlchemy."""
    registry.register("duckdb", __name__, "DuckDBDialect")
