"""What nights before have decided and proven.

What is decided of a block of counts depends on no other block. So a block with the same counts,
tied by the same sums, of which readers have seen what they had seen when it was proven, is neither
decided nor proven again: a night costs what has changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import polars as pl

from assets.durable_files import write_atomically

# Before 2026-11-28 without the year.
_LINE = re.compile(r"(?P<digest>[0-9a-f]{64})( (?P<indicator_year>.+))?")


class ProvenBlock(NamedTuple):
    """The digest of a block that holds, and one of the years of an indicator that it is of."""

    digest: str
    indicator_year: str = ""


@dataclass(frozen=True)
class Before:
    """What nights before have left; of a new build nothing.

    ``rules``: rows ``cell_id``, ``rule`` of the cells that are hidden in the last build.
    ``proven``: the blocks that were shown to hold (see ``TiedCounts.digests``).
    """

    rules: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(schema={"cell_id": pl.String, "rule": pl.String})
    )
    proven: AbstractSet[ProvenBlock] = frozenset()

    @cached_property
    def digests(self) -> frozenset[str]:
        """Those of all blocks that were shown to hold."""
        return frozenset(block.digest for block in self.proven)


class ProvenBlocksError(ValueError):
    """A file of proven blocks that this module did not write."""


def read_proven(path: Path) -> frozenset[ProvenBlock]:
    """Blocks that earlier nights have proven; none if there is no such file.

    Raises:
        ProvenBlocksError: a line that is no digest; delete the file and all is proven again.
    """
    if not path.exists():
        return frozenset()
    blocks = set[ProvenBlock]()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        found = _LINE.fullmatch(line)
        if not found:
            raise ProvenBlocksError(
                f"{path}, line {number}: not the digest of a block; delete the file, and the next "
                "night proves everything again"
            )
        blocks.add(ProvenBlock(**found.groupdict("")))
    return frozenset(blocks)


def write_proven(path: Path, blocks: Iterable[ProvenBlock]) -> None:
    """Remember blocks, and no others: what is not published any more is forgotten."""
    write_atomically(path, "".join(f"{' '.join(block).strip()}\n" for block in sorted(set(blocks))))
