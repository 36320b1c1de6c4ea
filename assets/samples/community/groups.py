"""Groups that decide: who sits on them, and what happened at their meetings."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from assets.samples.community.draws import (
    Draw,
    Flags,
    Integers,
    coded,
    dates,
    flag,
    kept,
    pick,
    pick_weighted,
    serial,
    stream_of,
    working_day,
)
from assets.samples.community.envelope import Period
from assets.samples.community.organisations import Organisations
from assets.samples.community.people import demographics

GROUP_COLUMNS = (
    "group_id", "name", "org_code", "org_level", "group_type", "decision_right", "active_from",
    "active_to", "tor_le_requirement", "co_chair_le",
)  # fmt: skip
SEAT_COLUMNS = (
    "seat_id", "group_id", "seat_type", "voting", "filled", "from", "to", "remuneration",
    "ethnic_group", "gender", "age_band", "imd_decile", "disability",
)  # fmt: skip
MEETING_COLUMNS = (
    "meeting_id", "group_id", "held_on", "seats_present", "le_present", "agenda_items",
    "le_led_items", "decisions", "le_influenced_decisions",
)  # fmt: skip

# Type, name, how common, and shares of decides, recommends, advises.
_TYPES = (
    ("board", "Board", 0.08, (0.95, 0.05, 0.0)),
    ("committee", "Committee", 0.14, (0.7, 0.25, 0.05)),
    ("programme_board", "Programme Board", 0.2, (0.65, 0.3, 0.05)),
    ("working_group", "Working Group", 0.24, (0.2, 0.55, 0.25)),
    ("procurement_panel", "Procurement Panel", 0.08, (0.6, 0.4, 0.0)),
    ("ppg", "Patient Participation Group", 0.2, (0.02, 0.18, 0.8)),
    ("other", "Forum", 0.06, (0.1, 0.3, 0.6)),
)
GROUP_TYPES = tuple(kind for kind, _, _, _ in _TYPES)
RIGHTS = ("decides", "recommends", "advises")
_PPG = GROUP_TYPES.index("ppg")
SEAT_TYPES = (
    "lived_experience", "vcse", "clinician", "manager", "elected", "partner_org", "other",
)  # fmt: skip
_SEAT_SHARES = np.array([0.2, 0.12, 0.24, 0.24, 0.05, 0.1, 0.05])
_PPG_SEAT_SHARES = np.array([0.72, 0.06, 0.06, 0.1, 0.02, 0.02, 0.02])
REMUNERATION = {"paid": 0.36, "expenses": 0.24, "offered_declined": 0.12, "none": 0.28}
_SUBJECTS = (
    "Personalised Care", "Long-Term Conditions", "Neighbourhood Health", "Social Prescribing",
    "Mental Wellbeing", "Health Inequalities", "Community Grants", "Carers", "Frailty",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rosters:
    """Every group and seat there ever was: ``ends`` and ``leaves`` are last days, known or not."""

    groups: pl.DataFrame
    seats: pl.DataFrame


def rosters(who: Organisations, seed: int, owner: str) -> Rosters:
    """Draw groups and their seats, the same whatever period is asked for later."""
    draw = stream_of(seed, "groups", owner)
    rows = max(12, len(who.codes) // 4)
    kinds = np.searchsorted(np.cumsum([t[2] for t in _TYPES]), draw.random(rows)).clip(0, 6)
    # People's own groups belong to practices, the others to everybody else.
    shares = {"icb": 0.3, "place": 0.25, "pcn": 0.3, "trust": 0.08, "programme": 0.07}
    org, ppg = who.drawn(draw, shares, rows), who.drawn(draw, {"practice": 1.0}, rows)
    is_ppg = pl.Series(kinds == _PPG)
    begins = draw.integers(
        Period.month("2021-04").first_day, Period.month("2025-07").first_day, rows
    )
    ends = begins + 400 + draw.exponential(2200.0, rows).astype(np.int64)
    subject = coded(_SUBJECTS, draw.integers(0, len(_SUBJECTS), rows))
    label = coded([name for _, name, _, _ in _TYPES], kinds)
    groups = pl.DataFrame(
        {
            "group_id": serial("DG", rows),
            "name": (subject + " " + label).zip_with(~is_ppg, label),
            **{name: ppg[name].zip_with(is_ppg, column) for name, column in org.items()},
            "group_type": coded(GROUP_TYPES, kinds),
            "decision_right": pick_weighted(draw, RIGHTS, np.array([t[3] for t in _TYPES])[kinds]),
            "active_from": dates(begins),
            "ends": dates(ends),
            "tor_le_requirement": flag(draw, 0.45, rows),
            "co_chair_le": flag(draw, 0.18, rows),
        }
    )
    return Rosters(groups, _seats(draw, groups["group_id"], kinds == _PPG, begins, ends))


def _seats(
    draw: Draw, group_id: pl.Series, is_ppg: Flags, begins: Integers, ends: Integers
) -> pl.DataFrame:
    """Seats of all groups; a seat lasts at most as long as its group."""
    size = 8 + draw.poisson(4.0, len(group_id))
    group, rows = np.repeat(np.arange(len(group_id)), size), int(size.sum())
    kind = pick_weighted(
        draw, SEAT_TYPES, np.where(is_ppg[group][:, None], _PPG_SEAT_SHARES, _SEAT_SHARES)
    )
    lived = (kind == "lived_experience").to_numpy()
    filled = flag(draw, np.where(lived, 0.82, 0.93), rows)
    starts = begins[group] + draw.integers(0, 400, rows) * flag(draw, 0.5, rows)
    leaves = np.minimum(starts + 200 + draw.exponential(1500.0, rows).astype(np.int64), ends[group])
    said = demographics(draw, draw.normal(0.0, 0.8, rows))
    return pl.DataFrame(
        {
            "seat_id": serial("DS", rows),
            "group_id": group_id.gather(pl.Series(group)),
            "seat_type": kind,
            "voting": flag(draw, np.where(lived, 0.66, 0.9), rows),
            "filled": filled,
            "from": dates(np.minimum(starts, leaves)),
            "leaves": dates(leaves),
            "remuneration": kept(pick(draw, REMUNERATION, rows), lived & filled),
            **{
                name: kept(column, filled & flag(draw, 0.75, rows)) for name, column in said.items()
            },
            "disability": kept(pl.Series(flag(draw, 0.24, rows)), filled & flag(draw, 0.7, rows)),
        }
    )


def groups(known: Rosters, period: Period) -> pl.DataFrame:
    """X-DGRP: groups that had begun by the end of the period, ended ones with their last day."""
    begun = known.groups.filter(pl.col("active_from") <= period.end)
    return begun.with_columns(_if_past("ends", period).alias("active_to"))


def seats(known: Rosters, period: Period) -> pl.DataFrame:
    """X-DSEAT: seats taken or vacant by the end of the period, those given up with their day."""
    begun = known.seats.filter(pl.col("from") <= period.end)
    return begun.with_columns(_if_past("leaves", period).alias("to"))


def _if_past(column: str, period: Period) -> pl.Expr:
    """A day, or nothing while it is still to come."""
    return pl.when(pl.col(column) <= period.end).then(column)


def meetings(known: Rosters, period: Period, seed: int, owner: str, prefix: str) -> pl.DataFrame:
    """X-DMTG: meetings of a quarter; nobody is present who holds no filled seat."""
    draw = stream_of(seed, "meetings", owner, period.name)
    meeting = known.groups.filter(
        (pl.col("active_from") <= period.start) & (pl.col("ends") > period.end)
    )
    lived = (pl.col("seat_type") == "lived_experience").sum()
    taken = (
        known.seats.filter(
            pl.col("filled") & (pl.col("from") <= period.start) & (pl.col("leaves") > period.end)
        )
        .group_by("group_id")
        .agg(lived.alias("lived"), pl.len().alias("all"))
    )
    counted = meeting.join(taken, on="group_id", how="inner", maintain_order="left")
    held = np.repeat(np.arange(counted.height), 1 + draw.binomial(2, 0.6, counted.height))
    rows = len(held)
    present = draw.binomial(counted["lived"].to_numpy().astype(np.int64)[held], 0.72)
    others = (counted["all"] - counted["lived"]).to_numpy().astype(np.int64)[held]
    agenda = 4 + draw.poisson(4.0, rows)
    decisions = np.minimum(draw.poisson(2.2, rows), agenda)
    anybody = present > 0
    days = working_day(draw.integers(period.first_day, period.last_day - 2, rows))
    return pl.DataFrame(
        {
            "meeting_id": serial(prefix, rows),
            "group_id": counted["group_id"].gather(pl.Series(held)),
            "held_on": dates(days),
            "seats_present": present + draw.binomial(others, 0.76),
            "le_present": present,
            "agenda_items": agenda,
            "le_led_items": draw.binomial(agenda, 0.14) * anybody,
            "decisions": decisions,
            "le_influenced_decisions": draw.binomial(decisions, 0.35) * anybody,
        }
    )
