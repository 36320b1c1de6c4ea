"""Where in an extract each kind of fault can be planted, worked out from its contract alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from assets.extracts.contract_model.contract import Column, Contract, Layout, bounds_of

# Kinds that set single rows aside; one file can carry all of them, each in a row of its own.
ROW_FAULTS = (
    "blank",
    "wrong_format",
    "not_allowed",
    "wrong_code",
    "out_of_range",
    "not_expected",
)
IDENTIFIERS = {
    "identifier_nhs_number": "nhs_number",
    "email": "email",
    "phone": "telephone",
    "postcode": "postcode",
    "date_of_birth": "date_of_birth",
}
_TOO_LONG = "x" * 2_000
_SNOMED_WITH_WRONG_CHECK_DIGIT = "871731000000107"


@dataclass(frozen=True)
class Place:
    """A column to spoil and what to write there; ``other`` is the column it is held against."""

    column: Column
    value: str
    other: Column | None = None


def files_the_edition(contract: Contract, column: Column) -> bool:
    """Whether what a column says decides under what the whole file is filed."""
    told_by = contract.recognise.column if contract.recognise else None
    return column.name in (*contract.period_from.columns, contract.submitter_from, told_by)


def places(contract: Contract, layout: Layout, fault: str) -> list[Place]:
    """Every place where a fault of one row can be planted, one a column and rule."""
    return [
        place
        for column in layout.columns
        if not files_the_edition(contract, column)
        # Another value in a column that says the same in every row is another submission.
        and (fault == "blank" or not column.constant)
        for place in _places_of(layout, column, fault)
    ]


def _places_of(layout: Layout, column: Column, fault: str) -> Iterator[Place]:
    match fault:
        case "blank" if column.not_null:
            yield Place(column, "")
        case "wrong_format" if column.type != "string":
            yield Place(column, "about twelve")
        case "not_allowed" if column.allowed:
            yield Place(column, "no_such_code")
        case "wrong_code" if column.pattern is not None:
            wrong = ("?!?", _TOO_LONG)
            yield Place(column, next(v for v in wrong if not re.fullmatch(column.pattern, v)))
        case "wrong_code" if column.check_digit == "snomed":
            yield Place(column, _SNOMED_WITH_WRONG_CHECK_DIGIT)
        case "out_of_range":
            yield from _outside(column)
        case "not_expected":
            for other in column.only_if:
                described = next(c for c in layout.columns if c.name == other)
                yield Place(column, _sound_value(column), described)


def _outside(column: Column) -> Iterator[Place]:
    for bound, step in ((column.lowest, -1), (column.highest, 1)):
        if isinstance(bound, date):
            yield Place(column, (bound + timedelta(days=step)).strftime(_form(column)))
        elif bound is not None:
            yield Place(column, f"{bound + step:.0f}")


def _form(column: Column) -> str:
    return column.formats[0] if column.type == "date" else "%Y-%m-%dT00:00:00Z"


def _sound_value(column: Column) -> str:
    return column.allowed[0] if column.allowed else "12"


def ordered_pairs(layout: Layout) -> list[tuple[Column, Column]]:
    """Earlier and later day wherever a contract holds one day of a row against another.

    Without pairs that say the same in every row, such as the first and last day of the period.
    """
    by_name = {column.name: column for column in layout.columns}
    pairs = []
    for column in layout.columns:
        if column.type in ("date", "timestamp"):
            before = [b for b in bounds_of(column.minimum) if isinstance(b, str)]
            after = [b for b in bounds_of(column.maximum) if isinstance(b, str)]
            pairs += [(by_name[name], column) for name in before]
            pairs += [(column, by_name[name]) for name in after]
    return [(earlier, later) for earlier, later in pairs if not earlier.constant]


def required_columns(layout: Layout) -> list[Column]:
    """The columns without which a file is not of this layout."""
    return [column for column in layout.columns if column.required] if layout.header else []


def constant_columns(contract: Contract, layout: Layout) -> list[Column]:
    """The columns that say the same in every row of a file, without those that file it."""
    return [c for c in layout.columns if c.constant and not files_the_edition(contract, c)]


def columns_scanned_for(contract: Contract, layout: Layout, identifier: str) -> list[Column]:
    """The columns of text in which an identifier of that kind is looked for, free ones first."""
    # Published extracts carry practice addresses by design; a number of a person is nowhere right.
    is_looked_for = contract.origin == "community" or identifier == "nhs_number"
    if not is_looked_for or identifier in contract.allowed_identifiers:
        return []
    texts = [
        column
        for column in layout.columns
        if column.type == "string"
        and not files_the_edition(contract, column)
        and not column.constant
    ]
    free = [column for column in texts if takes_anything(contract, column)]
    anywhere = identifier in ("nhs_number", "email")
    return [*free, *(c for c in texts if c not in free)] if anywhere else free


def takes_anything(contract: Contract, column: Column) -> bool:
    """Whether people may write into a column what they like."""
    has_shape = column.pattern or column.allowed or column.references
    is_key = column.name in contract.key
    return column.free_text or (column.type == "string" and not has_shape and not is_key)


def contradictions(contract: Contract, layout: Layout) -> list[Column]:
    """Columns in which two rows of one key may contradict each other and break no other rule."""
    compared = {name for column in layout.columns for name in column.compares_with}
    return [
        column
        for column in layout.columns
        if column.name not in contract.key
        and not column.constant
        and not column.compares_with
        and column.name not in compared
        and column.refuses_row is None
        and not files_the_edition(contract, column)
    ]
