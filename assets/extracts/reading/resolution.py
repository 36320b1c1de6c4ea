"""Resolving what an edition is filed under: the period, the submitter and the part of a file.

What the operator declares comes first, then what the contract says about columns and file name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
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

# As landing.SUBMITTER has it.
_LONGEST_SUBMITTER = 80

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
    arrived_on: date | None = None,
) -> Filing:
    """Period, submitter and part of a file.

    Args:
        contract: of the extract.
        match: how the file fits one of its layouts.
        file_name: relative to the landing zone.
        declaration: what the operator says of the file.
        distinct: answers with the distinct values of columns over the whole file.
        arrived_on: day of a file that nowhere says one, if its contract takes that.

    Raises:
        PeriodError: when nothing gives a period; says what was looked at and what to do.
    """
    return Filing(
        _period(contract, match, file_name, declaration, distinct, arrived_on),
        _submitter(contract, match, file_name, declaration),
        _part(contract, match, file_name, distinct),
    )


def _submitter(
    contract: Contract, match: LayoutMatch, file_name: str, declaration: Declaration
) -> str:
    if declaration.submitter:
        return declaration.submitter
    if contract.submitter_from_file:
        return _source_named(contract, file_name)
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


def _source_named(contract: Contract, file_name: str) -> str:
    """A submitter's name made of the path of a file, without its period and ending."""
    name = file_name
    for pattern in contract.period_from.file_name:
        name = re.sub(pattern, "", name, flags=re.IGNORECASE)
    path = PurePosixPath(name)
    source = re.sub(r"[^A-Za-z0-9_]+", "-", str(path.with_suffix(""))).strip("-_")
    return source[-_LONGEST_SUBMITTER:] or contract.submitter


def _part(contract: Contract, match: LayoutMatch, file_name: str, distinct: Distinct) -> str:
    by = contract.parts_by
    if by is None:
        return ""
    if by.column is not None:
        if by.column not in match.positions:
            return ""
        return "+".join(sorted(value for (value,) in distinct((by.column,)) if value.strip()))
    found = _found_in_path(by.file_name or "", file_name)
    return (found["part"] or "").lower() if found else ""


def _found_in_path(pattern: str, file_name: str) -> re.Match[str] | None:
    """Where a pattern fits the name of a file, or else its whole path: folders say it too."""
    for text in (PurePosixPath(file_name).name, file_name):
        found = re.search(pattern, text, flags=re.IGNORECASE)
        if found is not None:
            return found
    return None


def _period(
    contract: Contract,
    match: LayoutMatch,
    file_name: str,
    declaration: Declaration,
    distinct: Distinct,
    arrived_on: date | None,
) -> Period:
    if declaration.period:
        return parse_period(declaration.period, contract.period_kind)
    label = (
        _from_columns(contract, match, distinct)
        or _from_preamble(contract, match)
        or _from_file_name(contract, file_name)
        or contract.period_from.otherwise
        or (arrived_on.isoformat() if contract.period_from.arrival and arrived_on else None)
    )
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
    if contract.period_from.pattern:
        found = re.search(contract.period_from.pattern, values[0])
        return _named(contract, found.groupdict()) if found else None
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


def _from_preamble(contract: Contract, match: LayoutMatch) -> str | None:
    pattern = contract.period_from.preamble
    if pattern is None:
        return None
    lines = (",".join(row) for row in match.sheet.rows[: match.sheet.top])
    found = (re.search(pattern, line, flags=re.IGNORECASE) for line in lines)
    return next((_named(contract, line.groupdict()) for line in found if line), None)


def _from_file_name(contract: Contract, file_name: str) -> str | None:
    for pattern in contract.period_from.file_name:
        found = _found_in_path(pattern, file_name)
        if found is not None:
            return _named(contract, found.groupdict())
    return None


def _named(contract: Contract, groups: Mapping[str, str | None]) -> str:
    """The period that the groups of a pattern name."""
    parts = {name: text for name, text in groups.items() if text is not None}
    year = _year(parts["year"])
    if "day" in parts:
        return f"{year}-{parts['month']}-{parts['day']}"
    if "month" in parts:
        return period_of_month(year, _month(parts["month"]))
    if "quarter" in parts:
        return f"{financial_year_of(year)} Q{parts['quarter']}"
    if contract.period_kind == "financial_year":
        return financial_year_of(year)
    return str(year)


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
