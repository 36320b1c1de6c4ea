"""How a rule on a staging model is written down."""

from __future__ import annotations

from expectations.rules import NoRows, NoRowsWhere, Rule, Severity


def broken_where(
    table: str,
    name: str,
    description: str,
    condition: str,
    *identify_by: str,
    severity: Severity = "critical",
    reason: str = "",
) -> Rule:
    """A rule that is broken by every row of a staging model for which the condition holds."""
    return NoRowsWhere(
        table=table,
        name=name,
        description=description,
        severity=severity,
        owner="data engineering",
        reason=reason,
        condition=condition,
        identify_by=identify_by,
    )


def warning_of(
    table: str,
    name: str,
    description: str,
    query: str,
    *identify_by: str,
    reason: str,
    owner: str = "primary care analytics",
) -> Rule:
    """A warning of each row that a query about a staging model and others finds."""
    return NoRows(
        table=table,
        name=name,
        description=description,
        severity="warning",
        owner=owner,
        reason=reason,
        query=query,
        identify_by=identify_by,
    )
