"""What the report reads from a release: typed rows of its tables, in a fixed order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

# The order of the Comprehensive Model; components it does not name follow by code.
_COMPONENTS = ("SDM", "PCSP", "CHO", "SP", "SSM", "PHB", "OUT", "WF")


@dataclass(frozen=True, slots=True)
class Indicator:
    """One line of the catalogue."""

    indicator_id: str
    title: str
    component: str
    component_name: str
    definition: str
    why_it_matters: str
    numerator_description: str
    denominator_description: str
    unit: str
    polarity: str
    method: str
    source: str
    reviewed_with_people: str

    @property
    def is_share(self) -> bool:
        """A proportion of people, shown in percent."""
        return self.unit == "proportion"

    @property
    def is_survey(self) -> bool:
        """What people said, aged 16 and over."""
        return self.method.startswith("survey_")

    @property
    def counts_staff(self) -> bool:
        """Full-time equivalents: no count, so no interval."""
        return self.method == "rate_noci"


@dataclass(frozen=True, slots=True)
class Value:
    """One number of one area and period, with its state."""

    indicator_id: str
    area_code: str
    area_type: str
    area_name: str
    period_start: date
    period_end: date
    series_id: str
    category: str
    numerator: float | None
    unweighted_base: int | None
    value: float | None
    lower_95: float | None
    upper_95: float | None
    ci_basis: str
    comparison_95: str | None
    coverage: float | None
    value_state: str
    value_reason: str


@dataclass(frozen=True, slots=True)
class Measure:
    """One indicator with everything the page shows of it.

    ``england`` is the latest period, ``boards`` are of that same period, ``history`` is England's
    own series up to it, oldest first.
    """

    indicator: Indicator
    england: Value | None
    definitely: Value | None
    history: tuple[Value, ...]
    boards: tuple[Value, ...]

    @property
    def earlier(self) -> Value | None:
        """England's last value before the latest period, in the same series."""
        return next((row for row in reversed(self.history[:-1]) if row.value is not None), None)


@dataclass(frozen=True, slots=True)
class Component:
    """The indicators of one component of the model."""

    code: str
    name: str
    measures: tuple[Measure, ...]


@dataclass(frozen=True, slots=True)
class ExtractUse:
    """One extract and what of it this release uses."""

    extract: str
    title: str
    licence: str
    attribution: str
    owner: str
    is_required: bool
    latest_period: str | None
    expected_by: date | None
    is_late: bool | None
    editions_in_use: int
    synthetic_in_use: int
    rows_loaded: int
    rows_quarantined: int
    feeds_indicators: bool


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
class Release:
    """Everything the page shows."""

    components: tuple[Component, ...]
    extracts: tuple[ExtractUse, ...]
    rejected: tuple[Rejected, ...]
    unread: tuple[Unread, ...]
    rule_counts: tuple[RuleCount, ...]
    failed_rules: tuple[FailedRule, ...]
    reconciliation: tuple[Reconciled, ...]

    @property
    def is_made_up(self) -> bool:
        """Whether any edition in use is synthetic."""
        return any(extract.synthetic_in_use for extract in self.extracts)

    @property
    def in_use(self) -> tuple[ExtractUse, ...]:
        """Extracts with an edition in use."""
        return tuple(extract for extract in self.extracts if extract.editions_in_use)


def read_release(database: Path) -> Release:
    """Read a release's database, which is opened read-only."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return Release(
            components=_components(connection),
            extracts=tuple(ExtractUse(*row) for row in connection.execute(_EXTRACTS).fetchall()),
            rejected=tuple(Rejected(*row) for row in connection.execute(_REJECTED).fetchall()),
            unread=tuple(Unread(*row) for row in connection.execute(_UNREAD).fetchall()),
            rule_counts=tuple(RuleCount(*row) for row in connection.execute(_RULES).fetchall()),
            failed_rules=tuple(FailedRule(*row) for row in connection.execute(_FAILED).fetchall()),
            reconciliation=tuple(
                Reconciled(*row) for row in connection.execute(_RECONCILED).fetchall()
            ),
        )


def _components(connection: duckdb.DuckDBPyConnection) -> tuple[Component, ...]:
    indicators = [Indicator(*row) for row in connection.execute(_INDICATORS).fetchall()]
    values: dict[str, list[Value]] = {}
    for row in connection.execute(_VALUES).fetchall():
        value = Value(*row)
        values.setdefault(value.indicator_id, []).append(value)
    grouped: dict[str, list[Measure]] = {}
    for indicator in indicators:
        measure = _measure(indicator, values.get(indicator.indicator_id, []))
        grouped.setdefault(indicator.component, []).append(measure)
    return tuple(
        Component(code, measures[0].indicator.component_name, tuple(measures))
        for code, measures in sorted(grouped.items(), key=lambda item: _place_of(item[0]))
    )


def _place_of(component: str) -> tuple[int, str]:
    known = component in _COMPONENTS
    return (_COMPONENTS.index(component) if known else len(_COMPONENTS), component)


def _measure(indicator: Indicator, rows: list[Value]) -> Measure:
    totals = [row for row in rows if row.category == "all"]
    england = [row for row in totals if row.area_type == "england"]
    latest = england[-1] if england else totals[-1] if totals else None
    if latest is None:
        return Measure(indicator, None, None, (), ())
    when = (latest.period_start, latest.period_end, latest.series_id)
    now = [row for row in rows if (row.period_start, row.period_end, row.series_id) == when]
    return Measure(
        indicator=indicator,
        england=england[-1] if england else None,
        definitely=next(
            (r for r in now if r.area_type == "england" and r.category == "definitely"), None
        ),
        history=tuple(row for row in england if row.series_id == latest.series_id),
        boards=tuple(row for row in now if row.area_type == "icb" and row.category == "all"),
    )


_INDICATORS = """
select
    indicator_id, coalesce(title, indicator_id), coalesce(component, 'not stated'),
    coalesce(component_name, component, 'Component not stated'), coalesce(definition, ''),
    coalesce(why_it_matters, ''), coalesce(numerator_description, ''),
    coalesce(denominator_description, ''), coalesce(unit, ''), coalesce(polarity, 'none'),
    coalesce(method, ''), coalesce(source, ''), coalesce(trim(reviewed_with_people), '')
from indicators
order by indicator_id
"""

# England has no basis; boards are shown as they were when the data were published.
_VALUES = """
select
    v.indicator_id, v.area_code, v.area_type, coalesce(a.area_name, v.area_code) as area_name,
    v.period_start, v.period_end, coalesce(v.series_id, ''), v.category, v.numerator,
    v.unweighted_base, v.value, v.lower_95, v.upper_95, coalesce(v.ci_basis, 'none'),
    v.comparison_95, v.coverage, v.value_state, coalesce(v.value_reason, '')
from indicator_values as v
left join areas as a on v.area_code = a.area_code and v.area_type = a.area_type
where
    (v.area_type = 'england' or (v.area_type = 'icb' and v.hierarchy_basis = 'as_was'))
    and (
        (v.category_type = 'all' and v.category = 'all')
        or (v.category_type = 'answer' and v.category = 'definitely')
    )
order by
    v.indicator_id, v.period_end, v.period_start, v.series_id, v.category, area_name, v.area_code
"""

_EXTRACTS = """
with used as (
    select
        extract, count(distinct edition_id) as editions,
        count(distinct edition_id) filter (where is_synthetic) as made_up,
        arg_max(edition_period, (period_end, edition_period)) as latest_period,
        cast(coalesce(sum(rows_loaded), 0) as bigint) as rows_loaded,
        cast(coalesce(sum(rows_quarantined), 0) as bigint) as rows_quarantined
    from extract_editions
    where is_in_use
    group by extract
)
select
    x.extract, coalesce(x.title, x.extract), coalesce(x.licence, 'not stated'),
    coalesce(x.attribution, x.publisher, 'not stated'), coalesce(x.owner, 'no owner named'),
    coalesce(x.is_required, false), coalesce(u.latest_period, x.latest_period), x.expected_by,
    x.is_late, coalesce(u.editions, 0), coalesce(u.made_up, 0), coalesce(u.rows_loaded, 0),
    coalesce(u.rows_quarantined, 0),
    x.extract in (select l.extract from value_lineage as l)
from extracts as x
left join used as u on x.extract = u.extract
order by coalesce(x.title, x.extract), x.extract
"""

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
    case suite when 'edition' then 1 when 'mart' then 2 when 'candidate' then 3 else 4 end,
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
