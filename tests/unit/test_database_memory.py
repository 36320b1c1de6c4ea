"""Two databases open at once take together what one may."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import duckdb
import pytest

from assets.database_memory import DatabaseMemory, ReadersMemory


def limit_bytes(connection: duckdb.DuckDBPyConnection) -> int:
    [(found,)] = connection.execute(
        "select parse_formatted_bytes(current_setting('memory_limit'))"
    ).fetchall()
    return int(found)


@pytest.fixture
def build(tmp_path: Path) -> DatabaseMemory:
    """A database that holds more than half of what it may."""
    connection = duckdb.connect(str(tmp_path / "warehouse.duckdb"))
    # Not a number of MiB: DuckDB says 244.1 MiB of it.
    connection.execute("set memory_limit = '256MB'")
    connection.execute("create table counts as select random() as share from range(30_000_000)")
    connection.execute("checkpoint")
    connection.execute("select sum(share) from counts").fetchall()
    return DatabaseMemory(connection, "256MB")


def held_bytes(connection: duckdb.DuckDBPyConnection) -> int:
    used = "select sum(memory_usage_bytes)::bigint from duckdb_memory()"
    [(found,)] = connection.execute(used).fetchall()
    return int(found)


def test_half_is_left_and_comes_back(build: DatabaseMemory) -> None:
    before = limit_bytes(build.connection)
    assert held_bytes(build.connection) > 128e6
    with build.leaving() as left:
        assert left == 128_000_000
        assert limit_bytes(build.connection) == pytest.approx(128e6, rel=0.01)
        assert held_bytes(build.connection) <= 128e6
    assert limit_bytes(build.connection) == before


def test_a_limit_stays_what_it_is_however_often_it_is_shared(build: DatabaseMemory) -> None:
    # Rounded to 3.7 GiB, then to 3.6 of that, were it read from DuckDB.
    memory = DatabaseMemory(build.connection, "4GB")
    build.connection.execute("set memory_limit = '4GB'")
    before = limit_bytes(build.connection)
    for _ in range(3):
        with memory.leaving(), memory.leaving():
            pass
    assert limit_bytes(build.connection) == before


def test_half_comes_back_after_an_error(build: DatabaseMemory) -> None:
    before = limit_bytes(build.connection)
    with pytest.raises(ZeroDivisionError), build.leaving():
        raise ZeroDivisionError
    assert limit_bytes(build.connection) == before


@pytest.mark.parametrize("name", [None, "copy.duckdb"])
def test_one_beside_has_a_share(
    build: DatabaseMemory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str | None
) -> None:
    started_in = tmp_path / "started in"
    started_in.mkdir()
    monkeypatch.chdir(started_in)
    with build.beside(tmp_path / name if name else None, Fraction(3, 4)) as other:
        assert limit_bytes(other.connection) == pytest.approx(192e6, rel=0.01)
        assert limit_bytes(build.connection) == pytest.approx(64e6, rel=0.01)
        with other.leaving() as left:
            assert left == 96_000_000
        rows = "select hash(range) as h, range::varchar from range(6_000_000)"
        other.connection.execute(f"create table sorted as {rows} order by h")
        spilt = {path.name for path in tmp_path.iterdir() if path.is_dir()} - {started_in.name}
        assert spilt == {f"{name or 'warehouse.duckdb'}.tmp{'' if name else '.beside'}"}
        assert not list(started_in.iterdir()), "whatever folder it is started in stays clean"
    assert limit_bytes(build.connection) == pytest.approx(256e6, rel=0.01)
    with pytest.raises(duckdb.ConnectionException):
        other.connection.execute("select 1")


def test_readers_have_most_and_put_the_rest_on_disk(build: DatabaseMemory, tmp_path: Path) -> None:
    finished = tmp_path / "finished.duckdb"
    with duckdb.connect(str(finished)) as connection:
        connection.execute("create table counts as select random() as share from range(20_000_000)")
    temporary = tmp_path / "temporary"
    before = limit_bytes(build.connection)
    with build.for_readers(temporary) as memory:
        assert held_bytes(build.connection) <= 64e6
        assert memory.bytes == 192_000_000
        each = memory.of_each(memory.processes(least_bytes=90_000_000, most=4))
        with each.open(finished) as reader:
            assert limit_bytes(reader) == pytest.approx(96e6, rel=0.01)
            reader.execute("select share from counts order by share").fetchone()
            [spilt] = temporary.iterdir()
            assert list(spilt.iterdir())
            with pytest.raises(duckdb.Error, match="read-only"):
                reader.execute("create table main.more (number integer)")
    assert not temporary.exists()
    assert limit_bytes(build.connection) == before


def test_little_memory_is_for_one_process() -> None:
    memory = ReadersMemory(600_000_000, Path("of no use"))
    assert memory.processes(least_bytes=500_000_000, most=2) == 1
    assert ReadersMemory(100, Path("of no use")).processes(least_bytes=500_000_000, most=2) == 1
    assert ReadersMemory(10**9, Path("of no use")).processes(least_bytes=500_000_000, most=2) == 2
    assert ReadersMemory(10**10, Path("of no use")).processes(least_bytes=500_000_000, most=2) == 2
