"""Connected blocks of cells, and the memory of those that are proven."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from scipy import sparse
from scipy.sparse import csgraph

from assets.durable_files import write_atomically
from assets.release.disclosure.attacker import System, Whole, row_of_each

# A change of what the proof asks for or concludes has to change this: all is proven again.
_PROOF_VERSION = "2"
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Blocks:
    """A block number per cell and per relation; cells of different blocks share no relation."""

    count: int
    of_cell: Whole
    of_relation: Whole

    def members(self) -> tuple[list[Whole], list[Whole]]:
        """Cells and relations of each block."""
        return _grouped(self.of_cell, self.count), _grouped(self.of_relation, self.count)


class RememberedBlocksError(ValueError):
    """A file of proven blocks that this module did not write."""


def connected_blocks(weights: Any) -> Blocks:
    """Blocks of a matrix with a row per relation and a column per cell."""
    relations, cells = weights.shape
    rows, columns = row_of_each(weights), weights.indices.astype(np.int64)
    graph = sparse.coo_array(
        (np.ones(len(rows), dtype=np.int8), (rows, columns + relations)),
        shape=(relations + cells, relations + cells),
    )
    count, labels = csgraph.connected_components(graph, directed=False)
    labels = labels.astype(np.int64)
    return Blocks(int(count), labels[relations:], labels[:relations])


def _grouped(labels: Whole, count: int) -> list[Whole]:
    order = np.argsort(labels, kind="stable")
    return np.split(order, np.searchsorted(labels[order], np.arange(1, count)))


def block_hashes(system: System, blocks: Blocks) -> list[str]:
    """SHA-256 of everything the proof of a block depends on, per block.

    That is what is known of each cell by itself, what it has to keep, and the relations, not the
    true counts; whatever the order of rows and the names of relations.
    """
    cells = pl.DataFrame(
        {
            "block": blocks.of_cell,
            "cell_id": system.cell_ids,
            "lower": system.lower,
            "upper": system.upper,
            "keep_lower": np.where(system.is_primary, system.keep_lower, 0),
            "keep_upper": np.where(system.is_primary, system.keep_upper, 0),
            "keep_width": np.where(system.is_secondary, system.keep_width, 0),
            "is_primary": system.is_primary,
            "is_secondary": system.is_secondary,
        }
    )
    of_cells = cells.select(
        "block",
        line=pl.concat_str(
            pl.lit("cell"), *(pl.col(name).cast(pl.String) for name in cells.columns[1:]),
            separator="\t",
        ),
    )  # fmt: skip
    members = pl.DataFrame(
        {
            "relation": row_of_each(system.weights),
            "cell_id": system.cell_ids.gather(system.weights.indices),
            "weight": system.weights.data,
        }
    ).sort("relation", "cell_id")
    sums = members.group_by("relation", maintain_order=True).agg(
        line=(pl.col("weight").cast(pl.String) + "\t" + pl.col("cell_id")).str.join("\t")
    )
    relations = sums["relation"].to_numpy()
    of_relations = sums.select(
        block=pl.Series(blocks.of_relation[relations]),
        line=pl.concat_str(
            pl.lit("sum"), pl.Series(system.offset[relations]).cast(pl.String), "line",
            separator="\t",
        ),
    )  # fmt: skip
    texts = (
        pl.concat([of_cells, of_relations])
        .sort("block", "line")
        .group_by("block", maintain_order=True)
        .agg(pl.col("line").str.join("\n"))
    )
    preamble = f"{_PROOF_VERSION}\n"
    hashes = [""] * blocks.count
    for block, text in texts.iter_rows():
        hashes[block] = hashlib.sha256((preamble + text).encode("utf-8")).hexdigest()
    return hashes


def read_remembered(path: Path) -> set[str]:
    """Hashes of blocks that earlier nights have proven; none if there is no such file.

    Raises:
        RememberedBlocksError: a line that is no hash; delete the file and all is proven again.
    """
    if not path.exists():
        return set()
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        if not _HASH.fullmatch(line):
            raise RememberedBlocksError(
                f"{path}, line {number}: not the hash of a block; delete the file, and the next "
                "night proves everything again"
            )
    return set(lines)


def write_remembered(path: Path, hashes: Iterable[str]) -> None:
    """Remember blocks, and no others: what is not published any more is forgotten."""
    write_atomically(path, "".join(f"{digest}\n" for digest in sorted(set(hashes))))
