"""Runs dbt in this process.

A subprocess would lose the lock of the DuckDB file and cost seven seconds a night; a killed run
would leave it writing. So dbt runs here, and its events are passed on as they come.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets.home import Build
from assets.indicators.manifest import dbt_folders, parsed_project

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

_DONE = object()


class DbtRunError(RuntimeError):
    """dbt could not run at all; the message is dbt's own."""


@dataclass(frozen=True)
class DbtRun:
    """What a run of dbt did: one result for each node, and whether all went well."""

    nodes: list[Any]
    success: bool

    def what_failed(self) -> str:
        """Every node that failed, with dbt's message."""
        broken = [
            f"{result.node.resource_type} {result.node.name}: {result.message}"
            for result in self.nodes
            if str(result.status) in ("error", "fail")
        ]
        return "dbt build failed: " + "; ".join(broken)


def build_models(
    build: Build,
    select: Sequence[str],
    exclude: Sequence[str],
    warn: Callable[[str], None],
    *,
    anew: bool = False,
) -> DbtRun:
    """Build and test what is selected in a build's warehouse; warnings and errors go to ``warn``.

    ``anew`` builds models that go edition by edition of all editions and not of those that changed.

    Raises:
        DbtRunError: when dbt could not run; a model or a test that failed is in the result.
    """
    # A log of every step of every node costs a sixth of dbt's time (profile, 2026-11-25).
    arguments = ["--quiet", "--no-use-colors", "--log-level-file", "warn", "build"]
    # Half written, the manifest that all services start with would be the one of this build.
    arguments.append("--no-write-json")
    arguments += ["--exclude", *exclude, *dbt_folders(build.dbt_project, build.dbt_target)]
    arguments += ["--select", *select]
    if anew:
        arguments.append("--full-refresh")
    return _run(parsed_project(build.dbt_target), arguments, build.home.warehouse, warn)


def _run(
    manifest: Manifest, arguments: list[str], warehouse: Path, warn: Callable[[str], None]
) -> DbtRun:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager  # noqa: PLC0415
    from dbt.cli.main import dbtRunner, dbtRunnerResult  # noqa: PLC0415

    events: queue.SimpleQueue[Any] = queue.SimpleQueue()
    outcome: list[dbtRunnerResult] = []

    def invoke() -> None:
        try:
            outcome.append(dbtRunner(manifest, [events.put]).invoke(arguments))
        finally:
            events.put(_DONE)

    os.environ["DOING_WITH_WAREHOUSE"] = str(warehouse)
    worker = threading.Thread(target=invoke, name="dbt")
    worker.start()
    try:
        while (event := events.get()) is not _DONE:
            if event.info.level in ("warn", "error") and event.info.msg.strip():
                warn(event.info.msg)
    finally:
        worker.join()
        DuckDBConnectionManager.close_all_connections()
    result = outcome[0]
    if result.exception:
        raise DbtRunError(f"dbt could not run: {result.exception}")
    return DbtRun(list(result.result.results), result.success)
