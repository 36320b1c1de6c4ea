"""Months written YYYY-MM and the days in them, as the publishers write them."""

import calendar

_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def first_of(month: str) -> str:
    """Turn a month (YYYY-MM) into its first day (YYYYMMDD)."""
    return month.replace("-", "") + "01"


def last_of(month: str) -> str:
    """Turn a month (YYYY-MM) into its last day (YYYYMMDD)."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year}{number:02d}{calendar.monthrange(year, number)[1]}"


def later(month: str, by: int) -> str:
    """Return the month so many months later (earlier when negative)."""
    count = int(month[:4]) * 12 + int(month[5:]) - 1 + by
    return f"{count // 12}-{count % 12 + 1:02d}"


def span(first: str, last: str) -> tuple[str, ...]:
    """Return all months from the first to the last, both included; empty when in reverse."""
    made, month = [], first
    while month <= last:
        made.append(month)
        month = later(month, 1)
    return tuple(made)


def month_name(month: str) -> str:
    """Return the short English name of a month, such as Sep."""
    return _NAMES[int(month[5:]) - 1]


def extract_date(month: str) -> str:
    """Write the first of a month as most counts do, such as 01MAR2025."""
    return f"01{month_name(month).upper()}{month[:4]}"


def slashed(day: str) -> str:
    """Turn YYYYMMDD into dd/mm/yyyy; an empty day stays empty."""
    return f"{day[6:]}/{day[4:6]}/{day[:4]}" if day else ""


def financial_year(month: str) -> str:
    """Return the financial year of a month by its years, such as 2024/25 for 2025-03."""
    start = int(month[:4]) - (int(month[5:]) < 4)
    return f"{start}/{(start + 1) % 100:02d}"
