"""Dagster's records of a home: kept faster than Dagster does, and read by any Dagster."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from sqlalchemy import Connection, Engine, event, text

from assets.home import Home
from orchestration.event_storage import EventLogStorage
from orchestration.instance import dagster_home, open_instance


@dg.asset
def walks() -> dg.MaterializeResult[None]:
    return dg.MaterializeResult(metadata={"rows": 3})


def open_event_logs(folder: Path) -> int:
    """How many event logs this process has open."""
    open_files = (Path("/proc/self/fd", name) for name in os.listdir("/proc/self/fd"))
    names = {os.path.realpath(file) for file in open_files}
    return sum(name.startswith(str(folder)) and name.endswith(".db") for name in names)


def test_a_dagster_without_our_storage_reads_the_same_events(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with open_instance(home) as instance:
        assert isinstance(instance.event_log_storage, EventLogStorage)
        run = dg.materialize([walks], instance=instance)
        ours = [entry.dagster_event_type for entry in instance.all_logs(run.run_id)]
        latest = instance.get_latest_materialization_event(walks.key)

    theirs = SqliteEventLogStorage(str(dagster_home(home) / "history" / "runs"))
    assert [entry.dagster_event_type for entry in theirs.get_logs_for_run(run.run_id)] == ours
    assert dg.DagsterEventType.RUN_SUCCESS in ours
    assert latest is not None
    assert latest.run_id == run.run_id
    [record] = theirs.get_asset_records([walks.key])
    assert record.asset_entry.last_run_id == run.run_id


@dg.multi_asset(
    outs={f"step_{number}": dg.AssetOut(dagster_type=dg.Nothing) for number in range(20)}
)
def runs() -> Iterator[dg.MaterializeResult[None]]:
    for number in range(20):
        yield dg.MaterializeResult(asset_key=f"step_{number}", metadata={"rows": number})


def stored(home: Home) -> tuple[list[str], int]:
    """What is on record of a run, and how many transactions that took."""
    commits = []

    def count(connection: Connection) -> None:
        commits.append(connection)

    event.listen(Engine, "commit", count)
    try:
        with open_instance(home) as instance:
            run = dg.materialize([runs], instance=instance)
            entries = [entry.get_dagster_event() for entry in instance.all_logs(run.run_id)]
            keys = [dg.AssetKey(f"step_{number}") for number in range(20)]
            assert all(instance.get_latest_materialization_event(key) for key in keys)
    finally:
        event.remove(Engine, "commit", count)
    return sorted(f"{one.event_type} {one.asset_key}" for one in entries), len(commits)


def test_what_comes_together_is_stored_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    together, transactions = stored(Home(tmp_path / "together"))
    monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", "0")
    one_by_one, more_transactions = stored(Home(tmp_path / "one by one"))
    assert together == one_by_one
    assert len(together) > 60
    # Twenty are planned at once, and each had two.
    assert transactions <= more_transactions - 38


def test_a_batch_that_broke_off_is_stored_one_by_one_and_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, _ = stored(Home(tmp_path / "whole"))
    store, calls = SqliteEventLogStorage.store_event, iter(range(1000))

    def breaks_off(storage: SqliteEventLogStorage, entry: EventLogEntry) -> None:
        store(storage, entry)
        if next(calls) == 7:
            raise OSError("disk full")

    monkeypatch.setattr(SqliteEventLogStorage, "store_event", breaks_off)
    assert stored(Home(tmp_path / "broken off"))[0] == whole


def test_hundreds_of_runs_are_not_all_held_open(tmp_path: Path) -> None:
    folder = tmp_path.resolve()
    with open_instance(Home(tmp_path)) as instance:
        runs = [dg.materialize([walks], instance=instance).run_id for _ in range(8)]
        assert all(instance.all_logs(run) for run in runs)
        assert 0 < open_event_logs(folder) <= 4
    assert open_event_logs(folder) == 0


def test_a_table_that_was_found_is_not_looked_up_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up: list[str] = []
    look_up = SqliteEventLogStorage.has_table

    def counted(storage: SqliteEventLogStorage, table_name: str) -> bool:
        looked_up.append(table_name)
        return look_up(storage, table_name)

    monkeypatch.setattr(SqliteEventLogStorage, "has_table", counted)
    storage = EventLogStorage(str(tmp_path))
    # As `dagster instance migrate` makes one while services run.
    assert not storage.has_table("later")
    with storage.index_connection() as connection:
        connection.execute(text("create table later (number integer)"))
    assert [storage.has_table("later") for _ in range(3)] == [True] * 3
    assert looked_up == ["later"] * 2
    storage.dispose()


_STARTS = """
import sys
from orchestration.event_storage import Storage
print("ready", flush=True)
sys.stdin.readline()
storage = Storage.from_local(sys.argv[1])
with storage.event_log_storage.index_connection():
    pass
"""


def test_services_that_start_together_mark_the_tables_of_a_new_home_once(tmp_path: Path) -> None:
    services = [
        subprocess.Popen(
            [sys.executable, "-c", _STARTS, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for _ in range(4)
    ]
    for service in services:
        assert service.stdout
        assert service.stdout.readline() == b"ready\n"
    for service in services:
        assert service.stdin
        service.stdin.close()
    assert [service.wait(120) for service in services] == [0, 0, 0, 0]
    files = sorted(tmp_path.rglob("*.db"))
    assert len(files) == 3
    for file in files:
        with closing(sqlite3.connect(file)) as database:
            assert len(database.execute("select * from alembic_version").fetchall()) == 1, file
