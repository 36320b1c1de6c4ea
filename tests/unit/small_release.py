"""A small build with every table that a complete candidate needs, and releases made of it."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
from report_database import write_database

from assets.database_memory import DatabaseMemory
from assets.release.candidate.timings import Timings
from assets.release.candidate.writing import write_candidate
from assets.release.changes.comparison import Comparison
from assets.release.completing import Completed, Occasion, complete
from assets.release.formats.datapackage import Source
from assets.release.formats.declared import Declared
from assets.release.shelf.manifest import Manifest, suppression_of
from assets.release.shelf.publication import Releases
from assets.release.tables import PUBLISHED_TABLES

VERSIONS = tuple(f"2026-07-0{day}T020000Z-0000000{day}" for day in range(1, 10))
SCHEMA_VERSION = "1.2"
STATES = ("reported", "zero", "suppressed_source", "suppressed", "not_available", "late",
          "not_applicable", "below_min_base", "cannot_calculate")  # fmt: skip
DECLARED = Declared(
    known_values={
        ("indicator_values", "value_state"): STATES,
        ("areas", "status"): ("open", "closed"),
    },
    never_null=frozenset({("indicator_values", "value_state"), ("indicators", "title")}),
)
SOURCE = Source(
    title="GP Patient Survey",
    publisher="NHS England",
    licence="Open Government Licence v3.0",
    attribution="GP Patient Survey, NHS England / Ipsos",
)


@dataclass
class Verdicts:
    """Verdicts of rules that all ran and passed, unless said otherwise."""

    not_run: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def missing(self) -> list[str]:
        return self.not_run

    def failed(self) -> list[str]:
        return self.broken


def small_build(change: str = "") -> duckdb.DuckDBPyConnection:
    """A build in memory; ``change`` is SQL on its schema marts, run at the end."""
    connection = duckdb.connect(config={"threads": 1})
    with tempfile.TemporaryDirectory() as folder:
        source = write_database(Path(folder) / "report.duckdb")
        connection.execute(f"attach '{source}' as report (read_only)")
        connection.execute("create schema marts; create schema quality")
        for schema, name in connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'report'"
        ).fetchall():
            target = "quality" if schema == "quality" else "marts"
            connection.execute(f"create table {target}.{name} as from report.{schema}.{name}")
        connection.execute("detach report")
    connection.execute(
        """
        update marts.indicators set cadence = 'annual', status = 'live', authored_by = 'us',
            disclosure_class = 'survey', grains = 'icb, england', multiplier = 1,
            model = lower(replace(indicator_id, '-', '_'));
        update marts.indicator_values set multiplier = 1, method = 'survey_wilson',
            unit = 'proportion', value_reason = coalesce(value_reason, if(value is null, 'why',
            null));
        create table marts.latest_values as from marts.indicator_values
            qualify row_number() over (partition by indicator_id, area_type, area_code, series_id,
            hierarchy_basis, category_type, category order by period_end desc) = 1;
        delete from marts.latest_values where hierarchy_basis = 'as_is';
        update marts.latest_values set hierarchy_basis = 'as_is' where hierarchy_basis = 'as_was';
        delete from marts.value_lineage where lineage_id is null or edition_id is null or edition_id
            not in (select edition_id from marts.extract_editions where edition_id is not null);
        create or replace table marts.value_lineage as select distinct on (lineage_id, edition_id) *
            from marts.value_lineage;
        update quality.expectation_results set run_id = coalesce(run_id, 'run'),
            suite = coalesce(suite, 'mart'), rule = coalesce(rule, 'rule') || rowid;
        insert into marts.extracts (extract, title)
            select extract, 'Extract ' || extract from (
                select extract from marts.value_lineage union
                select extract from marts.extract_editions
            ) where extract not in (select extract from marts.extracts);
        """
    )
    if change:
        connection.execute(change)
    for schema, name in connection.execute(
        "select schema_name, table_name from duckdb_tables() "
        "where schema_name in ('marts', 'quality')"
    ).fetchall():
        connection.execute(f"comment on table {schema}.{name} is 'One row per {name}'")
        for column, *_ in connection.execute(f"describe {schema}.{name}").fetchall():
            connection.execute(f"comment on column {schema}.{name}.\"{column}\" is 'The {column}'")
    return connection


def write_whole_candidate(
    connection: duckdb.DuckDBPyConnection,
    releases: Releases,
    version: str,
    *,
    is_synthetic: bool = True,
) -> Completed:
    """Write a candidate of the tables that the build has, complete with all its formats."""
    held = {
        name
        for (name,) in connection.execute(
            "select table_name from duckdb_tables() where schema_name in ('marts', 'quality')"
        ).fetchall()
    }
    folder = releases.staging(version)
    tables = [table for table in PUBLISHED_TABLES if table.name in held]
    facts = write_candidate(connection, folder, tables, is_synthetic=is_synthetic)
    moment = datetime(2026, 7, int(version[8:10]), 2, tzinfo=UTC)
    timings = Timings(releases.folder.parent / "timings.jsonl")
    timings.begin()
    return complete(
        DatabaseMemory(connection, "4GB"),
        folder,
        facts,
        Occasion(version, moment, SCHEMA_VERSION),
        releases,
        DECLARED,
        [SOURCE, SOURCE],
        timings,
    )


def manifest_of_whole(releases: Releases, version: str, completed: Completed) -> Manifest:
    facts = completed.facts
    database = releases.staging(version) / "doing_with.duckdb"
    return Manifest(
        version=version,
        created_at=datetime(2026, 7, int(version[8:10]), 2, tzinfo=UTC),
        identity="0a",
        content_hash=facts.content_hash,
        as_of=date(2026, 6, 30),
        is_synthetic=facts.is_synthetic,
        schema_version=SCHEMA_VERSION,
        database_bytes=facts.database_bytes,
        tables=facts.tables,
        suppression=suppression_of(database),
        compared_with=completed.comparison.previous_version,
    )


def publish_whole(releases: Releases, version: str, change: str = "") -> Comparison:
    """Publish a complete release of a small build, and give what it was compared with."""
    with small_build(change) as connection:
        completed = write_whole_candidate(connection, releases, version)
    manifest = manifest_of_whole(releases, version, completed)
    releases.publish(version, Verdicts(), manifest, by="a test")
    return completed.comparison
