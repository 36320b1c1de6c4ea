"""The Dagster instance of a home: runs, events and check results, kept in embedded storage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from assets.home import Home

_CONFIGURATION = """\
# Written once; edit it to change how Dagster keeps its records. Telemetry stays off: this runs
# inside NHS networks.
telemetry:
  enabled: false
nux:
  enabled: false
run_queue:
  max_concurrent_runs: 1
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
    with dg.DagsterInstance.from_config(str(dagster_home(home))) as instance:
        yield instance
