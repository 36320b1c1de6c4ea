"""What the command line does beside runs over assets, as jobs for the UI: roll back, forget.

They hold the lock of the home like every run, and wait in the same queue.
"""

import dagster as dg

from orchestration.forgetting import forget_everywhere
from orchestration.jobs import HOME
from orchestration.releases import roll_back, shelf
from orchestration.settings import Settings


class Rollback(dg.Config):
    """Which release is put in force: its version, and whether it is one for analysts."""

    version: str
    internal: bool = False


class Forget(dg.Config):
    """What is forgotten: a submission id, an edition id, or the SHA-256 of a file."""

    submission: str


def operator_jobs(settings: Settings) -> list[dg.JobDefinition]:
    """The jobs ``rollback`` and ``forget``."""
    tags = {HOME: str(settings.place.folder)}

    @dg.op(description="Verify every byte of a release and put it in force; it is on record.")
    def put_in_force(context: dg.OpExecutionContext, config: Rollback) -> None:
        releases = shelf(settings, internal=config.internal)
        manifest = roll_back(settings, releases, config.version, context.log.info)
        context.log.info(f"release {manifest.version} is in force")

    @dg.op(description="Take a submission out of everywhere it went, these records included.")
    def take_out_everywhere(context: dg.OpExecutionContext, config: Forget) -> None:
        forgotten = forget_everywhere(settings, config.submission, settings.landing_folder)
        # No names: what is written from here on is not gone through again.
        context.log.info(
            f"{len(forgotten.editions)} editions and {len(forgotten.landing_files)} files of the "
            "landing zone are forgotten; run the job nightly, which publishes without them"
        )

    @dg.job(
        name="rollback",
        description="Put another release in force, once every byte of it is verified.",
        tags=tags,
        executor_def=dg.in_process_executor,
    )
    def rollback() -> None:
        put_in_force()

    @dg.job(
        name="forget",
        description="Take a submission out of everywhere it went; the next night builds without.",
        tags=tags,
        executor_def=dg.in_process_executor,
    )
    def forget() -> None:
        take_out_everywhere()

    return [rollback, forget]
