"""The ledger: every edition with its verdict and use, as tables that models and reports read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import duckdb
import polars as pl

from assets.database_transaction import one_transaction
from assets.extracts.arriving.arrival import Arrival
from assets.extracts.contract_model.contract import Contract
from assets.extracts.holding.editions import JUDGED_ROWS, Edition, EditionStore, RuleRecord
from assets.extracts.holding.freshness import Freshness, editions_in_use, freshness_of
from assets.extracts.holding.raw_views import create_raw_views
from assets.extracts.sql_text import literal
from expectations import results
from expectations.rules import NoRows, Outcome, Rule

_EDITIONS = """
    extract varchar, submitter varchar, edition_period varchar, period_start date,
    period_end date, edition_id varchar, version varchar, file_name varchar, sha256 varchar,
    layout varchar, coverage varchar, is_synthetic boolean, rows_in_file bigint,
    rows_loaded bigint, rows_quarantined bigint, verdict varchar, reason varchar,
    is_in_use boolean, identity varchar
"""
_EXTRACTS = """
    extract varchar, title varchar, description varchar, publisher varchar, licence varchar,
    attribution varchar, owner varchar, cadence varchar, is_required boolean,
    latest_period varchar, latest_period_end date, expected_by date, is_late boolean
"""
_LANDING_FILES = """
    file_name varchar, sha256 varchar, bytes bigint, extracts varchar, verdict varchar,
    reason varchar, source_address varchar
"""


@dataclass(frozen=True)
class Holdings:
    """What a build stands on: editions in use, and whether they are made up."""

    in_use: tuple[Edition, ...]
    is_synthetic: bool
    late: tuple[str, ...]


def write_ledger(
    connection: duckdb.DuckDBPyConnection,
    contracts: Mapping[str, Contract],
    editions: EditionStore,
    arrivals: Sequence[Arrival],
    as_of: date,
    run_id: str,
) -> Holdings:
    """Write the ledger tables, point the raw views at what is in use, store edition outcomes.

    Models are built of what these say, so they change in one transaction.
    """
    used = editions_in_use(contracts, editions)
    in_use, has_real = used.of_extract, used.has_real
    late = []
    of_editions: list[list[object]] = []
    of_extracts: list[list[object]] = []
    outcomes: list[Outcome] = []
    with one_transaction(connection):
        connection.execute("create schema if not exists ledger")
        for table, columns in (
            ("editions", _EDITIONS),
            ("extracts", _EXTRACTS),
            ("landing_files", _LANDING_FILES),
        ):
            connection.execute(f"create or replace table ledger.{table} ({columns})")
        for name, contract in contracts.items():
            create_raw_views(connection, contract, editions, include_synthetic=not has_real)
            folders = {edition.folder_name for edition in in_use[name]}
            of_editions += (
                _edition_row(edition, edition.folder_name in folders, has_real)
                for edition in editions.latest_evaluations(name)
            )
            freshness = freshness_of(contract, used, as_of)
            if freshness.is_late:
                late.append(name)
            of_extracts.append(_extract_row(contract, freshness))
            for edition in in_use[name]:
                found = _outcomes_of(edition, contract)
                outcomes += map(_without_numbers, found) if contract.person_level else found
        _insert(connection, "editions", of_editions)
        _insert(connection, "extracts", of_extracts)
        _insert(connection, "landing_files", [_landing_row(arrival) for arrival in arrivals])
        results.forget(connection, "edition")
        results.record(connection, run_id, "edition", outcomes)
    every = tuple(edition for found in in_use.values() for edition in found)
    return Holdings(every, bool(every) and not has_real, tuple(late))


def _without_numbers(outcome: Outcome) -> Outcome:
    """An outcome about persons as it may be published: whether the rule holds, and no number.

    How many rows a provider sent would undo the rounding of what is counted from them. Those who
    look after the data find the numbers at the checks of the extract and in the error report.
    """
    rule = replace(outcome.rule, description=outcome.rule.name.replace("_", " "))
    return replace(outcome, rule=rule, observed="", failing_rows=0, examples="")


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Sequence[object]]
) -> None:
    if rows:
        # Given to the database value by value, the editions of England take a second (2026-11-29).
        columns = pl.DataFrame(rows, orient="row", infer_schema_length=None)
        connection.from_arrow(columns).insert_into(f"ledger.{table}")


def _edition_row(edition: Edition, is_in_use: bool, has_real: bool) -> list[object]:
    verdict: str = edition.verdict
    reason = edition.reason
    if verdict == "accepted" and not is_in_use:
        set_aside = has_real and edition.synthetic
        verdict = "set_aside" if set_aside else "superseded"
        why = "made-up data are not mixed with real ones" if set_aside else "a later version came"
        reason = f"{why}; {reason}" if reason else why
    return [
        edition.extract,
        edition.submitter,
        edition.period,
        edition.period_start,
        edition.period_end,
        edition.edition_id,
        edition.version,
        ", ".join(part.file_name for part in edition.parts),
        ", ".join(part.sha256 for part in edition.parts),
        ", ".join(part.layout or "none" for part in edition.parts),
        edition.coverage,
        edition.synthetic,
        edition.rows_in_file,
        edition.rows_loaded,
        edition.rows_quarantined,
        verdict,
        reason,
        is_in_use,
        edition.identity,
    ]


def _extract_row(contract: Contract, freshness: Freshness) -> list[object]:
    latest = freshness.latest
    return [
        contract.extract,
        contract.title,
        contract.description.strip(),
        contract.publisher,
        contract.licence,
        contract.attribution,
        contract.owner,
        contract.cadence,
        contract.required,
        latest.period if latest else None,
        latest.period_end if latest else None,
        freshness.expected_by,
        freshness.is_late,
    ]


def _landing_row(arrival: Arrival) -> list[object]:
    broken = dict(arrival.broken)
    extracts = arrival.extracts or tuple(broken)
    verdict = "recognised" if arrival.extracts else "broken" if broken else "not_recognised"
    reason = arrival.reason or "; ".join(broken.values())
    return [
        arrival.file_name,
        arrival.sha256,
        arrival.bytes,
        ", ".join(extracts) or None,
        verdict,
        reason or None,
        arrival.came_from.address if arrival.came_from else None,
    ]


def query_in_build(contract: Contract, edition: Edition, query: str) -> str | None:
    """The query of a rule on an edition in use, over its rows in the raw table of the build.

    None for what has no query, and for rows about persons, which nothing published may lead to.
    """
    if not query or contract.person_level:
        return None
    rows = f"(select * from {contract.raw_table} where edition_id = {literal(edition.edition_id)})"
    return query.replace(JUDGED_ROWS, rows)


def _outcomes_of(edition: Edition, contract: Contract) -> list[Outcome]:
    return [
        Outcome(
            _rule_of(edition, record, query_in_build(contract, edition, record.query)),
            record.passed,
            record.observed,
            record.failing_rows,
            record.examples,
        )
        for record in edition.rules
    ]


def _rule_of(edition: Edition, record: RuleRecord, query: str | None) -> Rule:
    said = Rule(
        table=edition.edition_id,
        name=record.rule,
        description=record.description,
        severity="critical" if record.severity == "critical" else "warning",
        owner=record.owner,
        reason=record.reason,
    )
    return said if query is None else NoRows(**vars(said), query=query)
