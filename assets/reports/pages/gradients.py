"""Deprivation gradients: the fifths of an area with the slope index, as pictures and in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from assets.reports import wording
from assets.reports.figures.estimate import Estimate, said
from assets.reports.figures.figure import Figure
from assets.reports.figures.gradient import Fifth, Slope, gradient
from assets.reports.open_release import OpenRelease

# The indicator of inequality that says how another lies across deprivation.
INEQUALITY_OF = {"PC-PCSP-03": "PC-INQ-02", "PC-SP-01": "PC-INQ-01", "PC-SP-02": "PC-INQ-01"}


@dataclass(frozen=True, slots=True)
class Gradient:
    """The fifths of one area, in the newest period of one series."""

    indicator_id: str
    area_type: str
    area_code: str
    series_id: str
    period_start: date
    period_end: date
    unit: str
    fifths: tuple[Fifth, ...]
    sii: float | None
    sii_lower: float | None
    sii_upper: float | None
    rii: float | None
    rii_lower: float | None
    rii_upper: float | None
    reason: str

    @property
    def key(self) -> str:
        """Fit for the id of a picture."""
        return f"gradient-{self.indicator_id}-{self.series_id}"

    @property
    def period(self) -> str:
        """The days it is about, in words."""
        return wording.period(self.period_start, self.period_end)

    @property
    def slope_unit(self) -> str:
        """The unit of the slope index."""
        return "slope_pp" if self.unit == "proportion" else self.unit


def read_gradients(release: OpenRelease, indicator_id: str) -> list[Gradient]:
    """Newest period of each area and series; today's membership before that of the time."""
    grouped: dict[tuple[str, str, str], list[tuple[Any, ...]]] = {}
    for row in release.rows(_GRADIENTS, [indicator_id]):
        grouped.setdefault(row[:3], []).append(row)
    return [_gradient(indicator_id, rows) for rows in grouped.values()]


def figure_of(one: Gradient, area: str, title: str) -> Figure:
    """The picture of one gradient."""
    slope = Slope(one.sii, one.sii_lower, one.sii_upper, one.rii) if one.sii is not None else None
    return gradient(
        one.fifths,
        key=one.key,
        title=title,
        unit=one.unit,
        area=area,
        period=one.period,
        slope=slope,
        why_no_slope=one.reason or "not all fifths have a value",
    )


def slope_words(one: Gradient) -> str:
    """The slope index with its interval and which end is higher, as a sentence."""
    if one.sii is None:
        return f"No slope index: {one.reason or 'not all fifths have a value'}."
    unit = one.slope_unit
    size = f"{said(abs(one.sii), unit)} {wording.UNITS.get(unit, '')}".strip()
    if one.sii_lower is None or one.sii_upper is None:
        return (
            f"{size} {'higher' if one.sii > 0 else 'lower'} at the least deprived end; no interval."
        )
    between = f"{said(one.sii_lower, unit)} to {said(one.sii_upper, unit)}"
    if one.sii_lower <= 0 <= one.sii_upper:
        return (
            f"No clear gradient: the least deprived end is {size} "
            f"{'higher' if one.sii > 0 else 'lower'}, which may be chance "
            f"(95% interval {between})."
        )
    return (
        f"{'Higher' if one.sii > 0 else 'Lower'} where people are least deprived, by {size} from "
        f"end to end (95% interval {between})."
    )


def ratio_words(one: Gradient) -> str:
    """The relative index with its interval: how many times the most deprived end."""
    if one.rii is None:
        return "not calculated"
    words = f"{wording.decimal(one.rii, 2)} times"
    if one.rii_lower is None or one.rii_upper is None:
        return f"{words} (no interval)"
    return f"{words} ({wording.decimal(one.rii_lower, 2)} to {wording.decimal(one.rii_upper, 2)})"


def _gradient(indicator_id: str, rows: Sequence[tuple[Any, ...]]) -> Gradient:
    """The rows of one area, which say its indices again in each."""
    fifths = []
    for row in rows:
        fifth, practices, population, value, lower, upper, state, reason = row[6:14]
        fifths.append(
            Fifth(
                int(fifth), Estimate(value, lower, upper, state, reason), population or 0, practices
            )
        )
    area_type, area_code, series_id, start, end, unit = rows[0][:6]
    sii, sii_lower, sii_upper, rii, rii_lower, rii_upper, reason = rows[0][14:]
    return Gradient(
        indicator_id=indicator_id,
        area_type=area_type,
        area_code=area_code,
        series_id=series_id,
        period_start=start,
        period_end=end,
        unit=unit,
        fifths=tuple(fifths),
        sii=sii,
        sii_lower=sii_lower,
        sii_upper=sii_upper,
        rii=rii,
        rii_lower=rii_lower,
        rii_upper=rii_upper,
        reason=reason or "",
    )


_GRADIENTS = """
select
    area_type, area_code, series_id, period_start, period_end, unit, category, practices,
    population, value, lower_95, upper_95, value_state, value_reason, sii, sii_lower_95,
    sii_upper_95, rii, rii_lower_95, rii_upper_95, index_reason
from inequalities
where indicator_id = ? and category_type = 'deprivation_quintile'
qualify
    rank() over (
        partition by area_type, area_code, series_id
        order by period_end desc, hierarchy_basis = 'as_was'
    ) = 1
order by area_type, area_code, series_id, category
"""
