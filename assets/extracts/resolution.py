"""Resolving the period of a file: what the operator declares, else what the contract says."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import PurePosixPath

from assets.extracts.contract import Contract
from assets.extracts.landing import Declaration
from assets.extracts.periods import (
    Period,
    PeriodError,
    financial_year_of,
    parse_period,
    period_of_month,
)
from assets.extracts.recognition import LayoutMatch


def resolve_period(
    contract: Contract, match: LayoutMatch, file_name: str, declaration: Declaration
) -> Period:
    """The period that a file describes.

    Raises:
        PeriodError: when neither the declaration, nor the contract's columns, nor the file name
            gives one; says what was looked at and what to do.
    """
    if declaration.period:
        return parse_period(declaration.period, contract.period_kind)
    label = _from_columns(contract, match) or _from_file_name(contract, file_name)
    if label is None:
        raise PeriodError(
            "the period cannot be resolved from the file; declare it in landing.yml beside the "
            f"file (match: {file_name!r}, period: ...)"
        )
    return parse_period(label, contract.period_kind)


def _from_columns(contract: Contract, match: LayoutMatch) -> str | None:
    source = contract.period_from
    if not source.columns or not all(name in match.positions for name in source.columns):
        return None
    found = {
        tuple(row[match.positions[name]].strip() for name in source.columns)
        for row in match.sheet.sample
        if len(row) == len(match.sheet.first_row)
    }
    if len(found) != 1:
        return None
    return _label(contract, next(iter(found)))


def _label(contract: Contract, values: tuple[str, ...]) -> str | None:
    form = contract.period_from.format
    try:
        if form is not None:
            day = datetime.strptime(" ".join(values), form)
            return str(day.year) if contract.period_kind == "year" else _month(day)
        if contract.period_kind == "month" and len(values) == 2:
            return period_of_month(int(values[0]), int(values[1]))
    except ValueError:
        return None
    return values[0]


def _month(day: datetime) -> str:
    return period_of_month(day.year, day.month)


def _from_file_name(contract: Contract, file_name: str) -> str | None:
    pattern = contract.period_from.file_name
    if pattern is None:
        return None
    found = re.search(pattern, PurePosixPath(file_name).name, flags=re.IGNORECASE)
    if found is None:
        return None
    parts = found.groupdict()
    if "month" in parts:
        return period_of_month(int(parts["year"]), int(parts["month"]))
    if contract.period_kind == "financial_year":
        return financial_year_of(int(parts["year"]) % 100)
    return parts["year"]
