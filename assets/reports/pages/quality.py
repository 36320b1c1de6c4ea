"""The page on the data themselves: what arrived, what is late, what was refused, what changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from assets.reports import wording
from assets.reports.open_release import OpenRelease
from assets.reports.page import Page
from assets.reports.records import ExtractUse


@dataclass(frozen=True, slots=True)
class Rejected:
    """An edition that was refused, waits for another extract, or was set aside."""

    title: str
    edition_period: str
    file_name: str
    verdict: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unread:
    """A file of the landing zone that no contract could take."""

    file_name: str
    verdict: str
    reason: str


@dataclass(frozen=True, slots=True)
class RuleCount:
    """How the rules of one suite and severity went."""

    suite: str
    severity: str
    ran: int
    passed: int


@dataclass(frozen=True, slots=True)
class FailedRule:
    """One rule that did not hold."""

    suite: str
    severity: str
    table_name: str
    rule: str
    owner: str
    description: str
    reason: str
    observed: str
    failing_rows: int | None

    @property
    def owner_and_reason(self) -> str:
        """Who looks after the rule and why it is set where it is."""
        words = f"Owner: {self.owner}."
        return f"{words} Why the rule is there: {self.reason}." if self.reason else words


@dataclass(frozen=True, slots=True)
class Reconciled:
    """One figure that the publisher printed, beside ours."""

    source: str
    fixture: str
    published: float | None
    ours: float | None
    difference: float | None
    agrees: bool
    note: str


@dataclass(frozen=True, slots=True)
class Change:
    """One difference from the release that was in force before."""

    aspect: str
    what: str
    previous_version: str | None
    table_name: str | None
    column_name: str | None
    indicator_id: str | None
    area_type: str | None
    area_code: str | None
    series_id: str | None
    category: str | None
    period_start: date | None
    period_end: date | None
    value_state: str | None
    previous: float | None
    current: float | None
    difference: float | None
    affected_rows: int | None
    note: str | None


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of change, as a table of words."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def pages(release: OpenRelease) -> Iterator[Page]:
    """The page on data quality."""
    reconciled = [Reconciled(*row) for row in release.rows(_RECONCILED)]
    failed = [FailedRule(*row) for row in release.rows(_FAILED)]
    changes = [Change(*row) for row in release.rows(_CHANGES)]
    yield Page(
        address="quality.html",
        title="Data quality and freshness",
        family="quality_of_data",
        data_to=release.data_to,
        next_expected=release.next_expected,
        body={
            "late": [extract for extract in release.extracts if extract.is_late],
            "in_use": [extract for extract in release.extracts if extract.editions_in_use],
            "not_held": [extract for extract in release.extracts if not extract.editions_in_use],
            "rejected": [Rejected(*row) for row in release.rows(_REJECTED)],
            "unread": [Unread(*row) for row in release.rows(_UNREAD)],
            "rule_counts": [RuleCount(*row) for row in release.rows(_RULES)],
            "failed_critical": [rule for rule in failed if rule.severity != "warning"],
            "failed_warnings": [rule for rule in failed if rule.severity == "warning"],
            "reconciled": reconciled,
            "disagreeing": [row for row in reconciled if not row.agrees],
            "compared_with": _compared_with(changes),
            "changes": [section for section in _sections(changes) if section.rows],
            "states": _states(release),
            "newest_of": _newest_of,
        },
        trail=(("index.html", "England"),),
    )


def _newest_of(extract: ExtractUse) -> str:
    if not extract.editions_in_use:
        need = "required" if extract.is_required else "optional"
        return f"no edition in use ({need})"
    return wording.edition_period(extract.latest_period)


def _states(release: OpenRelease) -> list[tuple[str, int]]:
    """How many newest values stand in each state, in words."""
    found = release.rows(
        "select value_state, count(*) from latest_values group by value_state order by 2 desc, 1"
    )
    words = {"reported": "reported", "zero": "a true zero"} | wording.STATES
    return [(words.get(state, state.replace("_", " ")), count) for state, count in found]


def _compared_with(changes: list[Change]) -> str:
    """What the release was compared with, in a sentence."""
    comparison = next((change for change in changes if change.aspect == "comparison"), None)
    if comparison is None or comparison.what == "first" or not comparison.previous_version:
        return "No release was in force before this one."
    if comparison.what == "not_compared":
        why = comparison.note or "no reason was recorded"
        return f"This release could not be compared with {comparison.previous_version}: {why}."
    return f"Compared with release {comparison.previous_version}, which was in force before."


def _sections(changes: list[Change]) -> Iterator[Section]:
    of = {
        aspect: [change for change in changes if change.aspect == aspect and _is_told(change)]
        for aspect in ("values", "states", "movers", "revisions", "tables", "columns")
    }
    yield Section(
        "Values added or removed",
        ("Indicator", "Level", "What happened", "Values"),
        tuple((_indicator(c), _level(c), c.what, _count(c.affected_rows)) for c in of["values"]),
    )
    yield Section(
        "Values by state",
        ("Indicator", "State", "Before", "Now"),
        tuple(
            (_indicator(c), _state(c), _count(c.previous), _count(c.current)) for c in of["states"]
        ),
    )
    yield Section(
        "Newest values that moved most",
        ("Indicator", "Area", "Series", "Period to", "Before", "Now", "Difference"),
        tuple(
            (
                _indicator(c),
                f"{_level(c)} {c.area_code}",
                wording.series(c.series_id or ""),
                wording.day(c.period_end) if c.period_end else "",
                wording.figure(c.previous),
                wording.figure(c.current),
                wording.figure(c.difference),
            )
            for c in of["movers"]
        ),
    )
    yield Section(
        "Revisions of periods published before",
        ("Indicator", "Level", "Series", "Period", "What happened", "Values", "Largest difference"),
        tuple(
            (
                _indicator(c),
                _level(c),
                wording.series(c.series_id or ""),
                wording.period(c.period_start, c.period_end)
                if c.period_start and c.period_end
                else "",
                c.what,
                _count(c.affected_rows),
                wording.figure(c.difference),
            )
            for c in of["revisions"]
        ),
    )
    yield Section(
        "Tables and rows",
        ("Table", "What happened", "Rows before", "Rows now"),
        tuple(
            (c.table_name or "", c.what, _count(c.previous), _count(c.current))
            for c in of["tables"]
        ),
    )
    yield Section(
        "Columns",
        ("Column", "What happened", "Type"),
        tuple((f"{c.table_name}.{c.column_name}", c.what, c.note or "") for c in of["columns"]),
    )


def _is_told(change: Change) -> bool:
    """What is as it was needs no line."""
    return change.aspect in ("values", "movers", "revisions", "columns") or bool(
        change.difference or change.what not in ("kept", "count")
    )


def _indicator(change: Change) -> str:
    return change.indicator_id or "all"


def _level(change: Change) -> str:
    return wording.LEVELS[change.area_type][0] if change.area_type in wording.LEVELS else "all"


def _state(change: Change) -> str:
    state = change.value_state or ""
    return wording.STATES.get(state, state.replace("_", " "))


def _count(number: float | None) -> str:
    return "none" if number is None else wording.whole(round(number))


_REJECTED = """
select
    coalesce(x.title, e.extract) as title, coalesce(e.edition_period, ''),
    coalesce(e.file_name, ''), e.verdict, coalesce(e.reason, '')
from extract_editions as e
left join extracts as x on e.extract = x.extract
where e.verdict in ('refused', 'waiting', 'set_aside')
order by title, e.edition_period, e.file_name, e.verdict, e.reason, e.edition_id
"""

_UNREAD = """
select file_name, verdict, coalesce(reason, '')
from landing_files
where verdict <> 'recognised'
order by file_name, verdict, reason
"""

# A rule that did not run has failed.
_RULES = """
select suite, severity, count(*), count(*) filter (where passed)
from quality.expectation_results
group by suite, severity
order by
    case suite when 'edition' then 1 when 'raw' then 2 when 'mart' then 3 when 'candidate' then 4
        else 5 end,
    suite, severity
"""

_FAILED = """
select
    suite, severity, coalesce(table_name, ''), rule, coalesce(owner, 'no owner named'),
    coalesce(description, rule), coalesce(reason, ''), coalesce(cast(observed as varchar), ''),
    failing_rows
from quality.expectation_results
where passed is not true
order by severity, table_name, rule, suite, description, observed, failing_rows
"""

_RECONCILED = """
select
    coalesce(x.title, r.source) as source, r.fixture, r.published, r.ours, r.difference,
    coalesce(r.agrees, false), coalesce(r.note, '')
from reconciliation as r
left join extracts as x on r.source = x.extract
order by source, r.fixture, r.published, r.ours
"""

_CHANGES = """
select
    aspect, what, previous_version, table_name, column_name, indicator_id, area_type, area_code,
    series_id, category, period_start, period_end, value_state, previous, current, difference,
    affected_rows, note
from release_changes
order by rowid
"""
