"""Releases side by side: verification, history, retention, changes, the command line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_release import (
    SCHEMA_VERSION,
    VERSIONS,
    Verdicts,
    manifest_of_whole,
    publish_whole,
    small_build,
    write_whole_candidate,
)
from typer.testing import CliRunner

from assets.home import Build, Home
from assets.release.candidate.writing import remove_tree
from assets.release.changes.comparison import Comparison, compare_releases
from assets.release.changes.page import read_changes
from assets.release.completing import side_of
from assets.release.shelf.history import History, HistoryError
from assets.release.shelf.publication import ReleaseError, Releases
from assets.release.shelf.retention import Retention, made_at, to_remove
from expectations.validation import Validator
from orchestration.command_line import app
from orchestration.inquiry_jobs import inquiry_jobs
from orchestration.operator_jobs import operator_jobs
from orchestration.settings import Settings

FIRST, SECOND, THIRD, FOURTH, FIFTH = VERSIONS[:5]
# England's share for 2024 is revised, a board disappears, one value is hidden, one appears.
REVISED = """
update marts.indicator_values set value = 0.9 where indicator_id = 'PC-SDM-01'
    and area_type = 'england' and period_end = '2024-03-31';
update marts.latest_values set value = value + 0.01 where indicator_id = 'PC-SDM-01'
    and area_code = 'QAA';
update marts.indicator_values set value = null, value_state = 'suppressed', value_reason = 'small',
    lower_95 = null, upper_95 = null
    where indicator_id = 'PC-SDM-01' and area_code = 'QAA' and period_end = '2025-03-31';
insert into marts.indicator_values select * replace (date '2026-01-01' as period_start,
    date '2026-03-31' as period_end) from marts.indicator_values
    where indicator_id = 'PC-SDM-01' and area_type = 'england' and period_end = '2024-03-31';
delete from marts.indicator_values where indicator_id = 'PC-SDM-01' and area_code = 'QBB';
"""


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Releases:
    """Two complete releases, the second revised; no test changes them."""
    releases = Releases(tmp_path_factory.mktemp("two") / "releases")
    assert publish_whole(releases, FIRST) == Comparison("first")
    assert publish_whole(releases, SECOND, REVISED) == Comparison("compared", FIRST)
    return releases


@pytest.fixture
def releases(two: Releases, tmp_path: Path) -> Iterator[Releases]:
    """A copy of the two releases to do anything with."""
    folder = tmp_path / "releases"
    shutil.copytree(two.folder, folder, symlinks=True)
    yield Releases(folder)
    remove_tree(folder)


def changes(releases: Releases, version: str, query: str) -> list[tuple[object, ...]]:
    database = releases.folder / version / "doing_with.duckdb"
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(query.format("release_changes")).fetchall()


# Verification


def test_verification_names_each_file_that_is_not_as_published(releases: Releases) -> None:
    assert releases.verify(FIRST).version == FIRST
    folder = releases.folder / FIRST
    for path in (folder, folder / "cml"):
        path.chmod(0o755)
    page, metric = folder / "dictionary.md", folder / "cml" / "metric.parquet"
    for path in (page, metric):
        path.chmod(0o644)
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(bytes(content))
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ReleaseError) as caught:
        releases.verify(FIRST)
    for name in (
        "dictionary.md is damaged",
        "metric.parquet is damaged",
        "notes.txt is not listed",
    ):
        assert name in str(caught.value)
    assert "indicators" not in str(caught.value)
    page.unlink()
    with pytest.raises(ReleaseError, match=r"dictionary\.md is missing"):
        releases.verify(FIRST)
    with pytest.raises(ReleaseError, match=r"dictionary\.md is missing"):
        releases.roll_back(FIRST)
    assert releases.current_version() == SECOND


# History


def test_what_happens_to_releases_is_on_record(releases: Releases) -> None:
    releases.roll_back(FIRST, by="ada")
    releases.roll_back(FIRST, by="ada")
    events = [(e.event, e.from_version, e.to_version, e.by) for e in releases.history.events()]
    assert events == [
        ("published", None, FIRST, "a test"),
        ("published", FIRST, SECOND, "a test"),
        ("rolled_back", SECOND, FIRST, "ada"),
    ]
    assert releases.sweep() == ()
    assert len(releases.history.events()) == 3


def test_a_sweep_records_what_a_killed_run_could_not(releases: Releases) -> None:
    """The link moved, and the history says nothing of it."""
    link = releases.folder / "current"
    link.unlink()
    link.symlink_to(FIRST)
    releases.sweep()
    event = releases.history.events()[-1]
    assert (event.event, event.from_version, event.to_version) == ("rolled_back", SECOND, FIRST)
    assert "before it was on record" in str(event.note)

    (releases.folder / SECOND).rename(releases.folder / f".removing-{SECOND}")
    releases.sweep()
    assert releases.history.events()[-1].event == "removed"
    assert releases.history.events()[-1].from_version == SECOND
    assert releases.list() == (FIRST,)
    before = releases.history.events()
    releases.sweep()
    assert releases.history.events() == before


def test_a_history_that_was_written_into_says_where(tmp_path: Path) -> None:
    history = History(tmp_path / "history.jsonl")
    assert history.events() == []
    history.record("published", to_version=FIRST)
    with history.path.open("a", encoding="utf-8") as file:
        file.write("gone\n")
    with pytest.raises(HistoryError, match=r"history\.jsonl, line 2: not an event"):
        history.events()


# Retention

NOW = datetime(2026, 12, 1, tzinfo=UTC)


def aged(*days: int) -> list[str]:
    return [f"{NOW - timedelta(days=d):%Y-%m-%dT%H%M%SZ}-{d:08x}" for d in sorted(days)[::-1]]


def test_a_release_goes_when_it_is_neither_among_the_newest_nor_young() -> None:
    versions = aged(300, 200, 120, 100, 80, 10, 1)
    keep = Retention(count=2, days=90)
    assert to_remove(versions, [versions[-1]], keep, NOW) == tuple(versions[:4])
    assert to_remove(versions, [versions[-1]], Retention(count=5, days=90), NOW) == tuple(
        versions[:2]
    )
    assert to_remove(versions, [], keep, NOW) == ()
    # Rolled back to an old one: it, the one in force before it and the one made before it stay.
    gone = to_remove(versions, [versions[3], versions[-1], versions[1]], keep, NOW)
    assert gone == (versions[2], versions[3])
    with pytest.raises(ValueError, match="at least 1 release"):
        Retention(count=0)


@given(
    days=st.sets(st.integers(0, 400), min_size=1, max_size=12),
    count=st.integers(1, 8),
    least=st.integers(0, 200),
    data=st.data(),
)
def test_nothing_is_removed_that_must_stay(
    days: set[int], count: int, least: int, data: st.DataObject
) -> None:
    versions = aged(*days)
    in_force = data.draw(st.lists(st.sampled_from(versions), min_size=1, max_size=6))
    gone = to_remove(versions, in_force, Retention(count, least), NOW)
    kept = [version for version in versions if version not in gone]
    current = in_force[-1]
    assert current in kept
    others = [version for version in in_force if version != current]
    assert not others or others[-1] in kept
    position = versions.index(current)
    assert position == 0 or versions[position - 1] in kept
    assert set(versions[-count:]) <= set(kept)
    assert all(NOW - made_at(version) > timedelta(days=least) for version in gone)
    # Nothing grows for ever: what is old, beyond the number and not the way back is gone.
    assert len(kept) <= count + sum(d <= least for d in days) + 3


def test_retired_releases_are_gone_and_on_record(tmp_path: Path) -> None:
    releases = Releases(tmp_path / "releases")
    for version in (FIRST, SECOND, THIRD):
        publish_whole(releases, version)
    late = datetime(2027, 1, 1, tzinfo=UTC)
    assert releases.retire(Retention(30, 0), late) == ()
    assert releases.retire(Retention(1, 400), late) == ()
    # An open reader reads on.
    path = releases.folder / FIRST / "doing_with.duckdb"
    with duckdb.connect(str(path), read_only=True) as reader:
        assert releases.retire(Retention(1, 90), late, by="run 7") == (FIRST,)
        assert reader.execute("select count(*) from indicators").fetchall() == [(6,)]
    assert releases.list() == (SECOND, THIRD)
    event = releases.history.events()[-1]
    assert (event.event, event.from_version, event.by) == ("removed", FIRST, "run 7")
    assert not [path for path in releases.folder.iterdir() if path.name.startswith(".")]
    assert releases.current_version() == THIRD
    remove_tree(releases.folder)


def test_retention_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().retention == Retention(30, 90)
    monkeypatch.setenv("DOING_WITH_KEEP_RELEASES", "5")
    monkeypatch.setenv("DOING_WITH_KEEP_DAYS", "7")
    assert Settings().retention == Retention(5, 7)
    monkeypatch.setenv("DOING_WITH_KEEP_RELEASES", "0")
    with pytest.raises(ValueError, match="keep_releases"):
        Settings()


# Changes


def test_changes_tell_tables_values_states_movers_and_revisions(two: Releases) -> None:
    assert changes(two, FIRST, "select aspect, what from {}") == [("comparison", "first")]
    [(before, now, difference)] = changes(
        two,
        SECOND,
        "select previous, current, difference from {} where table_name = 'main.indicator_values'",
    )
    assert difference == now - before < 0
    values = changes(
        two,
        SECOND,
        "select what, indicator_id, area_type, affected_rows from {} where aspect = 'values' "
        "order by all",
    )
    assert values == [
        ("added", "PC-SDM-01", "england", 1),
        ("changed", "PC-SDM-01", "england", 1),
        ("changed", "PC-SDM-01", "icb", 1),
        ("removed", "PC-SDM-01", "icb", 2),
    ]
    states = changes(
        two,
        SECOND,
        "select value_state, previous, current from {} "
        "where aspect = 'states' and indicator_id is null and value_state = 'suppressed'",
    )
    assert states == [("suppressed", 0, 1)]
    movers = changes(
        two,
        SECOND,
        "select indicator_id, area_code, what, previous, round(current, 9) from {} "
        "where aspect = 'movers'",
    )
    assert movers == [("PC-SDM-01", "QAA", "up", 0.93, 0.94)]
    revisions = changes(
        two,
        SECOND,
        "select what, area_type, period_end::varchar, affected_rows, round(difference, 6) from {} "
        "where aspect = 'revisions' order by all",
    )
    assert revisions == [
        ("changed", "england", "2024-03-31", 1, 0.0049),
        ("changed", "icb", "2025-03-31", 1, None),
        ("removed", "icb", "2025-03-31", 2, None),
    ]
    page = (two.folder / SECOND / "changes.md").read_text(encoding="utf-8")
    assert f"Compared with release {FIRST}." in page
    assert "| PC-SDM-01 | icb QAA | gpps_from_2024 | 2025-03-31 | 0.93 | 0.94 | 0.01 |" in page
    assert "The first release" in (two.folder / FIRST / "changes.md").read_text(encoding="utf-8")


def test_a_value_that_one_side_hides_is_counted_and_not_shown(two: Releases) -> None:
    hidden = changes(
        two,
        SECOND,
        "select count(*) from {} where area_code = 'QAA' and aspect <> 'movers' "
        "or (aspect = 'revisions' and area_type = 'icb' and difference is not null)",
    )
    assert hidden == [(0,)]


def test_the_same_data_have_no_changes(two: Releases) -> None:
    with duckdb.connect() as connection:
        side = side_of(two, FIRST)
        twin = two.folder.parent / "twin"
        shutil.copytree(two.folder / FIRST, twin)
        same = compare_releases(
            connection, side, type(side)(SECOND, side.schema_version, twin, side.tables)
        )
        assert same.outcome == "compared"
        rows = read_changes(connection)
    told = [row for row in rows if row["aspect"] not in ("tables", "states", "comparison")]
    assert told == []
    assert all(row["difference"] == 0 for row in rows if row["aspect"] in ("tables", "states"))


def test_the_order_of_sums_is_no_change(tmp_path: Path) -> None:
    releases = Releases(tmp_path / "releases")
    publish_whole(releases, FIRST)
    publish_whole(releases, SECOND, "update marts.indicator_values set value = value * (1 + 1e-13)")
    assert changes(releases, SECOND, "select * from {} where aspect = 'values'") == []
    remove_tree(releases.folder)


def test_a_release_of_another_schema_is_told_as_such(tmp_path: Path) -> None:
    releases = Releases(tmp_path / "releases")
    with small_build("alter table marts.indicator_values rename column series_id to series") as old:
        folder = releases.staging(FIRST)
        from assets.release.candidate.writing import write_candidate
        from assets.release.tables import PublishedTable

        tables = [PublishedTable(name="indicator_values", sort_by=("indicator_id",))]
        facts = write_candidate(old, folder, tables, is_synthetic=True)
    from assets.release.completing import Completed

    manifest = manifest_of_whole(releases, FIRST, Completed(facts, Comparison("first")))
    manifest = manifest.model_copy(update={"schema_version": "0.9"})
    releases.publish(FIRST, Verdicts(), manifest)

    comparison = publish_whole(releases, SECOND)

    assert (comparison.outcome, comparison.is_error) == ("not_compared", False)
    assert f"schema version 0.9, these {SCHEMA_VERSION}" in str(comparison.note)
    assert "indicator_values of the release before: series_id" in str(comparison.note)
    columns = changes(
        releases,
        SECOND,
        "select column_name, what from {} where aspect = 'columns' order by all",
    )
    assert columns == [("series", "removed"), ("series_id", "added")]
    added = "select count(*) > 5 from {} where aspect = 'tables' and what = 'added'"
    assert changes(releases, SECOND, added) == [(True,)]
    assert "not compared with" in (
        (releases.folder / SECOND / "changes.md").read_text(encoding="utf-8").lower()
    )
    remove_tree(releases.folder)


def test_a_damaged_release_in_force_stops_no_comparison_and_is_told(releases: Releases) -> None:
    database = releases.folder / SECOND / "doing_with.duckdb"
    database.chmod(0o644)
    size = database.stat().st_size
    database.write_bytes(b"not a database, " * (size // 16) + b"x" * (size % 16))
    with small_build() as connection:
        completed = write_whole_candidate(connection, releases, THIRD)
    assert completed.comparison.is_error
    assert completed.comparison.outcome == "not_compared"
    manifest = manifest_of_whole(releases, THIRD, completed)
    releases.publish(THIRD, Verdicts(), manifest)
    [(what, note)] = changes(releases, THIRD, "select what, note from {}")
    assert what == "not_compared"
    assert "doing_with.duckdb" in str(note)
    # Outside a night nothing is swallowed.
    with duckdb.connect() as plain, pytest.raises(duckdb.Error):
        compare_releases(plain, side_of(releases, SECOND), side_of(releases, THIRD))


def test_changes_stay_out_of_the_content_hash(tmp_path: Path) -> None:
    releases = Releases(tmp_path / "releases")
    hashes = []
    for version in (FIRST, SECOND, THIRD):
        publish_whole(releases, version)
        hashes.append(releases.manifest(version).content_hash)
    assert len(set(hashes)) == 1
    remove_tree(releases.folder)


# The command line


def command(releases: Releases, *arguments: str) -> tuple[int, str]:
    home = ["--home", str(releases.folder.parent)]
    result = CliRunner().invoke(app, [*arguments, *home])
    return result.exit_code, result.output


def test_releases_are_listed_with_the_one_in_force(releases: Releases) -> None:
    code, said = command(releases, "releases")
    assert code == 0
    lines = said.splitlines()
    assert lines[0].startswith(f"* {SECOND}  as of 2026-06-30")
    assert lines[1].startswith(f"  {FIRST}")
    code, said = command(releases, "releases", "--json")
    found = json.loads(said)
    assert [(one["version"], one["is_in_force"]) for one in found] == [
        (SECOND, True),
        (FIRST, False),
    ]
    (releases.folder / FIRST).chmod(0o755)
    (releases.folder / FIRST / "manifest.json").unlink()
    assert "damaged" in command(releases, "releases")[1]


def test_two_releases_are_compared_from_the_command_line(releases: Releases) -> None:
    code, said = command(releases, "diff", SECOND, FIRST)
    assert code == 0
    assert f"# What changed in release {FIRST}" in said
    assert f"Compared with release {SECOND}." in said
    code, said = command(releases, "diff", FIRST, SECOND, "--json")
    found = json.loads(said)
    assert found["comparison"]["outcome"] == "compared"
    assert {row["aspect"] for row in found["changes"]} >= {"tables", "values", "revisions"}
    code, said = command(releases, "diff", FIRST, FIFTH)
    assert code == 2
    assert f"{FIFTH} is missing" in said


def test_a_rollback_from_the_command_line_waits_for_the_lock(releases: Releases) -> None:
    code, said = command(releases, "rollback", FIRST)
    assert (code, said) == (0, f"Release {FIRST} is in force.\n")
    assert releases.current_version() == FIRST
    assert releases.history.events()[-1].event == "rolled_back"
    assert (releases.folder.parent / "run.lock").exists()
    code, said = command(releases, "rollback", SECOND, "--json")
    assert json.loads(said)["version"] == SECOND
    code, said = command(releases, "rollback", "tomorrow")
    assert code == 2
    assert "is not the version of a release" in said
    assert releases.current_version() == SECOND


def test_a_rollback_is_a_job_of_the_ui_too(releases: Releases) -> None:
    settings = Settings(home=releases.folder.parent)
    [rollback, _] = operator_jobs(settings)

    def put(version: str) -> dg.ExecuteInProcessResult:
        config = {"ops": {"put_in_force": {"config": {"version": version}}}}
        return rollback.execute_in_process(run_config=config, raise_on_error=False)

    assert put(FIRST).success
    assert releases.current_version() == FIRST
    refused = put("tomorrow")
    assert not refused.success
    [error] = [e.step_failure_data.error for e in refused.all_events if e.is_step_failure]
    assert "is not the version of a release" in str(error)
    assert releases.current_version() == FIRST


def test_releases_are_listed_and_compared_from_the_ui(releases: Releases) -> None:
    jobs = {job.name: job for job in inquiry_jobs(Settings(home=releases.folder.parent))}

    def told(job: str, **config: dict[str, object]) -> dict[str, str]:
        result = jobs[job].execute_in_process(run_config={"ops": config})
        [output] = [e.step_output_data for e in result.all_events if e.is_successful_output]
        return {name: str(value.value) for name, value in output.metadata.items()}

    listed = told("releases")["releases"]
    assert listed.index(SECOND) < listed.index(FIRST)
    code, page = command(releases, "diff", FIRST, SECOND)
    assert code == 0
    versions = {"config": {"before": FIRST, "now": SECOND}}
    assert told("diff", differences=versions)["changes"].strip() == page.strip()


def test_a_full_rebuild_is_never_taken_for_published(releases: Releases) -> None:
    in_force = releases.current()
    assert in_force is not None
    said: list[str] = []
    for is_full_rebuild in (False, True):
        build = Build(
            connection=duckdb.connect(),
            home=Home(releases.folder.parent),
            landing="",
            fetches=False,
            as_of=date(2026, 11, 26),
            dbt_project=Path(),
            dbt_target=Path(),
            code="code",
            contracts={},
            validator=Validator(duckdb.connect()),
            memory_limit="4GB",
            counts_together=500_000,
            is_full_rebuild=is_full_rebuild,
        )
        assert build.is_published(in_force.identity, said.append) != is_full_rebuild
    assert said[-1].startswith("a full rebuild")


def test_a_rollback_gives_up_while_a_run_holds_the_home(
    releases: Releases, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orchestration.lock import hold

    monkeypatch.setenv("DOING_WITH_LOCK_WAIT_SECONDS", "0.1")
    with hold(releases.folder.parent, "a run", 1, print):
        result = CliRunner().invoke(app, ["rollback", FIRST, "--home", str(releases.folder.parent)])
    assert result.exit_code == 2
    assert "it still holds the home" in result.output
    assert releases.current_version() == SECOND
