"""Releases: the hash, the candidate and its reading, the manifest, publishing and its kills."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.release.candidate.content_hash import ContentHashError, content_hash, table_hash
from assets.release.candidate.facts import SYNTHETIC_NOTICE, CandidateFacts
from assets.release.candidate.reading import attached, compare_as_written
from assets.release.candidate.writing import CandidateError, write_candidate
from assets.release.shelf.manifest import (
    EditionEntry,
    Manifest,
    RuleCount,
    UnrecognisedFile,
    read_manifest,
    software_versions,
    write_manifest,
)
from assets.release.shelf.publication import PublicationRefusedError, ReleaseError, Releases
from assets.release.tables import PUBLISHED_TABLES, PublishedTable
from expectations.rules import NoRows, NotNull, RowCount
from expectations.validation import Validator

ROOT = Path(__file__).resolve().parents[2]
VALUES = PublishedTable(name="indicator_values", sort_by=("indicator_id", "area_code"))
RESULTS = PublishedTable(
    name="expectation_results",
    sort_by=("run_id", "rule"),
    source_schema="quality",
    published_schema="quality",
    in_content_hash=False,
)
TABLES = (VALUES, RESULTS)
FIRST = "2026-07-01T020000Z-0000000a"
SECOND = "2026-07-02T020000Z-0000000b"

Cell = tuple[int | None, float | None, str | None, date | None, bool | None]


@dataclass
class Verdicts:
    not_run: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def missing(self) -> list[str]:
        return self.not_run

    def failed(self) -> list[str]:
        return self.broken


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        yield connection


@pytest.fixture
def build() -> Iterator[duckdb.DuckDBPyConnection]:
    with build_of("v1") as connection:
        yield connection


def build_of(mark: str) -> duckdb.DuckDBPyConnection:
    """A build of two tables, rows against their canonical order, one mart being a view."""
    connection = duckdb.connect(config={"threads": 2})
    connection.execute(
        f"""
        create schema marts;
        create schema quality;
        create table marts.stored as
          select 'pc_sdm_0' || (i % 3) as indicator_id, 'Y0' || (i * 7 % 100) as area_code,
                 i / 100 as value, i::bigint as numerator, '{mark}' as lineage_id,
                 date '2025-01-01' as period_start, i % 2 = 0 as is_current
          from range(100) as numbers(i) order by i desc;
        create view marts.indicator_values as from marts.stored;
        comment on view marts.indicator_values is 'One row per value, it''s all here';
        create table quality.expectation_results as
          select 'run 1' as run_id, 'rule ' || i as rule, true as passed
          from range(3) as numbers(i);
        comment on table quality.expectation_results is 'Outcomes of rules';
        """
    )
    for schema, table in (("marts", "indicator_values"), ("quality", "expectation_results")):
        for name, *_ in connection.execute(f"describe {schema}.{table}").fetchall():
            connection.execute(f"comment on column {schema}.{table}.{name} is 'The {name}'")
    return connection


def manifest_of(version: str, facts: CandidateFacts, identity: str = "0a") -> Manifest:
    return Manifest(
        version=version,
        created_at=datetime(2026, 7, 1, 2, tzinfo=UTC),
        identity=identity,
        content_hash=facts.content_hash,
        as_of=date(2026, 6, 30),
        is_synthetic=facts.is_synthetic,
        schema_version="1.0",
        database_bytes=facts.database_bytes,
        tables=facts.tables,
        editions=(EditionEntry(extract="gpps_practice", period="2025", sha256s=("ab", "cd")),),
        unrecognised=(UnrecognisedFile(file_name="x.csv", sha256="ef", reason="no contract"),),
        rules=(RuleCount(suite="mart", severity="critical", passed=7, failed=0),),
        software=software_versions(),
    )


def stage(releases: Releases, version: str, mark: str = "v1") -> Manifest:
    facts = write_candidate(build_of(mark), releases.staging(version), TABLES, is_synthetic=True)
    return manifest_of(version, facts)


def publish(releases: Releases, version: str, mark: str = "v1") -> Path:
    return releases.publish(version, Verdicts(), stage(releases, version, mark))


def facts_of(manifest: Manifest) -> CandidateFacts:
    return CandidateFacts(
        is_synthetic=manifest.is_synthetic,
        content_hash=manifest.content_hash,
        database_bytes=manifest.database_bytes,
        tables=manifest.tables,
    )


def assert_sound(releases: Releases) -> Manifest:
    """What analysts find through the link is one complete release, to the last value."""
    manifest = releases.current()
    assert manifest is not None
    folder = releases.folder / "current"
    assert compare_as_written(duckdb.connect(), folder, facts_of(manifest)) == []
    return manifest


# The hash

_rows = st.lists(
    st.tuples(
        st.none() | st.integers(-(2**63), 2**63 - 1),
        st.none() | st.integers(-(10**6), 10**6).map(lambda i: i / 1000),
        st.none() | st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=5),
        st.none() | st.dates(),
        st.none() | st.booleans(),
    ),
    min_size=1,
    max_size=6,
)
_COLUMNS = ("whole", "number", "words", "day", "flag")


def hash_of_rows(engine: duckdb.DuckDBPyConnection, rows: list[Cell]) -> str:
    engine.execute(
        "create or replace table cells "
        "(whole bigint, number double, words varchar, day date, flag boolean)"
    )
    engine.executemany("insert into cells values (?, ?, ?, ?, ?)", rows)
    return table_hash(engine, "cells", _COLUMNS)


@settings(max_examples=40, deadline=None)
@given(rows=_rows, data=st.data())
def test_hash_ignores_the_order_of_rows_and_noise_and_sees_every_cell(
    engine: duckdb.DuckDBPyConnection, rows: list[Cell], data: st.DataObject
) -> None:
    before = hash_of_rows(engine, rows)
    assert hash_of_rows(engine, data.draw(st.permutations(rows))) == before
    noisy = [(w, None if n is None else n * (1 + 1e-13), t, d, f) for w, n, t, d, f in rows]
    assert hash_of_rows(engine, noisy) == before

    row, column = data.draw(st.integers(0, len(rows) - 1)), data.draw(st.integers(0, 4))
    other = data.draw(_rows.map(lambda drawn: drawn[0][column]))
    if other != rows[row][column]:
        changed = [*rows]
        changed[row] = (*rows[row][:column], other, *rows[row][column + 1 :])  # type: ignore[assignment]
        assert hash_of_rows(engine, changed) != before
    assert hash_of_rows(engine, [*rows, rows[0]]) != before


def test_hash_tells_apart_what_looks_alike(engine: duckdb.DuckDBPyConnection) -> None:
    def of(select: str, *columns: str) -> str:
        return table_hash(engine, f"({select})", columns or ("a", "b"))

    assert of("select '' as a, 'x' as b") != of("select null::varchar as a, 'x' as b")
    assert of("select 'xy' as a, 'z' as b") != of("select 'x' as a, 'yz' as b")
    assert of("select '1;2:z' as a, '' as b") != of("select '1' as a, '2:z;' as b")
    assert of("select 1 as a, 2 as b") != of("select 2 as a, 1 as b")
    assert of("select 1 as a union all select 1", "a") != of("select 1 as a", "a")
    assert of("select -0.0::double as a", "a") == of("select 0.0::double as a", "a")
    assert of("select 'nan'::double as a", "a") != of("select null::double as a", "a")
    assert of("select 0.1::double + 0.2::double as a", "a") == of("select 0.3::double as a", "a")
    assert of("select 1e-9::double as a", "a") != of("select 1.0001e-9::double as a", "a")
    assert of("select 1 as a, 2 as b", "b", "a") == of("select 1 as a, 2 as b", "a", "b")
    assert of("select 1 as a where false", "a") != of("select 1 as c where false", "c")
    with pytest.raises(ContentHashError, match=r"column a has type INTEGER\[\]"):
        of("select [1] as a", "a")


def test_hash_of_an_instant_does_not_depend_on_the_time_zone_of_the_session() -> None:
    hashes = set()
    for zone in ("UTC", "Europe/London"):
        connection = duckdb.connect()
        connection.execute(f"set timezone = '{zone}'")
        select = "(select make_timestamptz(1750000000000000) as a)"
        hashes.add(table_hash(connection, select, ["a"]))
    assert len(hashes) == 1


def test_hash_of_a_release_leaves_out_what_belongs_to_a_run(tmp_path: Path) -> None:
    first, again, other = build_of("v1"), build_of("v1"), build_of("v2")
    again.execute("update quality.expectation_results set run_id = 'run 2'")
    hashes = [
        write_candidate(c, tmp_path / str(n), TABLES, is_synthetic=False).content_hash
        for n, c in enumerate((first, again, other))
    ]
    assert hashes[0] == hashes[1] != hashes[2]
    assert content_hash({"a": "1", "b": "2"}) == content_hash({"b": "2", "a": "1"})
    assert content_hash({"a": "1", "b": "2"}) != content_hash({"a": "2", "b": "1"})


# The candidate


def test_published_tables_are_declared_once_and_records_stay_out_of_the_hash() -> None:
    names = [(table.published_schema, table.name) for table in PUBLISHED_TABLES]
    assert len(set(names)) == len(names) == 20
    outside = [table.name for table in PUBLISHED_TABLES if not table.in_content_hash]
    # Records of what arrived and of what was checked are no data of the release.
    assert outside == ["extract_editions", "landing_files", "expectation_results"]


def test_candidate_is_written_in_order_with_comments_in_the_older_storage_version(
    build: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    folder = tmp_path / "candidate"
    facts = write_candidate(build, folder, TABLES, is_synthetic=True)
    files = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    assert files == [
        "doing_with.duckdb",
        "parquet/indicator_values.parquet",
        "parquet/quality_expectation_results.parquet",
    ]
    # Bytes 12 to 20 hold the version of the format: 67 is v1.4.0, 69 is what 2.0 writes itself.
    with (folder / "doing_with.duckdb").open("rb") as file:
        assert int.from_bytes(file.read(20)[12:], "little") == 67

    read = duckdb.connect(str(folder / "doing_with.duckdb"), read_only=True)
    [(comment,)] = read.execute(
        "select comment from duckdb_tables() where table_name = 'indicator_values'"
    ).fetchall()
    assert comment == f"{SYNTHETIC_NOTICE}One row per value, it's all here"
    comments = read.execute("select column_name, comment from duckdb_columns()").fetchall()
    assert ("area_code", "The area_code") in comments
    expected = build.execute(
        "from marts.indicator_values order by indicator_id, area_code"
    ).fetchall()
    assert read.execute("from indicator_values").fetchall() == expected
    parquet = folder / "parquet" / "indicator_values.parquet"
    assert read.execute(f"from '{parquet}'").fetchall() == expected
    codec = f"select distinct compression from parquet_metadata('{parquet}')"
    assert read.execute(codec).fetchall() == [("ZSTD",)]
    [values, results] = facts.tables
    assert (values.rows, results.rows) == (100, 3)
    assert values.bytes == parquet.stat().st_size
    assert compare_as_written(build, folder, facts) == []


def test_candidate_of_real_data_carries_no_notice(
    build: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    facts = write_candidate(build, tmp_path / "candidate", TABLES, is_synthetic=False)
    assert facts.tables[0].description == "One row per value, it's all here"
    assert compare_as_written(build, tmp_path / "candidate", facts) == []
    claimed = facts.model_copy(update={"is_synthetic": True})
    differences = compare_as_written(build, tmp_path / "candidate", claimed)
    assert len(differences) == len(TABLES)
    assert "does not say that the data are synthetic" in differences[0]


def test_candidate_refuses_what_it_cannot_write_before_it_writes(
    build: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    folder = tmp_path / "candidate"
    build.execute("create table marts.sums as select sum(numerator) as total from marts.stored")
    for table, message in (
        (PublishedTable(name="sums", sort_by=("total",)), "marts.sums: total is HUGEINT"),
        (PublishedTable(name="lost", sort_by=()), "no table marts.lost"),
        (PublishedTable(name="stored", sort_by=("age",)), "marts.stored has no column age"),
    ):
        with pytest.raises(CandidateError, match=message):
            write_candidate(build, folder, (*TABLES, table), is_synthetic=False)
        assert not folder.exists()


def test_candidate_replaces_a_half_written_one_and_nothing_else(
    build: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    half = tmp_path / "half"
    (half / "parquet").mkdir(parents=True)
    (half / "doing_with.duckdb").write_bytes(b"cut off")
    (half / "doing_with.duckdb.wal").write_bytes(b"cut off")
    (half / "parquet" / "stale.parquet").write_bytes(b"")
    facts = write_candidate(build, half, TABLES, is_synthetic=False)
    assert compare_as_written(build, half, facts) == []

    write_manifest(half, manifest_of(FIRST, facts))
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "letter.txt").write_text("dear", encoding="utf-8")
    for taken in (half, tmp_path / "letters"):
        with pytest.raises(CandidateError, match="is not a half-written candidate"):
            write_candidate(build, taken, TABLES, is_synthetic=False)
    assert (tmp_path / "letters" / "letter.txt").exists()
    assert compare_as_written(build, half, facts) == []


def tampered(folder: Path, sql: str) -> None:
    with duckdb.connect(str(folder / "doing_with.duckdb")) as connection:
        connection.execute(sql)


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("drop table quality.expectation_results", "quality.expectation_results is missing"),
        ("delete from indicator_values where numerator = 3", "99 rows, 100 in the build"),
        ("update indicator_values set value = value + 1e-6 where numerator = 3", "other values"),
        ("comment on table indicator_values is null", "main.indicator_values has no comment"),
        ("comment on column indicator_values.value is null", "no comment on column value"),
        ("alter table indicator_values alter value type float", "value FLOAT in place of value D"),
        ("create table notes (a int)", "main.notes is not one of the release"),
    ],
)
def test_reading_names_what_differs_in_the_database(
    build: duckdb.DuckDBPyConnection, tmp_path: Path, sql: str, message: str
) -> None:
    facts = write_candidate(build, tmp_path / "candidate", TABLES, is_synthetic=False)
    tampered(tmp_path / "candidate", sql)
    [difference] = compare_as_written(build, tmp_path / "candidate", facts)
    assert message in difference
    assert "doing_with.duckdb" in difference


def test_reading_names_files_that_are_missing_damaged_or_exchanged(
    build: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    folder = tmp_path / "candidate"
    facts = write_candidate(build, folder, TABLES, is_synthetic=False)
    values = folder / "parquet" / "indicator_values.parquet"
    build.execute(
        f"copy (select * replace (if(numerator = 3, 0.5, value) as value) "
        f"from marts.indicator_values) to '{values}' (format parquet, compression zstd)"
    )
    (folder / "parquet" / "quality_expectation_results.parquet").write_bytes(b"PAR1 cut off")
    (folder / "parquet" / "notes.parquet").write_bytes(b"")
    (folder / "doing_with.duckdb").write_bytes(b"not a database, " * 1000)
    found = "\n".join(compare_as_written(build, folder, facts))
    assert "doing_with.duckdb cannot be read" in found
    assert "notes.parquet is not of a table of the release" in found
    assert "indicator_values.parquet: table main.indicator_values has other values" in found
    assert "quality_expectation_results.parquet: table quality.expectation_results cannot" in found
    values.unlink()
    (folder / "doing_with.duckdb").unlink()
    found = "\n".join(compare_as_written(build, folder, facts))
    assert "doing_with.duckdb is missing" in found
    assert "indicator_values.parquet is missing" in found


def test_rules_run_on_the_candidate_as_written_beside_the_build(
    build: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    folder = tmp_path / "candidate"
    write_candidate(build, folder, TABLES, is_synthetic=False)
    tampered(folder, "update indicator_values set area_code = null where numerator = 3")
    table = "candidate.indicator_values"
    rules = [
        RowCount(table=table, name="rows", description="", at_least=100, at_most=100),
        NotNull(table=table, name="area", description="", column="area_code"),
        NoRows(
            table=table,
            name="as_built",
            description="",
            query=f"select area_code from {table} except from (select area_code from marts.stored)",
        ),
        RowCount(
            table="candidate.quality_expectation_results", name="q", description="", at_least=3
        ),
    ]
    with attached(build, folder) as alias:
        assert alias == "candidate"
        outcomes = Validator(build).validate(rules)
        assert [outcome.passed for outcome in outcomes] == [True, False, False, True]
        with pytest.raises(duckdb.Error, match="read-only"):
            build.execute("delete from candidate_file.main.indicator_values")
    assert "candidate" not in str(
        build.execute("select schema_name from duckdb_schemas()").fetchall()
    )


# The manifest


def test_manifest_tells_what_a_release_holds(
    build: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    facts = write_candidate(build, tmp_path / "candidate", TABLES, is_synthetic=True)
    manifest = manifest_of(FIRST, facts)
    write_manifest(tmp_path, manifest)
    assert read_manifest(tmp_path) == manifest
    assert manifest.software["duckdb"] == duckdb.__version__


# Publishing


def test_publishing_makes_a_release_the_current_one_and_read_only(tmp_path: Path) -> None:
    releases = Releases(tmp_path / "releases")
    assert releases.current() is None
    assert releases.list() == ()
    folder = publish(releases, FIRST)
    assert folder == releases.folder / FIRST
    assert releases.list() == (FIRST,)
    assert (releases.folder / "current").readlink() == Path(FIRST)
    manifest = assert_sound(releases)
    latest = json.loads((releases.folder / "latest.json").read_text(encoding="utf-8"))
    assert set(latest) == {"version", "published_at", "content_hash"}
    assert (latest["version"], latest["content_hash"]) == (FIRST, manifest.content_hash)
    modes = {p.relative_to(folder): p.stat().st_mode & 0o777 for p in folder.rglob("*")}
    assert {mode for path, mode in modes.items() if path.suffix} == {0o444}
    assert {mode for path, mode in modes.items() if not path.suffix} == {0o555}
    assert folder.stat().st_mode & 0o777 == 0o555
    with pytest.raises(ReleaseError, match="never written again"):
        releases.publish(FIRST, Verdicts(), stage(releases, FIRST, "v2"))
    assert releases.sweep() == (f".candidate-{FIRST}",)
    assert releases.list() == (FIRST,)
    assert_sound(releases)


def test_versions_are_named_after_the_moment_and_the_identity(tmp_path: Path) -> None:
    releases = Releases(tmp_path)
    moment = datetime.fromisoformat("2026-07-01T03:04:05+01:00")
    version = releases.new_version(moment, "0123456789abcdef")
    assert version == "2026-07-01T020405Z-01234567"
    assert releases.staging(version) == tmp_path / ".candidate-2026-07-01T020405Z-01234567"
    with pytest.raises(ReleaseError, match="time zone"):
        releases.new_version(moment.replace(tzinfo=None), "0123456789abcdef")
    with pytest.raises(ReleaseError, match="not a hash"):
        releases.new_version(moment, "night")
    for name in ("../elsewhere", "current", f"{FIRST}/x"):
        with pytest.raises(ReleaseError, match="not the version of a release"):
            releases.staging(name)
        with pytest.raises(ReleaseError, match="not the version of a release"):
            releases.roll_back(name)


@pytest.mark.parametrize(
    ("verdicts", "named"),
    [
        (
            Verdicts(not_run=["marts.a", "marts.b"]),
            ["did not run: marts.a", "did not run: marts.b"],
        ),
        (Verdicts(broken=["marts.c"]), ["failed: marts.c"]),
        (Verdicts(["marts.a"], ["marts.c"]), ["did not run: marts.a", "failed: marts.c"]),
    ],
)
def test_publishing_is_refused_when_a_rule_failed_or_did_not_run(
    tmp_path: Path, verdicts: Verdicts, named: list[str]
) -> None:
    releases = Releases(tmp_path)
    publish(releases, FIRST)
    manifest = stage(releases, SECOND, "v2")
    with pytest.raises(PublicationRefusedError) as refusal:
        releases.publish(SECOND, verdicts, manifest)
    assert all(rule in str(refusal.value) for rule in (SECOND, *named))
    assert releases.list() == (FIRST,)
    assert assert_sound(releases).version == FIRST
    assert json.loads((tmp_path / "latest.json").read_bytes())["version"] == FIRST


def test_publishing_is_refused_when_the_candidate_is_not_what_the_manifest_says(
    tmp_path: Path,
) -> None:
    releases = Releases(tmp_path)
    manifest = stage(releases, FIRST)
    staging = releases.staging(FIRST)
    with pytest.raises(ReleaseError, match=f"its manifest is of {FIRST}"):
        releases.publish(SECOND, Verdicts(), manifest)
    (staging / "doing_with.duckdb.wal").touch()
    with pytest.raises(ReleaseError, match=r"duckdb\.wal is left"):
        releases.publish(FIRST, Verdicts(), manifest)
    (staging / "doing_with.duckdb.wal").unlink()
    (staging / "parquet" / "indicator_values.parquet").write_bytes(b"short")
    with pytest.raises(ReleaseError, match=r"indicator_values\.parquet is damaged: 5 bytes"):
        releases.publish(FIRST, Verdicts(), manifest)
    assert releases.current() is None
    assert releases.list() == ()


def test_a_damaged_release_in_force_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    releases = Releases(tmp_path)
    folder = publish(releases, FIRST)
    publish(releases, SECOND)
    link = tmp_path / "current"
    folder.chmod(0o755)
    for name in ("manifest.json", "doing_with.duckdb", "parquet/indicator_values.parquet"):
        path = folder / name
        path.chmod(0o644)
        whole = path.read_bytes()
        path.write_bytes(whole[:-7])
        with pytest.raises(ReleaseError, match=f"{name}.* is damaged"):
            releases.roll_back(FIRST)
        assert assert_sound(releases).version == SECOND
        path.write_bytes(whole)
    (folder / "manifest.json").rename(folder / "elsewhere.json")
    link.unlink()
    link.symlink_to(FIRST)
    with pytest.raises(ReleaseError, match=r"manifest\.json is missing"):
        releases.current()
    for target, message in (("2020-01-01T000000Z-00000000", "missing"), ("/", "not a release")):
        link.unlink()
        link.symlink_to(target)
        with pytest.raises(ReleaseError, match=message):
            releases.current()


def test_rolling_back_moves_the_link(tmp_path: Path) -> None:
    releases = Releases(tmp_path)
    publish(releases, FIRST, "v1")
    publish(releases, SECOND, "v2")
    assert assert_sound(releases).version == SECOND
    assert releases.roll_back(FIRST).version == FIRST
    assert assert_sound(releases).version == FIRST
    assert json.loads((tmp_path / "latest.json").read_bytes())["version"] == FIRST
    assert releases.list() == (FIRST, SECOND)


def test_sweep_removes_what_killed_runs_left_and_mends_the_pointer(tmp_path: Path) -> None:
    releases = Releases(tmp_path)
    publish(releases, FIRST)
    stage(releases, SECOND)
    (releases.staging(SECOND) / "parquet").chmod(0o555)
    releases.staging(SECOND).chmod(0o555)
    (tmp_path / ".current.99.tmp").symlink_to(SECOND)
    (tmp_path / ".latest.json.99.tmp").touch()
    (tmp_path / "latest.json").write_text(json.dumps({"version": SECOND}), encoding="utf-8")
    (tmp_path / "readme.txt").touch()
    assert releases.sweep() == (
        f".candidate-{SECOND}",
        ".current.99.tmp",
        ".latest.json.99.tmp",
    )
    assert sorted(os.listdir(tmp_path)) == [
        FIRST,
        "current",
        "history.jsonl",
        "latest.json",
        "readme.txt",
    ]
    assert json.loads((tmp_path / "latest.json").read_bytes())["version"] == FIRST
    assert releases.sweep() == ()


# Readers and kills, in processes of their own

READER = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
for line in sys.stdin:
    print(connection.execute(
        "select any_value(lineage_id), count(*), sum(numerator) from indicator_values"
    ).fetchall(), flush=True)
"""


def reader(path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", READER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def ask(process: subprocess.Popen[str]) -> str:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("again\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


def test_a_reader_in_another_process_is_never_disturbed(tmp_path: Path) -> None:
    releases = Releases(tmp_path)
    publish(releases, FIRST, "v1")
    path = tmp_path / "current" / "doing_with.duckdb"
    with reader(path) as early:
        assert ask(early) == "[('v1', 100, 4950)]"
        publish(releases, SECOND, "v2")
        assert ask(early) == "[('v1', 100, 4950)]"
        with reader(path) as late:
            assert ask(late) == "[('v2', 100, 4950)]"
            assert ask(early) == "[('v1', 100, 4950)]"
    assert (early.returncode, late.returncode) == (0, 0)


def run_and_kill(code: str, *arguments: str, after: float) -> None:
    """Start a program, wait for its first line, then kill it some seconds later."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    killer = threading.Timer(after, process.kill)
    killer.start()
    process.communicate(timeout=60)
    killer.join()
    assert process.returncode == -signal.SIGKILL


# Publishes release after release, all of different values, until it is killed.
NIGHTS = """
import sys
from datetime import UTC, datetime
from pathlib import Path
import duckdb
from assets.release.candidate.writing import write_candidate
from assets.release.shelf.manifest import Manifest
from assets.release.shelf.publication import Releases
from assets.release.tables import PublishedTable

class Verdicts:
    def missing(self): return []
    def failed(self): return []

releases = Releases(Path(sys.argv[1]))
night = int(sys.argv[2])
connection = duckdb.connect(config={"threads": 1})
connection.execute("create schema marts")
print("ready", flush=True)
while True:
    night += 1
    connection.execute(
        f"create or replace table marts.areas as select 'A' || i as area_code, {night} as night "
        "from range(20000) as numbers(i); comment on table marts.areas is 'Areas';"
        "comment on column marts.areas.area_code is 'Code';"
        "comment on column marts.areas.night is 'Night'"
    )
    version = releases.new_version(datetime.now(UTC), f"{night:08x}")
    areas = PublishedTable(name="areas", sort_by=("area_code",))
    facts = write_candidate(connection, releases.staging(version), [areas], is_synthetic=False)
    releases.publish(version, Verdicts(), Manifest(
        version=version, created_at=datetime.now(UTC), identity=f"{night:08x}",
        content_hash=facts.content_hash, as_of="2026-06-30", is_synthetic=False,
        schema_version="1.0", database_bytes=facts.database_bytes, tables=facts.tables,
    ))
"""


def test_a_kill_at_any_moment_leaves_a_complete_release_in_force(tmp_path: Path) -> None:
    releases = Releases(tmp_path)
    moments = random.Random(20260701)
    publish(releases, "2020-01-01T020000Z-00000000")
    in_the_middle, nights = 0, 0
    for attempt in range(40):
        if attempt >= 6 and in_the_middle >= 2 and nights >= 3:
            break
        # On a busy machine little happens in that time, and more kills are needed.
        run_and_kill(NIGHTS, str(tmp_path), str(attempt * 1000), after=moments.uniform(0.1, 0.4))
        current = assert_sound(releases)
        for version in releases.list():
            assert releases.manifest(version).version == version
        nights = max(nights, len(releases.list()))
        in_the_middle += bool(releases.sweep())
        assert releases.current() == current
        names = {p.name for p in tmp_path.iterdir()}
        assert names == {*releases.list(), "current", "history.jsonl", "latest.json"}
    assert in_the_middle >= 2, "no kill hit a run that was writing"
    assert nights >= 3, "hardly any run published"


# Publishes in a child that the audit hook of Python kills at its nth step on files.
STEPS = """
import os, shutil, signal, sys
from pathlib import Path
from assets.release.shelf.manifest import Manifest, read_manifest
from assets.release.shelf.publication import Releases

class Verdicts:
    def missing(self): return []
    def failed(self): return []

template, releases = Path(sys.argv[1]), Releases(Path(sys.argv[2]))
old, manifest = sys.argv[3], read_manifest(template.parent)
step = 0
while True:
    step += 1
    shutil.copytree(template, releases.staging(manifest.version))
    child = os.fork()
    if child == 0:
        seen = 0
        def count(event, arguments):
            global seen
            if event in ("open", "os.rename", "os.chmod", "os.symlink", "os.mkdir", "os.remove"):
                seen += 1
                if seen == step:
                    os.kill(os.getpid(), signal.SIGKILL)
        sys.addaudithook(count)
        releases.publish(manifest.version, Verdicts(), manifest)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    current = releases.current().version
    shown = os.path.exists(releases.folder / manifest.version)
    if shown:
        releases.verify(manifest.version)
        assert releases.manifest(manifest.version).tables == manifest.tables, step
        files = [p for p in (releases.folder / manifest.version).rglob("*") if p.is_file()]
        assert {p.stat().st_mode & 0o777 for p in files} == {0o444}, step
    print(step, "old" if current == old else "new", "shown" if shown else "hidden", flush=True)
    if os.WIFEXITED(status):
        break
    releases.sweep()
    if current != old:
        releases.roll_back(old)
    if shown:
        shutil.rmtree(releases.folder / manifest.version)
"""


def test_a_kill_before_each_step_of_publishing_leaves_the_old_or_the_whole_new_release(
    tmp_path: Path,
) -> None:
    releases = Releases(tmp_path / "releases")
    publish(releases, FIRST, "v1")
    facts = write_candidate(build_of("v2"), tmp_path / "template", TABLES, is_synthetic=True)
    write_manifest(tmp_path, manifest_of(SECOND, facts))
    arguments = [str(tmp_path / "template"), str(releases.folder), FIRST]
    run = subprocess.run(
        [sys.executable, "-c", STEPS, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    found = [line.split()[1:] for line in run.stdout.splitlines()]
    stages = [state for n, state in enumerate(found) if n == 0 or state != found[n - 1]]
    assert stages == [["old", "hidden"], ["old", "shown"], ["new", "shown"]]
    assert len(found) > 15
    assert assert_sound(releases).version == SECOND
