"""What starts by itself: the night, the monthly rebuild, and the ingest of files that arrived."""

import time
from datetime import timedelta

import dagster as dg

from assets.extracts.arriving.sources.source import TransientSourceError
from orchestration.environments import Environment, declared
from orchestration.instance import close_killed_run
from orchestration.landing_watch import Held, Memory, files_of, look
from orchestration.lock import HomeIsBusyError, hold, holder_of
from orchestration.nights.closing import record_killed
from orchestration.settings import TIME_ZONE, Settings


def automation(settings: Settings) -> dg.Definitions:
    """Schedules and sensors of the environment that the settings name.

    Raises:
        UndeclaredEnvironmentError: when they name none, or one that is not declared.
    """
    environment = declared(settings.environment)
    return dg.Definitions(
        schedules=schedules(environment, settings),
        sensors=[landing_sensor(environment, settings), killed_runs_sensor(settings)],
    )


def schedules(environment: Environment, settings: Settings) -> list[dg.ScheduleDefinition]:
    """The night and the monthly rebuild, at London's hours, summer and winter."""
    status = (
        dg.DefaultScheduleStatus.RUNNING
        if environment.starts_by_itself
        else dg.DefaultScheduleStatus.STOPPED
    )
    return [
        dg.ScheduleDefinition(
            name=job,
            job_name=job,
            cron_schedule=cron,
            execution_timezone=TIME_ZONE,
            default_status=status,
            description=description,
        )
        for job, cron, description in (
            (
                "nightly",
                settings.nightly_cron or environment.nightly_cron,
                "Every night at 02:30 in London.",
            ),
            (
                "full_rebuild",
                environment.full_rebuild_cron,
                "On the first of each month at 04:00 in London, after the night.",
            ),
        )
    ]


def landing_sensor(environment: Environment, settings: Settings) -> dg.SensorDefinition:
    """Starts an ingest when files of the landing zone have stopped changing, once per batch."""

    @dg.sensor(
        name="landing_zone",
        job_name="ingest",
        minimum_interval_seconds=settings.landing_look_seconds,
        default_status=(
            dg.DefaultSensorStatus.RUNNING
            if environment.starts_by_itself
            else dg.DefaultSensorStatus.STOPPED
        ),
        description=(
            "Starts an ingest when a file in the landing zone has looked the same for "
            f"{timedelta(seconds=settings.landing_settled_seconds)}; one run for all files that "
            "arrived together, none for what is held already."
        ),
    )
    def landing_zone(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        if settings.uses_sample:
            return dg.SkipReason("no landing zone is set (DOING_WITH_LANDING): the sample is used")
        memory = Memory.model_validate_json(context.cursor) if context.cursor else Memory()
        location = settings.landing_zone
        try:
            files = files_of(location)
        except TransientSourceError as error:
            return dg.SkipReason(str(error))
        found = look(
            files,
            memory,
            time.time(),
            settings.landing_settled_seconds,
            Held(settings.place, location),
        )
        cursor = found.memory.model_dump_json()
        if found.batch is None:
            changing = f", {found.still_changing} still changing" if found.still_changing else ""
            reason = dg.SkipReason(f"{len(files)} files, nothing new{changing}")
            return dg.SensorResult(skip_reason=reason, cursor=cursor)
        context.log.info(f"{found.files} files have stopped changing: an ingest is started")
        return dg.SensorResult(run_requests=[dg.RunRequest(run_key=found.batch)], cursor=cursor)

    return landing_zone


def killed_runs_sensor(settings: Settings) -> dg.SensorDefinition:
    """Shows a run as failed whose process is gone; the queue would wait for it for ever.

    The lock says so for certain, also across containers: it is free, and its last holder never
    gave it back.
    """

    @dg.sensor(
        name="killed_runs",
        minimum_interval_seconds=settings.landing_look_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Ends runs that were killed, so that the next one in the queue can start.",
    )
    def killed_runs(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        home = settings.place
        if holder_of(home.folder) is None:
            return dg.SkipReason("no run was killed")
        try:
            with hold(home.folder, "killed_runs", 0, context.log.info) as killed:
                if killed is None:
                    return dg.SkipReason("no run was killed")
                close_killed_run(context.instance, killed)
                record_killed(settings, context.instance, killed)
        except HomeIsBusyError as error:
            return dg.SkipReason(f"a run is going on: {error}")
        return dg.SkipReason(f"run {killed} was killed; it is shown as failed now")

    return killed_runs
