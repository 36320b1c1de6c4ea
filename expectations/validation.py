"""Rules run by Great Expectations inside DuckDB.

Great Expectations takes seconds to import, so it is imported on first use and then once.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Any

import duckdb
import sqlalchemy.pool

from expectations import duckdb_dialect
from expectations.rules import (
    AllowedValues,
    Between,
    HasColumns,
    NotNull,
    Outcome,
    RowCount,
    Rule,
    Unique,
    quoted,
)

_EXAMPLES = 10


class Validator:
    """Runs rules against the tables of one DuckDB connection.

    Tables must be committed and not temporary: checks read through cursors of their own.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._source: Any = None

    def validate(self, rules: Sequence[Rule]) -> list[Outcome]:
        """Run rules, grouped by table; every rule gets an outcome, also one that cannot run."""
        by_table: dict[str, list[Rule]] = {}
        for rule in rules:
            by_table.setdefault(rule.table, []).append(rule)
        outcomes = {}
        for table, of_table in by_table.items():
            if not self._exists(table):
                for rule in of_table:
                    outcomes[id(rule)] = Outcome(rule, False, f"did not run: no table {table}")
                continue
            for outcome in self._validate_table(table, of_table):
                outcomes[id(outcome.rule)] = outcome
        return [outcomes[id(rule)] for rule in rules]

    def _exists(self, table: str) -> bool:
        schema, name = table.split(".")
        found = self._connection.execute(
            "select 1 from information_schema.tables where table_schema = ? and table_name = ? "
            "and table_catalog = current_database()",
            [schema, name],
        ).fetchall()
        return bool(found)

    def _validate_table(self, table: str, rules: list[Rule]) -> list[Outcome]:
        import great_expectations as gx  # noqa: PLC0415  (5 seconds: only when rules run)

        schema, name = table.split(".")
        batch = (
            self._data_source()
            .add_table_asset(f"{table}#{self._asset_number()}", table_name=name, schema_name=schema)
            .add_batch_definition_whole_table("whole table")
            .get_batch()
        )
        suite = gx.ExpectationSuite(name=table, expectations=[])
        for number, rule in enumerate(rules):
            expectation = _expectation(rule)
            expectation.meta = {"rule": number}
            suite.add_expectation(expectation)
        result = batch.validate(suite, result_format="BASIC")
        found = {r.expectation_config.meta["rule"]: r for r in result.results}
        return [self._outcome(rule, found.get(number)) for number, rule in enumerate(rules)]

    def _data_source(self) -> Any:
        if self._source is None:
            os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
            import great_expectations as gx  # noqa: PLC0415

            duckdb_dialect.register()
            context = gx.get_context(mode="ephemeral")
            context.variables.progress_bars = {"globally": False}
            self._source = context.data_sources.add_sql(
                "warehouse",
                connection_string="duckdb://",
                kwargs={
                    "connect_args": {"share": self._connection},
                    "poolclass": sqlalchemy.pool.StaticPool,
                },
            )
            self._assets = 0
        return self._source

    def _asset_number(self) -> int:
        self._assets += 1
        return self._assets

    def _outcome(self, rule: Rule, result: Any) -> Outcome:
        if result is None:
            return Outcome(rule, False, "did not run: no result")
        error = _exception_of(result)
        if error:
            return Outcome(rule, False, f"did not run: {error}")
        observed = _observed(result)
        if result.success:
            return Outcome(rule, True, observed)
        failing, examples = self._offenders(rule)
        return Outcome(rule, False, observed or f"{failing} rows", failing, examples)

    def _offenders(self, rule: Rule) -> tuple[int, str]:
        query = rule.failing_rows_query()
        if query is None:
            return 0, ""
        [(failing,)] = self._connection.execute(f"select count(*) from ({query}) as bad").fetchall()
        if not rule.identify_by:
            return failing, ""
        columns = ", ".join(quoted(column) for column in rule.identify_by)
        rows = self._connection.execute(
            f"select distinct {columns} from ({query}) as bad order by {columns} limit {_EXAMPLES}"
        ).fetchall()
        shown = "; ".join(
            ", ".join(
                f"{_READABLE.get(column, column)} {value}"
                for column, value in zip(rule.identify_by, row, strict=True)
            )
            for row in rows
        )
        return failing, f"{shown}; …" if failing > len(rows) else shown


_READABLE = {"source_row_number": "row"}


def _expectation(rule: Rule) -> Any:
    """The expectation that checks a rule; a rule without one of its own is a query."""
    import great_expectations.expectations as gxe  # noqa: PLC0415

    match rule:
        case NotNull():
            return gxe.ExpectColumnValuesToNotBeNull(column=rule.column)
        case AllowedValues():
            return gxe.ExpectColumnValuesToBeInSet(column=rule.column, value_set=list(rule.values))
        case Between():
            return gxe.ExpectColumnValuesToBeBetween(
                column=rule.column, min_value=rule.at_least, max_value=rule.at_most
            )
        case RowCount():
            return gxe.ExpectTableRowCountToBeBetween(
                min_value=rule.at_least, max_value=rule.at_most
            )
        case HasColumns():
            return gxe.ExpectTableColumnsToMatchSet(column_set=list(rule.columns), exact_match=True)
        case Unique():
            # A window over whole rows (the built-in compound check) costs three times a group by.
            keys = ", ".join(quoted(column) for column in rule.columns)
            query = f"select {keys} from {{batch}} group by {keys} having count(*) > 1"
            return gxe.UnexpectedRowsExpectation(unexpected_rows_query=query)
        case _:
            query = rule.failing_rows_query() or ""
            escaped = query.replace("{", "{{").replace("}", "}}")
            in_batch = re.sub(rf"\b{re.escape(rule.table)}\b", "{batch}", escaped)
            return gxe.UnexpectedRowsExpectation(unexpected_rows_query=in_batch)


def _exception_of(result: Any) -> str:
    info = result.exception_info or {}
    entries = info.values() if all(isinstance(v, dict) for v in info.values()) else [info]
    for entry in entries:
        if isinstance(entry, dict) and entry.get("raised_exception"):
            return str(entry.get("exception_message", "")).splitlines()[0]
    return ""


def _observed(result: Any) -> str:
    details = result.result or {}
    if "unexpected_count" in details and "element_count" in details:
        return f"{details['unexpected_count']} of {details['element_count']} values"
    value = details.get("observed_value")
    if isinstance(value, list):
        return f"{len(value)} columns"
    return "" if value is None else str(value)
