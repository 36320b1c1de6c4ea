"""What an attacker knows of every count: bounds, and the sums that tie them together.

An attacker is taken to know everything that is published (numbers, which cells are hidden, how
they add up, the rules of this profile), what earlier releases showed, which counts were revised
since and which were not, the public lists, and of
each primary cell that it lies in 1 to 7 (ruling 2), as if somebody had told him which hidden
cells are primary. He is not taken to know more than that of a hidden cell that is not primary: it
is at least 1, for zeros are shown. Whoever works out that a hidden cell is 8 or more has found a
secondary cell, which tells him nothing about a few people.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from assets.release.disclosure.cells import (
    UNBOUNDED,
    DisclosureInputError,
    checked_earlier,
)
from assets.release.disclosure.profile import Profile

Whole: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]

SEEN_SCHEMA: dict[str, type[pl.DataType]] = {
    "cell_id": pl.String,
    "is_hidden": pl.Boolean,
    "released_count": pl.Int64,
    "is_exact": pl.Boolean,
    "is_public": pl.Boolean,
    "lowest": pl.Int64,
    "is_primary": pl.Boolean,
    "is_below_zero": pl.Boolean,
}
"""One row per published cell, as a reader sees it.

``released_count`` is null where the cell is hidden, and where the source supplied nothing and
nobody knows. ``is_public``: known to everybody without this release. ``is_primary`` and
``is_below_zero`` (a primary flow of -7 to -1) are private.
"""


@dataclass(frozen=True)
class System:
    """Bounds of cells, in order of ``cell_id``, and relations between them.

    ``weights`` has a row per relation and a column per cell; ``weights @ counts + offset`` is
    zero. ``relation_numbers`` are the rows in what the attacker began with. A primary cell has to
    keep its values from ``keep_lower`` to ``keep_upper``, a secondary one ``keep_width`` between
    its lowest and its highest.
    """

    cell_ids: pl.Series
    lower: Whole
    upper: Whole
    keep_lower: Whole
    keep_upper: Whole
    keep_width: Whole
    is_primary: Flags
    is_secondary: Flags
    weights: Any
    offset: Whole
    relation_numbers: Whole

    @property
    def is_protected(self) -> Flags:
        """Cells that the proof is about."""
        return self.is_primary | self.is_secondary

    def part(self, cells: Flags, relations: Flags) -> System:
        """Some cells with relations that hold no other cells."""
        return System(
            self.cell_ids.filter(pl.Series(cells)),
            self.lower[cells],
            self.upper[cells],
            self.keep_lower[cells],
            self.keep_upper[cells],
            self.keep_width[cells],
            self.is_primary[cells],
            self.is_secondary[cells],
            self.weights[relations][:, cells],
            self.offset[relations],
            self.relation_numbers[relations],
        )


class Attacker:
    """Somebody who has all releases and knows how the counts add up.

    Args:
        cell_ids: of every published cell, sorted.
        weights: a row per relation, a column per cell, all -1, 0 or 1; its counts add up to 0.
        profile: the rules the release was made by, which are public.
        earlier: rows ``cell_id, lower, upper`` of releases that readers may still have.

    Raises:
        DisclosureInputError: earlier releases that make no sense.
    """

    def __init__(
        self,
        cell_ids: pl.Series,
        weights: Any,
        profile: Profile,
        earlier: pl.DataFrame | None = None,
    ) -> None:
        self._cell_ids = cell_ids
        self._profile = profile
        self._weights = sparse.vstack([weights, _short_differences(weights)], format="csr")
        shown = (
            pl.DataFrame({"cell_id": cell_ids})
            .join(checked_earlier(earlier), on="cell_id", how="left", maintain_order="left")
            .with_columns(
                pl.col("lower").fill_null(-UNBOUNDED), pl.col("upper").fill_null(UNBOUNDED)
            )
        )
        self._shown_lower: Whole = shown["lower"].to_numpy()
        self._shown_upper: Whole = shown["upper"].to_numpy()

    def knows(self, seen: pl.DataFrame) -> System:
        """Everything that follows about single cells before any sum is looked at.

        ``seen`` has the columns of ``SEEN_SCHEMA``, sorted by ``cell_id``.

        Raises:
            DisclosureInputError: other cells than this attacker was made for; a released number
                that no rule yields; a number that contradicts an earlier release.
        """
        if not seen["cell_id"].equals(self._cell_ids):
            raise DisclosureInputError("what is seen has other cells, or another order, than known")
        bounds = seen.select(*seen_bounds(self._profile))
        lower: Whole = np.maximum(bounds["lower"].to_numpy(), self._shown_lower)
        upper: Whole = np.minimum(bounds["upper"].to_numpy(), self._shown_upper)
        self._refuse(lower > upper, "is released as what an earlier release says it is not")
        self._refuse(
            (seen["is_hidden"] & seen["released_count"].is_not_null()).to_numpy(),
            "is hidden and has a number",
        )
        is_primary = (seen["is_hidden"] & seen["is_primary"]).to_numpy()
        # What an earlier release gave away cannot be taken back, and was no small number.
        is_open = self._shown_upper - self._shown_lower >= self._profile.least_width
        return System(
            cell_ids=self._cell_ids,
            lower=lower,
            upper=upper,
            keep_lower=bounds["lower"].to_numpy(),
            keep_upper=bounds["upper"].to_numpy(),
            keep_width=np.full(len(lower), self._profile.least_width, dtype=np.int64),
            is_primary=is_primary,
            is_secondary=seen["is_hidden"].to_numpy() & ~is_primary & is_open,
            weights=self._weights,
            offset=np.zeros(self._weights.shape[0], dtype=np.int64),
            relation_numbers=np.arange(self._weights.shape[0], dtype=np.int64),
        )

    def knows_anyway(self, seen: pl.DataFrame, known: System) -> System:
        """What would be known if this release withheld every number that it can.

        In: what is seen of it, and what ``knows`` made of the same.

        Zeros are shown all the same, and of each cell whether it is a small number. So a hidden
        sum of two hidden counts is 2 or more, and if it is a small number they are 6 or less. What
        earlier releases showed stays known too: a practice that joins a network which was shown
        without it is what the network has more. No hiding changes that. A small number that was
        itself shown is none of this: that was a leak and is one still.
        """
        is_kept = (
            pl.col("is_public")
            | (pl.col("released_count") == 0)
            | pl.col("released_count").is_null()
        ).fill_null(value=False)
        withheld = seen.with_columns(
            is_hidden=pl.col("is_hidden") | ~is_kept,
            released_count=pl.when(is_kept).then("released_count"),
        )
        bounds = withheld.select(*seen_bounds(self._profile))
        lower, upper = bounds["lower"].to_numpy(), bounds["upper"].to_numpy()
        return replace(
            known,
            lower=np.where(known.is_primary, lower, np.maximum(lower, self._shown_lower)),
            upper=np.where(known.is_primary, upper, np.minimum(upper, self._shown_upper)),
        )

    def _refuse(self, wrong: Flags, what: str) -> None:
        if wrong.any():
            first = self._cell_ids[int(np.flatnonzero(wrong)[0])]
            raise DisclosureInputError(f"cell {first} {what} ({int(wrong.sum())} such cells)")


def seen_bounds(profile: Profile) -> tuple[pl.Expr, pl.Expr]:
    """Lowest and highest count behind what is seen of each cell (``lower``, ``upper``)."""
    most, half = profile.most_hidden_count, profile.half_step
    number, lowest = pl.col("released_count"), pl.col("lowest").fill_null(-UNBOUNDED)
    is_shown_exactly = pl.col("is_exact") | (number == 0)
    # Small numbers are hidden, so a rounded 5 of ``open5`` is 5 to 7.
    rounded_lower = pl.when(number > 0).then(pl.max_horizontal(number - half, most + 1))
    rounded_upper = pl.when(number < 0).then(pl.min_horizontal(number + half, -most - 1))
    is_primary = pl.col("is_hidden") & pl.col("is_primary")
    lower = (
        pl.when(is_primary & pl.col("is_below_zero"))
        .then(-most)
        .when(is_primary)
        .then(1)
        .when(number.is_null() & pl.col("is_hidden") & (lowest == 0))
        .then(1)
        .when(number.is_null())
        .then(lowest)
        .when(is_shown_exactly)
        .then(number)
        .otherwise(pl.max_horizontal(rounded_lower.otherwise(number - half), lowest))
    )
    upper = (
        pl.when(is_primary & pl.col("is_below_zero"))
        .then(-1)
        .when(is_primary)
        .then(most)
        .when(number.is_null())
        .then(UNBOUNDED)
        .when(is_shown_exactly)
        .then(number)
        .otherwise(rounded_upper.otherwise(number + half))
    )
    return lower.cast(pl.Int64).alias("lower"), upper.cast(pl.Int64).alias("upper")


def _short_differences(weights: Any) -> Any:
    """Differences of relations that have most of their cells in common.

    They say nothing new, but what two relations say together shows in one: a network as it was
    less the same network as it is leaves the few practices that moved.
    """
    sizes = np.diff(weights.indptr)
    shared = sparse.triu(weights @ weights.T, k=1, format="coo")
    first, second = shared.coords
    left = sizes[first] + sizes[second] - 2 * shared.data
    is_short = left < np.minimum(sizes[first], sizes[second])
    first, second = first[is_short], second[is_short]
    differences = sparse.csr_array(weights[first] - weights[second], dtype=np.int64)
    differences.eliminate_zeros()
    return differences


def reduced(system: System) -> System:
    """The same knowledge without what is known exactly, which goes into the offsets.

    Raises:
        DisclosureInputError: numbers that are known exactly do not add up.
    """
    is_open = (system.lower < system.upper) | system.is_protected
    constants = np.where(is_open, 0, system.lower)
    offset = system.offset + system.weights @ constants
    has_open = (abs(system.weights) @ is_open.astype(np.int64)) > 0
    wrong = np.flatnonzero(~has_open & (offset != 0))
    if len(wrong):
        members = system.weights[wrong[0] : wrong[0] + 1].indices
        raise DisclosureInputError(
            f"exact numbers do not add up: {', '.join(system.cell_ids.gather(members))}"
        )
    return replace(system, offset=offset).part(is_open, has_open)
