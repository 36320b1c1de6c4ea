"""Counts of registered people: list sizes, list sizes by age and sex, and QOF registers."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from assets.samples.places import (
    BOARD,
    ENGLAND,
    REGION,
    SUB_ICBS,
    Places,
    Practice,
    first_of,
    stream,
)
from assets.samples.published_csv import Cell, write_csv

Integers = npt.NDArray[np.int64]

LIST_MONTHS = ("2025-03", "2025-06", "2025-09")
DETAIL_MONTH = "2025-09"
QOF_YEAR, QOF_DAY, QOF_MONTH = "2425", "20250331", "2025-03"

AGE_BANDS = (*(f"{low}_{low + 4}" for low in range(0, 95, 5)), "95+")
# Share of each band in a middling practice, and how the band leans as a place gets older.
_BAND_SHARES = np.array(
    [52, 57, 60, 58, 60, 68, 76, 75, 71, 65, 66, 67, 60, 52, 44, 36, 21, 10, 5, 1], dtype=float
)
# Group, the ages its denominator counts, prevalence, and how it rises with deprivation.
_GROUPS = (
    ("AF", "TOTAL", 0.021, -0.1), ("AST", "06OV", 0.066, 0.1), ("CAN", "TOTAL", 0.036, -0.2),
    ("CHD", "TOTAL", 0.030, 0.2), ("CKD", "18OV", 0.044, 0.1), ("COPD", "TOTAL", 0.019, 0.5),
    ("DEM", "TOTAL", 0.008, -0.1), ("DEP", "18OV", 0.133, 0.3), ("DM", "17OV", 0.077, 0.3),
    ("EP", "18OV", 0.008, 0.3), ("HF", "TOTAL", 0.011, 0.1), ("HYP", "TOTAL", 0.148, 0.0),
    ("LD", "TOTAL", 0.006, 0.3), ("MH", "TOTAL", 0.010, 0.4), ("NDH", "18OV", 0.080, 0.1),
    ("OB", "18OV", 0.125, 0.4), ("OST", "50OV", 0.010, -0.1), ("PAD", "TOTAL", 0.006, 0.3),
    ("PC", "TOTAL", 0.005, 0.0), ("RA", "16OV", 0.008, 0.1), ("STIA", "TOTAL", 0.018, 0.1),
)  # fmt: skip

PRACTICE_LIST_COLUMNS = (
    "PUBLICATION", "EXTRACT_DATE", "TYPE", "SUB_ICB_LOCATION_CODE", "ONS_SUB_ICB_LOCATION_CODE",
    "CODE", "POSTCODE", "SEX", "AGE", "NUMBER_OF_PATIENTS",
)  # fmt: skip
AGE_COLUMNS = (
    "PUBLICATION", "EXTRACT_DATE", "ORG_TYPE", "ORG_CODE", "ONS_CODE", "POSTCODE", "SEX",
    "AGE_GROUP_5", "NUMBER_OF_PATIENTS",
)  # fmt: skip
MAP_COLUMNS = (
    "PUBLICATION", "EXTRACT_DATE", "PRACTICE_CODE", "PRACTICE_NAME", "PRACTICE_POSTCODE",
    "PCN_CODE", "PCN_NAME", "ONS_SUB_ICB_LOCATION_CODE", "SUB_ICB_LOCATION_CODE",
    "SUB_ICB_LOCATION_NAME", "ONS_ICB_CODE", "ICB_CODE", "ICB_NAME", "ONS_COMM_REGION_CODE",
    "COMM_REGION_CODE", "COMM_REGION_NAME",
)  # fmt: skip
PREVALENCE_COLUMNS = (
    "PRACTICE_CODE", "GROUP_CODE", "REGISTER", "PATIENT_LIST_TYPE", "PRACTICE_LIST_SIZE",
)  # fmt: skip
QOF_MAP_COLUMNS = (
    "NAT_ONS_CODE", "NAT_CODE", "COUNTRY", "REGION_ODS_CODE", "REGION_ONS_CODE", "REGION_NAME",
    "ICB_ODS_CODE", "ICB_ONS_CODE", "ICB_NAME", "SUB_ICB_ODS_CODE", "SUB_ICB_ONS_CODE",
    "SUB_ICB_NAME", "PCN_ODS_CODE", "PCN_NAME", "PRACTICE_CODE", "PRACTICE_NAME",
)  # fmt: skip

_PUBLICATION = "GP_PRAC_PAT_LIST"
_MONTH_NAMES = (
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
)  # fmt: skip


def write_registers(folder: Path, places: Places, seed: int) -> list[Path]:
    """Write the list-size files and the two QOF files."""
    ages = _people_by_age(places, seed)
    return [
        *(_write_list_sizes(folder, places, month) for month in LIST_MONTHS),
        _write_map(folder, places),
        _write_ages(folder, places, ages),
        _write_prevalence(folder, places, ages, seed),
        _write_qof_map(folder, places),
    ]


def _extract_date(month: str) -> str:
    """Turn YYYY-MM into the publication's own date, such as 01MAR2025."""
    return f"01{_MONTH_NAMES[int(month[5:]) - 1]}{month[:4]}"


def _listed(places: Places, month: str) -> list[Practice]:
    """Practices with a list in a month."""
    return [practice for practice in places.practices if month in practice.list_sizes]


def _network_cells(practice: Practice, on: str, unallocated: str) -> tuple[str, str]:
    """Code and name of the network on a day; the bare letter U where there is none."""
    network = practice.network_on(on)
    return (network.code, network.name) if network else ("U", unallocated)


def _write_list_sizes(folder: Path, places: Places, month: str) -> Path:
    """One row per practice: everybody registered on the first of the month."""
    rows: list[Sequence[Cell]] = [PRACTICE_LIST_COLUMNS]
    for practice in _listed(places, month):
        area = practice.sub_icb
        rows.append(
            (_PUBLICATION, _extract_date(month), "GP", area.code, area.ons_code, practice.code,
             practice.postcode, "ALL", "ALL", practice.list_sizes[month])
        )  # fmt: skip
    return write_csv(folder / "gp-list-size" / f"gp-reg-pat-prac-all_{month}.csv", rows)


def _write_map(folder: Path, places: Places) -> Path:
    """One row per practice: every area it belongs to on the first of the month."""
    rows: list[Sequence[Cell]] = [MAP_COLUMNS]
    # The mapping file writes the month in mixed case and ends its lines with LF alone.
    day = f"01{_extract_date(DETAIL_MONTH)[2:5].title()}{DETAIL_MONTH[:4]}"
    for practice in _listed(places, DETAIL_MONTH):
        code, name = _network_cells(practice, first_of(DETAIL_MONTH), "Unallocated")
        area = practice.sub_icb
        rows.append(
            (_PUBLICATION, day, practice.code, practice.name.upper(), practice.postcode, code,
             name.upper() if code != "U" else name, area.ons_code, area.code, area.name,
             BOARD.ons_code, BOARD.code, BOARD.name, REGION.ons_code, REGION.code, REGION.name)
        )  # fmt: skip
    path = folder / "gp-list-size" / f"gp-reg-pat-prac-map_{DETAIL_MONTH}.csv"
    return write_csv(path, rows, line_ending="\n")


def _people_by_age(places: Places, seed: int) -> dict[str, Integers]:
    """People per practice by sex (female, male) and age band, on the latest list it has.

    Sums to that list size. Less deprived practices are older.
    """
    draw = stream(seed, 1)
    made = {}
    older = np.linspace(-1.0, 1.0, len(AGE_BANDS))
    for practice in places.practices:
        lean = 0.45 * (20.0 - practice.deprivation) / 20.0 + draw.normal(0.0, 0.15)
        shares = _BAND_SHARES * np.exp(lean * older)
        # Women outnumber men among the oldest.
        female = 0.49 + 0.16 * np.clip(older, 0.0, None) ** 3
        both = np.concatenate([shares * female, shares * (1 - female)])
        size = practice.list_sizes[max(practice.list_sizes)]
        made[practice.code] = draw.multinomial(size, both / both.sum()).reshape(2, -1)
    return made


def _write_ages(folder: Path, places: Places, ages: dict[str, Integers]) -> Path:
    """One row per organisation, sex and five-year band, and the totals.

    Beside practices there are rows for sub-ICB locations, the board and the region: adding up
    without choosing ORG_TYPE counts everybody four times.
    """
    listed = _listed(places, DETAIL_MONTH)
    everybody = sum((ages[p.code] for p in listed), np.zeros((2, len(AGE_BANDS)), dtype=np.int64))
    rows: list[Sequence[Cell]] = [AGE_COLUMNS]
    for practice in listed:
        rows += _age_rows("GP", practice.code, "", practice.postcode, ages[practice.code])
    for area in SUB_ICBS:
        people = sum((ages[p.code] for p in listed if p.sub_icb == area), np.zeros_like(everybody))
        rows += _age_rows("SUB_ICB_LOCATION", area.code, area.ons_code, "", people)
    rows += _age_rows("ICB", BOARD.code, BOARD.ons_code, "", everybody)
    rows += _age_rows("COMM_REGION", REGION.code, REGION.ons_code, "", everybody)
    return write_csv(folder / "gp-list-size" / f"gp-reg-pat-prac-quin-age_{DETAIL_MONTH}.csv", rows)


def _age_rows(
    kind: str, code: str, ons_code: str, postcode: str, people: Integers
) -> list[Sequence[Cell]]:
    """The 43 rows of one organisation: everybody, then each sex by band and in total."""
    start = (_PUBLICATION, _extract_date(DETAIL_MONTH), kind, code, ons_code, postcode)
    rows: list[Sequence[Cell]] = [(*start, "ALL", "ALL", int(people.sum()))]
    for sex, counts in zip(("FEMALE", "MALE"), people, strict=True):
        rows += [(*start, sex, band, int(n)) for band, n in zip(AGE_BANDS, counts, strict=True)]
        rows.append((*start, sex, "ALL", int(counts.sum())))
    return rows


def _write_prevalence(folder: Path, places: Places, ages: dict[str, Integers], seed: int) -> Path:
    """One row per practice and disease register, with the list its prevalence is taken from."""
    draw = stream(seed, 2)
    rows: list[Sequence[Cell]] = [PREVALENCE_COLUMNS]
    for practice in places.practices_on(QOF_DAY):
        share_by_band = ages[practice.code].sum(axis=0) / ages[practice.code].sum()
        whole = practice.list_sizes[QOF_MONTH]
        for group, list_type, prevalence, rise in _GROUPS:
            size = round(whole * _share_from_age(list_type, share_by_band))
            rate = prevalence * np.exp(
                rise * (practice.deprivation - 20.0) / 15.0 + draw.normal(0.0, 0.12)
            )
            rows.append(
                (practice.code, group, int(draw.binomial(size, min(rate, 0.9))), list_type, size)
            )
    return write_csv(folder / "qof" / f"PREVALENCE_{QOF_YEAR}.csv", rows, line_ending="\n")


def _share_from_age(list_type: str, share_by_band: npt.NDArray[np.float64]) -> float:
    """Share of the list at or above the age in a list type such as 17OV; bands taken as even."""
    if list_type == "TOTAL":
        return 1.0
    band, years = divmod(int(list_type[:2]), 5)
    return float(share_by_band[band:].sum() - share_by_band[band] * years / 5)


def _write_qof_map(folder: Path, places: Places) -> Path:
    """One row per practice in the year's QOF: every area it belongs to at year end."""
    rows: list[Sequence[Cell]] = [QOF_MAP_COLUMNS]
    for practice in places.practices_on(QOF_DAY):
        area = practice.sub_icb
        network = _network_cells(practice, QOF_DAY, "Unallocated")
        rows.append(
            (ENGLAND.ons_code, ENGLAND.code, ENGLAND.name, REGION.code, REGION.ons_code,
             REGION.name, BOARD.code, BOARD.ons_code, BOARD.name, area.code, area.ons_code,
             area.name, *network, practice.code, practice.name)
        )  # fmt: skip
    path = folder / "qof" / f"MAPPING_NHS_GEOGRAPHIES_{QOF_YEAR}.csv"
    return write_csv(path, rows, line_ending="\n")
