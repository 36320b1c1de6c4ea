"""The first page: England, component by component."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from assets.reports import wording
from assets.reports.open_release import OpenRelease
from assets.reports.page import Page
from assets.reports.pages.rugs import rug_of
from assets.reports.pages.strips import Strip, strip
from assets.reports.records import LEVELS, Area, Indicator, Value


@dataclass(frozen=True, slots=True)
class Card:
    """One indicator as England has it; ``definitely`` is the share who gave the first answer."""

    indicator: Indicator
    value: Value
    has_other_series: bool
    definitely: Value | None
    strip: Strip | None


def pages(release: OpenRelease) -> Iterator[Page]:
    """The overview page."""
    cards = _cards(release)
    [(practices, people)] = release.rows(
        "select count(*), cast(sum(registered_patients) as bigint) from practice_profile "
        "where status = 'open'"
    )
    shown = {card.indicator.indicator_id for _, _, found in cards for card in found}
    yield Page(
        address="index.html",
        title="Personalised care and coproduction in England",
        family="overview",
        data_to=release.data_to,
        next_expected=release.next_expected,
        body={
            "components": cards,
            "facts": [
                ("Data to", release.data_to),
                ("GP practices", wording.whole(practices)),
                ("People registered", wording.whole(people) if people else "not available"),
                ("Indicators", wording.whole(len(release.catalogue))),
            ],
            "local": [
                indicator
                for indicator in release.catalogue.values()
                if indicator.indicator_id not in shown
            ],
            "levels": [
                (
                    wording.LEVELS[level][1],
                    sum(a.area_type == level for a in release.areas.values()),
                )
                for level in LEVELS
            ],
            "unsaid": sum(card.value.value is None for _, _, found in cards for card in found),
        },
        figures=rug_of(release, _boards(release), "England"),
    )


def _boards(release: OpenRelease) -> list[Area]:
    boards = [area for area in release.areas.values() if area.area_type == "icb"]
    return sorted(boards, key=lambda board: (board.name.casefold(), board.code))


def _cards(release: OpenRelease) -> list[tuple[str, str, list[Card]]]:
    """Code, name and cards of each component that England has a newest row of.

    Of several series of one indicator those without a number follow those with one. Series that
    have ended are not among the newest values.
    """
    values: dict[str, list[Value]] = {}
    definitely: dict[tuple[str, str], Value] = {}
    for value in release.values(
        "latest_values where area_type = 'england' "
        "order by indicator_id, value is null, period_end desc, series_id"
    ):
        if value.category_type == "all":
            values.setdefault(value.indicator_id, []).append(value)
        elif (value.category_type, value.category) == ("answer", "definitely"):
            definitely[value.indicator_id, value.series_id] = value
    return [
        (
            code,
            indicators[0].component_name,
            [
                Card(
                    indicator,
                    value,
                    len(values[indicator.indicator_id]) > 1,
                    definitely.get((value.indicator_id, value.series_id)),
                    strip(value, None),
                )
                for indicator in indicators
                for value in values.get(indicator.indicator_id, ())
            ],
        )
        for code, indicators in release.components().items()
        if any(indicator.indicator_id in values for indicator in indicators)
    ]
