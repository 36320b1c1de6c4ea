"""Community context: who lives there and how they say they are. Never compared, never rated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assets.reports import wording
from assets.reports.data_script import data_script
from assets.reports.figures.figure import Column, Figure
from assets.reports.open_release import OpenRelease
from assets.reports.page import Page

ADDRESS = "context.html"
# The order of levels on the page; others are loaded when wanted.
ON_PAGE = ("england", "region", "icb")
LEVELS = {
    "england": "England",
    "region": "Region",
    "icb": "Integrated care board",
    "county": "County",
    "local_authority": "Local authority",
    "county_or_unitary_authority": "County or unitary authority",
}
UNITS = {
    "rating_0_to_10": "mean rating, 0 (not at all) to 10 (completely)",
    "proportion": "share of people",
    "as_published": "in the unit of its name, as published",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of one measure."""

    measure: str
    measure_name: str
    area_type: str
    area_code: str
    area_name: str
    people: str
    period: str
    value: float | None
    unit: str
    lower_95: float | None
    upper_95: float | None
    value_state: str
    value_reason: str
    is_modelled: bool
    source: str

    @property
    def level(self) -> str:
        """The level of the area in words."""
        return LEVELS.get(self.area_type, self.area_type.replace("_", " "))

    @property
    def said(self) -> str:
        """The number in words, or why there is none."""
        if self.value is None:
            return f"{wording.STATES.get(self.value_state, self.value_state)}: {self.value_reason}"
        return _said(self.unit, self.value)

    @property
    def interval(self) -> str:
        """The publisher's 95 % interval, or that there is none."""
        if self.value is None or self.lower_95 is None or self.upper_95 is None:
            return "none published"
        return f"{_said(self.unit, self.lower_95)} to {_said(self.unit, self.upper_95)}"


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure: England and boards on the page, other areas in a script."""

    code: str
    name: str
    unit: str
    is_modelled: bool
    source: str
    on_page: tuple[Reading, ...]
    others: tuple[Reading, ...]

    @property
    def address(self) -> str:
        """Of the script with the other areas."""
        return f"data/context/{self.code}.js"

    @property
    def period(self) -> str:
        """The newest period of any area."""
        return max(reading.period for reading in (*self.on_page, *self.others))


def pages(release: OpenRelease) -> Iterator[Page]:
    """The page on community context."""
    measures = _measures(release)
    periods = [measure.period for measure in measures]
    yield Page(
        address=ADDRESS,
        title="Community context",
        family="context",
        data_to=f"{min(periods)} to {max(periods)}, by measure" if periods else "nothing received",
        next_expected="as published; no date promised",
        body={"measures": measures, "units": UNITS},
        trail=(("index.html", "England"),),
    )


def write_chunks(release: OpenRelease, folder: Path) -> None:
    """Write the areas that are not on the page, one script for each measure."""
    for measure in _measures(release):
        if measure.others:
            path = folder / measure.address
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(data_script([_table(measure)]), encoding="utf-8")


def _measures(release: OpenRelease) -> list[Measure]:
    grouped: dict[str, list[Reading]] = {}
    for row in release.rows(_READINGS):
        reading = Reading(*row)
        grouped.setdefault(reading.measure, []).append(reading)
    found = []
    for code, readings in grouped.items():
        first = readings[0]
        on_page = [reading for reading in readings if reading.area_type in ON_PAGE]
        on_page.sort(key=lambda r: (ON_PAGE.index(r.area_type), r.area_name.casefold(), r.people))
        others = tuple(reading for reading in readings if reading.area_type not in ON_PAGE)
        found.append(
            Measure(
                code, first.measure_name, first.unit, first.is_modelled, first.source,
                tuple(on_page), others,
            )
        )  # fmt: skip
    return found


def _table(measure: Measure) -> Figure:
    return Figure(
        kind="table",
        key=f"context-{measure.code}",
        title=measure.name,
        text="",
        columns=(
            Column("area", "Area"),
            Column("level", "Kind of area"),
            Column("people", "People"),
            Column("said", "Value"),
            Column("interval", "95% interval"),
            Column("period", "Period"),
        ),
        rows=tuple(
            (r.area_name, r.level, r.people, r.said, r.interval, r.period) for r in measure.others
        ),
    )


def _said(unit: str, value: float) -> str:
    if unit == "proportion":
        return wording.percent(value)
    return wording.decimal(value, 2 if unit == "rating_0_to_10" else 1)


# The newest period of each measure and area. Well-being first, then loneliness, then the rest.
_READINGS = """
select
    c.measure, c.measure_name, c.area_type, c.area_code, c.area_name,
    case
        when c.sex in ('all', 'Persons') then 'aged ' || c.age
        else c.sex || ', aged ' || c.age
    end,
    c.period, c.value, c.unit, c.lower_95, c.upper_95, c.value_state,
    coalesce(c.value_reason, ''), c.is_modelled, coalesce(s.source, 'source not stated')
from context_values as c
left join (
    select l.lineage_id, string_agg(distinct x.attribution, '; ') as source
    from value_lineage as l
    inner join extracts as x on l.extract = x.extract
    where l.model = 'context_values'
    group by l.lineage_id
) as s on c.lineage_id = s.lineage_id
qualify
    row_number() over (
        partition by c.measure, c.area_type, c.area_code, c.sex, c.age order by c.period desc
    ) = 1
order by
    c.measure not like 'wellbeing_%', c.measure <> 'modelled_loneliness', c.measure, c.area_name,
    c.area_code, c.sex, c.age
"""
