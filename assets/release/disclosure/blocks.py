"""Connected blocks of cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from assets.release.disclosure.attacker import Whole
from assets.release.disclosure.relations import row_of_each


@dataclass(frozen=True)
class Blocks:
    """A block number per cell and per relation; cells of different blocks share no relation."""

    count: int
    of_cell: Whole
    of_relation: Whole


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
