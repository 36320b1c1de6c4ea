"""How counts of the build become cells and relations, and what earlier releases say of them."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import polars as pl
import pytest

from assets.release.disclosure.control import control
from assets.release.disclosure.earlier import Earlier
from assets.release.disclosure.people_counts import (
    read_people_counts,
    rules_last_time,
    write_released_counts,
)
from assets.release.disclosure.profile import STD

COUNTS = [
    # cell, measure, people, published, exact
    ("board", "numerator", 40, True, False),
    ("p1", "numerator", 23, True, False),
    ("p2", "numerator", 20, True, False),
    ("month", "numerator", 12, True, False),
    ("since", "numerator", 58, True, False),
    ("before", "numerator", 50, True, False),
    ("one name", "denominator", 31, True, False),
    ("other name", "numerator", 31, True, False),
    ("no name", "numerator", 30, True, False),
    ("few without", "complement", 4, True, False),
    ("many without", "complement", 400, True, False),
    ("unpublished", "numerator", 9, False, False),
]
RELATIONS = [
    # three people of the programmes are at no practice of the board
    ("programmes", "sum", "board", -1),
    ("programmes", "sum", "p1", 1), ("programmes", "sum", "p2", 1),
    ("new", "at_least", "month", -1), ("new", "at_least", "before", -1),
    ("new", "at_least", "since", 1),
    ("names", "same", "one name", -1), ("names", "same", "other name", 1),
    ("no names", "same", "one name", -1), ("no names", "same", "no name", 1),
]  # fmt: skip


@pytest.fixture
def build() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("create schema intermediate")
        connection.execute(
            "create table intermediate.int_people_counts (cell_id varchar, measure varchar, "
            "people bigint, is_published boolean, is_exact boolean, area_code varchar default 'A', "
            "indicator_year varchar default 'I 2025/26')"
        )
        connection.execute(
            "create table intermediate.int_people_count_relations "
            "(relation_id varchar, kind varchar, cell_id varchar, weight integer, "
            "indicator_year varchar default 'I 2025/26', tied_to varchar default 'I 2025/26')"
        )
        connection.executemany(
            "insert into intermediate.int_people_counts "
            "(cell_id, measure, people, is_published, is_exact) values (?, ?, ?, ?, ?)",
            COUNTS,
        )
        connection.executemany(
            "insert into intermediate.int_people_count_relations "
            "(relation_id, kind, cell_id, weight) values (?, ?, ?, ?)",
            RELATIONS,
        )
        yield connection


def test_relations_are_closed_with_what_no_reader_knows(build: duckdb.DuckDBPyConnection) -> None:
    counts = read_people_counts(build, STD)
    held = {
        (relation, cell, weight)
        for relation, cell, weight in counts.relations.select(
            "relation_id", "cell_id", "weight"
        ).iter_rows()
    }
    assert held == {
        ("programmes|parts", "programmes|sum", -1),
        ("programmes|parts", "p1", 1),
        ("programmes|parts", "p2", 1),
        ("programmes|wholes", "programmes|sum", -1),
        ("programmes|wholes", "board", 1),
        ("programmes|wholes", "programmes|rest", 1),
        ("new|parts", "new|sum", -1),
        ("new|parts", "since", 1),
        ("new|parts", "new|rest", 1),
        ("new|wholes", "new|sum", -1),
        ("new|wholes", "month", 1),
        ("new|wholes", "before", 1),
        ("names", "one name", -1),
        ("names", "other name", 1),
    }


def test_only_what_a_release_shows_or_must_not_give_away_is_judged(
    build: duckdb.DuckDBPyConnection,
) -> None:
    counts = read_people_counts(build, STD)
    known = dict(counts.cells.select("cell_id", "count").iter_rows())
    assert known["few without"] == 4
    assert known["many without"] is None
    assert known["unpublished"] is None
    assert known["programmes|rest"] is None
    assert known["p1"] == 23


def test_what_is_left_over_has_a_number_too(build: duckdb.DuckDBPyConnection) -> None:
    counts = read_people_counts(build, STD)
    people = dict(counts.people.select("cell_id", "people").iter_rows())
    # 23 and 20 people in programmes of a board of 40; 12 and 50 of 58.
    assert (people["programmes|sum"], people["programmes|rest"]) == (43, 3)
    assert (people["new|sum"], people["new|rest"]) == (62, 4)
    held = counts.relations.join(counts.people, on="cell_id", how="left")
    assert held["people"].null_count() == 0
    sums = held.group_by("relation_id").agg((pl.col("weight") * pl.col("people")).sum())
    assert set(sums["weight"]) == {0}


def test_what_was_decided_is_written_and_told_to_the_next_build(
    build: duckdb.DuckDBPyConnection,
) -> None:
    counts = read_people_counts(build, STD)
    assert rules_last_time(build).is_empty()
    write_released_counts(build, [control(counts.cells, counts.relations, STD).cells])
    released = build.execute(
        "select cell_id, state, released_count from disclosure.released_counts "
        "where cell_id in ('p1', 'few without', 'many without') order by 1"
    ).fetchall()
    assert released == [
        ("few without", "hidden", None),
        ("many without", "not_supplied", None),
        ("p1", "released", 25),
    ]
    assert rules_last_time(build).rows() == [("few without", "primary")]


def test_what_an_earlier_release_showed_is_not_given_away_by_a_later_one() -> None:
    """Five practices add up to 77. Then the fifth has been shown before, and one more is hidden."""
    counts = {"a": 0, "b": 4, "c": 12, "d": 23, "e": 38, "network": 77}
    cells = pl.DataFrame({"cell_id": list(counts), "count": list(counts.values())})
    relations = pl.DataFrame(
        {"relation_id": "sum", "cell_id": list(counts), "weight": [1, 1, 1, 1, 1, -1]}
    )
    alone = control(cells, relations, STD)
    assert alone.proof.holds
    hidden = alone.cells.filter(pl.col("state") == "hidden")["cell_id"].to_list()
    assert hidden == ["b", "c"]
    before = pl.DataFrame({"cell_id": ["c"], "lower": [12], "upper": [12]})
    after = control(cells, relations, STD, Earlier(before))
    assert after.proof.holds
    assert after.cells.filter(pl.col("state") == "hidden")["cell_id"].to_list() != hidden
