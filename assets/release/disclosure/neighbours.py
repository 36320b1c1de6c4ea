"""Which cells share a relation, as needed to walk outwards from some of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from assets.release.disclosure.attacker import Whole


class Neighbours:
    """Cells and relations next to each other in a matrix of a row per relation."""

    def __init__(self, weights: Any) -> None:
        self._by_relation = weights.tocsr()
        self._by_cell = weights.tocsc()

    def relations_of(self, cells: Whole) -> Whole:
        """Relations that hold any of the cells, in order."""
        return _stored(self._by_cell, cells)

    def cells_of(self, relations: Whole) -> Whole:
        """Cells in any of the relations, in order."""
        return _stored(self._by_relation, relations)


def _stored(matrix: Any, numbers: Whole) -> Whole:
    """Distinct indices stored under some rows, or columns, of a matrix."""
    starts = matrix.indptr[numbers].astype(np.int64)
    lengths = matrix.indptr[numbers + 1] - starts
    firsts = np.cumsum(lengths) - lengths
    places = np.repeat(starts - firsts, lengths) + np.arange(int(lengths.sum()))
    is_stored = np.zeros(max(matrix.shape), dtype=bool)
    is_stored[matrix.indices[places]] = True
    return np.flatnonzero(is_stored)
