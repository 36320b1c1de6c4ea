"""A release that is open for reading: what every page needs is read once and shared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb

from assets.database_memory import ReadersMemory
from assets.reports import wording
from assets.reports.records import (
    ENGLAND,
    LEVELS,
    VALUE_COLUMNS,
    Area,
    ExtractUse,
    Indicator,
    Value,
)

# The order of the Comprehensive Model, then of coproduction; others follow by code.
COMPONENTS = (
    "SDM", "PCSP", "CHO", "SP", "SSM", "PHB", "OUT", "WF", "E1", "E2", "E3", "E4", "TYP", "INQ",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Edition:
    """What every page says of the release that the database does not.

    ``feedback`` is where readers say what is wrong: an e-mail address, a page, or nothing.
    """

    version: str
    published_on: date
    feedback: str = ""

    @property
    def feedback_link(self) -> str:
        """The address that a link leads to; empty without one."""
        if "@" not in self.feedback or self.feedback.startswith("https:"):
            return self.feedback
        return f"mailto:{self.feedback}?subject={quote(f'Report, release {self.version}')}"


@dataclass(frozen=True, slots=True)
class OpenRelease:
    """The database of a release, opened read-only, and what all pages share.

    ``catalogue`` is by indicator id, in the order of the components; ``areas`` holds England and
    every area with a page, by code; ``data_to`` and ``next_expected`` are in words.
    """

    database: Path
    connection: duckdb.DuckDBPyConnection
    edition: Edition
    is_made_up: bool
    catalogue: Mapping[str, Indicator]
    areas: Mapping[str, Area]
    extracts: tuple[ExtractUse, ...]
    children: Mapping[str, tuple[Area, ...]]
    data_to: str
    next_expected: str

    @property
    def version(self) -> str:
        """The version of the release."""
        return self.edition.version

    @property
    def published_on(self) -> date:
        """The day on which it was published."""
        return self.edition.published_on

    @property
    def england(self) -> Area:
        """England itself."""
        return self.areas[ENGLAND]

    def children_of(self, area: Area, level: str) -> tuple[Area, ...]:
        """The areas of a smaller level that lie in an area today, by name."""
        return tuple(a for a in self.children.get(area.code, ()) if a.area_type == level)

    @property
    def feeding(self) -> tuple[ExtractUse, ...]:
        """Extracts in use that indicators were made of."""
        return tuple(x for x in self.extracts if x.editions_in_use and x.feeds_indicators)

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query, which names tables of the release."""
        return self.connection.execute(query, list(parameters)).fetchall()

    def values(self, source: str, parameters: Sequence[Any] = ()) -> list[Value]:
        """Typed values: ``source`` is what follows ``from``, for example a table and a where."""
        query = f"select {VALUE_COLUMNS} from {source}"
        return [Value(*row) for row in self.rows(query, parameters)]

    def components(self) -> dict[str, list[Indicator]]:
        """Indicators by component code, both in the order that pages keep."""
        grouped: dict[str, list[Indicator]] = {}
        for indicator in self.catalogue.values():
            grouped.setdefault(indicator.component, []).append(indicator)
        return grouped


@contextmanager
def open_release(
    database: Path, edition: Edition, memory: ReadersMemory | None = None
) -> Iterator[OpenRelease]:
    """Open a release's ``doing_with.duckdb``, read-only, and read what all pages share.

    Without ``memory`` DuckDB's own limit holds, four fifths of the machine's.
    """
    connection = connect(database, memory)
    # A night is read in a log, where a bar of progress is a line of noise.
    connection.execute("set enable_progress_bar = false")
    try:
        areas = _areas(connection)
        extracts = tuple(ExtractUse(*row) for row in connection.execute(_EXTRACTS).fetchall())
        yield OpenRelease(
            database=database,
            connection=connection,
            edition=edition,
            is_made_up=any(extract.synthetic_in_use for extract in extracts),
            catalogue=_catalogue(connection),
            areas=areas,
            extracts=extracts,
            children=_children(areas),
            data_to=_data_to(connection, edition.published_on),
            next_expected=_next_expected(extracts, edition.published_on),
        )
    finally:
        connection.close()


def connect(database: Path, memory: ReadersMemory | None) -> duckdb.DuckDBPyConnection:
    """Open a release's database, read-only, with no more memory than there may be."""
    return memory.open(database) if memory else duckdb.connect(str(database), read_only=True)


def _data_to(connection: duckdb.DuckDBPyConnection, published_on: date) -> str:
    [(end,)] = connection.execute(
        "select max(period_end) from latest_values where value is not null and period_end <= ?",
        [published_on],
    ).fetchall()
    return wording.month(end) if end else "no value in this release"


def _next_expected(extracts: Sequence[ExtractUse], published_on: date) -> str:
    dates = [
        extract.expected_by
        for extract in extracts
        if extract.editions_in_use
        and extract.feeds_indicators
        and extract.expected_by is not None
        and extract.expected_by >= published_on
    ]
    return f"by {wording.day(min(dates))}" if dates else "no date promised"


def _catalogue(connection: duckdb.DuckDBPyConnection) -> dict[str, Indicator]:
    found = [Indicator(*row) for row in connection.execute(_INDICATORS).fetchall()]

    def place(indicator: Indicator) -> tuple[int, str, str]:
        code = indicator.component
        known = COMPONENTS.index(code) if code in COMPONENTS else len(COMPONENTS)
        return known, code, indicator.indicator_id

    return {indicator.indicator_id: indicator for indicator in sorted(found, key=place)}


def _areas(connection: duckdb.DuckDBPyConnection) -> dict[str, Area]:
    parents: dict[tuple[str, str], dict[str, str]] = {}
    for area_type, code, parent_type, parent in connection.execute(_PARENTS).fetchall():
        parents.setdefault((area_type, code), {})[parent_type] = parent
    found = {}
    for code, area_type, name, ons_code, status, opened, closed in connection.execute(
        _AREAS, [list(LEVELS)]
    ).fetchall():
        found[code] = Area(
            code=code,
            area_type=area_type,
            name=wording.area_name(name),
            full_name=name,
            ons_code=ons_code,
            status=status,
            open_date=opened,
            close_date=closed,
            parents=parents.get((area_type, code), {}),
        )
    if ENGLAND not in found:
        found[ENGLAND] = Area(ENGLAND, "england", "England", "England", ENGLAND, "open", None, None)
    return found


def _children(areas: Mapping[str, Area]) -> dict[str, tuple[Area, ...]]:
    """Areas one lists below another, by name: each under every larger area that it lies in."""
    grouped: dict[str, list[Area]] = {}
    for area in sorted(areas.values(), key=lambda area: (area.name.casefold(), area.code)):
        for parent in area.parents.values():
            grouped.setdefault(parent, []).append(area)
    return {code: tuple(children) for code, children in grouped.items()}


_INDICATORS = """
select
    indicator_id, coalesce(title, indicator_id), coalesce(component, 'not stated'),
    coalesce(component_name, component, 'Component not stated'), coalesce(definition, ''),
    coalesce(why_it_matters, ''), coalesce(numerator_description, ''),
    coalesce(denominator_description, ''), coalesce(unit, ''), coalesce(multiplier, 1),
    coalesce(polarity, 'none'), coalesce(grains, ''), coalesce(cadence, ''), coalesce(method, ''),
    coalesce(minimum_base, 0), coalesce(disclosure_class, ''), coalesce(status, ''),
    coalesce(source, ''), coalesce(authored_by, ''), coalesce(checked_by, ''),
    coalesce(trim(reviewed_with_people), ''), coalesce(date_reviewed, ''),
    coalesce(next_review, ''), coalesce(change_log, ''), coalesce(benchmark, 'none'),
    coalesce(is_complete_enumeration, false)
from indicators
"""

_AREAS = """
select
    area_code, area_type, coalesce(area_name, area_code), coalesce(ons_code, ''),
    coalesce(status, ''), open_date, close_date
from areas
where area_type = 'england' or list_contains(?, area_type)
order by area_type, area_code
"""

# A network lies in the sub-ICB, board and region of most people registered with its practices.
# A closed practice keeps the last parents it had.
_PARENTS = """
with stated as (
    select child_type, child_code, parent_type, parent_code
    from area_relationships
    where child_type in ('practice', 'sub_icb', 'icb')
    qualify row_number() over (
        partition by child_type, child_code, parent_type
        order by is_current desc, from_date desc, parent_code
    ) = 1
),
in_networks as (
    select
        network.parent_code as child_code, wider.parent_type, wider.parent_code,
        sum(coalesce(profile.registered_patients, 0)) as registered_patients
    from stated as network
    inner join stated as wider
        on network.child_code = wider.child_code and wider.child_type = 'practice'
    left join practice_profile as profile on network.child_code = profile.practice_code
    where network.child_type = 'practice' and network.parent_type = 'pcn'
        and wider.parent_type <> 'pcn'
    group by network.parent_code, wider.parent_type, wider.parent_code
)
select child_type, child_code, parent_type, parent_code from stated
union all
select 'pcn', child_code, parent_type, parent_code
from in_networks
qualify row_number() over (
    partition by child_code, parent_type order by registered_patients desc, parent_code
) = 1
union all
select 'sub_icb', boards.child_code, regions.parent_type, regions.parent_code
from stated as boards
inner join stated as regions
    on boards.parent_code = regions.child_code and regions.child_type = 'icb'
where boards.child_type = 'sub_icb' and boards.parent_type = 'icb'
"""

_EXTRACTS = """
with used as (
    select
        extract, count(distinct edition_id) as editions,
        count(distinct edition_id) filter (where is_synthetic) as made_up,
        arg_max(edition_period, (period_end, edition_period)) as latest_period,
        max(period_end) as latest_period_end,
        cast(coalesce(sum(rows_loaded), 0) as bigint) as rows_loaded,
        cast(coalesce(sum(rows_quarantined), 0) as bigint) as rows_quarantined
    from extract_editions
    where is_in_use
    group by extract
)
select
    x.extract, coalesce(x.title, x.extract), coalesce(x.licence, 'not stated'),
    coalesce(x.attribution, x.publisher, 'not stated'), coalesce(x.publisher, 'not stated'),
    coalesce(x.owner, 'no owner named'), coalesce(x.cadence, ''), coalesce(x.is_required, false),
    coalesce(u.latest_period, x.latest_period), coalesce(u.latest_period_end, x.latest_period_end),
    x.expected_by, x.is_late, coalesce(u.editions, 0), coalesce(u.made_up, 0),
    coalesce(u.rows_loaded, 0), coalesce(u.rows_quarantined, 0),
    x.extract in (select l.extract from value_lineage as l)
from extracts as x
left join used as u on x.extract = u.extract
order by coalesce(x.title, x.extract), x.extract
"""
