"""Inequalities: how values lie across deprivation, and who is reached by ethnic group.

Groups are shown for boards and larger only: in a practice they would be a handful of people.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from assets.reports import wording
from assets.reports.figures.trend import ENGLAND
from assets.reports.open_release import OpenRelease
from assets.reports.page import Page
from assets.reports.pages import gradients
from assets.reports.pages.gradients import Gradient
from assets.reports.records import Indicator

ADDRESS = "inequalities.html"
# By deprivation, by ethnic group; the ones that are not in a release have no rows.
BY_DEPRIVATION = ("PC-INQ-02", "PC-INQ-01")
BY_GROUP = ("PC-INQ-03", "CP-E1-04")
GROUPS: Mapping[str, str] = MappingProxyType(
    {"asian": "Asian", "black": "Black", "mixed": "Mixed", "other": "Other", "white": "White"}
)


@dataclass(frozen=True, slots=True)
class GroupShare:
    """One ethnic group of one area: its share of people, of those reached, and the ratio."""

    group: str
    population_share: float | None
    value: float | None
    ratio: float | None
    numerator: float | None
    state: str


@dataclass(frozen=True, slots=True)
class Representation:
    """The groups of one area, with the similarity index beside what chance alone would give."""

    area: str
    period_start: date
    period_end: date
    index: float | None
    chance_mean: float | None
    chance_lower: float | None
    chance_upper: float | None
    reason: str
    groups: tuple[GroupShare, ...]

    @property
    def sentence(self) -> str:
        """The index and what chance alone would give, in words."""
        if self.index is None:
            return f"No index: {self.reason or 'too few to say anything but chance'}."
        if self.chance_lower is None or self.chance_upper is None:
            return "No index: what chance alone would give is not known."
        said = f"Similarity {wording.decimal(self.index, 1)} of 100"
        low, high = (wording.decimal(n, 1) for n in (self.chance_lower, self.chance_upper))
        chance = f"as many drawn by lot would give {low} to {high} in 95 of 100 draws"
        if self.index < self.chance_lower:
            return f"{said}: less like the population than chance explains; {chance}."
        return f"{said}: no less like the population than chance alone; {chance}."


def pages(release: OpenRelease) -> Iterator[Page]:
    """The page on inequalities."""
    read = {
        indicator_id: gradients.read_gradients(release, indicator_id)
        for indicator_id in BY_DEPRIVATION
        if indicator_id in release.catalogue
    }
    figures = tuple(
        gradients.figure_of(one, ENGLAND, f"England, {wording.series(one.series_id)}")
        for found in read.values()
        for one in found
        if one.area_type == "england" and any(fifth.population for fifth in one.fifths)
    )
    ends = [one.period_end for found in read.values() for one in found]
    yield Page(
        address=ADDRESS,
        title="Inequalities",
        family="inequalities",
        data_to=wording.month(max(ends)) if ends else "no value in this release",
        next_expected=release.next_expected,
        body={
            "sections": [
                (release.catalogue[indicator_id], _areas(release, found))
                for indicator_id, found in read.items()
            ],
            "groups": [
                (release.catalogue[indicator_id], _representations(release, indicator_id))
                for indicator_id in BY_GROUP
                if indicator_id in release.catalogue
            ],
            "group_names": GROUPS,
            "slope_words": gradients.slope_words,
            "ratio_words": gradients.ratio_words,
            "of": _of,
        },
        figures=figures,
        trail=(("index.html", "England"),),
    )


def _areas(release: OpenRelease, found: list[Gradient]) -> list[tuple[str, str, Gradient]]:
    """Level, name and gradient of England, regions and boards, each level by name."""
    order = ("england", "region", "icb")
    rows = [
        (one.area_type, release.areas[one.area_code], one)
        for one in found
        if one.area_type in order and one.area_code in release.areas
    ]
    rows.sort(key=lambda row: (order.index(row[0]), row[1].name.casefold(), row[2].series_id))
    return [
        (wording.LEVELS[level][0], wording.short_area(area.name), one) for level, area, one in rows
    ]


def _representations(release: OpenRelease, indicator_id: str) -> list[Representation]:
    grouped: dict[str, list[list[Any]]] = {}
    for code, *row in release.rows(_GROUPS, [indicator_id]):
        grouped.setdefault(code, []).append(row)
    found = []
    for code, rows in grouped.items():
        if code in release.areas:
            start, end, index, mean, lower, upper, reason = rows[0][:7]
            found.append(
                Representation(
                    area=wording.short_area(release.areas[code].name),
                    period_start=start,
                    period_end=end,
                    index=index,
                    chance_mean=mean,
                    chance_lower=lower,
                    chance_upper=upper,
                    reason=reason,
                    groups=tuple(GroupShare(*row[7:]) for row in rows),
                )
            )
    return sorted(found, key=lambda one: one.area.casefold())


def _of(indicator: Indicator) -> str:
    """Whose share the groups have, for the head of a column."""
    return "Share of seats" if indicator.component == "E1" else "Share of referrals"


# Referrals and seats of boards and larger; programmes send them, and are not shown by group.
_GROUPS = """
select
    area_code, period_start, period_end, similarity_index, chance_index_mean,
    chance_index_lower_95, chance_index_upper_95, coalesce(index_reason, ''), category,
    population_share, value, representation_ratio, numerator, value_state
from inequalities
where
    indicator_id = ? and category_type = 'ethnic_group'
    and area_type in ('england', 'region', 'icb')
qualify
    rank() over (
        partition by area_type, area_code
        order by period_end desc, hierarchy_basis = 'as_was'
    ) = 1
order by area_code, category
"""
