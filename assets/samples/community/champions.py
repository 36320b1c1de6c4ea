"""Practice champions, the sessions they lead, and hours exchanged in a time bank."""

import numpy as np
import polars as pl

from assets.samples.community.draws import (
    coded,
    dates,
    flag,
    kept,
    person_keys,
    pick,
    serial,
    stream_of,
)
from assets.samples.community.envelope import Period
from assets.samples.community.people import DEMOGRAPHICS, demographics, standard_deprivation
from assets.samples.community.volumes import Volumes
from assets.samples.country.places import Places

CHAMPION_COLUMNS = (
    "champion_id", "practice_code", "started_on", "ended_on", "status", "trained_on", "role",
    *DEMOGRAPHICS, "lived_experience",
)  # fmt: skip
SESSION_COLUMNS = (
    "session_id", "practice_code", "activity_name", "activity_type", "session_date",
    "duration_min", "champion_n", "champion_hours", "attendances", "new_attendees", "led_by",
    "designed_with_people", "venue_type",
)  # fmt: skip
EXCHANGE_COLUMNS = (
    "exchange_id", "timebank_org_id", "exchanged_on", "hours", "giver_key", "receiver_key",
    "practice_code", "category",
)  # fmt: skip

ROLES = {"champion": 0.82, "lead_champion": 0.08, "peer_mentor": 0.10}
# Name as the programme's own list has it, and how common.
ACTIVITIES = {
    "walk_move": ("Wednesday walk", 0.16),
    "craft_arts": ("Knit and natter", 0.11),
    "cook_food": ("Cook together", 0.08),
    "peer_support_ltc": ("Living with diabetes group", 0.11),
    "peer_support_mh": ("Talking table", 0.09),
    "carers": ("Carers' coffee morning", 0.06),
    "bereavement": ("Remembering together", 0.03),
    "digital": ("Tablet and phone drop-in", 0.05),
    "green": ("Surgery garden", 0.08),
    "advice": ("Benefits question hour", 0.03),
    "social_meal": ("Community lunch", 0.09),
    "group_consultation": ("Group consultation", 0.03),
    "practice_help": ("Welcoming people at the desk", 0.04),
    "campaign": ("Flu clinic helpers", 0.02),
    "other": ("Something new", 0.02),
}
_ACTIVITY_TYPES = tuple(ACTIVITIES)
_ACTIVITY_SHARES = {kind: share for kind, (_, share) in ACTIVITIES.items()}
LED_BY = {"champions": 0.50, "joint": 0.35, "staff": 0.15}
VENUES = {"practice": 0.42, "community": 0.38, "online": 0.06, "outdoors": 0.14}
CATEGORIES = {
    "gardening": 0.16, "lifts": 0.16, "company": 0.18, "cooking": 0.12, "repairs": 0.10,
    "languages": 0.06, "form_filling": 0.10, "computers": 0.12,
}  # fmt: skip

# One practice in five has a programme: the share among practices near the pioneers of the model.
_IN_PROGRAMME = 0.2
_LEAST_TEAM = 3


def roster(places: Places, seed: int, owner: str) -> pl.DataFrame:
    """Every champion there ever was, one row each, with ``left`` as the day they stopped."""
    draw = stream_of(seed, "champions", owner)
    wanted = flag(draw, _IN_PROGRAMME, len(places.practices))
    # Even the smallest place has a programme to look at.
    wanted[draw.integers(0, len(wanted), 3)] = True
    joined = np.flatnonzero(wanted)
    began = draw.integers(Period.month("2021-01").first_day, Period.month("2025-01").first_day,
                          len(joined))  # fmt: skip
    team = _LEAST_TEAM + draw.poisson(5.0, len(joined))
    home, rows = np.repeat(joined, team), int(team.sum())
    started = np.repeat(began, team) + draw.exponential(240.0, rows).astype(np.int64)
    left = started + 60 + draw.exponential(1500.0, rows).astype(np.int64)
    trained = started + draw.integers(0, 60, rows)
    codes = [practice.code for practice in places.practices]
    return pl.DataFrame(
        {
            "champion_id": serial("CH", rows),
            "practice_code": coded(codes, home),
            "started_on": dates(started),
            "trained_on": dates(trained, flag(draw, 0.9, rows)),
            "left": dates(left),
            "paused": flag(draw, 0.07, rows),
            "role": pick(draw, ROLES, rows),
            **demographics(draw, standard_deprivation(places.practices)[home]),
            "lived_experience": kept(pl.Series(flag(draw, 0.55, rows)), flag(draw, 0.75, rows)),
        }
    )


def champions(everybody: pl.DataFrame, period: Period) -> pl.DataFrame:
    """X-CHAMP: the roster as it stood at the end of the period."""
    started = everybody.filter(pl.col("started_on") <= period.end)
    ended, paused = pl.col("left") <= period.end, pl.col("paused")
    return started.with_columns(
        pl.when(ended).then("left").alias("ended_on"),
        pl.when(pl.col("trained_on") <= period.end).then("trained_on").alias("trained_on"),
        pl.when(ended)
        .then(pl.lit("ended"))
        .when(paused)
        .then(pl.lit("paused"))
        .otherwise(pl.lit("active"))
        .alias("status"),
    )


def sessions(
    everybody: pl.DataFrame, period: Period, volumes: Volumes, seed: int, owner: str, prefix: str
) -> pl.DataFrame:
    """X-CHACT: sessions of a month in the practices whose champions were active all of it."""
    draw = stream_of(seed, "sessions", owner, period.name)
    teams = (
        everybody.filter(
            ~pl.col("paused")
            & (pl.col("started_on") <= period.start)
            & (pl.col("left") > period.end)
        )
        .group_by("practice_code")
        .len("team")
        .sort("practice_code")
    )
    held = draw.poisson(volumes.sessions * (1.5 + 0.9 * teams["team"].to_numpy()))
    place = np.repeat(np.arange(teams.height), held)
    rows = len(place)
    led_by = pick(draw, LED_BY, rows)
    by_staff = (led_by == "staff").to_numpy()
    most = teams["team"].to_numpy()[place]
    helping = np.minimum(np.where(by_staff, 0, 1) + draw.poisson(1.1, rows), most)
    minutes = draw.choice([30, 45, 60, 90, 120, 180], rows, p=[0.05, 0.1, 0.35, 0.25, 0.2, 0.05])
    # Setting up and clearing away take a quarter as long again; hours come in quarters.
    hours = np.round(helping * minutes / 60 * 1.25 * 4) / 4
    came = draw.poisson(draw.gamma(3.0, 3.2, rows))
    activity = pick(draw, _ACTIVITY_SHARES, rows)
    names = {kind: name for kind, (name, _) in ACTIVITIES.items()}
    return pl.DataFrame(
        {
            "session_id": serial(prefix, rows),
            "practice_code": teams["practice_code"].gather(pl.Series(place)),
            "activity_name": activity.replace_strict(names, return_dtype=pl.String),
            "activity_type": activity,
            "session_date": dates(draw.integers(period.first_day, period.last_day + 1, rows)),
            "duration_min": minutes,
            "champion_n": helping,
            "champion_hours": hours,
            "attendances": came,
            "new_attendees": draw.binomial(came, 0.13),
            "led_by": led_by,
            "designed_with_people": flag(draw, np.where(by_staff, 0.3, 0.85), rows),
            "venue_type": pick(draw, VENUES, rows),
        }
    )


def exchanges(places: Places, period: Period, seed: int, owner: str, prefix: str) -> pl.DataFrame:
    """X-TBANK: exchanges of a month; some members only give or only receive, most do both."""
    practices = places.practices
    members = 30 + 2 * len(practices)
    trait = stream_of(seed, "members", owner)
    gives, takes = trait.gamma(0.9, 1.0, members), trait.gamma(0.9, 1.0, members)
    home = coded([practice.code for practice in practices],
                 trait.integers(0, len(practices), members))  # fmt: skip
    home = kept(home, flag(trait, 0.8, members))
    keys = person_keys(seed, owner, members)
    draw = stream_of(seed, "exchanges", owner, period.name)
    rows = int(draw.poisson(0.9 * members))
    giver = draw.choice(members, rows, p=gives / gives.sum())
    receiver = draw.choice(members, rows, p=takes / takes.sum())
    receiver = np.where(receiver == giver, (receiver + 1) % members, receiver)
    quarters = 1 + np.minimum(draw.poisson(5.0, rows), 31)
    return pl.DataFrame(
        {
            "exchange_id": serial(prefix, rows),
            "exchanged_on": dates(draw.integers(period.first_day, period.last_day + 1, rows)),
            "hours": quarters / 4,
            "giver_key": keys.gather(pl.Series(giver)),
            # Help for a group has no receiver.
            "receiver_key": kept(keys.gather(pl.Series(receiver)), flag(draw, 0.86, rows)),
            "practice_code": home.gather(pl.Series(giver)),
            "category": pick(draw, CATEGORIES, rows),
        }
    ).with_columns(pl.lit(owner).alias("timebank_org_id"))
