"""The raw tables: one DuckDB view per extract over its accepted editions, one over its quarantine.

Person-level rows and their quarantine stand in the schema ``restricted``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from assets.extracts.contract_model.contract import LINEAGE_COLUMNS, Contract
from assets.extracts.holding.editions import EditionStore
from assets.extracts.sql_text import identifier, literal

_LINEAGE_TYPES = {
    "edition_period_start": "date",
    "edition_period_end": "date",
    "source_row_number": "bigint",
}
_QUARANTINE_COLUMNS = (
    "edition_id",
    "submission",
    "submitter",
    "source_file_name",
    "source_sha256",
    "source_row_number",
    "code",
    "category",
    "column_name",
    "message",
    "row_text",
)


def create_raw_views(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    editions: EditionStore,
    include_synthetic: bool,
) -> None:
    """The raw table of an extract and the table of rows that broke its contract.

    The raw table holds the editions in use; the quarantine also those that were refused and not
    replaced. A view without an edition has no rows but the same columns, so that models always
    run.
    """
    in_use = [
        path
        for edition in editions.in_use(contract.extract)
        if include_synthetic or not edition.synthetic
        for path in editions.rows_paths(edition)
    ]
    refused_rows = [
        path
        for edition in editions.latest_by_key(contract.extract)
        if include_synthetic or not edition.synthetic
        for path in editions.quarantine_paths(edition)
    ]
    columns = (*contract.column_names, *LINEAGE_COLUMNS)
    _create_view(connection, contract.raw_table, in_use, columns)
    _create_view(connection, contract.quarantine_table, refused_rows, _QUARANTINE_COLUMNS)


def _create_view(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    paths: Sequence[Path],
    columns: Sequence[str],
) -> None:
    if paths:
        files = ", ".join(literal(str(path)) for path in paths)
        body = f"select * from read_parquet([{files}], union_by_name=true)"
    else:
        empty = (
            f"null::{_LINEAGE_TYPES.get(name, 'varchar')} as {identifier(name)}" for name in columns
        )
        body = f"select {', '.join(empty)} where false"
    connection.execute(f"create schema if not exists {table.split('.', maxsplit=1)[0]}")
    connection.execute(f"create or replace view {table} as {body}")
