"""The Quality and Outcomes Framework: disease registers and where practices belong at year end."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from assets.samples.country.areas import ENGLAND
from assets.samples.country.places import Places, stream
from assets.samples.published.published_csv import Cell, write_csv
from assets.samples.published.registers import network_cells

Integers = npt.NDArray[np.int64]

# Group, the ages its denominator counts, prevalence, and how it rises with deprivation.
GROUPS = (
    ("AF", "TOTAL", 0.021, -0.1), ("AST", "06OV", 0.066, 0.1), ("CAN", "TOTAL", 0.036, -0.2),
    ("CHD", "TOTAL", 0.030, 0.2), ("CKD", "18OV", 0.044, 0.1), ("COPD", "TOTAL", 0.019, 0.5),
    ("DEM", "TOTAL", 0.008, -0.1), ("DEP", "18OV", 0.133, 0.3), ("DM", "17OV", 0.077, 0.3),
    ("EP", "18OV", 0.008, 0.3), ("HF", "TOTAL", 0.011, 0.1), ("HYP", "TOTAL", 0.148, 0.0),
    ("LD", "TOTAL", 0.006, 0.3), ("MH", "TOTAL", 0.010, 0.4), ("NDH", "18OV", 0.080, 0.1),
    ("OB", "18OV", 0.125, 0.4), ("OST", "50OV", 0.010, -0.1), ("PAD", "TOTAL", 0.006, 0.3),
    ("PC", "TOTAL", 0.005, 0.0), ("RA", "16OV", 0.008, 0.1), ("STIA", "TOTAL", 0.018, 0.1),
)  # fmt: skip

PREVALENCE_COLUMNS = (
    "PRACTICE_CODE", "GROUP_CODE", "REGISTER", "PATIENT_LIST_TYPE", "PRACTICE_LIST_SIZE",
)  # fmt: skip
QOF_MAP_COLUMNS = (
    "NAT_ONS_CODE", "NAT_CODE", "COUNTRY", "REGION_ODS_CODE", "REGION_ONS_CODE", "REGION_NAME",
    "ICB_ODS_CODE", "ICB_ONS_CODE", "ICB_NAME", "SUB_ICB_ODS_CODE", "SUB_ICB_ONS_CODE",
    "SUB_ICB_NAME", "PCN_ODS_CODE", "PCN_NAME", "PRACTICE_CODE", "PRACTICE_NAME",
)  # fmt: skip

# Registers by practice, in the order of ``GROUPS``.
Registers = dict[str, list[int]]


def short_year(year: int) -> str:
    """Return a financial year by its first calendar year as the file names do, such as 2425."""
    return f"{year % 100:02d}{(year + 1) % 100:02d}"


def year_end(year: int) -> tuple[str, str]:
    """Return the last day (YYYYMMDD) of a financial year and its month (YYYY-MM)."""
    return f"{year + 1}0331", f"{year + 1}-03"


def write_prevalence(
    folder: Path, places: Places, year: int, ages: dict[str, Integers], seed: int
) -> tuple[Path, Registers]:
    """Write one row per practice and register, with the list its prevalence is taken from.

    Returns the path and the registers.
    """
    draw = stream(seed, 2 if year == 2024 else 2000 + year)
    day, month = year_end(year)
    rows: list[Sequence[Cell]] = [PREVALENCE_COLUMNS]
    registers: Registers = {}
    for practice in places.practices_on(day):
        people = ages[practice.code].sum(axis=0)
        share_by_band = people / people.sum()
        whole = practice.list_sizes[month]
        found = registers[practice.code] = []
        for group, list_type, prevalence, rise in GROUPS:
            size = round(whole * _share_from_age(list_type, share_by_band))
            rate = prevalence * np.exp(
                rise * (practice.deprivation - 20.0) / 15.0 + draw.normal(0.0, 0.12)
            )
            found.append(int(draw.binomial(size, min(rate, 0.9))))
            rows.append((practice.code, group, found[-1], list_type, size))
    path = folder / "qof" / f"PREVALENCE_{short_year(year)}.csv"
    return write_csv(path, rows, line_ending="\n"), registers


def _share_from_age(list_type: str, share_by_band: npt.NDArray[np.float64]) -> float:
    """Share of the list at or above the age in a list type such as 17OV; bands taken as even."""
    if list_type == "TOTAL":
        return 1.0
    band, years = divmod(int(list_type[:2]), 5)
    return float(share_by_band[band:].sum() - share_by_band[band] * years / 5)


def write_geography_map(folder: Path, places: Places, year: int) -> Path:
    """Write one row per practice in the year's QOF: every area it belongs to at year end."""
    day, _ = year_end(year)
    above = places.parents_on(day)
    rows: list[Sequence[Cell]] = [QOF_MAP_COLUMNS]
    for practice in places.practices_on(day):
        parents = above[practice.sub_icb.code]
        area, board, region = parents.sub_icb, parents.board, parents.region
        network = network_cells(practice, day, "Unallocated")
        rows.append(
            (ENGLAND.ons_code, ENGLAND.code, ENGLAND.name, region.code, region.ons_code,
             region.name, board.code, board.ons_code, board.name, area.code, area.ons_code,
             area.name, *network, practice.code, practice.name)
        )  # fmt: skip
    path = folder / "qof" / f"MAPPING_NHS_GEOGRAPHIES_{short_year(year)}.csv"
    return write_csv(path, rows, line_ending="\n")
