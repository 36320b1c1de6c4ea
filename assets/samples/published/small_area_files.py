"""Files by small area (LSOA): registered patients, deprivation, loneliness and ethnic group."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.samples.country.places import Places, stream
from assets.samples.country.small_areas import NO_SMALL_AREA, WELSH, SmallAreas
from assets.samples.months import extract_date
from assets.samples.periods import Periods
from assets.samples.published.published_csv import write_table
from assets.samples.published.registers import PUBLICATION

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

PATIENT_COLUMNS = (
    "PUBLICATION", "EXTRACT_DATE", "PRACTICE_CODE", "PRACTICE_NAME", "LSOA_CODE", "SEX",
    "NUMBER_OF_PATIENTS",
)  # fmt: skip
_IMD = "Index of Multiple Deprivation (IMD)"
DEPRIVATION_COLUMNS = {
    2025: (
        "LSOA code (2021)", "LSOA name (2021)", "Local Authority District code (2024)",
        "Local Authority District name (2024)", f"{_IMD} Score",
        f"{_IMD} Rank (where 1 is most deprived)",
        f"{_IMD} Decile (where 1 is most deprived 10% of LSOAs)", "Total population: mid 2022",
    ),
    2019: (
        "LSOA code (2011)", "LSOA name (2011)", "Local Authority District code (2019)",
        "Local Authority District name (2019)", f"{_IMD} Score",
        f"{_IMD} Rank (where 1 is most deprived)",
        f"{_IMD} Decile (where 1 is most deprived 10% of LSOAs)",
        "Total population: mid 2015 (excluding prisoners)",
    ),
}  # fmt: skip
# One small area in so many was redrawn between the two sets of boundaries.
_REDRAWN_EVERY = 40
LONELINESS_COLUMNS = ("lsoa21_code", "perc", "deciles")

_ASIAN, _BLACK, _MIXED, _WHITE, _OTHER = (
    "Asian, Asian British or Asian Welsh",
    "Black, Black British, Black Welsh, Caribbean or African",
    "Mixed or Multiple ethnic groups",
    "White",
    "Other ethnic group",
)
# Detailed groups of table TS021 in published order, their share of England in 2021, roughly, and
# whether they grow with how mixed a place is.
_ETHNIC_GROUPS = (
    (_ASIAN, "Bangladeshi", 0.011), (_ASIAN, "Chinese", 0.008), (_ASIAN, "Indian", 0.033),
    (_ASIAN, "Pakistani", 0.028), (_ASIAN, "Other Asian", 0.017),
    (_BLACK, "African", 0.026), (_BLACK, "Caribbean", 0.011), (_BLACK, "Other Black", 0.005),
    (_MIXED, "White and Asian", 0.008), (_MIXED, "White and Black African", 0.004),
    (_MIXED, "White and Black Caribbean", 0.009),
    (_MIXED, "Other Mixed or Multiple ethnic groups", 0.008),
    (_WHITE, "English, Welsh, Scottish, Northern Irish or British", 0.735),
    (_WHITE, "Irish", 0.009), (_WHITE, "Gypsy or Irish Traveller", 0.001),
    (_WHITE, "Roma", 0.002), (_WHITE, "Other White", 0.063),
    (_OTHER, "Arab", 0.006), (_OTHER, "Any other ethnic group", 0.016),
)  # fmt: skip
_BRITISH = 12


def write_small_area_files(
    folder: Path, places: Places, areas: SmallAreas, periods: Periods, seed: int
) -> list[Path]:
    """Write all files by small area."""
    return [
        *(_write_patients(folder, places, areas, month) for month in periods.lsoa_months),
        *_write_deprivation(folder, areas, stream(seed, 21)),
        _write_loneliness(folder, areas, stream(seed, 22)),
        _write_ethnic_groups(folder, areas, stream(seed, 23)),
    ]


def _write_patients(folder: Path, places: Places, areas: SmallAreas, month: str) -> Path:
    """One row per practice and small area with patients; codes without one are among them."""
    rows = np.array([i for i, p in enumerate(places.practices) if month in p.list_sizes])
    listed = [places.practices[row] for row in rows]
    sizes = np.array([practice.list_sizes[month] for practice in listed])
    patients = areas.patients_on(rows, sizes)
    codes = pl.Series([*areas.codes, NO_SMALL_AREA, WELSH])
    outside = np.tile([len(areas.codes), len(areas.codes) + 1], (len(rows), 1))
    place = np.concatenate([areas.nearby[rows], outside], axis=1)
    practice, column = np.nonzero(patients)
    table = pl.DataFrame(
        {
            "PUBLICATION": pl.Series([PUBLICATION]).new_from_index(0, len(practice)),
            "EXTRACT_DATE": pl.Series([extract_date(month)]).new_from_index(0, len(practice)),
            "PRACTICE_CODE": pl.Series([p.code for p in listed]).gather(practice),
            "PRACTICE_NAME": pl.Series([p.name.upper() for p in listed]).gather(practice),
            "LSOA_CODE": codes.gather(place[practice, column]),
            "SEX": pl.Series(["ALL"]).new_from_index(0, len(practice)),
            "NUMBER_OF_PATIENTS": patients[practice, column],
        }
    )
    path = folder / "gp-list-size" / f"gp-reg-pat-prac-lsoa-all_{month}.csv"
    return write_table(path, table.select(PATIENT_COLUMNS))


def _write_deprivation(folder: Path, areas: SmallAreas, draw: np.random.Generator) -> list[Path]:
    """Deprivation of 2025 and of 2019; the older one knows other codes for redrawn areas."""
    older = np.round(np.clip(areas.scores * np.exp(draw.normal(0.0, 0.08, len(areas.codes))),
                             0.5, 92.7), 3)  # fmt: skip
    older_codes = [
        f"E01{800001 + n}" if n % _REDRAWN_EVERY == 7 else code
        for n, code in enumerate(areas.codes)
    ]
    editions = (
        (2025, areas.codes, areas.scores, areas.people),
        (2019, older_codes, older, np.rint(areas.people * 0.95).astype(np.int64)),
    )
    written = []
    for year, codes, scores, people in editions:
        rank = np.empty(len(codes), dtype=np.int64)
        rank[np.argsort(-scores, kind="stable")] = np.arange(1, len(codes) + 1)
        cells = (
            codes,
            areas.names,
            [areas.districts[d].code for d in areas.district_of],
            [areas.districts[d].name for d in areas.district_of],
            [f"{score:.3f}" for score in scores],
            rank,
            (rank - 1) * 10 // len(codes) + 1,
            people,
        )
        table = pl.DataFrame(dict(zip(DEPRIVATION_COLUMNS[year], cells, strict=True)))
        written.append(
            write_table(folder / "imd" / f"iod{year}_file7_lsoa.csv", table, line_ending="\r\n")
        )
    return written


def _write_loneliness(folder: Path, areas: SmallAreas, draw: np.random.Generator) -> Path:
    """Modelled share of people who are lonely often or always; decile 10 is the loneliest."""
    level = 24.5 + 0.16 * (areas.scores - 22.0) + draw.gumbel(-0.9, 2.2, len(areas.scores))
    share = np.clip(level, 18.4, 38.4)
    rank = np.empty(len(share), dtype=np.int64)
    rank[np.argsort(share, kind="stable")] = np.arange(len(share))
    cells = (areas.codes, [repr(float(value)) for value in share], rank * 10 // len(share) + 1)
    table = pl.DataFrame(dict(zip(LONELINESS_COLUMNS, cells, strict=True)))
    path = folder / "community" / "england_cls_loneliness_lsoa21.csv"
    return write_table(path, table, line_ending="\n")


def _write_ethnic_groups(folder: Path, areas: SmallAreas, draw: np.random.Generator) -> Path:
    """Census 2021 table TS021: residents by ethnic group, groups and their parts side by side."""
    count = len(areas.codes)
    usual = np.array([share for _, _, share in _ETHNIC_GROUPS])
    # How mixed a place is: like its district, more so where it is deprived.
    of_district = draw.normal(0.0, 0.7, len(areas.districts))[areas.district_of]
    mixed = of_district + 0.02 * (areas.scores - 22.0) + draw.normal(0.0, 0.45, count)
    weights = usual * np.exp(mixed[:, None] + draw.normal(0.0, 0.35, (count, len(usual))))
    weights[:, _BRITISH] = usual[_BRITISH]
    people = draw.multinomial(areas.people, weights / weights.sum(axis=1, keepdims=True))
    columns: dict[str, list[str] | Integers] = {
        "date": ["2021"] * count,
        "geography": areas.names,
        "geography code": areas.codes,
        _ethnic("Total: All usual residents"): people.sum(axis=1),
    }
    for group in (_ASIAN, _BLACK, _MIXED, _WHITE, _OTHER):
        parts = [n for n, (parent, _, _) in enumerate(_ETHNIC_GROUPS) if parent == group]
        columns[_ethnic(group)] = people[:, parts].sum(axis=1)
        for part in parts:
            columns[_ethnic(f"{group}: {_ETHNIC_GROUPS[part][1]}")] = people[:, part]
    path = folder / "census" / "census2021-ts021-lsoa.csv"
    return write_table(path, pl.DataFrame(columns), line_ending="\n")


def _ethnic(group: str) -> str:
    """Column name of a group."""
    return f"Ethnic group: {group}; measures: Value"
