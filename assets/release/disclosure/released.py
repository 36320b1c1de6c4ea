"""What is released of cells, once it is decided which are hidden, and what readers see of it."""

from __future__ import annotations

import polars as pl

from assets.release.disclosure.attacker import SEEN_SCHEMA
from assets.release.disclosure.profile import Profile
from assets.release.disclosure.tied_counts import TiedCounts

RELEASED, HIDDEN, NOT_SUPPLIED = "released", "hidden", "not_supplied"

RELEASED_SCHEMA = {
    "cell_id": pl.String,
    "indicator_year": pl.String,
    "state": pl.String,
    "rule": pl.String,
    "released_count": pl.Int64,
    "is_exact": pl.Boolean,
}
"""One row per cell: ``state`` (``released``, ``hidden``, ``not_supplied``), ``rule`` (why it is
hidden; private), ``released_count`` (null unless released), ``is_exact`` (the released count is the
true one)."""


def is_small(profile: Profile) -> pl.Expr:
    """Whether a count is a small number that not everybody knows."""
    is_few = pl.col("count").abs().is_between(1, profile.most_hidden_count)
    return is_few.fill_null(value=False) & ~pl.col("is_public")


def released_cells(cells: pl.DataFrame, why_hidden: pl.Series, profile: Profile) -> pl.DataFrame:
    """What is released of each cell: the columns of ``RELEASED_SCHEMA``.

    In: checked cells, and why each is hidden (null: it is released).
    """
    is_exact = pl.col("is_exact") | pl.col("is_public")
    half, step = profile.half_step, profile.round_to
    rounded = (pl.col("count") + half).floordiv(step) * step
    state = (
        pl.when(pl.col("count").is_null())
        .then(pl.lit(NOT_SUPPLIED))
        .when(pl.col("rule").is_null())
        .then(pl.lit(RELEASED))
        .otherwise(pl.lit(HIDDEN))
    )
    return (
        cells.with_columns(why_hidden.alias("rule"), is_exact=is_exact)
        .with_columns(state=state)
        .select(
            "cell_id",
            "indicator_year",
            "state",
            "rule",
            released_count=pl.when(pl.col("state") == RELEASED).then(
                pl.when(pl.col("is_exact")).then(pl.col("count")).otherwise(rounded)
            ),
            is_exact=pl.col("is_exact"),
        )
    )


def as_seen(tied: TiedCounts, released: pl.DataFrame) -> pl.DataFrame:
    """What the proof takes, from what is released: nothing else of the true counts but a sign.

    With it comes what earlier releases showed of counts that were others then: known to everybody
    without this release, like a public list.
    """
    cells = tied.cells
    now = released.select(
        "cell_id",
        "released_count",
        "is_exact",
        is_hidden=pl.col("state") == HIDDEN,
        is_public=cells["is_public"],
        lowest=cells["lowest"],
        is_primary=(pl.col("rule") == "primary").fill_null(value=False),
        is_below_zero=(cells["count"] < 0).fill_null(value=False),
    )
    then = tied.earlier_cells.with_columns(
        is_public=pl.lit(value=True),
        lowest=pl.lit(0, dtype=pl.Int64),
        is_below_zero=pl.lit(value=False),
    )
    return pl.concat([table.select(*SEEN_SCHEMA) for table in (now, then)])
