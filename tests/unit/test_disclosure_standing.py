"""Years of indicators of which nothing is new stand, and all comes out as if they were decided."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from nights_of_counts import (
    PRACTICES,
    SAME_PEOPLE,
    YEARS,
    Nights,
    names_of_practices,
    nights_in,
    write_counts,
)

from assets.release.disclosure import tonight
from assets.release.disclosure.profile import STD
from assets.release.disclosure.years_together import years_together

ONE, OTHER = YEARS[2], YEARS[3]


def revised(year: str, **people: int) -> dict[str, dict[str, int]]:
    return {**PRACTICES, year: {**PRACTICES[year], **people}}


@pytest.fixture
def nights(tmp_path: Path) -> Iterator[Nights]:
    """A home in which everything was decided and published once."""
    with nights_in(tmp_path / "home") as nights:
        write_counts(nights.build.connection, PRACTICES)
        assert nights.decide().years_that_stand == 0
        nights.publish("1")
        yield nights


def files(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file below a folder, and whether it was written since."""
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def read_since(nights: Nights, decide: Callable[[], Any]) -> list[str]:
    """What was asked of the tables of counts and relations."""
    connection = nights.build.connection
    connection.execute("call enable_logging('QueryLog')")
    try:
        decide()
        asked = connection.execute("select message from duckdb_logs where type = 'QueryLog'")
        return [sql for (sql,) in asked.fetchall() if "int_people_count" in sql]
    finally:
        connection.execute("call disable_logging()")


def test_of_years_of_which_nothing_is_new_nothing_is_read_or_written(nights: Nights) -> None:
    released, records = nights.released(), files(nights.records)
    # The night after the first release, and the night after that.
    for version in ("2", "3"):
        asked = read_since(nights, nights.decide)
        assert asked
        assert not [sql for sql in asked if "hash(" not in sql and "min(tied_to)" not in sql]
        after = nights.decide()
        assert (after.years_that_stand, after.controlled.parts) == (len(YEARS), 0)
        assert after.controlled.proof.holds
        assert nights.released() == released
        nights.publish(version)
        # Releases that show the same share what is on record of it.
        assert files(nights.records) == records
    nights.forget_what_stands()
    assert [sql for sql in read_since(nights, nights.decide) if "select cell_id" in sql]


def test_one_set_of_years_that_changed_is_decided_alone(nights: Nights) -> None:
    before, released = nights.on_record(), nights.released()
    write_counts(nights.build.connection, revised(ONE, n13=2))
    after = nights.decide()
    assert (after.years_that_stand, after.controlled.parts) == (len(YEARS) - 1, 1)
    now = nights.on_record()
    assert {years for years, record in now.items() if record != before[years]} == {(ONE,)}
    differ = set(nights.released()) ^ set(released)
    assert {year for _, year, *_ in differ} == {ONE}


def test_a_year_that_is_gone_leaves_nothing_and_a_new_one_is_decided(nights: Nights) -> None:
    without = {year: people for year, people in PRACTICES.items() if year != OTHER}
    write_counts(nights.build.connection, without)
    # The release that has it is kept: what hung together in it is still looked at.
    assert nights.decide().years_that_stand == len(YEARS) - 1
    assert {year for _, year, *_ in nights.released()} == set(YEARS) - {OTHER}
    # Now that it is told of no count, it stands too.
    assert nights.decide().years_that_stand == len(YEARS)
    # But not in a new build.
    nights.build.connection.execute("drop schema disclosure cascade")
    assert nights.decide().years_that_stand == 0
    write_counts(nights.build.connection, PRACTICES)
    assert nights.decide().years_that_stand == len(YEARS) - 1
    assert {year for _, year, *_ in nights.released()} == set(YEARS)


def decides(nights: Nights) -> set[str]:
    """The years that are decided about tonight."""
    was = {path.name: inode for path, inode in inodes(nights)}
    nights.decide()
    is_new = {path.name for path, inode in inodes(nights) if was.get(path.name) != inode}
    return {
        year
        for years, record in nights.on_record().items()
        if f"{record}.cells.parquet" in is_new
        for year in years
    }


def inodes(nights: Nights) -> list[tuple[Path, int]]:
    return [(path, path.stat().st_ino) for path in nights.records.iterdir()]


def test_what_is_in_doubt_is_decided(nights: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    connection, everything = nights.build.connection, set(YEARS)
    assert decides(nights) == set()
    of_one = nights.records / f"{nights.on_record()[(ONE,)]}.relations.parquet"
    of_one.unlink()
    assert decides(nights) == {ONE}
    assert of_one.exists()

    # The table: rows that are gone, that are of another record, all of it, one of another version.
    connection.execute(f"delete from disclosure.released_counts where cell_id = '{OTHER}|n11'")
    assert decides(nights) == {OTHER}
    connection.execute(
        f"update disclosure.released_counts set record = 'x' where cell_id = '{OTHER}|n11'"
    )
    assert decides(nights) == {OTHER}
    connection.execute("alter table disclosure.released_counts drop column record")
    assert decides(nights) == everything
    connection.execute("drop schema disclosure cascade")
    assert decides(nights) == everything

    # What readers have.
    shutil.copy(nights.shown / "1.json", tmp := nights.shown / "1.json.before")
    (nights.shown / "1.json").unlink()
    assert decides(nights) == everything
    tmp.rename(nights.shown / "1.json")
    # Their record is that of what was decided: a release of the night after.
    assert decides(nights) == set()
    nights.retire("1")
    assert decides(nights) == everything
    # A record that no reader has yet.
    (nights.records / f"{nights.on_record()[(OTHER,)]}.cells.parquet").unlink()
    assert decides(nights) == {OTHER}

    # The rules, and what the proof asks for.
    monkeypatch.setattr(tonight, "STD", replace(STD, most_hidden_count=5))
    assert decides(nights) == everything
    assert decides(nights) == set()
    nights.build = replace(nights.build, code="another")
    assert decides(nights) == everything
    assert decides(nights) == set()
    (nights.shown / "decided.json").unlink()
    assert decides(nights) == everything


@pytest.mark.parametrize(
    "change",
    [
        "people = people + 1",
        "is_exact = not is_exact",
        "is_published = not is_published",
        "area_code = 'B'",
        "measure = 'denominator'",
        "cell_id = cell_id || 'x'",
        "cell_number = cell_number + 500",
    ],
)
def test_every_column_of_counts_is_looked_at(nights: Nights, change: str) -> None:
    # No sum has this one.
    table = "intermediate.int_people_counts"
    nights.build.connection.execute(
        f"insert into {table} select * replace ('alone' as cell_id, 9999 as cell_number, "
        f"8 as people) from {table} where cell_id = '{ONE}|n11'"
    )
    nights.decide()
    nights.build.connection.execute(f"update {table} set {change} where cell_number = 9999")
    assert decides(nights) == {ONE}


@pytest.mark.parametrize(
    "change",
    [
        "relation_number = relation_number + 1",
        "kind = 'at_least'",
        "weight = 2 * weight",
        "cell_number = cell_number + 500",
        "tied_to = 'elsewhere'",
    ],
)
def test_every_column_of_relations_is_looked_at(nights: Nights, change: str) -> None:
    def fingerprints() -> set[str]:
        return {one.fingerprint for one in years_together(nights.build.connection)}

    before = fingerprints()
    nights.build.connection.execute(
        f"update intermediate.int_people_count_relations set {change} "
        f"where indicator_year = '{ONE}' and cell_number = 3001"
    )
    assert len(before - fingerprints()) == 1


def test_two_rows_that_exchange_a_number_are_no_longer_the_same(nights: Nights) -> None:
    """The same numbers in all columns, but not of the same counts."""
    table = "intermediate.int_people_counts"
    nights.build.connection.execute(
        f"update {table} set people = case people when 25 then 40 else 25 end "
        f"where cell_id in ('{ONE}|n13', '{ONE}|n14')"
    )
    assert decides(nights) == {ONE}


def test_a_leak_is_found_every_night_until_it_is_gone(nights: Nights) -> None:
    show_small_number(nights, f"{ONE}|n11")
    for _ in range(2):
        after = nights.decide()
        assert after.controlled.message.startswith(f"cell {ONE}|n11 is a small number")
        assert after.years_that_stand == len(YEARS) - 1
    nights.retire("1")
    assert nights.decide().controlled.proof.holds


def show_small_number(nights: Nights, cell_id: str) -> None:
    """As if the first release had shown that a practice has about four."""
    earlier = nights.build.home.shown_before
    record = nights.on_record()[(ONE,)]
    cells, relations = earlier.records.read([record], None)
    told = {"released_count": 4, "lower": 3, "upper": 5, "is_hidden": False, "is_primary": False}
    of_cell = pl.col("cell_id") == cell_id
    cells = cells.with_columns(
        pl.when(of_cell)
        .then(pl.lit(value))
        .otherwise(pl.col(name))
        .cast(cells.schema[name])
        .alias(name)
        for name, value in told.items()
    )
    shown_instead = earlier.records.finish(earlier.records.begin(relations), cells)
    kept = nights.shown / "1.json"
    kept.write_text(kept.read_text().replace(record, shown_instead))


def test_a_night_that_breaks_off_leaves_what_was_decided_before(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    released, decided = nights.released(), (nights.shown / "decided.json").read_bytes()
    changed = revised(ONE, n13=2)
    # It contradicts itself in another year than the one that changed, and is decided after it.
    write_counts(nights.build.connection, changed)
    table = "intermediate.int_people_counts"
    nights.build.connection.execute(
        f"insert into {table} from {table} where cell_id = '{OTHER}|n11'"
    )
    nights.build = replace(nights.build, counts_together=2)
    with pytest.raises(Exception, match="occurs more than once"):
        nights.decide()
    assert nights.released() == released
    assert (nights.shown / "decided.json").read_bytes() == decided
    nights.publish("2")
    assert (nights.shown / "2.json").read_bytes() == (nights.shown / "1.json").read_bytes()

    # The table is written, and the night is killed before it is noted.
    write_counts(nights.build.connection, changed)

    class Killed(BaseException):
        pass

    def is_killed(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as killed:
        killed.setattr("assets.release.disclosure.earlier_releases.write_atomically", is_killed)
        with pytest.raises(Killed):
            nights.decide()
    assert nights.released() != released
    assert (nights.shown / "decided.json").read_bytes() == decided
    assert decides(nights) == {ONE}


def test_a_shared_record_stays_while_anything_names_it(nights: Nights) -> None:
    shared = nights.on_record()[(OTHER,)]
    write_counts(nights.build.connection, revised(ONE, n13=2))
    nights.decide()
    nights.publish("2")
    nights.retire("1")
    assert nights.build.home.shown_before.records.is_there(shared)
    write_counts(nights.build.connection, revised(OTHER, n13=2))
    nights.decide()
    # Not published: readers have the second, and the next release would show another.
    nights.retire("2")
    assert not nights.build.home.shown_before.records.is_there(shared)
    assert {path.name.split(".")[0] for path in nights.records.iterdir()} == set(
        nights.on_record().values()
    )


def test_what_is_remembered_of_blocks_outlasts_the_nights_in_which_they_stand(
    nights: Nights,
) -> None:
    first = nights.build.home.proven_blocks.read_text()
    assert first.count(ONE) > 0
    nights.decide()
    nights.decide()
    assert nights.build.home.proven_blocks.read_text() == first
    # One network changes, and the other, which hangs together with it by nothing, is remembered.
    write_counts(nights.build.connection, revised(ONE, n13=35))
    controlled = nights.decide().controlled
    assert (controlled.parts, controlled.blocks - controlled.blocks_remembered) == (1, 1)


# -- a home that never lets anything stand ---------------------------------------------------------

_Step = tuple[str, Any]
_STEPS = st.one_of(
    st.tuples(
        st.just("revise"),
        st.tuples(
            st.sampled_from(YEARS),
            st.sampled_from(names_of_practices()),
            st.sampled_from([0, 1, 4, 8, 20, 21]),
        ),
    ),
    st.tuples(st.just("publish"), st.none()),
    st.tuples(st.just("publish"), st.none()),
    st.tuples(st.just("night"), st.none()),
    st.tuples(st.just("retire"), st.none()),
    st.tuples(st.just("drop"), st.sampled_from(YEARS)),
    st.tuples(st.just("profile"), st.sampled_from([7, 5])),
)


def takes(step: _Step, practices: dict[str, dict[str, int]], homes: list[Nights]) -> None:
    """What happens before a night, in every home."""
    what, of = step
    if what == "revise":
        year, name, people = of
        practices.setdefault(year, dict(PRACTICES[year]))[name] = people
    elif what == "drop" and of not in SAME_PEOPLE:
        practices.pop(of, None)
    elif what == "retire" and len(homes[0].versions) > 1:
        for nights in homes:
            nights.retire(nights.versions[0])
    for nights in homes:
        write_counts(nights.build.connection, practices)


@pytest.mark.slow
@given(steps=st.lists(_STEPS, min_size=4, max_size=9))
@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
def test_it_comes_out_as_in_a_home_where_nothing_ever_stands(
    tmp_path_factory: pytest.TempPathFactory, steps: list[_Step]
) -> None:
    place = tmp_path_factory.mktemp("homes")
    practices = {year: dict(people) for year, people in PRACTICES.items()}
    with (
        nights_in(place / "home") as home,
        nights_in(place / "twin") as twin,
        pytest.MonkeyPatch.context() as patch,
    ):
        for number, step in enumerate([("publish", None), *steps]):
            takes(step, practices, [home, twin])
            if step[0] == "profile":
                patch.setattr(tonight, "STD", replace(STD, most_hidden_count=step[1]))
            twin.forget_what_stands()
            here, there = home.decide(), twin.decide()
            assert there.years_that_stand == 0
            assert here.controlled.proof == there.controlled.proof
            assert here.controlled.blocks == there.controlled.blocks
            assert here.controlled.blocks_remembered == there.controlled.blocks_remembered
            assert here.controlled.proven >= there.controlled.proven
            assert home.released() == twin.released()
            assert home.on_record() == twin.on_record()
            if step[0] == "publish" and here.controlled.proof.holds:
                for nights in (home, twin):
                    nights.publish(str(number))
        years = {year for of_set in home.on_record() for year in of_set}
        assert not here.controlled.proof.holds or home.decide().years_that_stand == len(years)
