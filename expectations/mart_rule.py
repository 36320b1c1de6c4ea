"""What the rules on marts share: the table of values, its key, and rules that analytics owns."""

from __future__ import annotations

from expectations.rules import NoRows, NoRowsWhere, Rule, Severity

VALUES = "marts.indicator_values"
VALUE_KEY = (
    "indicator_id",
    "area_type",
    "area_code",
    "hierarchy_basis",
    "period_start",
    "period_end",
    "series_id",
    "category_type",
    "category",
)
# Enough of the key to find a row by.
SHOW = ("indicator_id", "area_type", "area_code", "period_end")


def no_rows_where(
    name: str,
    description: str,
    condition: str,
    *,
    table: str = VALUES,
    identify_by: tuple[str, ...] = SHOW,
    severity: Severity = "critical",
    owner: str = "analytics",
) -> Rule:
    """A rule that no row of one table breaks."""
    return NoRowsWhere(
        table=table,
        name=name,
        description=description,
        severity=severity,
        owner=owner,
        condition=condition,
        identify_by=identify_by,
    )


def no_rows(
    table: str,
    name: str,
    description: str,
    query: str,
    *identify_by: str,
    reason: str = "",
    severity: Severity = "critical",
) -> Rule:
    """A rule that holds tables against each other: its query finds nothing."""
    return NoRows(
        table=table,
        name=name,
        description=description,
        severity=severity,
        owner="analytics",
        reason=reason,
        query=query,
        identify_by=identify_by or SHOW,
    )
