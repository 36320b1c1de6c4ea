"""Periods that data describe: how they are written, and the days they cover."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from assets.extracts.contract_model.contract import PeriodKind

_SPAN = ".."
_EXAMPLES: dict[PeriodKind, str] = {
    "day": "2025-04-01",
    "month": "2025-04",
    "quarter": "2025/26 Q1",
    "year": "2025",
    "financial_year": "2024/25",
    "span": "2025-04-01..2025-04-13",
}


class PeriodError(ValueError):
    """A period that cannot be resolved; the message says what was found and what is wanted."""


@dataclass(frozen=True, order=True)
class Period:
    """A content period: its first and last day, and its label (2025, 2025-04, 2024/25)."""

    start: date
    end: date
    label: str


def parse_period(label: str, kind: PeriodKind) -> Period:
    """Read a period label of a contract's kind.

    A span may also be written as any of the other kinds.

    Raises:
        PeriodError: when the label is not of that kind, or names no real day, month or year.
    """
    text = label.strip()
    kinds = _PARSERS if kind == "span" else {kind: _PARSERS[kind]}
    for parse in kinds.values():
        period = parse(text)
        if period is not None:
            return period
    wanted = _EXAMPLES[kind]
    raise PeriodError(f"period {label!r} is not a {kind.replace('_', ' ')} such as {wanted}")


def span_of(first: date, last: date) -> str:
    """Label of the days from first to last: a month, quarter or financial year where it is one.

    Raises:
        PeriodError: when the last day is before the first.
    """
    if last < first:
        raise PeriodError(f"the period ends ({last}) before it starts ({first})")
    candidates = (
        period_of_month(first.year, first.month),
        quarter_of(first),
        financial_year_of(first.year),
        str(first.year),
    )
    for label in candidates:
        period = parse_period(label, "span")
        if (period.start, period.end) == (first, last):
            return label
    return first.isoformat() if first == last else f"{first}{_SPAN}{last}"


def period_of_month(year: int, month: int) -> str:
    """Label of a calendar month."""
    return f"{year:04d}-{month:02d}"


def quarter_of(day: date) -> str:
    """Label of the financial quarter that a day lies in: May 2025 gives 2025/26 Q1."""
    start = day.year if day.month >= 4 else day.year - 1
    return f"{financial_year_of(start)} Q{(day.month - 4) % 12 // 3 + 1}"


def financial_year_of(start: int) -> str:
    """Label of the financial year that starts in a calendar year: 2024 gives 2024/25."""
    return f"{start}/{(start + 1) % 100:02d}"


def _year(text: str) -> Period | None:
    if not re.fullmatch(r"\d{4}", text) or text == "0000":
        return None
    return Period(date(int(text), 1, 1), date(int(text), 12, 31), text)


def _month(text: str) -> Period | None:
    found = re.fullmatch(r"(\d{4})-(\d{2})", text)
    if found is None or not 1 <= int(found[2]) <= 12:
        return None
    return _months(int(found[1]), int(found[2]), 1, text)


def _months(year: int, month: int, count: int, label: str) -> Period:
    end = month - 1 + count - 1
    last_year, last_month = year + end // 12, end % 12 + 1
    last_day = calendar.monthrange(last_year, last_month)[1]
    return Period(date(year, month, 1), date(last_year, last_month, last_day), label)


def _quarter(text: str) -> Period | None:
    found = re.fullmatch(r"(\d{4}/\d{2}) Q([1-4])", text)
    year = _financial_year(found[1]) if found else None
    if found is None or year is None:
        return None
    # Quarters of the NHS start in April; the fourth lies in the next calendar year.
    month = 4 + 3 * (int(found[2]) - 1)
    return _months(year.start.year + (month - 1) // 12, (month - 1) % 12 + 1, 3, text)


def _financial_year(text: str) -> Period | None:
    found = re.fullmatch(r"(\d{4})/(\d{2})", text)
    if found is None or (int(found[1]) + 1) % 100 != int(found[2]):
        return None
    year = int(found[1])
    return Period(date(year, 4, 1), date(year + 1, 3, 31), text)


def _day(text: str) -> Period | None:
    day = _read_day(text)
    return Period(day, day, text) if day else None


def _span(text: str) -> Period | None:
    first, between, last = text.partition(_SPAN)
    start, end = _read_day(first), _read_day(last)
    if not between or start is None or end is None or end < start:
        return None
    return Period(start, end, text)


def _read_day(text: str) -> date | None:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


_PARSERS: dict[PeriodKind, Callable[[str], Period | None]] = {
    "day": _day,
    "month": _month,
    "quarter": _quarter,
    "year": _year,
    "financial_year": _financial_year,
    "span": _span,
}
