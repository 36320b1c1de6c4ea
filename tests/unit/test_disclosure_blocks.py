"""Blocks of cells: what is proven once need not be proven again, and nothing else is skipped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from disclosure_tables import Relations, cells, relations, two_bases, with_sums
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.release.disclosure.attacker import SEEN_SCHEMA
from assets.release.disclosure.before import (
    Before,
    ProvenBlock,
    ProvenBlocksError,
    read_proven,
    write_proven,
)
from assets.release.disclosure.cells import DisclosureInputError
from assets.release.disclosure.control import Controlled, control
from assets.release.disclosure.deciding import decide, decide_by_blocks
from assets.release.disclosure.earlier import Earlier
from assets.release.disclosure.profile import OPEN5, STD
from assets.release.disclosure.released import as_seen, released_cells
from assets.release.disclosure.tied_counts import tie

COUNTS = {"a": 4, "b": 12, "c": 38, "n": 54, "d": 5, "e": 40, "f": 60, "m": 105}
OF: Relations = {"n": ("n", ["a", "b", "c"]), "m": ("m", ["d", "e", "f"])}


def left_by(controlled: Controlled) -> Before:
    """What a night leaves to the next."""
    hidden = controlled.cells.filter(pl.col("state") == "hidden")
    return Before(hidden.select("cell_id", "rule"), controlled.proven)


def on_boards(
    boards: str, counts: Mapping[str, int], of: Relations
) -> tuple[dict[str, int], Relations]:
    """The same counts and sums once for each board."""
    return (
        {f"{board} {name}": count for board in boards for name, count in counts.items()},
        {
            f"{board} {name}": (f"{board} {total}", [f"{board} {member}" for member in members])
            for board in boards
            for name, (total, members) in of.items()
        },
    )


def hidden_in(controlled: Controlled) -> set[str]:
    return set(controlled.cells.filter(pl.col("state") == "hidden")["cell_id"])


def test_unchanged_block_is_remembered_and_a_changed_one_is_not() -> None:
    first = control(cells(COUNTS), relations(OF), STD)
    # Tonight's digests, and those once tonight's release is on record.
    assert (first.blocks, first.blocks_remembered, len(first.proven)) == (2, 0, 4)
    assert first.message.endswith("(2 blocks, 0 remembered)")
    again = control(cells(COUNTS), relations(OF), STD, before=left_by(first))
    assert (again.blocks_remembered, again.proven) == (2, first.proven)
    assert again.cells.equals(first.cells)
    assert again.seen.equals(first.seen)
    assert (again.proof.primary_cells, again.proof.secondary_cells) == (2, 2)
    # What a reader sees is the same (39 is 40 as well), but the rules read the counts.
    same = {**COUNTS, "c": 39, "n": 55}
    assert control(cells(same), relations(OF), STD, None, left_by(first)).blocks_remembered == 1
    other = {**COUNTS, "c": 43, "n": 59}
    changed = control(cells(other), relations(OF), STD, None, left_by(first))
    assert changed.blocks_remembered == 1
    assert len(changed.proven & first.proven) == 2
    assert (changed.proof.primary_cells, changed.proof.secondary_cells) == (2, 2)


def other(column: pl.Series, place: int) -> pl.Series:
    """A column with another value in one place: not the one, one more, or some for none."""
    value = column[place]
    if isinstance(value, bool):
        changed: bool | int | str = not value
    elif isinstance(value, str):
        changed = f"{value} "
    else:
        changed = 0 if value is None else value + 1
    return column.scatter(place, changed)


@pytest.mark.parametrize(
    "name",
    [*(name for name in SEEN_SCHEMA if name != "cell_id"), "count", "is_flow", "order_key",
     "no number", "bounds", "ties"],
)  # fmt: skip
def test_digests_of_a_block_are_of_each_thing_that_is_known_of_a_cell(name: str) -> None:
    tied = tie(cells(COUNTS), relations(OF), Earlier())
    nothing_hidden = pl.Series([None] * len(COUNTS), dtype=pl.String)
    seen = as_seen(tied, released_cells(tied.cells, nothing_hidden, STD))
    place = sorted(COUNTS).index("b")
    now, then = tied, seen
    if name in ("count", "is_flow", "order_key"):
        column = other(tied.cells[name], place)
        now = replace(tied, cells=tied.cells.with_columns(column))
    elif name == "no number":
        seen = seen.with_columns(seen["released_count"].scatter(place, None))
        then = seen.with_columns(seen["released_count"].scatter(place, 0))
    elif name == "bounds":
        now = replace(tied, bounds=pl.DataFrame({"cell_id": ["b"], "lower": [9], "upper": [11]}))
    elif name == "ties":
        weights = tied.weights.copy()
        weights.data[weights.indices == place] *= -1
        now = replace(tied, weights=weights)
    else:
        then = seen.with_columns(other(seen[name], place))
    for before, after in zip(tied.digests(seen, STD), now.digests(then, STD), strict=True):
        changed = [one != another for one, another in zip(before, after, strict=True)]
        assert changed == [block == tied.blocks.of_cell[place] for block in range(2)]


def test_digests_are_of_the_rules() -> None:
    tied = tie(cells(COUNTS), relations(OF), Earlier())
    nothing_hidden = pl.Series([None] * len(COUNTS), dtype=pl.String)
    seen = as_seen(tied, released_cells(tied.cells, nothing_hidden, STD))
    assert not set(tied.digests(seen, STD)[0]) & set(tied.digests(seen, OPEN5)[0])


def test_digest_is_of_everything_the_proof_depends_on() -> None:
    first = control(cells(COUNTS), relations(OF), STD)

    def remembered(
        counts: dict[str, int] = COUNTS,
        of: Relations = OF,
        told: tuple[str, int, int] | None = None,
        exact: str = "",
        public: str = "",
    ) -> int:
        bounds = pl.DataFrame(
            [told] if told else [],
            schema={"cell_id": pl.String, "lower": pl.Int64, "upper": pl.Int64},
            orient="row",
        )
        again = control(
            cells(counts, exact=exact, public=public),
            relations(of),
            STD,
            Earlier(bounds),
            left_by(first),
        )
        assert again.proof.holds
        return again.blocks_remembered

    assert remembered() == 2
    assert remembered(of={f"other name {name}": members for name, members in OF.items()}) == 2
    assert remembered(counts=dict(reversed(COUNTS.items()))) == 2
    # Only what is told of c tonight is as was foreseen.
    assert remembered(told=("c", 38, 41)) == 1
    assert remembered(told=("b", 1, 20)) == 1
    assert remembered(told=("b", 3, 1000)) == 1
    assert remembered(exact="c") == 1
    assert remembered(public="c") == 1
    assert remembered(counts={**COUNTS, "a": 8, "n": 58}) == 1
    assert remembered({**COUNTS, "g": 10, "m": 115}, {**OF, "m": ("m", ["d", "e", "f", "g"])}) == 1
    # Other rules are another proof.
    assert control(cells(COUNTS), relations(OF), OPEN5, before=left_by(first)).proven.isdisjoint(
        first.proven
    )


def test_a_release_that_is_kept_says_no_more_the_night_after() -> None:
    """What was shown of a count is what is shown of it again."""
    first = control(cells(COUNTS), relations(OF), STD)
    shown = first.cells.filter(pl.col("state") == "released").select(
        "cell_id", lower=pl.col("released_count") - 2, upper=pl.col("released_count") + 2
    )
    again = control(cells(COUNTS), relations(OF), STD, Earlier(shown), left_by(first))
    assert again.blocks_remembered == 2
    # Nor the night after that; nor where the release of the first night was never published.
    after = control(cells(COUNTS), relations(OF), STD, Earlier(shown), left_by(again))
    unpublished = control(cells(COUNTS), relations(OF), STD, before=left_by(first))
    late = control(cells(COUNTS), relations(OF), STD, Earlier(shown), left_by(unpublished))
    assert (after.blocks_remembered, late.blocks_remembered) == (2, 2)


def test_what_leant_on_a_release_is_proven_again_without_it() -> None:
    """Of two practices one was shown before, and with the network that told the other."""
    counts = cells({"a": 4, "b": 12, "n": 16}, exact=["b", "n"])
    of = relations({"n": ("n", ["a", "b"])})
    told = pl.DataFrame({"cell_id": ["b", "n"], "lower": [12, 16], "upper": [12, 16]})
    first = control(counts, of, STD, Earlier(told))
    assert (first.proof.holds, first.proof.foreknown_cells) == (True, 1)
    assert control(counts, of, STD, Earlier(told), left_by(first)).blocks_remembered == 1
    without = control(counts, of, STD, None, left_by(first))
    assert without.blocks_remembered == 0
    assert without.cells.equals(control(counts, of, STD).cells)


def test_a_zero_is_shown_where_a_count_was_hidden() -> None:
    of = relations({"n": ("n", ["a", "b", "c"])})
    first = control(cells({"a": 1, "b": 8, "c": 38, "n": 47}), of, STD)
    assert hidden_in(first) == {"a", "b"}
    # The sums look as they did.
    now = cells({"a": 7, "b": 0, "c": 38, "n": 45})
    again = control(now, of, STD, before=left_by(first))
    assert again.cells.equals(control(now, of, STD).cells)
    assert "b" not in hidden_in(again)


def test_leaking_block_is_not_remembered() -> None:
    # Everybody knows all of n but a, which can be worked out.
    earlier = pl.DataFrame(
        {"cell_id": ["a"], "lower": [3], "upper": [5]},
    )
    leaking = control(cells(COUNTS), relations(OF), STD, Earlier(earlier))
    assert [leak.cell_id for leak in leaking.proof.violations] == ["a"]
    assert len(leaking.proven) == 2
    # However often it is asked.
    again = control(cells(COUNTS), relations(OF), STD, Earlier(earlier), left_by(leaking))
    assert [leak.cell_id for leak in again.proof.violations] == ["a"]
    assert (again.blocks_remembered, again.message) == (1, again.proof.message)


def test_block_that_is_remembered_stays_as_the_last_release_had_it() -> None:
    # The proof hides one cell more than the rules in n, and m has nothing of it.
    counts = {"a": 7, "b": 7, "c": 7, "d": 50, "n": 71, "e": 4, "f": 20, "g": 30, "m": 54}
    of = relations({"n": ("n", ["a", "b", "c", "d"]), "m": ("m", ["e", "f", "g"])})
    first = control(cells(counts, exact=["n", "d"]), of, STD)
    assert hidden_in(first) == {"a", "b", "c", "d", "e", "f"}
    # f is now larger than g: m is searched anew, n is not.
    now = cells({**counts, "f": 45, "m": 79}, exact=["n", "d"])
    again = control(now, of, STD, None, left_by(first))
    assert hidden_in(again) == {"a", "b", "c", "d", "e", "g"}
    assert dict(again.cells.select("cell_id", "rule").iter_rows())["d"] == "proof"
    assert again.blocks_remembered == 1
    # What was hidden without having been proven counts for nothing.
    unproven = Before(left_by(first).rules)
    assert control(now, of, STD, None, unproven).cells.equals(control(now, of, STD).cells)


@given(data=st.data(), table=two_bases())
@settings(max_examples=60, deadline=None)
def test_a_night_after_is_proven_as_from_nothing(
    data: Any, table: tuple[dict[str, int], Relations]
) -> None:
    """Two boards, of which one changes: the other stands, and what is decided holds."""
    leaves, of = table
    counts, _ = with_sums(leaves, of)
    twice, of_both = on_boards("xy", counts, of)
    ties = relations(of_both)
    first = control(cells(twice), ties, STD)
    leaf = data.draw(st.sampled_from(sorted(leaves)))
    revised, _ = with_sums({**leaves, leaf: leaves[leaf] + data.draw(st.integers(1, 30))}, of)
    twice |= {f"y {name}": count for name, count in revised.items()}
    again = control(cells(twice), ties, STD, before=left_by(first))
    assert again.proof.holds
    is_x = pl.col("cell_id").str.starts_with("x ")
    assert again.cells.filter(is_x).equals(first.cells.filter(is_x))
    from_nothing = control(cells(twice), ties, STD)
    if again.blocks_remembered < 2:
        assert again.cells.equals(from_nothing.cells)
        assert again.proven == from_nothing.proven


def test_proven_blocks_are_a_small_file(tmp_path: Path) -> None:
    path = tmp_path / "state" / "proven_blocks.txt"
    assert read_proven(path) == set()
    one, other = ProvenBlock("a" * 64, "PC-SP-02 2025/26"), ProvenBlock("b" * 64)
    write_proven(path, [other, one, other])
    assert path.read_text() == f"{one.digest} PC-SP-02 2025/26\n{other.digest}\n"
    assert read_proven(path) == {one, other}
    write_proven(path, [other])
    assert read_proven(path) == {other}
    path.write_text("a" * 64 + "\nproven\n")
    with pytest.raises(ProvenBlocksError, match="line 2: not the digest of a block"):
        read_proven(path)


def test_parts_are_what_the_whole_would_be() -> None:
    counts, of = on_boards("vwxyz", COUNTS, OF)
    # Of x less can be hidden than has to be: what an earlier release showed stays shown.
    shown = [("x a", 3, 5), ("w c then", 38, 42), ("w n then", 53, 57)]
    told = pl.DataFrame(shown, schema=["cell_id", "lower", "upper"], orient="row")
    # Of w one count was revised since.
    revised = [("w c then", "w c", 41, 40), ("w n then", "w n", 57, 55)]
    then = pl.DataFrame(
        revised, schema=["cell_id", "today", "count", "released_count"], orient="row"
    ).with_columns(
        *(pl.lit(value=False).alias(name) for name in ("is_exact", "is_hidden", "is_primary")),
        indicator_year=pl.lit(""),
    )
    sums_then = relations({"n then": ("w n then", ["w a", "w b", "w c then"])})
    tied = tie(cells(counts), relations(of), Earlier(told, then, sums_then))
    whole, parts = decide(tied, STD), decide_by_blocks(tied, STD, cells_at_once=17)
    assert [leak.cell_id for leak in whole.proof.violations] == ["x a"]
    assert len(whole.proven) == 18
    assert parts.rules.equals(whole.rules)
    assert (parts.proof, parts.proven) == (whole.proof, whole.proven)


def test_a_contradiction_in_a_part_is_told_by_name() -> None:
    counts, of = on_boards("xy", COUNTS, OF)
    told = pl.DataFrame({"cell_id": ["y c"], "lower": [100], "upper": [101]})
    tied = tie(cells(counts), relations(of), Earlier(told))
    with pytest.raises(DisclosureInputError, match="cell y c is released as what an earlier"):
        decide_by_blocks(tied, STD, cells_at_once=8)
