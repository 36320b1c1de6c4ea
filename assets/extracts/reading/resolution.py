"""Resolving what an edition is filed under: the period, the submitter and the part of a file.

What the operator declares comes first, then what the contract says about columns and file name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from assets.extracts.arriving.landing import SUBMITTER, Declaration
from assets.extracts.contract_model.contract import Column, Contract
from assets.extracts.contract_model.periods import (
    Period,
    PeriodError,
    financial_year_of,
    parse_period,
    period_of_month,
    quarter_of,
    span_of,
)
from assets.extracts.identifiers.detectors import detectors_for
from assets.extracts.reading.recognition import LayoutMatch

# Distinct values of some columns over the whole file; the first rows do not always tell.
Distinct = Callable[[Sequence[str]], list[tuple[str, ...]]]


@dataclass(frozen=True)
class Filing:
    """Under what a file is filed."""

    period: Period
    submitter: str
    part: str


def file_under(
    contract: Contract,
    match: LayoutMatch,
    file_name: str,
    declaration: Declaration,
    distinct: Distinct,
) -> Filing:
    """Period, submitter and part of a file.

    Args:
        contract: of the extract.
        match: how the file fits one of its layouts.
        file_name: relative to the landing zone.
        declaration: what the operator says of the file.
        distinct: answers with the distinct values of columns over the whole file.

    Raises:
        PeriodError: when nothing gives a period; says what was looked at and what to do.
    """
    return Filing(
        _period(contract, match, file_name, declaration, distinct),
        _submitter(contract, match, declaration),
        _part(contract, match, file_name, distinct),
    )


def _submitter(contract: Contract, match: LayoutMatch, declaration: Declaration) -> str:
    if declaration.submitter:
        return declaration.submitter
    column = contract.submitter_from
    if column is None or column not in match.positions:
        return contract.submitter
    found = _sampled(match, (column,))
    said = min((text for (text,) in found if text), default="")
    described = {c.name: c for c in match.layout.columns}[column]
    is_code = described.pattern is None or re.fullmatch(described.pattern, said) is not None
    is_personal = any(d.values_in(said) for d in detectors_for(contract.origin, ()))
    # What a file says of itself becomes part of a folder's name, and is shown.
    if not is_code or is_personal or not re.fullmatch(SUBMITTER, said):
        return contract.submitter
    return said


def _part(contract: Contract, match: LayoutMatch, file_name: str, distinct: Distinct) -> str:
    by = contract.parts_by
    if by is None:
        return ""
    if by.column is not None:
        if by.column not in match.positions:
            return ""
        return "+".join(sorted(value for (value,) in distinct((by.column,)) if value.strip()))
    found = re.search(by.file_name or "", PurePosixPath(file_name).name, flags=re.IGNORECASE)
    return (found["part"] or "").lower() if found else ""


def _period(
    contract: Contract,
    match: LayoutMatch,
    file_name: str,
    declaration: Declaration,
    distinct: Distinct,
) -> Period:
    if declaration.period:
        return parse_period(declaration.period, contract.period_kind)
    label = _from_columns(contract, match, distinct) or _from_file_name(contract, file_name)
    if label is None:
        raise PeriodError(
            "the period cannot be resolved from the file; declare it in landing.yml beside the "
            f"file (match: {file_name!r}, period: ...)"
        )
    return parse_period(label, contract.period_kind)


def _from_columns(contract: Contract, match: LayoutMatch, distinct: Distinct) -> str | None:
    source = contract.period_from
    if not source.columns or not all(name in match.positions for name in source.columns):
        return None
    if source.latest:
        labels = [_label(contract, match, values) for values in distinct(source.columns)]
        periods = [
            parse_period(label, contract.period_kind)
            for label in labels
            if label and _is_period(label, contract)
        ]
        return max(periods, key=lambda period: period.end).label if periods else None
    # A blank or bad cell is for the rules on rows to find; it does not hide the period.
    sampled = (_label(contract, match, values) for values in _sampled(match, source.columns))
    named = sorted({label for label in sampled if label and _is_period(label, contract)})
    if len(named) > 1:
        raise PeriodError(
            f"column {', '.join(source.columns)} names several periods ({', '.join(named[:5])}); "
            "one file is about one period: send a file for each"
        )
    return named[0] if named else None


def _is_period(label: str, contract: Contract) -> bool:
    try:
        parse_period(label, contract.period_kind)
    except PeriodError:
        return False
    return True


def _sampled(match: LayoutMatch, columns: Sequence[str]) -> set[tuple[str, ...]]:
    """Distinct values in the first rows of the file."""
    return {
        tuple(row[match.positions[name]].strip() for name in columns)
        for row in match.sheet.sample
        if len(row) == len(match.sheet.first_row)
    }


def _label(contract: Contract, match: LayoutMatch, values: tuple[str, ...]) -> str | None:
    columns = {column.name: column for column in match.layout.columns}
    described = [columns[name] for name in contract.period_from.columns]
    kind = contract.period_kind
    if kind == "span" and len(values) == 2:
        days = [_day(text, column) for text, column in zip(values, described, strict=True)]
        return span_of(days[0].date(), days[1].date()) if days[0] and days[1] else None
    if kind == "month" and len(values) == 2 and values[0].isdecimal() and values[1].isdecimal():
        return period_of_month(int(values[0]), int(values[1]))
    if kind == "quarter" and len(values) == 2:
        return f"{values[0]} Q{values[1].removeprefix('Q')}"
    day = _day(values[0], described[0], contract.period_from.format)
    if day is None:
        return None if contract.period_from.format else values[0] or None
    return {
        "day": day.date().isoformat(),
        "month": period_of_month(day.year, day.month),
        "quarter": quarter_of(day.date()),
        "year": str(day.year),
        "financial_year": quarter_of(day.date()).split(" ")[0],
        "span": day.date().isoformat(),
    }[kind]


def _day(text: str, column: Column, form: str | None = None) -> datetime | None:
    """The day a cell names, in the contract's formats of that column."""
    # A spreadsheet hands out a day as the midnight it begins with.
    for candidate in (form,) if form else (*column.formats, "%Y-%m-%d 00:00:00"):
        try:
            return datetime.strptime(text.strip(), candidate)
        except ValueError:
            continue
    return None


def _from_file_name(contract: Contract, file_name: str) -> str | None:
    pattern = contract.period_from.file_name
    if pattern is None:
        return None
    found = re.search(pattern, PurePosixPath(file_name).name, flags=re.IGNORECASE)
    if found is None:
        return None
    parts = {name: text for name, text in found.groupdict().items() if text is not None}
    if "day" in parts:
        return f"{parts['year']}-{parts['month']}-{parts['day']}"
    if "month" in parts:
        return period_of_month(_year(parts["year"]), _month(parts["month"]))
    if "quarter" in parts:
        return f"{financial_year_of(int(parts['year']) % 100)} Q{parts['quarter']}"
    if contract.period_kind == "financial_year":
        return financial_year_of(int(parts["year"]) % 100)
    return str(_year(parts["year"]))


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)


def _month(text: str) -> int:
    """A month as a number or by the first letters of its English name.

    Raises:
        PeriodError: when there is no such month.
    """
    if text.isdecimal():
        return int(text)
    try:
        return datetime.strptime(text[:3].title(), "%b").month
    except ValueError as error:
        raise PeriodError(
            f"the file name says {text!r} where a month should stand; rename the file, or declare "
            "its period in landing.yml beside it"
        ) from error
