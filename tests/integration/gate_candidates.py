"""Faults of a candidate: planted in its files, or in the build after its rules had passed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
from gate_fault import NothingToStrikeError, change
from night import ROOT

from assets.extracts.contract_model.contract_files import load_contracts
from assets.home import Build, Home
from assets.release.candidate.facts import DATABASE_FILE, CandidateFacts
from assets.release.shelf.manifest import Manifest
from expectations.rules import Outcome
from expectations.validation import Validator

RELEASED, STAGED = "2030-01-01T000000Z-0123abcd", "2030-01-02T000000Z-0123abcd"
_PARQUET = "parquet/indicator_values.parquet"
_METRIC = "cml/metric.parquet"
_SUPPRESSED = "value_state = 'suppressed_source'"
_SCHEMAS = ("main", "parquet")
_VALUES = "main.indicator_values"


@dataclass(frozen=True)
class CandidateFault:
    """A fault in the files of a candidate, or (``in_build``) in the build it is written from."""

    name: str
    caught_by: tuple[str, ...]
    in_files: Callable[[Path], None] | None = None
    in_build: str = ""


class Passed:
    """Verdicts of a build whose rules all passed, to have a release in force at all."""

    def missing(self) -> list[str]:
        return []

    def failed(self) -> list[str]:
        return []


def open_build(warehouse: Path, place: Path, as_of: date) -> Build:
    """A home with a copy of a finished build and a release of it in force."""
    home = Home(place / "home")
    home.make_private()
    shutil.copy(warehouse, home.warehouse)
    connection = duckdb.connect(str(home.warehouse))
    build = Build(
        connection=connection,
        home=home,
        landing=str(place / "landing"),
        fetches=False,
        as_of=as_of,
        dbt_project=ROOT / "dbt_project",
        dbt_target=place,
        code="code",
        contracts=load_contracts(),
        validator=Validator(connection),
        memory_limit="4GB",
        counts_together=500_000,
    )
    facts = staged(build, RELEASED)
    manifest = Manifest(
        version=RELEASED,
        created_at=datetime.now(UTC),
        identity="0123abcd" * 8,
        content_hash=facts.content_hash,
        as_of=as_of,
        is_synthetic=facts.is_synthetic,
        schema_version="1.0",
        database_bytes=facts.database_bytes,
        tables=facts.tables,
    )
    build.releases.publish(RELEASED, Passed(), manifest)
    return build


def staged(build: Build, version: str) -> CandidateFacts:
    """Write a candidate from a build, with everything that goes into its folder."""
    from assets.release.publishing import write_whole

    return write_whole(build, version, is_synthetic=True).facts


def strike_candidate(build: Build, fault: CandidateFault) -> list[Outcome]:
    """Write a candidate with a fault in it and audit it; the build is as before afterwards.

    Raises ``NothingToStrikeError``, which names the fault, when it changed nothing.
    """
    from assets.release.auditing import audit

    folder = build.releases.staging(STAGED)
    # update <table>, delete from <table>, insert into <table>
    struck = fault.in_build.split()[1 if fault.in_build.startswith("update") else 2 :][:1]
    for table in struck:
        build.connection.execute(f"create table {table}_as_it_was as from {table}")
    try:
        if fault.in_build:
            change(build.connection, fault.in_build)
        facts = staged(build, STAGED)
        if fault.in_files:
            fault.in_files(folder)
        return audit(build, folder, facts)
    except NothingToStrikeError as error:
        raise NothingToStrikeError(f"{fault.name}: {error}") from error
    finally:
        for table in struck:
            # Row by row: a table made anew would have lost its comments, and the next be blamed.
            build.connection.execute(f"delete from {table}")
            build.connection.execute(f"insert into {table} from {table}_as_it_was")
            build.connection.execute(f"drop table {table}_as_it_was")
        build.releases.sweep()


def _in_duckdb(sql: str) -> Callable[[Path], None]:
    def rewrite(folder: Path) -> None:
        with duckdb.connect(str(folder / DATABASE_FILE)) as connection:
            change(connection, sql)

    return rewrite


def _parquet_rewritten(sql: str, name: str = _PARQUET) -> Callable[[Path], None]:
    def rewrite(folder: Path) -> None:
        path = folder / name
        with duckdb.connect() as connection:
            connection.execute(f"create table changed as from read_parquet('{path}')")
            change(connection, sql)
            connection.execute(f"copy changed to '{path}' (format parquet, compression zstd)")

    return rewrite


def _cut(folder: Path) -> None:
    path = folder / _PARQUET
    path.write_bytes(path.read_bytes()[:-200])


def _another_parquet(folder: Path) -> None:
    shutil.copy(folder / _PARQUET, folder / "parquet" / "person_level.parquet")


def _in_both(table: str, *rules: str) -> tuple[str, ...]:
    """Rules that hold of the DuckDB file and of the Parquet files alike."""
    return tuple(f"{schema}.{table}.{rule}" for schema in _SCHEMAS for rule in rules)


_WRITTEN = ("main.candidate.files_are_as_built",)

CANDIDATE_FAULTS = (
    CandidateFault(
        "a column without its comment",
        _WRITTEN,
        _in_duckdb("comment on column indicator_values.value_state is null"),
    ),
    CandidateFault(
        "a table without its comment", _WRITTEN, _in_duckdb("comment on table areas is null")
    ),
    CandidateFault(
        "made-up data that do not say so",
        _WRITTEN,
        _in_duckdb("comment on table areas is 'One row per area.'"),
    ),
    CandidateFault("a Parquet file missing", _WRITTEN, lambda folder: (folder / _PARQUET).unlink()),
    CandidateFault("a Parquet file cut short", _WRITTEN, _cut),
    CandidateFault("a Parquet file too many", _WRITTEN, _another_parquet),
    CandidateFault(
        "a value changed in Parquet",
        _WRITTEN,
        _parquet_rewritten(
            "update changed set value = value + 0.001 where rowid = "
            "(select min(rowid) from changed where value is not null)"
        ),
    ),
    CandidateFault(
        "a row lost in Parquet",
        _WRITTEN,
        _parquet_rewritten("delete from changed where rowid = 0"),
    ),
    CandidateFault(
        "a value changed in DuckDB",
        _WRITTEN,
        _in_duckdb(
            "update indicator_values set value = value + 0.001 where rowid = "
            "(select min(rowid) from indicator_values where value is not null)"
        ),
    ),
    CandidateFault(
        "a table too many", _WRITTEN, _in_duckdb("create table people as select 1 as person")
    ),
    CandidateFault(
        "a numerator beside a suppressed state, in both formats",
        _in_both(
            "indicator_values", "no_value_beside_suppression", "no_count_beside_an_empty_state"
        ),
        in_build=f"update marts.indicator_values set numerator = 3 where {_SUPPRESSED}",
    ),
    CandidateFault(
        "a limit beside a suppressed state, in both formats",
        _in_both("latest_values", "no_value_beside_suppression"),
        in_build=f"update marts.latest_values set upper_95 = 0.4 where {_SUPPRESSED}",
    ),
    CandidateFault(
        "an indicator that lost its practices",
        (
            "quality.value_volumes.indicator_keeps_its_values_half",
            "quality.value_volumes.indicator_keeps_its_values",
        ),
        in_build="delete from marts.indicator_values where indicator_id = 'PC-SDM-01' "
        "and area_type = 'practice'",
    ),
    CandidateFault(
        "a table that lost its rows",
        (
            "quality.table_volumes.table_keeps_its_rows_half",
            "quality.table_volumes.table_keeps_its_rows",
        ),
        in_build="delete from marts.spc_points where area_type <> 'england'",
    ),
    CandidateFault(
        "an indicator that is hidden all at once",
        (
            "quality.value_volumes.indicator_keeps_its_values_half",
            "quality.value_volumes.share_suppressed_is_as_before",
        ),
        in_build="update marts.indicator_values set value = null, lower_95 = null, "
        "upper_95 = null, value_state = 'suppressed' "
        "where indicator_id = 'PC-SDM-01' and area_type = 'practice'",
    ),
    CandidateFault(
        "an indicator that no practice has any more",
        ("quality.value_volumes.share_not_available_is_as_before",),
        in_build="update marts.indicator_values set value = null, lower_95 = null, "
        "upper_95 = null, value_state = 'not_available', value_reason = 'no file' "
        "where indicator_id = 'PC-SDM-01' and area_type = 'practice'",
    ),
    CandidateFault(
        "no values at all, in both formats",
        (*_in_both("indicator_values", "has_rows"), "main.indicators.every_indicator_has_england"),
        in_build="delete from marts.indicator_values",
    ),
    CandidateFault(
        "a value that stands twice, in both formats",
        (*_in_both("indicator_values", "key_is_unique"), f"{_VALUES}.primary_key_is_unique"),
        in_build="insert into marts.indicator_values select * from marts.indicator_values limit 1",
    ),
    CandidateFault(
        "a value of no category",
        (f"{_VALUES}.primary_key_is_there",),
        in_build="update marts.indicator_values set category = null where value_state = 'zero'",
    ),
    CandidateFault(
        "a value of an unknown area, in both formats",
        (
            *_in_both("indicator_values", "area_is_known"),
            f"{_VALUES}.area_type_and_area_code_lead_to_areas",
        ),
        in_build="update marts.indicator_values set area_code = 'X00000' "
        "where value_state = 'zero'",
    ),
    CandidateFault(
        "a value of an unknown indicator",
        (f"{_VALUES}.indicator_id_lead_to_indicators",),
        in_build="update marts.indicator_values set indicator_id = 'PC-XX-99' "
        "where value_state = 'zero'",
    ),
    CandidateFault(
        "England in an unknown state, in both formats",
        _in_both("england_values", "states_and_levels_are_known", "value_only_when_reported"),
        in_build="update marts.england_values set value_state = 'ok' where value is not null",
    ),
    CandidateFault(
        "a limit without end, in both formats",
        _in_both("latest_values", "numbers_are_finite"),
        in_build="update marts.latest_values set upper_95 = 'inf'::double "
        "where value_state = 'reported'",
    ),
    CandidateFault(
        "small numbers of practices, in both formats",
        _in_both("indicator_values", "small_numbers_are_hidden"),
        in_build="update marts.indicator_values set numerator = 3 "
        "where disclosure_class = 'std' and area_type = 'practice' and numerator > 0",
    ),
    CandidateFault(
        "values from nowhere, in both formats",
        _in_both("indicator_values", "value_has_its_source"),
        in_build="update marts.indicator_values set lineage_id = 'nothing' "
        "where value_state = 'zero'",
    ),
    CandidateFault(
        "hidden without a reason, in both formats",
        _in_both("indicator_values", "absence_is_explained"),
        in_build="update marts.indicator_values set value_reason = null "
        "where value_state = 'suppressed'",
    ),
    CandidateFault(
        "practices and networks that are no areas",
        (
            "main.area_relationships.child_type_and_child_code_lead_to_areas",
            "main.area_relationships.parent_type_and_parent_code_lead_to_areas",
        ),
        in_build="update marts.area_relationships set child_code = 'A00000', "
        "parent_code = 'U00000' where child_type = 'practice' and parent_type = 'pcn'",
    ),
    CandidateFault(
        "editions that were never taken in",
        (
            "main.value_lineage.edition_id_lead_to_extract_editions",
            "main.value_lineage.extract_lead_to_extracts",
        ),
        in_build="update marts.value_lineage set edition_id = 'gone', extract = 'gone'",
    ),
    CandidateFault(
        "a programme of an unknown practice",
        ("main.champion_programmes.practice_code_lead_to_practice_profile",),
        in_build="update marts.champion_programmes set practice_code = 'A00000'",
    ),
    CandidateFault(
        "results of the gate twice",
        ("quality.expectation_results.primary_key_is_unique",),
        in_build="insert into quality.expectation_results "
        "select * from quality.expectation_results",
    ),
    CandidateFault(
        "a result of no rule",
        ("quality.expectation_results.primary_key_is_there",),
        in_build="update quality.expectation_results set rule = null",
    ),
    CandidateFault(
        "another value in the Central Metrics Library",
        ("main.candidate.central_metrics_are_as_published",),
        _parquet_rewritten(
            "update changed set metric_value = metric_value + 0.001 where rowid = 0", _METRIC
        ),
    ),
)
