"""One file of an edition: read, scanned, archived and held against its contract."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, partial
from pathlib import Path

import duckdb

from assets.extracts.arriving.arrival import Arrival
from assets.extracts.contract_model.contract import Contract
from assets.extracts.holding.archive import Archive
from assets.extracts.holding.editions import QUARANTINE, ROWS, PartRecord
from assets.extracts.identifiers.redaction import Redaction, RedactionError, write_redacted
from assets.extracts.identifiers.scan import Finding
from assets.extracts.judging.conformance import Conformance
from assets.extracts.judging.conformed import Conformed
from assets.extracts.judging.contents import contents_of
from assets.extracts.judging.file_scan import FileScan, RefusedFileError, WorkbookMemory
from assets.extracts.judging.staging import Part, Staging
from assets.extracts.reading.opening import opened
from assets.extracts.reading.peeking import peek
from assets.extracts.reading.recognition import LayoutMatch, recognise
from assets.extracts.reading.resolution import Filing, file_under
from assets.extracts.reading.sheets import RowsRead, UnreadableFileError


@dataclass(frozen=True)
class FiledArrival:
    """A file that arrived, what it is filed under, and how it fits its contract.

    What a known file is filed under stands on record, so it is opened only if it is judged.
    ``located`` tells where it lies, and holds a file of the archive against its hash before.
    """

    contract: Contract
    arrival: Arrival
    located: Callable[[], Path]
    filing: Filing
    found: LayoutMatch | None = None

    @cached_property
    def path(self) -> Path:
        """Where the file lies.

        Raises:
            DamagedArchiveError: when the archive has it no more, or not as it was.
        """
        return self.located()

    @cached_property
    def match(self) -> LayoutMatch:
        """How the file fits its contract."""
        return self.found or match_file(self.contract, self.arrival.file_name, self.path)


@dataclass(frozen=True)
class TakenPart:
    """A file that was taken in, and what came of it."""

    record: PartRecord
    match: LayoutMatch
    read: RowsRead
    conformed: Conformed
    not_kept: tuple[str, ...] = ()
    """What was found beside the rows that were read, and was not kept; in words."""


@dataclass(frozen=True)
class Examined:
    """A file that was read and held against its contract, of which nothing is archived yet.

    ``finding`` tells what must not be kept of it.
    """

    filed: FiledArrival
    taken: TakenPart
    finding: Finding


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
    memory: WorkbookMemory = field(default_factory=WorkbookMemory)

    def file(
        self, contract: Contract, arrival: Arrival, path: Path, arrived_on: date | None = None
    ) -> FiledArrival:
        """Find out what a file is filed under.

        Raises:
            UnreadableFileError: when it does not fit the contract.
            PeriodError: when its period cannot be resolved.
        """
        match = match_file(contract, arrival.file_name, path)
        distinct = partial(self._distinct, path, match)
        filing = file_under(
            contract, match, arrival.file_name, arrival.declaration, distinct, arrived_on
        )
        return FiledArrival(contract, arrival, lambda: path, filing, match)

    def _distinct(
        self, path: Path, match: LayoutMatch, columns: tuple[str, ...]
    ) -> list[tuple[str, ...]]:
        cells = ", ".join(f"trim(coalesce(c{match.positions[name]}, ''))" for name in columns)
        into = self.archive.working_folder()
        with opened(self.connection, path, match.layout, match.sheet, into) as readable:
            found = self.connection.execute(
                f"select distinct {cells} from {readable.relation} order by all"
            ).fetchall()
        return [tuple(row) for row in found]

    def take(self, filed: FiledArrival, edition_id: str, folder: Path, number: int) -> TakenPart:
        """Take one file in: examine it, and archive it.

        Raises:
            DamagedArchiveError: when the file of the archive is not what was put there.
            UnreadableFileError: when the file cannot be read.
            RefusedFileError: when it holds identifiers, or is not of one piece.
        """
        return self.keep(self.examine(filed, edition_id, folder, number))

    def examine(self, filed: FiledArrival, edition_id: str, folder: Path, number: int) -> Examined:
        """Hold one file against its contract.

        Rows and quarantine are written into the folder under its number, and nothing anywhere else.

        Raises:
            DamagedArchiveError: when the file of the archive is not what was put there.
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
        finding = FileScan(self.connection, self.contracts, folder, self.memory).run(
            conformance.doubtful_columns(), staging, read, filed.path
        )
        rows_path = folder / f"{ROWS}_{number}.parquet"
        quarantine_path = folder / f"{QUARANTINE}_{number}.parquet"
        conformed = conformance.judge(
            read,
            finding.rows_by_column,
            rows_path,
            quarantine_path,
            was_redacted=self.archive.is_redacted(arrival.sha256),
        )
        _require_one_piece(conformed)
        contents = contents_of(staging, rows_path, quarantine_path)
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
            declared_submitter=arrival.declaration.submitter,
            columns=contents.columns,
            wide_columns=contents.wide_columns,
            codes=contents.codes,
            other_codes=contents.other_codes,
        )
        taken = TakenPart(record, match, read, conformed, tuple(finding.beside))
        return Examined(filed, taken, finding)

    def keep(self, examined: Examined) -> TakenPart:
        """Archive a file that was examined, without what must not be kept of it.

        Raises:
            RefusedFileError: when it cannot be taken out.
        """
        filed, finding, conformed = examined.filed, examined.finding, examined.taken.conformed
        rows = conformed.withheld_rows | finding.rows
        redacted = None
        if finding.values or finding.beside or rows:
            layout = filed.match.layout
            redaction = Redaction(
                values=finding.values,
                rows=rows,
                rows_in_file=conformed.rows_in_file,
                records=layout.records,
                encoding=layout.encoding,
                has_header=layout.header,
                other_lines=finding.withheld_lines,
                other_sheets=finding.withheld_sheets,
            )
            redacted = partial(write_redacted, sheet=filed.match.sheet, redaction=redaction)
        arrival = filed.arrival
        came_from = arrival.came_from.model_dump() if arrival.came_from else None
        try:
            self.archive.keep(filed.path, arrival.sha256, arrival.file_name, redacted, came_from)
        except RedactionError as error:
            raise RefusedFileError(f"patient-identifiable data: {error}") from error
        return examined.taken


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
