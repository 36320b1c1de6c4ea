"""The made-up geography: networks and practices, from one network to all of England.

Nothing here is a real place. Every postcode is in ZZ99 (the NHS pseudo-postcode area) and every
telephone number in the range kept for drama. The events a platform must survive are those of
``assets.samples.country.events``; besides, a network was dissolved.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from assets.samples.country.areas import (
    FEATURES,
    NOTIONS,
    ONE_BOARD_UP_TO,
    SUB_ICBS,
    Area,
    Areas,
    Parents,
    invent_areas,
)
from assets.samples.country.events import Events, events_of
from assets.samples.country.list_sizes import draw_list_sizes
from assets.samples.months import first_of, last_of, later

MIN_PRACTICES, MAX_PRACTICES = 5, 7000
LATEST_MONTH = "2025-09"

NETWORKS_BEGAN = "20190701"
DISSOLVED_ON, REGROUPED_ON = "20230331", "20230401"

_KINDS = ("Surgery", "Medical Centre", "Health Centre", "Practice", "Family Practice", "Doctors")
# Names beyond the first 900 practices and 150 networks are told apart by these.
_QUALIFIERS = (
    "", "North ", "South ", "East ", "West ", "Upper ", "Lower ", "Old ", "New ", "Great ",
    "Little ", "Middle ",
)  # fmt: skip
# England has 4.9 practices in a network; one board alone keeps the larger networks it always had.
_PER_NETWORK, _PER_NETWORK_IN_ONE_BOARD = 4.88, 6.7
# First letters of practice codes, and runs of network numbers that no real network has
# (ePCN of October 2024, read 2026-11-23). U99999 stays free: a dummy in Fingertips.
_CODE_LETTERS = "ABCDEFGHJKLMNPVXY"
_NETWORK_NUMBERS = (
    range(99901, 99971), range(22507, 23362), range(41042, 41523), range(73479, 73923),
)  # fmt: skip
_LEAST_SCORE, _MOST_SCORE = 5.0, 62.0


@dataclass(frozen=True, slots=True)
class Network:
    """A primary care network. Dates are YYYYMMDD text; ``closed`` is empty while it is open."""

    code: str
    name: str
    lead: Area
    opened: str
    closed: str
    postcode: str


@dataclass(frozen=True, slots=True)
class Membership:
    """A practice in a network from ``start`` to ``end`` (YYYYMMDD, both included, end or '')."""

    network: Network
    start: str
    end: str

    def covers(self, on: str) -> bool:
        """Tell whether the membership holds on a day (YYYYMMDD)."""
        return self.start <= on and (self.end == "" or on <= self.end)


@dataclass(frozen=True, slots=True)
class Practice:
    """A general practice.

    ``deprivation`` is an IMD score (higher is more deprived), ``standing`` a hidden trait on the
    logit scale (higher is kinder to patients), ``list_sizes`` registered patients per month
    (YYYY-MM) in which the practice has a list. ``sub_icb`` is the sub-ICB location as named
    before April 2026; its code never changes.
    """

    code: str
    name: str
    postcode: str
    telephone: str
    sub_icb: Area
    opened: str
    closed: str
    memberships: tuple[Membership, ...]
    deprivation: float
    standing: float
    list_sizes: Mapping[str, int]

    def network_on(self, on: str) -> Network | None:
        """Return the network the practice belongs to on a day (YYYYMMDD), or None."""
        return next((held.network for held in self.memberships if held.covers(on)), None)

    def open_on(self, on: str) -> bool:
        """Tell whether the practice is open on a day (YYYYMMDD)."""
        return self.opened <= on and (self.closed == "" or on <= self.closed)


@dataclass(frozen=True, slots=True)
class Places:
    """All areas, networks (one dissolved) and practices.

    ``former`` are practices closed before networks existed; ``events`` one entry per board.
    """

    areas: Areas
    networks: tuple[Network, ...]
    practices: tuple[Practice, ...]
    former: tuple[Practice, ...]
    events: tuple[Events, ...]

    def practices_on(self, on: str) -> tuple[Practice, ...]:
        """Return the practices open on a day (YYYYMMDD), in code order."""
        return tuple(practice for practice in self.practices if practice.open_on(on))

    def listed_in(self, month: str) -> tuple[Practice, ...]:
        """Return the practices with a list in a month (YYYY-MM), in code order."""
        return tuple(p for p in self.practices if month in p.list_sizes)

    def parents_on(self, on: str) -> dict[str, Parents]:
        """Return location, board and region on a day (YYYYMMDD) by sub-ICB location code."""
        return self.areas.on(on)


def stream(seed: int, topic: int) -> np.random.Generator:
    """Return the random stream of one topic, so that a change to one file leaves the others."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(topic,))))


def invent(practices: int, seed: int, until: str = LATEST_MONTH) -> Places:
    """Invent a country with so many practices (5 to 7,000), the same for the same seed.

    One network needs 5 practices, all of England 6,300; up to 250 are one board. ``until`` is the
    last month (YYYY-MM) with list sizes, at least September 2025: all before stays as it is.
    """
    if not MIN_PRACTICES <= practices <= MAX_PRACTICES:
        raise ValueError(f"practices must be {MIN_PRACTICES} to {MAX_PRACTICES}, not {practices}")
    if until < LATEST_MONTH:
        raise ValueError(f"until must be a month from {LATEST_MONTH} on, not {until!r}")
    draw = stream(seed, 0)
    areas = invent_areas(practices)
    networks = _networks(_network_count(practices), areas, draw)
    made, events = _practices(
        practices, networks, areas, draw, stream(seed, 4), stream(seed, 7), until
    )
    return Places(areas, networks, made, tuple(_former(number) for number in range(3)), events)


def _network_count(practices: int) -> int:
    """Open networks for so many practices."""
    if practices <= ONE_BOARD_UP_TO:
        least = 3 if practices >= 20 else 1
        return max(least, round(practices / _PER_NETWORK_IN_ONE_BOARD))
    return round(practices / _PER_NETWORK)


def _networks(open_count: int, areas: Areas, draw: np.random.Generator) -> tuple[Network, ...]:
    """Open networks followed by the dissolved one."""
    locations = [parents.sub_icb for parents in areas.before]
    names = [f"{notion} {feature} PCN" for notion in NOTIONS for feature in FEATURES]
    names = [q + name for q in _QUALIFIERS[: 1 + open_count // len(names)] for name in names]
    order = draw.permutation(len(names))
    border = round(open_count * 0.55)
    codes = [f"U{number}" for numbers in _NETWORK_NUMBERS for number in numbers]
    made = []
    for number in range(open_count + 1):
        # A comma in a name is ordinary in the real files and forces quoting.
        name = "Alder, Bramble & Clover Example PCN" if number == 1 else names[order[number]]
        if len(locations) == 2:
            lead = locations[0] if number < border else locations[1]
        else:
            # The dissolved one comes last but lay in the first board.
            lead = locations[number % open_count * len(locations) // open_count]
        made.append(
            Network(
                code=codes[number],
                name=name,
                lead=lead,
                opened=NETWORKS_BEGAN,
                closed="" if number < open_count else DISSOLVED_ON,
                postcode=f"ZZ99 {number % 9 + 1}PC",
            )
        )
    return tuple(made)


def _practices(
    count: int, networks: tuple[Network, ...], areas: Areas, draw: np.random.Generator,
    drift_draw: np.random.Generator, area_draw: np.random.Generator, until: str,
) -> tuple[tuple[Practice, ...], tuple[Events, ...]]:  # fmt: skip
    """Practices in code order, spread over the open networks in blocks of neighbours."""
    open_networks = len(networks) - 1
    home = np.arange(count) * open_networks // count
    events = _events(home, networks, areas)
    lists = draw_list_sizes(home, events, until, draw, drift_draw)
    network_spread = draw.normal(0.0, 0.40, open_networks)
    score = 20.0 * np.exp(network_spread[home] + draw.normal(0.0, 0.22, count))
    standing = draw.normal(0.0, 0.25, count)
    deprived, kinder = _area_effects(home, networks, areas, area_draw)
    score, standing = score * np.exp(deprived), standing + kinder
    opened_year = draw.integers(1974, 1999, count)
    names = [f"{n} {f} {k}" for n in NOTIONS for f in FEATURES for k in _KINDS]
    names = [q + name for q in _QUALIFIERS[: 1 + count // len(names)] for name in names]
    order = draw.permutation(len(names))
    months = list(lists)
    by_practice = np.stack([lists[month] for month in months], axis=1).tolist()
    happening = _by_position(events)
    second_board = events[1].first if len(events) > 1 else count
    made = []
    for i in range(count):
        network = networks[home[i]]
        event, kind = happening.get(i, (None, ""))
        made.append(
            Practice(
                code=practice_code(i),
                name=names[order[i]],
                postcode=f"ZZ99 {i % 9 + 1}{chr(65 + i // 26 % 26)}{chr(65 + i % 26)}",
                telephone=f"01632 960{i % 1000:03d}",
                sub_icb=_across(network.lead, areas) if kind == "cross_border" else network.lead,
                opened=first_of(event.opened)
                if event and kind == "opens"
                else f"{opened_year[i]}0401",
                closed=last_of(event.closed_after) if event and kind == "closes" else "",
                memberships=_memberships(
                    i, int(home[i]), networks, event, kind, in_first_board=i < second_board
                ),
                deprivation=float(np.round(np.clip(score[i], _LEAST_SCORE, _MOST_SCORE), 3)),
                standing=float(standing[i]),
                list_sizes={
                    month: size
                    for month, size in zip(months, by_practice[i], strict=True)
                    if size > 0
                },
            )
        )
    return tuple(made), events


def _area_effects(
    home: npt.NDArray[np.int64], networks: tuple[Network, ...], areas: Areas,
    draw: np.random.Generator,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:  # fmt: skip
    """What region and board add to deprivation (logarithm) and standing of each practice.

    One board alone is the middling one: nothing is added. The mean IMD 2019 score of practices
    (Fingertips 93553 by the GPAD mapping of August 2025, 2026-11-25) has a standard deviation of
    6.1 between boards and 5.6 between regions; of all practices it is 11.6.
    """
    above = {parents.sub_icb.code: parents for parents in areas.before}
    boards = [above[network.lead.code].board.code for network in networks]
    regions = [above[network.lead.code].region.code for network in networks]
    deprived, kinder = np.zeros(len(networks)), np.zeros(len(networks))
    for codes, spread, kindness in ((regions, 0.20, 0.05), (boards, 0.19, 0.09)):
        known = list(dict.fromkeys(codes))
        if len(known) > 1:
            place = np.array([known.index(code) for code in codes])
            deprived += draw.normal(0.0, spread, len(known))[place]
            kinder += draw.normal(0.0, kindness, len(known))[place]
    return deprived[home], kinder[home]


def practice_code(position: int) -> str:
    """Return the code of the practice at a position: a letter and 99001 to 99999."""
    return f"{_CODE_LETTERS[position // 999]}{99001 + position % 999}"


def _events(
    home: npt.NDArray[np.int64], networks: tuple[Network, ...], areas: Areas
) -> tuple[Events, ...]:
    """The events of each board that has practices."""
    board_of = {parents.sub_icb.code: parents.board.code for parents in areas.before}
    boards = [board_of[networks[network].lead.code] for network in home]
    first = {board: position for position, board in reversed(list(enumerate(boards)))}
    return tuple(events_of(number, first[b]) for number, b in enumerate(dict.fromkeys(boards)))


def _by_position(events: tuple[Events, ...]) -> dict[int, tuple[Events, str]]:
    """The event of each practice that has one of those that mark the practice itself."""
    kinds = ("moves", "unallocated", "cross_border", "closes", "opens")
    return {getattr(event, kind): (event, kind) for event in events for kind in kinds}


def _across(lead: Area, areas: Areas) -> Area:
    """The neighbouring sub-ICB location of the same board."""
    board = next(parents.board for parents in areas.before if parents.sub_icb == lead)
    same = [p.sub_icb for p in areas.before if p.board == board]
    return same[same.index(lead) - 1]


def _memberships(
    position: int, home: int, networks: tuple[Network, ...], event: Events | None, kind: str,
    *, in_first_board: bool,
) -> tuple[Membership, ...]:  # fmt: skip
    """Dated memberships of one practice, oldest first and never overlapping."""
    own, dissolved = networks[home], networks[-1]
    if event and kind == "unallocated":
        return ()
    if event and kind == "opens":
        return (Membership(own, first_of(event.opened), ""),)
    if event and kind == "closes":
        return (Membership(own, NETWORKS_BEGAN, last_of(event.closed_after)),)
    if event and kind == "moves":
        other = networks[(home + 1) % (len(networks) - 1)]
        moved_on = first_of(later(event.moved_after, 1))
        if other is own:
            return (Membership(own, NETWORKS_BEGAN, ""),)
        return (
            Membership(own, NETWORKS_BEGAN, last_of(event.moved_after)),
            Membership(other, moved_on, ""),
        )
    if position % 12 == 5 and in_first_board:
        return (
            Membership(dissolved, NETWORKS_BEGAN, DISSOLVED_ON),
            Membership(own, REGROUPED_ON, ""),
        )
    return (Membership(own, NETWORKS_BEGAN, ""),)


def _former(number: int) -> Practice:
    """A practice closed years ago: only the directories still know it."""
    return Practice(
        code=f"A{98901 + number}",
        name=f"Former {FEATURES[number]} Surgery",
        postcode=f"ZZ99 {number + 1}XX",
        telephone="",
        sub_icb=SUB_ICBS[number % 2],
        opened="19740401",
        closed=f"{2015 + number}0331",
        memberships=(),
        deprivation=0.0,
        standing=0.0,
        list_sizes={},
    )
