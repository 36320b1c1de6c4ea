"""What people, spreadsheets and exports write where a value should be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from assets.extracts.contract_model.contract import EXCEL_SERIAL, Column, bounds_of

SLIPS = (
    "", " ", "\t", "\u00a0", "-", "n/a", "N/A", "NULL", "None", "NaN", "inf", "?", "*", "unknown",
    "0", "1", "-1", "+1", "1.0", "1.5", "-0.0", ".0", "1.", "007", "1e3", "1e400", "1E-9", "1,000",
    "1 000", "1_000", "£5", "5%", "0x1F", "١٢", "\uff11", "99999999999999999999", "-97",
    "\u00a05", "5\u2003", " 5 ", "5\t", "9223372036854775808", "-1e400",
    "true", "TRUE", "yes", "Y", "t", "2025-02-30", "2025-1-1", "25-01-01", "0025-01-01",
    "1000-8- 1", "2025-04-01 00:00:00", "2025-04-01T00:00:00", "2025-04-01T23:30:00Z",
    "2025-04-01T23:30+01", "2025-04-01T12:00:00+99:00", "20250401", "01/04/2025", "01/04/25",
    "1/4/2025", "13/13/2025", "01APR2025", "01APR25", "1apr2025", "01-Apr-25", "01-Apr-2025",
    "45748", "45748.0", "1900-01-01", "9999-12-31", "A81001", "a81001", "A81001 ", "A8100",
    "xA81001", "A81001x", "\u00a0A81001", "E54000008", "#N/A", "#REF!", "#DIV/0!", "=1+1",
    '"', '""', ",", "a,b", "a\nb", 'say "yes"', "O'Hara",
)  # fmt: skip


def near_bounds(column: Column) -> list[str]:
    """Values at the bounds of a column, just inside and just outside."""
    found = []
    for bound in (*bounds_of(column.minimum), *bounds_of(column.maximum)):
        if isinstance(bound, date):
            form = next((f for f in column.formats if f != EXCEL_SERIAL), "%Y-%m-%d")
            found += [(bound + timedelta(days=n)).strftime(form) for n in (-1, 0, 1)]
        elif not isinstance(bound, str):
            found += [str(Decimal(str(bound)) + Decimal(n)) for n in ("-1", "-0.5", "0", "1")]
    return found


def near_misses(value: str) -> Iterator[str]:
    """A sound value with something before, behind or within it, or nothing but that changed."""
    middle = len(value) // 2
    for put in ("x", "0", " ", "\u00a0", "\u2003", "-", "\n"):
        yield from (put + value, value + put, value[:middle] + put + value[middle:])
    yield from (value[1:], value[:-1], value.swapcase(), f"  {value}  ", value + value)
