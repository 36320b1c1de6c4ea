"""Freshness of extracts: by the period that the data in use describe, never by when they came.

One computation, for the ledger (``is_late`` in the data) and for the check of each extract.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from assets.extracts.contract_model.contract import Contract
from assets.extracts.holding.editions import Edition, EditionStore

_MONTHS = {"monthly": 1, "quarterly": 3, "annual": 12}


@dataclass(frozen=True)
class InUse:
    """Editions in use by extract, in order of their periods; whether any edition is real.

    Synthetic editions are set aside as soon as a real one of any extract is in use: the two
    never meet in one release.
    """

    of_extract: Mapping[str, list[Edition]]
    has_real: bool


@dataclass(frozen=True)
class Freshness:
    """How fresh an extract is: its newest edition, and the day by which the next was due.

    ``expected_by`` is None for what has no calendar, and before the first edition came.
    """

    latest: Edition | None
    expected_by: date | None
    is_late: bool


def editions_in_use(contracts: Mapping[str, Contract], editions: EditionStore) -> InUse:
    """What the build stands on, for every extract."""
    accepted = {name: editions.in_use(name) for name in contracts}
    has_real = any(not edition.synthetic for found in accepted.values() for edition in found)
    return InUse(
        {
            name: [edition for edition in found if not (has_real and edition.synthetic)]
            for name, found in accepted.items()
        },
        has_real,
    )


def freshness_of(contract: Contract, used: InUse, as_of: date) -> Freshness:
    """Whether an extract is late on a day, by its cadence and the lag its contract expects."""
    in_use = used.of_extract[contract.extract]
    latest = in_use[-1] if in_use else None
    due = expected_by(contract, latest.period_end) if latest and latest.period_end else None
    # A made-up board has no publication calendar.
    return Freshness(latest, due, bool(used.has_real and due and due < as_of))


def expected_by(contract: Contract, latest_period_end: date) -> date | None:
    """Day by which the edition after the latest one should be here: cadence and lag."""
    months = _MONTHS.get(contract.cadence)
    if months is None:
        return None
    month = latest_period_end.month - 1 + months
    year, month = latest_period_end.year + month // 12, month % 12 + 1
    if year > date.max.year:
        return None
    # September ends on the 30th and October on the 31st: both end their month.
    _, last = calendar.monthrange(year, month)
    _, last_before = calendar.monthrange(latest_period_end.year, latest_period_end.month)
    is_month_end = latest_period_end.day == last_before
    due = date(year, month, last if is_month_end else min(latest_period_end.day, last))
    return due + timedelta(days=contract.expected_lag_days)
