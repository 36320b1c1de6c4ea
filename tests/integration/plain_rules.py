"""The rules of a contract on one row, in plain Python: what the engine's answers are held against.

Shares nothing with the platform but the contract: numbers, days and moments are read here anew.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from assets.extracts.contract_model.contract import (
    EXCEL_SERIAL,
    Bounds,
    Column,
    RowCase,
    bounds_of,
)

Cell = str | None

SPACES = " "
BLANKS = SPACES + "\u00a0\t\r\n"
LONDON = ZoneInfo("Europe/London")
MOMENT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(?:(Z)|([+-])(\d\d)(?::?(\d\d))?)?)?",
    re.ASCII,
)


def read_cell(column: Column | None, text: str) -> Cell:
    """A cell as it is loaded: blanks and what the contract says means nothing are nothing."""
    tokens = ("", *(column.null_tokens if column else ()))
    return None if text.strip(BLANKS) in tokens else text


def number(text: str) -> Decimal | None:
    if not text.isascii() or set(text) - set("0123456789+-.eE"):
        return None
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    # What no double holds, no model can cast.
    return found if math.isfinite(float(found)) else None


def whole_number(text: str) -> Decimal | None:
    found = number(text)
    is_written_out = re.match(r"[+-]?\d", text, re.ASCII) and "e" not in text.lower()
    if found is None or not is_written_out or found % 1 != 0:
        return None
    return found if -(2**63) <= found < 2**63 else None


def day(text: str, formats: Sequence[str]) -> date | None:
    if not text.isascii():
        return None
    if EXCEL_SERIAL in formats and re.fullmatch(r"\d{4,6}", text):
        return date(1899, 12, 30) + timedelta(days=int(text))
    for form in (*(form for form in formats if form != EXCEL_SERIAL), "%Y-%m-%d 00:00:00"):
        # A space within a day would pass here for its first digit (2025-8- 1), and one of the
        # digits might be missing where nothing stands between them (2025033).
        is_short = form == "%Y%m%d" and len(text.strip(BLANKS)) != 8
        if is_short or len(text.split()) != len(form.split()):
            continue
        try:
            found = datetime.strptime(text.strip(BLANKS), form).date()
        except ValueError:
            continue
        if found.year >= 1000:
            return found
    return None


def moment(text: str) -> date | None:
    """The day in London on which a moment falls."""
    parts = MOMENT.fullmatch(text)
    if parts is None:
        return None
    year, month, of_month, hour, minute, second, zulu, sign, hours, minutes = parts.groups()
    try:
        midnight = datetime(int(year), int(month), int(of_month))
        if int(hours or 0) > 15 or int(minutes or 0) > 59 or int(minute or 0) > 59:
            return None
        if int(second or 0) > 59 or int(hour or 0) > 23:
            return None
        offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        at = midnight + timedelta(hours=int(hour or 0), minutes=int(minute or 0))
        if not (zulu or sign):
            return at.date()
        zone = timezone(-offset if sign == "-" else offset) if sign else UTC
        return at.replace(tzinfo=zone).astimezone(LONDON).date()
    except (ValueError, OverflowError):
        return None


def typed(column: Column, cell: Cell) -> Decimal | date | str | None:
    """A cell as a value of its type; None where it is none."""
    if cell is None or cell.strip(SPACES) in column.sentinels:
        return None
    text = cell.strip(SPACES)
    match column.type:
        case "integer":
            return whole_number(text)
        case "decimal":
            return number(text)
        case "date":
            return day(text, column.formats)
        case "timestamp":
            parts = MOMENT.fullmatch(text)
            has_zone = parts is not None and (parts.group(7) or parts.group(8))
            return None if column.zoned and not has_zone else moment(text)
        case "boolean":
            return text if text.lower() in ("true", "false") else None
        case "string":
            return text


def faults_of(column: Column, columns: Mapping[str, Column], row: Mapping[str, Cell]) -> set[str]:
    """Codes of the rules that the cell of one column breaks."""
    cell = row[column.name]
    if cell is None:
        return {"blank"} if column.not_null else set()
    found = set()
    if column.refuses_row is not None:
        found.add("individual")
    for other, values in column.only_if.items():
        if other in columns and (row[other] or "").strip(SPACES) not in values:
            found.add("not_expected")
    text = cell.strip(SPACES)
    if text in column.sentinels:
        return found
    value = typed(column, cell)
    if value is None:
        found.add("wrong_format")
    if column.allowed and text not in column.allowed:
        found.add("not_allowed")
    if column.pattern is not None and not re.fullmatch(column.pattern, text, re.ASCII):
        found.add("wrong_code")
    outside = value is not None and is_outside(column, value, columns, row)
    if outside or (isinstance(value, date) and is_off_calendar(column, value, columns, row)):
        found.add("out_of_range")
    return found


def faults_by_case(
    cases: Sequence[RowCase], columns: Mapping[str, Column], row: Mapping[str, Cell]
) -> Iterator[tuple[str, str]]:
    """Column and code of every rule that a row breaks because of what its other columns say."""
    for case in cases:
        if any((row.get(name) or "").strip(SPACES) not in said for name, said in case.when.items()):
            continue
        for name, allowed in case.allowed.items():
            if row.get(name) is not None and (row[name] or "").strip(SPACES) not in allowed:
                yield name, "not_allowed"
        for name in (*case.minimum, *case.maximum):
            value = typed(columns[name], row[name]) if name in columns else None
            if isinstance(value, Decimal) and (
                value < Decimal(str(case.minimum.get(name, "-Infinity")))
                or value > Decimal(str(case.maximum.get(name, "Infinity")))
            ):
                yield name, "out_of_range"


def is_off_calendar(
    column: Column, value: date, columns: Mapping[str, Column], row: Mapping[str, Cell]
) -> bool:
    """Whether a day is no month end, or not in the financial year that another column names."""
    if column.month_end and (value + timedelta(days=1)).day != 1:
        return True
    named = (row[column.in_year_of] or "") if column.in_year_of in columns else ""
    year = re.search(r"(\d{2})\d{2}$", named.strip(SPACES), re.ASCII)
    start = value.year if value.month >= 4 else value.year - 1
    return year is not None and start % 100 != int(year[1])


def is_outside(
    column: Column,
    value: Decimal | date | str,
    columns: Mapping[str, Column],
    row: Mapping[str, Cell],
) -> bool:
    def limits(bounds: Bounds | None) -> Iterator[Decimal | date]:
        for bound in bounds_of(bounds):
            if isinstance(bound, str):
                other = typed(columns[bound], row[bound]) if bound in columns else None
                if isinstance(other, Decimal | date):
                    yield other
            else:
                yield bound if isinstance(bound, date) else Decimal(str(bound))

    return any(value < low for low in limits(column.minimum)) or any(
        value > high for high in limits(column.maximum)
    )
