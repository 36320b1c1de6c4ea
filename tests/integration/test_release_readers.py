"""Readers of a release, in processes of their own: while others come into force, and older ones."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet
import pytest
from killable import publish_night, small_build

from assets.release.candidate.writing import remove_tree
from assets.release.shelf.publication import Releases

pytestmark = pytest.mark.slow

READERS = 10
# Resolves the link anew for every query, as an analyst's script does; says each version's answer.
READER = """
import json, select, sys
from pathlib import Path
import duckdb
current = Path(sys.argv[1]) / "current"
times, seen = 0, {}
print("reading", flush=True)
while not select.select([sys.stdin], [], [], 0)[0] or times == 0:
    with duckdb.connect(str(current / "doing_with.duckdb"), read_only=True) as connection:
        answer = connection.execute(
            "select count(*), min(unweighted_base), max(unweighted_base) from indicator_values"
        ).fetchall()[0]
    lowest, highest = answer[1:]
    assert lowest == highest, f"two releases in one answer: {answer}"
    seen[str(lowest)] = answer
    times += 1
print(json.dumps([times, seen]), flush=True)
"""


@pytest.fixture
def releases(tmp_path: Path) -> Iterator[Releases]:
    yield Releases(tmp_path / "releases")
    remove_tree(tmp_path / "releases")


def test_ten_readers_see_one_release_at_a_time_through_three_publications(
    releases: Releases,
) -> None:
    build = small_build()
    publish_night(build, releases, 1)
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, str(releases.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(READERS)
    ]
    for reader in readers:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "reading\n"
    for night in (2, 3, 4):
        publish_night(build, releases, night)
    asked, nights = 0, set()
    for reader in readers:
        said, errors = reader.communicate("enough\n", timeout=60)
        assert reader.returncode == 0, errors
        assert errors == ""
        times, seen = json.loads(said)
        asked += times
        nights |= seen.keys()
        assert {rows for rows, *_ in seen.values()} == {build_rows(build)}
    assert asked > 10 * READERS
    assert nights >= {"1", "4"} or len(nights) > 2, "the readers saw hardly any publication"


def build_rows(build: duckdb.DuckDBPyConnection) -> int:
    [(rows,)] = build.execute("select count(*) from marts.indicator_values").fetchall()
    return int(rows)


# Clients that are a few releases behind

CLIENT = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
rows = connection.execute("select count(*), count(value) from indicator_values").fetchone()
comments = connection.execute(
    "select count(*) from duckdb_columns() where comment is not null "
    "and table_name = 'indicator_values'"
).fetchone()
joined = connection.execute(
    "select count(*) from indicator_values join areas using (area_type, area_code) "
    "join data_dictionary on table_name = 'indicator_values' and column_name = 'value'"
).fetchone()
parquet = connection.execute("select count(*) from read_parquet(?)", [sys.argv[2]]).fetchone()
print(duckdb.__version__, *rows, *comments, *joined, *parquet)
"""


@pytest.mark.slow
@pytest.mark.parametrize("series", ["1.4", "1.5"])
def test_older_duckdb_clients_open_a_release(
    releases: Releases, tmp_path: Path, series: str
) -> None:
    build = small_build()
    publish_night(build, releases, 1)
    folder = releases.folder / "current"
    place = tmp_path / "client"
    venv.create(place, with_pip=True)
    python = str(place / "bin" / "python")
    installed = subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
         f"duckdb=={series}.*"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    # pip ends like that for an index that it cannot reach; a version that is not there is a defect.
    unreachable = ("Connection", "Temporary failure", "timed out", "Max retries")
    if installed.returncode and any(word in installed.stderr for word in unreachable):
        pytest.skip(f"the package index cannot be reached: {installed.stderr.splitlines()[-1]}")
    assert installed.returncode == 0, installed.stderr

    parquet = folder / "parquet" / "indicator_values.parquet"
    said = subprocess.run(
        [python, "-c", CLIENT, str(folder / "doing_with.duckdb"), str(parquet)],
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip

    [(values, columns)] = build.execute(
        "select count(value), (select count(*) from duckdb_columns() "
        "where table_name = 'indicator_values') from marts.indicator_values"
    ).fetchall()
    assert said[0].startswith(f"{series}.")
    rows = build_rows(build)
    assert [int(number) for number in said[1:]] == [rows, values, columns, rows, rows]


def test_readers_that_are_not_duckdb_read_every_parquet_file(releases: Releases) -> None:
    build = small_build()
    publish_night(build, releases, 1)
    manifest = releases.current()
    assert manifest is not None
    for table in manifest.tables:
        path = releases.folder / "current" / table.parquet_path
        names = [column.name for column in table.columns]
        arrow = pyarrow.parquet.read_table(path)
        frame = pl.read_parquet(path)
        assert (arrow.num_rows, arrow.column_names) == (table.rows, names)
        assert (frame.height, frame.columns) == (table.rows, names)
    for path in sorted((releases.folder / "current" / "cml").iterdir()):
        assert pl.read_parquet(path).height == pyarrow.parquet.read_table(path).num_rows > 0
