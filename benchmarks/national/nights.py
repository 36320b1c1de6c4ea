"""A night of the platform, measured by stage."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import duckdb

from assets.folders import Home
from benchmarks.national.measuring import Measured, measured
from benchmarks.national.stages import Step, Use, use_by_stage
from orchestration.instance import open_instance

_HIDING = "disclosure control"
# The steps of a night by what they are for, as the columns of the benchmark's table.
_STAGES = {
    "landing__": "arrive",
    "raw__": "ingest",
    "ledger": "ingest",
    "dbt_models": "models",
    "dbt_marts": "models",
    "disclosure__": _HIDING,
    "raw_rules": "gate",
    "build_rules": "gate",
    "freshness": "gate",
    "release__candidate": "candidate",
    "reports__": "report",
    "release__": "publish",
}


@dataclass(frozen=True, slots=True)
class Night:
    """A night as a whole, and its steps."""

    whole: Measured
    steps: tuple[Step, ...]

    @property
    def stages(self) -> Mapping[str, Use]:
        """What the steps took by what they are for, and what was used outside them."""
        return use_by_stage(self.steps, self.whole.samples)

    def seconds_of(self, stage: str) -> float:
        """Wall time of a stage; none if the night had no need of it."""
        return sum((step.seconds for step in self.steps if step.stage == stage), start=0.0)

    @property
    def seconds_without_report(self) -> float:
        """Wall time less that of the report."""
        return self.whole.seconds - self.seconds_of("report")

    @property
    def hiding_seconds(self) -> float:
        """Wall time of disclosure control and its proof."""
        return self.seconds_of(_HIDING)

    @property
    def gate_seconds(self) -> float:
        """Wall time of the rules on raw tables, models and marts."""
        return self.seconds_of("gate")


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
    return Night(whole, steps_of_newest_run(Home(home)))


def steps_of_newest_run(home: Home) -> tuple[Step, ...]:
    """The steps of the newest run of a home, with the rows of the tables that each left."""
    with open_instance(home) as instance:
        [run] = instance.get_run_records(limit=1)
        run_id = run.dagster_run.run_id
        rows = _rows_by_step(instance, run_id)
        return tuple(
            Step(
                name=step.step_key,
                stage=stage_of(step.step_key),
                began=step.start_time,
                ended=step.end_time,
                rows=rows.get(step.step_key),
            )
            for step in instance.get_run_step_stats(run_id)
            if step.start_time and step.end_time
        )


def _rows_by_step(instance: dg.DagsterInstance, run_id: str) -> Mapping[str, int]:
    """Rows of the tables that each step left; a step that says of none is not in it."""
    rows: defaultdict[str, int] = defaultdict(int)
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION):
        said = entry.asset_materialization
        counted = said.metadata.get("dagster/row_count") if said else None
        if entry.step_key and isinstance(counted, dg.IntMetadataValue):
            rows[entry.step_key] += counted.value or 0
    return rows


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
