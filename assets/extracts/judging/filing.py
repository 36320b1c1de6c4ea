"""Filing: under which submitter, period and part the files of an extract belong.

What stands on record of a file is not asked again: a known file is not opened.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import duckdb

from assets.extracts.arriving.arrival import Arrival, ArrivalArea
from assets.extracts.arriving.landing import Declaration
from assets.extracts.contract_model.contract import Contract
from assets.extracts.contract_model.periods import Period, PeriodError
from assets.extracts.defects import DefectError, log_defect
from assets.extracts.holding.archive import Archive, DamagedArchiveError
from assets.extracts.holding.editions import Edition, EditionStore, PartRecord
from assets.extracts.judging.parts import FiledArrival, PartIntake
from assets.extracts.reading.resolution import Filing
from assets.extracts.reading.sheets import UnreadableFileError

_log = logging.getLogger(__name__)

# Submitter and period under which each file is filed, by its hash.
Claims = Mapping[str, Collection[tuple[str, str]]]


@dataclass(frozen=True)
class Filer:
    """Files what arrived, and what is held, under what its contract says."""

    parts: PartIntake
    arrivals: ArrivalArea
    archive: Archive
    editions: EditionStore
    as_of: date | None = None

    def arrived(
        self, contract: Contract, evaluation: str
    ) -> tuple[list[FiledArrival], list[tuple[Arrival, Exception]]]:
        """What arrived for an extract with what it is filed under, and what cannot be filed.

        Args:
            contract: of the extract.
            evaluation: contract and code as they are now; what was filed under them stands.
        """
        filed: list[FiledArrival] = []
        unfiled: list[tuple[Arrival, Exception]] = []
        known = self._known(contract, evaluation)
        seen: set[str] = set()
        for arrival in self.arrivals.listed():
            if contract.extract not in arrival.extracts:
                continue
            if contract.submitter_from_file and arrival.sha256 in seen:
                # The same bytes under two names are one source.
                continue
            seen.add(arrival.sha256)
            said = arrival.declaration
            filing = known.get((arrival.sha256, arrival.file_name, said.period, said.submitter))
            try:
                if filing:
                    located = partial(self._path_of, arrival)
                    filed.append(FiledArrival(contract, arrival, located, filing))
                    continue
                path, day = self._path_of(arrival), self._arrived_on(contract, arrival)
                filed.append(self.parts.file(contract, arrival, path, day))
            except (PeriodError, UnreadableFileError, DamagedArchiveError) as error:
                unfiled.append((arrival, error))
            except duckdb.FatalException:
                raise
            except Exception as error:
                told = log_defect(_log, arrival.file_name, error)
                unfiled.append((arrival, DefectError(told)))
        return filed, unfiled

    def held(self, contract: Contract, edition: Edition, part: PartRecord) -> FiledArrival:
        """A file of the archive as if it arrived again, under what was declared of it then.

        Raises:
            DamagedArchiveError: when it is not what was put there.
            UnreadableFileError: when it does not fit the contract any more.
            PeriodError: when its period cannot be resolved any more.
        """
        arrival = Arrival(
            file_name=part.file_name,
            sha256=part.sha256,
            bytes=part.bytes,
            declaration=Declaration(
                coverage=edition.coverage,
                synthetic=edition.synthetic,
                # What the contract says of the period may have been put right since.
                period=part.declared_period,
                submitter=edition.submitter,
            ),
            extracts=(contract.extract,),
        )
        path = self._archived(part.sha256)
        return self.parts.file(contract, arrival, path, self._arrived_on(contract, arrival))

    def _arrived_on(self, contract: Contract, arrival: Arrival) -> date | None:
        """The day on which a file came first, whatever night it is now."""
        if not contract.period_from.arrival:
            return None
        days = [
            edition.period_start
            for edition in self.editions.of(contract.extract)
            if edition.period_start and arrival.sha256 in {part.sha256 for part in edition.parts}
        ]
        return days[0] if days else self.as_of or date.today()

    def _known(
        self, contract: Contract, evaluation: str
    ) -> dict[tuple[str, str, str | None, str | None], Filing]:
        """What files were filed under, by all that decides it beside contract and code."""
        return {
            (part.sha256, part.file_name, part.declared_period, part.declared_submitter): Filing(
                Period(edition.period_start, edition.period_end, edition.period),
                edition.submitter,
                part.part,
            )
            for edition in self.editions.of(contract.extract)
            if edition.evaluation == evaluation and edition.period_start and edition.period_end
            for part in edition.parts
            # A part without a layout was not taken in, and not all is known of it.
            if part.layout is not None
        }

    def _path_of(self, arrival: Arrival) -> Path:
        waiting = self.arrivals.path_of(arrival)
        if waiting.exists():
            return waiting
        if not self.archive.holds(arrival.sha256):
            raise FileNotFoundError(
                f"{arrival.file_name} no longer waits in the arrival area; run the job ingest, "
                "which looks at the landing zone again"
            )
        return self._archived(arrival.sha256)

    def _archived(self, sha256: str) -> Path:
        self.archive.check(sha256)
        return self.archive.path_of(sha256)


def claims_of(filed: Iterable[FiledArrival]) -> Claims:
    """Submitter and period of each file, by its hash."""
    found: dict[str, set[tuple[str, str]]] = {}
    for file in filed:
        key = (file.filing.submitter, file.filing.period.label)
        found.setdefault(file.arrival.sha256, set()).add(key)
    return found
