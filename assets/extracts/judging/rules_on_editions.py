"""The rules on one edition, run on its rows before it is accepted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from assets.extracts.contract_model.contract import Contract
from assets.extracts.contract_model.plausibility import FollowUps
from assets.extracts.holding.editions import JUDGED_ROWS, ROWS, Edition, EditionStore
from assets.extracts.judging.checking_area import CheckingArea, known_values
from assets.extracts.judging.row_rules import remarks_on_rows, typed
from assets.extracts.sql_text import identifier, literal
from expectations.edition_rows import FILE, ROW, RowsFound, RowsNamed
from expectations.editions import (
    FOLLOWED_UP,
    KEY_IS_UNIQUE,
    EditionFacts,
    FollowUpShare,
    OddRows,
    ReferencedColumn,
    ShareLimit,
    edition_rules,
)
from expectations.rules import Outcome, Rule, Severity
from expectations.validation import Validator

# More rows than this nobody works through by hand; the outcome of the rule counts all of them.
_MOST_ROWS = 10_000


@dataclass(frozen=True)
class NamedRow:
    """One row that a rule on the whole edition names; ``row_text`` are its cells as JSON."""

    severity: Severity
    code: str
    column: str
    message: str
    source_file_name: str
    source_row_number: int
    row_text: str


@dataclass(frozen=True)
class Ruled:
    """What the rules on an edition found.

    ``queries`` show what breaks each rule, empty where nothing could be shown later;
    ``waits_for`` names the extracts that it refers to and of which nothing is held: what it says of
    them cannot be judged yet.
    """

    outcomes: tuple[Outcome, ...]
    queries: tuple[str, ...]
    named_rows: tuple[NamedRow, ...]
    waits_for: tuple[str, ...]


def apply_rules(
    area: CheckingArea,
    validator: Validator,
    contracts: Mapping[str, Contract],
    edition: Edition,
    editions: EditionStore,
    prepared: Path,
    *,
    may_repeat_keys: bool,
) -> Ruled:
    """Run the rules of an edition on the rows that were prepared for it.

    Without ``may_repeat_keys`` it is known that no key stands twice, and it is not asked again.
    """
    contract = contracts[edition.extract]
    connection = area.connection
    with area.holding(sorted(prepared.glob(f"{ROWS}_*.parquet"))):
        waits_for = tuple(_not_held(connection, contract, editions))
        repeated_keys = _rows_of_repeated_keys(contract.key if may_repeat_keys else ())
        references = _references(area, contracts, contract, editions, waits_for)
        facts = _facts(contracts, edition, editions, references, repeated_keys)
        outcomes = validator.validate(edition_rules(facts))
        named = tuple(
            row for rule in _naming(outcomes) for row in _rows_named(connection, contract, rule)
        )
    queries = tuple(_query_of_rows(outcome.rule, contracts, references) for outcome in outcomes)
    return Ruled(tuple(outcomes), queries, named, waits_for)


def _references(
    area: CheckingArea,
    contracts: Mapping[str, Contract],
    contract: Contract,
    editions: EditionStore,
    waits_for: Sequence[str],
) -> tuple[ReferencedColumn, ...]:
    """What the columns of an extract refer to, of which something is held."""
    return tuple(
        ReferencedColumn(
            column, extract, contracts[extract].title, area.known(extract, referenced), referenced
        )
        for column, (extract, referenced) in contract.references.items()
        if extract not in waits_for and editions.in_use(extract)
    )


def _query_of_rows(
    rule: Rule, contracts: Mapping[str, Contract], references: Sequence[ReferencedColumn]
) -> str:
    """SQL over the judged rows that shows what breaks a rule, empty where none can later.

    What the area knew of other extracts is read from their raw tables. Keys are not looked at again
    where it is known that none repeats, and follow-ups are looked for in other editions too.
    """
    query = rule.failing_rows_query()
    if query is None or rule.name in (KEY_IS_UNIQUE, FOLLOWED_UP):
        return ""
    if isinstance(rule, RowsFound) and rule.rows is not None:
        # The rows say something only where there are too many of them.
        query = f"select * from ({rule.rows}) as named where exists ({query})"
    for reference in references:
        raw = contracts[reference.extract].raw_table
        query = query.replace(reference.known, f"({known_values(raw, reference.extract_column)})")
    return query


def _not_held(
    connection: duckdb.DuckDBPyConnection, contract: Contract, editions: EditionStore
) -> Iterator[str]:
    """Extracts that some row refers to and of which no edition is in use."""
    for extract in contract.depends_on:
        if editions.in_use(extract):
            continue
        columns = [c for c, (referred, _) in contract.references.items() if referred == extract]
        filled = " or ".join(f"{identifier(column)} is not null" for column in columns)
        [(refers,)] = connection.execute(
            f"select count(*) > 0 from {JUDGED_ROWS} where {filled}"
        ).fetchall()
        if refers:
            yield extract


def _naming(outcomes: Sequence[Outcome]) -> list[RowsNamed]:
    """The broken rules that name rows; of two that name the same ones, the critical one."""
    broken = [o.rule for o in outcomes if not o.passed and isinstance(o.rule, RowsNamed)]
    by_what = {(rule.code, rule.columns): rule for rule in broken}
    by_what.update({(r.code, r.columns): r for r in broken if r.severity == "critical"})
    return list(by_what.values())


def _rows_named(
    connection: duckdb.DuckDBPyConnection, contract: Contract, rule: RowsNamed
) -> list[NamedRow]:
    """The rows that a broken rule names, with no more of them than what it looks at."""
    cells = ", ".join(f"{identifier(name)}: {identifier(name)}" for name in rule.columns)
    found = connection.execute(
        f"select {FILE}, {ROW}, to_json({{{cells}}})::varchar from {JUDGED_ROWS} "
        f"where ({FILE}, {ROW}) in (select ({FILE}, {ROW}) from ({rule.named_rows_query()})) "
        f"order by all limit {_MOST_ROWS}"
    ).fetchall()
    described = contract.columns
    spelt = ", ".join(described[n].spelt if n in described else n for n in rule.columns)
    return [NamedRow(rule.severity, rule.code, spelt, rule.message, *row) for row in found]


def _rows_of_repeated_keys(key: Sequence[str]) -> str:
    """SQL of the rows under a key that stands more than once; nulls count as equal."""
    if not key:
        return f"select {FILE}, {ROW} from {JUDGED_ROWS} where false"
    names = [f"k{number}" for number in range(len(key))]
    cells = [f"trim({identifier(column)})" for column in key]
    keys = ", ".join(f"{cell} as {name}" for cell, name in zip(cells, names, strict=True))
    same = " and ".join(
        f"{cell} is not distinct from repeated.{name}"
        for cell, name in zip(cells, names, strict=True)
    )
    return (
        f"select {FILE}, {ROW} from {JUDGED_ROWS} where exists (select 1 from "
        f"(select {keys} from {JUDGED_ROWS} group by all having count(*) > 1) as repeated "
        f"where {same}) order by all"
    )


def _facts(
    contracts: Mapping[str, Contract],
    edition: Edition,
    editions: EditionStore,
    references: tuple[ReferencedColumn, ...],
    repeated_keys: str,
) -> EditionFacts:
    contract = contracts[edition.extract]
    bounds = contract.rows_of_whole_edition({part.layout for part in edition.parts})
    together = contract.rows_a_month
    earlier = editions.previous(edition)
    may_be_empty = {layout.name for layout in contract.layouts if layout.may_be_empty}
    return EditionFacts(
        table=JUDGED_ROWS,
        repeated_keys=repeated_keys,
        extract=contract.extract,
        owner=contract.owner,
        key=contract.key,
        rows_at_least=bounds.at_least if bounds else None,
        rows_at_most=bounds.at_most if bounds else None,
        rows_reason=bounds.reason if bounds else "",
        is_whole=edition.coverage == "whole",
        is_synthetic=edition.synthetic,
        previous_rows=earlier.rows_loaded if earlier and not contract.rows_vary else None,
        has_several_files=len(edition.parts) > 1,
        says_nothing_happened=edition.rows_in_file == 0
        and may_be_empty.issuperset(part.layout for part in edition.parts),
        has_wide_columns=any(layout.wide for layout in contract.layouts),
        shows_values=contract.origin == "published" and not contract.person_level,
        references=references,
        shares=tuple(
            ShareLimit(name, None, column.blank_at_most)
            for name, column in contract.columns.items()
            if column.blank_at_most is not None
        )
        + tuple(
            ShareLimit(name, value, share, contract.blank_counts_as.get(name) == value)
            for name, column in contract.columns.items()
            for value, share in column.share_at_most.items()
        ),
        odd_rows=tuple(
            OddRows(remark.code, str(remark.looks_at), remark.message, remark.condition)
            for remark in remarks_on_rows(contract.columns)
        ),
        rarely_repeats=contract.rarely_repeats,
        follow_ups=_follow_ups(contract, edition, editions),
        trailing_rows=_trailing(contract, edition, editions),
        rows_together=(
            (
                together.at_least * _months(edition) if _all_have_sent(edition, editions) else None,
                together.at_most * _months(edition),
                together.reason,
            )
            if together
            else None
        ),
        rows_of_others=sum(e.rows_loaded for e in _of_others(edition, editions, edition.period)),
    )


def _trailing(contract: Contract, edition: Edition, editions: EditionStore) -> tuple[int, ...]:
    """Rows of the submitter's editions of earlier periods, oldest first.

    Published extracts come at other intervals and are held against their previous edition only.
    """
    if contract.origin != "community" or contract.rows_vary:
        return ()
    return tuple(
        held.rows_loaded
        for held in editions.in_use(edition.extract)
        if held.submitter == edition.submitter
        and held.coverage == "whole"
        and held.synthetic == edition.synthetic
        and held.period_start is not None
        and edition.period_start is not None
        and held.period_start < edition.period_start
    )


def _of_others(edition: Edition, editions: EditionStore, period: str) -> list[Edition]:
    return [
        held
        for held in editions.in_use(edition.extract)
        if held.submitter != edition.submitter
        and held.period == period
        and held.synthetic == edition.synthetic
    ]


def _all_have_sent(edition: Edition, editions: EditionStore) -> bool:
    """Whether everybody who sent the period before has sent this one: until then rows lack."""
    earlier = editions.previous(edition)
    if earlier is None:
        return False
    before = {held.submitter for held in _of_others(edition, editions, earlier.period)}
    return before <= {held.submitter for held in _of_others(edition, editions, edition.period)}


def _months(edition: Edition) -> int:
    """How many months the period of an edition has, at least one."""
    if edition.period_start is None or edition.period_end is None:
        return 1
    first, last = edition.period_start, edition.period_end
    return (last.year - first.year) * 12 + last.month - first.month + 1


def _follow_ups(
    contract: Contract, edition: Edition, editions: EditionStore
) -> FollowUpShare | None:
    """The share of first rows that were followed up, over all that the submitter has sent.

    A first row is due once the last day for its follow-up lies before the end of the period.
    """
    wanted = contract.follow_ups
    if wanted is None or edition.period_end is None:
        return None
    names = ", ".join(identifier(name) for name in sorted(wanted.columns))
    every = f"select {names} from {JUDGED_ROWS}"
    before = [
        literal(str(path))
        for held in editions.in_use(edition.extract)
        if (held.submitter, held.synthetic) == (edition.submitter, edition.synthetic)
        and held.period != edition.period
        for path in editions.rows_paths(held)
    ]
    if before:
        every += f" union all select {names} from read_parquet([{', '.join(before)}])"
    day = typed(contract.columns[wanted.date])
    same = ", ".join(identifier(name) for name in wanted.same)
    soonest, latest = (_bound_of_follow_ups(wanted, place) for place in (0, 1))
    first, later = _where(wanted.first), _where(wanted.later)
    end = f"date {literal(edition.period_end.isoformat())}"
    firsts = f"select {same}, min({day}) as began from every where {first} group by {same}"
    laters = f"select {same}, {day} as came from every where {later}"
    each = f"trim({identifier(wanted.each)}) as {identifier(wanted.each)}, " if wanted.each else ""
    return FollowUpShare(
        _follow_ups_in_words(wanted),
        f"with every as ({every}), firsts as ({firsts}), laters as ({laters}) "
        f"select {each}avg(case when exists (select 1 from laters where "
        + " and ".join(f"laters.{identifier(n)} = firsts.{identifier(n)}" for n in wanted.same)
        + f" and came - began between {soonest} and {latest}) then 1.0 else 0.0 end) as share "
        f"from firsts where began + {latest} <= {end}" + (" group by 1" if each else ""),
        wanted.at_least,
        wanted.each,
    )


def _bound_of_follow_ups(wanted: FollowUps, place: int) -> str:
    """SQL of the first (0) or last (1) day of a follow-up, for a row of ``firsts``."""
    usual = str(wanted.days[place])
    if wanted.each is None or not wanted.days_of:
        return usual
    own = " ".join(f"when {literal(v)} then {days[place]}" for v, days in wanted.days_of.items())
    return f"(case trim(firsts.{identifier(wanted.each)}) {own} else {usual} end)"


def _follow_ups_in_words(wanted: FollowUps) -> str:
    described = " and ".join(f"{n} is {' or '.join(v)}" for n, v in wanted.first.items())
    each = f" of each {wanted.each}" if wanted.each else ""
    own = ", ".join(f"{value}: {days[0]} to {days[1]}" for value, days in wanted.days_of.items())
    return (
        f"of those for whom {described}, at least {wanted.at_least:.0%}{each} are followed up "
        f"{wanted.days[0]} to {wanted.days[1]} days later" + (f" ({own})" if own else "")
    )


def _where(values: Mapping[str, Sequence[str]]) -> str:
    return " and ".join(
        f"trim({identifier(name)}) in ({', '.join(literal(text) for text in listed)})"
        for name, listed in values.items()
    )
