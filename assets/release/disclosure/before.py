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
from pathlib import Path

import polars as pl

from assets.durable_files import write_atomically

_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Before:
    """What nights before have left; of a new build nothing.

    ``rules``: rows ``cell_id``, ``rule`` of the cells that are hidden in the last build.
    ``proven``: digests of the blocks that were shown to hold (see ``TiedCounts.digests``).
    """

    rules: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(schema={"cell_id": pl.String, "rule": pl.String})
    )
    proven: AbstractSet[str] = frozenset()


class ProvenBlocksError(ValueError):
    """A file of proven blocks that this module did not write."""


def read_proven(path: Path) -> frozenset[str]:
    """Digests of blocks that earlier nights have proven; none if there is no such file.

    Raises:
        ProvenBlocksError: a line that is no digest; delete the file and all is proven again.
    """
    if not path.exists():
        return frozenset()
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        if not _HASH.fullmatch(line):
            raise ProvenBlocksError(
                f"{path}, line {number}: not the digest of a block; delete the file, and the next "
                "night proves everything again"
            )
    return frozenset(lines)


def write_proven(path: Path, digests: Iterable[str]) -> None:
    """Remember blocks, and no others: what is not published any more is forgotten."""
    write_atomically(path, "".join(f"{digest}\n" for digest in sorted(set(digests))))
