"""Commands about nights: run one, say how things stand, open the UI."""

from __future__ import annotations

import logging
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer

from orchestration.command_line.options import (
    HomeOption,
    JsonOption,
    print_json,
    refuse,
    settings_of,
)
from orchestration.environments import UndeclaredEnvironmentError, declared
from orchestration.nights.health import health_of, parse_age
from orchestration.nights.records import RunRecords, RunRecordsError
from orchestration.settings import PROJECT, Settings

if TYPE_CHECKING:
    from dagster import ExecuteInProcessResult

PROGRESS = "progress"


def run(
    landing: Annotated[
        str | None,
        typer.Option(
            help="Folder of extracts, or s3:// or abfs:// prefix; without it a synthetic sample."
        ),
    ] = None,
    fetch: Annotated[
        bool, typer.Option(help="Fetch files whose contract says where they are published.")
    ] = False,
    full_rebuild: Annotated[
        bool,
        typer.Option("--full-rebuild", help="Make everything anew, also what has not changed."),
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run the nightly job: take in, build, check, publish."""
    settings = settings_of(home, landing=landing, fetch=fetch or None)
    _require_sound(settings)
    sys.exit(run_job(settings, "full_rebuild" if full_rebuild else "nightly", as_json=as_json))


def fetch(
    landing: Annotated[
        str | None, typer.Option(help="Folder of extracts, or s3:// or abfs:// prefix.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch what contracts say is published, and take in what arrived; publish nothing."""
    settings = settings_of(home, landing=landing)
    _require_sound(settings)
    if settings.uses_sample:
        raise refuse("real files never join the sample: give --landing, or set DOING_WITH_LANDING")
    sys.exit(run_job(settings, "fetch", as_json=as_json))


def _require_declared(environment: str | None) -> None:
    try:
        declared(environment)
    except UndeclaredEnvironmentError as error:
        raise refuse(error) from error


def _require_sound(settings: Settings) -> None:
    if settings.environment is not None:
        # A run at hand needs none, but a name that nobody knows is a mistake.
        _require_declared(settings.environment)
    folder = settings.landing_folder
    if settings.landing is not None and folder is not None and not folder.is_dir():
        raise refuse(f"landing zone {settings.landing} is not a folder")


def status(
    max_age: Annotated[
        str, typer.Option(help="How old the last night that completed may be: 26h, 90m, 2d.")
    ] = "26h",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say in one line how things stand; exit code 0 when a night completed lately, else 1.

    Judged by the last night that published or found nothing new. For a separate cron: it reads
    the records of the home alone, and starts nothing.
    """
    try:
        health = health_of(settings_of(home).place, parse_age(max_age))
    except (ValueError, RunRecordsError) as error:
        raise refuse(error) from error
    if as_json:
        print_json(health.as_json())
    else:
        typer.secho(health.line(), fg="green" if health.is_healthy else "red")
    raise typer.Exit(0 if health.is_healthy else 1)


def ui(
    port: Annotated[int, typer.Option(help="Port on loopback.")] = 3000,
) -> None:
    """Open the Dagster UI on loopback, with the daemon that ticks schedules."""
    from orchestration.instance import dagster_home  # noqa: PLC0415  (loads Dagster)

    settings = settings_of()
    _require_declared(settings.environment)
    environment = {
        **os.environ,
        "DAGSTER_HOME": str(dagster_home(settings.place)),
        "DOING_WITH_HOME": str(settings.place.folder),
    }
    dagster = Path(sys.executable).with_name("dagster")
    arguments = [str(dagster), "dev", "-w", str(PROJECT / "workspace.yaml")]
    arguments += ["--host", "127.0.0.1", "--port", str(port)]
    os.chdir(PROJECT)
    os.execve(dagster, arguments, environment)  # noqa: S606  (becomes the server)


def _why(result: ExecuteInProcessResult) -> str:
    """Why a run failed, of what is known in memory: nothing may have been written."""
    for event in result.all_events:
        if event.is_job_failure and (error := event.job_failure_data.error):
            return error.message.splitlines()[0]
    return "it failed, and what failed could not be written"


def run_job(settings: Settings, name: str, *, as_json: bool = False) -> int:
    """Run a job in this process and say what came of it; 0 when it ended well, else 1."""
    from orchestration.definitions import build_definitions  # noqa: PLC0415  (takes seconds)
    from orchestration.instance import open_instance  # noqa: PLC0415
    from orchestration.nights.closing import record_failed  # noqa: PLC0415
    from orchestration.summary import summary_lines  # noqa: PLC0415

    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    before = _current_version(settings)
    with open_instance(settings.place) as instance:
        job = build_definitions(settings).resolve_job_def(name)
        # Whoever looks on sees how far it is; a log file gets what a person would want to know.
        shows = PROGRESS if sys.stderr.isatty() else "console"
        run_id, started_at = str(uuid4()), datetime.now(UTC)

        def see_on_record(why: str) -> None:
            for text in record_failed(settings, run_id, name, started_at, why):
                typer.echo(text, err=True)

        try:
            result = job.execute_in_process(
                instance=instance,
                run_id=run_id,
                raise_on_error=False,
                run_config={"loggers": {shows: {"config": {"log_level": "INFO"}}}},
            )
        except Exception as error:
            see_on_record(f"{type(error).__name__}: {error}".splitlines()[0])
            raise
        if not result.success:
            see_on_record(_why(result))
    if as_json:
        record = RunRecords(settings.place.operations).of_run(result.run_id)
        print_json(record.model_dump(mode="json") if record else None)
    else:
        for line in summary_lines(settings, result, before):
            typer.echo(line)
    return 0 if result.success else 1


def _current_version(settings: Settings) -> str | None:
    link = settings.place.releases / "current"
    return os.readlink(link) if link.is_symlink() else None
