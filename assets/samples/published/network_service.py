"""Network Contract DES: monthly counts of personalised care by practice, cumulative from April.

Two layouts: as published, and as practices' systems submit them. Codes were renamed in 2024/25.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.samples.country.places import Places, stream
from assets.samples.months import (
    financial_year,
    first_of,
    last_of,
    later,
    month_name,
    slashed,
    span,
)
from assets.samples.periods import Periods
from assets.samples.published.published_csv import write_table

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

COLUMNS = (
    "PRACTICE_CODE", "PRACTICE_NAME", "QUALITY_SERVICE", "ACH_DATE", "IND_CODE", "MEASURE", "VALUE",
)  # fmt: skip
SUBMISSION_COLUMNS = (
    "QUALITY_SERVICE", "NAME", "ORG_CODE", "ACH_DATE", "IND_CODE", "FIELD_NAME", "VALUE",
    "DEFAULT_VALUES_USED", "SUBMIT_USER_ID", "SUBMIT_DATE", "SUBMIT_TIME", "LAST_SUBMISSION",
)  # fmt: skip
SUPPRESSED = "*"
RENAMED_FROM = "2024-04"

# April to March: August and December are quiet.
_SEASON = np.array([0.95, 1.0, 1.0, 1.05, 0.85, 1.1, 1.15, 1.1, 0.75, 1.1, 1.05, 1.1])
# People who leave a practice take their record along.
_LEAVE_A_MONTH = 0.004


@dataclass(frozen=True, slots=True)
class Indicator:
    """An indicator: its code until 2023/24 and since (empty where there is none).

    ``per_1000`` is the yearly count per 1,000 of its base, ``rise`` what deprivation adds on the
    log scale, ``base`` whom it is about. ``declined`` are the personalised care adjustments,
    by their name until 2023/24 and since, and their share of the base. ``stock`` counts stand,
    they do not add up from April. ``until_year`` is the last financial year of the older code.
    """

    code: str
    code_since_2024: str
    base: str
    per_1000: float
    rise: float = 0.0
    declined: tuple[tuple[str, str, float], ...] = field(default=())
    stock: bool = False
    until_year: int = 2023


INDICATORS = (
    Indicator("NCD001", "PC01", "registered", 15.0, 0.25,
              (("SOCPRESDEC", "Rule 2: SOCPRESDEC1_DAT", 0.004),)),
    Indicator("NCD018", "EHCH02", "care home", 780.0, 0.0,
              (("PCSPDEC", "PCSPDEC", 0.03), ("CARHOMDEC1", "REGGPALIGNCARHOMDEC", 0.03))),
    Indicator("NCDMI001", "PC14", "registered", 11.0, 0.15),
    Indicator("NCDMI002", "PC15", "registered", 6.0, 0.15),
    Indicator("NCDMI003", "PC17", "registered", 32.0, -0.05),
    Indicator("NCDMI004", "", "registered", 3.0, 0.1, until_year=2022),
    Indicator("NCDMI063", "", "registered", 9.0, 0.25, stock=True),
    Indicator("NCDMI064", "", "long-term condition", 70.0, -0.05),
    Indicator("NCDMI105", "PC02", "caseload", 2600.0),
    Indicator("NCDMI106", "PC03", "caseload", 4200.0, 0.1),
    Indicator("NCDMI107", "", "caseload", 620.0),
    Indicator("NCDMI109", "PC20", "caseload", 9800.0, 0.1),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Counts:
    """Counts of one indicator in one financial year, practice by month (April to March)."""

    indicator: Indicator
    numerator: Integers
    denominator: Integers
    declined: tuple[Integers, ...]


def write_network_service(folder: Path, places: Places, periods: Periods, seed: int) -> list[Path]:
    """Write a published file for each month and one file of submissions for the month before."""
    months = periods.network_service_months
    if not months:
        return []
    years = sorted({int(financial_year(month)[:4]) for month in (later(months[0], -1), *months)})
    habits = _habits(places, stream(seed, 5))
    counts = {year: _year(places, year, habits, stream(seed, 5000 + year)) for year in years}

    def of(month: str) -> pl.DataFrame:
        return _month(places, month, counts[int(financial_year(month)[:4])])

    before = later(months[0], -1)
    return [
        *(_write_published(folder, places, month, of(month)) for month in months),
        _write_submissions(folder, places, before, of(before)),
    ]


@dataclass(frozen=True, slots=True)
class _Habits:
    """What stays with practices over the years.

    ``in_care_homes`` is a share of the list; ``usual`` is how far each indicator lies above or
    below the usual there (log scale, practice by indicator).
    """

    in_care_homes: Floats
    usual: Floats


def _habits(places: Places, draw: np.random.Generator) -> _Habits:
    """Draw what stays with practices; many have nobody in a care home, some have many."""
    count = len(places.practices)
    return _Habits(draw.gamma(0.5, 0.012, count), draw.normal(0.0, 0.45, (count, len(INDICATORS))))


def _year(places: Places, year: int, habits: _Habits, draw: np.random.Generator) -> list[_Counts]:
    """Draw a financial year of every indicator for every practice."""
    months = span(f"{year}-04", f"{year + 1}-03")
    # What counts is the list at the end of the month.
    registered = np.array(
        [[p.list_sizes.get(later(month, 1), p.list_sizes.get(month, 0)) for month in months]
         for p in places.practices], dtype=np.int64,
    )  # fmt: skip
    gradient = np.array([(p.deprivation - 20.0) / 15.0 for p in places.practices])
    bases = {
        "registered": registered,
        "long-term condition": draw.binomial(registered, 0.31),
        "care home": _residents(places, registered, habits, draw),
        "caseload": draw.binomial(
            registered, np.clip(0.009 * np.exp(0.25 * gradient), 0, 1)[:, None]
        ),
    }
    made = []
    for number, indicator in enumerate(INDICATORS):
        own = np.exp(
            habits.usual[:, number]
            + draw.normal(0.0, 0.12, len(gradient))
            + indicator.rise * gradient
        )
        base = bases[indicator.base]
        expected = np.asarray(base * own[:, None] * indicator.per_1000 / 1000.0)
        numerator = _count(indicator, expected, draw)
        declined = tuple(
            np.minimum(_grow(draw.poisson(base * share / 12.0)), base // 4 + 1) * (base > 0)
            for _, _, share in indicator.declined
        )
        if indicator.base == "care home":
            _decline(declined[0], declined[1], places)
        denominator = np.maximum(base - sum(declined), 0) if indicator.base == "care home" else base
        if indicator.base != "caseload":
            numerator = np.minimum(numerator, denominator)
        if indicator.code == "NCD001":
            _correct(numerator, places)
        made.append(_Counts(indicator, numerator, denominator, declined))
    return made


def _residents(
    places: Places, registered: Integers, habits: _Habits, draw: np.random.Generator
) -> Integers:
    """People in care homes, the same all year; very small practices have one."""
    residents = draw.poisson(registered[:, 0] * habits.in_care_homes)
    for event in places.events:
        residents[event.small : event.small + 1] = 1
    return np.repeat(residents[:, None], registered.shape[1], axis=1) * (registered > 0)


def _decline(plan: Integers, alignment: Integers, places: Places) -> None:
    """Let the one resident of a very small practice decline a plan in July, and nothing else."""
    for event in places.events:
        plan[event.small : event.small + 1] = np.arange(12) >= 7 - 4
        alignment[event.small : event.small + 1] = 0


def _count(indicator: Indicator, expected: Floats, draw: np.random.Generator) -> Integers:
    """Numerators of a year: standing counts, or flows added up from April less those who left."""
    if indicator.stock:
        return draw.poisson(expected)
    reached = np.zeros(len(expected), dtype=np.int64)
    months = []
    for month in range(expected.shape[1]):
        came = draw.poisson(expected[:, month] * _SEASON[month] / _SEASON.sum())
        reached = reached - draw.binomial(reached, _LEAVE_A_MONTH) + came
        months.append(reached)
    return np.stack(months, axis=1)


def _grow(flows: Integers) -> Integers:
    """Add flows up from April."""
    return np.cumsum(flows, axis=1)


def _correct(numerator: Integers, places: Places) -> None:
    """Take back a few referrals in November in one practice of each board."""
    november = 11 - 4
    for event in places.events:
        if event.corrects_in_november < len(numerator):
            of_practice = numerator[event.corrects_in_november]
            of_practice[november] = max(0, int(of_practice[november - 1]) - 2)


def _month(places: Places, month: str, counts: list[_Counts]) -> pl.DataFrame:
    """Rows of a month, practice by practice: its position, indicator, measure and value."""
    year = int(financial_year(month)[:4])
    number = (int(month[5:]) - 4) % 12
    silent = {event.silent_in_august for event in places.events} if month[5:] == "08" else set()
    here = [
        position
        for position, practice in enumerate(places.practices)
        if month in practice.list_sizes and practice.open_on(last_of(month))
        if position not in silent
    ]
    codes, measures, values = [], [], []
    renamed = month >= RENAMED_FROM
    for count in counts:
        indicator = count.indicator
        code = indicator.code_since_2024 if renamed else indicator.code
        if not code or (not renamed and year > indicator.until_year):
            continue
        names = ["Numerator", "Denominator", *(d[renamed] for d in indicator.declined)]
        codes += [code] * len(names)
        measures += names
        values += _shown(count, here, number)
    return pl.DataFrame(
        {
            "position": np.repeat(np.array(here, dtype=np.int64), len(codes)),
            "IND_CODE": codes * len(here),
            "MEASURE": measures * len(here),
            "VALUE": np.stack(values, axis=1).ravel(),
        }
    )


def _shown(count: _Counts, here: list[int], number: int) -> list[npt.NDArray[np.str_]]:
    """Values of a month as text, suppressed as the publisher does (DOMAIN 2.2.2)."""
    numerator, denominator = count.numerator[here, number], count.denominator[here, number]
    declined = [values[here, number] for values in count.declined]
    texts = [values.astype("U12") for values in (numerator, denominator, *declined)]
    if len(declined) == 1:
        hidden = (denominator < 2) & (declined[0] > 0)
        for text in texts[1:]:
            text[hidden] = SUPPRESSED
    elif declined:
        together = np.sum(declined, axis=0)
        alone = np.any([(values == together) & (values > 0) for values in declined], axis=0)
        for text in texts[2:]:
            text[(denominator == 0) & alone] = SUPPRESSED
    return texts


def _of_practice(places: Places, attribute: str) -> pl.Series:
    """An attribute of every practice, in code order."""
    return pl.Series([getattr(practice, attribute) for practice in places.practices])


def _write_published(folder: Path, places: Places, month: str, rows: pl.DataFrame) -> Path:
    """A month as published: one row per practice, indicator and measure."""
    year = int(financial_year(month)[2:4])
    table = rows.with_columns(
        _of_practice(places, "code").gather(rows["position"]).alias("PRACTICE_CODE"),
        _of_practice(places, "name").str.to_uppercase().gather(rows["position"])
        .alias("PRACTICE_NAME"),
        pl.lit(f"NCD{year:02d}{year + 1:02d}").alias("QUALITY_SERVICE"),
        pl.lit(slashed(last_of(month))).alias("ACH_DATE"),
    )  # fmt: skip
    name = f"NCDes{month_name(month)}{month[2:4]}.csv"
    return write_table(folder / "ncd-des" / name, table.select(COLUMNS), line_ending="\n")


def _write_submissions(folder: Path, places: Places, month: str, rows: pl.DataFrame) -> Path:
    """A month as submitted: dates without separators, and when it was sent (the 5th after)."""
    year = financial_year(month)
    sent = first_of(later(month, 1))[:6] + "05"
    table = rows.with_columns(
        _of_practice(places, "code").gather(rows["position"]).alias("ORG_CODE"),
        pl.lit(f"NCD{year[2:4]}{year[5:]}").alias("QUALITY_SERVICE"),
        pl.lit(f"Network Contract DES {year}").alias("NAME"),
        pl.lit(last_of(month)).alias("ACH_DATE"),
        pl.col("MEASURE").alias("FIELD_NAME"),
        pl.lit("None").alias("DEFAULT_VALUES_USED"),
        pl.lit("cro-processor").alias("SUBMIT_USER_ID"),
        pl.lit(slashed(sent)).alias("SUBMIT_DATE"),
        pl.lit("11:45:39").alias("SUBMIT_TIME"),
        pl.lit("Y").alias("LAST_SUBMISSION"),
    )
    path = folder / "ncd-des" / f"ncdes_synthetic_data_{month}.csv"
    return write_table(path, table.select(SUBMISSION_COLUMNS), line_ending="\n")
