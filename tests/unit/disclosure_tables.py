"""Tables of counts for tests of disclosure control, and an attacker who tries every table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from zlib import crc32

import numpy as np
import polars as pl
from hypothesis import strategies as st
from scipy import sparse

from assets.release.disclosure.attacker import System
from assets.release.disclosure.profile import Profile
from assets.release.disclosure.relation_numbers import TIES_OF_A_COUNT

Relations = Mapping[str, tuple[str, Sequence[str]]]

CELLS = {
    "cell_id": pl.String,
    "count": pl.Int64,
    "is_exact": pl.Boolean,
    "is_public": pl.Boolean,
    "is_flow": pl.Boolean,
    "lowest": pl.Int64,
}


def cells(
    counts: Mapping[str, int | None],
    exact: Iterable[str] = (),
    public: Iterable[str] = (),
    flows: Iterable[str] = (),
    signed: Iterable[str] = (),
) -> pl.DataFrame:
    exact, public, flows, signed = set(exact), set(public), set(flows), set(signed)
    return pl.DataFrame(
        [
            (name, count, name in exact, name in public, name in flows,
             None if name in signed else 0)
            for name, count in counts.items()
        ],
        schema=CELLS,
        orient="row",
    )  # fmt: skip


def relations(of: Relations) -> pl.DataFrame:
    """``{"relation": ("total", ["member", ...])}`` as rows."""
    return pl.DataFrame(
        [
            (name, cell, weight)
            for name, (total, members) in of.items()
            for cell, weight in [(total, -1), *((member, 1) for member in members)]
        ],
        schema={"relation_id": pl.String, "cell_id": pl.String, "weight": pl.Int64},
        orient="row",
    )


def numbered(
    counts: Mapping[str, int], of: Relations, first: int = 1
) -> tuple[dict[str, int], pl.DataFrame]:
    """A number for each count, and relations by number, as of a night: called after their total."""
    number = {cell: place for place, cell in enumerate(sorted(counts), start=first)}
    relation = {
        name: (number[total] * TIES_OF_A_COUNT + crc32(name.encode()) % TIES_OF_A_COUNT) * 3
        for name, (total, _) in of.items()
    }
    return number, relations(of).select(
        pl.col("relation_id").replace_strict(relation, return_dtype=pl.Int64),
        pl.col("cell_id").replace_strict(number, return_dtype=pl.Int64).alias("cell_number"),
        "weight",
    )


def with_sums(
    leaves: Mapping[str, int], of: Relations
) -> tuple[dict[str, int], dict[str, list[str]]]:
    """Counts of all cells, totals after their members, and the leaves that each total is of."""
    counts = dict(leaves)
    below = {leaf: [leaf] for leaf in leaves}
    for total, members in of.values():
        counts[total] = sum(counts[member] for member in members)
        below[total] = [leaf for member in members for leaf in below[member]]
    return counts, below


def of_small_numbers(weights: list[list[int]], total: int = 8) -> System:
    """Cells of 1 to 7, of which those in a relation add up to ``total``."""
    relations, cells = np.array(weights).shape
    return System(
        cell_ids=pl.Series([f"practice {place}" for place in range(cells)]),
        lower=np.ones(cells, dtype=np.int64),
        upper=np.full(cells, 7),
        keep_lower=np.ones(cells, dtype=np.int64),
        keep_upper=np.full(cells, 7),
        keep_width=np.full(cells, 6),
        is_primary=np.ones(cells, dtype=bool),
        is_secondary=np.zeros(cells, dtype=bool),
        weights=sparse.csr_array(weights),
        offset=np.full(relations, -total),
        relation_numbers=np.arange(relations),
    )


def chain(cells: int) -> System:
    """Each two next to each other are eight people: none moves unless all do."""
    return of_small_numbers(
        [[int(cell in (first, first + 1)) for cell in range(cells)] for first in range(cells - 1)]
    )


@st.composite
def two_bases(draw: Any) -> tuple[dict[str, int], Relations]:
    """Practices in networks as they were and as they are, and the board of them all."""
    count = draw(st.integers(2, 5))
    leaves = {f"practice {n}": draw(_COUNTS) for n in range(count)}
    of: dict[str, tuple[str, list[str]]] = {}
    for basis in ("as was", "as is"):
        network_of = [draw(st.integers(0, 1)) for _ in range(count)]
        networks = []
        for network in (0, 1):
            members = [f"practice {n}" for n in range(count) if network_of[n] == network]
            if members:
                networks.append(f"network {network} {basis}")
                of[f"{basis} {network}"] = (networks[-1], members)
        of[f"{basis} board"] = ("board", networks)
    return leaves, of


@st.composite
def categories_by_practice(draw: Any) -> tuple[dict[str, int], Relations]:
    """A table of categories by practice with all its sums."""
    practices = ["p0", "p1"]
    kinds = [f"k{n}" for n in range(draw(st.integers(2, 3)))]
    leaves = {f"{p} {k}": draw(_COUNTS) for p in practices for k in kinds}
    of = {p: (f"{p} all", [f"{p} {k}" for k in kinds]) for p in practices}
    of |= {k: (f"board {k}", [f"{p} {k}" for p in practices]) for k in kinds}
    of["board"] = ("board all", [f"{p} all" for p in practices])
    of["board kinds"] = ("board all", [f"board {k}" for k in kinds])
    return leaves, of


_COUNTS = st.one_of(st.integers(0, 9), st.integers(0, 30))


def possible(
    leaves: Iterable[str],
    below: Mapping[str, Sequence[str]],
    seen: pl.DataFrame,
    profile: Profile,
    earlier: Mapping[str, tuple[int, int]] | None = None,
    most: int = 45,
) -> dict[str, tuple[int, int]]:
    """Lowest and highest count of every hidden cell in any table that fits what is seen.

    Tries every table of whole numbers up to ``most``. Written from DOMAIN 7.3 and not from the
    proof: a number fits when it would be released as what is seen.
    """
    rows = {row["cell_id"]: row for row in seen.iter_rows(named=True)}

    def fits(cell: str, count: int) -> bool:
        row = rows[cell]
        low, high = (earlier or {}).get(cell, (count, count))
        if not low <= count <= high:
            return False
        if row["is_hidden"]:
            return 1 <= count <= profile.most_hidden_count if row["is_primary"] else count >= 1
        if row["is_exact"]:
            return count == row["released_count"]
        step = profile.round_to
        is_small = 1 <= count <= profile.most_hidden_count
        return not is_small and (count + step // 2) // step * step == row["released_count"]

    names = list(leaves)
    # A leaf is a row of ranges; tables are the rows of the product that fit so far.
    tables = np.zeros((1, 0), dtype=np.int16)
    done: list[str] = []
    pending = [cell for cell in below if cell not in names]
    for leaf in names:
        values = np.array([v for v in range(most + 1) if fits(leaf, v)], dtype=np.int16)
        tables = np.concatenate(
            [np.repeat(tables, len(values), axis=0), np.tile(values, len(tables))[:, None]], axis=1
        )
        done.append(leaf)
        for cell in [cell for cell in pending if set(below[cell]) <= set(done)]:
            pending.remove(cell)
            sums = tables[:, [done.index(name) for name in below[cell]]].sum(axis=1)
            allowed = np.array([fits(cell, v) for v in range(int(sums.max(initial=0)) + 1)])
            if len(sums):
                tables = tables[allowed[sums]]
    found = {}
    for cell, row in rows.items():
        if row["is_hidden"]:
            sums = tables[:, [done.index(name) for name in below[cell]]].sum(axis=1)
            found[cell] = (int(sums.min()), int(sums.max()))
    return found


def leaks(
    leaves: Iterable[str],
    below: Mapping[str, Sequence[str]],
    seen: pl.DataFrame,
    profile: Profile,
) -> dict[str, tuple[int, int]]:
    """Hidden cells of which a reader knows more than he may, and what he knows.

    He may know what he would if all but zeros and public lists were hidden: of a small sum of seven
    hidden counts, that each is one.
    """
    names = list(leaves)
    is_withheld = pl.col("is_hidden") | ((pl.col("released_count") != 0) & ~pl.col("is_public"))
    nothing = seen.with_columns(is_hidden=is_withheld)
    # Far enough for seven values of a cell, few enough to try them all.
    may = possible(names, below, nothing, profile, most=12)
    knows = possible(names, below, seen, profile)
    found = {}
    for row in seen.filter("is_hidden").iter_rows(named=True):
        low, high = knows[row["cell_id"]]
        may_low, may_high = may[row["cell_id"]]
        enough = min(profile.least_width, may_high - may_low)
        is_less = (low, high) != (may_low, may_high) if row["is_primary"] else high - low < enough
        if is_less:
            found[row["cell_id"]] = (low, high)
    return found
