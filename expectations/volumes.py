"""Rules on how much there is, against the release in force; and changes that somebody accepted.

A file half the size of the last one can satisfy every rule on rows. What may not happen unseen is
that a table, or an indicator at one level, loses values. Where that is right (a practice closed, a
collection ended) a reviewed, dated line in ``accepted_changes.yml`` says so; no threshold moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from expectations.rules import NoRows, Outcome, Rule, Severity

TABLE_VOLUMES = "quality.table_volumes"
VALUE_VOLUMES = "quality.value_volumes"
ACCEPTED_CHANGES = "quality.accepted_changes"
ACCEPTED_FILE = Path(__file__).with_name("accepted_changes.yml")

# Releases only grow: history stays, new periods come. Forgetting a submitter or a period that is
# older than its retention takes some away, seldom a fifth of a table (2026-11-26).
_DROP_SHOWN = 0.2
_DROP_STOPS = 0.5
# A jump of ten in a hundred of the rows of an indicator and level is a file that did not come, a
# column that moved or a rule of hiding that changed, not chance (2026-11-26).
_SHARE_SHOWN = 0.1
# Of fewer rows a share jumps by chance.
_LEAST_ROWS = 20
_REASON = "2026-11-26: history is kept, so a release seldom has less than the one before"


class AcceptedChangesError(ValueError):
    """A line of accepted changes that cannot be used; the message names the line and what to do."""


class AcceptedChange(BaseModel):
    """One change against one release that somebody looked at and found right.

    ``rule`` is the name of the rule; ``table`` or ``indicator`` (with ``area_type`` where only one
    level is meant) say of what; ``compared_with`` is the version of the release in force at the
    time; the line holds until the day ``until``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rule: str
    table: str | None = None
    indicator: str | None = None
    area_type: str | None = None
    compared_with: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}T\d{6}Z-[0-9a-f]{8}$")
    until: date
    reviewed_by: str = Field(min_length=2)
    reviewed_on: date
    reason: str = Field(min_length=10)

    @property
    def subject(self) -> str:
        """What the line is about, in words."""
        return " ".join(part for part in (self.table, self.indicator, self.area_type) if part)


def read_accepted_changes(path: Path = ACCEPTED_FILE) -> tuple[AcceptedChange, ...]:
    """The lines of the file, in its order.

    Raises ``AcceptedChangesError`` that names file, line and what is wrong with it.
    """
    listed = yaml.safe_load(path.read_text(encoding="utf-8")) or []
    if not isinstance(listed, list):
        raise AcceptedChangesError(f"{path}: a list is needed; write each change as - rule: …")
    changes = []
    for number, entry in enumerate(listed, start=1):
        try:
            change = AcceptedChange.model_validate(entry)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "the change"
            raise AcceptedChangesError(
                f"{path}: change {number}: {where}: {first['msg']}"
            ) from error
        _require_subject(path, number, change)
        changes.append(change)
    return tuple(changes)


def _require_subject(path: Path, number: int, change: AcceptedChange) -> None:
    known = {rule.name: rule.table for rule in volume_rules()}
    if change.rule not in known:
        raise AcceptedChangesError(
            f"{path}: change {number}: rule {change.rule!r} is none of {', '.join(sorted(known))}"
        )
    wanted = "table" if known[change.rule] == TABLE_VOLUMES else "indicator"
    if (change.table is None) == (wanted == "table") or (change.indicator is None) != (
        wanted == "table"
    ):
        raise AcceptedChangesError(
            f"{path}: change {number}: rule {change.rule} is about one {wanted}; name that alone"
        )
    if change.until < change.reviewed_on:
        raise AcceptedChangesError(f"{path}: change {number}: until lies before reviewed_on")


def volume_rules(
    accepted: Sequence[AcceptedChange] = (), compared_with: str = "", today: date = date.min
) -> list[Rule]:
    """The rules; what was accepted against this release and still holds is not an offender."""
    in_force = [c for c in accepted if c.compared_with == compared_with and c.until >= today]
    return [
        _rule(name, table, condition, severity, description, in_force)
        for name, table, condition, severity, description in _thresholds()
    ]


def _thresholds() -> list[tuple[str, str, str, Severity, str]]:
    lost = "coalesce({now}, 0) < {share} * {before} and {before} > 0"
    rose = (
        "rows_before >= {least} and rows_now >= {least} and coalesce({now}, 0) * 1.0 / rows_now "
        "> coalesce({before}, 0) * 1.0 / rows_before + {share}"
    )
    both: tuple[tuple[str, float, Severity], ...] = (
        ("", _DROP_SHOWN, "warning"),
        ("_half", _DROP_STOPS, "critical"),
    )
    found: list[tuple[str, str, str, Severity, str]] = []
    for suffix, share, severity in both:
        kept = 1 - share
        found.append(
            (
                f"table_keeps_its_rows{suffix}",
                TABLE_VOLUMES,
                lost.format(now="rows_now", before="rows_before", share=kept),
                severity,
                f"no table has lost over {share:.0%} of its rows since the release in force",
            )
        )
        found.append(
            (
                f"indicator_keeps_its_values{suffix}",
                VALUE_VOLUMES,
                lost.format(now="values_now", before="values_before", share=kept),
                severity,
                f"no indicator has lost over {share:.0%} of its values at a level",
            )
        )
    for name, words in (("suppressed", "hidden"), ("not_available", "not available")):
        found.append(
            (
                f"share_{name}_is_as_before",
                VALUE_VOLUMES,
                rose.format(
                    now=f"{name}_now",
                    before=f"{name}_before",
                    share=_SHARE_SHOWN,
                    least=_LEAST_ROWS,
                ),
                "warning",
                f"no indicator has {_SHARE_SHOWN:.0%} more of a level's rows {words} than before",
            )
        )
    return found


def _rule(
    name: str,
    table: str,
    condition: str,
    severity: Severity,
    description: str,
    in_force: Sequence[AcceptedChange],
) -> Rule:
    of_rule = [change for change in in_force if change.rule == name]
    unless = "".join(f" and not ({is_subject_of(change)})" for change in of_rule)
    reason = "; ".join([_REASON, *(_said(change) for change in of_rule)])
    is_of_tables = table == TABLE_VOLUMES
    return NoRows(
        table=table,
        name=name,
        description=description,
        severity=severity,
        reason=reason,
        query=f"select * from {table} where {condition}{unless}",
        identify_by=("table_name",) if is_of_tables else ("indicator_id", "area_type"),
    )


def is_subject_of(change: AcceptedChange) -> str:
    """SQL that is true for the rows that an accepted change is about."""
    named = {
        "table_name": change.table,
        "indicator_id": change.indicator,
        "area_type": change.area_type,
    }
    return " and ".join(
        f"{column} = '" + value.replace("'", "''") + "'"
        for column, value in named.items()
        if value is not None
    )


def _said(change: AcceptedChange) -> str:
    return (
        f"accepted for {change.subject} until {change.until.isoformat()}: {change.reason} "
        f"({change.reviewed_by}, {change.reviewed_on.isoformat()})"
    )


def with_acceptance(outcomes: Sequence[Outcome], used: Sequence[AcceptedChange]) -> list[Outcome]:
    """Outcomes of the volume rules; those that hold only by accepted changes say by which."""
    return [
        replace(outcome, observed="; ".join(_said(change) for change in of_rule))
        if outcome.passed and of_rule
        else outcome
        for outcome in outcomes
        for of_rule in [[change for change in used if change.rule == outcome.rule.name]]
    ]


def accepted_change_rules() -> list[Rule]:
    """Rules on the file itself: lines that have expired, and lines that accept nothing."""
    return [
        NoRows(
            table=ACCEPTED_CHANGES,
            name=name,
            description=description,
            severity="warning",
            reason="a line left behind would one day accept what nobody looked at",
            query=f"select * from {ACCEPTED_CHANGES} where {condition}",
            identify_by=("rule", "subject"),
        )
        for name, description, condition in (
            ("none_has_expired", "no accepted change is past its day: remove the line", "is_past"),
            (
                "each_is_used",
                "every accepted change accepts something: remove the line or correct it",
                "not is_used and not is_past",
            ),
        )
    ]
