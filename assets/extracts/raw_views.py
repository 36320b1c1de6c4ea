"""The raw tables: one DuckDB view per extract over its accepted editions."""

from __future__ import annotations

import duckdb

from assets.extracts.conformance import literal
from assets.extracts.contract import Contract
from assets.extracts.editions import EditionStore


def create_raw_view(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    editions: EditionStore,
    include_synthetic: bool,
) -> None:
    """One view per extract over its accepted editions, with all columns of its contract.

    A view without an edition has no rows but the same columns, so that models always run.
    """
    paths = [
        str(editions.rows_path(edition))
        for edition in editions.in_use(contract.extract)
        if include_synthetic or not edition.synthetic
    ]
    connection.execute("create schema if not exists raw")
    if paths:
        files = ", ".join(literal(path) for path in paths)
        body = f"select * from read_parquet([{files}], union_by_name=true)"
    else:
        columns = [f'null::varchar as "{name}"' for name in contract.column_names]
        columns += [
            "null::varchar as edition_id",
            "null::varchar as edition_period",
            "null::date as edition_period_start",
            "null::date as edition_period_end",
            "null::varchar as edition_coverage",
            "null::varchar as source_file_name",
            "null::varchar as source_sha256",
            "null::bigint as source_row_number",
        ]
        body = f"select {', '.join(columns)} where false"
    connection.execute(f"create or replace view raw.{contract.extract} as {body}")
