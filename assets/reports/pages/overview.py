"""The first page: England, component by component."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from assets.reports.open_release import OpenRelease
from assets.reports.page import Page
from assets.reports.records import Indicator, Value


@dataclass(frozen=True, slots=True)
class Line:
    """One indicator in one series, as England has it."""

    indicator: Indicator
    value: Value


def pages(release: OpenRelease) -> Iterator[Page]:
    """The overview page."""
    yield Page(
        address="index.html",
        title="Personalised care and coproduction in England",
        family="overview",
        data_to=release.data_to,
        next_expected=release.next_expected,
        body={"components": components(release)},
    )


def components(release: OpenRelease) -> list[tuple[str, list[Line]]]:
    """Components with the newest England value of each indicator and series that has one."""
    values = release.values(
        "latest_values where area_type = 'england' and category_type = 'all' "
        "order by indicator_id, period_end desc, series_id"
    )
    found: dict[str, list[Line]] = {}
    for value in values:
        if indicator := release.catalogue.get(value.indicator_id):
            found.setdefault(indicator.indicator_id, []).append(Line(indicator, value))
    return [
        (indicators[0].component_name, lines)
        for indicators in release.components().values()
        if (lines := [line for i in indicators for line in found.get(i.indicator_id, [])])
    ]
