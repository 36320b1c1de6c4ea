"""What the benchmark of the two engines gives them, and when it says that one overtakes."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from benchmarks.engines.chain import Chain, chain_of, hand_over
from benchmarks.engines.lines import Line, crossing, line

CHAIN = Chain(("some_model",), ("raw.counts", "reference.names"), ("indicators.other",))


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        for schema in ("raw", "reference", "indicators"):
            connection.execute(f"create schema {schema}")
        connection.execute(
            "create table raw.counts as from (values ('A1', 'X', 3), ('E92000001', 'X', 5)) "
            "as rows(practice_code, other_code, people)"
        )
        connection.execute("create table reference.names as select 'a name' as name")
        connection.execute("create table indicators.other as select 'A1' as practice_code")
    return path


def test_each_copy_has_practices_of_its_own_and_all_have_one_england(
    warehouse: Path, tmp_path: Path
) -> None:
    handed = hand_over(warehouse, CHAIN, 2, tmp_path)
    assert (handed.copies, handed.rows) == (2, 4)
    assert duckdb.sql(f"from '{tmp_path}/raw.counts.parquet'").fetchall() == [
        ("A1~0", "X", 3), ("E92000001", "X", 5), ("A1~1", "X", 3), ("E92000001", "X", 5),
    ]  # fmt: skip


def test_what_has_no_practices_stays_and_what_is_outside_the_chain_is_empty(
    warehouse: Path, tmp_path: Path
) -> None:
    hand_over(warehouse, CHAIN, 2, tmp_path)
    assert duckdb.sql(f"from '{tmp_path}/reference.names.parquet'").fetchall() == [("a name",)]
    assert duckdb.sql(f"from '{tmp_path}/indicators.other.parquet'").fetchall() == []


def test_the_chain_goes_from_raw_tables_to_the_roll_up(parsed_project: Path) -> None:
    chain = chain_of(parsed_project / "target" / "manifest.json")
    assert {
        "stg_ncdes_counts", "int_indicator_inputs", "int_practice_sums", "int_rolled_up_practices",
    } < {*chain.models}  # fmt: skip
    assert "raw.ncdes_counts" in chain.whole
    assert {table.partition(".")[0] for table in chain.empty} == {"indicators"}
    given = {table.partition(".")[2] for table in (*chain.whole, *chain.empty)}
    assert not given & {*chain.models}


def test_a_line_goes_through_both_points() -> None:
    assert line((1_000_000, 3.0), (3_000_000, 7.0)) == Line(fixed=1.0, per_million=2.0)


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        (Line(11.0, 1.0), 10.0),
        (Line(0.5, 1.0), 0.0),
        (Line(9.0, 2.0), None),
        (Line(9.0, 3.0), None),
    ],
)
def test_the_cheaper_row_overtakes_and_the_dearer_one_never(
    theirs: Line, expected: float | None
) -> None:
    assert crossing(Line(1.0, 2.0), theirs) == expected
