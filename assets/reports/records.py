"""What the report reads of a release, as typed rows: indicators, areas, values, extracts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date

ENGLAND = "E92000001"
# Levels that have a page of their own, largest first.
LEVELS = ("region", "icb", "sub_icb", "pcn", "practice")
# A practice may send files as an organisation too: its code alone does not say which.
NAMED_TYPES = ("organisation", "programme")


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
    multiplier: float
    polarity: str
    grains: str
    cadence: str
    method: str
    minimum_base: int
    disclosure_class: str
    status: str
    source: str
    authored_by: str
    checked_by: str
    reviewed_with_people: str
    date_reviewed: str
    next_review: str
    change_log: str
    benchmark: str
    is_complete_enumeration: bool

    @property
    def is_share(self) -> bool:
        """A proportion, shown in percent."""
        return self.unit == "proportion"

    @property
    def is_survey(self) -> bool:
        """What people said, aged 16 and over."""
        return self.method.startswith("survey_")

    @property
    def counts_staff(self) -> bool:
        """Full-time equivalents: no count, so no interval."""
        return self.component == "WF" and self.method == "rate_noci"

    @property
    def address(self) -> str:
        """Where its page lies."""
        return f"indicators/{self.indicator_id}.html"


@dataclass(frozen=True, slots=True)
class Area:
    """One area with a page: England, a region, a board, a sub-ICB, a network or a practice.

    ``parents`` gives the code of the area it lies in at each larger level today.
    """

    code: str
    area_type: str
    name: str
    full_name: str
    ons_code: str
    status: str
    open_date: date | None
    close_date: date | None
    parents: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Where its page lies."""
        return "index.html" if self.area_type == "england" else f"areas/{self.code}.html"


@dataclass(frozen=True, slots=True)
class Value:
    """One number of one area, basis, period, series and category, with its state."""

    indicator_id: str
    area_type: str
    area_code: str
    hierarchy_basis: str
    period_start: date
    period_end: date
    series_id: str
    category_type: str
    category: str
    numerator: float | None
    denominator: float | None
    unweighted_base: int | None
    value: float | None
    unit: str
    lower_95: float | None
    upper_95: float | None
    lower_95_recomputed: float | None
    upper_95_recomputed: float | None
    ci_basis: str
    benchmark_value: float | None
    comparison_95: str | None
    change_since_previous: float | None
    change_lower_95: float | None
    change_upper_95: float | None
    trend: str | None
    coverage: float | None
    value_state: str
    value_reason: str
    dq_flags: str

    @property
    def of(self) -> str:
        """Which row of ``indicator_values`` it is, for the cells that show it (``OF`` in SQL)."""
        key = [self.indicator_id, self.area_code, self.series_id, self.period_end.isoformat()]
        if self.area_type in NAMED_TYPES:
            key.append(self.area_type)
        if self.hierarchy_basis != "not_applicable":
            key.append(self.hierarchy_basis)
        if self.category_type != "all":
            key += [self.category_type, self.category]
        return " ".join(key)

    @property
    def is_in_distributions(self) -> bool:
        """Whether quartiles are made of it too (``IN_DISTRIBUTIONS`` in SQL)."""
        return "residual_list" not in self.dq_flags

    @property
    def is_on_recomputed_limits(self) -> bool:
        """Whether the printed limits are implausible, so that ours stand in for them."""
        return "comparison_on_recomputed_limits" in self.dq_flags

    @property
    def limits(self) -> tuple[float, float] | None:
        """The 95 % limits to show: the published ones unless they are implausible."""
        low, high = self.lower_95, self.upper_95
        if self.is_on_recomputed_limits:
            low, high = self.lower_95_recomputed, self.upper_95_recomputed
        return None if low is None or high is None else (low, high)


# ``Value.of`` in SQL.
OF = f"""concat_ws(
    ' ', indicator_id, area_code, coalesce(series_id, ''), period_end,
    case when area_type in {NAMED_TYPES} then area_type end,
    nullif(hierarchy_basis, 'not_applicable'), nullif(category_type, 'all'),
    case when category_type <> 'all' then category end
)"""

# Values that quartiles are made of, in SQL: practices with under 100 people are no part of them.
IN_DISTRIBUTIONS = "coalesce(dq_flags, '') not like '%residual_list%'"

# The columns of a value table, in the order of ``Value``.
VALUE_COLUMNS = ", ".join(
    f"coalesce({column.name}, '')"
    if column.name in ("series_id", "value_reason", "dq_flags", "ci_basis", "unit")
    else column.name
    for column in fields(Value)
)


@dataclass(frozen=True, slots=True)
class ExtractUse:
    """One extract and what of it this release uses."""

    extract: str
    title: str
    licence: str
    attribution: str
    publisher: str
    owner: str
    cadence: str
    is_required: bool
    latest_period: str | None
    latest_period_end: date | None
    expected_by: date | None
    is_late: bool | None
    editions_in_use: int
    synthetic_in_use: int
    rows_loaded: int
    rows_quarantined: int
    feeds_indicators: bool
