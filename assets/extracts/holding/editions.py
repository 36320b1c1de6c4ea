"""The record of editions: what was taken in, with which verdict, and which are in use.

An edition is one extract, submitter and period in one version (the hash of its parts). It is
written once, as a folder with the rows and the quarantine of each part as Parquet and an
``edition.json``, and is never changed; a later evaluation of the same files is a folder of its
own.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from assets.durable_files import write_atomically

Verdict = Literal["accepted", "refused", "set_aside"]

UNRESOLVED = "unresolved"
ROWS, QUARANTINE = "rows", "quarantine"
ERROR_REPORT = "error_report.xlsx"


class PartRecord(BaseModel):
    """One file of an edition."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file_name: str
    sha256: str
    bytes: int
    layout: str | None = None
    rows_in_file: int = 0
    rows_loaded: int = 0
    rows_quarantined: int = 0
    part: str = ""
    """Which part of the edition the file is, where several files make one."""
    declared_period: str | None = None
    columns: tuple[str, ...] = ()
    """Canonical and new columns that the file has."""
    codes: dict[str, tuple[str, ...]] = {}
    """Values of the columns whose codes are watched."""


class RuleRecord(BaseModel):
    """Outcome of one rule on the edition."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rule: str
    severity: str
    passed: bool
    description: str
    observed: str
    failing_rows: int
    examples: str
    owner: str
    reason: str


class Edition(BaseModel):
    """One evaluated edition and its verdict."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    extract: str
    submitter: str
    period: str
    period_start: date | None
    period_end: date | None
    version: str
    evaluation: str
    coverage: Literal["whole", "partial"]
    synthetic: bool
    parts: tuple[PartRecord, ...]
    verdict: Verdict
    reason: str
    rules: tuple[RuleRecord, ...] = ()
    accepted_in: int = 0
    """Order of arrival within the extract: of several versions of a period the latest counts."""
    recorded_in: int = 0
    """Order of evaluation: files that are judged again keep their place in the order of arrival."""

    @property
    def edition_id(self) -> str:
        """Readable and unique: extract, period, and the start of the version."""
        return f"{self.extract}:{self.period}:{self.version[:8]}"

    @property
    def key(self) -> tuple[str, str, str]:
        """What a revision keeps: extract, submitter and period."""
        return (self.extract, self.submitter, self.period)

    @property
    def folder_name(self) -> str:
        """Name of the edition's folder."""
        period = self.period.replace("/", "-")
        return f"{self.submitter}__{period}__{self.version[:12]}__{self.evaluation[:8]}"

    @property
    def rows_in_file(self) -> int:
        """Data rows in all parts."""
        return sum(part.rows_in_file for part in self.parts)

    @property
    def rows_loaded(self) -> int:
        """Rows of the file that passed their contract."""
        return sum(part.rows_loaded for part in self.parts)

    @property
    def rows_quarantined(self) -> int:
        """Rows that did not."""
        return sum(part.rows_quarantined for part in self.parts)


def version_of(hashes: Iterable[str]) -> str:
    """Version of an edition: the hash of the sorted hashes of its parts."""
    return hashlib.sha256("\n".join(sorted(hashes)).encode()).hexdigest()


class EditionStore:
    """All evaluated editions, one folder each, below one folder per extract."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path_of(self, edition: Edition) -> Path:
        """Folder of an edition."""
        return self.folder / edition.extract / edition.folder_name

    def rows_paths(self, edition: Edition) -> list[Path]:
        """The Parquet files with the edition's rows, one a part."""
        return sorted(self.path_of(edition).glob(f"{ROWS}_*.parquet"))

    def quarantine_paths(self, edition: Edition) -> list[Path]:
        """The Parquet files with the rows that broke the contract, one a part."""
        return sorted(self.path_of(edition).glob(f"{QUARANTINE}_*.parquet"))

    def error_report_path(self, edition: Edition) -> Path:
        """The workbook that tells a provider what was wrong; there is none if nothing was."""
        return self.path_of(edition) / ERROR_REPORT

    def working_folder(self, extract: str) -> Path:
        """An empty folder in which an edition is prepared, invisible until it is recorded."""
        folder = self.folder / extract / f".preparing-{os.getpid()}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def record(self, edition: Edition, prepared: Path) -> None:
        """Put a prepared edition in its place, in one step."""
        final = self.path_of(edition)
        write_atomically(prepared / "edition.json", edition.model_dump_json(indent=2))
        if final.exists():
            shutil.rmtree(final)
        prepared.replace(final)

    def hashes(self, but: str | None = None) -> frozenset[str]:
        """Hashes of every file that any evaluation names, those of one extract left out."""
        records = (json.loads(p.read_text("utf-8")) for p in self.folder.glob("*/*/edition.json"))
        return frozenset(
            part["sha256"]
            for record in records
            if record["extract"] != but
            for part in record["parts"]
        )

    def sweep(self) -> None:
        """Remove what a killed run left half prepared."""
        for folder in self.folder.glob("*/.preparing-*"):
            shutil.rmtree(folder)

    def of(self, extract: str) -> list[Edition]:
        """Every evaluation of an extract, in order of arrival."""
        records = [
            Edition.model_validate(json.loads(path.read_text(encoding="utf-8")))
            for path in sorted(self.folder.glob(f"{extract}/*/edition.json"))
        ]
        return sorted(records, key=lambda edition: (edition.recorded_in, edition.folder_name))

    def latest_evaluations(self, extract: str) -> list[Edition]:
        """The newest evaluation of each version: an older one no longer counts.

        The same files are one edition only: a period, submitter or coverage that was declared
        wrongly and then put right leaves nothing behind.
        """
        latest: dict[str, Edition] = {}
        for edition in self.of(extract):
            latest[edition.version] = edition
        return sorted(latest.values(), key=lambda edition: edition.accepted_in)

    def in_use(self, extract: str) -> list[Edition]:
        """Accepted editions, one a period and submitter: the one that arrived last."""
        newest: dict[tuple[str, str, str], Edition] = {}
        for edition in self.latest_evaluations(extract):
            if edition.verdict == "accepted":
                newest[edition.key] = edition
        return sorted(newest.values(), key=lambda e: (e.period_start or date.min, e.submitter))

    def previous(self, edition: Edition) -> Edition | None:
        """The edition in use that comes before in time, of the same submitter and as whole."""
        start = edition.period_start or date.min
        earlier = [
            held
            for held in self.in_use(edition.extract)
            if held.submitter == edition.submitter
            and held.coverage == "whole"
            and held.synthetic == edition.synthetic
            and (held.period_start or date.min) <= start
            and held.version != edition.version
        ]
        return earlier[-1] if earlier else None

    def latest_by_key(self, extract: str) -> list[Edition]:
        """The newest version of each period and submitter, whatever became of it."""
        newest = {edition.key: edition for edition in self.latest_evaluations(extract)}
        return list(newest.values())

    def remove(self, edition: Edition) -> None:
        """Take an evaluation and its rows away for good."""
        shutil.rmtree(self.path_of(edition))

    def next_number(self, extract: str) -> int:
        """The number that the next edition to arrive gets."""
        return max((edition.recorded_in for edition in self.of(extract)), default=0) + 1

    def renumber(self, edition: Edition) -> Edition:
        """Make a version that came back the latest of its period again."""
        number = self.next_number(edition.extract)
        moved = edition.model_copy(update={"accepted_in": number, "recorded_in": number})
        write_atomically(self.path_of(edition) / "edition.json", moved.model_dump_json(indent=2))
        return moved
