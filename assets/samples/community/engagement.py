"""Engagement records, staff time in neighbourhoods, training and the staff survey of a quarter."""

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.samples.community.draws import (
    Draw,
    Floats,
    Integers,
    coded,
    dates,
    flag,
    kept,
    pick,
    pick_weighted,
    serial,
    stream_of,
)
from assets.samples.community.envelope import Period
from assets.samples.community.organisations import Organisations
from assets.samples.community.volumes import Volumes

ENGAGEMENT_COLUMNS = (
    "engagement_id", "project_id", "org_code", "org_level", "title", "started_on", "ended_on",
    "component", "stage", "activity_code", "self_class", "people_class", "classified_by",
    "participants_n", "le_participants_n", "le_decision_right", "decision_made",
    "decision_influenced", "feedback_date", "paid_or_reimbursed", "what_changed",
    "what_changed_cleared", "evidence_url",
)  # fmt: skip
LITERACY_COLUMNS = (
    "record_id", "org_code", "org_level", "pcn_code", "happened_on", "kind", "staff_group",
    "staff_n", "hours", "lsoa21_code",
)  # fmt: skip
TRAINING_COLUMNS = ("org_code", "month", "course", "completed_n", "eligible_n")
STAFF_COLUMNS = ("org_code", "wave", "item", "n_positive", "n_base")

CLASSES = ("to", "for", "with")
# Typology of engagement (Wilton 2021, table 1, in the platform's own codes).
ACTIVITIES = {
    "to": ("inform_leaflet", "inform_meeting", "tell_decision", "sell_decision", "educate",
           "compliance", "manipulate"),
    "for": ("survey", "focus_group", "consult", "you_said_we_did", "advisory_rep",
            "placate_seat", "test_idea", "preference"),
    "with": ("shared_decision", "equal_board", "co_lead", "co_design", "co_deliver", "co_create",
             "delegated", "partnership", "participatory", "citizen_control"),
}  # fmt: skip
STAGES = ("scoping", "design", "delivery", "governance", "evaluation")
COMPONENTS = {"SDM": 0.1, "PCSP": 0.15, "CHO": 0.05, "SP": 0.4, "SSM": 0.25, "PHB": 0.05}
KINDS = {
    "neighbourhood_visit": 0.22, "listening_event": 0.24, "shadowing": 0.10, "asset_walk": 0.12,
    "group_visit": 0.20, "community_led_session": 0.12,
}  # fmt: skip
STAFF_GROUPS = {"leader": 0.22, "clinician": 0.30, "manager": 0.28, "analyst": 0.08, "other": 0.12}
COURSES = ("pci_core", "sdm", "pcsp", "health_coaching", "coproduction", "asset_based")
STAFF_ITEMS = ("job_satisfaction", "person_centred_time", "recommend_workplace")
_POSITIVE = (0.66, 0.48, 0.61)

# Shares by class (rows to, for, with) of who decided.
_RIGHTS = ("decides", "shares", "advises", "none")
_RIGHT_SHARES = np.array([[0, 0, 0.1, 0.9], [0.01, 0.05, 0.6, 0.34], [0.36, 0.44, 0.15, 0.05]])
_INFLUENCE = ("changed", "confirmed", "no", "pending", "not_recorded")
_INFLUENCE_SHARES = np.array(
    [[0.01, 0.05, 0.5, 0.04, 0.4], [0.15, 0.22, 0.2, 0.13, 0.3], [0.4, 0.3, 0.06, 0.12, 0.12]]
)
_PAID = ("offered_taken", "offered_declined", "not_offered")
_PAID_SHARES = np.array([[0.02, 0.02, 0.96], [0.3, 0.1, 0.6], [0.62, 0.13, 0.25]])
# How people and staff class the same record: mostly alike, staff higher more often than lower.
_BY_STAFF = np.array([[0.72, 0.22, 0.06], [0.04, 0.7, 0.26], [0.01, 0.07, 0.92]])
_BY_PEOPLE = np.array([[0.9, 0.08, 0.02], [0.2, 0.72, 0.08], [0.03, 0.2, 0.77]])
_SUBJECTS = (
    "Living with diabetes", "Getting an appointment", "Falls and balance", "Young carers",
    "Personal health budgets", "Loneliness in later life", "Long Covid", "Pain and moving",
    "Community transport", "Mental health crisis", "Coming home from hospital", "Group visits",
)  # fmt: skip
_CHANGES = (
    "Opening hours of the drop-in moved to the evening.",
    "The letter was rewritten in plain words and shortened to one page.",
    "A group led by people themselves replaced the leaflet.",
    "The first meeting now takes place in the community centre.",
    "Money was moved from a survey to transport for people who wanted to come.",
    "People now choose how they are contacted.",
)  # fmt: skip


def engagements(
    who: Organisations, period: Period, volumes: Volumes, seed: int, owner: str, prefix: str,
    until: int,
) -> pl.DataFrame:  # fmt: skip
    """X-ENG: records of a quarter, several per project as it goes from scoping to evaluation."""
    draw = stream_of(seed, "engagements", owner, period.name)
    wanted = int(len(who.codes) / volumes.organisations_per_project)
    projects = max(volumes.least_projects, wanted)
    records = 2 + draw.poisson(2.4, projects)
    project, rows = np.repeat(np.arange(projects), records), int(records.sum())
    shares = {"practice": 0.3, "pcn": 0.2, "place": 0.15, "icb": 0.2, "trust": 0.08,
              "programme": 0.07}  # fmt: skip
    org = {name: column.gather(pl.Series(project))
           for name, column in who.drawn(draw, shares, projects).items()}  # fmt: skip
    # A project keeps to its way of working; some give all their records to one class.
    manner = draw.dirichlet([0.5, 1.4, 1.1], projects)[project]
    level = (draw.random((rows, 1)) >= np.cumsum(manner, axis=1)[:, :2]).sum(axis=1)
    number = np.arange(rows) - np.repeat(np.cumsum(records) - records, records)
    stage = np.minimum(number, len(STAGES) - 1)
    first, last = period.first_day, period.last_day
    started = np.minimum(draw.integers(first, last - 14, projects)[project] + 9 * number, last)
    ended = started + draw.integers(0, 40, rows)
    return pl.DataFrame(
        {
            "engagement_id": serial(prefix, rows),
            "project_id": kept(serial(f"{prefix}P", projects).gather(pl.Series(project)),
                               flag(draw, 0.92, rows)),
            **org,
            "title": coded(_SUBJECTS, draw.integers(0, len(_SUBJECTS), projects)[project]),
            "started_on": dates(started),
            "ended_on": dates(ended, (ended <= until) & flag(draw, 0.88, rows)),
            "component": kept(pick(draw, COMPONENTS, rows), flag(draw, 0.8, rows)),
            "stage": coded(STAGES, stage),
            "activity_code": _activity_codes(draw, level),
            "self_class": _classed(draw, level, _BY_STAFF, 0.93),
            **_influence(draw, level, started, until),
            **_judged_by_people(draw, level),
        }
    ).with_columns(_evidence(draw, rows)).pipe(_what_changed, draw)  # fmt: skip


def _by_class(draw: Draw, codes: tuple[str, ...], shares: Floats, level: Integers) -> pl.Series:
    """Draw a code per record from the shares of its class."""
    return pick_weighted(draw, codes, shares[level])


def _activity_codes(draw: Draw, level: Integers) -> pl.Series:
    """One of the activities of each record's class."""
    codes = [ACTIVITIES[name] for name in CLASSES]
    offsets = np.cumsum([0, *map(len, codes[:2])])
    lengths = np.array([len(of_class) for of_class in codes])
    drawn = offsets[level] + (draw.random(len(level)) * lengths[level]).astype(np.int64)
    return coded([code for of_class in codes for code in of_class], drawn)


def _classed(draw: Draw, level: Integers, shares: Floats, answered: float) -> pl.Series:
    """How somebody classes the records, empty where they did not."""
    return kept(_by_class(draw, CLASSES, shares, level), flag(draw, answered, len(level)))


def _influence(
    draw: Draw, level: Integers, started: Integers, until: int
) -> dict[str, pl.Series | npt.NDArray[np.generic]]:
    """Who took part, who decided, what came of it and when people heard."""
    rows = len(level)
    people = draw.poisson(draw.gamma(1.6, np.array([50.0, 30.0, 8.0])[level])) + 1
    lived = draw.binomial(people, np.array([0.1, 0.45, 0.5])[level])
    decided = flag(draw, np.array([0.5, 0.55, 0.75])[level], rows)
    influenced = _by_class(draw, _INFLUENCE, _INFLUENCE_SHARES, level)
    heard = started + draw.integers(7, 90, rows)
    told = flag(draw, np.array([0.15, 0.5, 0.75])[level], rows) & (heard <= until)
    return {
        "participants_n": kept(pl.Series(people), flag(draw, 0.92, rows)),
        "le_participants_n": kept(pl.Series(lived), flag(draw, 0.88, rows)),
        "le_decision_right": _by_class(draw, _RIGHTS, _RIGHT_SHARES, level),
        "decision_made": decided,
        "decision_influenced": kept(influenced, decided),
        "feedback_date": dates(heard, told),
        "paid_or_reimbursed": kept(
            _by_class(draw, _PAID, _PAID_SHARES, level), flag(draw, 0.85, rows)
        ),
    }


def _judged_by_people(draw: Draw, level: Integers) -> dict[str, pl.Series]:
    """The class people gave, and who classed: staff alone where people were not asked."""
    people = _classed(draw, level, _BY_PEOPLE, 0.55)
    asked = people.is_not_null()
    by = pick(draw, {"people": 0.4, "joint": 0.6}, len(level))
    return {"people_class": people, "classified_by": by.set(~asked, "staff")}


def _evidence(draw: Draw, rows: int) -> pl.Expr:
    """Where a record of it can be read, for a third of them."""
    there = pl.Series(flag(draw, 0.34, rows))
    address = pl.lit("https://example.org/engagement/") + pl.col("engagement_id")
    return pl.when(there).then(address).alias("evidence_url")


def _what_changed(records: pl.DataFrame, draw: Draw) -> pl.DataFrame:
    """Say what changed where a decision did; cleared for publication in two of three."""
    rows = records.height
    text = coded(_CHANGES, draw.integers(0, len(_CHANGES), rows)).alias("what_changed")
    changed = (records["decision_influenced"] == "changed").fill_null(False).to_numpy()
    said = changed & flag(draw, 0.85, rows)
    cleared = pl.Series("what_changed_cleared", flag(draw, 0.66, rows))
    return records.with_columns(kept(text, said), kept(cleared, said))


def literacy(
    who: Organisations, period: Period, seed: int, owner: str, prefix: str
) -> pl.DataFrame:
    """X-LIT: visits, listening events and walks of a quarter; hours are each person's."""
    draw = stream_of(seed, "literacy", owner, period.name)
    rows = max(12, len(who.codes) // 3)
    org = who.drawn(draw, {"icb": 0.25, "place": 0.2, "pcn": 0.4, "practice": 0.15}, rows)
    network = (org["org_level"] == "pcn").to_numpy()
    return pl.DataFrame(
        {
            "record_id": serial(prefix, rows),
            **org,
            "pcn_code": kept(org["org_code"], network),
            "happened_on": dates(draw.integers(period.first_day, period.last_day + 1, rows)),
            "kind": pick(draw, KINDS, rows),
            "staff_group": pick(draw, STAFF_GROUPS, rows),
            "staff_n": 1 + draw.poisson(1.6, rows),
            "hours": (1 + draw.poisson(4.0, rows)) / 2,
            "lsoa21_code": kept(
                pl.Series([f"E0199{n:04d}" for n in draw.integers(0, 10_000, rows)]),
                flag(draw, 0.8, rows),
            ),
        }
    )


def training(who: Organisations, period: Period, seed: int, owner: str) -> pl.DataFrame:
    """X-TRAIN: one row per organisation, month of the quarter and course."""
    draw = stream_of(seed, "training", owner, period.name)
    taking = np.concatenate([who.of_level(level) for level in ("icb", "trust", "place", "pcn")])
    months, courses = len(period.months()), len(COURSES)
    org = np.repeat(taking, months * courses)
    rows = len(org)
    staff = stream_of(seed, "staff", owner).gamma(3.0, 18.0, len(taking)) + 6
    eligible = np.repeat(staff.astype(np.int64), months * courses)
    return pl.DataFrame(
        {
            "org_code": coded(who.codes, org),
            "month": pl.Series(period.months() * len(taking)).gather(
                pl.Series(np.arange(rows) // courses)
            ),
            "course": coded(COURSES, np.arange(rows) % courses),
            "completed_n": draw.binomial(eligible, 0.035),
            "eligible_n": eligible,
        }
    )


def staff_survey(who: Organisations, period: Period, seed: int, owner: str) -> pl.DataFrame:
    """X-STAFF: one row per organisation and question of the quarter's wave."""
    draw = stream_of(seed, "staff survey", owner, period.name)
    taking = np.concatenate([who.of_level(level) for level in ("icb", "place", "pcn")])
    items = len(STAFF_ITEMS)
    base = np.repeat(6 + draw.poisson(22.0, len(taking)), items)
    mood = np.repeat(draw.normal(0.0, 0.35, len(taking)), items)
    usual = np.tile(np.log(np.divide(_POSITIVE, np.subtract(1, _POSITIVE))), len(taking))
    return pl.DataFrame(
        {
            "org_code": coded(who.codes, np.repeat(taking, items)),
            "wave": [period.quarter] * len(base),
            "item": coded(STAFF_ITEMS, np.tile(np.arange(items), len(taking))),
            "n_positive": draw.binomial(base, 1 / (1 + np.exp(-(usual + mood)))),
            "n_base": base,
        }
    )
