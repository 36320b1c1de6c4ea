"""The rules on single rows: what each kind finds, what it leaves alone, and what it says."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.extracts.contract_model.contract import EXCEL_SERIAL, Column, RowCase, WideColumns
from assets.extracts.identifiers.detectors import REDACTED
from assets.extracts.judging.row_rules import (
    identifier_rule,
    redacted_rule,
    remarks_on_rows,
    row_rules,
    rules_of_named_cell,
    typed,
)

DAYS = ("%Y-%m-%d",)
Cell = str | None


@cache
def engine() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def column(name: str = "cell", **described: Any) -> Column:
    return Column(name=name, description="A column.", **described)


def day(name: str = "cell", **described: Any) -> Column:
    return column(name, type="date", formats=described.pop("formats", DAYS), **described)


def broken(
    columns: list[Column], cells: dict[str, Cell], *, zone: str = "UTC"
) -> set[tuple[str, str]]:
    """Column and code of every rule that one row breaks."""
    engine().execute(f"set timezone = '{zone}'")
    names = ", ".join(f"?::varchar as {name}" for name in cells)
    rules = row_rules({each.name: each for each in columns})
    wrong = ", ".join(["false", *(f"coalesce({rule.condition}, false)" for rule in rules)])
    ask = f"select {wrong} from (select {names}, 1 as source_row_number)"
    [(_, *found)] = engine().execute(ask, list(cells.values())).fetchall()
    return {(rule.column, rule.code) for rule, bad in zip(rules, found, strict=True) if bad}


def codes(described: Column, value: Cell) -> set[str]:
    return {code for _, code in broken([described], {described.name: value})}


# -- types -----------------------------------------------------------------------------------------

TYPES = [
    (
        column(type="integer"),
        ["0", "12", "-3", "+4", " 7 ", "12.0", "12.", "007", "9223372036854775807"],
        [
            "1.5", "1,000", "1e3", "x", "1 2", "--1", "١٢", "\uff11\uff12", "12a", ".0", "NaN",
            "\u00a07", "7\u2003", "7\t", "9223372036854775808", "12345678901234567890",
        ],
    ),
    (
        column(type="decimal"),
        ["0", "1.5", "-0.25", ".5", "5.", "1e-3", "1E5", "+2.5", " 1.5 "],
        [
            "1,5", "1.2.3", "%", "5%", "NaN", "inf", "Infinity", "-", ".", "e5", "1e", "1_0", "£5",
            "\u00a01.5", "1.5\u2003", "1e400", "-1e400",
        ],
    ),
    (
        column(type="boolean"),
        ["true", "false", "TRUE", "False", " true "],
        ["yes", "no", "Y", "1", "0", "t", "f", "truefalse", "-1"],
    ),
    (
        day(),
        ["2025-04-01", "2024-02-29", " 2025-04-01 ", "2025-04-01 00:00:00"],
        [
            "2025-02-29", "2025-13-01", "01/04/2025", "2025-04-01T00:00:00", "2025-04-01 09:30:00",
            "20250401", "2025-04", "today", "2025-04-01x", "12025-04-01", "25-04-01",
        ],
    ),
    (
        day(formats=("%d%b%Y", "%d-%b-%y", "%d-%b-%Y")),
        ["01APR2025", "1apr2025", "01-Apr-25", "01-Apr-2025"],
        ["01APR25", "31APR2025", "01-04-2025", "01-Avr-2025", "2025-04-01"],
    ),
    (
        day(formats=("%Y%m%d",)),
        ["20250401", " 20250401 "],
        ["2025041", "202541", "20251301", "2025-04-1"],
    ),
    (
        day(formats=("%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z")),
        ["2025-04-01", "2025-04-01T00:00:00+01:00", "2025-04-01T12:00:00Z"],
        [
            "2025-02-30", "2025-02-30T00:00:00+00:00", "2025-04-01T12:00:00+99:00",
            "2025-04-01T12:00:00", "2025-04-01Z",
        ],
    ),
    (
        day(formats=("%d/%m/%Y",)),
        ["01/04/2025", "31/12/1899"],
        ["04/13/2025", "01/04/25", "01-04-2025", "45748"],
    ),
    (
        column(type="timestamp"),
        [
            "2025-04-01T09:30:00Z", "2025-04-01 09:30", "2025-04-01", "2025-04-01T09:30:00+01:00",
            "2025-04-01T09:30:00.123456-0500", "2025-04-01T23:59:59+01",
        ],
        [
            "2025-04-01T25:00:00Z", "2025-02-30T09:30:00Z", "09:30", "01/04/2025 09:30",
            "2025-04-01T09:61:00Z", "2025-04-01T09:30:00 Europe/London", "1743496200", "now",
            "2025-04-01T09:30:00+99:00",
        ],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("described", "good", "bad"), TYPES)
def test_values_of_a_type_pass_and_others_do_not(
    described: Column, good: list[str], bad: list[str]
) -> None:
    assert {value for value in good if codes(described, value)} == set()
    assert {value for value in bad if codes(described, value) != {"wrong_format"}} == set()


@pytest.mark.parametrize("described", [described for described, *_ in TYPES])
def test_nothing_breaks_no_rule_but_that_there_must_be_something(described: Column) -> None:
    assert codes(described, None) == set()
    needed = described.model_copy(update={"not_null": True})
    assert codes(needed, None) == {"blank"}


def test_text_takes_anything() -> None:
    assert codes(column(), "£ anything, at all\n") == set()


# -- codes -----------------------------------------------------------------------------------------


def test_code_lists_are_exact_but_for_spaces_around() -> None:
    listed = column(allowed=("GP", "O'Hara"))

    assert [codes(listed, value) for value in ("GP", " GP ", "O'Hara", None)] == [set()] * 4
    for value in ("gp", "G P", "GPs", "", "GP\t", "GP\u00a0", "\u2003GP"):
        assert codes(listed, value) == {"not_allowed"}, value


def test_patterns_hold_for_the_whole_value() -> None:
    shaped = column(pattern=r"[A-Z]\d{5}|U\d")

    assert [codes(shaped, value) for value in ("A81001", " A81001 ", "U1", None)] == [set()] * 4
    for value in ("A810011", "xA81001", "a81001", "A81001\n", "A\uff181001", "A81001 A81002",
                  "\u00a0A81001", "A81001\u2003"):  # fmt: skip
        assert codes(shaped, value) == {"wrong_code"}, value


def test_sentinels_are_exempt_from_every_rule_on_values() -> None:
    counted = column(type="integer", minimum=0, allowed=("1",), sentinels={"-97": "suppressed"})

    assert codes(counted, "-97") == set()
    assert codes(counted, " -97 ") == set()
    assert codes(counted, "-98") == {"out_of_range", "not_allowed"}


def test_sentinel_of_another_column_is_no_bound() -> None:
    rows = column("of_all", type="integer", minimum=0, sentinels={"-97": "suppressed"})
    some = column("some", type="integer", minimum=0, maximum="of_all")

    assert broken([rows, some], {"of_all": "-97", "some": "3"}) == set()
    assert broken([rows, some], {"of_all": "2", "some": "3"}) == {("some", "out_of_range")}


# -- bounds ----------------------------------------------------------------------------------------

OUTSIDE = {"out_of_range"}


@pytest.mark.parametrize(
    ("described", "inside", "outside"),
    [
        (column(type="integer", minimum=1, maximum=10), ["1", "10", "5.0"], ["0", "11", "-5"]),
        (column(type="decimal", minimum=0.01), ["0.01", "1e9"], ["0.009", "0", "-1"]),
        (column(type="decimal", maximum=1), ["1", "-1e300", "1.0"], ["1.01", "1e300", "2"]),
        (
            day(minimum=date(2015, 1, 1), maximum=date(2025, 12, 31)),
            ["2015-01-01", "2025-12-31"],
            ["2014-12-31", "2026-01-01"],
        ),
        (
            column(type="timestamp", minimum=date(2025, 4, 1), maximum=date(2025, 4, 30)),
            ["2025-04-01T00:00:00+01:00", "2025-04-30T22:59:00Z"],
            ["2025-03-31T22:00:00Z", "2025-05-01T00:00:00+01:00"],
        ),
    ],
)
def test_bounds_belong_to_the_range(
    described: Column, inside: list[str], outside: list[str]
) -> None:
    assert {value for value in inside if codes(described, value)} == set()
    assert {value for value in outside if codes(described, value) != OUTSIDE} == set()


def test_bounds_by_other_columns_hold_where_both_are_there() -> None:
    first = day("first", headers=("First day",))
    last = day("last", minimum="first")

    def wrong(start: Cell, end: Cell) -> set[tuple[str, str]]:
        return broken([first, last], {"first": start, "last": end})

    assert wrong("2025-04-01", "2025-04-01") == set()
    assert wrong("2025-04-02", "2025-04-01") == {("last", "out_of_range")}
    assert wrong(None, "2025-04-01") == wrong("2025-04-02", None) == set()
    assert wrong("soon", "2025-04-01") == {("First day", "wrong_format")}
    assert broken([last], {"last": "2025-04-01"}) == set(), "the other column is not in the file"


def test_each_of_several_bounds_holds() -> None:
    columns = [column(name, type="integer") for name in ("low", "high")]
    between = column("n", type="integer", minimum=("low", 5), maximum=("high", 50))

    def wrong(low: str, n: str, high: str) -> bool:
        return bool(broken([*columns, between], {"low": low, "n": n, "high": high}))

    assert not wrong("1", "5", "90")
    assert wrong("6", "5", "90")
    assert wrong("1", "4", "90")
    assert wrong("1", "51", "90")
    assert wrong("1", "40", "39")


def test_a_day_is_held_against_the_day_of_a_moment_in_london_on_every_machine() -> None:
    taken = column("extracted_at", type="timestamp")
    referred = day("referred", maximum="extracted_at")

    def wrong(moment: str, on: str) -> set[bool]:
        cells = {"extracted_at": moment, "referred": on}
        zones = ("UTC", "Europe/London", "Pacific/Auckland", "America/Los_Angeles")
        return {bool(broken([taken, referred], cells, zone=zone)) for zone in zones}

    assert wrong("2025-06-30T23:30:00Z", "2025-07-01") == {False}
    assert wrong("2025-06-30T22:30:00Z", "2025-07-01") == {True}
    assert wrong("2025-06-30T23:30:00", "2025-07-01") == {True}
    assert wrong("2025-06-30", "2025-06-30") == {False}


# -- rules between columns -------------------------------------------------------------------------


def test_cell_that_belongs_to_another_value_is_not_expected() -> None:
    status = column("status", allowed=("open", "declined", "rejected"))
    reason = column("reason", only_if={"status": ("declined", "rejected")})

    def wrong(state: Cell, why: Cell) -> set[tuple[str, str]]:
        return broken([status, reason], {"status": state, "reason": why})

    assert wrong("declined", "no time") == wrong(" rejected ", "x") == wrong("open", None) == set()
    assert wrong("open", "no time") == wrong(None, "no time") == {("reason", "not_expected")}
    assert broken([reason], {"reason": "no time"}) == set(), "the other column is not in the file"


def test_column_that_refuses_its_row_withholds_it() -> None:
    given_to = column("recipient", refuses_row="grants to single people are not kept")
    [rule] = row_rules({"recipient": given_to})

    assert codes(given_to, "A Person") == {"individual"}
    assert codes(given_to, None) == set()
    assert rule.withholds
    assert rule.message == "is filled: grants to single people are not kept"


def test_messages_say_what_is_wrong_and_name_the_published_header() -> None:
    columns = {
        "start": day("start", headers=("Start Date",)),
        "end": day("end", headers=("End Date",), minimum="start", not_null=True),
        "size": column("size", type="integer", maximum=10),
        "kind": column("kind", allowed=("a", "b"), only_if={"size": ("1", "2")}),
    }

    said = {(rule.column, rule.code): rule.message for rule in row_rules(columns)}

    assert said == {
        ("Start Date", "wrong_format"): "is not a date such as 2025-08-31",
        ("End Date", "blank"): "is empty but must have a value",
        ("End Date", "wrong_format"): "is not a date such as 2025-08-31",
        ("End Date", "out_of_range"): "is before Start Date",
        ("size", "wrong_format"): "is not a whole number",
        ("size", "out_of_range"): "is more than 10",
        ("kind", "not_expected"): "is filled although size is not 1 or 2",
        ("kind", "not_allowed"): "is not one of a, b",
    }


def test_rules_of_the_scan_name_rows_and_withhold_them() -> None:
    found = identifier_rule("Notes", "an NHS number", "select unnest([7, 3])")
    taken_out = redacted_rule(["a", "b"])
    with duckdb.connect() as connection:
        connection.execute(
            "create table rows as select * from (values (1, 'x', 'y'), (3, 'x', 'y'), "
            f"(7, 'x', 'seen {REDACTED} today')) as r(source_row_number, a, b)"
        )

        def rows(condition: str) -> list[tuple[int]]:
            return connection.execute(
                f"select source_row_number from rows where {condition} order by 1"
            ).fetchall()

        assert rows(found.condition) == [(3,), (7,)]
        assert rows(taken_out.condition) == [(7,)]
    assert found.withholds
    assert taken_out.withholds
    assert "3" not in found.message


# -- days counted by spreadsheets ------------------------------------------------------------------


@settings(max_examples=200, deadline=None)
@given(serial=st.integers(1000, 999_999))
def test_serial_days_are_counted_as_spreadsheets_count_them(serial: int) -> None:
    wanted = datetime(1899, 12, 30) + timedelta(days=serial)
    described = day(formats=("%d/%m/%Y", EXCEL_SERIAL))

    for text in (str(serial), f" {serial} ", f"{wanted:%d/%m/%Y}"):
        [(found,)] = (
            engine()
            .execute(f"select {typed(described)} from (select ?::varchar as cell)", [text])
            .fetchall()
        )
        assert found == wanted.date(), text
        assert codes(described, text) == set()


def test_serial_days_are_days_only_where_the_contract_says_so() -> None:
    assert codes(day(formats=("%d/%m/%Y",)), "45748") == {"wrong_format"}
    serial = day(formats=("%d/%m/%Y", EXCEL_SERIAL), minimum=date(2025, 4, 1))
    for value in ("123", "45748.5", "-45748", "4574800", "1e5"):
        assert codes(serial, value) == {"wrong_format"}, value
    assert codes(serial, "45748") == set(), "1 April 2025"
    assert codes(serial, "45747") == OUTSIDE
    assert codes(serial, "31/03/2025") == OUTSIDE


# -- cases, and what is only odd -------------------------------------------------------------------


def test_what_a_cell_may_hold_depends_on_another() -> None:
    columns = {
        "kind": column("kind", headers=("Kind",)),
        "item": column("item"),
        "value": column("value", type="decimal"),
    }
    cases = [
        RowCase(when={"kind": ("A", "B")}, allowed={"item": ("x", "y")}, maximum={"value": 10}),
        RowCase(when={"kind": ("B",), "item": ("y",)}, minimum={"value": 3}),
        RowCase(when={"not_there": ("B",)}, maximum={"value": 0}),
    ]

    def wrong(kind: Cell, item: Cell, value: Cell) -> set[str]:
        rules = row_rules(columns, cases)
        found = ", ".join(["false", *(f"coalesce({r.condition}, false)" for r in rules)])
        cells = "?::varchar as kind, ?::varchar as item, ?::varchar as value"
        ask = f"select {found} from (select {cells})"
        [(_, *bad)] = engine().execute(ask, [kind, item, value]).fetchall()
        return {f"{r.column} {r.message}" for r, is_bad in zip(rules, bad, strict=True) if is_bad}

    assert wrong("A", "x", "10") == wrong("C", "z", "57") == wrong(None, "z", "57") == set()
    assert wrong("A", None, None) == set()
    assert wrong(" A ", "x", "10.5") == {"value is more than 10, where Kind is A or B"}
    assert wrong("A", "z", "3") == {"item is not one of x, y, where Kind is A or B"}
    assert wrong("B", "y", "2") == {"value is less than 3, where Kind is B and item is y"}


def test_moments_with_a_zone_need_time_and_zone() -> None:
    taken = column(type="timestamp", zoned=True)

    good = ("2025-04-01T09:30:00Z", "2025-04-01 09:30:00+01", "2025-04-01T09:30+01:00")
    assert {value for value in good if codes(taken, value)} == set()
    for value in ("2025-04-01", "2025-04-01T09:30:00", "2025-04-01T09:30"):
        assert codes(taken, value) == {"wrong_format"}, value


def test_odd_rows_are_remarked_and_break_no_rule() -> None:
    columns = {
        "taken": column("taken", type="timestamp"),
        "seen": day("seen", not_after="taken"),
        "code": column("code", reviewed=("1", "2")),
    }

    def odd(seen: Cell, code: Cell) -> list[str]:
        cells = {"taken": "2025-04-01T09:30:00Z", "seen": seen, "code": code}
        assert broken(list(columns.values()), cells) == set()
        names = ", ".join(f"?::varchar as {name}" for name in cells)
        found = []
        for remark in remarks_on_rows(columns):
            ask = f"select count(*) from (select {names}) where {remark.condition}"
            if engine().execute(ask, list(cells.values())).fetchall() == [(1,)]:
                found.append(remark.code)
        return found

    assert odd("2025-04-01", " 2 ") == odd(None, None) == []
    assert odd("2025-04-02", "3") == ["future_date", "not_reviewed"]


# -- check digits ----------------------------------------------------------------------------------


def verhoeff_digit(digits: str) -> str:
    """Check digit by the dihedral group of the pentagon itself, without its tables.

    Elements are (r, f): a turn by r fifths, then, if f, a flip; 5 to 9 are the flipped ones. The
    permutation by position is the one Verhoeff gives, (0 1 5 8 9 4 2 7)(3 6).
    """
    cycle = {0: 1, 1: 5, 5: 8, 8: 9, 9: 4, 4: 2, 2: 7, 7: 0, 3: 6, 6: 3}

    def times(a: int, b: int) -> int:
        (turn_a, flip_a), (turn_b, flip_b) = divmod_five(a), divmod_five(b)
        turn = (turn_a - turn_b if flip_a else turn_a + turn_b) % 5
        return turn + 5 * (flip_a ^ flip_b)

    def divmod_five(n: int) -> tuple[int, int]:
        return n % 5, n // 5

    total = 0
    for position, digit in enumerate(reversed(digits), start=1):
        permuted = int(digit)
        for _ in range(position):
            permuted = cycle[permuted]
        total = times(total, permuted)
    return next(str(digit) for digit in range(10) if times(total, digit) == 0)


SNOMED = column(check_digit="snomed")


@settings(max_examples=150, deadline=None)
@given(
    digits=st.text("0123456789", min_size=3, max_size=15),
    partition=st.sampled_from(["00", "10"]),
    other=st.integers(1, 9),
)
def test_snomed_identifiers_pass_with_their_check_digit_alone(
    digits: str, partition: str, other: int
) -> None:
    digits += partition
    right = int(verhoeff_digit(digits))

    assert codes(SNOMED, f"{digits}{right}") == set()
    assert codes(SNOMED, f"{digits}{(right + other) % 10}") == {"wrong_code"}


@pytest.mark.parametrize("partition", ["01", "02", "11", "12", "99", "20"])
def test_snomed_identifiers_of_descriptions_and_relationships_are_no_concepts(
    partition: str,
) -> None:
    digits = f"871731000000{partition}"

    assert codes(SNOMED, f"{digits}{verhoeff_digit(digits)}") == {"wrong_code"}


def test_published_snomed_identifiers_pass_and_slips_do_not() -> None:
    published = ("871731000000106", "871711000000103", "138875005", "73211009", "404684003")
    assert {code for code in published if codes(SNOMED, code)} == set()
    slips = random.Random(1)
    for code in published:
        at = slips.randrange(len(code) - 1)
        if code[at] != code[at + 1]:
            swapped = f"{code[:at]}{code[at + 1]}{code[at]}{code[at + 2 :]}"
            assert codes(SNOMED, swapped) == {"wrong_code"}
    for value in ("73211", "1" * 19, "73211009x", "73 211 009", "-73211009", "Diabetes", "7.3E7"):
        assert codes(SNOMED, value) == {"wrong_code"}, value


# -- days of the calendar, and cells whose name says what they hold --------------------------------


@pytest.mark.parametrize(
    ("service", "reached", "found"),
    [
        ("NCD2425", "2024-04-30", set()),
        ("NCD2425", "2025-03-31", set()),
        ("NCD2324", "2024-02-29", set()),
        ("NCD2425", "2025-04-30", {"out_of_range"}),
        ("NCD2425", "2024-03-31", {"out_of_range"}),
        ("NCD2425", "2024-09-29", {"out_of_range"}),
        ("no year", "2024-09-30", set()),
        (None, "2024-09-30", set()),
        ("NCD2425", None, set()),
    ],
)
def test_a_month_end_lies_in_the_year_that_another_column_names(
    service: Cell, reached: Cell, found: set[str]
) -> None:
    columns = [column("service"), day("reached", month_end=True, in_year_of="service")]
    wrong = broken(columns, {"service": service, "reached": reached})
    assert {code for _, code in wrong} == found


@pytest.mark.parametrize(
    ("measure", "value", "is_wrong"),
    [
        ("pct", "0.42", False),
        ("pct", "1", False),
        ("pct", "42.4", True),
        ("pct", "-97", False),
        ("pct", None, False),
        ("count", "42.4", False),
        (None, "42.4", False),
    ],
)
def test_a_repeated_cell_keeps_the_bound_of_what_it_is_called(
    measure: Cell, value: Cell, is_wrong: bool
) -> None:
    wide = WideColumns(
        pattern="(?P<question>[a-z]+)[.](?P<measure>[a-z]+)",
        groups={"question": "question", "measure": "measure_name"},
        value=column("figure", type="decimal", minimum=0, sentinels={"-97": "suppressed_source"}),
        maximum={"measure": {"pct": 1}},
    )
    [rule] = rules_of_named_cell(wide)
    [(found,)] = (
        engine()
        .execute(
            f"select coalesce({rule.condition}, false) "
            "from (select ?::varchar as measure_name, ?::varchar as figure)",
            [measure, value],
        )
        .fetchall()
    )
    assert (found, rule.code) == (is_wrong, "out_of_range")
