"""Outcomes of rules as rows: written when rules ran, read again before anything is published."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from expectations.rules import Outcome, Rule

RESULTS = "quality.expectation_results"

_COLUMNS = {
    "run_id": ("varchar", "Run in which the rule ran."),
    "suite": ("varchar", "What was checked: edition, raw, mart, candidate or report."),
    "table_name": ("varchar", "Table, edition or file the rule is about."),
    "rule": ("varchar", "Name of the rule, unique within its table."),
    "severity": ("varchar", "critical blocks publication or refuses the edition; warning shows."),
    "owner": ("varchar", "Who looks after the rule."),
    "description": ("varchar", "What must hold, in words."),
    "reason": ("varchar", "Date and evidence of a threshold."),
    "passed": ("boolean", "Whether it held; a rule that did not run has not passed."),
    "observed": ("varchar", "What was found."),
    "failing_rows": ("bigint", "How many rows broke the rule."),
    "examples": (
        "varchar",
        "The first offending rows, by row number or key.",
    ),
    "query": (
        "varchar",
        "SQL that shows the failing rows in the build, of editions with their row numbers; null "
        "for a rule on a table as a whole, and for editions of rows about persons. What was "
        "refused is in no table: its error report and the check of its extract tell the rows.",
    ),
}


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the table of results where it is not there yet, or has other columns.

    Outcomes of another version of the platform are about other rules; whoever reads them finds
    that the rules of this one did not run.
    """
    connection.execute("create schema if not exists quality")
    found = connection.execute(
        "select column_name from duckdb_columns() where database_name = current_database() "
        "and schema_name = 'quality' and table_name = 'expectation_results' order by column_index"
    ).fetchall()
    if found and [name for (name,) in found] != list(_COLUMNS):
        connection.execute(f"drop table {RESULTS}")
    columns = ", ".join(f"{name} {kind}" for name, (kind, _) in _COLUMNS.items())
    connection.execute(f"create table if not exists {RESULTS} ({columns})")
    connection.execute(f"comment on table {RESULTS} is 'One row per rule and table.'")
    for name, (_, text) in _COLUMNS.items():
        spelt = text.replace("'", "''")
        connection.execute(f"comment on column {RESULTS}.{name} is '{spelt}'")


def forget(connection: duckdb.DuckDBPyConnection, *suites: str) -> None:
    """Remove the outcomes of suites whose tables are about to change."""
    prepare(connection)
    connection.execute(f"delete from {RESULTS} where list_contains(?, suite)", [list(suites)])


def record(
    connection: duckdb.DuckDBPyConnection, run_id: str, suite: str, outcomes: Sequence[Outcome]
) -> None:
    """Add outcomes; those of the same suite and table are replaced."""
    prepare(connection)
    tables = sorted({outcome.rule.table for outcome in outcomes})
    connection.execute(
        f"delete from {RESULTS} where suite = ? and list_contains(?, table_name)", [suite, tables]
    )
    rows = [
        [
            run_id,
            suite,
            outcome.rule.table,
            outcome.rule.name,
            outcome.rule.severity,
            outcome.rule.owner,
            outcome.rule.description,
            outcome.rule.reason,
            outcome.passed,
            outcome.observed,
            outcome.failing_rows,
            outcome.examples,
            outcome.rule.failing_rows_query(),
        ]
        for outcome in outcomes
    ]
    if rows:
        # Column by column: a thousand single inserts take seconds.
        columns = ", ".join(f"unnest(?::{kind}[])" for kind, _ in _COLUMNS.values())
        connection.execute(
            f"insert into {RESULTS} select {columns}",
            [list(column) for column in zip(*rows, strict=True)],
        )


class StoredVerdicts:
    """The stored outcomes, held against the rules that should have run."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, expected: Sequence[tuple[str, Rule]]
    ) -> None:
        self._connection = connection
        self._expected = expected

    def missing(self) -> list[str]:
        """Rules without a stored outcome."""
        held = set(
            self._connection.execute(f"select suite, table_name, rule from {RESULTS}").fetchall()
        )
        return [
            f"{suite} {rule.id}"
            for suite, rule in self._expected
            if (suite, rule.table, rule.name) not in held
        ]

    def failed(self) -> list[str]:
        """Critical rules that failed, on anything but editions, which are refused one by one."""
        rows = self._connection.execute(
            f"select suite, table_name, rule, observed, examples from {RESULTS} "
            f"where severity = 'critical' and not passed and suite <> 'edition' order by all"
        ).fetchall()
        return [
            f"{suite} {table}.{rule}: {observed} {examples}".strip()
            for suite, table, rule, observed, examples in rows
        ]
