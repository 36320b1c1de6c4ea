"""One page for each indicator: what it is, how it is made, England and every area; and the list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from assets.reports import wording
from assets.reports.figures.figure import Figure
from assets.reports.open_release import OpenRelease
from assets.reports.page import Page
from assets.reports.pages import indicator_words
from assets.reports.pages.gradients import INEQUALITY_OF
from assets.reports.pages.indicator_chunks import (
    NOWHERE,
    Chunk,
    area_chunks,
    icon_counts,
    spc_chunks,
    write_chunks,
)
from assets.reports.pages.indicator_csv import csv_address, indicators_with_values
from assets.reports.pages.indicator_figures import (
    board_figures,
    england_trends,
    gradient_figures,
    has_design_effect,
)
from assets.reports.pages.indicator_values import (
    BY_BOARD,
    ON_PAGE,
    Level,
    england_values,
    level_of,
    newest_values,
)
from assets.reports.records import Indicator, Value

FOLDER = "indicators"


@dataclass(frozen=True, slots=True)
class SourceUse:
    """One extract that an indicator is made of: how many editions, and the days they are about."""

    title: str
    publisher: str
    licence: str
    editions: int
    period_start: date | None
    period_end: date | None


@dataclass(frozen=True, slots=True)
class SmallLevel:
    """A level whose areas are loaded board by board: its chunks with the name of the board."""

    level: Level
    chunks: tuple[tuple[str, Chunk, int], ...]


def pages(release: OpenRelease, folder: Path) -> Iterator[Page]:
    """The list of indicators, then each.

    Tables that a page loads when wanted are written below ``folder``, the site's, on the way: a
    page and its tables are made of the same rows, which are read once.
    """
    files = indicators_with_values(release)
    sources = _sources(release)
    yield _index(release, files)
    for indicator in release.catalogue.values():
        uses = sources.get(indicator.indicator_id, ())
        yield _page(release, indicator, uses, files.get(indicator.indicator_id), folder)


def _index(release: OpenRelease, files: dict[str, int]) -> Page:
    return Page(
        address=f"{FOLDER}/index.html",
        title="Indicators",
        family="indicator_index",
        data_to=release.data_to,
        next_expected=release.next_expected,
        body={
            "components": [
                (code, indicators[0].component_name, indicators)
                for code, indicators in release.components().items()
            ],
            "with_values": files,
            "statuses": indicator_words.STATUSES,
            "reviewed": sum(bool(i.reviewed_with_people) for i in release.catalogue.values()),
        },
        trail=(("index.html", "England"),),
    )


def _page(
    release: OpenRelease,
    indicator: Indicator,
    sources: Sequence[SourceUse],
    rows: int | None,
    folder: Path,
) -> Page:
    newest = newest_values(release, indicator.indicator_id)
    levels = [level_of(release, name, newest.get(name, ())) for name in ON_PAGE]
    small = [
        _small(release, indicator, level_of(release, name, newest.get(name, ())))
        for name in BY_BOARD
        if newest.get(name)
    ]
    over_time = england_values(release, indicator)
    board_level = next(level for level in levels if level.area_type == "icb")
    england = newest.get("england", [])
    boards = list(board_figures(release, indicator, board_level, _beside(england, board_level)))
    trends, gradients = england_trends(indicator, over_time), gradient_figures(release, indicator)
    series = frozenset(value.series_id for values in newest.values() for value in values)
    spc = spc_chunks(release, indicator)
    write_chunks((*(chunk for one in small for _, chunk, _ in one.chunks), *spc), folder)
    about = INEQUALITY_OF.get(indicator.indicator_id)
    return Page(
        address=indicator.address,
        title=indicator.title,
        family="indicator",
        data_to=_data_to([*over_time, *(v for vs in newest.values() for v in vs)], release),
        next_expected=release.next_expected,
        body={
            "indicator": indicator,
            "said": indicator_words,
            "cautions": indicator_words.cautions(indicator, series),
            "england": england,
            "levels": [level for level in levels if level.values],
            "small": small,
            "sources": sources,
            "changes": [line for line in indicator.change_log.split("; ") if line],
            "trends": trends,
            "boards": boards,
            "no_funnel": bool(boards) and has_design_effect(indicator),
            "gradients": gradients,
            "about": release.catalogue.get(about) if about else None,
            "spc": [(_board_name(release, chunk.board), chunk) for chunk in spc],
            "icons": icon_counts(spc),
            "csv": csv_address(indicator.indicator_id) if rows else None,
            "rows": rows,
            "name_of": lambda code: release.areas[code].name if code in release.areas else code,
        },
        figures=_once((*trends, *boards, *gradients)),
        trail=(("index.html", "England"), (f"{FOLDER}/index.html", "Indicators")),
    )


def _small(release: OpenRelease, indicator: Indicator, level: Level) -> SmallLevel:
    chunks = sorted(
        (
            (_board_name(release, chunk.board), chunk, len(chunk.figures[0].rows))
            for chunk in area_chunks(release, indicator, level)
        ),
        key=lambda found: (found[1].board == NOWHERE, found[0].casefold()),
    )
    return SmallLevel(level, tuple(chunks))


def _board_name(release: OpenRelease, code: str) -> str:
    board = release.areas.get(code)
    return wording.short_area(board.name) if board else "In no board today"


def _beside(england: Sequence[Value], level: Level) -> Value | None:
    """England's value in the series and period of the newest of a level."""
    newest = level.newest
    if newest is None:
        return None
    return next(
        (
            value
            for value in england
            if value.category_type == "all"
            and (value.series_id, value.period_end) == (newest.series_id, newest.period_end)
        ),
        None,
    )


def _once(figures: tuple[Figure, ...]) -> tuple[Figure, ...]:
    return tuple({figure.key: figure for figure in figures}.values())


def _data_to(values: Sequence[Value], release: OpenRelease) -> str:
    ends = [
        value.period_end
        for value in values
        if value.value is not None and value.period_end <= release.published_on
    ]
    return wording.month(max(ends)) if ends else "no value of this indicator in this release"


def _sources(release: OpenRelease) -> dict[str, tuple[SourceUse, ...]]:
    found: dict[str, list[SourceUse]] = {}
    for indicator_id, *row in release.rows(_SOURCES):
        found.setdefault(indicator_id, []).append(SourceUse(*row))
    return {indicator_id: tuple(uses) for indicator_id, uses in found.items()}


_SOURCES = """
select
    l.indicator_id, coalesce(x.title, l.extract), coalesce(x.publisher, 'not stated'),
    coalesce(x.licence, 'not stated'), count(distinct l.edition_id), min(l.period_start),
    max(l.period_end)
from value_lineage as l
left join extracts as x on l.extract = x.extract
where l.indicator_id is not null
group by l.indicator_id, l.extract, x.title, x.publisher, x.licence
order by l.indicator_id, x.title, l.extract
"""
