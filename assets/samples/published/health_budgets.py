"""Personal health budgets: the quarterly collection by board, counted up from April."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from assets.samples.country.places import Places, stream
from assets.samples.months import first_of, last_of, later
from assets.samples.periods import Periods
from assets.samples.published.published_csv import Cell, write_csv

Integers = npt.NDArray[np.int64]

COLUMNS = ("period_fy", "quarter", "org_code", "org_level", "measure", "value", "value_state")
MEASURES = (
    "phb_total", "adult", "cyp", "chc", "wheelchair", "dp", "notional", "third_party", "live",
)  # fmt: skip
# New budgets a quarter per 1,000 patients (188,489 in 2023/24), more each year.
_PER_1000, _GROWTH_A_YEAR = 0.75, 1.08
_ADULT, _CONTINUING_CARE, _WHEELCHAIR, _LIVE = 0.86, 0.16, 0.55, 0.53
_DIRECT, _NOTIONAL, _THIRD_PARTY = 0.15, 0.80, 0.05
# Counts of 1 to 4 are withheld by the publisher; none of the first board's wheelchair budgets is
# known in the first quarter.
_LEAST_COUNT = 5


def write_health_budgets(folder: Path, places: Places, periods: Periods, seed: int) -> list[Path]:
    """Write a file for each quarter: board by measure."""
    written = []
    reached: dict[int, Integers] = {}
    for year, quarter in periods.budget_quarters:
        if year not in reached:
            reached[year] = _year(places, year, stream(seed, 400 + year))
        written.append(_write_quarter(folder, places, year, quarter, reached[year][quarter - 1]))
    return written


def _year(places: Places, year: int, draw: np.random.Generator) -> Integers:
    """Counts reached in a year: quarter by sub-ICB location by measure."""
    codes = list(places.parents_on(first_of(f"{year}-04")))
    patients = dict.fromkeys(codes, 0)
    for practice in places.practices:
        # Lists of the year or, before the first known month, the oldest.
        months = [month for month in practice.list_sizes if month >= f"{year}-04"]
        patients[practice.sub_icb.code] += practice.list_sizes[min(months)] if months else 0
    expected = np.array([patients[code] for code in codes]) / 1000.0 * _PER_1000
    expected = expected * _GROWTH_A_YEAR ** (year - 2024)
    quarters = []
    for _ in range(4):
        total = draw.poisson(expected)
        adult = draw.binomial(total, _ADULT)
        ways = draw.multinomial(total, [_DIRECT, _NOTIONAL, _THIRD_PARTY])
        quarters.append(
            np.column_stack(
                [total, adult, total - adult, draw.binomial(adult, _CONTINUING_CARE),
                 draw.binomial(total, _WHEELCHAIR), ways, draw.binomial(total, _LIVE)]
            )
        )  # fmt: skip
    return np.cumsum(quarters, axis=0)


def _write_quarter(
    folder: Path, places: Places, year: int, quarter: int, reached: Integers
) -> Path:
    """One row per board and measure as counted by the end of a quarter."""
    end = later(f"{year}-03", 3 * quarter)
    above = places.parents_on(last_of(end))
    boards = list(dict.fromkeys(parents.board.code for parents in above.values()))
    rows: list[tuple[Cell, ...]] = [COLUMNS]
    financial_year = f"{year}/{(year + 1) % 100:02d}"
    for number, board in enumerate(boards):
        inside = [i for i, parents in enumerate(above.values()) if parents.board.code == board]
        for measure, count in zip(MEASURES, reached[inside].sum(axis=0).tolist(), strict=True):
            unknown = number == 0 and quarter == 1 and measure == "wheelchair"
            value, state = (count, "reported") if count else (0, "zero")
            if unknown:
                value, state = "", "not_available"
            elif 0 < count < _LEAST_COUNT:
                value, state = "*", "suppressed_source"
            rows.append((financial_year, quarter, board, "icb", measure, value, state))
    name = f"phb_counts_{year}-{(year + 1) % 100:02d}_q{quarter}.csv"
    return write_csv(folder / "phb" / name, rows, line_ending="\n")
