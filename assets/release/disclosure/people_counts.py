"""Counts of people in the build as the cells and relations that disclosure control works on.

The models ``int_people_counts`` and ``int_people_count_relations`` say which counts there are and
how they hang together; here they take the form that ``cells`` describes. What is decided goes back
as ``disclosure.released_counts``, of which the second half of the build is made.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import polars as pl

from assets.release.disclosure.profile import Profile

_COUNTS = "intermediate.int_people_counts"
_RELATIONS = "intermediate.int_people_count_relations"
_RELEASED = "disclosure.released_counts"


@dataclass(frozen=True)
class PeopleCounts:
    """What disclosure control is given.

    ``cells`` has one row per count that a release could show or that holds others together
    (``cell_id``, ``count``, ``is_exact``, ``order_key``); the count is null where no release shows
    it. ``relations`` has one row per cell of a relation. ``people`` has the true number of every
    count that there is, and of the rests that close relations, by ``cell_id``.
    """

    cells: pl.DataFrame
    relations: pl.DataFrame
    people: pl.DataFrame


def read_people_counts(connection: duckdb.DuckDBPyConnection, profile: Profile) -> PeopleCounts:
    """Read the counts of the build and close the relations between them.

    Parts do not always come to their whole: people without a practice count in their programme
    and in no board. Where they do not, the rest is a cell that no reader knows, at least 0. Two
    names for one count hold where the counts are equal.
    """
    counts = connection.sql(
        f"select cell_id, measure, people, is_published, is_exact, area_code from {_COUNTS}"
    ).pl()
    relations = connection.sql(f"select relation_id, kind, cell_id, weight from {_RELATIONS}").pl()
    closed = _closed(relations, counts)
    # Those in the denominator only are never printed: a reader can try to work them out, and must
    # not where they are few.
    is_small = pl.col("people").is_between(1, profile.most_hidden_count)
    is_judged = pl.col("is_published") & ((pl.col("measure") != "complement") | is_small)
    known = counts.select(
        "cell_id",
        pl.when(is_judged).then("people").alias("count"),
        "is_exact",
        order_key=pl.col("area_code") + pl.col("cell_id"),
    )
    unknown = (
        closed.join(counts, on="cell_id", how="anti")
        .select("cell_id")
        .unique()
        .with_columns(
            count=pl.lit(None, dtype=pl.Int64), is_exact=pl.lit(value=False), order_key="cell_id"
        )
    )
    people = _with_rests(counts.select("cell_id", "people"), closed)
    return PeopleCounts(pl.concat([known, unknown]), closed, people)


def _closed(relations: pl.DataFrame, counts: pl.DataFrame) -> pl.DataFrame:
    """Relations of one total (-1) and members (1) that hold, with a cell for the rest if any."""
    summed = relations.join(counts.select("cell_id", "people"), on="cell_id").join(
        relations.group_by("relation_id").agg(totals=(pl.col("weight") == -1).sum()),
        on="relation_id",
    )
    summed = summed.with_columns(
        out_by=(pl.col("weight") * pl.col("people")).sum().over("relation_id")
    )
    has_rest = (pl.col("kind") == "at_least") | (pl.col("out_by") != 0)
    # An equality that does not hold is none, nor is an inequality that the data break.
    holds = (
        (pl.col("kind") == "sum")
        | ((pl.col("kind") == "same") & (pl.col("out_by") == 0))
        | ((pl.col("kind") == "at_least") & (pl.col("out_by") <= 0))
    )
    true = summed.filter(holds).with_columns(has_rest=has_rest, in_parts=pl.col("out_by") <= 0)
    columns = ["relation_id", "cell_id", "weight"]
    plain = true.filter((pl.col("totals") == 1) & pl.col("in_parts"))
    rests = plain.filter("has_rest").select("relation_id").unique()
    both_sides = true.filter((pl.col("totals") != 1) | ~pl.col("in_parts"))
    return pl.concat(
        [
            plain.select(columns),
            rests.select(
                "relation_id",
                cell_id=pl.col("relation_id") + "|rest",
                weight=pl.lit(1, dtype=pl.Int32),
            ),
            _with_a_sum_of_both_sides(both_sides),
        ],
        how="vertical_relaxed",
    )


def _with_a_sum_of_both_sides(relations: pl.DataFrame) -> pl.DataFrame:
    """Parts = sum and whole + rest = sum, where several counts or a rest stand on both sides."""
    side = pl.when(pl.col("weight") == 1).then(pl.lit("|parts")).otherwise(pl.lit("|wholes"))
    members = relations.select(
        relation_id=pl.col("relation_id") + side,
        cell_id="cell_id",
        weight=pl.lit(1, dtype=pl.Int32),
    )
    each = relations.select("relation_id", "has_rest", "in_parts").unique("relation_id")
    sums = pl.concat(
        each.select(
            relation_id=pl.col("relation_id") + name,
            cell_id=pl.col("relation_id") + "|sum",
            weight=pl.lit(-1, dtype=pl.Int32),
        )
        for name in ("|parts", "|wholes")
    )
    rest_side = pl.when("in_parts").then(pl.lit("|parts")).otherwise(pl.lit("|wholes"))
    rests = each.filter("has_rest").select(
        relation_id=pl.col("relation_id") + rest_side,
        cell_id=pl.col("relation_id") + "|rest",
        weight=pl.lit(1, dtype=pl.Int32),
    )
    return pl.concat([members, sums, rests])


def _with_rests(people: pl.DataFrame, closed: pl.DataFrame) -> pl.DataFrame:
    """The true number of every count with those of sums of both sides, and of what is left over."""
    # A sum follows from the side without a rest, and then the rest from the sum.
    for _ in range(2):
        missing = pl.col("people").is_null()
        found = (
            closed.join(people, on="cell_id", how="left")
            .group_by("relation_id")
            .agg(
                pl.col("cell_id").filter(missing),
                people=-pl.col("weight").filter(missing).first()
                * (pl.col("weight") * pl.col("people")).sum().cast(pl.Int64),
            )
            .filter(pl.col("cell_id").list.len() == 1)
            .select(pl.col("cell_id").list.first(), "people")
        )
        people = pl.concat([people, found.unique("cell_id")], how="vertical_relaxed")
    return people


def write_released_counts(connection: duckdb.DuckDBPyConnection, released: pl.DataFrame) -> None:
    """Replace ``disclosure.released_counts``: one row per cell, as ``Controlled`` describes."""
    connection.execute("create schema if not exists disclosure")
    connection.register("released_now", released)
    try:
        connection.execute(
            f"create or replace table {_RELEASED} as "
            "select cell_id, state, rule, released_count, is_exact from released_now "
            "order by cell_id"
        )
    finally:
        connection.unregister("released_now")


def read_released_counts(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """What was decided for this build: the columns of ``Controlled.cells``."""
    released: pl.DataFrame = connection.sql(
        f"select cell_id, state, rule, released_count, is_exact from {_RELEASED}"
    ).pl()
    return released


def rules_last_time(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """``cell_id``, ``rule`` of what was hidden when this build was last made; none in a new one."""
    [(is_there,)] = connection.execute(
        "select count(*) from duckdb_tables() "
        "where schema_name = 'disclosure' and table_name = 'released_counts'"
    ).fetchall()
    if not is_there:
        return pl.DataFrame(schema={"cell_id": pl.String, "rule": pl.String})
    hidden: pl.DataFrame = connection.sql(
        f"select cell_id, rule from {_RELEASED} where state = 'hidden'"
    ).pl()
    return hidden
