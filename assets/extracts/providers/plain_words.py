"""The rules of a contract's columns in words and examples that people who send data can read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from assets.extracts.contract_model.contract import (
    Bound,
    Column,
    Contract,
    Layout,
    RowCase,
    bounds_of,
)

_SNOMED_EXAMPLE = "871731000000106"
_TYPES = {
    "string": "text",
    "integer": "whole number",
    "decimal": "number",
    "date": "date",
    "timestamp": "date and time",
    "boolean": "true or false",
}
_DAY, _MOMENT = "2025-08-15", "2025-09-10T09:30:00Z"
_PERIOD = {"first": "2025-08-01", "last": "2025-08-31"}
_USUAL_NUMBER = 12


def accepted_values(contract: Contract, column: Column) -> tuple[str, ...]:
    """The values a column may hold, where they can be listed; for the extract's code, the code."""
    if column.allowed:
        return column.allowed
    told_by = contract.recognise
    if told_by is not None and told_by.column == column.name:
        return told_by.values
    return ("true", "false") if column.type == "boolean" else ()


def type_in_words(contract: Contract, column: Column) -> str:
    """What kind of value a column holds."""
    if column.type == "string" and accepted_values(contract, column):
        return "one of a list"
    return _TYPES[column.type]


def required_in_words(column: Column) -> str:
    """Whether a column, and a value in every row, must be there."""
    if column.not_null:
        return "Yes, in every row"
    if column.required:
        return "No, a cell may be empty"
    return "No, the column may be left out"


def form_in_words(contract: Contract, column: Column) -> str:
    """What a value has to look like: the list of values, the range, or the form of the code."""
    parts = []
    values = accepted_values(contract, column)
    if values:
        parts.append(", ".join(values))
    elif column.type == "date":
        parts.append("year-month-day")
    elif column.type == "timestamp":
        zone = " and time zone (Z for UTC)" if column.zoned else ""
        parts.append(f"year-month-day, T, time of day{zone}")
    if column.check_digit == "snomed":
        parts.append("a SNOMED CT code, with its check digit")
    if column.pattern is not None and not values:
        # A pattern that nobody has put in words is shown as it is.
        parts.append(column.form or f"of the form {column.pattern}")
    limits = _limits(column)
    if limits:
        parts.append(limits)
    return "; ".join(parts) or "any text"


def _limits(column: Column) -> str:
    lowest, highest = _fixed(column.lowest), _fixed(column.highest)
    is_day = column.type in ("date", "timestamp")
    match lowest, highest:
        case None, None:
            return ""
        case _, None:
            return f"{lowest} or later" if is_day else f"{lowest} or more"
        case None, _:
            return f"{highest} or earlier" if is_day else f"{highest} or less"
        case _:
            return f"from {lowest} to {highest}"


def _fixed(bound: Bound | None) -> str | None:
    return None if bound is None else str(bound)


def rules_in_words(
    contract: Contract, layout: Layout, column: Column, titles: Mapping[str, str]
) -> str:
    """What holds a value against other cells, rows and extracts.

    Args:
        contract: of the extract.
        layout: the one that the column belongs to.
        column: whose rules are told.
        titles: titles of extracts by name, for those that it refers to.
    """
    spelt = {other.name: other.spelt for other in layout.columns}
    rules = []
    if column.constant:
        rules.append("The same in every row of the file.")
    if column.name in contract.key:
        rules.append(_key_in_words([spelt.get(name, name) for name in contract.key]))
    rules += _bounds_in_words(column, spelt)
    for case in layout.cases:
        rules += _case_in_words(case, column, spelt)
    for other, values in column.only_if.items():
        rules.append(f"Only filled where {spelt[other]} is {' or '.join(values)}.")
    if column.references:
        extract = column.references.split(".")[0]
        rules.append(f"Has to be known: it is looked up in “{titles.get(extract, extract)}”.")
    if column.free_text:
        rules.append("Free text: nothing in it by which a person can be known.")
    if column.null_tokens:
        rules.append(f"Counts as empty: {', '.join(column.null_tokens)}.")
    return " ".join([*rules, *_told_in_words(contract, column, spelt)])


def _told_in_words(contract: Contract, column: Column, spelt: Mapping[str, str]) -> Iterator[str]:
    """What sets no row aside, and what we will say of it."""
    if column.not_after is not None:
        yield f"We will tell you if it is later than {spelt[column.not_after]}."
    if column.reviewed:
        yield f"We will tell you of codes other than {', '.join(column.reviewed)}."
    for columns in contract.rarely_repeats:
        if column.name == columns[-1]:
            named = ", ".join(spelt.get(name, name) for name in columns)
            yield f"We will tell you if two rows say the same in {named}."
    if column.blank_at_most is not None:
        most = _percent(column.blank_at_most)
        yield f"We will tell you if more than {most} of the rows are empty."
    for value, share in column.share_at_most.items():
        blank = " or are empty" if contract.blank_counts_as.get(column.name) == value else ""
        yield f"We will tell you if more than {_percent(share)} of the rows say {value}{blank}."


def _case_in_words(case: RowCase, column: Column, spelt: Mapping[str, str]) -> Iterator[str]:
    """What a column may hold where others hold certain values."""
    name = column.name
    where = " and ".join(
        f"{spelt[other]} is {' or '.join(values)}" for other, values in case.when.items()
    )
    if name in case.allowed:
        yield f"Where {where}: {', '.join(case.allowed[name])}."
    match case.minimum.get(name), case.maximum.get(name):
        case None, None:
            return
        case lowest, None:
            yield f"Where {where}: {lowest} or more."
        case None, highest:
            yield f"Where {where}: {highest} or less."
        case lowest, highest:
            yield f"Where {where}: {lowest} to {highest}."


def _bounds_in_words(column: Column, spelt: Mapping[str, str]) -> list[str]:
    """The bounds that are other columns of the row."""
    before, after = (
        ("before", "after") if column.type in ("date", "timestamp") else ("less than", "more than")
    )
    bounds = [(before, bound) for bound in bounds_of(column.minimum)]
    bounds += [(after, bound) for bound in bounds_of(column.maximum)]
    return [f"Not {word} {spelt[bound]}." for word, bound in bounds if isinstance(bound, str)]


def _key_in_words(names: Sequence[str]) -> str:
    if len(names) == 1:
        return "Each value only once in a file."
    return f"Each combination of {', '.join(names[:-1])} and {names[-1]} only once in a file."


def _percent(share: float) -> str:
    return f"{share * 100:g} %"


def example_of(contract: Contract, column: Column) -> str:
    """A made-up value that keeps the column's rules; empty where only its pattern is known.

    All days are the same day, and all numbers the same number where their ranges allow it. Where
    the rules between columns ask for more, the contract gives an example of its own.
    """
    if column.example is not None:
        return column.example
    values = accepted_values(contract, column)
    if values:
        return values[0]
    if column.name in contract.period_from.columns and contract.period_kind == "span":
        is_first = column.name == contract.period_from.columns[0]
        return _PERIOD["first" if is_first else "last"]
    if column.pattern is not None:
        return ""
    if column.check_digit == "snomed":
        return _SNOMED_EXAMPLE
    match column.type:
        case "date":
            earliest = column.lowest if isinstance(column.lowest, date) else date.min
            latest = column.highest if isinstance(column.highest, date) else date.max
            return min(max(date.fromisoformat(_DAY), earliest), latest).isoformat()
        case "timestamp":
            return _MOMENT
        case "integer" | "decimal":
            return _number(column)
        case _:
            return "text"


def _number(column: Column) -> str:
    value: float = _USUAL_NUMBER
    if isinstance(column.lowest, int | float):
        value = max(value, column.lowest)
    if isinstance(column.highest, int | float):
        value = min(value, column.highest)
    return f"{value:g}"
