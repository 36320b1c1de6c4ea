"""Dagster's records of old runs are removed, with all they left, and no others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage

from assets.home import Home
from assets.release.assets import RELEASE
from orchestration.instance import dagster_home, open_instance
from orchestration.old_runs import forget_old_runs


@dg.asset(key=RELEASE, check_specs=[dg.AssetCheckSpec("critical", asset=RELEASE)])
def release() -> dg.MaterializeResult:
    passed = dg.AssetCheckResult(passed=True, metadata={"rules": "x" * 1000})
    return dg.MaterializeResult(check_results=[passed])


@dg.asset
def walks() -> dg.MaterializeResult[None]:
    return dg.MaterializeResult(metadata={"rows": 3})


def test_old_runs_go_but_for_the_one_that_made_the_release(tmp_path: Path) -> None:
    home, now = Home(tmp_path), datetime.now(UTC)
    history = dagster_home(home) / "history" / "runs"
    logs = dagster_home(home) / "storage"
    with open_instance(home) as instance:
        first = dg.materialize([release], instance=instance).run_id
        published = dg.materialize([release], instance=instance).run_id
        after = dg.materialize([walks], instance=instance).run_id
        storage = instance.event_log_storage
        assert isinstance(storage, SqlEventLogStorage)

        def on_record() -> set[str]:
            return {run.run_id for run in instance.get_runs()}

        def with_checks() -> set[str]:
            with storage.index_connection() as connection:
                found = connection.execute(AssetCheckExecutionsTable.select()).fetchall()
            return {row.run_id for row in found}

        everything = {first, published, after}
        forget_old_runs(instance, 90, now + timedelta(days=89))
        assert on_record() == everything
        assert {path.stem for path in history.glob("*.db")} == {*everything, "index"}
        assert {path.name for path in logs.iterdir()} == everything
        assert with_checks() == {first, published}

        forget_old_runs(instance, 90, now + timedelta(days=91))
        assert on_record() == {published}
        assert {path.stem for path in history.glob("*.db")} == {published, "index"}
        assert {path.name for path in logs.iterdir()} == {published}
        assert with_checks() == {published}
        assert instance.all_logs(first) == []
        assert instance.get_latest_materialization_event(RELEASE).run_id == published  # type: ignore[union-attr]
        assert dg.materialize([walks], instance=instance).success


def test_a_run_that_goes_on_stays(tmp_path: Path) -> None:
    later = datetime.now(UTC) + timedelta(days=500)
    with open_instance(Home(tmp_path)) as instance:

        @dg.asset
        def long_walk() -> None:
            forget_old_runs(instance, 0, later)

        run = dg.materialize([long_walk], instance=instance)
        assert run.success
        assert instance.get_run_by_id(run.run_id) is not None
