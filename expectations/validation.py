"""Rules run by Great Expectations inside DuckDB.

Great Expectations takes seconds to import, so it is imported on first use and then once.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

import duckdb
import sqlalchemy.pool

from expectations import duckdb_dialect
from expectations.edition_rows import FILE, ROW
from expectations.rules import (
    AllowedValues,
    Between,
    HasColumns,
    NotNull,
    Outcome,
    RowCount,
    Rule,
    quoted,
)
from expectations.shown import shown_columns, shown_error

_EXAMPLES = 10
# Great Expectations returns 200 rows of a query and no more; each broken rule has one.
_MOST_COUNTED = 150
_NO_RESULT = "did not run: no result"


class Validator:
    """Runs rules against the tables of one DuckDB connection.

    Tables must be committed and not temporary: checks read through cursors of their own.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._context: Any = None
        self._source: Any = None
        self._tables: tuple[str, ...] = ()

    def validate(self, rules: Sequence[Rule]) -> list[Outcome]:
        """Run rules, grouped by table; every rule gets an outcome, also one that cannot run."""
        by_table: dict[str, list[Rule]] = {}
        for rule in rules:
            by_table.setdefault(rule.table, []).append(rule)
        held = self._held(by_table)
        source = self._source_of(tuple(sorted(held)))
        outcomes = {}
        for table, of_table in by_table.items():
            if table in held:
                found = self._validate_table(source, table, of_table)
            else:
                found = [Outcome(r, False, f"did not run: no table {table}") for r in of_table]
            outcomes.update({id(outcome.rule): outcome for outcome in found})
        return [outcomes[id(rule)] for rule in rules]

    @property
    def held_tables(self) -> list[str]:
        """Tables that Great Expectations holds between calls: those of the last one, no more."""
        if self._context is None:
            return []
        sources = self._context.data_sources.all().values()
        return [asset.name for source in sources for asset in source.assets]

    def _held(self, tables: Iterable[str]) -> set[str]:
        found = self._connection.execute(
            f"select {duckdb_dialect.SCHEMA} || '.' || table_name from information_schema.tables"
        ).fetchall()
        return {name for (name,) in found}.intersection(tables)

    def _validate_table(self, source: Any, table: str, rules: list[Rule]) -> list[Outcome]:
        asset = source.get_asset(table)
        batch = asset.get_batch(asset.build_batch_request())
        own = {number: rule for number, rule in enumerate(rules) if _has_expectation(rule)}
        counted = [
            (number, rule) for number, rule in enumerate(rules) if not _has_expectation(rule)
        ]
        chunks = [
            counted[start : start + _MOST_COUNTED]
            for start in range(0, len(counted), _MOST_COUNTED)
        ]
        named = [(str(number), _expectation(rule)) for number, rule in own.items()]
        results = _run(batch, [*named, *((_counting(chunk), _counted(chunk)) for chunk in chunks)])
        found = {
            number: self._outcome(rule, results[str(number)])
            for number, rule in own.items()
            if str(number) in results
        }
        for chunk in chunks:
            found |= self._counted_outcomes(batch, chunk, results.get(_counting(chunk)))
        return [found.get(n, Outcome(r, False, _NO_RESULT)) for n, r in enumerate(rules)]

    def _counted_outcomes(
        self, batch: Any, rules: Sequence[_Numbered], result: Any
    ) -> dict[int, Outcome]:
        """Outcomes of rules whose offenders were counted together, told apart rule by rule.

        Where the one query failed, each rule runs alone, so that only the broken one did not run.
        """
        from expectations.counting import offenders_by_rule  # noqa: PLC0415

        error = "no result" if result is None else _exception_of(result)
        if error and len(rules) > 1:
            found: dict[int, Outcome] = {}
            for numbered in rules:
                alone = _run(batch, [(_counting([numbered]), _counted([numbered]))])
                found |= self._counted_outcomes(batch, [numbered], alone.get(_counting([numbered])))
            return found
        if error:
            [(number, rule)] = rules
            return {number: Outcome(rule, False, f"did not run: {error}")}
        offenders = offenders_by_rule(result)
        return {
            number: self._failed(rule, str(offenders[number]))
            if number in offenders
            else Outcome(rule, True, "0")
            for number, rule in rules
        }

    def _source_of(self, tables: tuple[str, ...]) -> Any:
        """The data source with these tables; that of the last call, if they are the same.

        The context writes all it holds whenever a source is added: for the small editions of
        a night that took longer than their rules (2026-11-27), so the source stays. Tables that
        pile up from call to call would cost more than the rules too: there is never more than one.
        """
        if self._source is not None and tables == self._tables:
            return self._source
        if self._context is None:
            os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
            import great_expectations as gx  # noqa: PLC0415  (5 seconds: only when rules run)

            duckdb_dialect.register()
            self._context = gx.get_context(mode="ephemeral")
            self._context.variables.progress_bars = {"globally": False}
        if self._source is not None:
            self._source = None
            self._context.data_sources.delete("warehouse")
        self._source = self._context.data_sources.add_sql(
            "warehouse",
            connection_string="duckdb://",
            kwargs={
                "connect_args": {"share": self._connection},
                "poolclass": sqlalchemy.pool.StaticPool,
            },
            assets=[
                {
                    "name": table,
                    "type": "table",
                    "schema_name": table.split(".")[0],
                    "table_name": table.split(".")[1],
                }
                for table in tables
            ],
        )
        self._tables = tables
        return self._source

    def _outcome(self, rule: Rule, result: Any) -> Outcome:
        error = _exception_of(result)
        if error:
            return Outcome(rule, False, f"did not run: {error}")
        observed = _observed(result)
        return Outcome(rule, True, observed) if result.success else self._failed(rule, observed)

    def _failed(self, rule: Rule, observed: str) -> Outcome:
        failing, examples = self._offenders(rule)
        return Outcome(rule, False, observed or f"{failing} rows", failing, examples)

    def _offenders(self, rule: Rule) -> tuple[int, str]:
        """How many rows break a rule, and the keys of the first of them that may be shown."""
        query = rule.failing_rows_query()
        if query is None:
            return 0, ""
        [(failing,)] = self._connection.execute(f"select count(*) from ({query}) as bad").fetchall()
        shown = shown_columns(rule)
        if not shown:
            return failing, ""
        columns = ", ".join(quoted(column) for column in shown)
        rows = self._connection.execute(
            f"select distinct {columns} from ({query}) as bad order by {columns} limit {_EXAMPLES}"
        ).fetchall()
        told = "; ".join(
            ", ".join(
                f"{_READABLE.get(column, column)} {value}"
                for column, value in zip(shown, row, strict=True)
            )
            for row in rows
        )
        return failing, f"{told}; …" if failing > len(rows) else told


_Numbered = tuple[int, Rule]
_READABLE = {FILE: "file", ROW: "row"}


def _has_expectation(rule: Rule) -> bool:
    return isinstance(rule, NotNull | AllowedValues | Between | RowCount | HasColumns)


def _run(batch: Any, named: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Results of expectations on a batch, by the name that each was given."""
    if not named:
        return {}
    import great_expectations as gx  # noqa: PLC0415

    suite = gx.ExpectationSuite(name=batch.data_asset.name, expectations=[])
    for name, expectation in named:
        expectation.meta = {"rule": name}
        suite.add_expectation(expectation)
    result = batch.validate(suite, result_format="BASIC")
    return {found.expectation_config.meta["rule"]: found for found in result.results}


def _expectation(rule: Rule) -> Any:
    """The expectation that checks a rule of a kind that Great Expectations knows."""
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
        case _:
            raise TypeError(f"{rule.id} is of a kind whose offenders are counted")


def _counted(rules: Sequence[_Numbered]) -> Any:
    """The expectation that none of the rules has an offender."""
    from expectations.counting import counting_expectation  # noqa: PLC0415

    return counting_expectation(rules)


def _counting(rules: Sequence[_Numbered]) -> str:
    """Name of the expectation that counts the offenders of these rules together."""
    return f"offenders from rule {rules[0][0]} on"


def _exception_of(result: Any) -> str:
    info = result.exception_info or {}
    entries = info.values() if all(isinstance(v, dict) for v in info.values()) else [info]
    for entry in entries:
        if isinstance(entry, dict) and entry.get("raised_exception"):
            return shown_error(str(entry.get("exception_message", "")))
    return ""


def _observed(result: Any) -> str:
    details = result.result or {}
    if "unexpected_count" in details and "element_count" in details:
        return f"{details['unexpected_count']} of {details['element_count']} values"
    value = details.get("observed_value")
    if isinstance(value, list):
        return f"{len(value)} columns"
    return "" if value is None else str(value)
