"""Practice counts of personalised care, from practice systems, where the national ones end."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl

from assets.samples.community.draws import Flags, Integers, coded, flag, stream_of
from assets.samples.community.envelope import Period
from assets.samples.community.people import listed, standard_deprivation
from assets.samples.country.places import Places

COUNT_COLUMNS = (
    "practice_code", "month", "measure_concept", "counting_basis", "value", "value_state",
    "system", "search_version",
)  # fmt: skip
SYSTEMS = ("emis", "systmone", "other")
SEARCH_VERSION = "2025.1"


@dataclass(frozen=True, slots=True)
class _Concept:
    """A counted thing: people a month per 1,000 patients, and how it leans with deprivation."""

    name: str
    per_1000: float
    lean: float


_CONCEPTS = (
    _Concept("sp_referred", 1.3, 0.2),
    _Concept("sp_declined", 0.2, 0.1),
    _Concept("pcsp_agreed", 1.6, 0.1),
    _Concept("pcsp_reviewed", 0.7, 0.1),
    _Concept("sdm_recorded", 2.2, 0.0),
    _Concept("sdm_ltc", 1.1, 0.1),
    _Concept("carehome_pcsp", 0.3, -0.1),
)
# People on a register: a share of the list at the end of the month.
_STANDING = (("sp_current", 0.006, 0.2), ("ltc_register", 0.44, 0.05), ("list_size", 1.0, 0.0))
# A patient counted before in the financial year is not counted again in the year to date.
_FIRST_IN_YEAR = 0.94
# One system's search prints no count of 1 to 4.
_LEAST_PRINTED = 5


def practice_counts(places: Places, period: Period, seed: int, owner: str) -> pl.DataFrame:
    """X-PCACT of one month: one row per practice, concept and basis.

    Counts of the year to date start again each April and are the sum of the months' first-time
    patients, whatever months are written.
    """
    day = period.start
    lean = standard_deprivation(places.practices)
    sizes = {
        month: np.array(listed(places, places.practices, f"{month:%Y-%m}"), dtype=np.int64)
        for month in _financial_year_until(day)
    }
    rows: list[pl.DataFrame] = []
    for concept in _CONCEPTS:
        # How keenly a practice codes is a trait of the practice, not of the month.
        habit = stream_of(seed, "coding habit", owner, concept.name).gamma(4.0, 0.25, len(lean))
        expected = concept.per_1000 / 1000 * np.exp(concept.lean * lean) * habit
        total = np.zeros(len(lean), dtype=np.int64)
        for month, patients_listed in sizes.items():
            draw = stream_of(seed, "counts", owner, concept.name, str(month))
            patients = draw.poisson(patients_listed * expected)
            share = 1.0 if month.month == 4 else _FIRST_IN_YEAR
            total += draw.binomial(patients, share)
            events = patients + draw.poisson(0.08 * patients)
        rows += [
            _column(places, concept.name, "patients_month", patients),
            _column(places, concept.name, "patients_ytd", total),
            _column(places, concept.name, "events_month", events),
        ]
    draw = stream_of(seed, "counts standing", owner, str(day))
    for name, share, by in _STANDING:
        chance = np.clip(share * np.exp(by * lean), 0.0, 1.0)
        rows.append(_column(places, name, "patients_month", draw.binomial(sizes[day], chance)))
    return _finished(pl.concat(rows), places, day, sizes[day] > 0, seed, owner)


def _financial_year_until(day: dt.date) -> tuple[dt.date, ...]:
    """Months of the financial year up to a month, first days."""
    april = dt.date(day.year if day.month >= 4 else day.year - 1, 4, 1)
    return Period(april, day).months()


def _column(places: Places, concept: str, basis: str, values: Integers) -> pl.DataFrame:
    """One concept and basis for all practices."""
    return pl.DataFrame(
        {
            "position": np.arange(len(values)),
            "practice_code": [practice.code for practice in places.practices],
            "value": values,
        }
    ).with_columns(pl.lit(concept).alias("measure_concept"), pl.lit(basis).alias("counting_basis"))


def _finished(
    frame: pl.DataFrame, places: Places, day: dt.date, open_now: Flags, seed: int, owner: str
) -> pl.DataFrame:
    """Add month, system and state: a few practices send nothing, one system hides small counts."""
    count = len(places.practices)
    draw = stream_of(seed, "systems", owner)
    system = np.searchsorted([0.56, 0.97], draw.random(count)).astype(np.int64)
    silent = flag(stream_of(seed, "silent", owner, str(day)), 0.03, count)
    position = frame["position"].to_numpy()
    value = frame["value"].to_numpy()
    missing = silent[position]
    small = (system[position] == 1) & (value > 0) & (value < _LEAST_PRINTED) & ~missing
    state = np.select([missing, small], ["not_available", "suppressed_source"], default="reported")
    finished = frame.with_columns(
        pl.lit(day).alias("month"),
        pl.lit(SEARCH_VERSION).alias("search_version"),
        coded(SYSTEMS, system[position]).alias("system"),
        pl.Series("value_state", state.astype(str), dtype=pl.String),
        frame["value"].set(pl.Series(missing | small), None),
    )
    return finished.filter(pl.Series(open_now[position])).sort(
        "position", "measure_concept", "counting_basis"
    )
