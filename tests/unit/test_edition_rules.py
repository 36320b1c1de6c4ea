"""The rules on whole editions: volumes that are like those before, and those of a whole board."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import pytest

from expectations.editions import EditionFacts, edition_rules, usual_rows

FACTS = EditionFacts(
    table="checking.edition",
    repeated_keys="select 1 where false",
    extract="walks",
    owner="community team",
    key=(),
    rows_at_least=None,
    rows_at_most=None,
    rows_reason="",
    is_whole=True,
    is_synthetic=False,
    previous_rows=None,
    has_wide_columns=False,
    shows_values=False,
    references=(),
    shares=(),
)
YEAR = (100, 104, 98, 110, 95, 102, 99, 101, 97, 103, 105, 100)


def broken(facts: EditionFacts, rows: int) -> set[str]:
    """Names of the rules on volume that an edition of so many rows breaks."""
    with duckdb.connect() as connection:
        connection.execute("create schema checking")
        connection.execute(f"create table checking.edition as from range({rows})")
        return {
            rule.name
            for rule in edition_rules(facts)
            if rule.name.startswith("volume")
            and connection.execute(rule.failing_rows_query() or "").fetchall()
        }


def test_fewer_than_twelve_editions_are_nothing_to_go_by() -> None:
    assert usual_rows(YEAR[:11]) is None
    assert usual_rows(YEAR) is not None


def test_three_robust_deviations_of_the_last_twelve() -> None:
    # Median 100.5; deviations from it 0.5 0.5 0.5 1.5 1.5 2.5 2.5 3.5 3.5 4.5 5.5 9.5, median 2.5:
    # 1.4826 times 2.5 is 3.7, less than the root of 100.5 that chance alone makes (10.02).
    assert usual_rows(YEAR) == (70, 131)
    # Ten times more spread out, the deviation is 37.07 on 1005.
    assert usual_rows([rows * 10 for rows in YEAR]) == (894, 1116)
    # Only the last twelve count, and one wild month moves nothing.
    assert usual_rows((5000, 5000, *YEAR)) == (70, 131)
    assert usual_rows((*YEAR[:11], 9000)) == (71, 132)


@pytest.mark.parametrize(("rows", "is_like"), [(70, True), (69, False), (131, True), (132, False)])
def test_a_volume_unlike_the_year_before_is_remarked(rows: int, is_like: bool) -> None:
    found = broken(replace(FACTS, trailing_rows=YEAR), rows)

    assert found == (set() if is_like else {"volume_like_trailing"})


def test_a_board_is_counted_together() -> None:
    facts = replace(FACTS, rows_together=(50, 200, "invented"), rows_of_others=45)

    assert broken(facts, 4) == broken(facts, 156) == {"volume_of_a_board"}
    assert broken(facts, 5) == broken(facts, 155) == set()
    # Until all have sent, nothing is too little.
    assert broken(replace(facts, rows_together=(None, 200, "invented")), 1) == set()
    assert broken(replace(facts, is_synthetic=True), 156) == set()
