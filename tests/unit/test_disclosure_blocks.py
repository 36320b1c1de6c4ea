"""Blocks of cells: what is proven once need not be proven again, and nothing else is skipped."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from disclosure_tables import Relations, cells, relations

from assets.release.disclosure import proof
from assets.release.disclosure.blocks import (
    RememberedBlocksError,
    read_remembered,
    write_remembered,
)
from assets.release.disclosure.control import Controlled, control
from assets.release.disclosure.profile import STD

COUNTS = {"a": 4, "b": 12, "c": 38, "n": 54, "d": 5, "e": 40, "f": 60, "m": 105}
OF: Relations = {"n": ("n", ["a", "b", "c"]), "m": ("m", ["d", "e", "f"])}


def test_unchanged_block_is_remembered_and_a_changed_one_is_not() -> None:
    first = control(cells(COUNTS), relations(OF), STD).proof
    assert (first.blocks, first.blocks_remembered, len(first.proven_blocks)) == (2, 0, 2)
    again = control(cells(COUNTS), relations(OF), STD, remembered=first.proven_blocks).proof
    assert (again.blocks_remembered, again.proven_blocks) == (2, first.proven_blocks)
    # What a reader sees is the same, so nothing has to be proven: 39 is 40 as well.
    same = {**COUNTS, "c": 39, "n": 55}
    assert control(cells(same), relations(OF), STD, None, first.proven_blocks).proof == again
    other = {**COUNTS, "c": 43, "n": 59}
    changed = control(cells(other), relations(OF), STD, None, first.proven_blocks).proof
    assert changed.blocks_remembered == 1
    assert len(changed.proven_blocks & first.proven_blocks) == 1


def test_hash_is_of_everything_the_proof_depends_on() -> None:
    first = control(cells(COUNTS), relations(OF), STD)
    known = first.proof.proven_blocks

    def proven(
        seen: pl.DataFrame, of: Relations = OF, earlier: pl.DataFrame | None = None
    ) -> frozenset[str]:
        return proof.prove(seen, relations(of), STD, earlier).proven_blocks

    renamed: Relations = {f"other name {name}": members for name, members in OF.items()}
    assert proven(first.seen, renamed) == known
    assert proven(first.seen.reverse()) == known
    is_b = pl.col("cell_id") == "b"
    primary = first.seen.with_columns(is_primary=pl.col("is_primary") | is_b)
    # Two small numbers that are 11 people or more together: a leak, and not what is remembered.
    assert len(known - proven(primary)) == 1
    for lower, upper in ((1, 20), (3, 1000)):
        earlier = pl.DataFrame({"cell_id": ["b"], "lower": [lower], "upper": [upper]})
        assert len(proven(first.seen, earlier=earlier) - known) == 1
    longer: Relations = {**OF, "m": ("m", ["d", "e", "f", "g"])}
    more = control(cells({**COUNTS, "g": 10, "m": 115}), relations(longer), STD).seen
    assert len(proven(more, longer) - known) == 1


def test_leaking_block_is_not_remembered() -> None:
    hidden = control(cells(COUNTS), relations(OF), STD)
    exact = ["b", "c", "n"]
    leaking = hidden.seen.with_columns(
        is_exact=pl.col("cell_id").is_in(exact),
        is_hidden=pl.col("is_hidden") & (pl.col("cell_id") != "b"),
        released_count=pl.when(pl.col("cell_id").is_in(exact))
        .then(pl.col("cell_id").replace_strict(COUNTS))
        .otherwise("released_count"),
    )
    found = proof.prove(leaking, relations(OF), STD)
    assert [leak.cell_id for leak in found.violations] == ["a"]
    assert found.proven_blocks < hidden.proof.proven_blocks
    # However often it is asked.
    again = proof.prove(leaking, relations(OF), STD, remembered=found.proven_blocks)
    assert [leak.cell_id for leak in again.violations] == ["a"]


def test_block_that_is_remembered_stays_as_the_last_release_had_it() -> None:
    # The proof hides one cell more than the rules in n, and m has nothing of it.
    counts = {"a": 7, "b": 7, "c": 7, "d": 50, "n": 71, "e": 4, "f": 20, "g": 30, "m": 54}
    of = relations({"n": ("n", ["a", "b", "c", "d"]), "m": ("m", ["e", "f", "g"])})

    def hidden(cells_now: Controlled) -> set[str]:
        return set(cells_now.cells.filter(pl.col("state") == "hidden")["cell_id"])

    first = control(cells(counts, exact=["n", "d"]), of, STD)
    assert hidden(first) == {"a", "b", "c", "d", "e", "f"}
    last = frozenset(hidden(first))
    # f is now larger than g: m is searched anew, n is not.
    now = cells({**counts, "f": 45, "m": 79}, exact=["n", "d"])
    again = control(now, of, STD, None, first.proof.proven_blocks, last)
    assert hidden(again) == {"a", "b", "c", "d", "e", "g"}
    assert dict(again.cells.select("cell_id", "rule").iter_rows())["d"] == "kept"
    assert again.proof.blocks_remembered == 1
    # Without memory it counts for nothing.
    assert control(now, of, STD, None, frozenset(), last).cells.equals(control(now, of, STD).cells)


def test_remembered_blocks_are_a_small_file(tmp_path: Path) -> None:
    path = tmp_path / "state" / "proven_blocks.txt"
    assert read_remembered(path) == set()
    write_remembered(path, ["b" * 64, "a" * 64, "b" * 64])
    assert path.read_text() == "a" * 64 + "\n" + "b" * 64 + "\n"
    assert read_remembered(path) == {"a" * 64, "b" * 64}
    write_remembered(path, ["c" * 64])
    assert read_remembered(path) == {"c" * 64}
    path.write_text("a" * 64 + "\nproven\n")
    with pytest.raises(RememberedBlocksError, match="line 2: not the hash of a block"):
        read_remembered(path)
