"""The tables that disclosure control works on: cells, relations, what earlier releases showed.

**Cells**: one row per published count of people.

============== ======= ============================================================================
cell_id        text    unique
count          int64   the true number of people; null: not supplied, or never shown
people         int64   the same, also where no release shows it; default ``count``
is_exact       boolean not rounded when it is released (England, 7.4); default false
is_public      boolean everybody knows it, so it is never hidden (list sizes); default false
is_flow        boolean a difference between two months of a cumulative series; default false
lowest         int64   the least it can be; null: no limit (flows can be negative); default 0
order_key      text    breaks ties between siblings of the same count; default ``cell_id``
indicator_year text    which counts it is decided about with (``years_together``); default none
cell_number    int64   unique; by which relations name the cell, if there is such a column
============== ======= ============================================================================

**Relations**: one row per cell of a relation: ``relation_id`` (text or a whole number), ``cell_id``
(or ``cell_number``, if cells have one), ``weight`` (-1 for the total, exactly one of them; 1 for a
member). The members add up to the total: practices to their
network, categories to the whole, numerator and complement to the denominator, last month and this
month's flow to this month. The proof also takes differences of two such sums (see ``earlier``).

**Earlier releases**: ``cell_id``, ``lower``, ``upper``: what a release that readers may still have
says about a cell whose true count is the same today. Any number of rows per cell. Counts that were
others then are cells of their own: see ``earlier``.
"""

from __future__ import annotations

import polars as pl

_CELL_DEFAULTS: dict[str, pl.Expr] = {
    "people": pl.col("count"),
    "is_exact": pl.lit(value=False),
    "is_public": pl.lit(value=False),
    "is_flow": pl.lit(value=False),
    "lowest": pl.lit(0, dtype=pl.Int64),
    "order_key": pl.col("cell_id"),
    "indicator_year": pl.lit(""),
}
_CELL_SCHEMA: dict[str, type[pl.DataType]] = {
    "cell_id": pl.String,
    "count": pl.Int64,
    "people": pl.Int64,
    "is_exact": pl.Boolean,
    "is_public": pl.Boolean,
    "is_flow": pl.Boolean,
    "lowest": pl.Int64,
    "order_key": pl.String,
    "indicator_year": pl.String,
}
# The column by which relations of a country name cells: by name they are ten times as long.
NUMBER = "cell_number"
_EARLIER_SCHEMA: dict[str, type[pl.DataType]] = {
    "cell_id": pl.String,
    "lower": pl.Int64,
    "upper": pl.Int64,
}

# Far above any count, far below where sums of doubles stop being whole numbers.
UNBOUNDED = 10**12


class DisclosureInputError(ValueError):
    """Tables that disclosure control cannot work on; the message names the row and the rule."""


def checked_cells(cells: pl.DataFrame) -> pl.DataFrame:
    """Cells with every column, sorted by ``cell_id``.

    Raises:
        DisclosureInputError: a column is missing or a flag null, an id occurs twice, a count is
            below its ``lowest`` or too large to be a count.
    """
    need_columns("cells", cells, ("cell_id", "count"))
    filled = cells.with_columns(
        default.alias(name) for name, default in _CELL_DEFAULTS.items() if name not in cells.columns
    )
    schema = dict(_CELL_SCHEMA)
    if NUMBER in cells.columns:
        schema[NUMBER] = pl.Int64
    table = filled.select(pl.col(name).cast(kind) for name, kind in schema.items())
    for name in (name for name in schema if name not in ("count", "people", "lowest")):
        if table[name].null_count():
            raise DisclosureInputError(f"cells: {name} is null in some row; fill it")
    is_large = pl.max_horizontal(pl.col("count", "people", "lowest").abs()) >= UNBOUNDED // 1000
    for is_wrong, what in (
        (pl.col("cell_id").is_duplicated(), "occurs more than once"),
        (pl.col("people") < pl.col("lowest"), "has a count below its lowest"),
        (
            pl.col("people").ne_missing(pl.col("count")) & pl.col("count").is_not_null(),
            "is counted in two ways",
        ),
        (is_large, "is too large for a count of people"),
    ):
        refuse("cells", table.filter(is_wrong)["cell_id"], what)
    if NUMBER in schema:
        shared = table.filter(pl.col(NUMBER).is_duplicated())["cell_id"]
        refuse("cells", shared, "has the number of another")
    return table.sort("cell_id")


def checked_earlier(earlier: pl.DataFrame | None) -> pl.DataFrame:
    """One row per cell that earlier releases showed: the narrowest ``lower`` and ``upper``.

    Raises:
        DisclosureInputError: a column is missing, or earlier releases contradict each other.
    """
    if earlier is None:
        return pl.DataFrame(schema=_EARLIER_SCHEMA)
    need_columns("earlier releases", earlier, tuple(_EARLIER_SCHEMA))
    table = (
        earlier.select(pl.col(name).cast(kind) for name, kind in _EARLIER_SCHEMA.items())
        .group_by("cell_id")
        .agg(pl.col("lower").max(), pl.col("upper").min())
        .sort("cell_id")
    )
    refuse(
        "earlier releases",
        table.filter(pl.col("lower") > pl.col("upper"))["cell_id"],
        "cannot have been all that was shown of it: give only what was shown of today's count",
    )
    return table


def need_columns(table: str, frame: pl.DataFrame, names: tuple[str, ...]) -> None:
    """See that a table has some columns.

    Raises:
        DisclosureInputError: names the table and what is missing of them.
    """
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise DisclosureInputError(f"{table}: column {', '.join(missing)} is missing")


def refuse(table: str, wrong: pl.Series, what: str) -> None:
    """Refuse a table for the rows in which a column is wrong, if there are any.

    Raises:
        DisclosureInputError: names the table, the column and the first of its wrong values.
    """
    if len(wrong):
        first = wrong.sort()[0]
        raise DisclosureInputError(f"{table}: {wrong.name} {first} {what} ({len(wrong)} rows)")
