"""Batches: files that arrived together and make one edition, with what is held of it already."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from assets.extracts.arriving.arrival import Arrival
from assets.extracts.arriving.landing import Declaration
from assets.extracts.contract_model.contract import Contract
from assets.extracts.contract_model.periods import Period
from assets.extracts.holding.editions import (
    Edition,
    EditionStore,
    PartRecord,
    edition_id_of,
    version_of,
)
from assets.extracts.holding.retention import is_expired
from assets.extracts.judging.parts import FiledArrival
from assets.extracts.reading.resolution import Filing


@dataclass(frozen=True)
class Batch:
    """The files of one edition, in the order of their parts."""

    files: tuple[FiledArrival, ...]

    @property
    def filing(self) -> Filing:
        """What the edition is filed under."""
        return self.files[0].filing

    @property
    def period(self) -> Period:
        """The period that all files describe."""
        return self.filing.period

    @property
    def submitter(self) -> str:
        """Who sent them."""
        return self.filing.submitter

    @property
    def arrivals(self) -> list[Arrival]:
        """The files as they arrived."""
        return [filed.arrival for filed in self.files]

    @property
    def declaration(self) -> Declaration:
        """What the operator says of the edition."""
        return self.files[0].arrival.declaration

    @property
    def version(self) -> str:
        """Version of the edition that these files make."""
        return version_of(arrival.sha256 for arrival in self.arrivals)

    def edition_id(self, contract: Contract) -> str:
        """Of the edition that these files make."""
        return edition_id_of(contract.extract, self.period.label, self.version)

    @property
    def parts(self) -> frozenset[str]:
        """The parts that are there."""
        return frozenset(filed.filing.part for filed in self.files)

    def conflict(self) -> str | None:
        """What is wrong if two different files claim one part, or one all of them, else nothing."""
        whole = [f.arrival.file_name for f in self.files if not f.filing.part]
        if whole and len(self.parts) > 1:
            named = ", ".join(sorted(self.parts - {""}))
            return (
                f"{' and '.join(sorted(whole))} names no part, beside files of the same period "
                f"for {named}; leave the whole or the parts in the landing zone"
            )
        for part in sorted(self.parts):
            claims = [f.arrival.file_name for f in self.files if f.filing.part == part]
            if len(claims) > 1:
                of_part = f" (part {part})" if part else ""
                return (
                    f"{' and '.join(sorted(claims))} both claim the same period{of_part} and "
                    "differ; leave the right one in the landing zone"
                )
        return None


def batches_of(filed: Iterable[FiledArrival]) -> list[Batch]:
    """Files by submitter and period; the same bytes under two names are one file."""
    found: dict[tuple[str, str], dict[str, FiledArrival]] = {}
    for file in filed:
        key = (file.filing.submitter, file.filing.period.label)
        found.setdefault(key, {}).setdefault(file.arrival.sha256, file)
    return [
        Batch(tuple(sorted(files.values(), key=lambda f: (f.filing.part, f.arrival.file_name))))
        for files in found.values()
    ]


def without_replaced(batch: Batch, held: Sequence[Edition]) -> Batch:
    """The batch without files that a newer one replaces while they still lie in the landing zone.

    A file that was judged in an earlier night gives way to one that was not, and to one that came
    after it. Two that came in the same night contradict each other, and both stay.

    Args:
        batch: the files that arrived for one submitter and period.
        held: every evaluation of the extract.
    """
    replaced: set[str] = set()
    for part in batch.parts:
        claims = {f.arrival.sha256 for f in batch.files if f.filing.part == part}
        # An evaluation that has two of the claims is one of their contradiction.
        judged = [(e.accepted_in, claims & {p.sha256 for p in e.parts}) for e in held]
        came = {sha256: n for n, found in judged if len(found) == 1 for sha256 in found}
        if len(claims) > 1 and came:
            last = max(came, key=lambda sha256: came[sha256])
            replaced |= came.keys() if claims - came.keys() else came.keys() - {last}
    return Batch(tuple(f for f in batch.files if f.arrival.sha256 not in replaced))


def complete_with_held(
    batch: Batch,
    contract: Contract,
    editions: EditionStore,
    holds: Callable[[str], bool],
    file_held: Callable[[Contract, Edition, PartRecord], FiledArrival],
) -> Batch:
    """The batch with the parts that are held of the same edition and did not arrive again."""
    if contract.parts_by is None:
        return batch
    key = (contract.extract, batch.submitter, batch.period.label)
    held: dict[str, tuple[Edition, PartRecord]] = {}
    for edition in editions.latest_evaluations(contract.extract):
        for part in edition.parts:
            # A part without a layout could not be read; one over the tolerance is no good either.
            is_sound = contract.tolerates(part.rows_quarantined, part.rows_in_file)
            if edition.key == key and part.layout is not None and is_sound and holds(part.sha256):
                held[part.part] = (edition, part)
    missing = [
        file_held(contract, edition, part)
        for name, (edition, part) in held.items()
        # A file that names no part replaces all parts, and the other way round.
        if name not in batch.parts and bool(name) != ("" in batch.parts)
    ]
    # Its period may have been put right since, and be another one.
    missing = [filed for filed in missing if filed.filing.period == batch.period]
    files = sorted((*batch.files, *missing), key=lambda f: (f.filing.part, f.arrival.file_name))
    return Batch(tuple(files))


def over_retention(contract: Contract, batch: Batch, as_of: date | None) -> str | None:
    """What is wrong if nothing of the files may be kept any more, else nothing."""
    synthetic = batch.declaration.synthetic
    if not is_expired(contract, batch.period.end, synthetic, as_of):
        return None
    names = " and ".join(arrival.file_name for arrival in batch.arrivals)
    return (
        f"{names}: rows about persons are kept for {contract.retention_months} months after "
        "their period, which are over; nothing of the file was kept. Take it out of the "
        "landing zone"
    )


def overlapping(contract: Contract, batch: Batch, editions: EditionStore) -> str | None:
    """What is wrong if records of one submitter for two periods would be counted twice."""
    if contract.period_kind != "span":
        return None
    for held in editions.in_use(contract.extract):
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
