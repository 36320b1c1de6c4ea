"""Periods that data describe: how they are written, and the days they cover."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date

from assets.extracts.contract import PeriodKind

_YEAR = re.compile(r"^\d{4}$")
_MONTH = re.compile(r"^(\d{4})-(\d{2})$")
_FINANCIAL_YEAR = re.compile(r"^(\d{4})/(\d{2})$")


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

    Raises:
        PeriodError: when the label is not of that kind, or names no real month or year.
    """
    text = label.strip()
    if kind == "year" and _YEAR.match(text):
        year = int(text)
        return Period(date(year, 1, 1), date(year, 12, 31), text)
    if kind == "month" and (found := _MONTH.match(text)):
        year, month = int(found[1]), int(found[2])
        if 1 <= month <= 12:
            last = calendar.monthrange(year, month)[1]
            return Period(date(year, month, 1), date(year, month, last), text)
    if kind == "financial_year" and (found := _FINANCIAL_YEAR.match(text)):
        year = int(found[1])
        if (year + 1) % 100 == int(found[2]):
            return Period(date(year, 4, 1), date(year + 1, 3, 31), text)
    wanted = {"year": "2025", "month": "2025-04", "financial_year": "2024/25"}[kind]
    raise PeriodError(f"period {label!r} is not a {kind.replace('_', ' ')} such as {wanted}")


def period_of_month(year: int, month: int) -> str:
    """Label of a calendar month."""
    return f"{year:04d}-{month:02d}"


def financial_year_of(first_two_digits_of_start: int) -> str:
    """Label of the financial year that starts in 20xx: 24 gives 2024/25."""
    start = 2000 + first_two_digits_of_start
    return f"{start}/{(start + 1) % 100:02d}"
