"""The bridge to Dagster: one asset check per table and severity, with every rule as a row."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import dagster as dg

from expectations.rules import Outcome, Rule, Severity


def check_specs(
    rules: Sequence[Rule],
    keys: Mapping[str, dg.AssetKey],
    prefix: str = "",
    additional_deps: Sequence[dg.AssetKey] = (),
    *,
    may_block: bool = True,
) -> list[dg.AssetCheckSpec]:
    """A check for each asset and severity that has rules.

    Args:
        rules: the declared rules.
        keys: asset key of each table that the rules are about.
        prefix: stands before the severity in the names of checks, for assets that have others.
        additional_deps: assets that must be there too before the checks can run.
        may_block: whether what is made of the assets waits for the checks; it cannot where it
            is made before the checks run.
    """
    pairs = dict.fromkeys((keys[rule.table], rule.severity) for rule in rules)
    return [
        dg.AssetCheckSpec(
            f"{prefix}{severity}",
            asset=key,
            blocking=may_block and severity == "critical",
            additional_deps=additional_deps,
            description=f"{_count(rules, keys, key, severity)} rules of severity {severity}.",
        )
        for key, severity in pairs
    ]


def _count(
    rules: Sequence[Rule], keys: Mapping[str, dg.AssetKey], key: dg.AssetKey, severity: Severity
) -> int:
    return sum(keys[rule.table] == key and rule.severity == severity for rule in rules)


def check_results(
    outcomes: Sequence[Outcome],
    keys: Mapping[str, dg.AssetKey],
    prefix: str = "",
    page: Path | None = None,
) -> Iterator[dg.AssetCheckResult]:
    """The result of each check, with all its rules' outcomes as a table and a link to the page."""
    linked = {"result_page": dg.MetadataValue.path(page)} if page else {}
    pairs = dict.fromkeys((keys[o.rule.table], o.rule.severity) for o in outcomes)
    for key, severity in pairs:
        of_check = [
            o for o in outcomes if keys[o.rule.table] == key and o.rule.severity == severity
        ]
        broken = [o for o in of_check if not o.passed]
        is_critical = severity == "critical"
        yield dg.AssetCheckResult(
            asset_key=key,
            check_name=f"{prefix}{severity}",
            passed=not broken,
            severity=dg.AssetCheckSeverity.ERROR if is_critical else dg.AssetCheckSeverity.WARN,
            description="; ".join(o.sentence() for o in broken) or "every rule passed",
            metadata={
                "rules": dg.MetadataValue.table(
                    # What is broken stands first: that is what somebody came to see.
                    [_record(o) for o in sorted(of_check, key=lambda o: o.passed)]
                ),
                "rules_run": len(of_check),
                "rules_failed": len(broken),
                **linked,
            },
        )


def _record(outcome: Outcome) -> dg.TableRecord:
    return dg.TableRecord(
        {
            "table": outcome.rule.table,
            "rule": outcome.rule.name,
            "passed": outcome.passed,
            "what_must_hold": outcome.rule.description,
            "observed": outcome.observed,
            "failing_rows": outcome.failing_rows,
            "examples": outcome.examples,
            "failing_rows_query": outcome.rule.failing_rows_query() or "",
            "owner": outcome.rule.owner,
            "reason": outcome.rule.reason,
        }
    )
