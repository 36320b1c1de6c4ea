"""One file of an edition: read, scanned, archived and held against its contract."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import duckdb

from assets.extracts.arriving.arrival import Arrival
from assets.extracts.contract_model.contract import Contract
from assets.extracts.holding.archive import Archive
from assets.extracts.holding.editions import QUARANTINE, ROWS, PartRecord
from assets.extracts.identifiers.detectors import (
    NHS_NUMBER,
    Detector,
    detectors_for,
)
from assets.extracts.identifiers.forbidden_headers import forbidden_headers
from assets.extracts.identifiers.redaction import write_redacted
from assets.extracts.identifiers.scan import Finding, ScannedColumn, scan, scan_ragged
from assets.extracts.judging.conformance import Conformance, Conformed
from assets.extracts.judging.staging import Part, Staging
from assets.extracts.reading.opening import opened
from assets.extracts.reading.peeking import peek
from assets.extracts.reading.recognition import LayoutMatch, recognise
from assets.extracts.reading.resolution import Filing, file_under
from assets.extracts.reading.sheets import RowsRead, Sheet, UnreadableFileError
from assets.extracts.sql_text import identifier, literal


class RefusedFileError(ValueError):
    """A file that cannot become part of an edition; the message is the verdict's reason."""


@dataclass(frozen=True)
class FiledArrival:
    """A file that arrived, how it fits its contract, and what it is filed under."""

    arrival: Arrival
    path: Path
    match: LayoutMatch
    filing: Filing


@dataclass(frozen=True)
class TakenPart:
    """A file that was taken in, and what came of it."""

    record: PartRecord
    match: LayoutMatch
    read: RowsRead
    conformed: Conformed


def match_file(contract: Contract, file_name: str, path: Path) -> LayoutMatch:
    """How a file fits a contract.

    Raises:
        UnreadableFileError: when it does not; says what is different.
    """
    found = recognise(file_name, peek(path), {contract.extract: contract})
    if not found.matches:
        raise UnreadableFileError(dict(found.broken).get(contract.extract, found.reason))
    return found.matches[0]


@dataclass(frozen=True)
class PartIntake:
    """What taking files in needs."""

    connection: duckdb.DuckDBPyConnection
    contracts: Mapping[str, Contract]
    archive: Archive

    def file(self, contract: Contract, arrival: Arrival, path: Path) -> FiledArrival:
        """Find out what a file is filed under.

        Raises:
            UnreadableFileError: when it does not fit the contract.
            PeriodError: when its period cannot be resolved.
        """
        match = match_file(contract, arrival.file_name, path)
        distinct = partial(self._distinct, path, match)
        filing = file_under(contract, match, arrival.file_name, arrival.declaration, distinct)
        return FiledArrival(arrival, path, match, filing)

    def _distinct(
        self, path: Path, match: LayoutMatch, columns: tuple[str, ...]
    ) -> list[tuple[str, ...]]:
        cells = ", ".join(f"trim(coalesce(c{match.positions[name]}, ''))" for name in columns)
        with opened(self.connection, path, match.layout, match.sheet) as readable:
            found = self.connection.execute(
                f"select distinct {cells} from {readable.relation} order by all"
            ).fetchall()
        return [tuple(row) for row in found]

    def take(self, filed: FiledArrival, edition_id: str, folder: Path, number: int) -> TakenPart:
        """Take one file in: rows and quarantine are written into the folder under its number.

        Raises:
            UnreadableFileError: when the file cannot be read.
            RefusedFileError: when it holds identifiers, or is not of one piece.
        """
        arrival, match, filing = filed.arrival, filed.match, filed.filing
        part = Part(
            edition_id,
            filing.period,
            arrival.declaration.coverage,
            filing.submitter,
            arrival.file_name,
            arrival.sha256,
        )
        staging = Staging(self.connection, match, part, folder)
        read = staging.read(filed.path)
        conformance = Conformance(staging)
        finding = self._scan(conformance.doubtful_columns(), staging, read, filed.path)
        rows_path = folder / f"{ROWS}_{number}.parquet"
        conformed = conformance.judge(
            read,
            finding.rows_by_column,
            rows_path,
            folder / f"{QUARANTINE}_{number}.parquet",
            was_redacted=self.archive.is_redacted(arrival.sha256),
        )
        _require_one_piece(conformed)
        self._keep(filed, finding, conformed)
        record = PartRecord(
            file_name=arrival.file_name,
            sha256=arrival.sha256,
            bytes=arrival.bytes,
            layout=match.layout.name,
            rows_in_file=conformed.rows_in_file,
            rows_loaded=conformed.rows_loaded,
            rows_quarantined=conformed.rows_quarantined,
            part=filing.part,
            declared_period=arrival.declaration.period,
            columns=tuple(name for name in staging.positions if not name.startswith("cell_")),
            codes=self._watched_codes(staging, rows_path),
        )
        return TakenPart(record, match, read, conformed)

    def _scan(
        self, columns: list[ScannedColumn], staging: Staging, read: RowsRead, path: Path
    ) -> Finding:
        contract = staging.match.contract
        detectors = detectors_for(contract.origin, contract.allowed_identifiers)
        finding = scan(self.connection, staging.relation, columns, detectors)
        scan_ragged(finding, ((r.source_row_number, r.text) for r in read.ragged), detectors)
        unknown = [header for _, header in staging.match.unknown]
        finding.forbidden_headers = forbidden_headers(
            unknown, contract.origin, contract.allowed_identifiers
        )
        _require_clean_head(staging.match, detectors)
        self._scan_document(finding, staging.match, path)
        self._scan_other_sheets(finding, staging.match, path)
        if finding.refuses_file:
            raise RefusedFileError(
                f"patient-identifiable data: {finding.describe()}; nothing of the file was "
                "kept. Remove the identifiers at source and deliver it again"
            )
        return finding

    def _scan_document(self, finding: Finding, match: LayoutMatch, path: Path) -> None:
        """A JSON document is archived with what no column is made of, so all of it is scanned."""
        if match.sheet.format == "json":
            text = path.read_text(encoding="utf-8-sig")
            finding.values |= NHS_NUMBER.values_in(text)

    def _scan_other_sheets(self, finding: Finding, match: LayoutMatch, path: Path) -> None:
        """The whole workbook is archived, so all of it is scanned, whichever sheet is read."""
        if match.sheet.name is None:
            return
        if match.contract.origin == "community":
            _require_no_comments(path)
        for sheet in peek(path):
            if sheet.name == match.sheet.name or not sheet.rows:
                continue
            other = self._scan_sheet(path, sheet, match)
            finding.values |= other.values
            finding.forbidden_headers += other.forbidden_headers
            if other.refuses_file:
                # Their row numbers belong to another sheet; only what was found is said.
                raise RefusedFileError(
                    f"patient-identifiable data in sheet {sheet.name!r}: {other.describe()}; "
                    "nothing of the file was kept. Remove the identifiers at source and deliver "
                    "it again"
                )

    def _scan_sheet(self, path: Path, sheet: Sheet, match: LayoutMatch) -> Finding:
        fits = recognise(path.name, [sheet], self.contracts).matches
        if fits:
            contract, layout, positions = fits[0].contract, fits[0].layout, fits[0].positions
            detectors = detectors_for(contract.origin, contract.allowed_identifiers)
            unknown = [header for _, header in fits[0].unknown]
            headers = forbidden_headers(unknown, contract.origin, contract.allowed_identifiers)
        else:
            # A sheet of no extract is written by people: everything in it is looked at.
            contract, positions = match.contract, {}
            layout = match.layout.model_copy(update={"header": False})
            detectors = detectors_for(contract.origin, contract.allowed_identifiers)
            headers = forbidden_headers(
                sheet.first_row, contract.origin, contract.allowed_identifiers
            )
        shaped = {positions[c.name] for c in layout.columns if c.name in positions}
        columns = [
            ScannedColumn(f"c{position}", header, position not in shaped)
            for position, header in enumerate(sheet.first_row)
        ]
        with opened(self.connection, path, layout, sheet) as readable:
            finding = scan(self.connection, readable.relation, columns, detectors)
        finding.forbidden_headers = headers
        return finding

    def _keep(self, filed: FiledArrival, finding: Finding, conformed: Conformed) -> None:
        """Archive the file, without what the scan found in it."""
        redacted = None
        if finding.values or conformed.withheld_rows - finding.rows:
            layout = filed.match.layout
            redacted = partial(
                write_redacted,
                sheet=filed.match.sheet,
                values=finding.values,
                withheld_rows=conformed.withheld_rows - finding.rows,
                records=layout.records,
                has_header=layout.header,
            )
        self.archive.keep(filed.path, filed.arrival.sha256, filed.arrival.file_name, redacted)

    def _watched_codes(self, staging: Staging, rows_path: Path) -> dict[str, tuple[str, ...]]:
        watched = [name for name, column in staging.columns.items() if column.watched]
        codes = {}
        for name in watched:
            found = self.connection.execute(
                f"select distinct trim({identifier(name)}) as code "
                f"from read_parquet({literal(str(rows_path))}) "
                f"where {identifier(name)} is not null order by code"
            ).fetchall()
            codes[name] = tuple(str(code) for (code,) in found)
        return codes


def _require_clean_head(match: LayoutMatch, detectors: Sequence[Detector]) -> None:
    """No identifier in the header or above it: they would become names of columns.

    Raises:
        RefusedFileError: when there is one.
    """
    if not match.layout.header:
        return
    cells = " | ".join(cell for row in match.sheet.rows[: match.sheet.top + 1] for cell in row)
    for detector in detectors:
        if match.sheet.format != "json" and detector.values_in(cells):
            raise RefusedFileError(
                f"patient-identifiable data: {detector.words} in the header or above it; nothing "
                "of the file was kept. Remove it and deliver the file again"
            )


def _require_no_comments(path: Path) -> None:
    """No comments on cells: people write names into them, and no scan reads them.

    Raises:
        RefusedFileError: when the workbook has some.
    """
    with zipfile.ZipFile(path) as workbook:
        has_comments = any("comments" in name.lower() for name in workbook.namelist())
    if has_comments:
        raise RefusedFileError(
            "the workbook has comments on cells, which are not read and not kept; remove them and "
            "deliver it again"
        )


def _require_one_piece(conformed: Conformed) -> None:
    """All rows accounted for, and one submission only.

    Raises:
        RefusedFileError: when they are not.
    """
    accounted = conformed.rows_loaded + conformed.rows_quarantined
    if accounted != conformed.rows_in_file:
        raise RefusedFileError(
            f"{conformed.rows_in_file} rows in the file but {accounted} loaded or quarantined; "
            "this is a defect of the platform, please report it"
        )
    if conformed.not_constant:
        raise RefusedFileError(
            f"column {', '.join(repr(name) for name in conformed.not_constant)} must say the same "
            "in every row and does not: one file is one submission, for one period; send a file "
            "for each"
        )
