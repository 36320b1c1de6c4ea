"""Relations of counts as a matrix: a row per relation, a column per cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy import sparse

from assets.release.disclosure.attacker import Flags, Whole
from assets.release.disclosure.cells import DisclosureInputError, need_columns, refuse


@dataclass(frozen=True)
class Relations:
    """Checked relations: their names in order, and the ``weights`` of cells in each (CSR)."""

    names: pl.Series
    weights: Any

    def check_totals(self) -> None:
        """See that each is a total (-1) of members (1), as what hides by rules needs it.

        Raises:
            DisclosureInputError: names a relation that is not.
        """
        rows = row_of_each(self.weights)
        totals = np.bincount(rows[self.weights.data == -1], minlength=len(self.names))
        members = np.diff(self.weights.indptr) - totals
        self._refuse((totals != 1) | (members == 0), "needs one total (-1) and members (1)")

    def check_sums(self, counts: pl.Series) -> None:
        """Refuse those whose true counts do not add up; one with an unknown count may.

        In: a count, or null, per column.

        Raises:
            DisclosureInputError: names the first relation, by id, and by how much it is out.
        """
        is_unknown = abs(self.weights) @ counts.is_null().to_numpy().astype(np.int64) > 0
        out_by = self.weights @ counts.fill_null(0).to_numpy()
        wrong = np.flatnonzero(~is_unknown & (out_by != 0))
        if len(wrong):
            first = int(wrong[0])
            raise DisclosureInputError(
                f"relation {self.names[first]}: the members are {out_by[first]:+} people beside "
                f"the total ({len(wrong)} such relations); leave out what does not add up by "
                "design, or mend it"
            )

    def _refuse(self, wrong: Flags, what: str) -> None:
        refuse("relations", self.names.filter(pl.Series(wrong)), what)


def related(relations: pl.DataFrame, cells: pl.Series) -> Relations:
    """Relations sorted by name; a column for each of the cells, in their order.

    In: rows ``relation_id``, ``weight``, and by what ``cells`` are named here: their series is
    called as that column (see ``cells``).

    Raises:
        DisclosureInputError: a column is missing, a cell is unknown or occurs twice in a relation,
            a weight is neither 1 nor -1.
    """
    needed = ("relation_id", cells.name, "weight")
    need_columns("relations", relations, needed)
    table = relations.select(needed).cast({"weight": pl.Int64, cells.name: cells.dtype})
    if table.null_count().sum_horizontal().sum():
        raise DisclosureInputError("relations: a column is null in some row; fill it")
    names = table["relation_id"].unique().sort()
    placed = table.join(cells.to_frame().with_row_index("column"), on=cells.name, how="left").join(
        pl.DataFrame({"relation_id": names}).with_row_index("row"), on="relation_id"
    )
    unknown = placed.filter(pl.col("column").is_null())
    refuse("relations", unknown[cells.name], "is not among the cells")
    odd = placed.filter(pl.col("weight").abs() != 1)
    refuse("relations", odd["relation_id"], "has a weight other than 1 and -1")
    # By numbers, which are in the order of names: to sort 1.8 million rows by name takes a second
    # (2026-11-27).
    placed = placed.select("row", "column", "weight").sort("row", "column")
    # Numbers of half the length: all that is reckoned with the matrix takes a twentieth less time
    # (229,000 cells, 2026-11-28).
    rows, columns = (placed[name].to_numpy().astype(np.int32) for name in ("row", "column"))
    is_again = (np.diff(rows) == 0) & (np.diff(columns) == 0)
    twice = names.gather(rows[1:][is_again])
    refuse("relations", twice, "has a cell that occurs twice in it")
    starts = np.searchsorted(rows, np.arange(len(names) + 1)).astype(np.int32)
    shape = (len(names), len(cells))
    weights = sparse.csr_array((placed["weight"].to_numpy(), columns, starts), shape=shape)
    return Relations(names, weights)


def row_of_each(weights: Any) -> Whole:
    """Row number of every stored weight of a matrix in CSR form."""
    return np.repeat(np.arange(weights.shape[0], dtype=np.int64), np.diff(weights.indptr))
