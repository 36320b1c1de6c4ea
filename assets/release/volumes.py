"""How much a candidate holds beside the release in force, as tables that rules run on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb

from assets.release.candidate.facts import CandidateFacts, parquet_stem
from assets.release.candidate.reading import attached
from assets.release.shelf.manifest import Manifest
from expectations.rules import Outcome
from expectations.validation import Validator
from expectations.volumes import (
    ACCEPTED_CHANGES,
    TABLE_VOLUMES,
    VALUE_VOLUMES,
    AcceptedChange,
    accepted_change_rules,
    is_subject_of,
    read_accepted_changes,
    volume_rules,
    with_acceptance,
)

# States of which a release hides or lacks the number.
_HIDDEN = "value_state like 'suppressed%' or value_state = 'below_min_base'"
_LACKING = "value_state in ('not_available', 'late')"
_COUNTS = f"""
    select
        indicator_id,
        area_type,
        count(*) as counted_rows,
        count(value) as counted_values,
        count(*) filter (where {_HIDDEN}) as suppressed,
        count(*) filter (where {_LACKING}) as not_available
    from {{table}}
    group by indicator_id, area_type
"""


def compare_volumes(
    connection: duckdb.DuckDBPyConnection,
    validator: Validator,
    candidate: Path,
    facts: CandidateFacts,
    release: tuple[Path, Manifest] | None,
    today: date,
    accepted: Sequence[AcceptedChange] | None = None,
) -> list[Outcome]:
    """Outcomes of every rule on volumes: of the candidate's files, against the release in force.

    In: a connection to the build and its validator; the candidate's folder and facts; folder and
    manifest of the release in force, None when nothing was published. Made-up data are not held
    against real ones. Without ``accepted`` the lines of the file are taken.
    """
    changes = read_accepted_changes() if accepted is None else accepted
    comparable = release if release and release[1].is_synthetic == facts.is_synthetic else None
    _write_volumes(connection, candidate, facts, comparable)
    version = comparable[1].version if comparable else ""
    used = _write_accepted(connection, changes, version, today)
    outcomes = validator.validate(volume_rules(changes, version, today))
    told = with_acceptance(outcomes, used)
    return [*told, *validator.validate(accepted_change_rules())]


def _write_volumes(
    connection: duckdb.DuckDBPyConnection,
    candidate: Path,
    facts: CandidateFacts,
    release: tuple[Path, Manifest] | None,
) -> None:
    connection.execute("create schema if not exists quality")
    rows_before = {t.qualified_name: t.rows for t in release[1].tables} if release else {}
    rows_now = {table.qualified_name: table.rows for table in facts.tables}
    # What a run says of itself comes and goes with its files.
    of_runs = {table.qualified_name for table in facts.tables if not table.in_content_hash}
    names = sorted((rows_before.keys() | rows_now.keys()) - of_runs)
    connection.execute(
        f"create or replace table {TABLE_VOLUMES} as "
        "select unnest(?::varchar[]) as table_name, unnest(?::bigint[]) as rows_before, "
        "unnest(?::bigint[]) as rows_now",
        [names, [rows_before.get(name) for name in names], [rows_now.get(name) for name in names]],
    )
    nothing = "select * from now_counted where false"
    with attached(connection, candidate) as now:
        values = f"{now}.{parquet_stem('main', 'indicator_values')}"
        connection.execute(
            f"create or replace temp table now_counted as {_COUNTS.format(table=values)}"
        )
    if release:
        with attached(connection, release[0], "release_in_force") as before:
            values = f"{before}.{parquet_stem('main', 'indicator_values')}"
            connection.execute(
                f"create or replace temp table before_counted as {_COUNTS.format(table=values)}"
            )
    else:
        connection.execute(f"create or replace temp table before_counted as {nothing}")
    connection.execute(
        f"create or replace table {VALUE_VOLUMES} as select indicator_id, area_type, "
        "before_counted.counted_rows as rows_before, now_counted.counted_rows as rows_now, "
        "before_counted.counted_values as values_before, now_counted.counted_values as values_now, "
        "before_counted.suppressed as suppressed_before, now_counted.suppressed as suppressed_now, "
        "before_counted.not_available as not_available_before, "
        "now_counted.not_available as not_available_now "
        "from now_counted full join before_counted using (indicator_id, area_type)"
    )
    connection.execute("drop table now_counted")
    connection.execute("drop table before_counted")


def _write_accepted(
    connection: duckdb.DuckDBPyConnection,
    changes: Sequence[AcceptedChange],
    version: str,
    today: date,
) -> list[AcceptedChange]:
    """Write the accepted changes as a table; gives those without which a rule would not hold."""
    used = [
        change
        for change in changes
        if change.compared_with == version
        and change.until >= today
        and _accepts_something(connection, change)
    ]
    connection.execute(
        f"create or replace table {ACCEPTED_CHANGES} as select unnest(?::varchar[]) as rule, "
        "unnest(?::varchar[]) as subject, unnest(?::boolean[]) as is_past, "
        "unnest(?::boolean[]) as is_used",
        [
            [change.rule for change in changes],
            [change.subject for change in changes],
            [change.until < today for change in changes],
            [change in used for change in changes],
        ],
    )
    return used


def _accepts_something(connection: duckdb.DuckDBPyConnection, change: AcceptedChange) -> bool:
    [rule] = [rule for rule in volume_rules() if rule.name == change.rule]
    [(offenders,)] = connection.execute(
        f"select count(*) from ({rule.failing_rows_query()}) as bad where {is_subject_of(change)}"
    ).fetchall()
    return bool(offenders)
