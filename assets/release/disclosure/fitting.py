"""A table of whole numbers that fits everything that is known, to start from."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from assets.release.disclosure.attacker import Flags, System, Whole
from assets.release.disclosure.blocks import Blocks, connected_blocks
from assets.release.disclosure.cells import DisclosureInputError
from assets.release.disclosure.relations import row_of_each
from assets.release.disclosure.solver import Reals, greatest, in_whole_numbers


def fitting_table(system: System, offered: pl.DataFrame | None) -> Whole:
    """Counts within the bounds for which every relation holds, in the system's order of cells.

    ``offered`` has ``cell_id`` and ``count`` of a table that is said to fit; what it leaves open
    (no row, or null) is found by the solver, block by block.

    Raises:
        DisclosureInputError: names a cell that cannot be what is offered, or relations that no
            counts can satisfy.
    """
    cells = pl.DataFrame({"cell_id": system.cell_ids})
    if offered is None:
        offered = pl.DataFrame(schema={"cell_id": pl.String, "count": pl.Int64})
    values = cells.join(offered, on="cell_id", how="left", maintain_order="left")["count"]
    is_open: Flags = values.is_null().to_numpy()
    table: Whole = values.fill_null(0).to_numpy().astype(np.int64)
    wrong = np.flatnonzero(~is_open & ((table < system.lower) | (table > system.upper)))
    if len(wrong):
        raise DisclosureInputError(
            f"cell {system.cell_ids[int(wrong[0])]} cannot be the number that is offered "
            f"({len(wrong)} such cells)"
        )
    if is_open.any():
        table = _completed(system, table, is_open)
    unmet = np.flatnonzero(system.weights @ table + system.offset)
    if len(unmet):
        raise DisclosureInputError(
            f"the counts offered do not add up: {_names(system, unmet[:1])} "
            f"({len(unmet)} such relations)"
        )
    return table


def _completed(system: System, table: Whole, is_open: Flags) -> Whole:
    """The table with numbers for what is open: all blocks at once, and alone what is not settled.

    One call of the solver costs milliseconds however little it is given, and blocks are many.
    """
    table = np.where(is_open, 0, table)
    open_cells = np.flatnonzero(is_open)
    weights = system.weights[:, open_cells].tocsr()
    missing = -(system.offset + system.weights @ table)
    blocks = connected_blocks(weights)
    numbers, settled = _left_over(system, open_cells, weights, missing, blocks)
    cells = np.flatnonzero(~settled[blocks.of_cell])
    rows = np.flatnonzero(~settled[blocks.of_relation] & (np.diff(weights.indptr) > 0))
    asked = system, open_cells[cells], weights[rows][:, cells], missing[rows]
    if len(cells) and (together := _solved(*asked, whole=False)) is not None:
        numbers[cells], is_whole = in_whole_numbers(together)
        settled[:] = True
        settled[blocks.of_cell[cells[~is_whole]]] = False
        settled[blocks.of_relation[(weights @ numbers - missing) != 0]] = False
    table[open_cells] = numbers
    # A relation may have nothing open: no number settles that.
    for block in np.unique(blocks.of_cell[~settled[blocks.of_cell]]).tolist():
        here = np.flatnonzero(blocks.of_cell == block)
        rows = np.flatnonzero(blocks.of_relation == block)
        table[open_cells[here]] = _settled(
            system, open_cells[here], weights[rows][:, here], missing[rows], rows
        )
    return table


def _left_over(
    system: System, cells: Whole, weights: Any, missing: Whole, blocks: Blocks
) -> tuple[Whole, Flags]:
    """Numbers of cells that are all that one relation leaves over, and the blocks that settles.

    Nearly all open cells are: the rests of relations that do not name all their members.
    """
    is_alone = (np.bincount(blocks.of_cell, minlength=blocks.count) == 1) & (
        np.bincount(blocks.of_relation, minlength=blocks.count) == 1
    )
    rows, columns = row_of_each(weights), weights.indices
    numbers = np.zeros(len(cells), dtype=np.int64)
    entries = np.flatnonzero(is_alone[blocks.of_cell[columns]])
    numbers[columns[entries]] = weights.data[entries] * missing[rows[entries]]
    fits = (numbers >= system.lower[cells]) & (numbers <= system.upper[cells])
    is_alone[blocks.of_cell[~fits]] = False
    return np.where(is_alone[blocks.of_cell], numbers, 0), is_alone


def _settled(system: System, cells: Whole, weights: Any, missing: Whole, relations: Whole) -> Whole:
    """Whole numbers for the open cells of one block."""
    for whole in (False, True):
        found = _solved(system, cells, weights, missing, whole=whole)
        if found is None:
            raise DisclosureInputError(
                f"no counts fit what is published: {_names(system, relations)}"
            )
        numbers, is_whole = in_whole_numbers(found)
        if is_whole.all() and not (weights @ numbers - missing).any():
            break
    return numbers


def _solved(
    system: System, cells: Whole, weights: Any, missing: Whole, *, whole: bool
) -> Reals | None:
    nothing = np.zeros(len(cells))
    least, most = system.lower[cells], system.upper[cells]
    found = greatest(weights, missing, nothing, least, most, whole=whole)
    return None if found is None else found.values


def _names(system: System, relations: Whole) -> str:
    cells = np.unique(system.weights[relations].indices)
    shown = ", ".join(system.cell_ids.gather(cells[:8]))
    return f"{shown} and {len(cells) - 8} more" if len(cells) > 8 else shown
