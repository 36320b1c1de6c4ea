"""Cells that can move while all others stay where they are, block next to block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from assets.release.disclosure.attacker import Flags, System, Whole
from assets.release.disclosure.blocks import connected_blocks
from assets.release.disclosure.neighbours import Neighbours

# Cells that a relation holds fast are left out; the solver finds those that this misses.
_MOST_PRUNINGS = 4


@dataclass(frozen=True)
class Movable:
    """Free ``cells`` of a system (their places) with the relations that hold any of them.

    ``weights`` has a row per relation and a column per cell. Blocks, which share no relation, have
    numbers below ``blocks``; both ``of_cell`` and ``of_relation`` ascend.
    """

    cells: Whole
    weights: Any
    blocks: int
    of_cell: Whole
    of_relation: Whole

    @classmethod
    def of(cls, system: System, neighbours: Neighbours, free: Flags) -> Self:
        """What can move of the ``free`` cells of a system; few of it alone in a relation."""
        cells, relations = _unstuck(system, neighbours, free)
        weights = system.weights[relations][:, cells]
        blocks = connected_blocks(weights)
        cell_order = np.argsort(blocks.of_cell, kind="stable")
        relation_order = np.argsort(blocks.of_relation, kind="stable")
        return cls(
            cells[cell_order],
            weights[relation_order][:, cell_order].tocsr(),
            blocks.count,
            blocks.of_cell[cell_order],
            blocks.of_relation[relation_order],
        )

    def around(self, asked: Flags) -> Self:
        """The blocks that hold any of some cells of the system."""
        holds_asked = np.zeros(self.blocks, dtype=bool)
        holds_asked[self.of_cell[asked[self.cells]]] = True
        here, rows = holds_asked[self.of_cell], holds_asked[self.of_relation]
        if here.all():
            return self
        return type(self)(
            self.cells[here],
            self.weights[rows][:, here],
            self.blocks,
            self.of_cell[here],
            self.of_relation[rows],
        )


def _unstuck(system: System, neighbours: Neighbours, free: Flags) -> tuple[Whole, Whole]:
    """Free cells, few of them alone in a relation, and the relations that hold any of them."""
    cells = np.flatnonzero(free)
    for _ in range(_MOST_PRUNINGS):
        relations = neighbours.relations_of(cells)
        part = abs(system.weights[relations][:, cells])
        is_alone = np.diff(part.indptr) == 1
        is_stuck = (part.T @ is_alone.astype(np.int64)) > 0
        if not is_stuck.any():
            break
        cells = cells[~is_stuck]
    return cells, neighbours.relations_of(cells)
