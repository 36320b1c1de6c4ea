"""The Dagster instance of a home: runs, events and check results, kept in embedded storage."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
from sqlalchemy import event
from sqlalchemy.engine import Engine

from assets.folders import Home

_CONFIGURATION = """\
# Written once; edit it to change how Dagster keeps its records. Telemetry stays off: this runs
# inside NHS networks.
telemetry:
  enabled: false
storage:
  custom:
    module: orchestration.event_storage
    class: Storage
    config:
      base_dir:
        env: DAGSTER_HOME
nux:
  enabled: false
run_queue:
  max_concurrent_runs: 1
# A run says itself whether its fault may pass, and asks to be tried again then.
run_retries:
  enabled: true
  max_retries: 0
run_monitoring:
  enabled: true
  start_timeout_seconds: 900
python_logs:
  python_log_level: INFO
"""


def dagster_home(home: Home) -> Path:
    """Folder of the instance, made on first use."""
    folder = home.folder / "dagster"
    configuration = folder / "dagster.yaml"
    if not configuration.exists():
        folder.mkdir(parents=True, exist_ok=True)
        configuration.write_text(_CONFIGURATION, encoding="utf-8")
    return folder


@contextmanager
def open_instance(home: Home) -> Iterator[dg.DagsterInstance]:
    """The instance of a home, so that runs from the command line show in the UI too."""
    folder = str(dagster_home(home))
    os.environ["DAGSTER_HOME"] = folder
    event.listen(Engine, "connect", _commit_without_waiting)
    try:
        with dg.DagsterInstance.from_config(folder) as instance:
            yield instance
    finally:
        event.remove(Engine, "connect", _commit_without_waiting)


def close_killed_run(instance: dg.DagsterInstance, run_id: str) -> None:
    """A run that held the lock and never gave it back was killed: show it as failed."""
    run = instance.get_run_by_id(run_id)
    if run is not None and not run.is_finished:
        instance.report_run_failed(run, "the process of this run was killed")


def _commit_without_waiting(connection: Any, _record: Any) -> None:
    """Let SQLite leave it to the operating system when an event reaches the disk.

    A night writes a thousand events, each with a wait for the disk that is longer than the step
    it tells of. A killed run loses nothing by it; after a power cut the last events may be
    missing, and what the platform publishes does not depend on them.
    """
    if isinstance(connection, sqlite3.Connection):
        connection.execute("pragma synchronous = off")
