"""How counts of the build become cells and relations, and what earlier releases say of them."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import polars as pl
import pytest

from assets.release.disclosure.cells import DisclosureInputError
from assets.release.disclosure.control import control
from assets.release.disclosure.earlier import Earlier
from assets.release.disclosure.people_counts import read_people_counts
from assets.release.disclosure.profile import STD
from assets.release.disclosure.relation_numbers import PARTS, PLAIN, TIES_OF_A_COUNT, WHOLES
from assets.release.disclosure.released_table import rules_last_time, write_released_counts

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
NUMBERS = {cell: number for number, (cell, *_) in enumerate(COUNTS, start=1)}
# The count that each is called after, and the number of what is said of it.
CALLED_AFTER = {
    "programmes": ("board", 2), "new": ("month", 6), "names": ("one name", 7),
    "no names": ("one name", 8),
}  # fmt: skip


def number_of(relation: str) -> int:
    called_after, tie = CALLED_AFTER[relation]
    return NUMBERS[called_after] * TIES_OF_A_COUNT + tie


@pytest.fixture
def build() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("create schema intermediate")
        connection.execute(
            "create table intermediate.int_people_counts (cell_id varchar, cell_number bigint, "
            "measure varchar, people bigint, is_published boolean, is_exact boolean, "
            "area_code varchar default 'A', indicator_year varchar default 'I 2025/26')"
        )
        connection.execute(
            "create table intermediate.int_people_count_relations "
            "(relation_number bigint, kind varchar, cell_number bigint, weight integer, "
            "indicator_year varchar default 'I 2025/26', tied_to varchar default 'I 2025/26')"
        )
        connection.executemany(
            "insert into intermediate.int_people_counts "
            "(cell_id, cell_number, measure, people, is_published, is_exact) "
            "values (?, ?, ?, ?, ?, ?)",
            [(cell, NUMBERS[cell], *known) for cell, *known in COUNTS],
        )
        connection.executemany(
            "insert into intermediate.int_people_count_relations "
            "(relation_number, kind, cell_number, weight) values (?, ?, ?, ?)",
            [(number_of(of), kind, NUMBERS[cell], weight) for of, kind, cell, weight in RELATIONS],
        )
        yield connection


def test_relations_are_closed_with_what_no_reader_knows(build: duckdb.DuckDBPyConnection) -> None:
    counts = read_people_counts(build, STD)
    names = counts.people.select("cell_id", "cell_number")
    held = counts.relations.join(names, on="cell_number").select("relation_id", "cell_id", "weight")

    def members(relation: str, side: int, weights: dict[str, int]) -> set[tuple[int, str, int]]:
        return {(3 * number_of(relation) + side, cell, n) for cell, n in weights.items()}

    assert set(held.iter_rows()) == (
        members("programmes", PARTS, {"board|2|sum": -1, "p1": 1, "p2": 1})
        | members("programmes", WHOLES, {"board|2|sum": -1, "board": 1, "board|2|rest": 1})
        | members("new", PARTS, {"month|6|sum": -1, "since": 1, "month|6|rest": 1})
        | members("new", WHOLES, {"month|6|sum": -1, "month": 1, "before": 1})
        | members("names", PLAIN, {"one name": -1, "other name": 1})
    )
    assert len(held) == len(counts.relations)


def test_only_what_a_release_shows_or_must_not_give_away_is_judged(
    build: duckdb.DuckDBPyConnection,
) -> None:
    counts = read_people_counts(build, STD)
    known = dict(counts.cells.select("cell_id", "count").iter_rows())
    assert known["few without"] == 4
    assert known["many without"] is None
    assert known["unpublished"] is None
    assert known["board|2|rest"] is None
    assert known["p1"] == 23


def test_what_is_left_over_has_a_number_too(build: duckdb.DuckDBPyConnection) -> None:
    counts = read_people_counts(build, STD)
    people = dict(counts.people.select("cell_id", "people").iter_rows())
    # 23 and 20 people in programmes of a board of 40; 12 and 50 of 58.
    assert (people["board|2|sum"], people["board|2|rest"]) == (43, 3)
    assert (people["month|6|sum"], people["month|6|rest"]) == (62, 4)
    held = counts.relations.join(counts.people, on="cell_number", how="left")
    assert held["people"].null_count() == 0
    sums = held.group_by("relation_id").agg((pl.col("weight") * pl.col("people")).sum())
    assert set(sums["weight"]) == {0}


def test_a_relation_of_what_is_no_count_is_refused(build: duckdb.DuckDBPyConnection) -> None:
    build.execute("delete from intermediate.int_people_counts where cell_id = 'p1'")
    with pytest.raises(DisclosureInputError, match=f"cell_number {NUMBERS['p1']} is no count"):
        read_people_counts(build, STD)


def test_a_relation_that_is_called_after_no_count_is_refused(
    build: duckdb.DuckDBPyConnection,
) -> None:
    of = 99 * TIES_OF_A_COUNT
    build.execute(
        f"update intermediate.int_people_count_relations set relation_number = {of} "
        f"where relation_number = {number_of('programmes')}"
    )
    with pytest.raises(DisclosureInputError, match=f"relation_number {of} is called after a count"):
        read_people_counts(build, STD)


def test_what_was_decided_is_written_and_told_to_the_next_build(
    build: duckdb.DuckDBPyConnection,
) -> None:
    counts = read_people_counts(build, STD)
    assert rules_last_time(build).is_empty()
    cells = control(counts.cells, counts.relations, STD).cells
    released = cells.with_columns(record=pl.lit(None, dtype=pl.String))
    write_released_counts(build, [build.from_arrow(released)])
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
