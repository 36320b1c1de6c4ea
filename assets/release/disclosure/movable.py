"""Cells that can move while all others stay where they are, block next to block."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from assets.release.disclosure.attacker import Flags, Whole
from assets.release.disclosure.blocks import connected_blocks
from assets.release.disclosure.neighbours import Neighbours

# Cells that a relation holds fast are left out; the solver finds those that this misses.
_MOST_PRUNINGS = 4


@dataclass(frozen=True)
class Movable:
    """Free ``cells`` of a matrix (its columns) with the relations that hold any of them.

    ``weights`` has a row per relation and a column per cell, block next to block. Blocks share no
    relation; their numbers, in ``of_cell`` and ``of_relation``, ascend and are below
    ``block_count``, but not each of them need be here.
    """

    cells: Whole
    weights: Any
    block_count: int
    of_cell: Whole
    of_relation: Whole

    @classmethod
    def of(cls, weights: Any, neighbours: Neighbours, free: Flags) -> Self:
        """The ``free`` columns of a matrix and their ``neighbours``, but for those held fast."""
        cells, relations = _unstuck(weights, neighbours, free)
        part = weights[relations][:, cells]
        blocks = connected_blocks(part)
        cell_order = np.argsort(blocks.of_cell, kind="stable")
        relation_order = np.argsort(blocks.of_relation, kind="stable")
        return cls(
            cells=cells[cell_order],
            weights=part[relation_order][:, cell_order].tocsr(),
            block_count=blocks.count,
            of_cell=blocks.of_cell[cell_order],
            of_relation=blocks.of_relation[relation_order],
        )

    def around(self, asked: Flags) -> Self:
        """The blocks that hold any asked cell.

        In: a flag per column of the whole matrix.
        """
        holds_asked = np.zeros(self.block_count, dtype=bool)
        holds_asked[self.of_cell[asked[self.cells]]] = True
        here, rows = holds_asked[self.of_cell], holds_asked[self.of_relation]
        # To copy the matrix of a country in every round takes longer than most rounds.
        if here.all():
            return self
        return replace(
            self,
            cells=self.cells[here],
            weights=self.weights[rows][:, here],
            of_cell=self.of_cell[here],
            of_relation=self.of_relation[rows],
        )


def _unstuck(weights: Any, neighbours: Neighbours, free: Flags) -> tuple[Whole, Whole]:
    """Free cells, less those beside which nothing in one of their relations is free.

    Of these most: see ``_MOST_PRUNINGS``. Out with them: the relations that hold any of the rest.
    """
    cells = np.flatnonzero(free)
    for _ in range(_MOST_PRUNINGS):
        relations = neighbours.relations_of(cells)
        part = abs(weights[relations][:, cells])
        is_alone = np.diff(part.indptr) == 1
        is_stuck = (part.T @ is_alone.astype(np.int64)) > 0
        if not is_stuck.any():
            break
        cells = cells[~is_stuck]
    return cells, neighbours.relations_of(cells)
