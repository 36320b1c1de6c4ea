"""Counts of people in the build as the cells and relations that disclosure control works on.

The models ``int_people_counts`` and ``int_people_count_relations`` say which counts there are and
how they hang together; here they take the form that ``cells`` describes. What is decided goes back
as ``disclosure.released_counts``, of which the second half of the build is made.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import duckdb
import numpy as np
import polars as pl
from scipy import sparse
from scipy.sparse import csgraph

from assets.release.disclosure.cells import DisclosureInputError, refuse
from assets.release.disclosure.profile import Profile
from assets.release.disclosure.relation_numbers import (
    PARTS,
    PLAIN,
    REST,
    SUM,
    TIES_OF_A_COUNT,
    WHOLES,
    named_beside,
    number_beside,
    relation_id,
)

_COUNTS = "intermediate.int_people_counts"
_RELATIONS = "intermediate.int_people_count_relations"
_RELEASED = "disclosure.released_counts"


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
    which counts can hang together (see ``parts_of``).
    """

    cells: pl.DataFrame
    relations: pl.DataFrame
    people: pl.DataFrame


@dataclass(frozen=True)
class YearsTogether:
    """Years of indicators that are decided about together, and how many counts they have."""

    indicator_years: frozenset[str]
    counts: int


def parts_of(
    connection: duckdb.DuckDBPyConnection,
    most_counts: int,
    tied_before: Iterable[tuple[str, str]] = (),
) -> list[YearsTogether]:
    """All years of indicators in parts, of ``most_counts`` if they can be.

    What hangs together is never parted, neither today nor in the releases of which ``tied_before``
    says what hung together.

    Out: one part if there are few counts or none.

    Raises:
        DisclosureInputError: it is not said what a relation is tied to.
    """
    sizes = dict(
        connection.execute(
            f"select indicator_year, count(*) from {_COUNTS} group by all order by all"
        ).fetchall()
    )
    ties = connection.execute(f"select distinct indicator_year, tied_to from {_RELATIONS}")
    parts = [YearsTogether(frozenset(), 0)]
    tied = [
        (sum(sizes.get(year, 0) for year in years), sorted(years))
        for years in _tied_together(sizes, [*ties.fetchall(), *tied_before])
    ]
    for size, years in sorted(tied, reverse=True):
        last = parts[-1]
        if last.counts + size > most_counts and last.indicator_years:
            parts.append(YearsTogether(frozenset(years), size))
        else:
            parts[-1] = YearsTogether(last.indicator_years.union(years), last.counts + size)
    if len(parts) > 1:
        _refuse_loose_ends(connection)
    return parts


def _refuse_loose_ends(connection: duckdb.DuckDBPyConnection) -> None:
    """See that all rows of a relation say the same of what it is tied to: else it would be parted.

    Half a relation reads like one with a rest that nobody knows, and proves too much.
    """
    loose = connection.execute(
        f"""
        select relation_number, min(tied_to), max(tied_to) from {_RELATIONS}
        group by relation_number having min(tied_to) <> max(tied_to) order by all limit 1
        """
    ).fetchone()
    if loose:
        relation, one, other = loose
        called_by = connection.execute(
            f"select cell_id from {_COUNTS} where cell_number = ?", [relation // TIES_OF_A_COUNT]
        ).fetchone()
        name = called_by[0] if called_by else "a count that is not there"
        raise DisclosureInputError(
            f"relations: relation_number {relation} ({name}) is tied to {one} in one row and to "
            f"{other} in another; see that int_people_count_relations gives all its rows one "
            "tied_to"
        )


def _tied_together(
    names: Iterable[str], ties: Collection[tuple[str, str]]
) -> Iterable[Collection[str]]:
    """Names, those of the ties too, in the sets that hang together."""
    number: dict[str, int] = {}
    for name in (*names, *(name for tie in ties for name in tie)):
        number.setdefault(name, len(number))
    ends = np.array([[number[name] for name in tie] for tie in ties], dtype=np.int64)
    graph = sparse.coo_array(
        (np.ones(len(ties)), tuple(ends.reshape(-1, 2).T)), shape=(len(number), len(number))
    )
    _, labels = csgraph.connected_components(graph, directed=False)
    together: dict[int, list[str]] = {}
    for name, label in zip(number, labels.tolist(), strict=True):
        together.setdefault(label, []).append(name)
    return together.values()


def read_people_counts(
    connection: duckdb.DuckDBPyConnection,
    profile: Profile,
    indicator_years: Collection[str] | None = None,
) -> PeopleCounts:
    """Read counts of the build, of some years of indicators or all, and close their relations.

    Parts do not always come to their whole: people without a practice count in their programme
    and in no board. Where they do not, the rest is a cell that no reader knows, at least 0. Two
    names for one count hold where the counts are equal.
    """
    years = None if indicator_years is None else [sorted(indicator_years)]
    asked = "" if years is None else "where indicator_year in (select unnest(?::varchar[]))"
    counts = connection.sql(
        "select cell_id, cell_number, measure, people, is_published, is_exact, area_code, "
        f"indicator_year from {_COUNTS} {asked}",
        params=years,
    ).pl()
    # What all rows of a relation say alike is read once: there are five rows for each.
    members = connection.sql(
        f"select relation_number, cell_number, weight from {_RELATIONS} {asked}", params=years
    ).pl()
    relations = connection.sql(
        "select relation_number, any_value(kind) as kind, any_value(tied_to) as tied_to "
        f"from {_RELATIONS} {asked} group by relation_number",
        params=years,
    ).pl()
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


def write_released_counts(
    connection: duckdb.DuckDBPyConnection, parts: Iterable[pl.DataFrame]
) -> None:
    """Replace ``disclosure.released_counts``: one row per cell, as ``Controlled`` describes.

    What was decided last time stays until all parts are there.
    """
    connection.execute("create schema if not exists disclosure")
    connection.execute(
        f"create or replace table {_RELEASED}_now (cell_id varchar, state varchar, rule varchar, "
        "released_count bigint, is_exact boolean)"
    )
    for part in parts:
        connection.register("released_part", part)
        try:
            connection.execute(
                f"insert into {_RELEASED}_now select cell_id, state, rule, released_count, "
                "is_exact from released_part order by cell_id"
            )
        finally:
            connection.unregister("released_part")
    connection.execute(
        f"begin; drop table if exists {_RELEASED}; "
        f"alter table {_RELEASED}_now rename to {_RELEASED.split('.')[1]}; commit"
    )


def states_of_released_counts(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """How many counts are released, hidden and not supplied, by these words."""
    return dict(
        connection.execute(f"select state, count(*) from {_RELEASED} group by all").fetchall()
    )


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
