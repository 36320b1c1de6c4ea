"""Rules on one edition: what every edition must hold before it is accepted."""

from __future__ import annotations

from dataclasses import dataclass

from expectations.rules import NoRows, RowCount, Rule, Severity, quoted


@dataclass(frozen=True)
class ReferencedColumn:
    """A column whose values must be known to another extract."""

    column: str
    extract: str
    table: str
    extract_column: str


@dataclass(frozen=True)
class ShareLimit:
    """The share of rows, 0 to 1, in which a column may be blank or hold one value."""

    column: str
    value: str | None
    at_most: float


@dataclass(frozen=True)
class EditionFacts:
    """What the rules of an edition depend on.

    ``repeated_keys`` is the table of the rows that share their key with another.
    """

    table: str
    repeated_keys: str
    extract: str
    owner: str
    key: tuple[str, ...]
    rows_at_least: int | None
    rows_at_most: int | None
    rows_reason: str
    is_whole: bool
    is_synthetic: bool
    previous_rows: int | None
    has_wide_columns: bool
    shows_values: bool
    """Whether values may be named: of what organisations send, row numbers alone."""
    references: tuple[ReferencedColumn, ...]
    shares: tuple[ShareLimit, ...]


# A month's, quarter's or year's edition that lost or gained half its rows is another file or a
# cut one, not a change in the service: the largest step between editions held so far is 47 %
# (PCN workforce, December 2020 to March 2021, roles still being recruited; 2026-11-23).
_STEP_WARNING = 0.5
# Practice codes newer than the last directory are expected (44 of 6,166 in the mapping of August
# 2025 against the directory of December 2023); one in five unknown is another file (2026-11-23).
_UNKNOWN_CRITICAL = 0.2
MOSTLY_KNOWN = "_is_mostly_known"


def edition_rules(facts: EditionFacts) -> list[Rule]:
    """The rules for one edition, most basic first."""
    rules: list[Rule] = [
        RowCount(
            table=facts.table,
            name="has_rows",
            description="the edition has at least one row",
            owner=facts.owner,
            at_least=1,
        )
    ]
    if facts.key:
        rules.append(
            NoRows(
                table=facts.repeated_keys,
                name="key_is_unique",
                description=f"no two rows share the key ({', '.join(facts.key)})",
                owner=facts.owner,
                query=f"select source_row_number from {facts.repeated_keys}",
                identify_by=("source_row_number",),
            )
        )
    rules += _volume_rules(facts)
    rules += [_share_rule(facts, limit) for limit in facts.shares]
    for reference in facts.references:
        rules += _reference_rules(facts, reference)
    return rules


def _volume_rules(facts: EditionFacts) -> list[Rule]:
    rules: list[Rule] = []
    at_least, at_most = facts.rows_at_least, facts.rows_at_most
    if at_least is not None and at_most is not None and not facts.is_synthetic:
        rules.append(
            _rows_within(
                facts,
                "volume_of_england",
                (at_least, at_most),
                "critical" if facts.is_whole else "warning",
                "a whole edition has {0:,} to {1:,} rows",
                facts.rows_reason,
            )
        )
    if facts.previous_rows and facts.is_whole:
        bounds = (
            round(facts.previous_rows * (1 - _STEP_WARNING)),
            round(facts.previous_rows * (1 + _STEP_WARNING)),
        )
        rules.append(
            _rows_within(
                facts,
                "volume_like_previous",
                bounds,
                "warning",
                f"within {_STEP_WARNING:.0%} of the {facts.previous_rows:,} rows of the previous "
                "edition: {0:,} to {1:,}",
                "2026-11-23: largest step between editions held so far is 47 %",
            )
        )
    return rules


def _rows_within(
    facts: EditionFacts,
    name: str,
    bounds: tuple[int, int],
    severity: Severity,
    description: str,
    reason: str,
) -> Rule:
    """Bounds on the rows of the file; one of a wide file is several rows of the table."""
    counted = "count(*)"
    if facts.has_wide_columns:
        counted = "count(distinct source_sha256 || source_row_number)"
    return NoRows(
        table=facts.table,
        name=name,
        description=description.format(*bounds),
        severity=severity,
        owner=facts.owner,
        reason=reason,
        query=(
            f"select rows_found from (select {counted} as rows_found "
            f"from {facts.table}) as counted "
            f"where rows_found not between {bounds[0]} and {bounds[1]}"
        ),
        identify_by=("rows_found",),
    )


def _share_rule(facts: EditionFacts, limit: ShareLimit) -> Rule:
    column = quoted(limit.column)
    if limit.value is None:
        name, words, condition = "blank", "blank", f"{column} is null"
    else:
        said = limit.value.replace("'", "''")
        name, words, condition = limit.value, repr(limit.value), f"trim({column}) = '{said}'"
    return NoRows(
        table=facts.table,
        name=f"{limit.column}_rarely_{name}",
        description=f"{limit.column} is {words} in at most {limit.at_most:.1%} of the rows",
        severity="warning",
        owner=facts.owner,
        reason="limit of the extract's contract",
        query=(
            f"select share from (select avg(case when {condition} then 1.0 else 0.0 end) as share "
            f"from {facts.table}) as shares where share > {limit.at_most}"
        ),
        identify_by=("share",),
    )


def _reference_rules(facts: EditionFacts, reference: ReferencedColumn) -> list[Rule]:
    column = quoted(reference.column)
    unknown = (
        f"select * from {facts.table} where {column} is not null and trim({column}) not in "
        f"(select trim({quoted(reference.extract_column)}) from {reference.table} "
        f"where {quoted(reference.extract_column)} is not null)"
    )
    return [
        NoRows(
            table=facts.table,
            name=f"{reference.column}_is_known",
            description=f"every {reference.column} is in an edition of {reference.extract}",
            severity="warning",
            owner=facts.owner,
            reason="a code that exists nowhere is a slip, or newer than the directory held",
            query=unknown,
            # Row numbers lead to the row; a person's key must not reach a log or the UI.
            identify_by=(
                ("source_row_number", reference.column)
                if facts.shows_values
                else ("source_row_number",)
            ),
        ),
        NoRows(
            table=facts.table,
            name=f"{reference.column}{MOSTLY_KNOWN}",
            description=(
                f"at most {_UNKNOWN_CRITICAL:.0%} of the rows have a {reference.column} "
                f"that no edition of {reference.extract} has"
            ),
            owner=facts.owner,
            reason="2026-11-23: beyond a fifth it is another file, or another column",
            query=(
                f"select share from (select (select count(*) from ({unknown}) as unknown_rows) "
                f"* 1.0 / nullif(count(*), 0) as share from {facts.table}) as shares "
                f"where share > {_UNKNOWN_CRITICAL}"
            ),
        ),
    ]
