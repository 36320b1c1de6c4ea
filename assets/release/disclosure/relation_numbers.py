"""Relations between counts by number, and the counts beside those of the build that close them.

A relation of the model ``int_people_count_relations`` is called after one of its counts, a thousand
numbers for each (macro ``relation_number``). Closed, it is one relation of the proof or two, one
for the parts and one for the wholes; and it may have a rest that nobody knows, or a sum of both
sides: cells that no count of the build has, with numbers below zero.

Numbers are those of a night. What is called after a count is found again, on another night, by the
name of the count.
"""

from __future__ import annotations

import polars as pl

from assets.release.disclosure.cells import refuse

# As in the macro.
TIES_OF_A_COUNT = 1000

PLAIN, PARTS, WHOLES = range(3)
_SIDES = 3

REST, SUM = range(2)
_BESIDE = ("rest", "sum")


def relation_id(side: pl.Expr | int) -> pl.Expr:
    """Number of a closed relation: of the column ``relation_number``, and of a side."""
    return (pl.col("relation_number") * _SIDES + side).alias("relation_id")


def number_beside(what: int) -> pl.Expr:
    """Number of the rest or sum that closes a relation, of the column ``relation_number``."""
    return -1 - (pl.col("relation_number") * len(_BESIDE) + what)


def named_beside(relations: pl.DataFrame, counts: pl.DataFrame) -> pl.DataFrame:
    """``cell_id`` and ``cell_number`` of the rests and sums that close relations.

    In: closed relations; ``cell_id``, ``cell_number`` of the counts that they are called after.

    Raises:
        DisclosureInputError: a relation is called after a count that is not there.
    """
    beside = relations.select("cell_number").filter(pl.col("cell_number") < 0).unique()
    number = -1 - pl.col("cell_number")
    of = number // len(_BESIDE)
    placed = beside.select(
        "cell_number",
        relation_number=of,
        called_after=of // TIES_OF_A_COUNT,
        tie=of % TIES_OF_A_COUNT,
        what=(number % len(_BESIDE)).replace_strict(dict(enumerate(_BESIDE))),
    ).join(counts.select("cell_id", called_after="cell_number"), on="called_after", how="left")
    lost = placed.filter(pl.col("cell_id").is_null())["relation_number"]
    refuse("relations", lost, "is called after a count that is not there")
    return placed.select(pl.concat_str("cell_id", "tie", "what", separator="|"), "cell_number")


def renumbered(relations: pl.DataFrame, numbers: pl.DataFrame) -> pl.DataFrame:
    """Relations with the numbers of another night.

    In: ``relation_id``; of each count ``cell_number`` as on their night, and ``count_number`` as
    on the other. What is called after a count that is not among these gets a number below zero,
    where it meets no other.
    """
    ties = TIES_OF_A_COUNT * _SIDES
    placed = relations.with_columns(called_after=pl.col("relation_id") // ties).join(
        numbers.select("count_number", called_after="cell_number"), on="called_after", how="left"
    )
    return placed.with_columns(
        relation_id=(pl.col("count_number") * ties + pl.col("relation_id") % ties).fill_null(
            -1 - pl.col("relation_id").abs()
        )
    ).drop("called_after", "count_number")
