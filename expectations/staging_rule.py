"""How a rule on a staging model is written down."""

from __future__ import annotations

from expectations.rules import NoRowsWhere, Rule, Severity


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
