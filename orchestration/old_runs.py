"""Dagster's records of old runs go in the end: each night leaves some thirty megabytes of them.

What the platform itself keeps of a run (``operations/runs.jsonl``, verdicts, releases) stays.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import dagster as dg
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage

from assets.release.assets import RELEASE

# A night removes as many as a month of nights and ingests makes; the next one goes on.
_MOST_AT_ONCE = 100
_FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]


def forget_old_runs(instance: dg.DagsterInstance, keep_days: int, now: datetime) -> None:
    """Remove what Dagster has on record of finished runs that began before ``keep_days``.

    The run that made the release in force stays, however old: the UI leads to it.
    """
    latest = instance.get_latest_materialization_event(RELEASE)
    stays = latest.run_id if latest else None
    asked = dg.RunsFilter(statuses=_FINISHED, created_before=now - timedelta(days=keep_days))
    for run in instance.get_runs(asked, limit=_MOST_AT_ONCE, ascending=True):
        if run.run_id != stays:
            _forget(instance, run.run_id)


def _forget(instance: dg.DagsterInstance, run_id: str) -> None:
    storage = instance.event_log_storage
    if isinstance(storage, SqlEventLogStorage):
        # Dagster 1.13 leaves the outcomes of checks behind, the larger half of a night's records.
        with storage.index_connection() as connection:
            table = AssetCheckExecutionsTable
            connection.execute(table.delete().where(table.c.run_id == run_id))
    instance.compute_log_manager.delete_logs(prefix=[run_id])
    instance.delete_run(run_id)
