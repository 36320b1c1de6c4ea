"""Accepting or refusing: what rows, rules and remarks add up to, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assets.extracts.contract_model.contract import Contract
from assets.extracts.contract_model.headers import matches_header
from assets.extracts.holding.editions import Edition, RuleRecord, Verdict
from assets.extracts.identifiers.detectors import redact
from assets.extracts.judging.batches import Batch
from assets.extracts.judging.file_scan import column_label
from assets.extracts.judging.parts import TakenPart
from assets.extracts.judging.rules_on_editions import Ruled
from assets.extracts.reading.recognition import LayoutMatch
from expectations.editions import MOSTLY_KNOWN
from expectations.rules import failed


def verdict_of(
    contract: Contract,
    batch: Batch,
    taken: Sequence[TakenPart],
    ruled: Ruled,
    titles: Mapping[str, str],
) -> tuple[Verdict, str]:
    """Verdict and reason: too many bad rows or a critical rule refuse, the rest is remarked.

    What refers to an extract of which nothing is held waits for it, and is judged again each night.

    Args:
        contract: of the extract.
        batch: the files of the edition.
        taken: the same files, read and held against the contract.
        ruled: what the rules on the whole edition found.
        titles: titles of extracts by name, for those that it waits for.
    """
    names = " and ".join(part.record.file_name for part in taken)
    for part in taken:
        # Grants to individuals are set aside as they should be; they make no bad delivery.
        bad = part.record.rows_quarantined - part.conformed.rows_about_individuals
        if not contract.tolerates(bad, part.record.rows_in_file):
            return "refused", (
                f"{part.record.file_name}: {_quarantined(part)}, more than the "
                f"{_tolerated(contract)} this extract tolerates: {_broken_rules(part)}"
            )
    missing = _missing_parts(contract, batch)
    if missing:
        return "refused", f"{names}: {missing}"
    critical = failed(ruled.outcomes, "critical")
    if critical:
        return "refused", f"{names}: {'; '.join(outcome.sentence() for outcome in critical)}"
    if ruled.waits_for:
        wanted = " and ".join(f"“{titles[name]}” ({name})" for name in ruled.waits_for)
        return "waiting", (
            f"{names}: waits for {wanted}, of which nothing has arrived yet. Nothing is wrong with "
            "this file; it is judged again each night and need not be sent again"
        )
    remarks = [outcome.sentence() for outcome in failed(ruled.outcomes, "warning")]
    for part in taken:
        of_part = f"{part.record.file_name}: " if len(taken) > 1 else ""
        remarks += [f"{of_part}{remark}" for remark in _remarks(part)]
    return "accepted", "; ".join(remarks)


def _tolerated(contract: Contract) -> str:
    share = f"{contract.rejection_tolerance:.0%}"
    rows = contract.tolerated_rows
    return f"{share} (or {rows} rows, but not all of them)" if rows else share


def _missing_parts(contract: Contract, batch: Batch) -> str | None:
    parts_by = contract.parts_by
    if parts_by is None or (parts_by.or_whole and batch.parts == {""}):
        return None
    expected = parts_by.expected
    missing = [part for part in expected if part not in batch.parts]
    if not missing or batch.declaration.coverage == "partial":
        return None
    return (
        f"the edition needs {len(expected)} files and waits for: {', '.join(missing)}; what came "
        "is kept, and the edition is taken in as soon as the rest arrives"
    )


def _remarks(part: TakenPart) -> list[str]:
    remarks = []
    if part.record.rows_quarantined:
        remarks.append(f"{_quarantined(part)}: {_broken_rules(part)}")
    if not part.read.ends_with_line_end and _ends_in_number(part.match):
        remarks.append(
            f"the last line has no line end (row {part.record.rows_in_file}): if the file was cut "
            "off there, its last number is short"
        )
    unknown = [
        position for position, header in part.match.unknown if not _refuses_rows(part, header)
    ]
    if unknown:
        named = [column_label(part.match, position) for position in unknown[:10]]
        strangers = redact(", ".join(repr(label) for label in named))
        remarks.append(f"new columns, kept as they are: {strangers}")
    if part.not_kept:
        remarks.append(f"not kept beside the rows: {'; '.join(part.not_kept)}")
    return remarks


def _refuses_rows(part: TakenPart, header: str) -> bool:
    """Whether a column is known after all, as one whose rows are not kept."""
    columns = part.match.layout.columns
    return any(c.refuses_row and matches_header(c.headers, header) for c in columns)


def _quarantined(part: TakenPart) -> str:
    return f"{part.record.rows_quarantined} of {part.record.rows_in_file} rows quarantined"


def _broken_rules(part: TakenPart) -> str:
    told = []
    for rule in part.conformed.broken_rules[:10]:
        first = ", ".join(map(str, rule.first_rows))
        if rule.column:
            told.append(f"column {rule.column!r} {rule.message} in {rule.rows} row(s): {first}")
        else:
            message = rule.message.replace("holds", "hold")
            told.append(f"{rule.rows} row(s) that {message}: {first}")
    return "; ".join(told)


def waits_for_reference(edition: Edition) -> bool:
    """Whether another extract can change the verdict, such as a directory that comes later."""
    return edition.verdict == "waiting" or (
        edition.verdict == "refused"
        and any(rule.rule.endswith(MOSTLY_KNOWN) and not rule.passed for rule in edition.rules)
    )


def _ends_in_number(match: LayoutMatch) -> bool:
    """Whether the last column holds numbers: one that is cut short still reads as a number."""
    last = len(match.sheet.first_row) - 1
    types = {column.name: column.type for column in match.layout.columns}
    return last in match.wide or any(
        position == last and types[name] in ("integer", "decimal")
        for name, position in match.positions.items()
    )


def rule_records(ruled: Ruled) -> tuple[RuleRecord, ...]:
    """The rules' outcomes as the edition keeps them, with queries that show what breaks them."""
    return tuple(
        RuleRecord(
            rule=outcome.rule.name,
            severity=outcome.rule.severity,
            passed=outcome.passed,
            description=outcome.rule.description,
            observed=outcome.observed,
            failing_rows=outcome.failing_rows,
            examples=outcome.examples,
            owner=outcome.rule.owner,
            reason=outcome.rule.reason,
            query=query,
        )
        for outcome, query in zip(ruled.outcomes, ruled.queries, strict=True)
    )
