"""The record of editions: what was taken in, with which verdict, and which are in use.

An edition is one extract, submitter and period in one version (the hash of its parts). It is
written once, as a folder with the rows and the quarantine of each part as Parquet and an
``edition.json``, and is never changed; a later evaluation of the same files is a folder of its
own.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from assets.durable_files import sync, write_atomically
from assets.extracts.contract_model.periods import Period

Verdict = Literal["accepted", "refused", "waiting"]

UNRESOLVED = "unresolved"
ROWS, QUARANTINE = "rows", "quarantine"
ERROR_REPORT = "error_report.xlsx"

# Table of an edition's rows while it is judged.
JUDGED_ROWS = "checking.edition"

# What stands before an evaluation that is no verdict on the content: another one follows.
CHANGING, FAILING = "changing-", "failing-"

_RECORD = "edition.json"
_PREPARING, _REPLACED, _REMOVED = ".preparing-", ".replaced-", ".removed-"


class DamagedRecordError(ValueError):
    """The record of an edition cannot be read; the message names the file and what to do."""


class PartRecord(BaseModel):
    """One file of an edition."""

    model_config = ConfigDict(extra="ignore", frozen=True)

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
    declared_submitter: str | None = None
    columns: tuple[str, ...] = ()
    """Canonical and new columns that the file has."""
    wide_columns: dict[str, str] = {}
    """First part of each repeated header of a wide file to its endings."""
    codes: dict[str, tuple[str, ...]] = {}
    """Codes in the columns that have a list or are watched."""
    other_codes: dict[str, int] = {}
    """How many other values such a column has, whose text is not shown."""


class RuleRecord(BaseModel):
    """Outcome of one rule on the edition."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    rule: str
    severity: str
    passed: bool
    description: str
    observed: str
    failing_rows: int
    examples: str
    owner: str
    reason: str
    query: str = ""
    """SQL over the judged rows that shows what breaks the rule, if anything can."""


class Edition(BaseModel):
    """One evaluated edition and its verdict.

    Fields that a record of another release has and this one does not know are left out.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

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
    judged_beside: str = ""
    """Hash of what was in use, when it was judged, of the extracts that it refers to."""

    def of_period(self, period: Period) -> Edition:
        """The same edition, of this period."""
        dates = {"period_start": period.start, "period_end": period.end}
        return self.model_copy(update={"period": period.label, **dates})

    @property
    def is_of_a_defect(self) -> bool:
        """Whether a defect of the platform kept it from being judged."""
        return self.evaluation.startswith(FAILING)

    @property
    def edition_id(self) -> str:
        """Readable and unique: extract, period, and the start of the version."""
        return edition_id_of(self.extract, self.period, self.version)

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
    def identity(self) -> str:
        """Hash of everything that its rows are made of: files, evaluation, what was declared."""
        parts = (self.extract, self.folder_name, self.version, self.evaluation)
        said = (self.coverage, "synthetic" if self.synthetic else "real")
        return hashlib.sha256("|".join(parts + said).encode()).hexdigest()

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


def edition_id_of(extract: str, period: str, version: str) -> str:
    """Readable and unique: extract, period, and the start of the version."""
    return f"{extract}:{period}:{version[:8]}"


def version_of(hashes: Iterable[str]) -> str:
    """Version of an edition: the hash of the sorted hashes of its parts."""
    return hashlib.sha256("\n".join(sorted(hashes)).encode()).hexdigest()


class EditionStore:
    """All evaluated editions, one folder each, below one folder per extract.

    Records are read once: what was read stands until a folder of the extract comes or goes.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: dict[Path, tuple[tuple[int, int], Edition]] = {}
        self._listed: dict[str, tuple[int, list[Edition]]] = {}

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

    def working_folder(self, extract: str, beside: str = "") -> Path:
        """An empty folder in which an edition is prepared, invisible until it is recorded.

        ``beside`` names another one than that of the edition that is judged.
        """
        held = self.of(extract)
        folder = self.folder / extract / f"{_PREPARING}{os.getpid()}{beside}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self._list(extract, held)
        return folder

    def record(self, edition: Edition, prepared: Path) -> None:
        """Put a prepared edition in its place.

        The one it replaces is moved aside before and removed after, so that whatever ends this
        leaves one of the two, which ``sweep`` finds.
        """
        final = self.path_of(edition)
        aside = final.with_name(f"{_REPLACED}{final.name}")
        others = self._others(edition)
        for path in prepared.iterdir():
            sync(path)
        write_atomically(prepared / _RECORD, edition.model_dump_json(indent=2))
        if final.exists():
            _remove_folder(aside)
            final.replace(aside)
        prepared.replace(final)
        sync(final.parent)
        _remove_folder(aside)
        self._list(edition.extract, [*others, edition])

    def hashes(self, but: str | None = None) -> frozenset[str]:
        """Hashes of every file that any evaluation names, those of one extract left out."""
        extracts = [path.name for path in self.folder.glob("*") if path.is_dir()]
        return frozenset(
            part.sha256
            for name in extracts
            if name != but
            for edition in self.of(name)
            for part in edition.parts
        )

    def sweep(self) -> None:
        """Clear up after a killed run: what was half prepared, replaced or removed."""
        for aside in self.folder.glob(f"*/{_REPLACED}*"):
            final = aside.with_name(aside.name.removeprefix(_REPLACED))
            if not final.exists():
                aside.replace(final)
        for kind in (_PREPARING, _REPLACED, _REMOVED):
            for folder in self.folder.glob(f"*/{kind}*"):
                shutil.rmtree(folder)

    def of(self, extract: str) -> list[Edition]:
        """Every evaluation of an extract, in order of arrival.

        Raises:
            DamagedRecordError: when one of the records cannot be read.
        """
        folder = self.folder / extract
        if not folder.exists():
            return []
        known = self._listed.get(extract)
        if known is None or known[0] != folder.stat().st_mtime_ns:
            paths = [path for path in folder.glob("[!.]*") if (path / _RECORD).exists()]
            known = self._list(extract, [self._record_in(path) for path in paths])
        return list(known[1])

    def _others(self, edition: Edition) -> list[Edition]:
        return [e for e in self.of(edition.extract) if e.folder_name != edition.folder_name]

    def _list(self, extract: str, editions: Iterable[Edition]) -> tuple[int, list[Edition]]:
        """Note what is held of an extract, as its folder is now."""
        ordered = sorted(editions, key=lambda edition: (edition.recorded_in, edition.folder_name))
        listed = ((self.folder / extract).stat().st_mtime_ns, ordered)
        self._listed[extract] = listed
        return listed

    def _record_in(self, folder: Path) -> Edition:
        path = folder / _RECORD
        found = path.stat()
        stamp = (found.st_ino, found.st_mtime_ns)
        known = self._read.get(path)
        if known is None or known[0] != stamp:
            known = self._read[path] = (stamp, _read_record(path))
        return known[1]

    def latest_evaluations(self, extract: str) -> list[Edition]:
        """The newest evaluation of each version of a key: an older one no longer counts.

        The same files under two keys are two editions: whether the first was a mistake is for
        the landing zone to say (``Intake.take_in``).
        """
        latest: dict[tuple[str, ...], Edition] = {}
        for edition in self.of(extract):
            latest[(*edition.key, edition.version)] = edition
        return sorted(latest.values(), key=lambda edition: edition.accepted_in)

    def accepted(self, extract: str) -> list[Edition]:
        """Every accepted version, in order of arrival."""
        return [e for e in self.latest_evaluations(extract) if e.verdict == "accepted"]

    def in_use(self, extract: str) -> list[Edition]:
        """Accepted editions, one a period and submitter: the one that arrived last.

        A made-up edition never takes the place of a real one.
        """
        newest: dict[tuple[str, str, str], Edition] = {}
        for edition in self.accepted(extract):
            held = newest.get(edition.key)
            if held is None or held.synthetic or not edition.synthetic:
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
        newest = {(*e.key, e.synthetic): e for e in self.latest_evaluations(extract)}
        return list(newest.values())

    def remove(self, edition: Edition) -> None:
        """Take an evaluation and its rows away for good."""
        path = self.path_of(edition)
        others = self._others(edition)
        # What a kill left of an edition that this one replaced must not come back in its place.
        _remove_folder(path.with_name(f"{_REPLACED}{path.name}"))
        # Gone at once and as a whole: a record never stands without its rows.
        aside = path.with_name(f"{_REMOVED}{path.name}")
        _remove_folder(aside)
        path.replace(aside)
        sync(path.parent)
        _remove_folder(aside)
        self._list(edition.extract, others)

    def next_number(self, extract: str) -> int:
        """The number that the next edition to arrive gets."""
        return max((edition.recorded_in for edition in self.of(extract)), default=0) + 1

    def renumber(self, edition: Edition) -> Edition:
        """Make a version that came back the latest of its period again."""
        number = self.next_number(edition.extract)
        moved = edition.model_copy(update={"accepted_in": number, "recorded_in": number})
        others = self._others(edition)
        write_atomically(self.path_of(edition) / _RECORD, moved.model_dump_json(indent=2))
        self._list(edition.extract, [*others, moved])
        return moved


def _remove_folder(path: Path) -> None:
    if path.exists():
        shutil.rmtree(path)


def _read_record(path: Path) -> Edition:
    try:
        return Edition.model_validate_json(path.read_text(encoding="utf-8"))
    except (ValidationError, UnicodeDecodeError) as error:
        where = f"{path.parents[1].name}/{path.parent.name}/{path.name}"
        raise DamagedRecordError(
            f"the record of an edition, {where}, cannot be read: {error}; restore it from a "
            "backup, or remove its folder and land its files again"
        ) from error
