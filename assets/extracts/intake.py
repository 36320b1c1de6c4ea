"""Taking one extract in: from its arrivals to accepted or refused editions.

A bad file never stops the good ones: whatever is wrong with one edition ends in its verdict, and
the last accepted edition of that period stays in use.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb

from assets.extracts.acceptance import rule_record, verdict_of, waits_for_reference
from assets.extracts.archive import Archive
from assets.extracts.arrival import Arrival, ArrivalArea
from assets.extracts.conformance import Conformance, Conformed, Part, literal
from assets.extracts.contract import Contract
from assets.extracts.editions import (
    UNRESOLVED,
    Edition,
    EditionStore,
    PartRecord,
    version_of,
)
from assets.extracts.identifiers import Finding, forbidden_headers, redact, scan, scan_ragged
from assets.extracts.landing import Declaration
from assets.extracts.periods import Period, PeriodError, parse_period
from assets.extracts.raw_views import create_raw_view
from assets.extracts.readers import RowsRead, UnreadableFileError, peek, read_rows
from assets.extracts.recognition import LayoutMatch, recognise
from assets.extracts.resolution import resolve_period
from expectations.editions import EditionFacts, ReferencedColumn, edition_rules
from expectations.rules import Outcome
from expectations.validation import Validator

_log = logging.getLogger(__name__)

_CHECKED = "checking.edition"


class RefusedFileError(ValueError):
    """A file that cannot become an edition; the message is the verdict's reason."""


@dataclass(frozen=True)
class Intake:
    """Everything that taking in needs, shared by all extracts."""

    connection: duckdb.DuckDBPyConnection
    contracts: Mapping[str, Contract]
    arrivals: ArrivalArea
    archive: Archive
    editions: EditionStore
    validator: Validator

    def evaluation_of(self, contract: Contract) -> str:
        """What a verdict depends on beside the file: contract and the code that applies it."""
        return hashlib.sha256(f"{contract.content_hash}{_code_hash()}".encode()).hexdigest()

    def take_in(self, extract: str) -> list[Edition]:
        """Evaluate what arrived for an extract, and what was held under older rules.

        Returns:
            The editions that were evaluated now, accepted or not.
        """
        contract = self.contracts[extract]
        evaluated = []
        for arrival in self._broken(extract):
            if not self._is_known(contract, arrival.sha256):
                reason = f"{arrival.file_name}: {dict(arrival.broken)[extract]}"
                evaluated.append(self._refuse(contract, arrival, reason, None))
        for period, batch in self._batches(contract):
            known = self._known(contract, batch, period)
            if known is None:
                evaluated.append(self._evaluate(contract, batch))
            elif self._is_superseded(known):
                evaluated.append(self.editions.renumber(known))
        evaluated += self._reevaluate(contract)
        self._create_raw_view(contract)
        return evaluated

    # -- what arrived --------------------------------------------------------------------------

    def _broken(self, extract: str) -> list[Arrival]:
        return [a for a in self.arrivals.listed() if extract in dict(a.broken)]

    def _batches(self, contract: Contract) -> list[tuple[str, list[Arrival]]]:
        """Period and arrivals of each edition that came in; an unknown period stands alone."""
        batches: dict[tuple[str, str, str], dict[str, Arrival]] = {}
        for arrival in self.arrivals.listed():
            if contract.extract not in arrival.extracts:
                continue
            try:
                period, alone = self._period_of(contract, arrival).label, ""
            except (PeriodError, UnreadableFileError):
                period, alone = UNRESOLVED, arrival.sha256
            submitter = arrival.declaration.submitter or contract.submitter
            batches.setdefault((submitter, period, alone), {})[arrival.sha256] = arrival
        return [(period, list(batch.values())) for (_, period, _), batch in batches.items()]

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

    def _period_of(self, contract: Contract, arrival: Arrival) -> Period:
        match = self._match(contract, arrival.file_name, self._path_of(arrival))
        return resolve_period(contract, match, arrival.file_name, arrival.declaration)

    def _match(self, contract: Contract, file_name: str, path: Path) -> LayoutMatch:
        found = recognise(file_name, peek(path), {contract.extract: contract})
        if not found.matches:
            raise UnreadableFileError(dict(found.broken).get(contract.extract, found.reason))
        return found.matches[0]

    def _is_known(self, contract: Contract, sha256: str) -> bool:
        evaluation = self.evaluation_of(contract)
        return any(
            part.sha256 == sha256
            for edition in self.editions.of(contract.extract)
            if edition.evaluation == evaluation
            for part in edition.parts
        )

    def _known(self, contract: Contract, batch: Sequence[Arrival], period: str) -> Edition | None:
        """The evaluation of the same files under the same declaration, rules and code."""
        version = version_of(arrival.sha256 for arrival in batch)
        evaluation = self.evaluation_of(contract)
        declaration = batch[0].declaration
        for edition in reversed(self.editions.of(contract.extract)):
            if (
                edition.version == version
                and edition.evaluation == evaluation
                and edition.coverage == declaration.coverage
                and edition.synthetic == declaration.synthetic
                and edition.submitter == (declaration.submitter or contract.submitter)
                and edition.period == period
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
        evaluated = []
        for edition in self.editions.latest_evaluations(contract.extract):
            held = all(self.archive.holds(part.sha256) for part in edition.parts)
            if edition.evaluation == evaluation or not held or edition.period == UNRESOLVED:
                continue
            declaration = Declaration(
                coverage=edition.coverage,
                synthetic=edition.synthetic,
                period=edition.period,
                submitter=edition.submitter,
            )
            batch = [
                Arrival(
                    file_name=part.file_name,
                    sha256=part.sha256,
                    bytes=part.bytes,
                    declaration=declaration,
                    extracts=(contract.extract,),
                )
                for part in edition.parts
            ]
            evaluated.append(self._evaluate(contract, batch))
        return evaluated

    # -- one edition ---------------------------------------------------------------------------

    def _evaluate(self, contract: Contract, batch: Sequence[Arrival]) -> Edition:
        arrival = batch[0]
        if len(batch) > 1:
            names = " and ".join(sorted(a.file_name for a in batch))
            reason = (
                f"{names} both claim the same period and differ; a period is one file: "
                "leave the right one in the landing zone"
            )
            return self._refuse(
                contract, arrival, reason, self._period_of(contract, arrival), batch
            )
        path = self._path_of(arrival)
        period: Period | None = None
        try:
            match = self._match(contract, arrival.file_name, path)
            period = resolve_period(contract, match, arrival.file_name, arrival.declaration)
            return self._read_and_judge(contract, arrival, match, period, path)
        except (UnreadableFileError, PeriodError, RefusedFileError) as error:
            return self._refuse(contract, arrival, f"{arrival.file_name}: {error}", period)
        finally:
            self.connection.execute("drop table if exists arrived")

    def _read_and_judge(
        self,
        contract: Contract,
        arrival: Arrival,
        match: LayoutMatch,
        period: Period,
        path: Path,
    ) -> Edition:
        read = read_rows(self.connection, path, match.layout, match.sheet.name, "arrived")
        finding = self._scan(contract, match)
        scan_ragged(finding, ((row.source_row_number, row.text) for row in read.ragged))
        if finding.refuses_file:
            raise RefusedFileError(
                f"patient-identifiable data: {finding.describe()}; nothing of the file was "
                "kept. Remove the identifiers at source and deliver it again"
            )
        if finding.rows and match.sheet.name is not None:
            raise RefusedFileError(
                f"patient-identifiable data: {finding.describe()}; a workbook cannot be kept "
                "with the value redacted. Remove it and deliver the workbook again"
            )
        self.archive.keep(path, arrival.sha256, arrival.file_name, bool(finding.rows))
        edition = self._blank(contract, [arrival], period)
        part = Part(
            edition.edition_id,
            period,
            arrival.declaration.coverage,
            arrival.file_name,
            arrival.sha256,
        )
        prepared = self.editions.working_folder(contract.extract)
        conformed = Conformance(self.connection, match, part).run(
            finding.rows, read.ragged, prepared / "rows.parquet", prepared / "quarantine.parquet"
        )
        self._require_all_rows(read, conformed)
        outcomes = self._apply_rules(contract, edition, prepared / "rows.parquet")
        verdict, reason = verdict_of(contract, match, read, conformed, outcomes)
        if verdict == "refused":
            reason = f"{arrival.file_name}: {reason}"
        judged = edition.model_copy(
            update={
                "parts": (
                    PartRecord(
                        file_name=arrival.file_name,
                        sha256=arrival.sha256,
                        bytes=arrival.bytes,
                        layout=match.layout.name,
                        rows_in_file=read.rows_in_file,
                        rows_loaded=conformed.rows_loaded,
                        rows_quarantined=conformed.rows_quarantined,
                    ),
                ),
                "verdict": verdict,
                "reason": reason,
                "rules": tuple(rule_record(outcome) for outcome in outcomes),
            }
        )
        self.editions.record(judged, prepared)
        return judged

    def _scan(self, contract: Contract, match: LayoutMatch) -> Finding:
        headers = match.sheet.first_row if match.layout.header else ()
        types = {column.name: column.type for column in match.layout.columns}
        spelt = {
            f"c{position}": headers[position] if headers else name
            for name, position in match.positions.items()
        }
        is_text = {f"c{p}": types[name] == "string" for name, p in match.positions.items()}
        texts = {cell: header for cell, header in spelt.items() if is_text[cell]}
        texts |= {f"c{position}": header for position, header in match.unknown}
        numbers = {cell: header for cell, header in spelt.items() if not is_text[cell]}
        if match.layout.wide:
            numbers |= {f"c{position}": headers[position] for position in match.wide}
        finding = scan(self.connection, "arrived", texts, numbers)
        finding.forbidden_headers = forbidden_headers(headers, contract.allowed_identifiers)
        return finding

    @staticmethod
    def _require_all_rows(read: RowsRead, conformed: Conformed) -> None:
        accounted = conformed.rows_loaded + conformed.rows_quarantined
        if accounted != read.rows_in_file:
            raise RefusedFileError(
                f"{read.rows_in_file} rows in the file but {accounted} loaded or quarantined; "
                "this is a defect of the platform, please report it"
            )

    def _apply_rules(self, contract: Contract, edition: Edition, rows: Path) -> list[Outcome]:
        self.connection.execute("create schema if not exists checking")
        self.connection.execute(
            f"create or replace view {_CHECKED} as select * from read_parquet({literal(str(rows))})"
        )
        bounds = contract.rows_expected
        earlier = [
            held
            for held in self.editions.in_use(contract.extract)
            if held.coverage == "whole"
            and held.synthetic == edition.synthetic
            and held.period_start is not None
            and edition.period_start is not None
            and held.period_start <= edition.period_start
            and held.version != edition.version
        ]
        facts = EditionFacts(
            table=_CHECKED,
            extract=contract.extract,
            owner=contract.owner,
            key=contract.key,
            required_columns=tuple(n for n, c in contract.columns.items() if c.not_null),
            rows_at_least=bounds.at_least if bounds else None,
            rows_at_most=bounds.at_most if bounds else None,
            rows_reason=bounds.reason if bounds else "",
            is_whole=edition.coverage == "whole",
            is_synthetic=edition.synthetic,
            previous_rows=earlier[-1].rows_loaded if earlier else None,
            references=tuple(
                ReferencedColumn(column, extract, referenced)
                for column, (extract, referenced) in contract.references.items()
            ),
        )
        outcomes = self.validator.validate(edition_rules(facts))
        self.connection.execute(f"drop view {_CHECKED}")
        return outcomes

    def _blank(
        self, contract: Contract, batch: Sequence[Arrival], period: Period | None
    ) -> Edition:
        declaration = batch[0].declaration
        return Edition(
            extract=contract.extract,
            submitter=declaration.submitter or contract.submitter,
            period=period.label if period else UNRESOLVED,
            period_start=period.start if period else None,
            period_end=period.end if period else None,
            version=version_of(arrival.sha256 for arrival in batch),
            evaluation=self.evaluation_of(contract),
            coverage=declaration.coverage,
            synthetic=declaration.synthetic,
            parts=tuple(
                PartRecord(
                    file_name=arrival.file_name,
                    sha256=arrival.sha256,
                    bytes=arrival.bytes,
                    layout=None,
                    rows_in_file=0,
                    rows_loaded=0,
                    rows_quarantined=0,
                )
                for arrival in batch
            ),
            verdict="refused",
            reason="",
            accepted_in=self.editions.next_number(contract.extract),
        )

    def _refuse(
        self,
        contract: Contract,
        arrival: Arrival,
        reason: str,
        period: Period | None,
        batch: Sequence[Arrival] = (),
    ) -> Edition:
        if period is None and arrival.declaration.period:
            try:
                period = parse_period(arrival.declaration.period, contract.period_kind)
            except PeriodError as error:
                reason = reason if str(error) in reason else f"{reason}; {error}"
        edition = self._blank(contract, batch or [arrival], period)
        refused = edition.model_copy(update={"reason": redact(reason)})
        if arrival.is_changing:
            # Not a verdict on this content: the finished file may turn out to be the same bytes.
            refused = refused.model_copy(update={"evaluation": f"changing-{edition.evaluation}"})
        self.editions.record(refused, self.editions.working_folder(contract.extract))
        _log.warning("%s refused: %s", contract.extract, refused.reason)
        return refused

    # -- the raw table -------------------------------------------------------------------------

    def _create_raw_view(self, contract: Contract) -> None:
        create_raw_view(self.connection, contract, self.editions, include_synthetic=True)


@cache
def _code_hash() -> str:
    """Hash of the code that turns files into verdicts."""
    digest = hashlib.sha256()
    folder = Path(__file__).parent
    expectations = folder.parent.parent / "expectations"
    for path in sorted([*folder.glob("*.py"), *expectations.glob("*.py")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()
