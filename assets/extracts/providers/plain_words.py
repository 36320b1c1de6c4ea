"""The rules of a contract's columns in words and examples that people who send data can read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from assets.extracts.contract_model.contract import Bound, Column, Contract, Layout, bounds_of

# Forms of codes as patterns, with what to say of each and a value that has the form. A pattern
# that is not listed here is shown as it is.
_FORMS: Mapping[str, tuple[str, str]] = {
    r"[0-9a-f]{64}": (
        "64 characters: digits and the letters a to f, lower case",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ),
    r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}": (
        "a UUID: digits and the letters a to f in groups of 8-4-4-4-12",
        "6f1c2f0e-3b1d-4c62-9d55-0d6a1f6f2b77",
    ),
    r"([A-Z0-9]{3,10}|[A-Z0-9]{2,5}(-[A-Za-z0-9._]+)+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})": (
        "an ODS code (QHM), an org-id (GB-CHC-1234567) or a directory id (UUID)",
        "GB-CHC-1234567",
    ),
    r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}": (
        "up to 64 letters, digits and . _ : / - without spaces",
        "2025-0001",
    ),
    r"[A-Za-z0-9][A-Za-z0-9._ -]{0,39}": (
        "up to 40 letters, digits, spaces and . _ -",
        "2025-Q3",
    ),
    r"[A-Za-z0-9][A-Za-z0-9_]{0,39}": ("up to 40 letters, digits and _", "total"),
    r"[A-Z]\d{5}": ("one capital letter and five digits", "A81001"),
    r"U\d{5}": ("the letter U and five digits", "U89141"),
    r"E01\d{6}": ("E01 and six digits", "E01000001"),
    r"X-[A-Z]{2,6}": ("X- and capital letters", "X-SPREF"),
    r"1\.\d+\.\d+": ("three numbers, of which the first is 1", "1.0.0"),
    r"\d{4}-\d{2}-01( 00:00:00)?": ("the first day of a month", "2025-08-01"),
    r"[A-Z]": ("one capital letter", "A"),
    r"[A-Z]{2}": ("two capital letters", "GB"),
    r"[A-Z]{3}": ("three capital letters", "GBP"),
    r".{1,80}": ("up to 80 characters", "Walking group"),
    r".{1,140}": ("up to 140 characters", "Listening event on the new surgery"),
    r"(?s).{1,280}": ("up to 280 characters", "Opening times were changed to suit carers."),
    r"https?://\S+": ("a web address", "https://www.example.org/"),
    r"https?://\S{1,300}": ("a web address", "https://www.example.org/notes"),
    r"360G-[A-Za-z0-9]+-.+": (
        "360G, the funder's prefix and the funder's number",
        "360G-example-1",
    ),
    r"[A-Z0-9]{2,5}-.+": ("an org-id", "GB-CHC-1234567"),
}
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
        parts.append("year-month-day, T, time of day and time zone (Z for UTC)")
    if column.check_digit == "snomed":
        parts.append("a SNOMED CT code, with its check digit")
    if column.pattern is not None and not values:
        parts.append(_FORMS.get(column.pattern, (f"of the form {column.pattern}", ""))[0])
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
    for other, values in column.only_if.items():
        rules.append(f"Only filled where {spelt[other]} is {' or '.join(values)}.")
    if column.references:
        extract = column.references.split(".")[0]
        rules.append(f"Has to be known: it is looked up in “{titles.get(extract, extract)}”.")
    if column.free_text:
        rules.append("Free text: nothing in it by which a person can be known.")
    if column.null_tokens:
        rules.append(f"Counts as empty: {', '.join(column.null_tokens)}.")
    if column.blank_at_most is not None:
        most = _percent(column.blank_at_most)
        rules.append(f"We will tell you if more than {most} of the rows are empty.")
    for value, share in column.share_at_most.items():
        rules.append(f"We will tell you if more than {_percent(share)} of the rows say {value}.")
    return " ".join(rules)


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

    The examples of a layout keep the rules between its columns too: all days are the same day,
    and all numbers the same number where their ranges allow it.
    """
    values = accepted_values(contract, column)
    if values:
        return values[0]
    if column.name in contract.period_from.columns and contract.period_kind == "span":
        is_first = column.name == contract.period_from.columns[0]
        return _PERIOD["first" if is_first else "last"]
    if column.pattern is not None:
        return _FORMS.get(column.pattern, ("", ""))[1]
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
