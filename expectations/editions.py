"""Rules on one edition: what every edition must hold before it is accepted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import median

from expectations.edition_content import content_rules
from expectations.edition_rows import ROW, RowsFound, RowsWhere, with_its_file
from expectations.rules import NoRows, RowCount, Rule, Severity, quoted


@dataclass(frozen=True)
class ReferencedColumn:
    """A column whose values must be known to another extract.

    ``known`` is the table of the values that the column of that extract has, in ``value``.
    """

    column: str
    extract: str
    title: str
    known: str
    extract_column: str


@dataclass(frozen=True)
class ShareLimit:
    """The share of rows, 0 to 1, in which a column may be blank, or hold a value (or be blank)."""

    column: str
    value: str | None
    at_most: float
    counts_blank: bool = False


@dataclass(frozen=True)
class OddRows:
    """Rows that are taken in and told to their sender: SQL that is true for them, and why."""

    code: str
    column: str
    message: str
    condition: str


@dataclass(frozen=True)
class FollowUpShare:
    """SQL of the share of first rows that were followed up, among those that are due.

    One row, or one for each value of the column ``each``.
    """

    description: str
    query: str
    at_least: float
    each: str | None = None


@dataclass(frozen=True)
class EditionFacts:
    """What the rules of an edition depend on.

    ``repeated_keys`` is SQL of file and number of the rows that share their key with another. With
    ``says_nothing_happened`` the file has no rows and its layout says that this means something.
    ``trailing_rows`` are the rows of the editions before, newest last; ``rows_of_others`` those
    that other submitters sent for the same period.
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
    has_several_files: bool = False
    says_nothing_happened: bool = False
    odd_rows: tuple[OddRows, ...] = ()
    rarely_repeats: tuple[tuple[str, ...], ...] = ()
    follow_ups: FollowUpShare | None = None
    trailing_rows: tuple[int, ...] = ()
    rows_together: tuple[int | None, int, str] | None = None
    rows_of_others: int = 0


# A month's, quarter's or year's edition that lost or gained half its rows is another file or a
# cut one, not a change in the service: the largest step between editions held so far is 47 %
# (PCN workforce, December 2020 to March 2021, roles still being recruited; 2026-11-23).
_STEP_WARNING = 0.5
# Practice codes newer than the last directory are expected (44 of 6,166 in the mapping of August
# 2025 against the directory of December 2023); one in five unknown is another file (2026-11-23).
_UNKNOWN_CRITICAL = 0.2
# Twelve editions before are what a month is held against, and three robust standard deviations are
# out of the ordinary (DOMAIN 3.7, read 2026-11-25).
TRAILING = 12
_ROBUST_DEVIATIONS = 3
# Standard deviation of a normal distribution over its median absolute deviation.
_MAD_TO_SD = 1.4826
MOSTLY_KNOWN = "_is_mostly_known"
FOLLOWED_UP = "followed_up"
KEY_IS_UNIQUE = "key_is_unique"
# Code of rows that refer to what no edition has.
UNKNOWN = "unknown_reference"


def edition_rules(facts: EditionFacts) -> list[Rule]:
    """The rules for one edition, most basic first."""
    rules: list[Rule] = []
    if not facts.says_nothing_happened:
        rules.append(
            RowCount(
                table=facts.table,
                name="has_rows",
                description="the edition has at least one row",
                owner=facts.owner,
                at_least=1,
            )
        )
    if facts.key:
        rules.append(
            RowsFound(
                table=facts.table,
                name=KEY_IS_UNIQUE,
                description=f"no two rows share the key ({', '.join(facts.key)})",
                owner=facts.owner,
                query=facts.repeated_keys,
                identify_by=(ROW,),
                code="duplicate_key",
                columns=facts.key,
                message="stands in more than one row, and the rows differ",
            )
        )
    rules += _volume_rules(facts)
    rules += [_share_rule(facts, limit) for limit in facts.shares]
    rules += [_odd_rows_rule(facts, odd) for odd in facts.odd_rows]
    rules += [_rarely_repeats_rule(facts, columns) for columns in facts.rarely_repeats]
    if facts.follow_ups:
        rules.append(_follow_up_rule(facts, facts.follow_ups))
    rules += content_rules(facts.extract, facts.table, facts.owner, is_whole=facts.is_whole)
    for reference in facts.references:
        rules += _reference_rules(facts, reference)
    return [with_its_file(rule) for rule in rules] if facts.has_several_files else rules


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
                "a whole edition has "
                + ("{0:,} to {1:,}" if at_least < at_most else "{0:,}")
                + (" rows" if at_most > 1 else " row"),
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
    usual = usual_rows(facts.trailing_rows)
    if usual and facts.is_whole:
        rules.append(
            _rows_within(
                facts,
                "volume_like_trailing",
                usual,
                "warning",
                f"within {_ROBUST_DEVIATIONS} robust standard deviations of the last {TRAILING} "
                "editions: {0:,} to {1:,} rows",
                "design page 3.7 (2026-11-25)",
            )
        )
    if facts.rows_together and not facts.is_synthetic:
        least, most, reason = facts.rows_together
        others = facts.rows_of_others
        bounds = (max(0, (least or 0) - others), max(0, most - others))
        rules.append(
            _rows_within(
                facts,
                "volume_of_a_board",
                bounds,
                "warning",
                f"with the {others:,} rows of others for the same period, "
                f"{least or 0:,} to {most:,} rows of a board together",
                reason,
            )
        )
    return rules


def usual_rows(trailing: Sequence[int]) -> tuple[int, int] | None:
    """Least and most rows that are like those of the editions before, if there are enough.

    A series that hardly varies has no deviation to go by; counts vary at least as chance alone
    makes them, by the root of the middle one.
    """
    if len(trailing) < TRAILING:
        return None
    last = trailing[-TRAILING:]
    middle = median(last)
    spread = max(_MAD_TO_SD * median(abs(rows - middle) for rows in last), sqrt(middle))
    most = _ROBUST_DEVIATIONS * spread
    return max(0, round(middle - most)), round(middle + most)


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
        if limit.counts_blank:
            words += " or blank"
            condition = f"coalesce(nullif(trim({column}), ''), '{said}') = '{said}'"
    return RowsFound(
        table=facts.table,
        name=f"{limit.column}_rarely_{name}",
        code="often_the_same",
        columns=(limit.column,),
        message=f"is {words} in more than {limit.at_most * 100:g} % of the rows",
        rows=f"select * from {facts.table} where {condition}",
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


def _odd_rows_rule(facts: EditionFacts, odd: OddRows) -> Rule:
    return RowsWhere(
        table=facts.table,
        name=f"{odd.column}_{odd.code}",
        description=f"no {odd.column} {odd.message}",
        severity="warning",
        owner=facts.owner,
        reason="the extract's contract",
        condition=odd.condition,
        identify_by=(ROW,),
        code=odd.code,
        columns=(odd.column,),
        message=odd.message,
    )


def _rarely_repeats_rule(facts: EditionFacts, columns: tuple[str, ...]) -> Rule:
    """Rows that say the same in all of the columns; where one is blank nothing is compared."""
    cells = ", ".join(f"trim({quoted(column)})" for column in columns)
    filled = " and ".join(f"{quoted(column)} is not null" for column in columns)
    named = ", ".join(columns)
    return RowsFound(
        table=facts.table,
        name=f"{'_'.join(columns)}_rarely_repeats",
        description=f"no two rows say the same in {named}",
        severity="warning",
        owner=facts.owner,
        reason="the extract's contract: probably one event that was recorded twice",
        query=(
            f"select * from {facts.table} where {filled} "
            f"qualify count(*) over (partition by {cells}) > 1"
        ),
        identify_by=(ROW,),
        code="repeats",
        columns=columns,
        message="is the same in another row: is it one event that was recorded twice?",
    )


def _follow_up_rule(facts: EditionFacts, wanted: FollowUpShare) -> Rule:
    return NoRows(
        table=facts.table,
        name=FOLLOWED_UP,
        description=wanted.description,
        severity="warning",
        owner=facts.owner,
        reason="the extract's contract",
        query=f"select * from ({wanted.query}) as shares where share < {wanted.at_least}",
        identify_by=("share",) if wanted.each is None else (wanted.each, "share"),
    )


def _reference_rules(facts: EditionFacts, reference: ReferencedColumn) -> list[Rule]:
    column = quoted(reference.column)
    # Joined rather than looked up in a list, so that the smaller of the two is held in memory. What
    # is known may be of persons: extracts that refer to such show rows by number alone.
    unknown = (
        f"select * from {facts.table} as referring where {column} is not null and not exists ("
        f"select 1 from {reference.known} as known "
        f"where known.value = trim(referring.{column}))"
    )
    message = f"is not known: no row of “{reference.title}” has it"
    return [
        RowsFound(
            table=facts.table,
            name=f"{reference.column}_is_known",
            code=UNKNOWN,
            columns=(reference.column,),
            message=message,
            description=f"every {reference.column} is in an edition of {reference.extract}",
            severity="warning",
            owner=facts.owner,
            reason="a code that exists nowhere is a slip, or newer than the directory held",
            query=unknown,
            # Row numbers lead to the row; a person's key must not reach a log or the UI.
            identify_by=(ROW, reference.column) if facts.shows_values else (ROW,),
        ),
        RowsFound(
            table=facts.table,
            name=f"{reference.column}{MOSTLY_KNOWN}",
            code=UNKNOWN,
            columns=(reference.column,),
            message=message,
            rows=unknown,
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
