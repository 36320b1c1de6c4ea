"""Counts of a whole country are decided about in parts, and come out as if they were one."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest

from assets.release.disclosure.cells import DisclosureInputError
from assets.release.disclosure.control import Controlled, control, together
from assets.release.disclosure.earlier import (
    EarlierReleases,
    NothingDecidedError,
    shown,
)
from assets.release.disclosure.people_counts import (
    YearsTogether,
    parts_of,
    read_people_counts,
    rules_last_time,
    states_of_released_counts,
    write_released_counts,
)
from assets.release.disclosure.profile import STD
from assets.release.disclosure.relation_numbers import TIES_OF_A_COUNT

YEARS = ["PC-SP-02 2024/25", "PC-SP-03 2024/25", "PC-SP-02 2025/26", "CP-E2-03 2024/25"]
# Who was referred is who waits for a first contact.
SAME_PEOPLE = (YEARS[1], YEARS[0])
# As many counts as there are, decided about together.
ENOUGH = 1_000


@pytest.fixture
def build() -> Iterator[duckdb.DuckDBPyConnection]:
    """Two networks of four practices in each year of an indicator, from a fixed seed."""
    chance = random.Random(20261127)
    counts: list[tuple[str, str, int]] = []
    # The count that a relation is called after and what is said of it, kind, cell, weight, years.
    relations: list[tuple[str, int, str, str, int, str, str]] = []
    for year in YEARS:
        for network in ("n1", "n2"):
            of = f"{year}|{network}"
            people = [chance.randint(0, 30) for _ in range(4)]
            counts += [(f"{of}{i}", year, n) for i, n in enumerate(people)]
            counts.append((of, year, sum(people)))
            relations += [(of, 0, "sum", f"{of}{i}", 1, year, year) for i in range(4)]
            relations.append((of, 0, "sum", of, -1, year, year))
    referred, waits = f"{YEARS[0]}|n1", f"{YEARS[1]}|n1"
    people_of = {cell: people for cell, _, people in counts}
    counts = [(c, y, people_of[referred] if c == waits else n) for c, y, n in counts]
    relations += [
        (referred, 7, "same", referred, -1, YEARS[0], YEARS[0]),
        (referred, 7, "same", waits, 1, YEARS[1], YEARS[0]),
    ]
    number = {cell: place for place, (cell, _, _) in enumerate(counts, start=1)}
    with duckdb.connect() as connection:
        connection.execute("create schema intermediate")
        connection.execute(
            "create table intermediate.int_people_counts (cell_id varchar, cell_number bigint, "
            "indicator_year varchar, people bigint, measure varchar default 'numerator', "
            "is_published boolean default true, is_exact boolean default false, "
            "area_code varchar default 'A')"
        )
        connection.execute(
            "create table intermediate.int_people_count_relations (relation_number bigint, "
            "kind varchar, cell_number bigint, weight integer, indicator_year varchar, "
            "tied_to varchar)"
        )
        connection.executemany(
            "insert into intermediate.int_people_counts "
            "(cell_id, cell_number, indicator_year, people) values (?, ?, ?, ?)",
            [(cell, number[cell], year, people) for cell, year, people in counts],
        )
        connection.executemany(
            "insert into intermediate.int_people_count_relations values (?, ?, ?, ?, ?, ?)",
            [
                (number[of] * TIES_OF_A_COUNT + tie, kind, number[cell], *weight_and_years)
                for of, tie, kind, cell, *weight_and_years in relations
            ],
        )
        yield connection


def decided(
    build: duckdb.DuckDBPyConnection,
    parts: list[YearsTogether],
    earlier: EarlierReleases,
    versions: list[str],
) -> Controlled:
    """Decide about each part, and put aside what is shown."""
    found = []
    with earlier.putting_aside() as aside:
        for part in parts:
            counts = read_people_counts(build, STD, part.indicator_years)
            told = earlier.told_by(versions, counts.people, counts.relations, part.indicator_years)
            controlled = control(counts.cells, counts.relations, STD, told)
            aside.relations(counts.relations)
            aside.cells(shown(controlled.cells, counts.people, STD))
            found.append(controlled)
    return together(found)


def years_of(parts: list[YearsTogether]) -> set[frozenset[str]]:
    return {part.indicator_years for part in parts}


def test_what_hangs_together_is_never_parted(build: duckdb.DuckDBPyConnection) -> None:
    alone = [frozenset({year}) for year in YEARS if year not in SAME_PEOPLE]
    assert years_of(parts_of(build, 1)) == {frozenset(SAME_PEOPLE), *alone}
    # Twenty of the two that share people, then ten and ten.
    assert [(len(part.indicator_years), part.counts) for part in parts_of(build, 20)] == [
        (2, 20),
        (2, 20),
    ]
    assert years_of(parts_of(build, ENOUGH)) == {frozenset(YEARS)}


def test_what_hung_together_in_an_earlier_release_is_not_parted_either(
    build: duckdb.DuckDBPyConnection,
) -> None:
    before = [(YEARS[3], YEARS[2]), ("PC-OUT-01 2020/21", YEARS[2])]
    assert years_of(parts_of(build, 1, before)) == {
        frozenset(SAME_PEOPLE),
        frozenset({YEARS[2], YEARS[3], "PC-OUT-01 2020/21"}),
    }


def test_a_relation_that_would_be_parted_is_refused(build: duckdb.DuckDBPyConnection) -> None:
    build.execute(
        "update intermediate.int_people_count_relations set tied_to = indicator_year "
        "where kind = 'same'"
    )
    with pytest.raises(
        DisclosureInputError, match=r"2024/25\|n1\) is tied to PC-SP-02 2024/25 in one row and"
    ):
        parts_of(build, 1)


def test_a_build_without_counts_of_people_is_decided_about_too(
    build: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    build.execute("delete from intermediate.int_people_counts")
    build.execute("delete from intermediate.int_people_count_relations")
    earlier = EarlierReleases(tmp_path)
    nothing = decided(build, parts_of(build, ENOUGH), earlier, [])
    assert nothing.cells.is_empty()
    earlier.keep("1")
    assert earlier.not_on_record(["1"]) == []


def test_parts_come_out_as_the_whole_would(
    build: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    in_parts, as_one = EarlierReleases(tmp_path / "parts"), EarlierReleases(tmp_path / "one")
    for version in ("1", "2"):
        before = ["1"] if version == "2" else []
        parts = parts_of(build, 1, in_parts.ties(before))
        apart = decided(build, parts, in_parts, before)
        whole = decided(build, parts_of(build, ENOUGH, as_one.ties(before)), as_one, before)
        assert len(parts) == 3
        assert apart.cells.equals(whole.cells)
        assert apart.proof == whole.proof
        assert apart.proven == whole.proven
        assert apart.proof.primary_cells > 0
        for kept in (in_parts, as_one):
            kept.keep(version)
        # In the second release a practice of either network is corrected by one.
        build.execute(
            "update intermediate.int_people_counts set people = people + 1 where regexp_matches("
            "cell_id, '2025/26[|]n1$|2025/26[|]n11$')"
        )
    for of in ("cells", "relations"):
        kept = [pl.read_parquet(e.folder / f"2.{of}.parquet") for e in (in_parts, as_one)]
        assert kept[0].sort(pl.all()).equals(kept[1].sort(pl.all()))


def test_what_was_decided_last_time_stays_until_all_parts_are_there(
    build: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    first = decided(build, parts_of(build, ENOUGH), EarlierReleases(tmp_path), []).cells
    write_released_counts(build, [first.head(20), first.tail(20)])
    assert sum(states_of_released_counts(build).values()) == 40
    hidden = rules_last_time(build).sort("cell_id")

    def breaks() -> Iterator[pl.DataFrame]:
        yield first.head(20)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_released_counts(build, breaks())
    assert rules_last_time(build).sort("cell_id").equals(hidden)


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
    # The next release is put on record as all are now.
    year = pl.lit("PC-SP-02 2025/26")
    people = counts.with_columns(indicator_year=year, cell_number=pl.Series([7, 5]))
    sums = pl.DataFrame({"relation_id": [21_000] * 2, "cell_number": [7, 5], "weight": [-1, 1]})
    with known.putting_aside() as aside:
        aside.relations(sums.with_columns(indicator_year=year, tied_to=year))
        aside.cells(
            pl.read_parquet(tmp_path / "1.cells.parquet").join(people, on=["cell_id", "people"])
        )
    known.keep("2")
    corrected = people.with_columns(pl.col("people") + 1)

    years = {"PC-SP-02 2024/25", "PC-SP-02 2025/26"}
    told = known.told_by(["1", "2"], corrected, sums, years)

    assert set(told.cells["today"]) == {april, march}
    # The first release is by name, so that all it says is said, and the second as it differs.
    sizes = told.relations.group_by("relation_id").len()["len"].sort()
    assert sizes.to_list() == [2, 4]


def test_a_release_is_not_published_without_a_record_of_what_it_shows(tmp_path: Path) -> None:
    with pytest.raises(NothingDecidedError, match="run a full rebuild"):
        EarlierReleases(tmp_path).keep("1")
