"""The rules of a contract on single rows, as conditions that are true where a row is wrong.

Categories are those of the Data Validation Engine of NHS England, in words a provider can act on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from assets.extracts.contract_model.contract import (
    EXCEL_SERIAL,
    Bound,
    Column,
    RowCase,
    WideColumns,
    bounds_of,
)
from assets.extracts.identifiers.detectors import REDACTED
from assets.extracts.sql_text import identifier, literal

# Codes of rows of which nothing is kept: they hold an identifier, or are about an individual.
IDENTIFIER, INDIVIDUAL = "identifier", "individual"

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
_BOOLEANS = ("true", "false")
# A day of which every date style tells day and month apart.
_SHOWN = datetime(2025, 8, 31, tzinfo=UTC)
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


def identifier_rule(column: str, words: str, rows: str) -> RowRule:
    """The rule that the rows break in which the scan found an identifier.

    ``rows`` is SQL of their numbers: there may be too many to spell out.
    """
    message = f"holds {words}; the value was not kept"
    condition = f"source_row_number in ({rows})"
    return RowRule(IDENTIFIER, "Bad value", column, message, condition, withholds=True)


def redacted_rule(columns: Collection[str]) -> RowRule:
    """The rule that rows of an archived copy break which was redacted when it was taken in."""
    condition = " or ".join(f"contains({identifier(c)}, {literal(REDACTED)})" for c in columns)
    message = "held an identifier of a person; the value was not kept"
    return RowRule(IDENTIFIER, "Bad value", "", message, condition, withholds=True)


def refusing_rule(name: str, spelt: str, reason: str) -> RowRule:
    """The rule that a row breaks whose mere filling of a column means that it must not be kept."""
    filled = f"{identifier(name)} is not null"
    return RowRule(INDIVIDUAL, "Bad value", spelt, f"is filled: {reason}", filled, True, name)


def row_rules(columns: Mapping[str, Column], cases: Sequence[RowCase] = ()) -> list[RowRule]:
    """The rules that a file with these columns can break, in the order of the columns."""
    rules = [rule for column in columns.values() for rule in _rules_of(column, columns)]
    return [*rules, *(rule for case in cases for rule in _rules_of_case(case, columns))]


def remarks_on_rows(columns: Mapping[str, Column]) -> list[RowRule]:
    """What is odd about a row that is taken in nevertheless."""
    remarks = []
    for column in columns.values():
        cell = identifier(column.name)
        if column.not_after is not None and column.not_after in columns:
            later = columns[column.not_after]
            condition = f"{typed(column)} > {typed(later)}"
            message = f"is later than {later.spelt}, the day on which the data were taken"
            remarks.append(_remark("future_date", column, message, condition))
        if column.reviewed:
            listed = ", ".join(literal(code) for code in column.reviewed)
            known = ", ".join(column.reviewed)
            message = f"is a code that nobody has looked at yet (known are {known})"
            condition = f"{cell} is not null and {_trimmed(column.name)} not in ({listed})"
            remarks.append(_remark("not_reviewed", column, message, condition))
    return remarks


def _remark(code: str, column: Column, message: str, condition: str) -> RowRule:
    return RowRule(code, "Odd value", column.spelt, message, condition, looks_at=column.name)


def rules_of_cell(column: Column) -> list[RowRule]:
    """The rules on a column that look at no other."""
    return _rules_of(column, {column.name: column})


def rules_of_named_cell(wide: WideColumns) -> list[RowRule]:
    """The rules on repeated cells that depend on what their column is called."""
    return [
        replace(
            rule,
            condition=f"{identifier(wide.groups[group])} = {literal(name)} and ({rule.condition})",
        )
        for group, highest in wide.maximum.items()
        for name, maximum in highest.items()
        for rule in rules_of_cell(
            wide.value.model_copy(update={"minimum": None, "maximum": maximum})
        )
        if rule.code == "out_of_range"
    ]


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
        rules.append(refusing_rule(column.name, column.spelt, column.refuses_row))
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


def _rules_of_case(case: RowCase, columns: Mapping[str, Column]) -> Iterator[RowRule]:
    """What columns may hold where others hold certain values, for the columns that are there."""
    if not set(case.when) <= columns.keys():
        return
    applies = " and ".join(_is_one_of(columns[name], values) for name, values in case.when.items())
    where = " and ".join(
        f"{columns[name].spelt} is {' or '.join(values)}" for name, values in case.when.items()
    )
    for name, values in case.allowed.items():
        if name in columns:
            cell = identifier(name)
            wrong = f"{cell} is not null and not {_is_one_of(columns[name], values)}"
            message = f"is not one of {', '.join(values)}, where {where}"
            yield _case_rule("not_allowed", columns[name], message, f"{applies} and {wrong}")
    for sign, words, bounds in (("<", "less", case.minimum), (">", "more", case.maximum)):
        for name, bound in bounds.items():
            if name in columns:
                wrong = f"coalesce({typed(columns[name])} {sign} {_constant(bound)}, false)"
                message = f"is {words} than {bound}, where {where}"
                yield _case_rule("out_of_range", columns[name], message, f"{applies} and {wrong}")


def _case_rule(code: str, column: Column, message: str, condition: str) -> RowRule:
    return RowRule(code, "Bad value", column.spelt, message, f"({condition})")


def _is_one_of(column: Column, values: Sequence[str]) -> str:
    listed = ", ".join(literal(text) for text in values)
    return f"coalesce({_trimmed(column.name)} in ({listed}), false)"


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
        message = f"does not have the form it should have: {_form_of(column)}"
        found.append(("wrong_code", "Bad value", wrong, message))
    if column.check_digit == "snomed":
        message = (
            "is not the code of a SNOMED CT concept, such as 871731000000106 (a digit is wrong, or "
            "it is the code of a description)"
        )
        found.append(("wrong_code", "Bad value", f"not ({_is_snomed(value)})", message))
    for wrong, message in (*_outside(column, columns), *_off_calendar(column, columns)):
        found.append(("out_of_range", "Bad value", wrong, message))
    return [
        RowRule(code, category, column.spelt, message, f"{is_value} and ({wrong})")
        for code, category, wrong, message in found
    ]


def _form_of(column: Column) -> str:
    example = f", such as {column.example}" if column.example else ""
    return f"{column.form or column.pattern}{example}"


def dates_in_words(column: Column) -> str:
    """The ways in which a column may write a day, by one day written in each of them."""
    forms = [
        form for form in column.formats if form != EXCEL_SERIAL and not form.endswith(" 00:00:00")
    ]
    return " or ".join(dict.fromkeys(_SHOWN.strftime(form) for form in forms))


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
            return f"{typed(column)} is null", f"is not a date such as {dates_in_words(column)}"
        case "timestamp":
            wrong = f"(not regexp_full_match({value}, '{_TIMESTAMP}') or {typed(column)} is null"
            zone = " with time zone" if column.zoned else ""
            if column.zoned:
                wrong += f" or not regexp_full_match({value}, '{_ZONED}')"
            return f"{wrong})", f"is not a date and time{zone} such as 2025-04-01T09:30:00Z"
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


def _off_calendar(column: Column, columns: Mapping[str, Column]) -> list[tuple[str, str]]:
    """Conditions that are true for a day at the wrong place of the month or year."""
    found = []
    day = typed(column)
    if column.month_end:
        found.append((f"coalesce({day} <> last_day({day}), false)", "is not the end of a month"))
    named = column.in_year_of
    if named is not None and named in columns:
        # NCD2425 is 1 April 2024 to 31 March 2025.
        digits = f"regexp_extract({_trimmed(named)}, '[0-9]{{4}}$')"
        year = f"try_cast({digits} as integer) // 100"
        start = f"year({day} - interval 3 months) % 100"
        other = columns[named].spelt
        found.append((f"coalesce({start} <> {year}, false)", f"is not in the year of {other}"))
    return found


def _typed_unless_sentinel(column: Column) -> str:
    if not column.sentinels:
        return typed(column)
    codes = ", ".join(literal(code) for code in column.sentinels)
    cell = _trimmed(column.name)
    return f"(case when {cell} not in ({codes}) then {typed(column)} end)"


def _constant(bound: Bound) -> str:
    return f"date '{bound.isoformat()}'" if isinstance(bound, date) else str(bound)


def _is_snomed(value: str) -> str:
    """SQL that is true for the identifier of a SNOMED CT concept.

    6 to 18 digits that Verhoeff's check passes; the two before the last are 00 or 10 (concepts).
    Source: SNOMED CT Release File Specification, component identifiers and check digit.
    """
    digits = f"string_split(reverse({value}), '')"
    permuted = f"lambda d, i: ({_table(_PERMUTED)})[(i - 1) % 8 + 1][d::integer + 1]"
    folded = (
        f"list_reduce(list_transform({digits}, {permuted}), "
        f"lambda a, b: ({_table(_TIMES)})[a + 1][b + 1], 0)"
    )
    is_concept = f"regexp_full_match({value}, '\\d{{3,15}}[01]0\\d')"
    return f"case when {is_concept} then {folded} = 0 else false end"


def _table(rows: tuple[tuple[int, ...], ...]) -> str:
    return "[" + ", ".join("[" + ", ".join(map(str, row)) + "]" for row in rows) + "]"
