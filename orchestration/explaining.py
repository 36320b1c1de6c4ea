"""What a check asks for, what it found, on which file and rows, whose it is and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from assets.extracts.contract_model.contract import Contract
from assets.extracts.contract_model.contract_files import load_contracts
from assets.extracts.holding.editions import Edition, EditionStore, RuleRecord
from assets.folders import Home
from assets.transient_faults import TransientFaultError
from expectations.results import RESULTS
from expectations.volumes import TABLE_VOLUMES, VALUE_VOLUMES
from orchestration.settings import Settings

_MOST_ROWS = 10
_EDITION = "edition"
# Tables of a candidate: files of its own, of which the build knows no rows.
_AS_WRITTEN = ("main.", "parquet.")
_NEXT_STEPS = {
    "raw": "look at the editions in use of the extract; correct the file, or the rule if it errs",
    "mart": (
        "look at the rows and at the files they are made of (value_lineage); if a change since the "
        "last release is right, accept it as docs/guides/accepting-a-change.md says"
    ),
    "disclosure": (
        "nothing is published without the proof: it is a defect of the platform, report it with "
        "the result page"
    ),
}
_OF_CANDIDATE = "the candidate is not as the build: run the job publish again, or report a defect"
_LESS_THAN_BEFORE = (
    "find out what is missing and bring it; if the change since the release in force is right, "
    "accept it as docs/guides/accepting-a-change.md says"
)
_REFUSED = (
    "the last accepted edition stays in use; send the error report to whoever sent the file, and "
    "put a corrected one into the landing zone"
)
_REMARK = "the edition is in use; tell whoever sent the file, so that the next one is better"


def next_step(suite: str, table: str) -> str:
    """What to do when a critical rule of a suite does not hold on a table."""
    if table in (TABLE_VOLUMES, VALUE_VOLUMES):
        return _LESS_THAN_BEFORE
    return _REFUSED if suite == _EDITION else _NEXT_STEPS.get(suite, _OF_CANDIDATE)


class UnknownCheckError(ValueError):
    """A check that no rule is called; the message names those that are nearly called so."""


class BuildIsBusyError(TransientFaultError):
    """A run has the build open, whose rows cannot be shown meanwhile."""


@dataclass(frozen=True)
class Explanation:
    """One rule on one table or edition, with what it found in the last run."""

    check: str
    passed: bool
    severity: str
    rule: str
    reason: str
    observed: str
    failing_rows: int
    examples: str
    owner: str
    next_step: str
    files: str = ""
    error_report: str = ""
    query: str = ""
    rows: list[dict[str, Any]] = field(default_factory=list)


def explain(settings: Settings, asked: str) -> list[Explanation]:
    """Every rule that a name fits: what refused first, then what was remarked on, then what holds.

    ``asked`` is a rule (``nothing_is_late``), a table with it (``marts.extracts.nothing_is_late``),
    a table, an edition or an extract, of which the rules that failed are given.

    Raises:
        UnknownCheckError: when no rule and no table is called so.
        BuildIsBusyError: when a run has the build open.
    """
    contracts = load_contracts(settings.contracts)
    name = asked.strip().replace("raw/", "raw.").replace("/", ".")
    found = [*_of_build(settings.place, name), *_of_refused(settings.place, name, contracts)]
    if not found:
        near = difflib.get_close_matches(name, _names(settings.place, contracts), 5, 0.5)
        raise UnknownCheckError(
            f"no rule, table or extract is called {asked}"
            + (f"; do you mean {', '.join(near)}?" if near else " in the build of this home")
        )
    is_of_one_rule = any(name in {one.check, one.check.rpartition(".")[2]} for one in found)
    failed = [one for one in found if not one.passed]
    failed.sort(key=lambda one: one.severity != "critical")
    passed = [one for one in found if one.passed]
    return [*failed, *passed] if is_of_one_rule else failed or passed[:1]


def _connected(home: Home) -> duckdb.DuckDBPyConnection | None:
    if not home.warehouse.exists():
        return None
    try:
        return duckdb.connect(str(home.warehouse), read_only=True)
    except duckdb.IOException as error:
        raise BuildIsBusyError(
            f"a run has the build open; ask again when it is done: {error}"
        ) from error


def _of_build(home: Home, name: str) -> Iterator[Explanation]:
    connection = _connected(home)
    if connection is None:
        return
    with connection:
        if not _has_results(connection):
            return
        rows = connection.execute(
            "select suite, table_name, rule, passed, severity, description, reason, observed, "
            f"failing_rows, examples, owner, query from {RESULTS} where "
            "lower(table_name || '.' || rule) = lower($name) or lower(rule) = lower($name) "
            "or lower(table_name) in (lower($name), 'raw.' || lower($name)) "
            "or lower(table_name) like lower($extract) || ':%' "
            "order by passed, suite, table_name, rule",
            {"name": name, "extract": name.removeprefix("raw.")},
        ).fetchall()
        for suite, table, rule, passed, severity, *said in rows:
            description, reason, observed, failing, examples, owner, query = said
            is_edition = suite == _EDITION
            yield Explanation(
                check=f"{table}.{rule}",
                passed=passed,
                severity=severity,
                rule=description,
                reason=reason or "",
                observed=observed or "",
                failing_rows=failing or 0,
                examples=examples or "",
                owner=owner,
                next_step=(
                    "nothing: the rule holds"
                    if passed
                    else _REMARK
                    if is_edition
                    else next_step(suite, table)
                ),
                files=_files_of(connection, table) if is_edition else "",
                query=query or "",
                rows=(
                    _rows(connection, query)
                    if query and not passed and not table.startswith(_AS_WRITTEN)
                    else []
                ),
            )


def _has_results(connection: duckdb.DuckDBPyConnection) -> bool:
    return bool(
        connection.execute(
            "select 1 from duckdb_tables() where schema_name = 'quality' "
            "and table_name = 'expectation_results'"
        ).fetchall()
    )


def _files_of(connection: duckdb.DuckDBPyConnection, edition_id: str) -> str:
    found = connection.execute(
        "select file_name from ledger.editions where edition_id = ?", [edition_id]
    ).fetchall()
    return ", ".join(str(name) for (name,) in found)


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    """The first failing rows, as the build has them now."""
    found = connection.execute(f"select * from ({query}) limit {_MOST_ROWS}")
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _of_refused(home: Home, name: str, contracts: Mapping[str, Contract]) -> Iterator[Explanation]:
    """Editions that were refused are in no table: what was found stands with the edition."""
    extract = name.removeprefix("raw.").partition(":")[0].partition(".")[0]
    if extract not in contracts:
        return
    store = EditionStore(home.editions)
    for edition in store.latest_evaluations(extract):
        if edition.verdict == "accepted":
            continue
        broken: list[RuleRecord | None] = [rule for rule in edition.rules if not rule.passed]
        for rule in broken or [None]:
            yield _of_edition(edition, rule, contracts[extract], store.error_report_path(edition))


def _of_edition(
    edition: Edition, rule: RuleRecord | None, contract: Contract, report: Path
) -> Explanation:
    return Explanation(
        check=f"{edition.edition_id}.{rule.rule if rule else edition.verdict}",
        passed=False,
        severity=rule.severity if rule else "critical",
        rule=rule.description if rule else "an edition can be read",
        reason=rule.reason if rule else "",
        observed=rule.observed if rule else edition.reason,
        failing_rows=rule.failing_rows if rule else 0,
        examples=rule.examples if rule else "",
        owner=rule.owner if rule else contract.owner,
        next_step=_REFUSED,
        files=", ".join(part.file_name for part in edition.parts),
        error_report=str(report) if report.exists() else "",
    )


def _names(home: Home, contracts: Mapping[str, Contract]) -> list[str]:
    names = set(contracts)
    connection = _connected(home)
    if connection is not None:
        with connection:
            if _has_results(connection):
                for table, rule in connection.execute(
                    f"select distinct table_name, rule from {RESULTS}"
                ).fetchall():
                    names |= {rule, table, f"{table}.{rule}"}
    return sorted(names)
