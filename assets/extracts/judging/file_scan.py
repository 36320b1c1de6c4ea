"""The scan of a whole file before anything of it is kept: its cells, and all that is around them.

What is said of a community file names columns by the contract or by their place: headers, names
of sheets and paths are content of the file, and what is said is kept longer than the file.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb

from assets.durable_files import hash_of
from assets.extracts.contract_model.contract import Contract
from assets.extracts.contract_model.headers import matches_header, normalise_header
from assets.extracts.identifiers.beside_cells import (
    Beside,
    beside_cells_of_parquet,
    beside_cells_of_workbook,
    members_of_json,
)
from assets.extracts.identifiers.detectors import Detector, detectors_for
from assets.extracts.identifiers.forbidden_headers import promised_by
from assets.extracts.identifiers.scan import Finding, ScannedColumn, scan, scan_ragged
from assets.extracts.judging.staging import Staging
from assets.extracts.reading.opening import opened
from assets.extracts.reading.peeking import peek
from assets.extracts.reading.recognition import LayoutMatch, recognise
from assets.extracts.reading.sheets import RowsRead, Sheet
from assets.extracts.sql_text import identifier

_KINDS = {
    "nhs_number": "NHS numbers",
    "date_of_birth": "dates of birth",
    "person_name": "names of people",
    "email": "e-mail addresses",
    "address": "addresses",
    "postcode": "postcodes",
    "telephone": "telephone numbers",
}


class RefusedFileError(ValueError):
    """A file that cannot become part of an edition; the message is the verdict's reason."""


@dataclass(frozen=True)
class ScannedSheet:
    """What was found in a sheet beside the one that is read."""

    name: str
    found: Finding
    lines_above: int
    is_about_individuals: bool


@dataclass(frozen=True)
class WorkbookMemory:
    """What was found in workbooks whose sheets are extracts of their own.

    By the hash of the content that was read, and by what was looked for.

    Each sheet is then scanned once, not once for every extract in the workbook: of twelve months of
    seven extracts in one workbook that was most of their intake (a tenth of England, 2026-11-26).
    """

    sheets: dict[tuple[object, ...], ScannedSheet] = field(default_factory=dict)
    beside_cells: dict[tuple[object, ...], Finding] = field(default_factory=dict)


@dataclass(frozen=True)
class FileScan:
    """Looks for identifiers in all of a file; ``working`` is a private folder to read it in."""

    connection: duckdb.DuckDBPyConnection
    contracts: Mapping[str, Contract]
    working: Path
    memory: WorkbookMemory = field(default_factory=WorkbookMemory)

    def run(
        self, columns: Sequence[ScannedColumn], staging: Staging, read: RowsRead, path: Path
    ) -> Finding:
        """What stands in a file that may be kept without it.

        Args:
            columns: of the staged rows, those that may hold an identifier.
            staging: the staged rows.
            read: what the reader left out.
            path: of the file.

        Raises:
            RefusedFileError: when nothing of the file may be kept.
        """
        match = staging.match
        contract = match.contract
        detectors = detectors_for(contract.origin, contract.allowed_identifiers)
        _require_clean_head(match, detectors)
        labelled = [
            replace(column, header=column_label(match, staging.positions[column.name]))
            for column in columns
        ]
        finding = scan(self.connection, staging.relation, labelled, detectors)
        scan_ragged(finding, ((r.source_row_number, r.text) for r in read.ragged), detectors)
        finding.forbidden_headers = _forbidden(match.unknown, match)
        if not finding.refuses_file:
            self._scan_around(finding, match, path, detectors)
        if finding.refuses_file:
            raise RefusedFileError(
                f"patient-identifiable data: {finding.describe()}; nothing of the file was "
                "kept. Remove the identifiers at source and deliver it again"
            )
        return finding

    def _scan_around(
        self, finding: Finding, match: LayoutMatch, path: Path, detectors: Sequence[Detector]
    ) -> None:
        match match.sheet.format:
            case "json":
                _scan_members(finding, match, path, detectors)
            case "parquet":
                for beside in beside_cells_of_parquet(path):
                    finding.note_beside(beside.place, beside.text or "", detectors)
            case "workbook":
                self._scan_workbook(finding, match, path, detectors)
            case "csv":
                pass

    def _scan_workbook(
        self, finding: Finding, match: LayoutMatch, path: Path, detectors: Sequence[Detector]
    ) -> None:
        """The whole workbook is archived, so all of it is scanned, whichever sheet is read."""
        is_community = match.contract.origin == "community"
        # Of what is read: a held file without its identifiers still has the name of what arrived.
        content = hash_of(path)
        if is_community:
            _require_no_comments(path)
            beside = self._beside_cells(match.contract, path, content, detectors)
            finding.beside += [said for said in beside.beside if said not in finding.beside]
            finding.values |= beside.values
        for number, sheet in enumerate(peek(path), start=1):
            if any(detector.values_in(sheet.name or "") for detector in detectors):
                raise RefusedFileError(
                    f"patient-identifiable data: the name of sheet {number} holds some; nothing "
                    "of the file was kept. Rename the sheet and deliver it again"
                )
            if sheet.name == match.sheet.name or not sheet.rows:
                continue
            label = f"sheet {number}" if is_community else f"sheet {sheet.name!r}"
            _note_sheet(finding, label, self._scanned_sheet(sheet, match, path, content))

    def _beside_cells(
        self, contract: Contract, path: Path, content: str, detectors: Sequence[Detector]
    ) -> Finding:
        """What stands in a workbook beside its cells."""
        known, key = self.memory.beside_cells, (content, _looked_for(contract))
        if key not in known:
            found = Finding()
            for beside in beside_cells_of_workbook(path):
                _note_beside(found, beside, detectors)
            known[key] = found
        return known[key]

    def _scanned_sheet(
        self, sheet: Sheet, match: LayoutMatch, path: Path, content: str
    ) -> ScannedSheet:
        """Another sheet than the one that is read, scanned as the extract that it fits."""
        fits = recognise(path.name, [sheet], self.contracts).matches
        if fits:
            other = fits[0]
            unknown = other.unknown
        else:
            # A sheet of no extract is written by people: everything in it is looked at.
            layout = match.layout.model_copy(update={"header": False})
            other = replace(match, layout=layout, sheet=sheet, positions={}, wide={})
            unknown = tuple(enumerate(sheet.first_row))
        contract, layout = other.contract, other.layout
        refusing = _refusing_headers(match)
        read_as = contract.extract if fits else ""
        key = (content, sheet.name, read_as, _looked_for(contract), refusing)
        if key in self.memory.sheets:
            return self.memory.sheets[key]
        sheet = other.sheet
        shaped = {other.positions[c.name] for c in layout.columns if c.name in other.positions}
        columns = [
            ScannedColumn(f"c{place}", column_label(other, place), place not in shaped)
            for place in range(len(sheet.first_row))
        ]
        detectors = detectors_for(contract.origin, contract.allowed_identifiers)
        with opened(self.connection, path, layout, sheet, self.working) as readable:
            found = scan(self.connection, readable.relation, columns, detectors)
            is_about_individuals = self._is_about_individuals(readable.relation, refusing, sheet)
        found.forbidden_headers = _forbidden(unknown, other)
        scanned = ScannedSheet(
            sheet.name or "", found, sheet.top + (1 if layout.header else 0), is_about_individuals
        )
        self.memory.sheets[key] = scanned
        return scanned

    def _is_about_individuals(
        self, relation: str, refusing: Sequence[tuple[str, ...]], sheet: Sheet
    ) -> bool:
        """Whether a sheet fills columns whose rows must not be kept."""
        filled = [
            f"{identifier(f'c{place}')} is not null"
            for place, header in enumerate(sheet.first_row)
            if any(matches_header(headers, header) for headers in refusing)
        ]
        if not filled:
            return False
        query = f"select 1 from {relation} where {' or '.join(filled)} limit 2"
        # Where nothing was recognised the header is one of the rows.
        return bool(self.connection.execute(query).fetchall())


def column_label(match: LayoutMatch, position: int) -> str:
    """What messages call a column: as the contract spells it, or by its place in the file."""
    headers = match.sheet.first_row
    for column in match.layout.columns:
        if match.positions.get(column.name) == position:
            return headers[position] if match.layout.header else column.name
    if match.contract.origin == "community" or not match.layout.header:
        return f"column {position + 1}"
    return headers[position]


def _forbidden(unknown: Sequence[tuple[int, str]], match: LayoutMatch) -> tuple[str, ...]:
    contract = match.contract
    refusing = _refusing_headers(match)
    found = []
    for position, header in unknown:
        if any(matches_header(headers, header) for headers in refusing):
            # Of rows in which it is filled nothing is kept.
            continue
        kind = promised_by(header, contract.origin, contract.allowed_identifiers)
        if kind and contract.origin == "community":
            found.append(f"column {position + 1}, called like {_KINDS[kind]}")
        elif kind:
            found.append(header)
    return tuple(found)


def _looked_for(contract: Contract) -> tuple[object, ...]:
    """What decides which detectors look."""
    return (contract.origin, *contract.allowed_identifiers)


def _refusing_headers(match: LayoutMatch) -> tuple[tuple[str, ...], ...]:
    """Headers of the columns whose rows must not be kept where they are filled."""
    return tuple(tuple(c.headers) for c in match.layout.columns if c.refuses_row)


def _note_sheet(finding: Finding, label: str, scanned: ScannedSheet) -> None:
    """Note what was found in another sheet: of rows with an identifier nothing is kept either.

    Raises:
        RefusedFileError: when nothing of the file may be kept.
    """
    found = scanned.found
    if scanned.is_about_individuals:
        finding.withheld_sheets.add(scanned.name)
        finding.beside.append(f"rows about individuals in {label}, which is not kept")
    finding.values |= found.values
    if found.refuses_file:
        # Their row numbers belong to another sheet; only what was found is said.
        raise RefusedFileError(
            f"patient-identifiable data in {label}: {found.describe()}; nothing of the file "
            "was kept. Remove the identifiers at source and deliver it again"
        )
    if found.rows:
        above = scanned.lines_above
        finding.withheld_lines[scanned.name] = {row + above - 1 for row in found.rows}
        finding.beside.append(f"{found.describe()}, in {label}")


def _note_beside(finding: Finding, beside: Beside, detectors: Sequence[Detector]) -> None:
    if beside.text is not None:
        finding.note_beside(beside.place, beside.text, detectors)
    elif (said := f"{beside.place}, which is not read and not kept") not in finding.beside:
        finding.beside.append(said)


def _scan_members(
    finding: Finding, match: LayoutMatch, path: Path, detectors: Sequence[Detector]
) -> None:
    """A JSON document is archived with what no column is made of, so all of it is scanned."""
    columns = match.layout.columns
    read = {normalise_header(h) for column in columns for h in column.headers or (column.name,)}
    for member in members_of_json(path, match.layout.records or ""):
        if member.record is not None and normalise_header(member.path) in read:
            continue
        for detector in detectors:
            if member.record is None:
                finding.note_beside("a member beside the records", member.text, [detector])
            else:
                finding.add(member.record, "that is not read", member.text, detector)


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
