"""What releases give away together, when counts are revised between them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from disclosure_reader import Published, learnt
from disclosure_tables import Relations, cells, numbered, relations, two_bases, with_sums
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from assets.release.disclosure.assets import on_record
from assets.release.disclosure.control import control
from assets.release.disclosure.earlier import Earlier, shown
from assets.release.disclosure.earlier_releases import EarlierReleases, YearsDecided
from assets.release.disclosure.profile import STD
from assets.release.disclosure.shown_records import UnreadableRecordError

OF: Relations = {"n": ("network", ["a", "b", "c"])}
# Six and then five people of the practice a: the network, which is shown to the last person, is one
# less.
BEFORE = {"a": 6, "b": 12, "c": 25}
AFTER = {**BEFORE, "a": 5}


def tables_of(
    counts: dict[str, int], of: Relations, night: int = 0
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """People and relations, by numbers that differ from night to night."""
    number, sums = numbered(counts, of, first=1 + 7 * night)
    people = pl.DataFrame(
        {
            "cell_id": list(counts),
            "cell_number": [number[cell] for cell in counts],
            "people": list(counts.values()),
            "indicator_year": "I 2025/26",
        }
    )
    return people, sums


def keep(
    releases: EarlierReleases, version: str, shown_cells: pl.DataFrame, sums: pl.DataFrame
) -> None:
    """Decide and publish."""
    year = "I 2025/26"
    begun = releases.records.begin(sums.with_columns(indicator_year=pl.lit(year)))
    record = releases.records.finish(begun, shown_cells)
    releases.note(
        [
            YearsDecided(
                indicator_years=(year,), ties=((year, year),), record=record, fingerprint="",
                seen=None, rows={}, holds=True, small_numbers=0, hidden_with_them=0, blocks=0,
            )
        ]
    )  # fmt: skip
    releases.keep(version, {})


def by_name(told: Earlier, people: pl.DataFrame) -> pl.DataFrame:
    """What is told of sums: ``cell_id``, ``weight``."""
    names = pl.concat([table.select("cell_id", "cell_number") for table in (people, told.cells)])
    return told.relations.join(names, on="cell_number").select("cell_id", "weight")


def released(
    folder: Path, tables: Sequence[tuple[dict[str, int], Relations]], exact: Sequence[str] = ()
) -> list[Published]:
    """Releases one after the other, each controlled with those before it."""
    kept, done = EarlierReleases(folder), list[Published]()
    for number, (leaves, of) in enumerate(tables):
        counts, _ = with_sums(leaves, of)
        people, sums = tables_of(counts, of, number)
        versions = [str(before) for before in range(number)]
        tonight = cells(counts, exact=exact).join(
            people.select("cell_id", "cell_number"), on="cell_id"
        )
        controlled = control(tonight, sums, STD, kept.told_by(versions, people, sums))
        assert controlled.proof.holds, controlled.proof.message
        keep(kept, str(number), shown(controlled.cells, people, STD), sums)
        done.append(Published(counts, of, controlled))
    return done


def test_total_before_and_after_a_revision_does_not_give_it_away(tmp_path: Path) -> None:
    first, second = released(tmp_path, [(BEFORE, OF), (AFTER, OF)], exact=["network"])

    hidden = {
        number: set(release.controlled.cells.filter(pl.col("state") == "hidden")["cell_id"])
        for number, release in enumerate((first, second))
    }
    assert hidden == {0: {"a", "b"}, 1: {"a", "b", "network"}}
    # Alone the second would show the network: then a is not 1 any more, and was not.
    alone = control(cells(second.counts, exact=["network"]), relations(OF), STD)
    assert alone.proof.holds
    careless = Published(second.counts, OF, alone)
    assert learnt([first, careless], STD) == {"a of 5": (1, 6), "a of 6": (2, 7)}
    assert learnt([first, second], STD) == {}


def test_practice_that_moves_is_not_the_difference_of_its_network(tmp_path: Path) -> None:
    leaves = {"a": 6, "b": 18, "c": 30, "d": 40, "e": 4, "f": 9}
    then: Relations = {"n": ("n", ["a", "b", "c", "f"]), "m": ("m", ["d", "e"])}
    now: Relations = {"n": ("n", ["b", "c", "f"]), "m": ("m", ["a", "d", "e"])}

    assert learnt(released(tmp_path, [(leaves, then), (leaves, now)], ["n", "m"]), STD) == {}


@st.composite
def revised(draw: Any) -> list[tuple[dict[str, int], Relations]]:
    """Four tables of practices in two hierarchies, a few counts revised from one to the next."""
    leaves, of = draw(two_bases())
    tables = [(leaves, of)]
    for _ in range(3):
        practice = st.sampled_from(sorted(leaves))
        changes = draw(st.dictionaries(practice, st.integers(-3, 3), max_size=2))
        leaves = {name: max(count + changes.get(name, 0), 0) for name, count in leaves.items()}
        tables.append((leaves, of))
    return tables


@given(tables=revised(), exact=st.sampled_from([[], ["board"]]))
# What fails is small already, and takes long to make smaller.
@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
def test_nobody_learns_more_from_all_releases_than_from_none(
    tmp_path_factory: pytest.TempPathFactory,
    tables: list[tuple[dict[str, int], Relations]],
    exact: list[str],
) -> None:
    releases = released(tmp_path_factory.mktemp("shown"), tables, exact)

    for last in range(1, len(releases) + 1):
        assert learnt(releases[:last], STD) == {}


# -- what is kept ----------------------------------------------------------------------------------


def test_count_that_is_the_same_today_is_one_with_it_and_another_is_not(tmp_path: Path) -> None:
    folder = tmp_path / "shown"
    released(folder, [(BEFORE, OF), (BEFORE, OF)], exact=["network"])
    earlier = EarlierReleases(folder)
    counts, _ = with_sums(AFTER, OF)
    people, sums = tables_of(counts, OF, night=5)

    told = earlier.told_by(["0", "1", "gone"], people, sums)

    # Both releases say the same, and say it once.
    assert set(told.bounds.iter_rows()) == {
        ("c", 23, 27),
        ("network in release 1", 43, 43),
    }
    assert set(told.cells.select("cell_id", "today", "count", "is_primary").iter_rows()) == {
        ("a in release 1", "a", 6, True),
        ("network in release 1", "network", 43, False),
    }
    # The network grew by what its revised practice grew.
    assert told.relations["relation_id"].n_unique() == 1
    assert set(by_name(told, people).iter_rows()) == {
        ("a in release 1", 1),
        ("a", -1),
        ("network in release 1", -1),
        ("network", 1),
    }


@pytest.mark.parametrize(
    ("now", "stayed"),
    [
        ({"taken up": 9, "not taken up": 4}, set()),
        ({"taken up": 9, "not taken up": 2}, {"not taken up"}),
    ],
)
def test_where_more_than_half_was_revised_the_sum_of_then_is_told(
    tmp_path: Path, now: dict[str, int], stayed: set[str]
) -> None:
    """It is shorter than what differs, so that what follows from it shows by hand."""
    of: Relations = {"n": ("closed", ["taken up", "not taken up"])}
    released(tmp_path, [({"taken up": 3, "not taken up": 2}, of)])
    people, sums = tables_of(with_sums(now, of)[0], of)

    told = EarlierReleases(tmp_path).told_by(["0"], people, sums)

    assert set(by_name(told, people).iter_rows()) == {
        (name if name in stayed else f"{name} in release 0", weight)
        for name, weight in (("taken up", 1), ("not taken up", 1), ("closed", -1))
    }


def test_what_stayed_revised_is_told_once(tmp_path: Path) -> None:
    folder = tmp_path / "shown"
    released(folder, [(BEFORE, OF), (AFTER, OF), (AFTER, OF)])
    counts, _ = with_sums(AFTER, OF)

    told = EarlierReleases(folder).told_by(["0", "1", "2"], *tables_of(counts, OF))

    assert told.relations["relation_id"].n_unique() == 1
    assert set(told.cells["cell_id"]) == {"a in release 0", "network in release 0"}


def test_same_counts_in_another_sum_are_another_sum(tmp_path: Path) -> None:
    folder = tmp_path / "shown"
    released(folder, [({"a": 20, "b": 20, "c": 30}, {"n": ("network", ["a", "c"])})])
    now: Relations = {"n": ("network", ["b", "c"])}
    counts, _ = with_sums({"a": 20, "b": 20, "c": 30}, now)
    people, sums = tables_of(counts, now)

    told = EarlierReleases(folder).told_by(["0"], people, sums)

    assert told.cells.is_empty()
    assert set(by_name(told, people)["cell_id"]) == {"a", "c", "network"}


def test_what_was_revised_goes_by_one_name_however_many_older_releases_go(tmp_path: Path) -> None:
    folder = tmp_path / "shown"
    released(folder, [(BEFORE, OF), (BEFORE, OF), (AFTER, OF)])
    tables = tables_of(with_sums(AFTER, OF)[0], OF, night=5)

    all_three, without = (EarlierReleases(folder).told_by(kept, *tables) for kept in ("012", "12"))

    # As long as one of them has the count as it was: else nothing that leans on it would stand.
    assert set(all_three.cells["cell_id"]) == {"a in release 1", "network in release 1"}
    assert without.cells.equals(all_three.cells)
    assert without.relations.equals(all_three.relations)


def test_what_is_kept_is_private_and_goes_with_its_release(tmp_path: Path) -> None:
    folder = tmp_path / "shown"
    released(folder, [(BEFORE, OF), (BEFORE, OF), (AFTER, OF)])
    earlier = EarlierReleases(folder)
    for half in (folder / "0.json.tmp", earlier.records.folder / "abc.tmp"):
        half.write_bytes(b"half")
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".tmp"]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert {of.stat().st_mode & 0o777 for of in (folder, earlier.records.folder)} == {0o700}

    def kept() -> tuple[set[str], int]:
        names = {path.name for path in folder.iterdir()}
        return names - {"records", "decided.json"}, len(list(earlier.records.folder.iterdir()))

    earlier.forget_all_but(["0", "1", "2"])
    assert kept() == ({"0.json", "1.json", "2.json"}, 6)
    earlier.forget_all_but(["1", "2"])
    assert kept() == ({"1.json", "2.json"}, 4)
    tables = tables_of(with_sums(BEFORE, OF)[0], OF)
    assert not earlier.told_by(["0", "1"], *tables).bounds.is_empty()
    earlier.forget_all_but(["2"])
    assert kept() == ({"2.json"}, 2)
    assert earlier.told_by(["0", "1"], *tables).bounds.is_empty()
    # What was decided last stays until the next night decides.
    earlier.forget_all_but([])
    assert kept() == (set(), 2)
    earlier.keep("3", {})


def test_a_file_that_says_something_else_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "shown"
    released(folder, [(BEFORE, OF)])
    (folder / "0.json").write_text("[{}]")
    with pytest.raises(UnreadableRecordError, match=r"0\.json: does not say what is on record"):
        EarlierReleases(folder).told_by(["0"], *tables_of(with_sums(BEFORE, OF)[0], OF))
    # Nothing is removed while it is not known what is named.
    with pytest.raises(UnreadableRecordError):
        EarlierReleases(folder).forget_all_but(["0"])
    assert len(list((folder / "records").iterdir())) == 2


def test_a_release_of_which_nothing_is_on_record_is_told(tmp_path: Path) -> None:
    counts, _ = with_sums(BEFORE, OF)
    known = EarlierReleases(tmp_path)
    controlled = control(cells(counts), relations(OF), STD)
    people, sums = tables_of(counts, OF)
    keep(known, "1", shown(controlled.cells, people, STD), sums)
    assert on_record(known, ["1"]).passed

    told = on_record(known, ["1", "2"])

    assert not told.passed
    assert not told.blocks
    assert (told.observed, told.examples) == ("1 of 2 releases are not", "2")
