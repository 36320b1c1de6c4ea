"""A night of the platform, measured by stage."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from assets.folders import Home
from benchmarks.national.measuring import Measured, measured
from orchestration.instance import open_instance

# The steps of a night by what they are for, as the columns of the benchmark's table.
_STAGES = {
    "landing__": "arrive",
    "raw__": "ingest",
    "ledger": "ingest",
    "dbt_models": "models",
    "dbt_marts": "models",
    "disclosure__": "disclosure control",
    "raw_rules": "gate",
    "build_rules": "gate",
    "freshness": "gate",
    "release__candidate": "candidate",
    "reports__": "report",
    "release__": "publish",
}


@dataclass(frozen=True, slots=True)
class Night:
    """A night as a whole, and the seconds of its steps."""

    whole: Measured
    steps: Mapping[str, float]

    @property
    def stages(self) -> Mapping[str, float]:
        """Seconds of the steps by what they are for; what is between steps is left out."""
        stages: defaultdict[str, float] = defaultdict(float)
        for step, seconds in self.steps.items():
            stages[stage_of(step)] += seconds
        return dict(stages)

    @property
    def seconds_without_report(self) -> float:
        """Wall time less that of the report."""
        return self.whole.seconds - self.stages.get("report", 0.0)

    @property
    def gate_seconds(self) -> float:
        """Wall time of the rules on raw tables, models and marts."""
        return self.stages.get("gate", 0.0)


def run_night(landing: Path, home: Path, log: Path, memory_limit: str) -> Night:
    """Run the nightly job on a landing zone, as its command does.

    Raises:
        StepFailedError: when the night failed.
    """
    environment = {
        "DOING_WITH_LANDING": str(landing),
        "DOING_WITH_HOME": str(home),
        "DOING_WITH_MEMORY_LIMIT": memory_limit,
        "DOING_WITH_INTERNAL_RELEASE": "false",
    }
    whole = measured(["-m", "orchestration.command_line", "run"], log, environment)
    return Night(whole, _seconds_by_step(Home(home)))


def _seconds_by_step(home: Home) -> dict[str, float]:
    """Seconds of each step of the newest run."""
    with open_instance(home) as instance:
        [run] = instance.get_run_records(limit=1)
        return {
            step.step_key: step.end_time - step.start_time
            for step in instance.get_run_step_stats(run.dagster_run.run_id)
            if step.start_time and step.end_time
        }


def stage_of(step: str) -> str:
    """What a step of a night is for; its own name if nobody said."""
    return next((stage for name, stage in _STAGES.items() if step.startswith(name)), step)


def rows_taken_in(home: Home) -> int:
    """Rows of all raw tables of a build."""
    connection = duckdb.connect(str(home.warehouse), read_only=True)
    try:
        views = connection.execute(
            "select schema_name || '.' || view_name from duckdb_views() "
            "where schema_name in ('raw', 'restricted') and view_name not like 'quarantine%' "
            "and not internal"
        ).fetchall()
        return sum(
            int(connection.execute(f"select count(*) from {view}").fetchall()[0][0])
            for (view,) in views
        )
    finally:
        connection.close()
