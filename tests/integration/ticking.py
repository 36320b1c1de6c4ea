"""A code location that ticks soon: a schedule every minute, a sensor that looks for files."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg


@dg.asset
def walks() -> dg.MaterializeResult:
    return dg.MaterializeResult(metadata={"rows": 3})


@dg.asset
def long_walk() -> dg.MaterializeResult:
    Path(os.environ["DROPPED"], "walking").touch()
    time.sleep(3600)
    return dg.MaterializeResult()


walk = dg.define_asset_job("walk", [walks])


@dg.schedule(job=walk, cron_schedule="* * * * *", default_status=dg.DefaultScheduleStatus.RUNNING)
def every_minute() -> dg.RunRequest:
    # Of the same key, later ticks start nothing: a slow machine would queue run after run.
    return dg.RunRequest(run_key="the first tick")


@dg.sensor(job=walk, minimum_interval_seconds=5, default_status=dg.DefaultSensorStatus.RUNNING)
def dropped_file() -> Iterator[dg.RunRequest]:
    for path in Path(os.environ["DROPPED"]).glob("*.csv"):
        yield dg.RunRequest(run_key=path.name)


@dg.definitions
def definitions() -> dg.Definitions:
    return dg.Definitions(
        assets=[walks, long_walk],
        jobs=[walk, dg.define_asset_job("long", [long_walk])],
        schedules=[every_minute],
        sensors=[dropped_file],
        executor=dg.in_process_executor,
    )
