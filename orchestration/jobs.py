"""Jobs and their schedule."""

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from orchestration.settings import TIME_ZONE

INGEST_GROUPS = ("extracts",)
PUBLISH_GROUPS = ("release", "reports")


def jobs() -> list[UnresolvedAssetJobDefinition]:
    """``nightly`` runs everything; ``ingest``, ``build`` and ``publish`` are its three parts."""
    ingest = dg.AssetSelection.groups(*INGEST_GROUPS)
    publish = dg.AssetSelection.groups(*PUBLISH_GROUPS)
    everything = dg.AssetSelection.all()
    return [
        dg.define_asset_job(
            "nightly",
            selection=everything,
            description="Take in, build, check, publish; ends early if nothing is new.",
        ),
        dg.define_asset_job(
            "ingest",
            selection=ingest,
            description="Take in what arrived: archive, editions, verdicts, ledger.",
        ),
        dg.define_asset_job(
            "build",
            selection=everything - ingest - publish,
            description="Build indicators and marts from the editions in use, and check the marts.",
        ),
        dg.define_asset_job(
            "publish",
            selection=publish,
            description="Write, audit and publish a release of what was built and checked.",
        ),
    ]


def nightly_schedule() -> dg.ScheduleDefinition:
    """02:30 in London, summer and winter."""
    return dg.ScheduleDefinition(
        name="nightly",
        job_name="nightly",
        cron_schedule="30 2 * * *",
        execution_timezone=TIME_ZONE,
        default_status=dg.DefaultScheduleStatus.STOPPED,
    )
