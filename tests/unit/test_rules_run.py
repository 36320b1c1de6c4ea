"""Rules as Great Expectations runs them: one query a table, outcomes rule by rule, no leak."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from expectations import results
from expectations.rules import (
    Between,
    HasColumns,
    NoRows,
    NoRowsWhere,
    NotNull,
    RowCount,
    Rule,
    Unique,
)
from expectations.validation import Validator

PLANTED = 8675309


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    opened = duckdb.connect()
    opened.execute("create schema marts")
    opened.execute("create schema restricted")
    opened.execute(
        "create table marts.counted as select * from (values "
        f"('PC-SP-01', 'A81001', 4, '{PLANTED}'), ('PC-SP-01', 'A81001', {PLANTED}, '12'), "
        "('PC-SP-02', 'A81002', -1, 'x')) as rows (indicator_id, area_code, numerator, note)"
    )
    opened.execute(
        "create table restricted.people as select 'key-of-a-person' as person_key, "
        f"7 as source_row_number, {PLANTED} as answers"
    )
    yield opened
    opened.close()


def where(name: str, condition: str, *identify_by: str, table: str = "marts.counted") -> Rule:
    return NoRowsWhere(
        table=table, name=name, description=name, condition=condition, identify_by=identify_by
    )


def test_rules_of_one_query_are_told_apart(connection: duckdb.DuckDBPyConnection) -> None:
    rules = [
        where("two_offend", "numerator > 0", "indicator_id"),
        where("none_offends", "numerator > 99999999"),
        where("one_offends", "numerator < 0", "area_code"),
        Unique(
            table="marts.counted",
            name="key",
            description="",
            columns=("indicator_id", "area_code"),
            identify_by=("area_code",),
        ),
        NoRows(
            table="marts.counted",
            name="own_query",
            description="",
            query="select area_code from marts.counted group by area_code having count(*) = 1",
            identify_by=("area_code",),
        ),
        NotNull(table="marts.counted", name="filled", description="", column="numerator"),
        Between(
            table="marts.counted", name="bounds", description="", column="numerator", at_least=0
        ),
        RowCount(table="marts.counted", name="rows", description="", at_least=4),
    ]

    found = {o.rule.name: o for o in Validator(connection).validate(rules)}

    assert {name: (o.passed, o.failing_rows, o.examples) for name, o in found.items()} == {
        "two_offend": (False, 2, "indicator_id PC-SP-01; …"),
        "none_offends": (True, 0, ""),
        "one_offends": (False, 1, "area_code A81002"),
        "key": (False, 2, "area_code A81001; …"),
        "own_query": (False, 1, "area_code A81002"),
        "filled": (True, 0, ""),
        "bounds": (False, 1, ""),
        "rows": (False, 0, ""),
    }
    assert found["two_offend"].observed == "2"
    assert found["rows"].observed == "3"


def test_a_broken_rule_does_not_take_the_others_down(connection: duckdb.DuckDBPyConnection) -> None:
    rules = [
        where("sound", "numerator < 0"),
        where("no_such_column", "nummerator < 0"),
        where("holds", "numerator > 99999999"),
        where("no_such_table", "true", table="marts.gone"),
    ]

    found = Validator(connection).validate(rules)

    assert [o.passed for o in found] == [False, False, True, False]
    assert found[0].failing_rows == 1
    assert found[1].observed.startswith("did not run: ")
    assert "nummerator" in found[1].observed
    assert found[3].observed == "did not run: no table marts.gone"


def test_a_value_gets_into_no_outcome(connection: duckdb.DuckDBPyConnection) -> None:
    named = ("indicator_id", "area_code", "numerator", "note")
    rules = [
        where("names_values", "numerator > 0", *named),
        NoRows(
            table="marts.counted",
            name="query_of_values",
            description="",
            query="select max(numerator) as numerator, max(note) as value from marts.counted",
            identify_by=("numerator", "value"),
        ),
        where("quotes_a_value", f"note::date > date '2020-01-01' and note <> 'x{PLANTED}'", *named),
        Between(
            table="marts.counted",
            name="between",
            description="",
            column="numerator",
            at_most=1,
            identify_by=named,
        ),
        where("person", "answers > 0", "source_row_number", "person_key", "answers",
              table="restricted.people"),
        NoRows(
            table="marts.counted",
            name="person_through_a_query",
            description="",
            query="select person_key, answers, person_key as area_code from restricted.people",
            identify_by=("area_code", "answers"),
        ),
    ]  # fmt: skip

    found = {o.rule.name: o for o in Validator(connection).validate(rules)}

    assert not any(o.passed for o in found.values())
    for outcome in found.values():
        for told in (outcome.observed, outcome.examples, outcome.sentence()):
            assert str(PLANTED) not in told
            assert "key-of-a-person" not in told
    assert found["names_values"].examples.startswith("indicator_id PC-SP-01, area_code A81001")
    assert found["quotes_a_value"].observed.startswith("did not run: ")
    assert found["person"].examples == "row 7"
    assert found["person_through_a_query"].examples == ""


def test_results_hold_the_query_that_shows_the_rows(connection: duckdb.DuckDBPyConnection) -> None:
    rules = [
        where("offends", "numerator < 0", "area_code"),
        RowCount(table="marts.counted", name="rows", description="", at_least=1),
    ]
    results.record(connection, "a run", "mart", Validator(connection).validate(rules))

    rows = connection.execute(
        f"select rule, query, failing_rows from {results.RESULTS} order by rule"
    ).fetchall()
    assert [(rule, failing) for rule, _, failing in rows] == [("offends", 1), ("rows", 0)]
    query = rows[0][1]
    assert connection.execute(query).fetchall() == [("PC-SP-02", "A81002", -1, "x")]
    assert rows[1][1] is None


def test_results_of_another_version_are_not_read(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create schema quality")
    connection.execute(f"create table {results.RESULTS} (run_id varchar, passed boolean)")
    rule = where("offends", "false")
    expected = results.StoredVerdicts(connection, [("mart", rule)])

    results.prepare(connection)

    assert expected.missing() == ["mart marts.counted.offends"]


def test_tables_do_not_pile_up_from_call_to_call(connection: duckdb.DuckDBPyConnection) -> None:
    validator = Validator(connection)
    for number in range(3):
        connection.execute(f"create table marts.t{number} as select 1 as one")
        [outcome] = validator.validate([where("one", "one = 1", table=f"marts.t{number}")])
        assert not outcome.passed
    assert validator.held_tables == ["marts.t2"]


def test_a_table_that_was_made_anew_is_read_anew(connection: duckdb.DuckDBPyConnection) -> None:
    validator = Validator(connection)
    for rows, column in enumerate(["old", "new"], start=1):
        connection.execute(f"create or replace table marts.t as select 1 as {column} from range(9)")
        connection.execute(f"delete from marts.t where rowid >= {rows}")
        outcomes = validator.validate(
            [
                RowCount(table="marts.t", name="rows", description="", at_least=rows, at_most=rows),
                HasColumns(table="marts.t", name="columns", description="", columns=(column,)),
                where("ones", f"{column} = 1", table="marts.t"),
            ]
        )
        assert [outcome.passed for outcome in outcomes] == [True, True, False], outcomes
        assert outcomes[2].failing_rows == rows
