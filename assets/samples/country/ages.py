"""People registered by sex and age: five-year bands for every organisation, single years too.

Ages are drawn once, for the list of September 2025; the list of any other month has the same mix.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.samples.country.places import LATEST_MONTH, Places, Practice, stream
from assets.samples.months import extract_date, first_of
from assets.samples.periods import Periods
from assets.samples.published.published_csv import write_table
from assets.samples.published.registers import PUBLICATION

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

SEXES = ("FEMALE", "MALE")
AGE_BANDS = (*(f"{low}_{low + 4}" for low in range(0, 95, 5)), "95+")
SINGLE_AGES = (*(str(age) for age in range(95)), "95+")
AGE_COLUMNS = (
    "PUBLICATION", "EXTRACT_DATE", "ORG_TYPE", "ORG_CODE", "ONS_CODE", "POSTCODE", "SEX",
    "AGE_GROUP_5", "NUMBER_OF_PATIENTS",
)  # fmt: skip
SINGLE_AGE_COLUMNS = (
    "PUBLICATION", "EXTRACT_DATE", "ORG_TYPE", "ORG_CODE", "POSTCODE", "SEX", "AGE",
    "NUMBER_OF_PATIENTS",
)  # fmt: skip
# Share of each band in a middling practice, and how the band leans as a place gets older.
_BAND_SHARES = np.array(
    [52, 57, 60, 58, 60, 68, 76, 75, 71, 65, 66, 67, 60, 52, 44, 36, 21, 10, 5, 1], dtype=float
)


def people_by_age(places: Places, seed: int) -> dict[str, Integers]:
    """People per practice by sex (female, male) and age band, in September 2025.

    Sums to the list of that month, or to the nearest one the practice has. Less deprived
    practices are older.
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
        size = practice.list_sizes[drawn_month(practice)]
        made[practice.code] = draw.multinomial(size, both / both.sum()).reshape(2, -1)
    return made


def drawn_month(practice: Practice) -> str:
    """Return the last month with a list up to September 2025; the first of a newer practice."""
    known = [month for month in practice.list_sizes if month <= LATEST_MONTH]
    return max(known) if known else min(practice.list_sizes)


def resized(mix: Integers, sizes: Integers) -> Integers:
    """Return whole numbers in the same mix that sum to each size.

    ``mix`` is practice by cell, ``sizes`` one total per practice; rounding is spread along the
    cells, and a mix that already has the size comes back unchanged.
    """
    reached = np.cumsum(mix, axis=1)
    scaled = np.rint(reached * (sizes / reached[:, -1])[:, None]).astype(np.int64)
    return np.diff(scaled, axis=1, prepend=0)


def single_years(bands: Integers) -> Integers:
    """Split five-year bands into single years of age; band totals stay.

    ``bands`` is practice by 20 bands. Within a band, years run from its neighbour below towards
    its neighbour above.
    """
    padded = np.concatenate([bands[:, :1], bands[:, :19], bands[:, 18:19]], axis=1).astype(float)
    slope = np.clip((padded[:, 2:] - padded[:, :-2]) / (padded[:, 1:-1] + 1.0), -0.4, 0.4)
    steps = np.arange(1, 6) / 5
    # Share of the band reached after each year, with a tilt that leaves the total alone.
    reached = steps + 0.25 * slope[:, :, None] * steps * (steps - 1)
    counts = np.diff(np.rint(reached * bands[:, :19, None]), axis=2, prepend=0).astype(np.int64)
    return np.concatenate([counts.reshape(len(bands), 95), bands[:, 19:]], axis=1)


def write_ages(
    folder: Path, places: Places, periods: Periods, ages: dict[str, Integers]
) -> list[Path]:
    """Write the age bands and the single years of age, the latter a file per sex."""
    written = [_write_bands(folder, places, month, ages) for month in periods.age_months]
    for month in periods.single_age_months:
        written += _write_single_years(folder, places, month, ages)
    return written


def ages_in(places: Places, month: str, ages: dict[str, Integers]) -> Integers:
    """People by practice listed in a month, sex and band."""
    listed = places.listed_in(month)
    mix = np.stack([ages[practice.code].ravel() for practice in listed])
    sizes = np.array([practice.list_sizes[month] for practice in listed])
    return resized(mix, sizes).reshape(len(listed), 2, -1)


def _write_bands(folder: Path, places: Places, month: str, ages: dict[str, Integers]) -> Path:
    """One row per organisation, sex and five-year band, and the totals.

    Beside practices there are rows for sub-ICB locations, boards and regions: adding up without
    choosing ORG_TYPE counts everybody four times.
    """
    listed = places.listed_in(month)
    people = ages_in(places, month, ages)
    above = places.parents_on(first_of(month))
    tables = [
        _band_rows("GP", [(p.code, "") for p in listed], [p.postcode for p in listed], people)
    ]
    levels = {"SUB_ICB_LOCATION": "sub_icb", "ICB": "board", "COMM_REGION": "region"}
    for kind, level in levels.items():
        area_of = [getattr(above[practice.sub_icb.code], level).code for practice in listed]
        areas = dict.fromkeys(getattr(parents, level) for parents in above.values())
        codes = [(area.code, area.ons_code) for area in areas if area.code in set(area_of)]
        summed = _summed(people, area_of, [code for code, _ in codes])
        tables.append(_band_rows(kind, codes, [""] * len(codes), summed))
    table = pl.concat(tables).insert_column(0, pl.lit(extract_date(month)).alias("EXTRACT_DATE"))
    table = table.insert_column(0, pl.lit(PUBLICATION).alias("PUBLICATION"))
    path = folder / "gp-list-size" / f"gp-reg-pat-prac-quin-age_{month}.csv"
    return write_table(path, table.select(AGE_COLUMNS))


def _summed(people: Integers, area_of: list[str], areas: list[str]) -> Integers:
    """People by area, sex and band."""
    number = {code: position for position, code in enumerate(areas)}
    total = np.zeros((len(areas), *people.shape[1:]), dtype=np.int64)
    np.add.at(total, [number[code] for code in area_of], people)
    return total


def _band_rows(
    kind: str, codes: list[tuple[str, str]], postcodes: list[str], people: Integers
) -> pl.DataFrame:
    """The 43 rows of each organisation: everybody, then each sex by band and in total."""
    by_sex = np.concatenate([people, people.sum(axis=2, keepdims=True)], axis=2)
    everybody = people.sum(axis=(1, 2))[:, None]
    counts = np.concatenate([everybody, by_sex.reshape(len(people), -1)], axis=1)
    labels = [("ALL", "ALL"), *((sex, band) for sex in SEXES for band in (*AGE_BANDS, "ALL"))]
    return _rows(kind, codes, postcodes, labels, counts, "AGE_GROUP_5")


def _rows(
    kind: str, codes: list[tuple[str, str]], postcodes: list[str], labels: list[tuple[str, str]],
    counts: Integers, age_column: str,
) -> pl.DataFrame:  # fmt: skip
    """One row per organisation and label (sex and age), in the order of the arguments."""
    width, height = len(labels), len(codes)
    organisation = np.repeat(np.arange(height), width)
    label = np.tile(np.arange(width), height)
    names = pl.DataFrame({"code": [c for c, _ in codes], "ons": [o for _, o in codes],
                          "postcode": postcodes})  # fmt: skip
    return pl.DataFrame(
        {
            "ORG_TYPE": pl.Series([kind]).new_from_index(0, width * height),
            "ORG_CODE": names["code"][organisation],
            "ONS_CODE": names["ons"][organisation],
            "POSTCODE": names["postcode"][organisation],
            "SEX": pl.Series([sex for sex, _ in labels])[label],
            age_column: pl.Series([age for _, age in labels])[label],
            "NUMBER_OF_PATIENTS": counts.ravel(),
        }
    )


def _write_single_years(
    folder: Path, places: Places, month: str, ages: dict[str, Integers]
) -> list[Path]:
    """Two files, one per sex: one row per practice and year of age, and its total."""
    listed = places.listed_in(month)
    people = ages_in(places, month, ages)
    codes, postcodes = [(p.code, "") for p in listed], [p.postcode for p in listed]
    written = []
    for number, sex in enumerate(SEXES):
        years = single_years(people[:, number, :])
        counts = np.concatenate([years.sum(axis=1, keepdims=True), years], axis=1)
        labels = [(sex, age) for age in ("ALL", *SINGLE_AGES)]
        table = _rows("GP", codes, postcodes, labels, counts, "AGE").with_columns(
            pl.lit(PUBLICATION).alias("PUBLICATION"),
            pl.lit(extract_date(month)).alias("EXTRACT_DATE"),
        )
        name = f"gp-reg-pat-prac-sing-age-{sex.lower()}_{month}.csv"
        written.append(
            write_table(folder / "gp-list-size" / name, table.select(SINGLE_AGE_COLUMNS))
        )
    return written
