"""Which columns a column is made of: read from SQL as dbt compiles it, and kept."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from sqlglot.errors import SqlglotError

from assets.indicators import column_lineage
from assets.indicators.column_lineage import (
    KeptLineage,
    columns_made_of,
    columns_of_build,
    described,
)

WALKS = {"walkers": "INTEGER", "group_name": "VARCHAR", "day": "DATE"}
GROUPS = {"group_name": "VARCHAR", "town": "VARCHAR"}
TABLES = {("raw", "walks"): WALKS, ("reference", "groups"): GROUPS}


def test_columns_are_followed_through_steps_and_joins() -> None:
    sql = """
        with walked as (
            select group_name as name, sum(walkers) as walkers from "build"."raw"."walks" group by 1
        )
        select w.name, g.town, w.walkers * 2 as feet, 7 as days
        from walked as w inner join "build"."reference"."groups" as g on w.name = g.group_name
    """
    assert columns_made_of(sql, TABLES) == {
        "name": [("raw", "walks", "group_name")],
        "town": [("reference", "groups", "town")],
        "feet": [("raw", "walks", "walkers")],
        "days": [],
    }


def test_columns_are_followed_through_unions_and_stars() -> None:
    sql = """
        with everything as (select * from "build"."raw"."walks")
        select group_name, walkers from everything
        union all
        select town, 0 from "build"."reference"."groups"
    """
    assert columns_made_of(sql, TABLES) == {
        "group_name": [("raw", "walks", "group_name"), ("reference", "groups", "town")],
        "walkers": [("raw", "walks", "walkers")],
    }


def test_people_are_told_in_words() -> None:
    origins = [("raw", "walks", f"column_{number}") for number in range(7)]
    assert described("", []) == ""
    assert described("Walkers. ", []) == "Walkers."
    assert described("", origins[:1]) == "Made of raw.walks.column_0."
    assert described("Walkers.", origins).startswith("Walkers. Made of raw.walks.column_0, raw")
    assert described("Walkers.", origins).endswith("raw.walks.column_4, 2 more.")


def test_what_is_no_sql_is_refused() -> None:
    with pytest.raises(SqlglotError):
        columns_made_of("select (", TABLES)


def test_the_columns_of_a_build_have_their_types() -> None:
    with duckdb.connect() as connection:
        connection.execute("create schema raw")
        connection.execute("create table raw.walks (walkers integer, group_name varchar)")
        connection.execute("create view raw.seen as select group_name from raw.walks")
        assert columns_of_build(connection) == {
            ("raw", "seen"): {"group_name": "VARCHAR"},
            ("raw", "walks"): {"walkers": "INTEGER", "group_name": "VARCHAR"},
        }


def test_what_was_read_is_kept_until_something_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, said = tmp_path / "target" / "column_lineage.json", list[str]()
    sql = 'select walkers from "build"."raw"."walks"'
    kept = KeptLineage(path)
    made_of = kept.of("walkers", sql, TABLES, said.append)
    assert made_of == {"walkers": [("raw", "walks", "walkers")]}
    kept.keep()

    read = list[str]()

    def reading(text: str, columns: column_lineage.Columns) -> column_lineage.MadeOf:
        read.append(text)
        return columns_made_of(text, columns)

    monkeypatch.setattr(column_lineage, "columns_made_of", reading)
    again = KeptLineage(path)
    assert again.of("walkers", sql, TABLES, said.append) == made_of
    assert read == []
    other = sql.replace("walkers", "day")
    assert again.of("walkers", other, TABLES, said.append) == {"day": [("raw", "walks", "day")]}
    wider = {**TABLES, ("raw", "walks"): {**WALKS, "dogs": "INTEGER"}}
    again.of("walkers", other, wider, said.append)
    assert read == [other, other]
    assert said == []


def test_a_model_that_cannot_be_read_is_told_and_fails_no_night(tmp_path: Path) -> None:
    said = list[str]()
    kept = KeptLineage(tmp_path / "column_lineage.json")
    assert kept.of("walkers", "select (", TABLES, said.append) is None
    [warning] = said
    assert warning.startswith("walkers: of which columns its own are made cannot be read")
