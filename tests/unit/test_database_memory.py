"""Two databases open at once take together what one may."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from assets.database_memory import database_beside, leaving_half


def limit_bytes(connection: duckdb.DuckDBPyConnection) -> int:
    [(found,)] = connection.execute(
        "select parse_formatted_bytes(current_setting('memory_limit'))"
    ).fetchall()
    return int(found)


@pytest.fixture
def build(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(str(tmp_path / "warehouse.duckdb"))
    connection.execute("set memory_limit = '256MiB'")
    connection.execute("create table counts as select range as people from range(10_000_000)")
    return connection


def test_half_is_left_and_comes_back(build: duckdb.DuckDBPyConnection) -> None:
    build.execute("select sum(people) from counts").fetchall()
    with leaving_half(build) as half:
        assert limit_bytes(build) == 128 * 1024**2
        assert half == f"{128 * 1024**2}B"
        held = build.execute("select sum(memory_usage_bytes) from duckdb_memory()").fetchall()
        assert held[0][0] <= limit_bytes(build)
    assert limit_bytes(build) == 256 * 1024**2


def test_half_comes_back_after_an_error(build: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(ZeroDivisionError), leaving_half(build):
        raise ZeroDivisionError
    assert limit_bytes(build) == 256 * 1024**2


@pytest.mark.parametrize("name", [None, "copy.duckdb"])
def test_one_beside_has_the_other_half(
    build: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str | None,
) -> None:
    started_in = tmp_path / "started in"
    started_in.mkdir()
    monkeypatch.chdir(started_in)
    with database_beside(build, tmp_path / name if name else None) as other:
        assert limit_bytes(other) == limit_bytes(build) == 128 * 1024**2
        other.execute("set memory_limit = '40MiB'")
        rows = "select hash(range) as h, range::varchar from range(2_000_000)"
        other.execute(f"create table sorted as {rows} order by h")
        assert not list(started_in.iterdir()), "what it spills lies beside the build"
    assert limit_bytes(build) == 256 * 1024**2
    with pytest.raises(duckdb.ConnectionException):
        other.execute("select 1")
