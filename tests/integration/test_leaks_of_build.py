"""A leak planted in every hierarchy and category list of a real build is found by the proof."""

from __future__ import annotations

import duckdb
import numpy as np
import polars as pl
import pytest
from night import Night

from assets.home import Home
from assets.release.disclosure.control import Controlled, control
from assets.release.disclosure.earlier import Earlier
from assets.release.disclosure.people_counts import PeopleCounts, read_people_counts
from assets.release.disclosure.profile import STD
from assets.release.disclosure.proof import Prover
from assets.release.disclosure.relation_numbers import TIES_OF_A_COUNT
from assets.release.disclosure.tied_counts import TiedCounts, tie

pytestmark = pytest.mark.slow

# Which whole, and what it is made of.
KINDS = (
    "pcn practices",
    "sub_icb practices",
    "icb practices",
    "region practices",
    "england practices",
    "icb organisations",
    "icb programmes",
    "england categories",
    "region categories",
    "icb categories",
    "practice with_and_without",
    "pcn with_and_without",
    "icb with_and_without",
    "organisation with_and_without",
    "programme with_and_without",
    "two names for one count",
)
# In the order of the macro relation_number; two names for one count come last.
TIES = (
    "practices", "organisations", "programmes", "categories", "with_and_without", "seen", "new",
)  # fmt: skip


@pytest.fixture(scope="module")
def counts(baseline: Night) -> PeopleCounts:
    with duckdb.connect(str(Home(baseline.home).warehouse), read_only=True) as connection:
        return read_people_counts(connection, STD)


@pytest.fixture(scope="module")
def controlled(counts: PeopleCounts) -> Controlled:
    found = control(counts.cells, counts.relations, STD)
    assert found.proof.holds
    return found


@pytest.fixture(scope="module")
def tied(counts: PeopleCounts) -> TiedCounts:
    return tie(counts.cells, counts.relations, Earlier())


@pytest.fixture(scope="module")
def members(counts: PeopleCounts, controlled: Controlled) -> pl.DataFrame:
    """Rows of relations that hold a small number and whose counts are all known, by kind."""
    closed = pl.col("relation_id") // 3
    named = counts.people.select("cell_id", "cell_number")
    called_after = named.select(
        called_after="cell_number", area_type=pl.col("cell_id").str.split("|").list.get(1)
    )
    rows = (
        counts.relations.with_columns(
            called_after=closed // TIES_OF_A_COUNT, tie=closed % TIES_OF_A_COUNT
        )
        .join(called_after, on="called_after")
        .join(named, on="cell_number")
        .join(controlled.cells.select("cell_id", "rule"), on="cell_id")
        .join(counts.cells.select("cell_id", "count"), on="cell_id")
        .with_columns(
            kind=pl.when(pl.col("tie") >= len(TIES))
            .then(pl.lit("two names for one count"))
            .otherwise(
                pl.col("area_type")
                + " "
                + pl.col("tie").replace_strict(dict(enumerate(TIES)), default=None)
            ),
            is_small=(pl.col("rule") == "primary").fill_null(value=False),
        )
    )
    return rows.filter(
        (pl.col("count").null_count() == 0).over("relation_id"),
        pl.col("is_small").any().over("relation_id"),
    )


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_left_over_of_a_sum_is_found(
    kind: str, members: pl.DataFrame, controlled: Controlled, tied: TiedCounts
) -> None:
    """All but one small number of a sum are shown to the last person."""
    # The largest sum: of a few people together more is known than the sum says.
    sums = members.filter(pl.col("kind") == kind).sort("count", "relation_id", descending=True)
    relation = sums["relation_id"][0]
    here = sums.filter(pl.col("relation_id") == relation)
    hidden = here.filter("is_small")["cell_id"].sort()[0]
    shown = here.filter(pl.col("cell_id") != hidden).select("cell_id", "count")
    block = tied.blocks.of_cell[tied.cell_ids.index_of(hidden)]
    part = tied.part(np.arange(tied.blocks.count) == block)
    seen = controlled.seen.filter(pl.col("cell_id").is_in(part.cell_ids.implode()))
    prover = Prover(part.cell_ids, part.weights, STD, fitting=part.cells)
    assert prover.prove(seen).holds
    is_told = pl.col("count").is_not_null()
    leaking = seen.join(shown, on="cell_id", how="left", maintain_order="left").with_columns(
        is_hidden=pl.col("is_hidden") & ~is_told,
        is_exact=pl.col("is_exact") | is_told,
        released_count=pl.when(is_told).then("count").otherwise("released_count"),
    )
    found = Prover(part.cell_ids, part.weights, STD, fitting=part.cells).prove(leaking)
    assert hidden in [leak.cell_id for leak in found.violations]
