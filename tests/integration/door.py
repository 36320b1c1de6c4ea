"""The door alone: one file held against its contract, row by row, in milliseconds.

The rules on whole editions (keys, references, volumes), which need all of what is held, do not
run here; a ``Desk`` runs everything.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from assets.durable_files import hash_of
from assets.extracts.arriving.arrival import Arrival
from assets.extracts.arriving.landing import Declaration
from assets.extracts.contract_model.contract import LINEAGE_COLUMNS, Contract
from assets.extracts.contract_model.periods import PeriodError
from assets.extracts.holding.archive import Archive
from assets.extracts.judging.acceptance import verdict_of
from assets.extracts.judging.batches import Batch
from assets.extracts.judging.file_scan import RefusedFileError
from assets.extracts.judging.parts import PartIntake
from assets.extracts.judging.rules_on_editions import Ruled
from assets.extracts.reading.peeking import peek
from assets.extracts.reading.recognition import recognise
from assets.extracts.reading.sheets import UnreadableFileError


@dataclass(frozen=True)
class Answer:
    """What became of a file: verdict and reason, each problem by row, and the rows taken in."""

    verdict: str
    reason: str
    submitter: str = ""
    problems: frozenset[tuple[int, str, str]] = frozenset()
    """Row number, error code and column as the provider spells it."""
    row_texts: tuple[str | None, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[object, ...], ...] = ()

    @property
    def problem_rows(self) -> set[int]:
        return {row for row, _, _ in self.problems}


@dataclass
class Door:
    """A door with a private archive behind it."""

    contracts: dict[str, Contract]
    folder: Path
    connection: duckdb.DuckDBPyConnection = field(default_factory=duckdb.connect)

    def __post_init__(self) -> None:
        # Starting threads takes longer than reading a specimen.
        self.connection.execute("set threads = 1")

    @property
    def archive(self) -> Path:
        return self.folder / "archive"

    def deliver(self, extract: str, name: str, path: Path, declaration: Declaration) -> Answer:
        """Deliver a file as one of an extract."""
        contract = self.contracts[extract]
        shutil.rmtree(self.folder, ignore_errors=True)
        edition = self.folder / "edition"
        edition.mkdir(parents=True)
        try:
            found = recognise(name, peek(path), self.contracts)
            held = {match.contract.extract for match in found.matches}
            if extract not in held:
                broken = dict(found.broken).get(extract)
                if broken:
                    return Answer("refused", broken)
                return Answer("not ours", f"taken for {', '.join(sorted(held)) or 'nothing'}")
            size = path.stat().st_size
            arrival = Arrival(
                file_name=name, sha256=hash_of(path), bytes=size, declaration=declaration
            )
            parts = PartIntake(self.connection, self.contracts, Archive(self.archive))
            filed = parts.file(contract, arrival, path)
            taken = parts.take(filed, "edition", edition, 0)
        except (UnreadableFileError, RefusedFileError, PeriodError) as error:
            return Answer("refused", str(error))
        verdict, reason = verdict_of(contract, Batch((filed,)), [taken], Ruled((), (), (), ()), {})
        problems = self._query(
            f"select source_row_number, code, column_name, row_text "
            f"from read_parquet('{edition}/quarantine_0.parquet')"
        )
        lineage = ", ".join(LINEAGE_COLUMNS)
        rows = self.connection.execute(
            f"select source_row_number, * exclude ({lineage}) "
            f"from read_parquet('{edition}/rows_0.parquet') order by all"
        )
        columns = tuple(described[0] for described in rows.description or ())
        return Answer(
            verdict,
            reason,
            filed.filing.submitter,
            frozenset((row, code, column) for row, code, column, _ in problems),
            tuple(text for *_, text in problems),
            columns,
            tuple(rows.fetchall()),
        )

    def _query(self, sql: str) -> list[tuple[object, ...]]:
        return self.connection.execute(sql).fetchall()
