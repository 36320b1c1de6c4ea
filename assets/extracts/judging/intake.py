"""Taking one extract in: from its arrivals to accepted or refused editions.

A bad file never stops the good ones: whatever is wrong with one edition ends in its verdict, and
the last accepted edition of that period stays in use.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, partial
from itertools import islice
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
from assets.extracts.holding.retention import expire
from assets.extracts.identifiers.detectors import redact
from assets.extracts.judging.acceptance import rule_records, verdict_of
from assets.extracts.judging.batches import (
    Batch,
    batches_of,
    complete_with_held,
    over_retention,
    overlapping,
    without_replaced,
)
from assets.extracts.judging.checking_area import CheckingArea
from assets.extracts.judging.examining_ahead import Ahead, ToExamine, examining_ahead
from assets.extracts.judging.file_scan import RefusedFileError, WorkbookMemory
from assets.extracts.judging.filing import Claims, Filer, claims_of
from assets.extracts.judging.parts import FiledArrival, PartIntake, TakenPart
from assets.extracts.judging.rules_on_editions import apply_rules
from assets.extracts.judging.verdicts import Verdicts
from assets.extracts.providers.error_report import report_errors
from assets.extracts.reading.resolution import Filing
from assets.extracts.reading.sheets import UnreadableFileError
from expectations.validation import Validator

_log = logging.getLogger(__name__)

# The next night may find the archive restored, or the platform put right.
_SAYS_NOTHING_OF_THE_FILE = (DefectError, DamagedArchiveError)
# Of a JSON document all of it is in memory once it is opened: not of years of editions at once.
_OPENED_AT_ONCE = 16


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
    def _verdicts(self) -> Verdicts:
        return Verdicts(self.contracts, self.archive, self.editions)

    @property
    def _filer(self) -> Filer:
        return Filer(self._parts, self.arrivals, self.archive, self.editions, self.as_of)

    @cached_property
    def _checking_area(self) -> CheckingArea:
        return CheckingArea(self.connection, self.contracts)

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
            if broken is not None and not self._verdicts.is_known(contract, arrival.sha256):
                reason = f"{arrival.file_name}: {broken}"
                evaluated.append(self._refuse(contract, [arrival], reason, None))
        filed, unfiled = self._filer.arrived(contract, self._verdicts.evaluation_of(contract))
        for arrival, problem in unfiled:
            if not self._verdicts.is_known(contract, arrival.sha256):
                reason = f"{arrival.file_name}: {problem}"
                evaluated.append(self._refuse(contract, [arrival], reason, None, cause=problem))
        claims = claims_of(filed)
        judged = self.editions.of(extract)
        newest = [without_replaced(batch, judged) for batch in batches_of(filed)]
        new = [batch for batch in newest if self._verdicts.known(contract, batch) is None]
        with self._checking_area.of_one_extract():
            with self._examining_ahead(contract, new) as ahead:
                take_in = partial(self._take_in, claims=claims, ahead=ahead)
                for batch in newest:
                    edition = self._guarded(contract, batch, take_in)
                    evaluated += [edition] if edition else []
            self._withdraw(self.editions.of(extract), claims)
            evaluated += self._reevaluate(contract, {(e.key, e.version) for e in evaluated})
        create_raw_views(self.connection, contract, self.editions, include_synthetic=True)
        return evaluated

    def _examining_ahead(
        self, contract: Contract, batches: Iterable[Batch]
    ) -> AbstractContextManager[Ahead]:
        """Examine the files of batches that are to be judged, before they are."""
        files = [
            ToExamine(filed, batch.edition_id(contract), number)
            for batch in batches
            if self._unfit(contract, batch) is None
            for number, filed in enumerate(batch.files)
        ]
        return examining_ahead(self._parts, self.editions, contract.extract, files)

    def _take_in(
        self, contract: Contract, batch: Batch, *, claims: Claims, ahead: Ahead
    ) -> Edition | None:
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
        known = self._verdicts.known(contract, whole)
        if known is None:
            return self._evaluate(contract, whole, ahead=ahead)
        return self.editions.renumber(known) if self._verdicts.is_superseded(known) else None

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

    # -- what is held --------------------------------------------------------------------------

    def _reevaluate(
        self, contract: Contract, done: Collection[tuple[tuple[str, ...], str]]
    ) -> list[Edition]:
        """Evaluate held editions again: contract or code has changed, or what they wait for came.

        Args:
            contract: of the extract.
            done: keys and versions that were evaluated in this run already.
        """
        unsettled = self._verdicts.unsettled(contract, done)
        evaluated: list[Edition] = []
        while editions := list(islice(unsettled, _OPENED_AT_ONCE)):
            evaluated += self._judge_again(contract, editions)
        return evaluated

    def _judge_again(self, contract: Contract, editions: Iterable[Edition]) -> list[Edition]:
        due = [
            (edition, filed)
            for edition in editions
            if (filed := self._filed(contract, edition)) is not None
        ]
        evaluated = []
        batches = [batch for _, filed in due for batch in batches_of(filed)]
        with self._examining_ahead(contract, batches) as ahead:
            for edition, filed in due:
                again = partial(self._evaluate, ahead=ahead, accepted_in=edition.accepted_in)
                for batch in batches_of(filed):
                    judged = self._guarded(contract, batch, again)
                    evaluated += [judged] if judged else []
                self._withdraw([edition], claims_of(filed))
        return evaluated

    def _filed(self, contract: Contract, edition: Edition) -> list[FiledArrival] | None:
        """The files of a held edition as they are filed now; None if they cannot be."""
        try:
            return [self._filer.held(contract, edition, part) for part in edition.parts]
        except Exception as error:
            if not isinstance(error, (PeriodError, UnreadableFileError, DamagedArchiveError)):
                log_defect(_log, edition.edition_id, error)
            # What was accepted stays in use: the file is as good as it was.
            _log.warning("%s cannot be judged again: %s", edition.edition_id, redact(str(error)))
            return None

    # -- one edition ---------------------------------------------------------------------------

    def _unfit(self, contract: Contract, batch: Batch) -> str | None:
        """Why a batch is no edition, whatever its files hold; None if it may be one."""
        return (
            batch.conflict()
            or over_retention(contract, batch, self.as_of)
            or overlapping(contract, batch, self.editions)
        )

    def _evaluate(
        self, contract: Contract, batch: Batch, *, ahead: Ahead, accepted_in: int | None = None
    ) -> Edition:
        """Judge one edition; judged again, it keeps its place in the order of arrival."""
        problem = self._unfit(contract, batch)
        if problem is not None:
            return self._refuse(contract, batch.arrivals, problem, batch.filing, accepted_in)
        edition = self._blank(contract, batch.arrivals, batch.filing, accepted_in)
        prepared = self.editions.working_folder(contract.extract)
        taken: list[TakenPart] = []
        for number, filed in enumerate(batch.files):
            try:
                file = ToExamine(filed, edition.edition_id, number)
                taken.append(self._parts.keep(ahead.examine(file, prepared)))
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
            evaluation=self._verdicts.evaluation_of(contract),
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
            judged_beside=self._verdicts.referenced(contract),
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
