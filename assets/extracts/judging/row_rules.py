"""The rules of a contract on single rows, as conditions that are true where a row is wrong.

Categories are those of the Data Validation Engine of NHS England, in words a provider can act on.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from assets.extracts.contract_model.contract import EXCEL_SERIAL, Bound, Column, bounds_of
from assets.extracts.identifiers.detectors import REDACTED
from assets.extracts.sql_text import identifier, literal

INDIVIDUAL = "individual"

# Plain spaces around a value are forgiven. Others (a no-break space, a tab) are not: the engine
# trims them but no cast does. Where a pattern is matched anyhow, it takes the spaces, which is
# twice as fast as trimming 10 million cells (1.5 s to 3.7 s, 2026-11-25).
_INTEGER = r" *[+-]?\d+(\.0*)? *"
_DECIMAL = r" *[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)? *"
_TIMESTAMP = (
    r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-](0\d|1[0-5])(:?[0-5]\d)?)?)?"
)
_ZONE = r"(Z|[+-](0\d|1[0-5])(:?[0-5]\d)?)"
_ZONED = r".*:\d{2}.*(Z|[+-]\d{2}(:?\d{2})?)"
# A day begins in London, on whatever machine this runs.
_TIME_ZONE = "Europe/London"
_BOOLEANS = ("true", "false", "1", "0")
# Day 0 of spreadsheets; serials of four to six digits are the years 1902 to 4637.
_SERIAL_ZERO = "date '1899-12-30'"
_SERIAL = r"\d{4,6}"

# Verhoeff's tables (dihedral group D5): multiplication, and the permutation by position.
_TIMES = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 3, 4, 0, 6, 7, 8, 9, 5), (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7), (4, 0, 1, 2, 3, 9, 5, 6, 7, 8), (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2), (7, 6, 5, 9, 8, 2, 1, 0, 4, 3), (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)  # fmt: skip
_PERMUTED = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 5, 7, 6, 2, 8, 3, 0, 9, 4), (5, 8, 0, 3, 7, 9, 6, 1, 4, 2),
    (8, 9, 1, 6, 0, 4, 3, 5, 2, 7), (9, 4, 5, 3, 1, 2, 6, 8, 7, 0), (4, 2, 8, 6, 5, 7, 3, 9, 0, 1),
    (2, 7, 9, 3, 8, 0, 6, 4, 1, 5), (7, 0, 4, 6, 9, 1, 3, 2, 5, 8),
)  # fmt: skip


@dataclass(frozen=True)
class RowRule:
    """One rule: SQL that is true where a row breaks it, and what the provider is told.

    ``withholds`` rules are about rows of which nothing may be kept. ``looks_at`` names the one
    staged column that the condition depends on, if it is one.
    """

    code: str
    category: str
    column: str
    message: str
    condition: str
    withholds: bool = False
    looks_at: str | None = None


def identifier_rule(column: str, words: str, rows: Collection[int]) -> RowRule:
    """The rule that the rows break in which the scan found an identifier."""
    listed = ", ".join(str(row) for row in sorted(rows))
    message = f"holds {words}; the value was not kept"
    condition = f"source_row_number in ({listed})"
    return RowRule("identifier", "Bad value", column, message, condition, withholds=True)


def redacted_rule(columns: Collection[str]) -> RowRule:
    """The rule that rows of an archived copy break which was redacted when it was taken in."""
    condition = " or ".join(f"contains({identifier(c)}, {literal(REDACTED)})" for c in columns)
    message = "held an identifier of a person; the value was not kept"
    return RowRule("identifier", "Bad value", "", message, condition, withholds=True)


def row_rules(columns: Mapping[str, Column]) -> list[RowRule]:
    """All rules on the columns that a file has, by canonical name."""
    return [rule for column in columns.values() for rule in _rules_of(column, columns)]


def rules_of_cell(column: Column) -> list[RowRule]:
    """The rules on a column that look at no other."""
    return _rules_of(column, {column.name: column})


def _rules_of(column: Column, columns: Mapping[str, Column]) -> list[RowRule]:
    rules = [*_presence_rules(column, columns), *_value_rules(column, columns)]
    if column.compares_with:
        return rules
    return [replace(rule, looks_at=column.name) for rule in rules]


def _presence_rules(column: Column, columns: Mapping[str, Column]) -> list[RowRule]:
    """Whether there may, or must, be a value at all."""
    cell = identifier(column.name)
    rules = []
    if column.refuses_row is not None:
        message = f"is filled: {column.refuses_row}"
        filled = f"{cell} is not null"
        rules.append(RowRule(INDIVIDUAL, "Bad value", column.spelt, message, filled, True))
    if column.not_null:
        message = "is empty but must have a value"
        rules.append(RowRule("blank", "Blank", column.spelt, message, f"{cell} is null"))
    for other, values in column.only_if.items():
        if other in columns:
            listed = ", ".join(literal(text) for text in values)
            is_other = f"coalesce({_trimmed(other)} not in ({listed}), true)"
            message = f"is filled although {other} is not {' or '.join(values)}"
            wrong = f"{cell} is not null and {is_other}"
            rules.append(RowRule("not_expected", "Bad value", column.spelt, message, wrong))
    return rules


def _value_rules(column: Column, columns: Mapping[str, Column]) -> list[RowRule]:
    """What a value must look like, and between what it must lie. Sentinels are not values."""
    cell = identifier(column.name)
    value = _trimmed(column.name)
    is_value = f"{cell} is not null"
    if column.sentinels:
        codes = ", ".join(literal(code) for code in column.sentinels)
        is_value += f" and {value} not in ({codes})"
    found: list[tuple[str, str, str, str]] = []
    wrong_type, named = _wrong_type(column)
    if wrong_type:
        found.append(("wrong_format", "Wrong format", wrong_type, named))
    if column.allowed:
        values = ", ".join(literal(allowed) for allowed in column.allowed)
        message = f"is not one of {', '.join(column.allowed)}"
        found.append(("not_allowed", "Bad value", f"{value} not in ({values})", message))
    if column.pattern is not None:
        pattern = literal(f" *(?:{column.pattern}) *")
        wrong = f"not regexp_full_match({cell}, {pattern})"
        message = f"does not look like its kind of code ({column.pattern})"
        found.append(("wrong_code", "Bad value", wrong, message))
    if column.check_digit == "snomed":
        message = "is no SNOMED CT identifier: its check digit is wrong"
        found.append(("wrong_code", "Bad value", f"not ({_is_snomed(value)})", message))
    for wrong, message in _outside(column, columns):
        found.append(("out_of_range", "Bad value", wrong, message))
    return [
        RowRule(code, category, column.spelt, message, f"{is_value} and ({wrong})")
        for code, category, wrong, message in found
    ]


def _wrong_type(column: Column) -> tuple[str, str]:
    """SQL that is true where a value is not of the column's type, and what to say."""
    cell, value = identifier(column.name), _trimmed(column.name)
    match column.type:
        # A number too large for the types that models cast to is none, as it would stop them.
        case "integer":
            fits = f"try_cast({cell} as bigint) is not null"
            wrong = f"not (regexp_full_match({cell}, '{_INTEGER}') and {fits})"
            return wrong, "is not a whole number"
        case "decimal":
            fits = f"coalesce(isfinite(try_cast({cell} as double)), false)"
            wrong = f"not (regexp_full_match({cell}, '{_DECIMAL}') and {fits})"
            return wrong, "is not a number"
        case "date":
            return f"{typed(column)} is null", f"is not a date ({', '.join(column.formats)})"
        case "timestamp":
            wrong = f"(not regexp_full_match({value}, '{_TIMESTAMP}') or {typed(column)} is null)"
            return wrong, "is not a date and time such as 2025-04-01T09:30:00Z"
        case "boolean":
            booleans = ", ".join(literal(text) for text in _BOOLEANS)
            return f"lower({value}) not in ({booleans})", "is neither true nor false"
        case "string":
            return "", ""


def _trimmed(name: str) -> str:
    """SQL of a cell without the plain spaces around it."""
    return f"trim({identifier(name)}, ' ')"


def typed(column: Column) -> str:
    """SQL of a cell as a value that compares: a number, a day, or null where it is neither."""
    value = _trimmed(column.name)
    match column.type:
        case "integer" | "decimal":
            return f"try_cast({value} as double)"
        case "date":
            return _day(value, column)
        case "timestamp":
            return (
                f"(case when regexp_full_match({value}, '{_ZONED}') "
                f"then timezone('{_TIME_ZONE}', try_cast({value} as timestamptz)) "
                f"else try_cast({value} as timestamp) end)::date"
            )
        case _:
            return value


def _day(value: str, column: Column) -> str:
    # A spreadsheet hands out a day as the midnight it begins with.
    forms = [*(form for form in column.formats if form != EXCEL_SERIAL), "%Y-%m-%d 00:00:00"]
    parsed = _parsed(value, [form for form in forms if not form.endswith("%z")])
    if zoned := [form.removesuffix("%z") for form in forms if form.endswith("%z")]:
        # With %z among its formats the engine takes 2025-02-30 for the second of March; the day
        # is that on the calendar of who wrote it, so the zone only has to be one.
        local = f"regexp_replace({value}, '{_ZONE}$', '')"
        parsed = (
            f"coalesce({parsed}, case when {local} <> {value} then {_parsed(local, zoned)} end)"
        )
    # The engine reads the year of 01JAN21 as 21 where the format wants four digits, and 2025033,
    # from which a digit was lost, as the third of March.
    is_short = f"regexp_full_match({value}, '\\d{{1,7}}')" if "%Y%m%d" in forms else "false"
    day = f"(case when {parsed} >= date '1000-01-01' and not {is_short} then {parsed} end)"
    if EXCEL_SERIAL not in column.formats:
        return day
    serial = (
        f"case when regexp_full_match({value}, '{_SERIAL}') "
        f"then {_SERIAL_ZERO} + try_cast({value} as integer) end"
    )
    return f"coalesce({serial}, {day})"


def _parsed(value: str, forms: Sequence[str]) -> str:
    return f"try_strptime({value}, [{', '.join(literal(form) for form in forms)}])::date"


def _outside(column: Column, columns: Mapping[str, Column]) -> list[tuple[str, str]]:
    """Conditions that are true outside the bounds, with what to say; nulls are never outside."""
    found = []
    is_day = column.type in ("date", "timestamp")
    for sign, words, bounds in (
        ("<", "before" if is_day else "less than", column.minimum),
        (">", "after" if is_day else "more than", column.maximum),
    ):
        for bound in bounds_of(bounds):
            if isinstance(bound, str):
                if bound in columns:
                    other = columns[bound]
                    wrong = f"{typed(column)} {sign} {_typed_unless_sentinel(other)}"
                    found.append((wrong, f"{words} {other.spelt}"))
            else:
                found.append((f"{typed(column)} {sign} {_constant(bound)}", f"{words} {bound}"))
    return [(f"coalesce({wrong}, false)", f"is {message}") for wrong, message in found]


def _typed_unless_sentinel(column: Column) -> str:
    if not column.sentinels:
        return typed(column)
    codes = ", ".join(literal(code) for code in column.sentinels)
    cell = _trimmed(column.name)
    return f"(case when {cell} not in ({codes}) then {typed(column)} end)"


def _constant(bound: Bound) -> str:
    return f"date '{bound.isoformat()}'" if isinstance(bound, date) else str(bound)


def _is_snomed(value: str) -> str:
    """SQL that is true for a SNOMED CT identifier: 6 to 18 digits that Verhoeff's check passes.

    Source: SNOMED CT Release File Specification, check-digit computation.
    """
    digits = f"string_split(reverse({value}), '')"
    permuted = f"lambda d, i: ({_table(_PERMUTED)})[(i - 1) % 8 + 1][d::integer + 1]"
    folded = (
        f"list_reduce(list_transform({digits}, {permuted}), "
        f"lambda a, b: ({_table(_TIMES)})[a + 1][b + 1], 0)"
    )
    return f"case when regexp_full_match({value}, '\\d{{6,18}}') then {folded} = 0 else false end"


def _table(rows: tuple[tuple[int, ...], ...]) -> str:
    return "[" + ", ".join("[" + ", ".join(map(str, row)) + "]" for row in rows) + "]"
