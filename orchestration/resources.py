"""The one resource of every step: the open build, made once per run under the home's lock."""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import duckdb

from assets.extracts.arriving.arrival import ArrivalArea
from assets.extracts.contract_model.contract_files import load_contracts
from assets.extracts.holding.editions import EditionStore
from assets.extracts.sql_text import literal
from assets.home import Build, Home
from assets.samples.landing import write_landing
from assets.transient_faults import TransientFaultError
from expectations.validation import Validator
from orchestration.instance import close_killed_run
from orchestration.jobs import FETCH, FULL_REBUILD
from orchestration.lock import hold
from orchestration.nights.closing import on_record, record_killed
from orchestration.settings import Settings

# Somebody who looks at the build with a DuckDB client at night keeps a run waiting this long.
_WAREHOUSE_WAIT_SECONDS = 900.0
_ASK_AGAIN_SECONDS = 2.0
# What DuckDB says of a file that a kill, a full disk or a bad disk left; it has no class for that.
_OF_DAMAGE = ("not a valid DuckDB database file", "Could not read enough bytes", "Corrupt database")


def build_resource(settings: Settings, code: str) -> dg.ResourceDefinition:
    """The resource for given settings and identity of the code; a run opens what it needs."""

    @dg.resource(description="The open build: warehouse, archive, editions, releases.")
    def build(context: dg.InitResourceContext) -> Iterator[Build]:
        home = settings.place
        log = context.log.info if context.log else print
        run_id = context.run_id or "outside a run"
        contracts = load_contracts(settings.contracts)
        with (
            on_record(settings, context, contracts),
            hold(home.folder, run_id, settings.lock_wait_seconds, log) as killed,
        ):
            if killed and context.instance:
                close_killed_run(context.instance, killed)
                record_killed(settings, context.instance, killed)
            home.make_private()
            tags = context.run.tags if context.run else {}
            if FULL_REBUILD in tags:
                forget_build(home)
            # Before anything is read: a killed run may have left an edition half replaced.
            EditionStore(home.editions).sweep()
            home.remove_unfinished()
            if settings.uses_sample:
                write_landing(Path(settings.landing_zone))
            wait_seconds = min(settings.lock_wait_seconds, _WAREHOUSE_WAIT_SECONDS)
            connection = open_warehouse(home, settings.memory_limit, wait_seconds, log)
            try:
                spill_into(connection, settings.spilt)
                yield Build(
                    connection=connection,
                    home=home,
                    landing=settings.landing_zone,
                    # Real files never join the made-up ones of the sample.
                    fetches=(settings.fetch or FETCH in tags) and not settings.uses_sample,
                    as_of=settings.day,
                    dbt_project=settings.dbt_project,
                    dbt_target=settings.dbt_target,
                    code=code,
                    contracts=contracts,
                    validator=Validator(connection),
                    memory_limit=settings.memory_limit,
                    counts_together=settings.counts_together,
                    retention=settings.retention,
                    makes_internal_release=settings.internal_release,
                    feedback=settings.feedback,
                    report_address=settings.report_address,
                    is_full_rebuild=FULL_REBUILD in tags,
                )
            finally:
                connection.close()
                # Whatever ended the run, nothing that was not scanned stays behind.
                ArrivalArea(home.arrival).discard_copies()
                EditionStore(home.editions).sweep()
                home.remove_unfinished()

    return build


def forget_build(home: Home) -> None:
    """Remove all that is made again of the editions, and what is known as decided and proven.

    The files of the landing zone are all read again.

    The pages of earlier runs stay: people have links to them.
    """
    stay = {home.quality_pages, home.for_analysts.quality_pages, home.release_timings}
    for path in home.build.iterdir() if home.build.exists() else ():
        if path in stay:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    home.shown_before.forget_decided()
    home.proven_blocks.unlink(missing_ok=True)
    ArrivalArea(home.arrival).clear()


class WarehouseIsBusyError(TransientFaultError):
    """Another program has the file of the build open; the message says which process."""


def open_warehouse(
    home: Home,
    memory_limit: str,
    wait_seconds: float = 0,
    say: Callable[[str], None] = print,
) -> duckdb.DuckDBPyConnection:
    """Open the build's DuckDB file; a damaged one is made anew.

    Everything in it can be rebuilt from the archive, so nothing is lost. Who else has it open is
    waited for.

    Raises:
        WarehouseIsBusyError: somebody still has it open after ``wait_seconds``.
    """
    home.build.mkdir(parents=True, exist_ok=True)
    try:
        connection = _connect(home.warehouse, wait_seconds, say)
    except duckdb.Error as error:
        if not _is_damaged(error):
            raise
        say(f"the build is damaged and made anew: {error}")
        for path in home.build.glob("warehouse.duckdb*"):
            path.unlink()
        connection = duckdb.connect(str(home.warehouse))
    connection.execute(f"set memory_limit = '{memory_limit}'")
    connection.execute("set enable_progress_bar = false")
    return connection


class TemporaryFolderError(RuntimeError):
    """The folder for what does not fit into memory cannot be used; the message says what to do."""


def spill_into(connection: duckdb.DuckDBPyConnection, folder: Path | None) -> None:
    """Let a database put what does not fit into memory into a private folder, emptied before.

    A run that was killed leaves what it had there. Without a folder it stays beside the database.

    Raises:
        TemporaryFolderError: the folder cannot be emptied or made.
    """
    if folder is None:
        return
    try:
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise TemporaryFolderError(
            f"{folder}: {error.strerror}; name a folder in DOING_WITH_TEMPORARY that the platform "
            "may write, or leave it out"
        ) from error
    # A database opened beside this one puts its own beside this: in the private folder as well.
    connection.execute(f"set temp_directory = {literal(str(folder / 'build'))}")


def _is_damaged(error: duckdb.Error) -> bool:
    unreadable = (duckdb.SerializationException, duckdb.InternalException, duckdb.FatalException)
    return isinstance(error, unreadable) or any(said in str(error) for said in _OF_DAMAGE)


def _connect(
    path: Path, wait_seconds: float, say: Callable[[str], None]
) -> duckdb.DuckDBPyConnection:
    until = time.monotonic() + wait_seconds
    has_said = False
    while True:
        try:
            return duckdb.connect(str(path))
        except duckdb.IOException as error:
            if "lock" not in str(error).lower():
                raise
            if time.monotonic() >= until:
                raise WarehouseIsBusyError(
                    f"another program has the build open; close it there: {error}"
                ) from error
            if not has_said:
                say(f"waiting for the build to be closed by another program: {error}")
                has_said = True
            time.sleep(_ASK_AGAIN_SECONDS)
