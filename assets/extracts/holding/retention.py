"""Retention: how long rows about persons may be kept, and the end of that time."""

from __future__ import annotations

import calendar
from datetime import date
from functools import partial

from assets.extracts.contract_model.contract import Contract
from assets.extracts.holding.archive import Archive
from assets.extracts.holding.editions import Edition, EditionStore, PartRecord
from assets.extracts.identifiers.redaction import Redaction, write_redacted
from assets.extracts.reading.peeking import peek
from assets.extracts.reading.recognition import recognise


def kept_until(contract: Contract, period_end: date) -> date | None:
    """Last day on which data of a period may be kept; none if there is no limit."""
    if contract.retention_months is None:
        return None
    month = period_end.month - 1 + contract.retention_months
    year, month = period_end.year + month // 12, month % 12 + 1
    if year > date.max.year:
        return date.max
    last_day = calendar.monthrange(year, month)[1]
    return date(year, month, min(period_end.day, last_day))


def is_expired(
    contract: Contract, period_end: date | None, synthetic: bool, as_of: date | None
) -> bool:
    """Whether data may no longer be kept. What is made up is about nobody and has no limit."""
    if synthetic or as_of is None or period_end is None:
        return False
    last_day = kept_until(contract, period_end)
    return last_day is not None and last_day < as_of


def expire(
    contract: Contract, editions: EditionStore, archive: Archive, as_of: date | None
) -> list[Edition]:
    """Take out every edition whose time is over, with its files; what was taken out.

    A file that still belongs to an edition that may be kept, of this extract or another, stays in
    the archive; of a workbook that another extract has a sheet of, the expired sheet goes.
    """
    held = editions.of(contract.extract)
    expired = [e for e in held if is_expired(contract, e.period_end, e.synthetic, as_of)]
    kept = {part.sha256 for e in held if e not in expired for part in e.parts}
    of_others = editions.hashes(but=contract.extract)
    for edition in expired:
        for part in edition.parts:
            if part.sha256 in kept:
                continue
            if part.sha256 in of_others:
                _withhold_sheet(contract, part, archive)
            else:
                archive.remove(part.sha256)
        if edition.verdict != "refused" or editions.rows_paths(edition):
            # What remains of a refusal is hash, time and reason.
            editions.remove(edition)
    return [edition for edition in expired if not editions.path_of(edition).exists()]


def _withhold_sheet(contract: Contract, part: PartRecord, archive: Archive) -> None:
    """Keep a file of several extracts without the sheet of this one."""
    path = archive.path_of(part.sha256)
    if not archive.holds(part.sha256):
        return
    found = recognise(part.file_name, peek(path), {contract.extract: contract}).matches
    sheets = {match.sheet.name for match in found if match.sheet.name}
    if sheets:
        redaction = Redaction(other_sheets=sheets)
        writer = partial(write_redacted, sheet=found[0].sheet, redaction=redaction)
        archive.keep(path, part.sha256, part.file_name, writer)
    elif not archive.is_redacted(part.sha256):
        # Nobody can tell any more where the expired rows stand in it.
        archive.remove(part.sha256)
