"""The network workforce: one row per person and role, a release for each month."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assets.samples.country.areas import Parents, short_name
from assets.samples.country.places import Network, Places, stream
from assets.samples.months import first_of
from assets.samples.periods import Periods
from assets.samples.published.published_csv import Cell, write_csv

# The network at this position sends nothing in this release: not reported, which is not zero staff.
SILENT_RELEASE, SILENT_NETWORK = "2025-06", 2
CORRECTION_RELEASE = "2025-09"

COLUMNS = (
    "Data_source", "CENSUS_YEAR", "CENSUS_MONTH", "PCN_CODE", "PCN_NAME", "SUB_ICB_CODE",
    "SUB_ICB_NAME", "ICB_CODE", "ICB_NAME", "COMM_REGION_CODE", "COMM_REGION_NAME", "STAFF_GROUP",
    "STAFF_ROLE", "DETAILED_STAFF_ROLE", "FTE", "UNIQUE_IDENTIFIER",
)  # fmt: skip

_CARE = "Other Direct Patient Care staff"
# Group, role, detailed role, full-time equivalents per 10,000 patients, share contracted.
# The en dash is one byte (0x96) in the encoding of these files.
_ROLES = (
    ("Directors", "Medical Clinical Director (GP)", "Clinical Director \N{EN DASH} Medical",
     0.05, 0.0),
    (_CARE, "Social Prescribing Link Workers", "Social Prescribing Link Worker", 0.50, 0.45),
    (_CARE, "Care Coordinators", "Care Coordinator", 0.62, 0.12),
    (_CARE, "Health and Wellbeing Coaches", "Health and Wellbeing Coach", 0.17, 0.20),
    (_CARE, "Pharmacists", "Pharmacist", 0.70, 0.15),
    (_CARE, "Pharmacy Technicians", "Pharmacy Technician", 0.30, 0.10),
    (_CARE, "Physiotherapists", "Physiotherapist", 0.22, 0.45),
    (_CARE, "Paramedics", "Paramedic", 0.17, 0.15),
    (_CARE, "Therapists", "Therapist- Occupational Therapist", 0.04, 0.30),
    ("Other Admin/Non-clinical staff", "Managers", "Manager", 0.09, 0.0),
)  # fmt: skip
_CONTRACTS = np.array([1.0, 0.8, 0.6, 0.533333333, 0.4, 0.2])
_CONTRACT_SHARES = np.array([0.42, 0.20, 0.14, 0.08, 0.10, 0.06])


@dataclass(frozen=True, slots=True)
class _Post:
    """A role held in a network: ``person`` is None for a contracted service."""

    network: Network
    role: tuple[str, str, str]
    fte: float
    person: int | None


def write_workforce(folder: Path, places: Places, periods: Periods, seed: int) -> list[Path]:
    """Write the releases, each the same whichever others are written."""
    return [
        _write_release(folder, places, month, stream(seed, int(month.replace("-", ""))))
        for month in periods.workforce_months
    ]


def _write_release(folder: Path, places: Places, month: str, draw: np.random.Generator) -> Path:
    """One release: one row per person and role, or per contracted service."""
    open_networks = [network for network in places.networks if not network.closed]
    patients = _patients(places, month)
    posts: list[_Post] = []
    for number, network in enumerate(open_networks):
        if month == SILENT_RELEASE and number == SILENT_NETWORK:
            continue
        posts += _posts(network, patients.get(network.code, 0), draw)
    if month == CORRECTION_RELEASE:
        # A correction of an earlier over-statement: it belongs in the sum.
        coordinator = ("Other Direct Patient Care staff", "Care Coordinators", "Care Coordinator")
        posts.append(_Post(open_networks[0], coordinator, -0.026666667, None))
    # Identifiers are given out anew in each release: the same number is another person.
    people = sorted({post.person for post in posts if post.person is not None})
    fresh = dict(zip(people, draw.permutation(len(people)) + 1, strict=True))
    above = places.parents_on(first_of(month))
    rows: list[Sequence[Cell]] = [COLUMNS]
    for post in posts:
        identifier = "NULL" if post.person is None else str(fresh[post.person])
        start = _start(post, above[post.network.lead.code], month)
        rows.append((*start, *post.role, f"{post.fte:.9g}", identifier))
    path = folder / "pcn-workforce" / f"PCN_individual_level_{month}.csv"
    return write_csv(path, rows, encoding="cp1252")


def _start(post: _Post, parents: Parents, month: str) -> tuple[Cell, ...]:
    """The cells left of the role; the month has no leading zero."""
    source = "NWRS contracted services" if post.person is None else "NWRS Staff"
    network = post.network
    return (
        source, int(month[:4]), int(month[5:]), network.code, network.name.upper(),
        parents.sub_icb.code, parents.sub_icb.name, parents.board.code,
        short_name(parents.board), parents.region.code, parents.region.name,
    )  # fmt: skip


def _patients(places: Places, month: str) -> dict[str, int]:
    """Registered patients per network on the first of the month."""
    total: dict[str, int] = {}
    for practice in places.practices:
        network = practice.network_on(first_of(month))
        if network is not None:
            total[network.code] = total.get(network.code, 0) + practice.list_sizes.get(month, 0)
    return total


def _posts(network: Network, patients: int, draw: np.random.Generator) -> list[_Post]:
    """Staff of one network: posts until the network's share of a role is filled."""
    posts = []
    first_person = int(network.code[1:]) * 1000
    person = first_person
    for group, role, detail, per_10000, contracted_share in _ROLES:
        wanted = per_10000 * patients / 10_000 * float(np.exp(draw.normal(0.0, 0.22)))
        contracted = wanted * contracted_share if draw.random() < 0.6 else 0.0
        if contracted > 0.1:
            # One contract buys several people's time, so the row may exceed one.
            posts.append(_Post(network, (group, role, detail), round(contracted, 9), None))
            wanted -= contracted
        while wanted > 0.1:
            fte = min(float(draw.choice(_CONTRACTS, p=_CONTRACT_SHARES)), round(wanted, 9))
            second_role = fte < 0.5 and person > first_person and draw.random() < 0.3
            person += 0 if second_role else 1
            posts.append(_Post(network, (group, role, detail), fte, person))
            wanted -= fte
    return posts
