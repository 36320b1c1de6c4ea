"""Many rules of one table as one expectation: a query that counts the offenders of each.

Great Expectations asks for a table once per expectation; a table of ten million rows with twenty
conditions is read once here. This module imports Great Expectations, so it is imported late.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from great_expectations.expectations.core import UnexpectedRowsExpectation

from expectations.rules import NoRowsWhere, Rule, Unique, quoted


class ExpectNoRuleToCountOffenders(UnexpectedRowsExpectation):  # type: ignore[misc]
    """No row comes back from a query with one row per broken rule: its number and its count.

    The query runs once; the expectation that it extends runs it twice, for rows and their number.
    """

    metric_dependencies: ClassVar[tuple[str, ...]] = ("unexpected_rows_query.table",)

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,  # noqa: ARG002
        execution_engine: Any = None,  # noqa: ARG002
    ) -> dict[str, Any]:
        broken = metrics["unexpected_rows_query.table"]
        return {
            "success": not broken,
            "result": {"observed_value": len(broken), "details": {"unexpected_rows": broken}},
        }


def counting_expectation(rules: Sequence[tuple[int, Rule]]) -> ExpectNoRuleToCountOffenders:
    """The expectation that none of these numbered rules, all of one table, has an offender."""
    return ExpectNoRuleToCountOffenders(unexpected_rows_query=_counting_query(rules))


def offenders_by_rule(result: Any) -> dict[int, int]:
    """Offenders of each broken rule, by the number of the rule, from the expectation's result."""
    rows = result.result["details"]["unexpected_rows"]
    return {int(row["rule_number"]): int(row["offenders"]) for row in rows}


def _counting_query(rules: Sequence[tuple[int, Rule]]) -> str:
    """Conditions on single rows are counted in one scan; what needs its own query has one."""
    of_rows = [(number, rule) for number, rule in rules if isinstance(rule, NoRowsWhere)]
    parts = []
    if of_rows:
        numbers = ", ".join(str(number) for number, _ in of_rows)
        counts = ", ".join(
            f"count(*) filter (where {_escaped(rule.condition)})" for _, rule in of_rows
        )
        parts.append(
            f"select unnest([{numbers}]) as rule_number, unnest([{counts}]) as offenders "
            "from {batch}"
        )
    parts += [
        f"select {number} as rule_number, count(*) as offenders from ({_own_query(rule)}) as own"
        for number, rule in rules
        if not isinstance(rule, NoRowsWhere)
    ]
    # A query that names its batch nowhere makes Great Expectations say so, each time.
    parts.append("select null as rule_number, 0 as offenders from (select 1 from {batch} limit 0)")
    every = " union all ".join(parts)
    return f"select rule_number, offenders from ({every}) as counted where offenders > 0"


def _own_query(rule: Rule) -> str:
    if isinstance(rule, Unique):
        # A window over whole rows (the built-in compound check) costs three times a group by.
        keys = ", ".join(quoted(column) for column in rule.columns)
        return f"select {keys} from {rule.table} group by {keys} having count(*) > 1"
    return _escaped(rule.failing_rows_query() or "")


def _escaped(sql: str) -> str:
    return sql.replace("{", "{{").replace("}", "}}")
