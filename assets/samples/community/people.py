"""The people whom community providers meet: pseudonymous keys and what they say of themselves."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from assets.samples.community.draws import (
    Draw,
    Floats,
    Integers,
    coded,
    flag,
    kept,
    person_keys,
    pick,
    pick_weighted,
    stream_of,
)
from assets.samples.country.places import LATEST_MONTH, Places, Practice

AGE_BANDS = (
    "0-15", "16-24", "25-34", "35-44", "45-54", "55-64", "65-74", "75-84", "85+", "unknown",
)  # fmt: skip
ETHNIC_GROUPS = ("white", "asian", "black", "mixed", "other", "not_stated")
GENDERS = {"female": 0.61, "male": 0.355, "other": 0.01, "not_stated": 0.025}
DEMOGRAPHICS = ("age_band", "gender", "ethnic_group", "imd_decile")

# Share of the list a link worker may ever meet. About 1.7 in 1,000 are referred a month, so a
# person comes back now and then, as people do.
_EVER_MET = 0.04
_AGE_SHARES = np.array([1.5, 7.0, 11.0, 12.0, 14.0, 16.5, 15.0, 14.0, 8.0, 1.0])
# How much younger the people of a more deprived practice are, per standard deviation of its score.
_YOUNGER = np.array([0.1, 0.2, 0.22, 0.18, 0.1, 0.02, -0.12, -0.2, -0.25, 0.0])
_LONG_TERM = np.array([0.15, 0.25, 0.32, 0.4, 0.52, 0.63, 0.72, 0.8, 0.85, 0.5])


@dataclass(frozen=True, slots=True)
class People:
    """People in the order of their practices.

    ``frame`` has one row per person (person_key, practice_code, demographics, ltc_flag,
    carer_flag); the people of practice i are the ``sizes[i]`` rows from ``starts[i]``.
    """

    practices: tuple[Practice, ...]
    frame: pl.DataFrame
    starts: Integers
    sizes: Integers


def listed(places: Places, practices: Sequence[Practice], month: str) -> list[int]:
    """Patients per practice by the newest list known in a month (YYYY-MM); 0 without a list."""
    known = sorted({snapshot for practice in places.practices for snapshot in practice.list_sizes})
    past = [snapshot for snapshot in known if snapshot <= month]
    newest = past[-1] if past else known[0]
    return [practice.list_sizes.get(newest, 0) for practice in practices]


def standard_deprivation(practices: Sequence[Practice]) -> Floats:
    """Deprivation scores as standard deviations from a middling practice (about 20, spread 10)."""
    return np.array([(practice.deprivation - 20.0) / 10.0 for practice in practices])


def invent_people(practices: tuple[Practice, ...], seed: int, owner: str) -> People:
    """Invent the people a provider may meet: the same for the same seed, owner and practices."""
    draw = stream_of(seed, "people", owner)
    # By months that are always there: later editions must not change who was met before.
    largest = [
        max((size for month, size in p.list_sizes.items() if month <= LATEST_MONTH), default=0)
        for p in practices
    ]
    sizes = np.array([max(8, round(_EVER_MET * size)) for size in largest], dtype=np.int64)
    rows = int(sizes.sum())
    home = np.repeat(np.arange(len(practices)), sizes)
    deprived = standard_deprivation(practices)[home]
    ages = _ages(draw, deprived)
    frame = pl.DataFrame(
        {
            "person_key": person_keys(seed, owner, rows),
            "practice_code": coded([practice.code for practice in practices], home),
            "age_band": coded(AGE_BANDS, ages),
            "gender": pick(draw, GENDERS, rows),
            "ethnic_group": ethnic_groups(draw, deprived),
            "imd_decile": kept(pl.Series(deciles(draw, deprived)), flag(draw, 0.97, rows)),
            "ltc_flag": kept(pl.Series(flag(draw, _LONG_TERM[ages], rows)), flag(draw, 0.95, rows)),
            "carer_flag": kept(pl.Series(flag(draw, 0.13, rows)), flag(draw, 0.9, rows)),
        }
    )
    return People(practices, frame, np.cumsum(sizes) - sizes, sizes)


def demographics(draw: Draw, deprived: Floats) -> dict[str, pl.Series]:
    """Draw the four columns people fill in about themselves; one row per deprivation given."""
    rows = len(deprived)
    return {
        "age_band": coded(AGE_BANDS, _ages(draw, deprived)),
        "gender": pick(draw, GENDERS, rows),
        "ethnic_group": ethnic_groups(draw, deprived),
        "imd_decile": kept(pl.Series(deciles(draw, deprived)), flag(draw, 0.95, rows)),
    }


def ethnic_groups(draw: Draw, deprived: Floats) -> pl.Series:
    """Draw ethnic groups: more mixed where more deprived, about one in eight not stated."""
    minority = np.clip(0.14 * np.exp(0.45 * deprived), 0.02, 0.6)
    weights = np.column_stack(
        [1 - minority, 0.5 * minority, 0.25 * minority, 0.15 * minority, 0.1 * minority,
         np.full(len(deprived), 0.14)]
    )  # fmt: skip
    return pick_weighted(draw, ETHNIC_GROUPS, weights)


def deciles(draw: Draw, deprived: Floats) -> Integers:
    """Draw the decile of a person's home (1 most deprived): near the practice's, not the same."""
    middle = 5.5 - 2.6 * deprived + draw.normal(0.0, 1.9, len(deprived))
    return np.clip(np.rint(middle), 1, 10).astype(np.int64)


def _ages(draw: Draw, deprived: Floats) -> Integers:
    """Draw positions in ``AGE_BANDS``."""
    bounds = np.cumsum(_AGE_SHARES * np.exp(np.outer(deprived, _YOUNGER)), axis=1)
    below = draw.random((len(deprived), 1)) * bounds[:, -1:] >= bounds
    return np.asarray(below.sum(axis=1), dtype=np.int64)
