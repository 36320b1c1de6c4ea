"""The one resource of every step: the open build, made once per run under the home's lock."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import duckdb

from assets.extracts.arriving.arrival import ArrivalArea
from assets.extracts.contract_model.contract_files import load_contracts
from assets.extracts.holding.editions import EditionStore
from assets.home import Build, Home
from assets.samples.landing import write_landing
from expectations.validation import Validator
from orchestration.instance import close_killed_run
from orchestration.lock import hold
from orchestration.settings import PROJECT, Settings


def build_resource(settings: Settings) -> dg.ResourceDefinition:
    """The resource for given settings; nothing is opened before a run needs it."""

    @dg.resource(description="The open build: warehouse, archive, editions, releases.")
    def build(context: dg.InitResourceContext) -> Iterator[Build]:
        home = settings.place
        log = context.log.info if context.log else print
        run_id = context.run_id or "outside a run"
        with hold(home.folder, run_id, settings.lock_wait_seconds, log) as killed:
            if killed and context.instance:
                close_killed_run(context.instance, killed)
            home.make_private()
            # Before anything is read: a killed run may have left an edition half replaced.
            EditionStore(home.editions).sweep()
            if settings.uses_sample:
                write_landing(Path(settings.landing_zone))
            connection = open_warehouse(home, settings.memory_limit)
            try:
                yield Build(
                    connection=connection,
                    home=home,
                    landing=settings.landing_zone,
                    # Real files never join the made-up ones of the sample.
                    fetches=settings.fetch and not settings.uses_sample,
                    as_of=settings.day,
                    dbt_project=settings.dbt_project,
                    dbt_target=settings.dbt_target,
                    lock_file=PROJECT / "uv.lock",
                    contracts=load_contracts(settings.contracts),
                    validator=Validator(connection),
                    retention=settings.retention,
                    makes_internal_release=settings.internal_release,
                    feedback=settings.feedback,
                )
            finally:
                connection.close()
                # Whatever ended the run, nothing that was not scanned stays behind.
                ArrivalArea(home.arrival).discard_copies()
                EditionStore(home.editions).sweep()

    return build


def open_warehouse(home: Home, memory_limit: str) -> duckdb.DuckDBPyConnection:
    """Open the build's DuckDB file; one that a kill left unreadable is made anew.

    Everything in it can be rebuilt from the archive, so nothing is lost.
    """
    home.build.mkdir(parents=True, exist_ok=True)
    try:
        connection = duckdb.connect(str(home.warehouse))
    except (duckdb.SerializationException, duckdb.InternalException, duckdb.FatalException):
        for path in home.build.glob("warehouse.duckdb*"):
            path.unlink()
        connection = duckdb.connect(str(home.warehouse))
    connection.execute(f"set memory_limit = '{memory_limit}'")
    connection.execute("set enable_progress_bar = false")
    return connection
