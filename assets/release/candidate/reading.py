"""Reads a candidate as it was written: for rules on it, and against the facts of the build."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from assets.database_memory import DatabaseMemory
from assets.release.candidate.content_hash import table_hash
from assets.release.candidate.facts import (
    DATABASE_FILE,
    PARQUET_FOLDER,
    STORAGE_VERSION,
    SYNTHETIC_NOTICE,
    CandidateFacts,
    TableFacts,
    columns_of,
    current_database,
    literal,
    parquet_stem,
    tables_in,
)
from expectations.rules import quoted

_SCHEMAS = ("main", "quality")
_ALIAS = "candidate_as_written"


@contextmanager
def attached(
    connection: duckdb.DuckDBPyConnection, folder: Path, alias: str = "candidate"
) -> Iterator[str]:
    """Attach a candidate's DuckDB file read-only for as long as the context lasts.

    Gives the name of a schema of the connection's own database with one view per table of the
    file (``<alias>.indicator_values``, ``<alias>.quality_expectation_results``), so that rules
    run on the file as written beside the tables of the build. The file itself is the database
    ``<alias>_file``. Both are gone afterwards; views that a killed run left are replaced.

    Raises ``duckdb.Error`` when the file cannot be read or is attached already.
    """
    path, file = folder / DATABASE_FILE, f"{alias}_file"
    views = f"{quoted(current_database(connection))}.{quoted(alias)}"
    connection.execute(f"attach {literal(str(path))} as {quoted(file)} (read_only)")
    try:
        connection.execute(f"drop schema if exists {views} cascade")
        connection.execute(f"create schema {views}")
        for schema in _SCHEMAS:
            for table in tables_in(connection, file, schema):
                view = quoted(parquet_stem(schema, table))
                connection.execute(
                    f"create view {views}.{view} as from {quoted(file)}.{schema}.{quoted(table)}"
                )
        yield alias
    finally:
        connection.execute(f"drop schema if exists {views} cascade")
        connection.execute(f"detach {quoted(file)}")


@contextmanager
def as_an_analyst(
    memory: DatabaseMemory, folder: Path, facts: CandidateFacts
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to nothing but a candidate's files, read-only, for as long as it is open.

    Tables of the DuckDB file stand in ``main`` and ``quality``, the Parquet files in ``parquet``,
    so that one set of rules runs on both. Nothing can be seen from it of the build, whose memory it
    has half of.
    """
    with memory.beside() as other:
        connection = other.connection
        path = folder / DATABASE_FILE
        connection.execute(f"attach {literal(str(path))} as {_ALIAS} (read_only)")
        connection.execute("create schema quality")
        connection.execute("create schema parquet")
        for table in facts.tables:
            name = f"{table.schema_name}.{quoted(table.name)}"
            connection.execute(f"create view {name} as from {_ALIAS}.{name}")
            file = literal(str(folder / table.parquet_path))
            stem = quoted(parquet_stem(table.schema_name, table.name))
            connection.execute(f"create view parquet.{stem} as from read_parquet({file})")
        yield connection


def compare_as_written(
    connection: duckdb.DuckDBPyConnection, folder: Path, facts: CandidateFacts
) -> list[str]:
    """Every difference between a candidate's files and the facts of the build, as sentences.

    Nothing is returned when DuckDB file and Parquet files hold the tables of the facts and no
    other, with the same rows, columns, types and values, and a comment on every table and
    column. The connection may be any outside a transaction that has not attached the file.
    """
    differences: list[str] = []
    path = folder / DATABASE_FILE
    if not path.is_file():
        differences.append(f"{path} is missing")
    elif (wal := path.with_name(f"{path.name}.wal")).exists():
        differences.append(f"{wal} is left: {path.name} was not checkpointed")
    else:
        try:
            connection.execute(f"attach {literal(str(path))} as {_ALIAS} (read_only)")
        except duckdb.Error as error:
            differences.append(f"{path} cannot be read: {_first_line(error)}")
        else:
            try:
                differences += _database_differences(connection, path, facts)
            finally:
                connection.execute(f"detach {_ALIAS}")
    return differences + _parquet_differences(connection, folder, facts)


def _database_differences(
    connection: duckdb.DuckDBPyConnection, path: Path, facts: CandidateFacts
) -> list[str]:
    differences = []
    [(tags,)] = connection.execute(
        "select tags from duckdb_databases() where database_name = ?", [_ALIAS]
    ).fetchall()
    storage = tags.get("storage_version", "unknown")
    if not storage.startswith(STORAGE_VERSION):
        differences.append(f"{path} has storage version {storage}, not {STORAGE_VERSION}")
    comments = {
        f"{schema}.{name}": comment
        for schema in _SCHEMAS
        for name, comment in tables_in(connection, _ALIAS, schema).items()
    }
    expected = {table.qualified_name for table in facts.tables}
    differences += [
        f"{path}: table {name} is not one of the release"
        for name in sorted(comments.keys() - expected)
    ]
    for table in facts.tables:
        where = f"{path}: table {table.qualified_name}"
        if table.qualified_name not in comments:
            differences.append(f"{where} is missing")
            continue
        differences += _comment_differences(
            where, comments[table.qualified_name], facts.is_synthetic
        )
        columns = columns_of(connection, _ALIAS, table.schema_name, table.name)
        bare = [column.name for column in columns if not column.description.strip()]
        if bare:
            differences.append(f"{where} has no comment on column {', '.join(bare)}")
        relation = f"{_ALIAS}.{table.schema_name}.{quoted(table.name)}"
        differences += _value_differences(connection, where, relation, table)
    return differences


def _comment_differences(where: str, comment: str, is_synthetic: bool) -> list[str]:
    differences = []
    if is_synthetic != comment.startswith(SYNTHETIC_NOTICE):
        state = "does not say" if is_synthetic else "says"
        differences.append(f"{where}: its comment {state} that the data are synthetic")
    if not comment.removeprefix(SYNTHETIC_NOTICE).strip():
        differences.append(f"{where} has no comment")
    return differences


def _parquet_differences(
    connection: duckdb.DuckDBPyConnection, folder: Path, facts: CandidateFacts
) -> list[str]:
    expected = {table.parquet_path for table in facts.tables}
    differences = [
        f"{file} is not of a table of the release"
        for file in sorted((folder / PARQUET_FOLDER).glob("*"))
        if f"{PARQUET_FOLDER}/{file.name}" not in expected
    ]
    for table in facts.tables:
        path = folder / table.parquet_path
        if not path.is_file():
            differences.append(f"{path} is missing")
            continue
        if path.stat().st_size != table.bytes:
            differences.append(f"{path} has {path.stat().st_size} bytes, {table.bytes} written")
        where = f"{path}: table {table.qualified_name}"
        relation = f"read_parquet({literal(str(path))})"
        differences += _value_differences(connection, where, relation, table)
    return differences


def _value_differences(
    connection: duckdb.DuckDBPyConnection, where: str, relation: str, table: TableFacts
) -> list[str]:
    try:
        described = connection.execute(f"describe from {relation}").fetchall()
        found = [(row[0], row[1]) for row in described]
        written = [(column.name, column.type) for column in table.columns]
        if found != written:
            odd = [f"{name} {kind}" for name, kind in found if (name, kind) not in written]
            lost = [f"{name} {kind}" for name, kind in written if (name, kind) not in found]
            found_for_lost = f"{', '.join(odd) or 'none'} in place of {', '.join(lost) or 'none'}"
            return [f"{where} has other columns than the build: {found_for_lost}"]
        [(rows,)] = connection.execute(f"select count(*) from {relation}").fetchall()
        if rows != table.rows:
            return [f"{where} has {rows} rows, {table.rows} in the build"]
        if table_hash(connection, relation, table.hashed_columns) != table.hash:
            return [f"{where} has other values than the build (content hash differs)"]
    except duckdb.Error as error:
        return [f"{where} cannot be read: {_first_line(error)}"]
    return []


def _first_line(error: duckdb.Error) -> str:
    return str(error).splitlines()[0]
