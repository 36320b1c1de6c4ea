"""Counts of a whole country are decided about in parts, and come out as if they were one."""

from __future__ import annotations

import random
from collections.abc import Iterator
from multiprocessing import active_children
from pathlib import Path
from threading import Thread
from time import sleep

import duckdb
import polars as pl
import pytest
from nights_of_counts import (
    ENOUGH,
    SAME_PEOPLE,
    YEARS,
    Nights,
    names_of_practices,
    nights_in,
    write_counts,
)

from assets.child_processes import ChildProcesses
from assets.release.disclosure import tonight
from assets.release.disclosure.before import ProvenBlock
from assets.release.disclosure.cells import DisclosureInputError
from assets.release.disclosure.earlier_releases import EarlierReleases, NothingDecidedError
from assets.release.disclosure.part_in_files import DecidedPart, Known, PartInFiles, write_part
from assets.release.disclosure.profile import STD
from assets.release.disclosure.released_table import (
    rules_last_time,
    states_of_released_counts,
    write_released_counts,
)
from assets.release.disclosure.tonight import LostPartError
from assets.release.disclosure.years_together import Part, in_parts, years_together


def practices_from(seed: int) -> dict[str, dict[str, int]]:
    chance = random.Random(seed)
    return {year: {name: chance.randint(0, 30) for name in names_of_practices()} for year in YEARS}


PRACTICES = practices_from(20261127)


@pytest.fixture
def nights(tmp_path: Path) -> Iterator[Nights]:
    """Two networks of four practices in each year of an indicator, from a fixed seed."""
    with nights_in(tmp_path / "home") as nights:
        write_counts(nights.build.connection, PRACTICES)
        yield nights


def years_of(parts: list[Part]) -> set[frozenset[str]]:
    return {part.indicator_years for part in parts}


def test_what_hangs_together_is_never_parted(nights: Nights) -> None:
    sets = years_together(nights.build.connection)
    alone = [frozenset({year}) for year in YEARS if year not in SAME_PEOPLE]
    assert years_of(in_parts(sets, 1)) == {frozenset(SAME_PEOPLE), *alone}
    # Twenty of the two that share people, then ten and ten.
    parts = in_parts(sets, 20)
    assert [(len(part.indicator_years), part.counts) for part in parts] == [(2, 20), (2, 20)]
    assert years_of(in_parts(sets, ENOUGH)) == {frozenset(YEARS)}
    assert in_parts([], ENOUGH) == []


def test_what_hung_together_in_an_earlier_release_is_not_parted_either(nights: Nights) -> None:
    before = [(YEARS[3], YEARS[2]), ("PC-OUT-01 2020/21", YEARS[2])]
    sets = years_together(nights.build.connection, before)
    assert years_of(in_parts(sets, 1)) == {
        frozenset(SAME_PEOPLE),
        frozenset({YEARS[2], YEARS[3], "PC-OUT-01 2020/21"}),
    }
    # But only while such a release is kept.
    nights.decide()
    nights.publish("1")
    assert nights.build.home.shown_before.ties(["1"]) == {
        (SAME_PEOPLE[0], SAME_PEOPLE[1]),
        *((year, year) for year in YEARS),
    }


def test_a_relation_that_would_be_parted_is_refused(nights: Nights) -> None:
    nights.build.connection.execute(
        "update intermediate.int_people_count_relations set tied_to = indicator_year "
        "where kind = 'same'"
    )
    with pytest.raises(
        DisclosureInputError, match=r"2024/25\|n1\) is tied to PC-SP-02 2024/25 in one row and"
    ):
        nights.decide()


def test_half_a_relation_is_refused_where_the_other_half_stands(nights: Nights) -> None:
    relations = "intermediate.int_people_count_relations"
    nights.build.connection.execute(f"delete from {relations} where kind = 'same'")
    nights.decide()
    # What comes new is of one of the two years, and half of a sum of the other.
    nights.build.connection.execute(
        f"insert into {relations} select relation_number, kind, 3001, weight, '{YEARS[2]}', "
        f"'{YEARS[2]}' from {relations} where indicator_year = '{YEARS[3]}' limit 1"
    )
    with pytest.raises(DisclosureInputError, match=f"is tied to {YEARS[3]} in one row and"):
        nights.decide()


def test_a_build_without_counts_is_decided_about_too(nights: Nights) -> None:
    for table in ("int_people_counts", "int_people_count_relations"):
        nights.build.connection.execute(f"delete from intermediate.{table}")
    assert nights.decide().controlled.proof.holds
    assert nights.released() == []
    nights.publish("1")
    assert nights.build.home.shown_before.not_on_record(["1"]) == []


@pytest.mark.parametrize("worth_a_process", [0, ENOUGH])
def test_parts_come_out_as_the_whole_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, worth_a_process: int
) -> None:
    """In processes of their own, or in this one."""
    monkeypatch.setattr(tonight, "_WORTH_A_PROCESS", worth_a_process)
    with (
        nights_in(tmp_path / "parts", counts_together=2) as in_parts,
        nights_in(tmp_path / "one") as as_one,
    ):
        for version in ("1", "2"):
            practices = {year: dict(of) for year, of in PRACTICES.items()}
            if version == "2":
                # A practice of two years is corrected by one.
                for year in YEARS[1:3]:
                    practices[year]["n13"] += 1
            for nights in (in_parts, as_one):
                write_counts(nights.build.connection, practices)
            apart, whole = in_parts.decide().controlled, as_one.decide().controlled
            assert (apart.parts, whole.parts) == ((3, 1) if version == "1" else (2, 1))
            assert apart.message == whole.message
            assert apart.proven == whole.proven
            assert apart.proof.primary_cells > 0
            assert in_parts.released() == as_one.released()
            assert in_parts.on_record() == as_one.on_record()
            for nights in (in_parts, as_one):
                nights.publish(version)


@pytest.mark.parametrize(
    ("counts_together", "processes"), [(1, 1), (400_000, 1), (500_000, 2), (2_000_000, 4)]
)
def test_little_memory_has_few_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, counts_together: int, processes: int
) -> None:
    begun: list[int] = []

    class Counted(ChildProcesses):
        def __init__(self, most: int) -> None:
            begun.append(most)
            super().__init__(most)

    monkeypatch.setattr(tonight, "ChildProcesses", Counted)
    monkeypatch.setattr(tonight, "_MOST_PROCESSES", 4)
    with nights_in(tmp_path, counts_together) as nights:
        write_counts(nights.build.connection, PRACTICES)
        assert nights.decide().controlled.proof.holds
    assert begun == [processes]


def test_nothing_more_is_begun_where_a_part_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []

    def fails(part: PartInFiles) -> DecidedPart:
        begun.append(part.folder.name)
        if part.folder.name == "0":
            raise DisclosureInputError("no part can be decided about")
        sleep(0.2)
        return decide(part)

    decide = PartInFiles.decide
    monkeypatch.setattr(PartInFiles, "decide", fails)
    monkeypatch.setattr(tonight, "in_parts", lambda *asked: in_parts(*asked) * 5)
    with nights_in(tmp_path, counts_together=2) as nights:
        write_counts(nights.build.connection, PRACTICES)
        with pytest.raises(DisclosureInputError, match="no part can be"):
            nights.decide()
    # Of fifteen few had begun before it was known that one has failed.
    assert len(begun) < 8


def test_what_failed_in_one_of_several_processes_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not that others were stopped."""
    monkeypatch.setattr(tonight, "_WORTH_A_PROCESS", 0)
    monkeypatch.setattr(tonight, "_MOST_PROCESSES", 2)
    monkeypatch.setattr(tonight, "_COUNTS_OF_A_PROCESS", 1)
    with nights_in(tmp_path, counts_together=2) as nights:
        write_counts(nights.build.connection, PRACTICES)
        nights.build.connection.execute(
            "insert into intermediate.int_people_count_relations "
            f"values (3001007, 'sum', 9999, 1, '{YEARS[2]}', '{YEARS[2]}')"
        )
        with pytest.raises(DisclosureInputError, match="cell_number 9999 is no count"):
            nights.decide()
    assert not active_children()


def test_what_was_proven_before_lines_had_a_year_is_known_of_every_part(nights: Nights) -> None:
    [alone, *_] = in_parts(years_together(nights.build.connection), 1)
    year, other = sorted(alone.indicator_years)[0], "CP-E2-03 2019/20"
    proven = {year: ProvenBlock("a" * 64, year), "": ProvenBlock("b" * 64)}
    known = Known(
        nights.build.home.shown_before, (), {},
        frozenset({*proven.values(), ProvenBlock("c" * 64, other)}), STD, "code",
    )  # fmt: skip
    part = write_part(nights.build.connection, alone, nights.build.home.build / "part", known)
    assert part.known.proven == set(proven.values())


def test_a_process_that_is_ended_from_outside_is_told_as_that(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tonight, "_WORTH_A_PROCESS", 0)
    nights.decide()
    before = nights.released()
    nights.forget_what_stands()
    left_by_a_kill = nights.build.home.parts_to_decide / "0"
    left_by_a_kill.mkdir(parents=True)

    def end_one() -> None:
        while not (workers := active_children()):
            pass
        workers[0].kill()

    Thread(target=end_one, daemon=True).start()
    with pytest.raises(LostPartError, match="one of 1 parts of the counts"):
        nights.decide()
    assert nights.released() == before
    assert not active_children()
    # What it left is in the way of no other.
    assert nights.build.home.parts_to_decide.stat().st_mode & 0o777 == 0o700
    nights.decide()
    assert nights.released() == before
    assert not nights.build.home.parts_to_decide.exists()


def test_what_was_decided_last_time_stays_until_all_parts_are_there(nights: Nights) -> None:
    connection = nights.build.connection
    nights.decide()
    first = connection.sql("from disclosure.released_counts order by cell_id").pl()
    write_released_counts(connection, map(connection.from_arrow, (first.head(20), first.tail(20))))
    assert sum(states_of_released_counts(connection).values()) == 40
    hidden = rules_last_time(connection).sort("cell_id")

    def breaks() -> Iterator[duckdb.DuckDBPyRelation]:
        yield connection.from_arrow(first.head(20))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_released_counts(connection, breaks())
    with pytest.raises(RuntimeError):
        write_released_counts(connection, breaks(), YEARS[:1])
    assert rules_last_time(connection).sort("cell_id").equals(hidden)


def test_a_release_that_was_put_on_record_before_there_were_parts_is_read(tmp_path: Path) -> None:
    april, march = (
        f"PC-SP-02|practice|A{day[:4]}|n|2025-01-01|{day}|s|all|all|numerator"
        for day in ("2025-04-30", "2025-03-31")
    )
    of = f"{april}|practices"
    pl.DataFrame(
        {"relation_id": [of, of], "cell_id": [april, march], "weight": [-1, 1]}
    ).write_parquet(tmp_path / "1.relations.parquet")
    counts = pl.DataFrame({"cell_id": [april, march], "people": [5, 9]})
    counts.with_columns(
        released_count=pl.lit(None, dtype=pl.Int64), is_exact=False, is_hidden=True,
        is_primary=True, lower=pl.lit(None, dtype=pl.Int64), upper=pl.lit(None, dtype=pl.Int64),
    ).write_parquet(tmp_path / "1.cells.parquet")  # fmt: skip
    known = EarlierReleases(tmp_path)

    assert known.ties(["1"]) == {
        ("PC-SP-02 2025/26", "PC-SP-02 2025/26"),
        ("PC-SP-02 2024/25", "PC-SP-02 2025/26"),
    }
    assert known.not_on_record(["1"]) == []
    # Nobody can tell which years of it are as they were.
    assert known.records_of(["1"]) is None
    # The next release was put on record by number.
    year = pl.lit("PC-SP-02 2025/26")
    people = counts.with_columns(indicator_year=year, cell_number=pl.Series([7, 5]))
    sums = pl.DataFrame({"relation_id": [21_000] * 2, "cell_number": [7, 5], "weight": [-1, 1]})
    sums.with_columns(indicator_year=year, tied_to=year).write_parquet(
        tmp_path / "2.relations.parquet"
    )
    pl.read_parquet(tmp_path / "1.cells.parquet").join(
        people, on=["cell_id", "people"]
    ).write_parquet(tmp_path / "2.cells.parquet")
    corrected = people.with_columns(pl.col("people") + 1)

    years = {"PC-SP-02 2024/25", "PC-SP-02 2025/26"}
    # Both say the same, the first by name and the second by number; together they say it once.
    for versions in (["1"], ["2"], ["1", "2"]):
        told = known.told_by(versions, corrected, sums, years)
        newest = f" in release {versions[-1]}"
        assert set(told.cells.select("cell_id", "today").iter_rows()) == {
            (april + newest, april), (march + newest, march),
        }  # fmt: skip
        assert told.relations["relation_id"].n_unique() == 1
        assert set(told.relations["cell_number"]) == set(told.cells["cell_number"])
    known.forget_all_but(["2"])
    assert {path.name for path in tmp_path.iterdir()} == {
        "2.cells.parquet", "2.relations.parquet",
    }  # fmt: skip


def test_a_release_is_not_published_without_a_record_of_what_it_shows(nights: Nights) -> None:
    earlier = nights.build.home.shown_before
    with pytest.raises(NothingDecidedError, match="run a full rebuild"):
        earlier.keep("1", {})
    nights.decide()
    next(nights.records.glob("*.cells.parquet")).unlink()
    with pytest.raises(NothingDecidedError, match=r"a record of (PC-SP|CP-E2).* is missing"):
        earlier.keep("1", {})
    assert earlier.not_on_record(["1"]) == ["1"]
