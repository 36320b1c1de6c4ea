"""Pages of areas: one for each region, board, sub-ICB, network and practice, and their index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from assets.reports import wording
from assets.reports.figures.figure import Figure
from assets.reports.open_release import OpenRelease
from assets.reports.page import Page
from assets.reports.pages.area_facts import Facts, facts_of, read_facts
from assets.reports.pages.area_figures import SMALL, Spreads, figures_of, read_spreads
from assets.reports.pages.area_lines import (
    Comparisons,
    Line,
    comparisons,
    history,
    lines,
    newest_values,
)
from assets.reports.pages.indicator_chunks import NOWHERE
from assets.reports.pages.rugs import rug_of
from assets.reports.pages.strips import Strip, strip
from assets.reports.records import LEVELS, Area, Value

# So many areas are read at a time: few enough to hold, enough to need few queries. Of England 250
# take 1.3 GB, 60 half of it in the same time (2026-11-29).
_AT_A_TIME = 60

Batch = tuple[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Beside:
    """What is read once for all areas: comparisons, facts and how areas of a level lie."""

    comparisons: Comparisons
    facts: Facts
    spreads: Spreads


def pages(release: OpenRelease) -> Iterator[Page]:
    """The index of areas, then the page of every area."""
    yield index(release)
    yield from pages_of(release, batches(release))


def batches(release: OpenRelease) -> list[Batch]:
    """Areas by level, as many at a time as are read together."""
    found: list[Batch] = []
    for level in LEVELS:
        codes = sorted(area.code for area in release.areas.values() if area.area_type == level)
        found += [
            (level, tuple(codes[start : start + _AT_A_TIME]))
            for start in range(0, len(codes), _AT_A_TIME)
        ]
    return found


def pages_of(release: OpenRelease, wanted: Sequence[Batch]) -> Iterator[Page]:
    """The pages of the areas of some batches."""
    beside = Beside(comparisons(release), read_facts(release), read_spreads(release))
    for level, codes in wanted:
        newest = newest_values(release, level, codes)
        earlier = history(release, level, codes)
        for code in codes:
            yield _page(
                release, release.areas[code], newest.get(code, []), earlier.get(code, []), beside
            )


def index(release: OpenRelease) -> Page:
    """Where one looks for an area without knowing its name."""
    regions = _of_level(release, "region")
    boards = _of_level(release, "icb")
    placed = {board.code for board in boards if board.parents.get("region") in release.areas}
    return Page(
        address="areas/index.html",
        title="Areas",
        family="area_index",
        data_to=release.data_to,
        next_expected=release.next_expected,
        body={
            "regions": [(region, release.children_of(region, "icb")) for region in regions],
            "unplaced": [board for board in boards if board.code not in placed],
            "counts": [(level, len(_of_level(release, level))) for level in LEVELS],
        },
        trail=(("index.html", "England"),),
    )


def _of_level(release: OpenRelease, level: str) -> list[Area]:
    found = [area for area in release.areas.values() if area.area_type == level]
    return sorted(found, key=lambda area: (area.name.casefold(), area.code))


def _page(
    release: OpenRelease,
    area: Area,
    newest: Sequence[Value],
    earlier: Sequence[Value],
    beside: Beside,
) -> Page:
    profile = beside.facts.profiles.get(area.code)
    fifth = next(iter(profile.fifths), None) if profile and area.area_type == "practice" else None
    components = lines(release, newest, beside.comparisons, fifth)
    every = [line for _, rows in components for line in rows]
    return Page(
        address=area.address,
        title=area.name,
        family="area",
        data_to=_data_to(newest, release.published_on),
        next_expected=release.next_expected,
        body={
            "area": area,
            "about": _about(area, release),
            "facts": facts_of(area, beside.facts, release),
            "fifth": fifth,
            "components": components,
            "strip": _strip,
            "has_recomputed": any(
                line.value.is_on_recomputed_limits and line.value.value is not None
                for line in every
            ),
            "predecessors": beside.facts.predecessors.get(area.code, ()),
            "successors": beside.facts.successors.get(area.code, ()),
            "children": _children(release, area),
            "months_of": _months_of(release, area, every),
            "table_in": _table_in(area),
        },
        figures=(
            *_rug(release, area),
            *figures_of(area, every, earlier, beside.comparisons, beside.spreads),
        ),
        trail=_trail(release, area),
    )


def _rug(release: OpenRelease, area: Area) -> tuple[Figure, ...]:
    """The areas below, indicator by indicator; practices are never set side by side."""
    below = {"region": "icb", "icb": "sub_icb"}.get(area.area_type)
    if below is None:
        return ()
    return rug_of(release, release.children_of(area, below), wording.short_area(area.name))


def _months_of(release: OpenRelease, area: Area, lines: Sequence[Line]) -> Area | None:
    """The board whose page draws the months that the page of a practice or network does not."""
    if area.area_type not in SMALL or not any(one.indicator.cadence == "monthly" for one in lines):
        return None
    return release.areas.get(area.parents.get("icb", ""))


def _table_in(area: Area) -> str:
    """The table on an indicator's page that the area stands in, when a board has one of its own."""
    return f"{area.area_type}-{area.parents.get('icb', NOWHERE)}" if area.area_type in SMALL else ""


def _data_to(values: Sequence[Value], published_on: date) -> str:
    ends = [v.period_end for v in values if v.value is not None and v.period_end <= published_on]
    return wording.month(max(ends)) if ends else "no value of this area in this release"


def _trail(release: OpenRelease, area: Area) -> tuple[tuple[str, str], ...]:
    above = [
        release.areas[code]
        for level in LEVELS[: LEVELS.index(area.area_type)]
        if (code := area.parents.get(level, "")) in release.areas
    ]
    return (
        ("index.html", "England"),
        *((parent.address, wording.short_area(parent.name)) for parent in above),
    )


def _about(area: Area, release: OpenRelease) -> str:
    """What the area is, in one line: level, codes, and whether it is open."""
    words = f"{wording.LEVELS[area.area_type][0]}, code {area.code}"
    if area.ons_code and area.ons_code != area.code:
        words += f" (ONS {area.ons_code})"
    if area.status == "closed":
        when = f" on {wording.day(area.close_date)}" if area.close_date else ""
        return f"{words}. Closed{when}; what was published of it stays."
    if area.status == "not_yet_open":
        opened = area.open_date
        verb = "Opened" if opened and opened <= release.published_on else "Opens"
        when = f" on {wording.day(opened)}" if opened else ""
        return f"{words}. {verb}{when}; the registers of this release place no practice in it yet."
    return f"{words}."


def _children(release: OpenRelease, area: Area) -> list[tuple[str, tuple[Area, ...]]]:
    """The areas below, by level; a practice stands with its network where that stands here too."""
    below = {
        "region": ("icb",),
        "icb": ("sub_icb", "pcn"),
        "sub_icb": ("pcn", "practice"),
        "pcn": ("practice",),
        "practice": (),
    }[area.area_type]
    networks = {network.code for network in release.children_of(area, "pcn")}
    found = []
    for level in below:
        children = tuple(
            child
            for child in release.children_of(area, level)
            if level != "practice" or child.parents.get("pcn") not in networks
        )
        if children:
            found.append((wording.LEVELS[level][1], children))
    return found


def _strip(line: Line) -> Strip | None:
    return strip(line.value, line.england.value if line.england is not None else None)
