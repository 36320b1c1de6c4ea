"""The Dagster instance of a home: runs, events and check results, kept in embedded storage."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
from sqlalchemy import event
from sqlalchemy.engine import Engine

from assets.folders import Home
from orchestration.settings import PROJECT

# Written once; whoever keeps Dagster's records elsewhere puts another one there.
_CONFIGURATION = PROJECT / "deploy" / "dagster-embedded.yaml"

# Dagster stores what a run is going to do event by event unless told so (1.13.27, 2026-11-29).
_EVENTS_TOGETHER = "1000"


def dagster_home(home: Home) -> Path:
    """Folder of the instance, made on first use."""
    folder = home.folder / "dagster"
    configuration = folder / "dagster.yaml"
    if not configuration.exists():
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_CONFIGURATION, configuration)
    return folder


@contextmanager
def open_instance(home: Home) -> Iterator[dg.DagsterInstance]:
    """The instance of a home, so that runs from the command line show in the UI too."""
    folder = str(dagster_home(home))
    os.environ["DAGSTER_HOME"] = folder
    os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", _EVENTS_TOGETHER)
    # A step of a run may look into the instance that the run was started with.
    is_outermost = not event.contains(Engine, "connect", _commit_without_waiting)
    if is_outermost:
        event.listen(Engine, "connect", _commit_without_waiting)
    try:
        with dg.DagsterInstance.from_config(folder) as instance:
            yield instance
    finally:
        if is_outermost:
            event.remove(Engine, "connect", _commit_without_waiting)


def postgres_of(home: Home) -> str | None:
    """Where the instance of a home keeps its records, if that is PostgreSQL: the address."""
    with open_instance(home) as instance:
        # Of all storages only Dagster's own for PostgreSQL has such an address.
        address: str | None = getattr(instance.event_log_storage, "postgres_url", None)
        return address


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
