"""Retention: how long rows about persons may be kept, and the end of that time."""

from __future__ import annotations

import calendar
from datetime import date

from assets.extracts.contract_model.contract import Contract
from assets.extracts.holding.archive import Archive
from assets.extracts.holding.editions import Edition, EditionStore


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

    A file that still belongs to an edition that may be kept stays in the archive.
    """
    held = editions.of(contract.extract)
    expired = [e for e in held if is_expired(contract, e.period_end, e.synthetic, as_of)]
    kept = {part.sha256 for e in held if e not in expired for part in e.parts}
    for edition in expired:
        for part in edition.parts:
            if part.sha256 not in kept:
                archive.remove(part.sha256)
        if edition.verdict != "refused" or editions.rows_paths(edition):
            # What remains of a refusal is hash, time and reason.
            editions.remove(edition)
    return [edition for edition in expired if not editions.path_of(edition).exists()]
