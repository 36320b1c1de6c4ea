"""Each macro of macros/dialect means on Spark what it means on DuckDB."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
from jinja2 import Environment
from two_engines import Table, assert_same, hand_over

pytestmark = pytest.mark.slow

DIALECT = Path(__file__).resolve().parents[2] / "dbt_project" / "macros" / "dialect"
DAYS = [date(1900, 1, 1), date(2023, 12, 31), date(2024, 2, 29), date(9999, 12, 31), None]
SPANS = Table(
    "row_order bigint, from_date date, to_date date",
    [(10 * i + j, one, other) for i, one in enumerate(DAYS) for j, other in enumerate(DAYS)],
)
LISTS = Table(
    "area string, text string",
    [
        ("several", "b"), ("several", "a"), ("several", "b"), ("several", None), ("several", "B:1"),
        ("one", "a,c"), ("lists", "c,a"), ("lists", "a,b"), ("lists", "A"), ("lists", None),
        ("none", None), ("words", "two words"), ("words", "10"), ("words", "9"),
    ],
)  # fmt: skip
TEXTS = Table(
    "row_order bigint, text string",
    list(
        enumerate(
            [
                "01Jan2024", "01JAN2024", "31dec2023", "1Jan2024", "30Feb2024", "01-Jan-24",
                "01-JAN-2024", "31/12/2023", "1/2/2024", "31/02/2024", "13/13/2023", "20231231",
                "20230231", "2023-12-31", "2023-1-2", "2024-02-30", "01/01/1900", "01-Jan-68",
                "", " ", "none", None,
            ]
        )
    ),
)  # fmt: skip
FORMATS = [
    ["%Y%m%d"],
    ["%Y-%m-%d"],
    ["%d%b%Y", "%d-%b-%y", "%d-%b-%Y"],
    ["%d/%m/%Y", "%Y%m%d", "%Y-%m-%d"],
]


@cache
def macros(name: str) -> Any:
    return Environment().from_string((DIALECT / f"{name}.sql").read_text(encoding="utf-8")).module


def grouped(expression: str) -> str:
    return f"select area, {expression} as joined from given group by area order by area"


def in_order(expression: str) -> str:
    return f"select row_order, {expression} as found from given order by row_order"


def shared(expression: str) -> str:
    rows = f"count(*) over (partition by {expression}) as found"
    return f"select area, text, {rows} from given order by area, text nulls last"


CASES = [
    ("days_between", SPANS, in_order, ["from_date", "to_date"]),
    ("joined_distinct", LISTS, grouped, ["text"]),
    ("joined_distinct_members", LISTS, grouped, ["text"]),
    ("joined_distinct_members", LISTS, grouped, ["text", True]),
    ("row_hash", LISTS, shared, [["area", "text"]]),
    *(("parse_date", TEXTS, in_order, ["text", formats]) for formats in FORMATS),
]


# What other engines than DuckDB have no need of: there it renders nothing.
OF_DUCKDB_ONLY = {"note_editions_built_of"}


def test_every_dialect_macro_is_compared() -> None:
    compared = {case[0] for case in CASES}
    assert not compared & OF_DUCKDB_ONLY
    assert compared | OF_DUCKDB_ONLY == {path.stem for path in DIALECT.glob("*.sql")}


@pytest.mark.parametrize("name", sorted(OF_DUCKDB_ONLY))
def test_what_is_of_duckdb_only_does_nothing_on_spark(name: str) -> None:
    assert not str(getattr(macros(name), f"spark__{name}")()).strip()


@pytest.mark.parametrize(("name", "given", "select", "arguments"), CASES)
def test_dialects_mean_the_same(
    spark: Any, tmp_path: Path, name: str, given: Table, select: Any, arguments: list[Any]
) -> None:
    ours, theirs = (
        select(getattr(macros(name), f"{engine}__{name}")(*arguments))
        for engine in ("default", "spark")
    )
    with duckdb.connect() as connection:
        given.create(connection, "given")
        spark.read.parquet(str(hand_over(connection, "given", tmp_path))).createOrReplaceTempView(
            "given"
        )
        expected = connection.execute(ours)
        names = [column[0] for column in expected.description]
        rows = expected.fetchall()
    assert_same(rows, [tuple(row) for row in spark.sql(theirs).collect()], names)
