"""What came of a run, in the few lines a person reads first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import duckdb

from assets.extracts.arriving.arrival_asset import ARRIVALS
from assets.release.shelf.publication import ReleaseError, Releases
from orchestration.nights.records import RunRecords
from orchestration.settings import Settings


def summary_lines(
    settings: Settings, result: dg.ExecuteInProcessResult, before: str | None
) -> Iterator[str]:
    """Lines for the end of a run: verdict, release, report, what was published, what was not."""
    yield ""
    releases = Releases(settings.place.releases)
    try:
        current = releases.current()
    except ReleaseError as error:
        yield f"The release in force is damaged: {error}"
        return
    if not result.success:
        yield "The run failed; the last good release stays in force."
        yield from _failures(result)
    record = RunRecords(settings.place.operations).of_run(result.run_id)
    yield from (f"  alert not sent by {text}" for text in (record.untold if record else ()))
    if current is None:
        yield "No release has been published yet."
        yield from _intake_lines(settings.place.warehouse)
        return
    folder = settings.place.releases / current.version
    if result.success and current.version == before:
        yield f"Nothing changed since release {current.version}; it stays in force."
    elif result.success:
        yield f"Published release {current.version}."
    if current.is_synthetic:
        yield "  data      MADE UP, for trying the platform out; not for any use"
    yield f"  release   {folder}"
    yield f"  DuckDB    {folder / 'doing_with.duckdb'}"
    yield f"  report    {folder / 'report' / 'index.html'}"
    internal = settings.place.for_analysts.releases / current.version
    if internal.is_dir():
        yield f"  internal  {internal} (for authorised analysts only)"
    rows = {table.name: table.rows for table in current.tables}
    yield f"  published {rows.get('indicators', 0)} indicators, " + (
        f"{rows.get('indicator_values', 0):,} values, {rows.get('areas', 0):,} areas "
        f"from {len(current.editions)} editions"
    )
    yield from _source_lines(result)
    yield from _intake_lines(settings.place.warehouse)


def _source_lines(result: dg.ExecuteInProcessResult) -> Iterator[str]:
    """Published files and feeds that could not be had tonight."""
    for event in result.all_events:
        if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            check = event.asset_check_evaluation_data
            if check.asset_key == ARRIVALS and not check.passed:
                yield f"  sources   {check.description}"


def _failures(result: dg.ExecuteInProcessResult) -> Iterator[str]:
    for event in result.all_events:
        if event.is_step_failure:
            error = event.step_failure_data.error
            cause = error.cause or error if error else None
            text = cause.message.strip().splitlines()[0] if cause else "no message"
            yield f"  {event.step_key}: {text}"
        elif event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            check = event.asset_check_evaluation_data
            if not check.passed and check.severity == dg.AssetCheckSeverity.ERROR:
                name = check.asset_key.to_user_string()
                yield f"  check {check.check_name} of {name}: {check.description}"


def _intake_lines(database: Path) -> Iterator[str]:
    """What was refused or not recognised tonight, from the ledger of the build."""
    if not database.exists():
        return
    try:
        connection = duckdb.connect(str(database), read_only=True)
    except duckdb.ConnectionException:
        # dbt was stopped in the midst of a model, and this process has its connection still.
        yield "  what was refused or is late: see doing-with status, or the run in the UI"
        return
    try:
        held = connection.execute(
            "select 1 from duckdb_tables() where schema_name = 'ledger' "
            "and table_name = 'landing_files'"
        ).fetchall()
        if not held:
            return
        refused = connection.execute(
            "select extract, edition_period, verdict, reason from ledger.editions as editions "
            "where verdict in ('refused', 'waiting', 'set_aside') and exists (select 1 "
            "from ledger.landing_files as files where contains(editions.sha256, files.sha256)) "
            "order by all"
        ).fetchall()
        strangers = connection.execute(
            "select file_name, reason from ledger.landing_files where verdict = 'not_recognised' "
            "order by all"
        ).fetchall()
        late = connection.execute(
            "select extract, latest_period, expected_by from ledger.extracts where is_late "
            "order by expected_by"
        ).fetchall()
    finally:
        connection.close()
    for extract, period, verdict, reason in refused:
        yield f"  {verdict.replace('_', ' ')}   {extract} {period}: {reason}"
    for extract, period, due in late:
        yield f"  late      {extract}: {period} is held, the next was due by {due}"
    if strangers:
        yield f"  not recognised: {len(strangers)} file(s)"
        for name, reason in strangers:
            yield f"    {name}: {reason}"
