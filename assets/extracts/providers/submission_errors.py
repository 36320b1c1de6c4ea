"""The error report of an edition, beside its rows."""

from __future__ import annotations

from pathlib import Path

import duckdb

from assets.extracts.contract_model.contract import Contract
from assets.extracts.holding.editions import ERROR_REPORT, QUARANTINE, Edition
from assets.extracts.providers.error_report import (
    QuarantinedRow,
    SubmissionFacts,
    write_error_report,
)
from assets.extracts.sql_text import literal


def report_errors(
    connection: duckdb.DuckDBPyConnection, contract: Contract, edition: Edition, folder: Path
) -> None:
    """Write the workbook for whoever sent the files; nothing is written if nothing was wrong."""
    if edition.verdict == "accepted" and not edition.rows_quarantined:
        return
    facts = SubmissionFacts(
        file_name=", ".join(part.file_name for part in edition.parts),
        submitter=edition.submitter,
        period=edition.period,
        verdict=edition.verdict,
        reason=edition.reason,
        rows_in_file=edition.rows_in_file,
        rows_loaded=edition.rows_loaded,
        rows_quarantined=edition.rows_quarantined,
    )
    quarantined: list[QuarantinedRow] = []
    paths = sorted(folder.glob(f"{QUARANTINE}_*.parquet"))
    if paths:
        files = ", ".join(literal(str(path)) for path in paths)
        rows = connection.execute(
            "select source_row_number, code, category, column_name, message, row_text "
            f"from read_parquet([{files}]) order by all"
        ).fetchall()
        quarantined = [QuarantinedRow(*row) for row in rows]
    write_error_report(folder / ERROR_REPORT, contract, facts, quarantined)
