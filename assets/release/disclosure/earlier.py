"""What earlier releases told of counts of people, put beside the counts of today.

Two releases that hide different counts can give both away, and so can a total before and after one
of its parts was revised. So what a release showed is kept with the true counts and with how they
hang together (see ``earlier_releases``).

A count that is the same today is one number with today's: both releases speak of it. One that was
revised, or is gone, is a number of its own, tied by the sums of its time to the others of then.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import polars as pl

from assets.release.disclosure.cells import NUMBER
from assets.release.disclosure.profile import Profile
from assets.release.disclosure.relation_numbers import renumbered

_BOUNDS = {"cell_id": pl.String, "lower": pl.Int64, "upper": pl.Int64}
_CELLS = {
    "cell_id": pl.String,
    NUMBER: pl.Int64,
    "today": pl.String,
    "indicator_year": pl.String,
    "count": pl.Int64,
    "released_count": pl.Int64,
    "is_exact": pl.Boolean,
    "is_hidden": pl.Boolean,
    "is_primary": pl.Boolean,
}
_RELATIONS = {"relation_id": pl.Int64, NUMBER: pl.Int64, "weight": pl.Int64}
# That, and by what number the count goes in every release.
_SUM_MEMBER = (*_RELATIONS, "count_number")


@dataclass(frozen=True)
class Earlier:
    """What readers have of earlier releases.

    ``bounds``: rows ``cell_id, lower, upper``, any number per cell, of counts in ``cells`` and of
    those that are the same today. ``cells``: one row per count that was another then: its name,
    what it is called ``today``, its ``indicator_year``, the true ``count``, and what was shown.
    ``relations``: sums that hold between these and with what stayed, in the form of today's. Of no
    release, these name cells in either way.
    """

    bounds: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_BOUNDS))
    cells: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_CELLS))
    relations: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(schema=_RELATIONS | {"cell_id": pl.String})
    )


@dataclass(frozen=True)
class ShownThen:
    """What a release showed of some counts that no later one has as well.

    ``cells`` as of ``shown``; ``relations``: rows ``relation_id``, ``cell_number``, ``weight``, by
    the numbers that these cells have.
    """

    version: str
    cells: pl.DataFrame
    relations: pl.DataFrame


def shown(cells: pl.DataFrame, people: pl.DataFrame, profile: Profile) -> pl.DataFrame:
    """What a release says of each cell, beside the true number.

    In: ``cell_id``, ``state``, ``rule``, ``released_count``, ``is_exact``; ``cell_id``,
    ``cell_number``, ``people``, ``indicator_year``. Out: one row per cell, with ``is_hidden``,
    ``is_primary``, and ``lower`` and ``upper``, null unless it is released.
    """
    lower, upper = bounds_on_record(profile)
    return (
        cells.join(people, on="cell_id")
        .select(
            "cell_id",
            NUMBER,
            "people",
            "indicator_year",
            "released_count",
            "is_exact",
            is_hidden=pl.col("state") == "hidden",
            is_primary=(pl.col("rule") == "primary").fill_null(value=False),
            lower=lower,
            upper=upper,
        )
        .sort("cell_id")
    )


def bounds_on_record(profile: Profile) -> tuple[pl.Expr, pl.Expr]:
    """Lowest and highest count that a ``released_count`` says (null of none), exact or rounded."""
    # Nobody is nobody: 1 to 7 are hidden and never rounded to 0.
    is_exact = pl.col("is_exact") | (pl.col("released_count") == 0)
    half = pl.when(is_exact).then(0).otherwise(profile.half_step)
    return pl.col("released_count") - half, pl.col("released_count") + half


def told(releases: Iterable[ShownThen], people: pl.DataFrame, relations: pl.DataFrame) -> Earlier:
    """What releases told, put beside the counts and relations of today.

    In: the newest release first; ``cell_id``, ``cell_number``, ``people`` of today; rows
    ``relation_id``, ``cell_number``, ``weight`` of today.

    What was revised is called after the newest release that has it as it was: by that name it goes
    every night until it is forgotten, however many older releases go before.
    """
    names = people.select("cell_id", "people", NUMBER, name="cell_id")
    after = relations.cast({"weight": pl.Int64}).with_columns(count_number=NUMBER)
    cells, sums = [], []
    for release in releases:
        then = release.cells.rename({NUMBER: "number_then"})
        is_new = then.join(names, on=["cell_id", "people"], how="anti").sort("cell_id")
        first = pl.lit(names[NUMBER].max(), dtype=pl.Int64).fill_null(0) + 1
        is_new = is_new.select(
            "cell_id",
            "people",
            (first + pl.int_range(pl.len())).alias(NUMBER),
            name=pl.col("cell_id") + f" in release {release.version}",
        )
        names = pl.concat([names, is_new])
        known = then.join(names, on=["cell_id", "people"])
        # Whatever it came to, a count is called the same in every release.
        counts = names.unique("cell_id", keep="first").select("cell_id", count_number=NUMBER)
        numbers = known.select("cell_id", "number_then", NUMBER).join(counts, on="cell_id")
        sums_then = _with_numbers(release.relations.cast({"weight": pl.Int64}), numbers)
        sums.append(_other_sums(sums_then, after).with_columns(version=pl.lit(release.version)))
        cells.append(known)
        # Of what this release says nothing new, a later one is still the one after.
        said = sums_then.select("relation_id").unique()
        others = after.join(said, on="relation_id", how="anti")
        after = pl.concat([table.select(*_SUM_MEMBER) for table in (sums_then, others)])
    if not cells:
        return Earlier()
    # Older records have the same columns in another order.
    return _put_together(pl.concat(cells, how="diagonal"), pl.concat(sums))


def _with_numbers(relations: pl.DataFrame, numbers: pl.DataFrame) -> pl.DataFrame:
    """Relations of a release by numbers that all releases share.

    In: by numbers of the release; of each count its ``number_then``, its ``count_number`` whatever
    it came to, and its ``cell_number``, another one where it came to another count.
    """
    called = numbers.select("count_number", **{NUMBER: "number_then"})
    return (
        renumbered(relations, called)
        .rename({NUMBER: "number_then"})
        .join(numbers.drop("cell_id"), on="number_then")
    )


def _other_sums(then: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """What the relations of a release say beside those of the one after it.

    Where both have the same members, and at most half of them were revised, only by these: a total
    grew by what its revised parts grew. It follows from the later one and this that the earlier one
    holds. Where more were, the earlier one as it was is shorter, and tells more at a glance: of
    three numbers that were all revised, what is left over.
    """
    key = ["relation_id", "count_number", "weight"]
    both = then.join(after.select(*key, number_after=NUMBER), on=key)
    is_revised = pl.col(NUMBER) != pl.col("number_after")
    members_then, members_after = (
        table.group_by("relation_id").agg(pl.len().alias(name))
        for name, table in (("then", then), ("after", after))
    )
    by_difference = (
        both.group_by("relation_id")
        .agg(both=pl.len(), revised=is_revised.sum())
        .join(members_then, on="relation_id")
        .join(members_after, on="relation_id")
        .filter(
            pl.col("then") == pl.col("both"),
            pl.col("after") == pl.col("both"),
            2 * pl.col("revised") <= pl.col("both"),
        )
    )
    others = then.join(by_difference, on="relation_id", how="anti")
    differ = both.filter(is_revised).join(by_difference, on="relation_id", how="semi")
    grown = differ.with_columns(-pl.col("weight"), pl.col("number_after").alias(NUMBER))
    return pl.concat([table.select(*_RELATIONS) for table in (others, differ, grown)])


def _put_together(known: pl.DataFrame, sums: pl.DataFrame) -> Earlier:
    """Each count once, as shown if any release showed it, and each sum once."""
    bounds = known.filter(pl.col("released_count").is_not_null()).select(
        "lower", "upper", cell_id="name"
    )
    cells = (
        known.filter(pl.col("name") != pl.col("cell_id"))
        .join(sums, on=NUMBER, how="semi")
        .sort("released_count", "name", nulls_last=True)
        .unique("name", keep="first", maintain_order=True)
        .rename({"cell_id": "today", "name": "cell_id", "people": "count"})
    )
    once = (
        sums.sort("relation_id", "version", NUMBER)
        .group_by("relation_id", "version", maintain_order=True)
        .agg("weight", NUMBER)
        .unique(["weight", NUMBER], keep="first", maintain_order=True)
        .with_columns(relation_id=pl.int_range(pl.len(), dtype=pl.Int64))
        .explode("weight", NUMBER)
    )
    return Earlier(
        bounds.select(*_BOUNDS).unique(maintain_order=True),
        cells.select(*_CELLS),
        once.select(*_RELATIONS),
    )
