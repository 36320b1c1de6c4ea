"""Appointments in General Practice: the practice-level crosstab and the coverage of each month.

A month of all of England has about two million rows, so everything is drawn and written by column.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.samples.country.places import Places, Practice, stream
from assets.samples.months import extract_date, first_of, later, month_name, span
from assets.samples.periods import Periods
from assets.samples.published.directories import suppliers_of
from assets.samples.published.published_csv import write_table

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

CROSSTAB_COLUMNS = (
    "APPOINTMENT_MONTH_START_DATE", "GP_CODE", "GP_NAME", "SUPPLIER", "PCN_CODE", "PCN_NAME",
    "SUB_ICB_LOCATION_CODE", "SUB_ICB_LOCATION_NAME", "HCP_TYPE", "APPT_MODE", "NATIONAL_CATEGORY",
    "TIME_BETWEEN_BOOK_AND_APPT", "COUNT_OF_APPOINTMENTS", "APPT_STATUS",
)  # fmt: skip
COVERAGE_COLUMNS = (
    "SUB_ICB_LOCATION_CODE", "ICB_ONS_CODE", "REGION_CODE", "Appointment_Month",
    "Included Practices", "Open Practices", "Patients registered at included practices",
    "Patients registered at open practices",
)  # fmt: skip

# Spaces as published: two after 8, 15 and 22.
WAITS = (
    "Same Day", "1 Day", "2 to 7 Days", "8  to 14 Days", "15  to 21 Days", "22  to 28 Days",
    "More than 28 Days", "Unknown / Data Quality",
)  # fmt: skip
PROFESSIONALS = ("GP", "Other Practice staff", "Unknown")
MODES = ("Face-to-Face", "Telephone", "Home Visit", "Video", "Online", "Unknown")
STATUSES = ("Attended", "DNA", "Unknown")
_WAIT_SHARES = {
    "urgent": (0.80, 0.08, 0.07, 0.02, 0.01, 0.005, 0.005, 0.01),
    "planned": (0.22, 0.08, 0.22, 0.17, 0.11, 0.08, 0.11, 0.01),
}
# Category, its share of appointments, share seen by a GP, how it is booked, main mode.
_CATEGORIES = (
    ("General Consultation Routine", 0.335, 0.62, "planned", "Face-to-Face"),
    ("General Consultation Acute", 0.205, 0.66, "urgent", "Face-to-Face"),
    ("Clinical Triage", 0.105, 0.60, "urgent", "Telephone"),
    ("Planned Clinics", 0.105, 0.05, "planned", "Face-to-Face"),
    ("Planned Clinical Procedure", 0.085, 0.05, "planned", "Face-to-Face"),
    ("Inconsistent Mapping", 0.042, 0.35, "planned", "Unknown"),
    ("Unplanned Clinical Activity", 0.030, 0.55, "urgent", "Telephone"),
    ("Unmapped", 0.022, 0.30, "planned", "Unknown"),
    ("Structured Medication Review", 0.018, 0.10, "planned", "Telephone"),
    ("Home Visit", 0.011, 0.60, "urgent", "Home Visit"),
    ("Service provided by organisation external to the practice", 0.009, 0.02, "planned",
     "Face-to-Face"),
    ("Patient contact during Care Home Round", 0.008, 0.35, "planned", "Home Visit"),
    ("Social Prescribing Service", 0.0075, 0.0, "planned", "Telephone"),
    ("Care Home Visit", 0.006, 0.45, "urgent", "Home Visit"),
    ("Walk-in", 0.005, 0.20, "urgent", "Face-to-Face"),
    ("Care Home Needs Assessment & Personalised Care and Support Planning", 0.003, 0.20,
     "planned", "Home Visit"),
    ("Non-contractual chargeable work", 0.003, 0.60, "planned", "Face-to-Face"),
    ("Group Consultation and Group Education", 0.0012, 0.05, "planned", "Face-to-Face"),
)  # fmt: skip
# Appointments per registered patient and month, and how months differ (October: flu).
_PER_PATIENT = 0.50
_SEASON = (1.03, 0.95, 1.02, 0.94, 0.95, 0.97, 1.02, 0.90, 1.02, 1.20, 1.06, 0.94)
# A combination rarer than this, among all appointments and in its category, is left out: no
# practice uses every combination, and a month then has about 320 rows per practice, as in 2025.
_LEAST_SHARE, _LEAST_SHARE_OF_CATEGORY = 0.00021, 0.05
_PRACTICES_AT_ONCE = 500


def write_appointments(folder: Path, places: Places, periods: Periods, seed: int) -> list[Path]:
    """Write a crosstab for each month, and coverage up to the last month of each run of them."""
    months = periods.appointment_months
    habits = _habits(len(places.practices), stream(seed, 25))
    written = []
    for month in months:
        topic = 7000 + int(month[:4]) * 12 + int(month[5:])
        written.append(_write_crosstab(folder, places, month, habits, stream(seed, topic)))
    ends = [month for month in months if later(month, 1) not in months]
    return [*written, *(_write_coverage(folder, places, span(months[0], end)) for end in ends)]


def included(places: Places, month: str) -> list[int]:
    """Return positions of the practices whose appointments are in a month.

    One practice of each board sends none in August: missing, which is not zero.
    """
    missing = {event.silent_in_august for event in places.events} if month[5:] == "08" else set()
    return [
        position
        for position, practice in enumerate(places.practices)
        if month in practice.list_sizes and position not in missing
    ]


def _habits(practices: int, draw: np.random.Generator) -> Floats:
    """How much each practice uses each category; practices map their appointments their own way."""
    return draw.gamma(1.6, 1 / 1.6, (practices, len(_CATEGORIES)))


def _combinations() -> tuple[Integers, Floats]:
    """Category, professional, mode, wait and status of each combination, and its usual share."""
    rows, shares = [], []
    for c, (_, share, by_gp, booked, main_mode) in enumerate(_CATEGORIES):
        professionals = (by_gp * 0.97, (1 - by_gp) * 0.97, 0.03)
        modes = [0.62 if mode == main_mode else 0.07 for mode in MODES]
        if "Home" not in main_mode:
            modes[2] = 0.01
        status = (0.90, 0.05, 0.05) if main_mode != "Home Visit" else (0.95, 0.005, 0.045)
        for cell in np.ndindex(len(PROFESSIONALS), len(MODES), len(WAITS), len(STATUSES)):
            p, m, w, s = cell
            rows.append((c, p, m, w, s))
            shares.append(
                share
                * professionals[p]
                * modes[m]
                / sum(modes)
                * _WAIT_SHARES[booked][w]
                * status[s]
            )
    of_category = np.array([_CATEGORIES[row[0]][1] for row in rows])
    least = np.minimum(_LEAST_SHARE, of_category * _LEAST_SHARE_OF_CATEGORY)
    kept = np.array(shares) >= least
    return np.array(rows)[kept], np.array(shares)[kept]


def _counts(
    places: Places, here: list[int], month: str, habits: Floats, draw: np.random.Generator
) -> pl.DataFrame:
    """Appointments by position of the practice and combination; only those that occurred."""
    rows, shares = _combinations()
    patients = np.array([places.practices[i].list_sizes[month] for i in here], dtype=float)
    deprived = np.array([places.practices[i].deprivation for i in here])
    booked = patients * _PER_PATIENT * _SEASON[int(month[5:]) - 1] * (1 + 0.002 * (deprived - 20))
    # People in deprived places miss more appointments.
    missed = np.exp(0.02 * (deprived - 20.0))[:, None] * (rows[:, 4] == 1) + (rows[:, 4] != 1)
    found = []
    for first in range(0, len(here), _PRACTICES_AT_ONCE):
        some = slice(first, first + _PRACTICES_AT_ONCE)
        expected = booked[some, None] * shares * habits[here[some]][:, rows[:, 0]] * missed[some]
        drawn = draw.poisson(expected)
        practice, combination = np.nonzero(drawn)
        found.append(
            pl.DataFrame(
                {
                    "practice": practice + first,
                    "combination": combination,
                    "COUNT_OF_APPOINTMENTS": drawn[practice, combination],
                }
            )
        )
    return pl.concat(found)


def _write_crosstab(
    folder: Path, places: Places, month: str, habits: Floats, draw: np.random.Generator
) -> Path:
    """One row per practice and combination that occurred in the month."""
    here = included(places, month)
    counts = _counts(places, here, month, habits, draw)
    rows, _ = _combinations()
    practice, combination = counts["practice"], counts["combination"]
    labels = {
        "NATIONAL_CATEGORY": [category for category, *_ in _CATEGORIES],
        "HCP_TYPE": PROFESSIONALS,
        "APPT_MODE": MODES,
        "TIME_BETWEEN_BOOK_AND_APPT": WAITS,
        "APPT_STATUS": STATUSES,
    }
    table = counts.with_columns(
        pl.lit(extract_date(month)).alias("APPOINTMENT_MONTH_START_DATE"),
        *(column.gather(practice) for column in _who([places.practices[i] for i in here],
                                                     places, month)),
        _supplier(places, here).gather(practice * 2 + combination % 2),
        *(
            pl.Series(name, texts).gather(rows[:, number]).gather(combination)
            for number, (name, texts) in enumerate(labels.items())
        ),
    )  # fmt: skip
    name = f"Practice_Level_Crosstab_{month_name(month)}_{month[2:4]}.csv"
    return write_table(folder / "gp-appointments" / name, table.select(CROSSTAB_COLUMNS))


def _who(practices: list[Practice], places: Places, month: str) -> list[pl.Series]:
    """Columns that say which practice a row is about and where it belongs."""
    day = first_of(month)
    above = places.parents_on(day)
    networks = [practice.network_on(day) for practice in practices]
    locations = [above[practice.sub_icb.code].sub_icb for practice in practices]
    return [
        pl.Series("GP_CODE", [practice.code for practice in practices]),
        pl.Series("GP_NAME", [practice.name.upper() for practice in practices]),
        pl.Series("PCN_CODE", [network.code if network else "U" for network in networks]),
        pl.Series(
            "PCN_NAME", [network.name.upper() if network else "UNALLOCATED" for network in networks]
        ),
        pl.Series("SUB_ICB_LOCATION_CODE", [location.code for location in locations]),
        pl.Series("SUB_ICB_LOCATION_NAME", [location.name for location in locations]),
    ]


def _supplier(places: Places, here: list[int]) -> pl.Series:
    """Two entries per practice, the same twice unless it has two suppliers."""
    of_all = suppliers_of(places)
    return pl.Series("SUPPLIER", [name for i in here for name in (of_all[i][0], of_all[i][-1])])


def _write_coverage(folder: Path, places: Places, months: tuple[str, ...]) -> Path:
    """One row per sub-ICB location and month: practices and patients included, and all open."""
    rows = []
    for code in places.parents_on(first_of(months[0])):
        mine = [(i, p) for i, p in enumerate(places.practices) if p.sub_icb.code == code]
        for month in months:
            inside = set(included(places, month))
            sizes = {i: p.list_sizes[month] for i, p in mine if month in p.list_sizes}
            sent = [size for position, size in sizes.items() if position in inside]
            parents = places.parents_on(first_of(month))[code]
            rows.append(
                (code, parents.board.ons_code, parents.region.ons_code, extract_date(month),
                 len(sent), len(sizes), sum(sent), sum(sizes.values()))
            )  # fmt: skip
    path = folder / "gp-appointments" / f"APPOINTMENTS_GP_COVERAGE_{months[-1]}.csv"
    table = pl.DataFrame(rows, schema=list(COVERAGE_COLUMNS), orient="row")
    return write_table(path, table.filter(pl.col("Open Practices") > 0), line_ending="\n")
