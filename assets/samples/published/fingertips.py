"""Fingertips long downloads: dementia by practice, and social contact by local authority.

The first has the 27 columns of today, the second the 26 of before: no range of the period.
"""

from pathlib import Path

import numpy as np

from assets.samples.country.areas import ENGLAND
from assets.samples.country.places import Places, stream
from assets.samples.country.small_areas import SmallAreas
from assets.samples.published.directories import FINGERTIPS_COLUMNS
from assets.samples.published.published_csv import write_csv
from assets.samples.published.quality_framework import GROUPS, Registers, year_end

# The comparison with the parent is named after the areas asked for; the last column is newer.
OLDER_COLUMNS = tuple(
    "Compared to Region value or percentiles" if name == "Compared to percentiles" else name
    for name in FINGERTIPS_COLUMNS[:-1]
)
_Z = 1.959963984540054
# Practices up to this size have no value but a note.
_LEAST_LIST = 1000
_NO_VALUE = "Value missing in source data"
_ENGLAND_CELLS = (ENGLAND.ons_code, ENGLAND.name)
_SOCIAL_CONTACT = (
    "90280",
    "Social Isolation: percentage of adult social care users who have as much social contact as "
    "they would like",
)
_CONTACT_YEARS = (2017, 2018)

Area = tuple[str, str, str]


def write_fingertips(
    folder: Path, places: Places, areas: SmallAreas, registers: dict[int, Registers], seed: int
) -> list[Path]:
    """Write both files; ``registers`` are QOF registers by financial year and practice."""
    return [
        _write_dementia(folder, places, registers),
        _write_social_contact(folder, areas, stream(seed, 26)),
    ]


def wilson(count: float, base: float) -> tuple[float, float, float]:
    """Return a percentage and its 95 % limits (Wilson score, DOMAIN 6.1)."""
    share, square = count / base, _Z**2
    middle = share + square / (2 * base)
    spread = _Z * float(np.sqrt(share * (1 - share) / base + square / (4 * base**2)))
    scale = 100 / (1 + square / base)
    return 100 * share, scale * (middle - spread), scale * (middle + spread)


def _row(
    indicator: tuple[str, str], parent: tuple[str, str], area: Area, age: str, year: int,
    counts: tuple[int, int] | None, england: tuple[float, str, str] | None, note: str = "",
    category: tuple[str, str] = ("", ""),
) -> tuple[str, ...]:  # fmt: skip
    """One value: ``counts`` are count and base, None for a value that is missing.

    ``england`` is England's percentage and what lying above and below it is called; None where
    nothing is compared.
    """
    value = low = high = count = base = ""
    compared = "Not compared"
    if counts is not None:
        count, base = str(counts[0]), str(counts[1])
        found = wilson(*counts)
        value, low, high = (f"{number:.15g}" for number in found)
        if england is not None:
            benchmark, above, below = england
            compared = (
                above if found[1] > benchmark else below if found[2] < benchmark else "Similar"
            )
    return (
        *indicator, *parent, *area, "Persons", age, *category, f"{year}/{(year + 1) % 100:02d}",
        value, low, high, "", "", count, base, note, "Cannot be calculated", compared,
        "Not compared", f"{year}0000", "", "", "1y",
    )  # fmt: skip


def _write_dementia(folder: Path, places: Places, registers: dict[int, Registers]) -> Path:
    """Prevalence of dementia: England twice, boards, and practices under two parents."""
    indicator, age = ("247", "Dementia: QOF prevalence (all ages)"), "All ages"
    group = [code for code, *_ in GROUPS].index("DEM")
    rows: list[tuple[str, ...]] = [FINGERTIPS_COLUMNS]
    for year, of_practice in registers.items():
        day, month = year_end(year)
        above = places.parents_on(day)
        practices = places.practices_on(day)
        counts = {p.code: (of_practice[p.code][group], p.list_sizes[month]) for p in practices}
        england = _sum(list(counts.values()))
        benchmark = (100 * england[0] / england[1], "Higher", "Lower")
        area = (*_ENGLAND_CELLS, "England")
        rows.append(_row(indicator, ("", ""), area, age, year, england, None))
        rows.append(_row(indicator, _ENGLAND_CELLS, area, age, year, england, benchmark))
        boards = dict.fromkeys(parents.board for parents in above.values())
        for board in boards:
            inside = [counts[p.code] for p in practices if above[p.sub_icb.code].board == board]
            if inside:
                cells = (board.ons_code, board.name, "ICBs")
                rows.append(
                    _row(indicator, _ENGLAND_CELLS, cells, age, year, _sum(inside), benchmark)
                )
        for parent_of in ("england", "board"):
            for practice in practices:
                board = above[practice.sub_icb.code].board
                parent = _ENGLAND_CELLS if parent_of == "england" else (board.ons_code, board.name)
                small = counts[practice.code][1] <= _LEAST_LIST
                rows.append(
                    _row(indicator, parent, (practice.code, practice.name, "GPs"), age, year,
                         None if small else counts[practice.code], benchmark,
                         _NO_VALUE if small else "")
                )  # fmt: skip
    return write_csv(folder / "fingertips" / "fingertips_247_dementia_qof.csv", rows)


def _write_social_contact(folder: Path, areas: SmallAreas, draw: np.random.Generator) -> Path:
    """Social contact of people with social care: by authority, and England by ethnic group."""
    rows: list[tuple[str, ...]] = [OLDER_COLUMNS]
    region = ("E12999901", "Example region")
    for year in _CONTACT_YEARS:
        base = draw.integers(180, 900, len(areas.districts))
        share = np.clip(draw.normal(0.455, 0.03, len(base)), 0.3, 0.6)
        count = draw.binomial(base, share)
        england = (int(count.sum()), int(base.sum()))
        benchmark = (100 * england[0] / england[1], "Better", "Worse")
        area = (*_ENGLAND_CELLS, "England")
        made = [
            _row(_SOCIAL_CONTACT, ("", ""), area, "18+ yrs", year, england, None),
            _row(_SOCIAL_CONTACT, _ENGLAND_CELLS, area, "18+ yrs", year, england, benchmark),
        ]
        for name, part in (("White", 0.86), ("Asian", 0.06), ("Black", 0.05)):
            size = round(england[1] * part)
            found = (int(draw.binomial(size, 0.44)), size)
            made.append(
                _row(_SOCIAL_CONTACT, ("", ""), area, "18+ yrs", year, found, benchmark,
                     category=("Ethnic groups", name))
            )  # fmt: skip
        for number, district in enumerate(areas.districts):
            # The first authority has no value in the first year.
            missing = number == 0 and year == _CONTACT_YEARS[0]
            made.append(
                _row(_SOCIAL_CONTACT, region, (district.code, district.name, "County & UA"),
                     "18+ yrs", year,
                     None if missing else (int(count[number]), int(base[number])), benchmark,
                     _NO_VALUE if missing else "")
            )  # fmt: skip
        rows += [row[:-1] for row in made]
    path = folder / "fingertips" / "fingertips_90280_social-isolation_CountyUA.csv"
    return write_csv(path, rows, line_ending="\n")


def _sum(counts: list[tuple[int, int]]) -> tuple[int, int]:
    """Counts and bases added up."""
    return sum(count for count, _ in counts), sum(base for _, base in counts)
