"""Outcomes people report themselves: questionnaires before and after social prescribing."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from assets.samples.community.draws import (
    Draw,
    Floats,
    Integers,
    dates,
    flag,
    pick,
    serial,
    stream_of,
)
from assets.samples.community.histories import Histories
from assets.samples.community.people import DEMOGRAPHICS

PROM_COLUMNS = (
    "prom_id", "person_key", "referral_id", "practice_code", "instrument", "instrument_version",
    "item", "value", "administered_date", "timepoint", "mode", *DEMOGRAPHICS,
)  # fmt: skip
MODES = {"self": 0.3, "interview": 0.5, "digital": 0.2}

# Follow-up is due at three months and counts from 42 to 182 days after the baseline.
_DUE_AFTER, _DUE_SPREAD, FOLLOW_UP_DAYS = 92, 18, (42, 182)
_FOLLOWED_UP = 0.62
_ITEM_LEFT_OUT = 0.02


@dataclass(frozen=True, slots=True)
class Item:
    """One question: range, usual answer, spread, and whether high (1) or low (-1) is good."""

    name: str
    low: float
    high: float
    middle: float
    spread: float
    good: int


@dataclass(frozen=True, slots=True)
class Instrument:
    """A questionnaire; ``gain`` is the usual improvement of each item, None when asked once."""

    code: str
    version: str
    items: tuple[Item, ...]
    gain: float | None
    decimals: int = 0


def _items(names: str, low: float, high: float, middle: float, spread: float, good: int) -> tuple[
    Item, ...
]:  # fmt: skip
    return tuple(Item(name, low, high, middle, spread, good) for name in names.split())


ONS4 = Instrument(
    "ONS4", "2011",
    (*_items("satisfaction worthwhile happy", 0, 10, 5.2, 2.2, 1),
     Item("anxiety", 0, 10, 5.2, 2.7, -1)),
    1.0,
)  # fmt: skip
UCLA3 = Instrument(
    "UCLA3", "1", _items("companionship left_out isolated", 1, 3, 2.1, 0.7, -1), 0.25
)
MYCAW = Instrument("MYCAW", "1", _items("concern_1 concern_2 wellbeing", 0, 6, 4.4, 1.2, -1), 1.7)
# The score comes from the owner of the licence; items are never sent.
PAM13 = Instrument("PAM13", "13", (Item("total", 0, 100, 53.0, 13.0, 1),), 5.0, decimals=1)
# Answers 1 yes, 2 more or less, 3 no; yes is good for the three things a person can rely on.
DJG6 = Instrument(
    "DJG6", "6",
    (*_items("emptiness miss_people rejected", 1, 3, 1.9, 0.75, 1),
     *_items("rely_on trust close_to", 1, 3, 1.9, 0.75, -1)),
    0.25,
)  # fmt: skip
COLLABORATE9 = Instrument(
    "COLLABORATE9", "9", _items("understand listen include", 0, 9, 8.0, 1.8, 1), None
)
COLLABORATE4 = Instrument(
    "COLLABORATE4", "4", _items("understand listen include", 0, 4, 3.5, 0.9, 1), None
)
SDMQ9 = Instrument(
    "SDMQ9", "9", _items(" ".join(f"q{n}" for n in range(1, 10)), 0, 5, 3.6, 1.2, 1), None
)
LTC6 = Instrument(
    "LTC6", "6",
    _items("important_discussed involved information support joined_up confidence",
           0, 3, 1.9, 0.8, 1),
    None,
)  # fmt: skip

# What a provider uses: share of the people asked who get each questionnaire.
Mix = Mapping[Instrument, float]
WELLBEING_MIX: Mix = {ONS4: 0.85, MYCAW: 0.45, UCLA3: 0.40, COLLABORATE9: 0.25, SDMQ9: 0.08}
ACTIVATION_MIX: Mix = {ONS4: 0.80, PAM13: 0.35, DJG6: 0.30, COLLABORATE4: 0.20, LTC6: 0.15}


def proms(
    told: Histories, mix: Mix, share_asked: float, seed: int, owner: str, period: str, prefix: str,
    until: int,
) -> pl.DataFrame:  # fmt: skip
    """X-PROM: one row per person, questionnaire, occasion and item, up to the day of extraction.

    Baselines are taken within a week of the first contact, follow-ups 42 to 182 days later; about
    four in ten are never followed up, more of them where people live in deprived areas.
    """
    draw = stream_of(seed, "outcomes", owner, period)
    named = told.frame["person_key"].is_not_null().to_numpy()
    asked = np.flatnonzero(told.reached & named & flag(draw, share_asked, told.frame.height))
    decile = told.frame["imd_decile"].fill_null(5).to_numpy()[asked]
    baseline = told.contact[asked] + draw.integers(0, 8, len(asked))
    gap = np.rint(draw.normal(_DUE_AFTER, _DUE_SPREAD, len(asked))).astype(np.int64)
    follow_up = baseline + gap.clip(*FOLLOW_UP_DAYS)
    returns = flag(draw, _FOLLOWED_UP - 0.02 * np.maximum(5 - decile, 0), len(asked))
    # How somebody is doing moves all their answers together.
    wellbeing = draw.normal(0.0, 1.0, len(asked)) + 0.05 * (decile - 5)
    frames = []
    for instrument, share in mix.items():
        rows = np.flatnonzero(flag(draw, share, len(asked)))
        paired = instrument.gain is not None
        occasions = [(baseline, "baseline" if paired else "single", 0.0, rows)]
        if instrument.gain is not None:
            occasions.append((follow_up, "followup", instrument.gain, rows[returns[rows]]))
        for day, timepoint, gain, who in occasions:
            answers = _answers(draw, instrument, wellbeing[who], gain)
            about = _about(told.frame, asked[who], day[who], draw)
            frames += [
                about.with_columns(
                    value,
                    pl.lit(instrument.code).alias("instrument"),
                    pl.lit(instrument.version).alias("instrument_version"),
                    pl.lit(item.name).alias("item"),
                    pl.lit(timepoint).alias("timepoint"),
                )
                for item, value in zip(instrument.items, answers, strict=True)
            ]
    everything = pl.concat(frames)
    everything = everything.with_columns(serial(prefix, everything.height).alias("prom_id"))
    return everything.filter(
        (pl.col("day") <= until) & pl.Series(flag(draw, 1 - _ITEM_LEFT_OUT, everything.height))
    )


def _about(known: pl.DataFrame, referral: Integers, day: Integers, draw: Draw) -> pl.DataFrame:
    """Who filled in a questionnaire, when and how; ``day`` counts from 1970-01-01."""
    return known.gather(pl.Series(referral)).with_columns(
        dates(day).alias("administered_date"),
        pl.Series("day", day),
        pick(draw, MODES, len(day)).alias("mode"),
    )


def _answers(draw: Draw, instrument: Instrument, wellbeing: Floats, gain: float) -> list[pl.Series]:
    """Values of each item: the person's wellbeing, the gain and chance, kept to the range."""
    # Gains differ from person to person; some get worse.
    gained = gain + draw.normal(0.0, 0.8 * gain, len(wellbeing))
    values = []
    for item in instrument.items:
        chance = 0.75 * wellbeing + 0.66 * draw.normal(0.0, 1.0, len(wellbeing))
        value = item.middle + item.good * (item.spread * chance + gained)
        rounded = np.round(value.clip(item.low, item.high), instrument.decimals)
        values.append(pl.Series("value", rounded))
    return values
