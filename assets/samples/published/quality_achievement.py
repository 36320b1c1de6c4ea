"""The Quality and Outcomes Framework: what practices achieved, the indicators, and exceptions.

Achievement comes as one file, as up to 2021/22; patients with a personalised care adjustment (PCAS)
are outside the denominator.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.samples.country.places import Places, Practice, stream
from assets.samples.published.published_csv import write_csv, write_table
from assets.samples.published.quality_framework import GROUPS, Registers, short_year, year_end

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

ACHIEVEMENT_COLUMNS = ("PRACTICE_CODE", "INDICATOR_CODE", "MEASURE", "VALUE")
INDICATOR_COLUMNS = (
    "INDICATOR_CODE", "INDICATOR_POINT_VALUE", "GROUP_CODE", "GROUP_DESCRIPTION", "DOMAIN_CODE",
    "DOMAIN_DESCRIPTION", "PATIENT_LIST_TYPE",
)  # fmt: skip
VALIDATION_COLUMNS = ("PRACTICE_CODE", "VALIDATION_RULE", "RULE_DESCRIPTION")

# Group, its description, domain, share of patients achieved and adjusted for, and codes with
# points. The indicator named first is the register where there is one (marked R). Mental health
# and dementia have the shares of 2024/25 (DOMAIN 2.3); the others are plausible.
_GROUPS = (
    ("AF", "Atrial fibrillation", "CL", 0.92, 0.05, "AF001R 5, AF006 12, AF007 12"),
    ("AST", "Asthma", "CL", 0.72, 0.09, "AST005R 4, AST006 4, AST007 20, AST008 6"),
    ("BP", "Blood pressure", "PH", 0.89, 0.01, "BP002 15"),
    ("CAN", "Cancer", "CL", 0.90, 0.06, "CAN001R 5, CAN003 6"),
    ("CHD", "Secondary prevention of coronary heart disease", "CL", 0.88, 0.07,
     "CHD001R 4, CHD005 7, CHD007 14, CHD008 12, CHD009 5"),
    ("CKD", "Chronic kidney disease", "CL", 0.90, 0.0, "CKD005R 6"),
    ("COPD", "Chronic obstructive pulmonary disease", "CL", 0.80, 0.13,
     "COPD009R 8, COPD007 12, COPD008 2, COPD010 9"),
    ("CS", "Cervical screening", "PH", 0.76, 0.03, "CS005 14, CS006 8"),
    ("DEM", "Dementia", "CL", 0.8398, 0.0950, "DEM001R 5, DEM004 39"),
    ("DEP", "Depression", "CL", 0.82, 0.15, "DEP003 10"),
    ("DM", "Diabetes mellitus", "CL", 0.82, 0.10,
     "DM017R 6, DM006 3, DM012 4, DM014 11, DM018 6, DM019 10, DM020 17, DM021 10, DM022 4, "
     "DM023 2"),
    ("EP", "Epilepsy", "CL", 0.90, 0.0, "EP001R 1"),
    ("HF", "Heart failure", "CL", 0.86, 0.09, "HF001R 4, HF003 6, HF005 6, HF006 6, HF007 7"),
    ("HYP", "Hypertension", "CL", 0.79, 0.04, "HYP001R 6, HYP003 14, HYP007 5"),
    ("LD", "Learning disability", "CL", 0.90, 0.0, "LD004R 4"),
    ("MH", "Mental health", "CL", 0.9142, 0.2140, "MH001R 4, MH002 6, MH003 4, MH006 4"),
    ("NDH", "Non-diabetic hyperglycaemia", "CL", 0.85, 0.05, "NDH001 18"),
    ("OB", "Obesity", "PH", 0.90, 0.0, "OB002R 8"),
    ("OST", "Osteoporosis: secondary prevention of fragility fractures", "CL", 0.90, 0.0,
     "OST004R 3"),
    ("PAD", "Peripheral arterial disease", "CL", 0.90, 0.0, "PAD001R 2"),
    ("PC", "Palliative care", "CL", 0.90, 0.0, "PC001R 3"),
    ("RA", "Rheumatoid arthritis", "CL", 0.84, 0.10, "RA001R 1, RA002 5"),
    ("SMOK", "Smoking", "PH", 0.90, 0.02, "SMOK002 25, SMOK004 12, SMOK005 25"),
    ("STIA", "Stroke and transient ischaemic attack", "CL", 0.88, 0.08,
     "STIA001R 2, STIA007 4, STIA009 4, STIA010 3, STIA011 2"),
)  # fmt: skip
_DOMAINS = {"CL": "Clinical", "PH": "Public Health"}
# Groups without a register: the ages they are about and their share of the list.
_WITHOUT_REGISTER = {"BP": ("45OV", 0.44), "CS": ("TOTAL", 0.23), "SMOK": ("15OV", 0.28)}
_NEWLY_DIAGNOSED = frozenset({"CAN003", "DEP003"})
_RULES = {
    1: "Achieved points <= manual points total",
    2: "Practice closure before 1 April and recorded before 1 July",
    3: "Practice status on 31 March <> Active",
}
# All points from this share of patients on, none up to the other (a typical indicator).
_FULL_POINTS_FROM, _NO_POINTS_UP_TO = 0.90, 0.50


def write_achievement(
    folder: Path, places: Places, year: int, registers: Registers, seed: int
) -> list[Path]:
    """Write achievement, the indicators and the exceptions of a year.

    ``registers`` are the register counts by practice, as in the prevalence file of that year.
    """
    day, _ = year_end(year)
    practices = places.practices_on(day)
    table = _achievement(practices, registers, year, stream(seed, 3000 + year))
    # In one file, as up to 2021/22: the files of later years are named after real regions.
    achievement = folder / "qof" / f"ACHIEVEMENT_{short_year(year)}.csv"
    return [
        write_table(achievement, table.select(ACHIEVEMENT_COLUMNS), line_ending="\n"),
        _write_indicators(folder, year),
        _write_validation(folder, places, year),
    ]


def _indicators() -> list[tuple[str, int, int, bool]]:
    """Code, points, position of the group and whether it is a register, in code order."""
    made = []
    for group, (*_, codes) in enumerate(_GROUPS):
        for entry in codes.split(", "):
            code, points = entry.split(" ")
            made.append((code.rstrip("R"), int(points), group, code.endswith("R")))
    return sorted(made)


def _achievement(
    practices: tuple[Practice, ...], registers: Registers, year: int, draw: np.random.Generator
) -> pl.DataFrame:
    """Rows of every practice: indicator, measure and value; and the practice's position."""
    counted = np.array([registers[practice.code] for practice in practices], dtype=np.int64)
    lists = np.array([practice.list_sizes[year_end(year)[1]] for practice in practices])
    column = {group: position for position, (group, *_) in enumerate(GROUPS)}
    standing = np.array([practice.standing for practice in practices])
    codes, measures, values = [], [], []
    for code, points, position, is_register in _indicators():
        group, _, _, achieved, adjusted, _ = _GROUPS[position]
        register = (
            counted[:, column[group]]
            if group in column
            else np.rint(lists * _WITHOUT_REGISTER[group][1]).astype(np.int64)
        )
        if is_register:
            found = {"ACHIEVED_POINTS": np.full(len(lists), float(points)), "REGISTER": register}
        else:
            found = _rates(register, points, achieved, adjusted, standing, draw)
        if code in _NEWLY_DIAGNOSED:
            found["NEWLY_DIAGNOSED"] = draw.binomial(register, 0.09)
        codes += [code] * len(found)
        measures += list(found)
        values += [_text(counts) for counts in found.values()]
    rows = len(practices)
    practice = np.repeat(np.arange(rows), len(codes))
    return pl.DataFrame(
        {
            "position": practice,
            "PRACTICE_CODE": pl.Series([p.code for p in practices]).gather(practice),
            "INDICATOR_CODE": codes * rows,
            "MEASURE": measures * rows,
            "VALUE": np.stack(values, axis=1).ravel(),
        }
    )


def _rates(
    register: Integers, points: int, achieved: float, adjusted: float, standing: Floats,
    draw: np.random.Generator,
) -> dict[str, Integers | Floats]:  # fmt: skip
    """Counts of an indicator: adjusted for, left in the denominator and achieved."""
    count = len(register)
    left_out = draw.binomial(register, np.clip(adjusted * draw.gamma(4.0, 0.25, count), 0.0, 0.9))
    denominator = register - left_out
    logit = np.log(achieved / (1 - achieved)) + 0.5 * standing + draw.normal(0.0, 0.45, count)
    numerator = draw.binomial(denominator, 1 / (1 + np.exp(-logit)))
    share = numerator / np.maximum(denominator, 1)
    reached = (share - _NO_POINTS_UP_TO) / (_FULL_POINTS_FROM - _NO_POINTS_UP_TO)
    return {
        "ACHIEVED_POINTS": points * np.clip(reached, 0.0, 1.0),
        "DENOMINATOR": denominator,
        "NUMERATOR": numerator,
        "PCAS": left_out,
    }


def _text(counts: Integers | Floats) -> npt.NDArray[np.str_]:
    """Print counts plainly and points with at most two decimals."""
    if counts.dtype.kind == "i":
        return counts.astype("U12")
    return np.array([f"{value:.2f}".rstrip("0").rstrip(".") for value in counts], dtype="U12")


def _write_indicators(folder: Path, year: int) -> Path:
    """One row per indicator: points, group, domain and the ages it counts."""
    list_types = {group: list_type for group, list_type, *_ in GROUPS}
    list_types |= {group: ages for group, (ages, _) in _WITHOUT_REGISTER.items()}
    rows = [INDICATOR_COLUMNS]
    for code, points, position, _ in _indicators():
        group, description, domain, *_ = _GROUPS[position]
        rows.append(
            (code, str(points), group, description, domain, _DOMAINS[domain], list_types[group])
        )
    path = folder / "qof" / f"MAPPING_INDICATORS_{short_year(year)}.csv"
    return write_csv(path, rows, line_ending="\n")


def _write_validation(folder: Path, places: Places, year: int) -> Path:
    """The few practices that failed a rule; one that closed in the year is among them."""
    day, _ = year_end(year)
    # Others each year.
    found = [(p.code, 1) for p in places.practices_on(day)[(year - 2024) % 29 :: 29]]
    found += [(p.code, 2) for p in places.practices if f"{year}0401" <= p.closed <= day]
    found += [(p.code, 3) for p in places.former]
    rows = [VALIDATION_COLUMNS]
    rows += [(code, str(rule), _RULES[rule]) for code, rule in sorted(found)]
    path = folder / "qof" / f"PRACTICE_VALIDATION_OUTCOMES_{short_year(year)}.csv"
    return write_csv(path, rows, line_ending="\n")
