"""What becomes of people referred to social prescribing in a month, from referral to closing.

The history of a referral is drawn once and in full. A submission shows as much of it as had
happened on the day it was taken, so a resubmission knows more of the same people.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from assets.samples.community.draws import (
    Draw,
    Flags,
    Integers,
    flag,
    kept,
    pick,
    pick_weighted,
    serial,
    stream_of,
    working_day,
)
from assets.samples.community.envelope import Period
from assets.samples.community.people import People, standard_deprivation
from assets.samples.community.volumes import Volumes

# January to December: quiet in August and December, busy after the holidays.
_SEASON = (1.10, 1.04, 1.10, 0.95, 0.98, 1.02, 1.00, 0.86, 1.03, 1.10, 1.06, 0.76)

SOURCES = {
    "gp": 0.40, "nurse": 0.09, "other_practice_staff": 0.08, "pcn_arrs": 0.12, "self": 0.09,
    "pharmacy": 0.01, "hospital": 0.04, "mental_health": 0.05, "community_health": 0.04,
    "adult_social_care": 0.03, "housing": 0.01, "vcse": 0.02, "dwp_jobcentre": 0.01, "other": 0.01,
}  # fmt: skip
DECLINE_REASONS = {
    "not_interested": 0.38, "no_time": 0.14, "other_support": 0.16, "access_barrier": 0.12,
    "not_recorded": 0.20,
}  # fmt: skip
CLOSURE_REASONS = {
    "completed": 0.60, "disengaged": 0.19, "moved": 0.03, "referred_on": 0.12, "died": 0.01,
    "other": 0.05,
}  # fmt: skip
_CLOSED_UNSEEN = {"disengaged": 0.8, "moved": 0.06, "died": 0.02, "other": 0.12}

# Of those who took up the offer, the share nobody ever reaches.
NEVER_REACHED = 0.13
# Days after which a referral nobody answered counts as waiting.
_NEW_FOR = 7
_FATES = ("offered", "declined", "rejected", "unreached", "reached")


@dataclass(frozen=True, slots=True)
class Histories:
    """Referrals of one month, one element per referral in the order of ``frame``.

    ``frame`` holds what is known at the start (referral_id, person_key, practice_code,
    referral_source, demographics, ...); days count from 1970-01-01. ``reached`` tells whom a
    worker met; ``contact`` means nothing for the others, ``plan`` nothing without ``planned``.
    """

    frame: pl.DataFrame
    fate: pl.Series
    referred: Integers
    reached: Flags
    contact: Integers
    planned: Flags
    plan: Integers
    closed: Integers


def histories(
    people: People, lists: list[int], period: Period, volumes: Volumes, seed: int, owner: str,
    prefix: str,
) -> Histories:  # fmt: skip
    """Draw the referrals of a month; ``lists`` are the patients per practice in that month.

    ``prefix`` starts each referral_id. A practice without patients refers nobody.
    """
    draw = stream_of(seed, "referrals", owner, period.name)
    practice, person = _who(people, lists, period, volumes, draw)
    rows = len(person)
    deprived = standard_deprivation(people.practices)[practice]
    referred = _working_days(period)[draw.integers(0, len(_working_days(period)), rows)]
    weights = np.column_stack(
        [np.full(rows, 0.02), 0.075 + 0.012 * deprived, np.full(rows, 0.03),
         NEVER_REACHED * np.exp(0.18 * deprived), np.full(rows, 0.72)]
    ).clip(0.01)  # fmt: skip
    fate = pick_weighted(draw, _FATES, weights)
    reached = (fate == "reached").to_numpy()
    # Half are seen within a fortnight; longer where more people are referred.
    wait = np.exp(draw.normal(np.log(13.0) + 0.08 * deprived, 0.8, rows)).astype(np.int64)
    contact = working_day(referred + np.minimum(wait, 180))
    planned = reached & flag(draw, 0.72, rows)
    plan = working_day(contact + draw.integers(0, 36, rows) * flag(draw, 0.6, rows))
    open_days = draw.gamma(2.2, 38.0, rows).astype(np.int64) + 7
    closed = working_day(np.where(reached, np.where(planned, plan, contact), referred) + open_days)
    known = people.frame.gather(pl.Series(person)).with_columns(
        serial(prefix, rows).alias("referral_id"),
        pick(draw, SOURCES, rows).alias("referral_source"),
        pick(draw, DECLINE_REASONS, rows).alias("decline_reason"),
        _closure_reasons(draw, reached).alias("closure_reason"),
        _snomed_codes(draw, fate).alias("snomed_code"),
    )
    person_key = kept(known["person_key"], flag(draw, 0.97, rows))
    practice_code = kept(known["practice_code"], flag(draw, 0.985, rows))
    frame = known.with_columns(person_key, practice_code)
    return Histories(frame, fate, referred, reached, contact, planned, plan, closed)


def _who(
    people: People, lists: list[int], period: Period, volumes: Volumes, draw: Draw
) -> tuple[Integers, Integers]:
    """Practice (position) and person (row) of each referral: more where more deprived."""
    on = f"{period.start:%Y%m%d}"
    open_now = np.array([practice.open_on(on) for practice in people.practices])
    usual = volumes.referrals_per_1000 * _SEASON[period.end.month - 1]
    expected = np.array(lists) / 1000 * usual
    expected = expected * np.exp(0.22 * standard_deprivation(people.practices)) * open_now
    # Practices differ more than chance alone: some have a link worker in the building.
    spread = draw.gamma(6.0, 1 / 6.0, len(expected))
    counts = draw.poisson(expected * spread)
    practice = np.repeat(np.arange(len(counts)), counts)
    within = (draw.random(len(practice)) * people.sizes[practice]).astype(np.int64)
    return practice, people.starts[practice] + within


def _working_days(period: Period) -> Integers:
    """Mondays to Fridays of the period."""
    days = np.arange(period.first_day, period.last_day + 1)
    return np.asarray(days[working_day(days) == days], dtype=np.int64)


def _closure_reasons(draw: Draw, reached: Flags) -> pl.Series:
    """Why a referral is closed; those never reached do not complete."""
    rows = len(reached)
    seen, unseen = pick(draw, CLOSURE_REASONS, rows), pick(draw, _CLOSED_UNSEEN, rows)
    return seen.zip_with(pl.Series(reached), unseen)


def _snomed_codes(draw: Draw, fate: pl.Series) -> pl.Series:
    """Code of the referral, or of its being declined; not always recorded."""
    referral, declined = "871731000000106", "871711000000103"
    rows = len(fate)
    codes = pick(draw, {referral: 1.0}, rows)
    codes = codes.set(fate == "declined", declined)
    return kept(codes, (fate != "offered").to_numpy() & flag(draw, 0.88, rows))


def as_seen(told: Histories, until: int) -> pl.DataFrame:
    """Return status and dates of each referral as known on a day (days since 1970-01-01)."""
    fate = told.fate.to_numpy()
    accepted = (fate == "reached") | (fate == "unreached")
    met = told.reached & (told.contact <= until)
    over = accepted & (told.closed <= until)
    fresh = until - told.referred < _NEW_FOR
    status = np.select(
        [~accepted, over, met, fresh], [fate, "closed", "active", "received"], default="waiting"
    )
    return told.frame.with_columns(
        pl.Series("status", status.astype(str), dtype=pl.String),
        pl.Series("referral_date", told.referred.astype(np.int32)).cast(pl.Date),
        kept(told.frame["decline_reason"], fate == "declined").alias("decline_reason"),
        kept(told.frame["closure_reason"], over).alias("closure_reason"),
        _date("first_contact_date", told.contact, met),
        _date("plan_agreed_date", told.plan, told.planned & (told.plan <= until)),
        _date("closed_date", told.closed, over),
    )


def _date(name: str, days: Integers, mask: Flags) -> pl.Series:
    """A date column, empty where it has not happened."""
    return kept(pl.Series(name, days.astype(np.int32)).cast(pl.Date), mask)
