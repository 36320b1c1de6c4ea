"""Taking one extract in: from its arrivals to accepted or refused editions.

A bad file never stops the good ones: whatever is wrong with one edition ends in its verdict, and
the last accepted edition of that period stays in use.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.metadata import version
from pathlib import Path

import duckdb

import expectations
from assets.extracts.arriving.arrival import Arrival, ArrivalArea
from assets.extracts.arriving.landing import Declaration
from assets.extracts.contract_model.contract import Contract
from assets.extracts.contract_model.periods import Period, PeriodError, parse_period
from assets.extracts.holding.archive import Archive
from assets.extracts.holding.editions import (
    UNRESOLVED,
    Edition,
    EditionStore,
    PartRecord,
    version_of,
)
from assets.extracts.holding.raw_views import create_raw_views
from assets.extracts.holding.retention import expire, is_expired
from assets.extracts.identifiers.detectors import redact
from assets.extracts.judging.acceptance import rule_record, verdict_of, waits_for_reference
from assets.extracts.judging.batches import Batch, batches_of, complete_with_held
from assets.extracts.judging.file_scan import RefusedFileError
from assets.extracts.judging.parts import FiledArrival, PartIntake, TakenPart
from assets.extracts.judging.rules_on_editions import apply_rules
from assets.extracts.providers.submission_errors import report_errors
from assets.extracts.reading.resolution import Filing
from assets.extracts.reading.sheets import UnreadableFileError
from expectations.validation import Validator

_log = logging.getLogger(__name__)

# Guides, templates and what only brings or keeps files do not change a verdict.
_JUDGING_FOLDERS = ("contract_model", "identifiers", "judging", "reading")
_JUDGING_PACKAGES = ("duckdb", "fastexcel", "great-expectations", "polars", "pyarrow")


@dataclass(frozen=True)
class Intake:
    """Everything that taking in needs, shared by all extracts.

    Without ``as_of`` no retention is applied.
    """

    connection: duckdb.DuckDBPyConnection
    contracts: Mapping[str, Contract]
    arrivals: ArrivalArea
    archive: Archive
    editions: EditionStore
    validator: Validator
    as_of: date | None = None

    @property
    def _parts(self) -> PartIntake:
        return PartIntake(self.connection, self.contracts, self.archive)

    def evaluation_of(self, contract: Contract) -> str:
        """What a verdict depends on beside the file: contract and the code that applies it."""
        return hashlib.sha256(f"{contract.content_hash}{_code_hash()}".encode()).hexdigest()

    def take_in(self, extract: str) -> list[Edition]:
        """Evaluate what arrived for an extract, and what was held under older rules.

        Returns:
            The editions that were evaluated now, accepted or not.
        """
        contract = self.contracts[extract]
        for expired in expire(contract, self.editions, self.archive, self.as_of):
            _log.warning("%s: its retention is over, it was taken out", expired.edition_id)
        evaluated = []
        for arrival in self.arrivals.listed():
            broken = dict(arrival.broken).get(extract)
            if broken is not None and not self._is_known(contract, arrival.sha256):
                reason = f"{arrival.file_name}: {broken}"
                evaluated.append(self._refuse(contract, [arrival], reason, None))
        filed, unfiled = self._filed(contract)
        for arrival, problem in unfiled:
            if not self._is_known(contract, arrival.sha256):
                reason = f"{arrival.file_name}: {problem}"
                evaluated.append(self._refuse(contract, [arrival], reason, None))
        for batch in batches_of(filed):
            whole = complete_with_held(
                batch, contract, self.editions, self.archive.holds, self._file_held
            )
            known = self._known(contract, whole)
            if known is None:
                evaluated.append(self._evaluate(contract, whole))
            elif self._is_superseded(known):
                evaluated.append(self.editions.renumber(known))
        evaluated += self._reevaluate(contract)
        create_raw_views(self.connection, contract, self.editions, include_synthetic=True)
        return evaluated

    # -- what arrived --------------------------------------------------------------------------

    def _filed(
        self, contract: Contract
    ) -> tuple[list[FiledArrival], list[tuple[Arrival, Exception]]]:
        """What arrived for the extract with what it is filed under, and what cannot be filed."""
        filed: list[FiledArrival] = []
        unfiled: list[tuple[Arrival, Exception]] = []
        for arrival in self.arrivals.listed():
            if contract.extract not in arrival.extracts:
                continue
            try:
                filed.append(self._parts.file(contract, arrival, self._path_of(arrival)))
            except (PeriodError, UnreadableFileError) as error:
                unfiled.append((arrival, error))
        return filed, unfiled

    def _path_of(self, arrival: Arrival) -> Path:
        waiting = self.arrivals.path_of(arrival)
        if waiting.exists():
            return waiting
        if not self.archive.holds(arrival.sha256):
            raise FileNotFoundError(
                f"{arrival.file_name} no longer waits in the arrival area; run the job ingest, "
                "which looks at the landing zone again"
            )
        return self.archive.path_of(arrival.sha256)

    def _file_held(self, contract: Contract, edition: Edition, part: PartRecord) -> FiledArrival:
        """A file of the archive as if it arrived again, under what was declared of it then."""
        arrival = Arrival(
            file_name=part.file_name,
            sha256=part.sha256,
            bytes=part.bytes,
            declaration=Declaration(
                coverage=edition.coverage,
                synthetic=edition.synthetic,
                period=edition.period,
                submitter=edition.submitter,
            ),
            extracts=(contract.extract,),
        )
        return self._parts.file(contract, arrival, self.archive.path_of(part.sha256))

    def _is_known(self, contract: Contract, sha256: str) -> bool:
        evaluation = self.evaluation_of(contract)
        return any(
            part.sha256 == sha256
            for edition in self.editions.of(contract.extract)
            if edition.evaluation == evaluation
            for part in edition.parts
        )

    def _known(self, contract: Contract, batch: Batch) -> Edition | None:
        """The evaluation of the same files under the same declaration, rules and code."""
        evaluation = self.evaluation_of(contract)
        for edition in reversed(self.editions.of(contract.extract)):
            if (
                edition.version == batch.version
                and edition.evaluation == evaluation
                and edition.coverage == batch.declaration.coverage
                and edition.synthetic == batch.declaration.synthetic
                and edition.submitter == batch.submitter
                and edition.period == batch.period.label
            ):
                return None if waits_for_reference(edition) else edition
        return None

    def _is_superseded(self, edition: Edition) -> bool:
        """Whether an accepted version came back after another one had replaced it."""
        if edition.verdict != "accepted":
            return False
        in_use = {e.key: e.version for e in self.editions.in_use(edition.extract)}
        return in_use.get(edition.key) != edition.version

    def _reevaluate(self, contract: Contract) -> list[Edition]:
        """Evaluate held editions again whose contract or code has changed since."""
        evaluation = self.evaluation_of(contract)
        newest = self.editions.latest_by_key(contract.extract)
        evaluated = []
        for edition in self.editions.latest_evaluations(contract.extract):
            held = all(self.archive.holds(part.sha256) for part in edition.parts)
            counts = edition.verdict == "accepted" or edition in newest
            if edition.evaluation == evaluation or not held or edition.period == UNRESOLVED:
                continue
            if not counts:
                continue
            try:
                filed = [self._file_held(contract, edition, part) for part in edition.parts]
            except (PeriodError, UnreadableFileError) as error:
                # What was accepted stays in use: the file is as good as it was.
                _log.warning(
                    "%s cannot be judged again: %s", edition.edition_id, redact(str(error))
                )
                continue
            evaluated += [
                self._evaluate(contract, batch, edition.accepted_in) for batch in batches_of(filed)
            ]
        return evaluated

    # -- one edition ---------------------------------------------------------------------------

    def _evaluate(
        self, contract: Contract, batch: Batch, accepted_in: int | None = None
    ) -> Edition:
        """Judge one edition; judged again, it keeps its place in the order of arrival."""
        problem = (
            batch.conflict()
            or self._over_retention(contract, batch)
            or self._overlapping(contract, batch)
        )
        if problem is not None:
            return self._refuse(contract, batch.arrivals, problem, batch.filing, accepted_in)
        edition = self._blank(contract, batch.arrivals, batch.filing, accepted_in)
        prepared = self.editions.working_folder(contract.extract)
        taken: list[TakenPart] = []
        for number, filed in enumerate(batch.files):
            try:
                taken.append(self._parts.take(filed, edition.edition_id, prepared, number))
            except (UnreadableFileError, RefusedFileError) as error:
                reason = f"{filed.arrival.file_name}: {error}"
                return self._refuse(contract, batch.arrivals, reason, batch.filing, accepted_in)
        edition = edition.model_copy(update={"parts": tuple(part.record for part in taken)})
        outcomes = apply_rules(
            self.connection,
            self.validator,
            self.contracts,
            edition,
            self.editions,
            prepared,
            may_repeat_keys=len(taken) > 1 or taken[0].conformed.has_repeated_keys,
        )
        verdict, reason = verdict_of(contract, batch, taken, outcomes)
        judged = edition.model_copy(
            update={
                "verdict": verdict,
                "reason": reason,
                "rules": tuple(rule_record(outcome) for outcome in outcomes),
            }
        )
        report_errors(self.connection, contract, judged, prepared)
        self.editions.record(judged, prepared)
        return judged

    def _overlapping(self, contract: Contract, batch: Batch) -> str | None:
        """Records of one submitter for overlapping periods would be counted twice."""
        if contract.period_kind != "span":
            return None
        for held in self.editions.in_use(contract.extract):
            if (
                held.submitter == batch.submitter
                and held.period != batch.period.label
                and held.synthetic == batch.declaration.synthetic
                and held.period_start is not None
                and held.period_end is not None
                and held.period_start <= batch.period.end
                and batch.period.start <= held.period_end
            ):
                names = " and ".join(arrival.file_name for arrival in batch.arrivals)
                return (
                    f"{names}: its period {batch.period.label} overlaps with {held.period}, which "
                    f"{held.submitter} has sent already; what stands in both would count twice. "
                    "Send the period that is to be replaced, or have the other one forgotten"
                )
        return None

    def _over_retention(self, contract: Contract, batch: Batch) -> str | None:
        synthetic = batch.declaration.synthetic
        if not is_expired(contract, batch.period.end, synthetic, self.as_of):
            return None
        names = " and ".join(arrival.file_name for arrival in batch.arrivals)
        return (
            f"{names}: rows about persons are kept for {contract.retention_months} months after "
            "their period, which are over; nothing of the file was kept. Take it out of the "
            "landing zone"
        )

    def _blank(
        self,
        contract: Contract,
        arrivals: Sequence[Arrival],
        filing: Filing | None,
        accepted_in: int | None = None,
    ) -> Edition:
        number = self.editions.next_number(contract.extract)
        declaration = arrivals[0].declaration
        submitter = filing.submitter if filing else declaration.submitter or contract.submitter
        period = filing.period if filing else None
        return Edition(
            extract=contract.extract,
            submitter=submitter,
            period=period.label if period else UNRESOLVED,
            period_start=period.start if period else None,
            period_end=period.end if period else None,
            version=version_of(arrival.sha256 for arrival in arrivals),
            evaluation=self.evaluation_of(contract),
            coverage=declaration.coverage,
            synthetic=declaration.synthetic,
            parts=tuple(
                PartRecord(
                    file_name=arrival.file_name,
                    sha256=arrival.sha256,
                    bytes=arrival.bytes,
                    declared_period=arrival.declaration.period,
                )
                for arrival in arrivals
            ),
            verdict="refused",
            reason="",
            accepted_in=number if accepted_in is None else accepted_in,
            recorded_in=number,
        )

    def _refuse(
        self,
        contract: Contract,
        arrivals: Sequence[Arrival],
        reason: str,
        filing: Filing | None,
        accepted_in: int | None = None,
    ) -> Edition:
        edition = self._blank(contract, arrivals, filing, accepted_in)
        declared = arrivals[0].declaration.period
        if filing is None and declared:
            try:
                edition = _dated(edition, parse_period(declared, contract.period_kind))
            except PeriodError as error:
                reason = reason if str(error) in reason else f"{reason}; {error}"
        refused = edition.model_copy(update={"reason": redact(reason)})
        if any(arrival.is_changing for arrival in arrivals):
            # Not a verdict on this content: the finished file may turn out to be the same bytes.
            refused = refused.model_copy(update={"evaluation": f"changing-{edition.evaluation}"})
        prepared = self.editions.working_folder(contract.extract)
        report_errors(self.connection, contract, refused, prepared)
        self.editions.record(refused, prepared)
        _log.warning("%s refused: %s", contract.extract, refused.reason)
        return refused


def _dated(edition: Edition, period: Period) -> Edition:
    return edition.model_copy(
        update={
            "period": period.label,
            "period_start": period.start,
            "period_end": period.end,
        }
    )


@cache
def _code_hash() -> str:
    """Hash of what turns files into verdicts: our code, and the libraries that read and check."""
    digest = hashlib.sha256()
    extracts = Path(__file__).parents[1]
    folders = [extracts / name for name in _JUDGING_FOLDERS]
    folders.append(Path(expectations.__file__).parent)
    for path in sorted(path for folder in folders for path in folder.glob("*.py")):
        digest.update(path.read_bytes())
    for package in _JUDGING_PACKAGES:
        digest.update(f"{package} {version(package)}".encode())
    return digest.hexdigest()
