"""Writes a candidate: the published tables as one DuckDB file and one Parquet file each."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Sequence
from pathlib import Path

import duckdb

from assets.release.candidate.content_hash import content_hash, table_hash
from assets.release.candidate.facts import (
    DATABASE_FILE,
    PARQUET_FOLDER,
    STORAGE_VERSION,
    SYNTHETIC_NOTICE,
    CandidateFacts,
    ColumnFacts,
    TableFacts,
    columns_of,
    current_database,
    literal,
    parquet_stem,
    tables_in,
)
from assets.release.tables import PUBLISHED_TABLES, PublishedTable
from expectations.rules import quoted

STAGING_PREFIX = ".candidate-"
MANIFEST_FILE = "manifest.json"

_ALIAS = "candidate_being_written"


class CandidateError(ValueError):
    """A candidate that cannot be written; the message names the folder, table or column."""


def write_candidate(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    tables: Sequence[PublishedTable] = PUBLISHED_TABLES,
    *,
    is_synthetic: bool,
) -> CandidateFacts:
    """Write every published table of the build into a new folder.

    In: a connection to the build, outside a transaction; the folder, which is removed first
    when a killed run left it half-written. Out: the facts of what was in the build, against
    which ``compare_as_written`` holds what is on disk. Nobody but the caller reads the folder
    until it is published.

    Raises ``CandidateError`` before anything is written when a table or a sort column is
    missing, when a column is a HUGEINT (Parquet would make it a DOUBLE), or when the folder
    holds something else than a half-written candidate.
    """
    database = current_database(connection)
    columns = {table: _columns_to_publish(connection, database, table) for table in tables}
    _make_room(folder)
    (folder / PARQUET_FOLDER).mkdir(parents=True)
    path = folder / DATABASE_FILE
    connection.execute(
        f"attach {literal(str(path))} as {_ALIAS} (storage_version {literal(STORAGE_VERSION)})"
    )
    try:
        facts = tuple(
            _write_table(connection, database, folder, table, columns[table], is_synthetic)
            for table in tables
        )
        connection.execute(f"checkpoint {_ALIAS}")
    finally:
        connection.execute(f"detach {_ALIAS}")
    return _facts(path, facts, is_synthetic)


def add_tables(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    facts: CandidateFacts,
    tables: Sequence[PublishedTable],
) -> CandidateFacts:
    """Add tables that are made from a candidate to it; gives the facts of all its tables.

    In: a connection with the tables in their source schema, outside a transaction. Raises
    ``CandidateError`` as ``write_candidate`` does.
    """
    database = current_database(connection)
    columns = {table: _columns_to_publish(connection, database, table) for table in tables}
    path = folder / DATABASE_FILE
    connection.execute(f"attach {literal(str(path))} as {_ALIAS}")
    try:
        added = tuple(
            _write_table(connection, database, folder, table, columns[table], facts.is_synthetic)
            for table in tables
        )
        connection.execute(f"checkpoint {_ALIAS}")
    finally:
        connection.execute(f"detach {_ALIAS}")
    return _facts(path, (*facts.tables, *added), facts.is_synthetic)


def _facts(path: Path, tables: tuple[TableFacts, ...], is_synthetic: bool) -> CandidateFacts:
    return CandidateFacts(
        is_synthetic=is_synthetic,
        content_hash=content_hash(
            {table.qualified_name: table.hash for table in tables if table.in_content_hash}
        ),
        database_bytes=path.stat().st_size,
        tables=tables,
    )


def remove_tree(folder: Path) -> None:
    """Remove a folder with everything in it, read-only or not."""
    for root, _, _ in os.walk(folder):
        Path(root).chmod(stat.S_IRWXU)
    shutil.rmtree(folder)


def _columns_to_publish(
    connection: duckdb.DuckDBPyConnection, database: str, table: PublishedTable
) -> tuple[ColumnFacts, ...]:
    source = f"{table.source_schema}.{table.name}"
    columns = columns_of(connection, database, table.source_schema, table.name)
    if not columns:
        raise CandidateError(f"the build has no table {source}; run the models first")
    names = [column.name for column in columns]
    unknown = [c for c in (*table.sort_by, *table.volatile_columns) if c not in names]
    if unknown:
        raise CandidateError(f"{source} has no column {', '.join(unknown)}, which its order needs")
    huge = [column.name for column in columns if "HUGEINT" in column.type]
    if huge:
        raise CandidateError(
            f"{source}: {', '.join(huge)} is HUGEINT, which Parquet turns into DOUBLE; "
            "a sum of BIGINT is one: cast it to BIGINT or DECIMAL in the model"
        )
    return columns


def _make_room(folder: Path) -> None:
    """Remove what a killed run left; refuse to touch anything else."""
    if not folder.exists():
        return
    is_staging = folder.name.startswith(STAGING_PREFIX)
    content = [path.name for path in folder.iterdir()]
    half_written = DATABASE_FILE in content or content in ([], [PARQUET_FOLDER])
    if not is_staging and (MANIFEST_FILE in content or not half_written):
        raise CandidateError(f"{folder} exists and is not a half-written candidate")
    remove_tree(folder)


def _write_table(
    connection: duckdb.DuckDBPyConnection,
    database: str,
    folder: Path,
    table: PublishedTable,
    columns: tuple[ColumnFacts, ...],
    is_synthetic: bool,
) -> TableFacts:
    source = f"{quoted(database)}.{table.source_schema}.{quoted(table.name)}"
    target = f"{_ALIAS}.{table.published_schema}.{quoted(table.name)}"
    listed = ", ".join(quoted(column.name) for column in columns)
    typed = ", ".join(f"{quoted(column.name)} {column.type}" for column in columns)
    order = ", ".join(f"{quoted(column)} asc nulls last" for column in table.sort_by)
    connection.execute(f"create schema if not exists {_ALIAS}.{table.published_schema}")
    connection.execute(f"create table {target} ({typed})")
    connection.execute(
        f"insert into {target} ({listed}) select {listed} from {source} order by {order}"
    )
    description = tables_in(connection, database, table.source_schema)[table.name]
    if is_synthetic and not description.startswith(SYNTHETIC_NOTICE):
        description = SYNTHETIC_NOTICE + description
    _comment(connection, f"table {target}", description)
    for column in columns:
        _comment(connection, f"column {target}.{quoted(column.name)}", column.description)
    stem = parquet_stem(table.published_schema, table.name)
    parquet = folder / PARQUET_FOLDER / f"{stem}.parquet"
    connection.execute(
        f"copy (select {listed} from {target}) to {literal(str(parquet))} "
        "(format parquet, compression zstd)"
    )
    hashed = tuple(c.name for c in columns if c.name not in table.volatile_columns)
    [(rows,)] = connection.execute(f"select count(*) from {source}").fetchall()
    return TableFacts(
        name=table.name,
        schema_name=table.published_schema,
        description=description,
        columns=columns,
        hashed_columns=hashed,
        rows=rows,
        bytes=parquet.stat().st_size,
        hash=table_hash(connection, source, hashed),
        in_content_hash=table.in_content_hash,
    )


def _comment(connection: duckdb.DuckDBPyConnection, what: str, text: str) -> None:
    if text:
        connection.execute(f"comment on {what} is {literal(text)}")
