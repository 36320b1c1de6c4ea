"""Counts of people in the build as the cells and relations that disclosure control works on.

The models ``int_people_counts`` and ``int_people_count_relations`` say which counts there are and
how they hang together; here they take the form that ``cells`` describes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from assets.extracts.sql_text import literal
from assets.release.disclosure.cells import refuse
from assets.release.disclosure.profile import Profile
from assets.release.disclosure.relation_numbers import (
    PARTS,
    PLAIN,
    REST,
    SUM,
    WHOLES,
    named_beside,
    number_beside,
    relation_id,
)

COUNTS = "intermediate.int_people_counts"
RELATIONS = "intermediate.int_people_count_relations"

# Counts, members of relations, and what all members of a relation say alike: there are five each.
_QUERIES = (
    "select cell_id, cell_number, measure, people, is_published, is_exact, area_code, "
    f"indicator_year from {COUNTS} {{asked}}",
    f"select relation_number, cell_number, weight from {RELATIONS} {{asked}}",
    "select relation_number, any_value(kind) as kind, any_value(tied_to) as tied_to "
    f"from {RELATIONS} {{asked}} group by relation_number",
)


@dataclass(frozen=True)
class PeopleCounts:
    """What disclosure control is given.

    ``cells`` has one row per count that a release could show or that holds others together
    (``cell_id``, ``cell_number``, ``count``, ``is_exact``, ``order_key``); the count is null where
    no release shows it. ``relations`` has one row per cell of a relation. ``people`` has the true
    number of every count that there is, and of the rests that close relations: ``cell_id``,
    ``cell_number``, ``people``, ``indicator_year``.

    Relations are numbers and name cells by number, for there are millions of rows; the numbers are
    those of tonight's build. A relation is called after a count (see ``relation_numbers``).

    ``indicator_year`` of a count, and what year of an indicator its relation is ``tied_to``, say
    which counts can hang together (see ``years_together``).
    """

    cells: pl.DataFrame
    relations: pl.DataFrame
    people: pl.DataFrame


def read_people_counts(
    connection: duckdb.DuckDBPyConnection,
    profile: Profile,
    indicator_years: Collection[str] | None = None,
) -> PeopleCounts:
    """Read counts of the build, of some years of indicators or all, and close their relations.

    Raises:
        DisclosureInputError: a relation has a count that there is not.
    """
    asked, years = _asked(indicator_years)
    tables = [connection.sql(query.format(asked=asked), params=years).pl() for query in _QUERIES]
    return _with_closed_relations(tables, profile)


def write_people_counts(
    connection: duckdb.DuckDBPyConnection, indicator_years: Collection[str], folder: Path
) -> None:
    """Write what is read of some years of indicators into files of a folder that is there."""
    asked, years = _asked(indicator_years)
    for query, path in zip(_QUERIES, _files(folder), strict=True):
        connection.execute(
            f"copy ({query.format(asked=asked)}) to {literal(str(path))} (format parquet)", years
        )


def read_written_counts(folder: Path, profile: Profile) -> PeopleCounts:
    """The same of files of such a folder as ``read_people_counts`` has of the build."""
    return _with_closed_relations([pl.read_parquet(path) for path in _files(folder)], profile)


def _asked(indicator_years: Collection[str] | None) -> tuple[str, list[list[str]] | None]:
    if indicator_years is None:
        return "", None
    return "where indicator_year in (select unnest(?::varchar[]))", [sorted(indicator_years)]


def _files(folder: Path) -> tuple[Path, ...]:
    return tuple(folder / f"{name}.parquet" for name in ("counts", "members", "relations"))


def _with_closed_relations(tables: Sequence[pl.DataFrame], profile: Profile) -> PeopleCounts:
    """What there is of the three tables of ``_QUERIES``, with relations that are closed.

    Parts do not always come to their whole: people without a practice count in their programme
    and in no board. Where they do not, the rest is a cell that no reader knows, at least 0. Two
    names for one count hold where the counts are equal.
    """
    counts, members, relations = tables
    closed = _closed(members, relations, counts.select("cell_number", "people", "indicator_year"))
    # Those in the denominator only are never printed: a reader can try to work them out, and must
    # not where they are few.
    is_small = pl.col("people").is_between(1, profile.most_hidden_count)
    is_judged = pl.col("is_published") & ((pl.col("measure") != "complement") | is_small)
    known = counts.select(
        "cell_id",
        "cell_number",
        pl.when(is_judged).then("people").alias("count"),
        "is_exact",
        order_key=pl.col("area_code") + pl.col("cell_id"),
    )
    beside = named_beside(closed, counts)
    unknown = beside.with_columns(
        count=pl.lit(None, dtype=pl.Int64), is_exact=pl.lit(value=False), order_key="cell_id"
    )
    people = _with_rests(counts.select("cell_number", "people", "indicator_year"), closed)
    names = pl.concat([counts.select("cell_id", "cell_number"), beside])
    return PeopleCounts(pl.concat([known, unknown]), closed, names.join(people, on="cell_number"))


def _closed(members: pl.DataFrame, relations: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Relations of one total (-1) and members (1) that hold, with a cell for the rest if any.

    Parts = whole or parts + rest = whole; where several counts or a rest stand on both sides,
    parts = sum and wholes + rest = sum.
    """
    known = members.join(people, on="cell_number", how="left")
    refuse("relations", known.filter(pl.col("people").is_null())["cell_number"], "is no count")
    sums = known.group_by("relation_number").agg(
        totals=(pl.col("weight") == -1).sum(),
        out_by=(pl.col("weight") * pl.col("people")).sum(),
    )
    in_parts = pl.col("out_by") <= 0
    # An equality that does not hold is none, nor is an inequality that the data break.
    holds = (
        (pl.col("kind") == "sum")
        | ((pl.col("kind") == "same") & (pl.col("out_by") == 0))
        | ((pl.col("kind") == "at_least") & in_parts)
    )
    true = relations.join(sums, on="relation_number").filter(holds)
    true = true.select(
        "relation_number",
        "tied_to",
        is_plain=(pl.col("totals") == 1) & in_parts,
        has_rest=(pl.col("kind") == "at_least") | (pl.col("out_by") != 0),
        rest_side=pl.when((pl.col("totals") == 1) & in_parts)
        .then(PLAIN)
        .when(in_parts)
        .then(PARTS)
        .otherwise(WHOLES),
    )
    is_part = pl.col("weight") == 1
    side = pl.when("is_plain").then(PLAIN).when(is_part).then(PARTS).otherwise(WHOLES)
    placed = known.join(true, on="relation_number").select(
        relation_id(side),
        "cell_number",
        pl.when("is_plain").then("weight").otherwise(1).cast(pl.Int32),
        "indicator_year",
        "tied_to",
    )
    on_both_sides = true.filter(~pl.col("is_plain"))
    return pl.concat(
        [
            placed,
            *(_beside(on_both_sides, pl.lit(side), SUM, -1) for side in (PARTS, WHOLES)),
            _beside(true.filter("has_rest"), pl.col("rest_side"), REST, 1),
        ]
    )


def _beside(relations: pl.DataFrame, side: pl.Expr, what: int, weight: int) -> pl.DataFrame:
    """A cell for each relation, called after it, that no count of the build has."""
    return relations.select(
        relation_id=relation_id(side),
        cell_number=number_beside(what),
        weight=pl.lit(weight, dtype=pl.Int32),
        indicator_year="tied_to",
        tied_to="tied_to",
    )


def _with_rests(people: pl.DataFrame, closed: pl.DataFrame) -> pl.DataFrame:
    """The true number of every count with those of sums of both sides, and of what is left over."""
    is_open = closed.join(people, on="cell_number", how="anti").select("relation_id")
    open_ones = closed.join(is_open, on="relation_id", how="semi")
    # A sum follows from the side without a rest, and then the rest from the sum.
    for _ in range(2):
        missing = pl.col("people").is_null()
        found = (
            open_ones.join(people, on="cell_number", how="left")
            .group_by("relation_id")
            .agg(
                pl.col("cell_number").filter(missing),
                pl.col("tied_to").first(),
                people=-pl.col("weight").filter(missing).first()
                * (pl.col("weight") * pl.col("people")).sum().cast(pl.Int64),
            )
            .filter(pl.col("cell_number").list.len() == 1)
            .select(pl.col("cell_number").list.first(), "people", indicator_year="tied_to")
        )
        people = pl.concat([people, found.unique("cell_number")], how="vertical_relaxed")
    return people
