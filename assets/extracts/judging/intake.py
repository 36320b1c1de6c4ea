"""Taking one extract in: from its arrivals to accepted or refused editions.

A bad file never stops the good ones: whatever is wrong with one edition ends in its verdict, and
the last accepted edition of that period stays in use.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, partial
from pathlib import Path

import duckdb

from assets.extracts.arriving.arrival import Arrival, ArrivalArea
from assets.extracts.contract_model.contract import Contract
from assets.extracts.contract_model.periods import PeriodError, parse_period
from assets.extracts.defects import DefectError, log_defect
from assets.extracts.holding.archive import Archive, DamagedArchiveError
from assets.extracts.holding.editions import (
    CHANGING,
    FAILING,
    UNRESOLVED,
    Edition,
    EditionStore,
    PartRecord,
    version_of,
)
from assets.extracts.holding.raw_views import create_raw_views
from assets.extracts.holding.retention import expire, is_expired
from assets.extracts.identifiers.detectors import redact
from assets.extracts.judged_by import code_hash
from assets.extracts.judging.acceptance import rule_records, verdict_of, waits_for_reference
from assets.extracts.judging.batches import (
    Batch,
    batches_of,
    complete_with_held,
    without_replaced,
)
from assets.extracts.judging.checking_area import CheckingArea
from assets.extracts.judging.file_scan import RefusedFileError, WorkbookMemory
from assets.extracts.judging.filing import Claims, Filer, claims_of
from assets.extracts.judging.parts import PartIntake, TakenPart
from assets.extracts.judging.rules_on_editions import apply_rules
from assets.extracts.providers.error_report import report_errors
from assets.extracts.reading.resolution import Filing
from assets.extracts.reading.sheets import UnreadableFileError
from expectations.validation import Validator

_log = logging.getLogger(__name__)

# The next night may find the archive restored, or the platform put right.
_SAYS_NOTHING_OF_THE_FILE = (DefectError, DamagedArchiveError)


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
    memory: WorkbookMemory = field(default_factory=WorkbookMemory)

    @property
    def _parts(self) -> PartIntake:
        return PartIntake(self.connection, self.contracts, self.archive, self.memory)

    @property
    def _filer(self) -> Filer:
        return Filer(self._parts, self.arrivals, self.archive, self.editions, self.as_of)

    @cached_property
    def _checking_area(self) -> CheckingArea:
        return CheckingArea(self.connection, self.contracts)

    def evaluation_of(self, contract: Contract) -> str:
        """What a verdict depends on beside the file: contract and the code that applies it."""
        return hashlib.sha256(f"{contract.content_hash}{code_hash()}".encode()).hexdigest()

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
        filed, unfiled = self._filer.arrived(contract, self.evaluation_of(contract))
        for arrival, problem in unfiled:
            if not self._is_known(contract, arrival.sha256):
                reason = f"{arrival.file_name}: {problem}"
                evaluated.append(self._refuse(contract, [arrival], reason, None, cause=problem))
        claims = claims_of(filed)
        judged = self.editions.of(extract)
        with self._checking_area.of_one_extract():
            for batch in batches_of(filed):
                newest = without_replaced(batch, judged)
                edition = self._guarded(contract, newest, partial(self._take_in, claims=claims))
                evaluated += [edition] if edition else []
            self._withdraw(self.editions.of(extract), claims)
            evaluated += self._reevaluate(contract, {(e.key, e.version) for e in evaluated})
        create_raw_views(self.connection, contract, self.editions, include_synthetic=True)
        return evaluated

    def _take_in(self, contract: Contract, batch: Batch, *, claims: Claims) -> Edition | None:
        """What is new of a batch, evaluated."""
        try:
            whole = complete_with_held(
                batch,
                contract,
                self.editions,
                # A file that is declared otherwise now is no part of what it was declared before.
                lambda sha256: sha256 not in claims and self.archive.holds(sha256),
                self._filer.held,
            )
        except (PeriodError, UnreadableFileError, DamagedArchiveError) as error:
            return self._refuse(contract, batch.arrivals, str(error), batch.filing, cause=error)
        known = self._known(contract, whole)
        if known is None:
            return self._evaluate(contract, whole)
        return self.editions.renumber(known) if self._is_superseded(known) else None

    def _guarded(
        self, contract: Contract, batch: Batch, judge: Callable[[Contract, Batch], Edition | None]
    ) -> Edition | None:
        """Whatever goes wrong with one edition refuses that one, and the others go on."""
        try:
            return judge(contract, batch)
        except duckdb.FatalException:
            # The engine is of no use any more, to no edition.
            raise
        except Exception as error:
            names = " and ".join(arrival.file_name for arrival in batch.arrivals)
            told = log_defect(_log, f"{contract.extract}: {names}", error)
            defect = DefectError(f"{names}: {told}")
            return self._refuse(contract, batch.arrivals, str(defect), batch.filing, cause=defect)

    def _withdraw(self, editions: Iterable[Edition], claims: Claims) -> None:
        """Take out editions whose files are filed otherwise now: a wrong declaration, put right."""
        for edition in editions:
            now = [claims.get(part.sha256) for part in edition.parts]
            if all(keys and (edition.submitter, edition.period) not in keys for keys in now):
                _log.warning(
                    "%s of %s is taken out: its files are filed otherwise now",
                    edition.edition_id,
                    edition.submitter,
                )
                self.editions.remove(edition)

    # -- what is known -------------------------------------------------------------------------

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
                return None if self._may_be_lifted(contract, edition) else edition
        return None

    def _may_be_lifted(self, contract: Contract, edition: Edition) -> bool:
        """Whether the verdict waits for another extract, of which others are in use since."""
        is_waiting = waits_for_reference(edition)
        return is_waiting and edition.judged_beside != self._referenced(contract)

    def _referenced(self, contract: Contract) -> str:
        """What is in use of the extracts that this one refers to."""
        extracts = sorted({extract for extract, _ in contract.references.values()})
        held = [f"{x}/{e.folder_name}" for x in extracts for e in self.editions.in_use(x)]
        return hashlib.sha256("\n".join(held).encode()).hexdigest()

    def _is_superseded(self, edition: Edition) -> bool:
        """Whether an accepted version came back after another one had replaced it."""
        if edition.verdict != "accepted":
            return False
        versions = [
            held.version
            for held in self.editions.accepted(edition.extract)
            if held.key == edition.key and held.synthetic == edition.synthetic
        ]
        return versions[-1:] != [edition.version]

    def _reevaluate(
        self, contract: Contract, done: Collection[tuple[tuple[str, ...], str]]
    ) -> list[Edition]:
        """Evaluate held editions again: contract or code has changed, or what they wait for came.

        Args:
            contract: of the extract.
            done: keys and versions that were evaluated in this run already.
        """
        evaluation = self.evaluation_of(contract)
        newest = self.editions.latest_by_key(contract.extract)
        evaluated = []
        for edition in self.editions.latest_evaluations(contract.extract):
            held = all(self.archive.holds(part.sha256) for part in edition.parts)
            counts = edition.verdict == "accepted" or edition in newest
            is_settled = edition.evaluation == evaluation and not self._may_be_lifted(
                contract, edition
            )
            if is_settled or not held or edition.period == UNRESOLVED:
                continue
            if not counts or (edition.key, edition.version) in done:
                continue
            try:
                filed = [self._filer.held(contract, edition, part) for part in edition.parts]
            except Exception as error:
                if not isinstance(error, (PeriodError, UnreadableFileError, DamagedArchiveError)):
                    log_defect(_log, edition.edition_id, error)
                # What was accepted stays in use: the file is as good as it was.
                _log.warning(
                    "%s cannot be judged again: %s", edition.edition_id, redact(str(error))
                )
                continue
            again = partial(self._evaluate, accepted_in=edition.accepted_in)
            for batch in batches_of(filed):
                judged = self._guarded(contract, batch, again)
                evaluated += [judged] if judged else []
            self._withdraw([edition], claims_of(filed))
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
            except (UnreadableFileError, RefusedFileError, DamagedArchiveError) as error:
                reason = f"{filed.arrival.file_name}: {error}"
                return self._refuse(
                    contract, batch.arrivals, reason, batch.filing, accepted_in, cause=error
                )
        edition = edition.model_copy(update={"parts": tuple(part.record for part in taken)})
        ruled = apply_rules(
            self._checking_area,
            self.validator,
            self.contracts,
            edition,
            self.editions,
            prepared,
            may_repeat_keys=len(taken) > 1 or taken[0].conformed.has_repeated_keys,
        )
        titles = {name: other.title for name, other in self.contracts.items()}
        verdict, reason = verdict_of(contract, batch, taken, ruled, titles)
        judged = edition.model_copy(
            update={
                "verdict": verdict,
                "reason": reason,
                "rules": rule_records(ruled),
            }
        )
        report_errors(self.connection, contract, judged, prepared, taken, ruled)
        self._record(judged, prepared)
        return judged

    def _record(self, edition: Edition, prepared: Path) -> None:
        self.editions.record(edition, prepared)
        self.archive.confirm(part.sha256 for part in edition.parts)

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
                    declared_submitter=arrival.declaration.submitter,
                )
                for arrival in arrivals
            ),
            verdict="refused",
            reason="",
            judged_beside=self._referenced(contract),
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
        *,
        cause: Exception | None = None,
    ) -> Edition:
        """Record a refusal; the next run judges again if its cause says nothing of the file."""
        edition = self._blank(contract, arrivals, filing, accepted_in)
        declared = arrivals[0].declaration.period
        if filing is None and declared:
            try:
                edition = edition.of_period(parse_period(declared, contract.period_kind))
            except PeriodError as error:
                reason = reason if str(error) in reason else f"{reason}; {error}"
        refused = edition.model_copy(update={"reason": redact(reason)})
        if any(arrival.is_changing for arrival in arrivals):
            # Not a verdict on this content: the finished file may turn out to be the same bytes.
            refused = refused.model_copy(update={"evaluation": f"{CHANGING}{edition.evaluation}"})
        _log.warning("%s refused: %s", contract.extract, refused.reason)
        if isinstance(cause, _SAYS_NOTHING_OF_THE_FILE):
            refused = refused.model_copy(update={"evaluation": f"{FAILING}{edition.evaluation}"})
            if any(
                (held.key, held.version) == (refused.key, refused.version)
                for held in self.editions.accepted(contract.extract)
            ):
                # Our defect says nothing of the file: what was accepted stays in use.
                return refused
        prepared = self.editions.working_folder(contract.extract)
        report_errors(self.connection, contract, refused, prepared)
        self._record(refused, prepared)
        return refused
