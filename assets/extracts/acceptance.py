"""Accepting or refusing: what rows, rules and remarks add up to, in words."""

from __future__ import annotations

from collections.abc import Sequence

from assets.extracts.conformance import Conformed
from assets.extracts.contract import Contract
from assets.extracts.editions import Edition, RuleRecord, Verdict
from assets.extracts.identifiers import redact
from assets.extracts.readers import RowsRead
from assets.extracts.recognition import LayoutMatch
from expectations.editions import MOSTLY_KNOWN
from expectations.rules import Outcome, failed


def verdict_of(
    contract: Contract,
    match: LayoutMatch,
    read: RowsRead,
    conformed: Conformed,
    outcomes: Sequence[Outcome],
) -> tuple[Verdict, str]:
    """Verdict and reason: too many bad rows or a critical rule refuse, the rest is remarked."""
    name_of_rows = f"{conformed.rows_quarantined} of {read.rows_in_file} rows quarantined"
    broken_rules = "; ".join(
        f"column {column!r} {message} in {count} row(s): {rows}"
        if column
        else f"{count} row(s) that {message.replace('holds', 'hold')}: {rows}"
        for _, column, message, count, rows in conformed.problems[:10]
    )
    if conformed.rows_quarantined > contract.rejection_tolerance * read.rows_in_file:
        return "refused", (
            f"{name_of_rows}, more than the {contract.rejection_tolerance:.0%} this extract "
            f"tolerates: {broken_rules}"
        )
    critical = failed(outcomes, "critical")
    if critical:
        return "refused", "; ".join(outcome.sentence() for outcome in critical)
    remarks = [outcome.sentence() for outcome in failed(outcomes, "warning")]
    if conformed.rows_quarantined:
        remarks.append(f"{name_of_rows}: {broken_rules}")
    if not read.ends_with_line_end and _ends_in_number(match):
        remarks.append(
            f"the last line has no line end (row {read.rows_in_file}): if the file was cut off "
            "there, its last number is short"
        )
    if match.unknown:
        strangers = redact(", ".join(repr(header) for _, header in match.unknown[:10]))
        remarks.append(f"new columns, kept as they are: {strangers}")
    return "accepted", "; ".join(remarks)


def waits_for_reference(edition: Edition) -> bool:
    """Whether another extract can lift the refusal, such as a directory that came a day later."""
    return edition.verdict == "refused" and any(
        rule.rule.endswith(MOSTLY_KNOWN) and not rule.passed for rule in edition.rules
    )


def _ends_in_number(match: LayoutMatch) -> bool:
    """Whether the last column holds numbers: one that is cut short still reads as a number."""
    last = len(match.sheet.first_row) - 1
    types = {column.name: column.type for column in match.layout.columns}
    return last in match.wide or any(
        position == last and types[name] in ("integer", "decimal")
        for name, position in match.positions.items()
    )


def rule_record(outcome: Outcome) -> RuleRecord:
    """A rule's outcome as the edition keeps it."""
    return RuleRecord(
        rule=outcome.rule.name,
        severity=outcome.rule.severity,
        passed=outcome.passed,
        description=outcome.rule.description,
        observed=outcome.observed,
        failing_rows=outcome.failing_rows,
        examples=outcome.examples,
        owner=outcome.rule.owner,
        reason=outcome.rule.reason,
    )
