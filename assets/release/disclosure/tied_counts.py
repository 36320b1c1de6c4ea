"""Counts of people with everything that ties them, block by connected block."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy import sparse

from assets.release.disclosure.attacker import SEEN_SCHEMA, Flags, Whole
from assets.release.disclosure.blocks import Blocks, connected_blocks
from assets.release.disclosure.cells import NUMBER, checked_cells, checked_earlier
from assets.release.disclosure.earlier import Earlier, bounds_on_record
from assets.release.disclosure.profile import Profile
from assets.release.disclosure.relations import related, row_of_each

# Digests are of what was made of counts and of releases: where new code makes something else of
# them, it is proven anew by itself. A change that no digest shows, of what the rules hide or of
# what the proof asks for or concludes, has to change this: all is decided and proven again.
_VERSION = "5"
# What the rules of hiding read of a cell.
_DECIDED_BY = ("count", "is_flow", "order_key")
_BOUNDS = ("lower", "upper")
# Names and order keys are text; all else that digests are of are numbers, but for bounds the same
# tonight and in the nights after.
_TEXTS = ("cell_id", "order_key")
_NUMBERS = tuple(name for name in (*SEEN_SCHEMA, *_DECIDED_BY) if name not in _TEXTS)


@dataclass(frozen=True)
class TiedCounts:
    """Checked cells of today and of earlier releases (see ``cells`` and ``earlier``).

    ``bounds`` of earlier releases has one row per cell. ``weights`` has a row for each of the
    ``relations_today``, in the order of their names, then for those of earlier releases, and a
    column per cell in the order of ``cell_ids``.
    """

    cells: pl.DataFrame
    earlier_cells: pl.DataFrame
    bounds: pl.DataFrame
    weights: Any
    relations_today: int
    blocks: Blocks

    @property
    def cell_ids(self) -> pl.Series:
        """Of all cells: today's in order, then those that were others in earlier releases."""
        return pl.concat([self.cells["cell_id"], self.earlier_cells["cell_id"]])

    @property
    def indicator_years(self) -> pl.Series:
        """The year of an indicator that each cell is of, in the same order."""
        tables = (self.cells, self.earlier_cells)
        return pl.concat([table["indicator_year"] for table in tables])

    def years_of_blocks(self) -> list[str]:
        """One of the years of an indicator that each block is of: that of its first cell."""
        _, firsts = np.unique(self.blocks.of_cell, return_index=True)
        return self.indicator_years.gather(firsts).to_list()

    def part(self, blocks: Flags) -> TiedCounts:
        """Some blocks, with nothing of the others."""
        if blocks.all():
            return self
        of_cell, of_relation = blocks[self.blocks.of_cell], blocks[self.blocks.of_relation]
        ids = self.cell_ids.filter(pl.Series(of_cell)).implode()
        weights = self.weights[of_relation][:, of_cell]
        return TiedCounts(
            self.cells.filter(pl.Series(of_cell[: self.cells.height])),
            self.earlier_cells.filter(pl.Series(of_cell[self.cells.height :])),
            self.bounds.filter(pl.col("cell_id").is_in(ids)),
            weights,
            int(of_relation[: self.relations_today].sum()),
            connected_blocks(weights),
        )

    def digests(self, seen: pl.DataFrame, profile: Profile) -> tuple[list[str], list[str]]:
        """SHA-256 of everything that a block's rules and its proof depend on, per block.

        That is the counts, what is seen of each cell (``SEEN_SCHEMA``, in the order of
        ``cell_ids``), what earlier releases showed, and how the cells are tied; not what relations
        are called, as long as they keep their order. Gives those of tonight, and what they will be
        once the release of tonight is one of the earlier ones.
        """
        order = np.argsort(self.blocks.of_cell, kind="stable")
        starts = np.searchsorted(self.blocks.of_cell[order], np.arange(self.blocks.count + 1))
        known = self._known(seen)
        names = known["names"].gather(order).to_list()
        numbers, before = (_numbers(known, some)[order] for some in (_NUMBERS, _BOUNDS))
        after = _numbers(self._once_on_record(known, profile), _BOUNDS)[order]
        tonight, once_on_record = list[str](), list[str]()
        for block, ties in enumerate(self._ties(order, starts)):
            here = slice(starts[block], starts[block + 1])
            text = "\n".join(names[here]).encode()
            # Lengths first, so that nothing can be taken for the end of what stands before it.
            sizes = f"{starts[block + 1] - starts[block]} {len(text)} {len(ties)}"
            of_block = hashlib.sha256(f"{_VERSION}\n{profile}\n{sizes}\n".encode())
            for part in (text, ties, numbers[here].tobytes()):
                of_block.update(part)
            for found, bounds in ((tonight, before), (once_on_record, after)):
                one = of_block.copy()
                one.update(bounds[here].tobytes())
                found.append(one.hexdigest())
        return tonight, once_on_record

    def _ties(self, order: Whole, starts: Whole) -> list[bytes]:
        """The relations of each block, in which a cell goes by its place in the block."""
        place = np.empty(len(order), dtype=np.int64)
        place[order] = np.arange(len(order)) - starts[self.blocks.of_cell[order]]
        rows = row_of_each(self.weights)
        row_order = np.argsort(self.blocks.of_relation[rows], kind="stable")
        ties = np.column_stack([rows, place[self.weights.indices], self.weights.data])[row_order]
        firsts = np.searchsorted(
            self.blocks.of_relation[rows[row_order]], np.arange(self.blocks.count + 1)
        )
        found = []
        for block in range(self.blocks.count):
            here = ties[firsts[block] : firsts[block + 1]]
            here[:, 0] = np.cumsum(np.diff(here[:, 0], prepend=-1) != 0)
            found.append(here.tobytes())
        return found

    def _known(self, seen: pl.DataFrame) -> pl.DataFrame:
        """A row per cell: its name and order key together, ``_NUMBERS`` and ``_BOUNDS``."""
        decided_by = self.cells.select("cell_id", *_DECIDED_BY)
        known = seen.join(decided_by, on="cell_id", how="left", maintain_order="left").join(
            self.bounds, on="cell_id", how="left", maintain_order="left"
        )
        names = pl.concat_str(*(pl.col(text).fill_null("-") for text in _TEXTS), separator="\t")
        return known.select(*_NUMBERS, *_BOUNDS, names=names)

    def _once_on_record(self, known: pl.DataFrame, profile: Profile) -> pl.DataFrame:
        """The same, once this release is one of the earlier ones."""
        is_of_today = pl.int_range(pl.len()) < self.cells.height
        lower, upper = bounds_on_record(profile)
        return known.with_columns(
            lower=pl.max_horizontal("lower", pl.when(is_of_today).then(lower)),
            upper=pl.min_horizontal("upper", pl.when(is_of_today).then(upper)),
        )


def _numbers(known: pl.DataFrame, columns: Sequence[str]) -> Whole:
    """A row per cell and a column per number; nothing is a number that no count can be."""
    numbers = known.select(pl.col(columns).cast(pl.Int64).fill_null(np.iinfo(np.int64).min))
    return numbers.to_numpy()


def tie(cells: pl.DataFrame, relations: pl.DataFrame, earlier: Earlier) -> TiedCounts:
    """Check the tables and find their blocks.

    Raises:
        DisclosureInputError: the tables contradict themselves or each other.
    """
    cells = checked_cells(cells)
    then = earlier.cells.sort("cell_id")
    name = NUMBER if NUMBER in cells.columns else "cell_id"
    every = pl.concat([cells[name], then[name]])
    today, of_earlier = related(relations, cells[name]), related(earlier.relations, every)
    today.check_totals()
    today.check_sums(cells["count"])
    without_then = sparse.csr_array((len(today.names), then.height), dtype=np.int64)
    of_today = sparse.hstack([today.weights, without_then], format="csr")
    weights = sparse.vstack([of_today, of_earlier.weights], format="csr")
    return TiedCounts(
        cells,
        then,
        checked_earlier(earlier.bounds),
        weights,
        len(today.names),
        connected_blocks(weights),
    )
