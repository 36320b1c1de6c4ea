"""A table of whole numbers that fits everything that is known, to start from."""

from __future__ import annotations

import numpy as np
import polars as pl

from assets.release.disclosure.attacker import Flags, System, Whole
from assets.release.disclosure.blocks import connected_blocks
from assets.release.disclosure.cells import DisclosureInputError
from assets.release.disclosure.solver import greatest, in_whole_numbers


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
            f"cell {system.cell_ids[int(wrong[0])]} is not what its released number says "
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
    table = np.where(is_open, 0, table)
    open_cells = np.flatnonzero(is_open)
    weights = system.weights[:, open_cells].tocsr()
    missing = -(system.offset + system.weights @ table)
    blocks = connected_blocks(weights)
    cells_of, relations_of = blocks.members()
    for here, rows in zip(cells_of, relations_of, strict=True):
        if not len(here):  # a relation that has nothing open
            continue
        cells, part = open_cells[here], weights[rows][:, here]
        for whole in (False, True):
            found = greatest(
                part,
                missing[rows],
                np.zeros(len(here)),
                system.lower[cells],
                system.upper[cells],
                whole=whole,
            )
            if found is None:
                raise DisclosureInputError(
                    f"no counts fit what is published: {_names(system, rows)}"
                )
            numbers, is_whole = in_whole_numbers(found.values)
            if is_whole.all() and not (part @ numbers - missing[rows]).any():
                table[cells] = numbers
                break
    return table


def _names(system: System, relations: Whole) -> str:
    cells = np.unique(system.weights[relations].indices)
    shown = ", ".join(system.cell_ids.gather(cells[:8]))
    return f"{shown} and {len(cells) - 8} more" if len(cells) > 8 else shown
