"""What kind of place an area is: people registered, age, deprivation, workforce, changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from assets.reports import wording
from assets.reports.open_release import OpenRelease
from assets.reports.records import Area, Value

Fact = tuple[str, str]
_WORKFORCE = ("PC-WF-01", "PC-WF-02", "PC-WF-03")
# A shorter list is in no fifth (the macro is_residual_list).
_LEAST_RANKED = 100


@dataclass(frozen=True, slots=True)
class Profile:
    """One practice, or the practices of one larger area together, as registered.

    Shares are 0 to 1 over those practices whose ages are known; ``fifths`` counts practices by
    deprivation fifth of England's practices, 1 the most deprived, and ``scored`` those that have a
    score: under 100 people are in no fifth for all that.
    """

    practices: int
    registered_patients: int | None
    list_size_date: date | None
    under_15: float | None
    aged_65_and_over: float | None
    aged_85_and_over: float | None
    fifths: Mapping[int, int]
    scored: int
    last_good_data: date | None


@dataclass(frozen=True, slots=True)
class Succession:
    """A board whose practices came from, or went to, another board."""

    board: Area
    practices: int
    registered_patients: int | None
    since: date | None


@dataclass(frozen=True, slots=True)
class Facts:
    """Profiles by area code, workforce values by network, predecessors and successors by board."""

    profiles: Mapping[str, Profile]
    workforce: Mapping[str, tuple[Value, ...]]
    predecessors: Mapping[str, tuple[Succession, ...]]
    successors: Mapping[str, tuple[Succession, ...]]


def read_facts(release: OpenRelease) -> Facts:
    """Read once for all areas."""
    profiles = {}
    for (
        code,
        practices,
        patients,
        listed,
        young,
        older,
        oldest,
        good,
        scored,
        *fifths,
    ) in release.rows(_PROFILES):
        counted = {fifth: count for fifth, count in enumerate(fifths, start=1) if count}
        profiles[code] = Profile(
            practices, patients, listed, young, older, oldest, counted, scored, good
        )
    workforce: dict[str, list[Value]] = {}
    for value in release.values(
        "latest_values where area_type = 'pcn' and list_contains(?, indicator_id) "
        "and category_type = 'all' and value is not null "
        "qualify row_number() over (partition by area_code, indicator_id "
        "order by hierarchy_basis = 'as_is' desc) = 1 order by area_code, indicator_id",
        [list(_WORKFORCE)],
    ):
        workforce.setdefault(value.area_code, []).append(value)
    return Facts(
        profiles=profiles,
        workforce={code: tuple(values) for code, values in workforce.items()},
        predecessors=_successions(release, "to_code", "from_code"),
        successors=_successions(release, "from_code", "to_code"),
    )


def facts_of(area: Area, facts: Facts, release: OpenRelease) -> list[Fact]:
    """Headings and words about one area; every heading that applies has its words."""
    profile = facts.profiles.get(area.code)
    found: list[Fact] = []
    if profile is None:
        return [("People registered", "not available: no practice is recorded here")]
    if area.area_type != "practice":
        found.append(("GP practices", wording.whole(profile.practices)))
    found.append(("People registered", _people(profile)))
    found.append(("Age", _ages(profile)))
    found.append(("Deprivation", _deprivation(area, profile)))
    network = area.code if area.area_type == "pcn" else area.parents.get("pcn", "")
    if area.area_type in ("practice", "pcn"):
        found += _workforce(facts, network, release)
        good = profile.last_good_data
        found.append(("Last good data", wording.day(good) if good else "none in this release"))
    return found


def _people(profile: Profile) -> str:
    if profile.registered_patients is None:
        return "not available: not on the newest list"
    listed = f" on {wording.day(profile.list_size_date)}" if profile.list_size_date else ""
    return f"{wording.whole(profile.registered_patients)}{listed}"


def _ages(profile: Profile) -> str:
    young, older = profile.under_15, profile.aged_65_and_over
    if young is None or older is None or profile.aged_85_and_over is None:
        return "not available"
    return (
        f"{wording.percent(young)} under 15, {wording.percent(older)} 65 and over, "
        f"{wording.percent(profile.aged_85_and_over)} 85 and over"
    )


def _deprivation(area: Area, profile: Profile) -> str:
    if not profile.fifths:
        return _without_fifth(area, profile)
    if area.area_type == "practice":
        [fifth] = profile.fifths
        return f"{wording.fifth(fifth)} of England's practices"
    counted = sum(profile.fifths.values())
    most = profile.fifths.get(1, 0)
    return (
        f"{most} of {wording.plural(counted, 'practice', 'practices')} in the most deprived fifth"
    )


def _without_fifth(area: Area, profile: Profile) -> str:
    if not profile.scored:
        return "not available: no score is held"
    if area.area_type != "practice":
        return "not available: no practice is in a fifth"
    # Whoever is not on the newest list has no people here, and is ranked by the last that had it.
    if (profile.registered_patients or 0) < _LEAST_RANKED:
        return f"none: under {_LEAST_RANKED} people on its list"
    return "not available: too few practices have a score"


def _workforce(facts: Facts, network: str, release: OpenRelease) -> list[Fact]:
    """Staff of the network by role, per people registered; or why nothing is said."""
    if not network:
        return [("Workforce of the network", "does not apply: in no network")]
    found = [
        (
            f"{release.catalogue[value.indicator_id].title} of the network",
            wording.number(value.unit, value.value),
        )
        for value in facts.workforce.get(network, ())
        if value.value is not None and value.indicator_id in release.catalogue
    ]
    return found or [("Workforce of the network", "not available: the network has no value")]


def _successions(release: OpenRelease, board: str, other: str) -> dict[str, tuple[Succession, ...]]:
    found: dict[str, list[Succession]] = {}
    for code, other_code, practices, patients, since in release.rows(
        f"select {board}, {other}, practices, registered_patients, since from ({_MOVES}) "
        "order by practices desc, 2"
    ):
        if other_code in release.areas:
            succession = Succession(release.areas[other_code], practices, patients, since)
            found.setdefault(code, []).append(succession)
    return {code: tuple(rows) for code, rows in found.items()}


_PROFILES = """
with practices as (
    select * from practice_profile
),
places as (
    select practice_code as area_code, practices.* from practices
    union all
    select pcn_code, practices.* from practices where pcn_code is not null and status = 'open'
    union all
    select sub_icb_code, practices.* from practices
    where sub_icb_code is not null and status = 'open'
    union all
    select icb_code, practices.* from practices where icb_code is not null and status = 'open'
    union all
    select region_code, practices.* from practices
    where region_code is not null and status = 'open'
)
select
    area_code, count(*) as practices, cast(sum(registered_patients) as bigint),
    max(list_size_date),
    sum(proportion_under_15 * registered_patients)
    / nullif(sum(registered_patients) filter (where proportion_under_15 is not null), 0),
    sum(proportion_aged_65_and_over * registered_patients)
    / nullif(sum(registered_patients) filter (where proportion_aged_65_and_over is not null), 0),
    sum(proportion_aged_85_and_over * registered_patients)
    / nullif(sum(registered_patients) filter (where proportion_aged_85_and_over is not null), 0),
    max(last_good_data_date),
    count(deprivation_score),
    count(*) filter (where deprivation_quintile = 1),
    count(*) filter (where deprivation_quintile = 2),
    count(*) filter (where deprivation_quintile = 3),
    count(*) filter (where deprivation_quintile = 4),
    count(*) filter (where deprivation_quintile = 5)
from places
group by area_code
"""

# Boards are split as well as merged, so that only practices say which followed which.
_MOVES = """
select
    earlier.parent_code as from_code, later.parent_code as to_code,
    count(distinct earlier.child_code) as practices,
    cast(sum(profile.registered_patients) as bigint) as registered_patients,
    max(later.from_date) as since
from area_relationships as earlier
inner join area_relationships as later
    on earlier.child_code = later.child_code and later.child_type = 'practice'
    and later.parent_type = 'icb' and later.is_current
left join practice_profile as profile on earlier.child_code = profile.practice_code
where
    earlier.child_type = 'practice' and earlier.parent_type = 'icb' and not earlier.is_current
    and earlier.parent_code <> later.parent_code
group by earlier.parent_code, later.parent_code
"""
