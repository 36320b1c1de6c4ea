"""The made-up geography: a region, a board, two sub-ICB locations, networks and practices.

Nothing here is a real place. Every postcode is in ZZ99 (the NHS pseudo-postcode area) and every
telephone number in the range kept for drama. The events a platform must survive are all here:
a practice closes into a neighbour, one opens, one changes network, one belongs to no network,
one lies in another sub-ICB location than its network, and a network was dissolved.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

MIN_PRACTICES, MAX_PRACTICES = 20, 600

# First of the month (YYYY-MM) for which a list size is known; January is when fieldwork starts.
SNAPSHOTS = ("2024-01", "2025-01", "2025-03", "2025-06", "2025-09")

NETWORKS_BEGAN = "20190701"
DISSOLVED_ON, REGROUPED_ON = "20230331", "20230401"
OPENED_ON = "20240701"
CLOSED_ON = MOVED_AFTER = "20250630"
MOVED_ON = "20250701"

# Positions of the practices to which something happens: all below MIN_PRACTICES.
TWO_SUPPLIERS, MOVES, SMALL, UNALLOCATED, CROSS_BORDER, CLOSES, OPENS = 2, 4, 6, 9, 11, 13, 17

_NOTIONS = (
    "Example", "Sample", "Specimen", "Fictional", "Imaginary",
    "Pretend", "Invented", "Notional", "Placeholder", "Mock",
)  # fmt: skip
_FEATURES = (
    "Vale", "Hill", "Quay", "Heath", "Bridge", "Moor", "Green", "Meadow",
    "Wharf", "Dale", "Park", "Cross", "Ford", "Marsh", "Grove",
)  # fmt: skip
_KINDS = ("Surgery", "Medical Centre", "Health Centre", "Practice", "Family Practice", "Doctors")


@dataclass(frozen=True, slots=True)
class Area:
    """An area above the practice: NHS code, ONS code and full name."""

    code: str
    ons_code: str
    name: str


ENGLAND = Area("ENG", "E92000001", "England")
REGION = Area("Y99", "E40999999", "Example Coast")
BOARD = Area("QZZ", "E54999999", "NHS Example Vale Integrated Care Board")
BOARD_SHORT_NAME = "NHS Example Vale ICB"
SUB_ICBS = (
    Area("99Y", "E38999998", f"{BOARD_SHORT_NAME} - 99Y"),
    Area("99Z", "E38999999", f"{BOARD_SHORT_NAME} - 99Z"),
)


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
    logit scale (higher is kinder to patients), ``list_sizes`` registered patients per snapshot.
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
    """All networks (one dissolved), all practices, and those closed before networks existed."""

    networks: tuple[Network, ...]
    practices: tuple[Practice, ...]
    former: tuple[Practice, ...]

    def practices_on(self, on: str) -> tuple[Practice, ...]:
        """Return the practices open on a day (YYYYMMDD), in code order."""
        return tuple(practice for practice in self.practices if practice.open_on(on))


def stream(seed: int, topic: int) -> np.random.Generator:
    """Return the random stream of one topic, so that a change to one file leaves the others."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(topic,))))


def first_of(month: str) -> str:
    """Turn a month (YYYY-MM) into its first day (YYYYMMDD)."""
    return month.replace("-", "") + "01"


def invent(practices: int, seed: int) -> Places:
    """Invent the board with so many practices (20 to 600), the same for the same seed."""
    if not MIN_PRACTICES <= practices <= MAX_PRACTICES:
        raise ValueError(f"practices must be {MIN_PRACTICES} to {MAX_PRACTICES}, not {practices}")
    draw = stream(seed, 0)
    networks = _networks(max(3, round(practices / 6.7)), draw)
    made = _practices(practices, networks, draw)
    former = tuple(_former(number) for number in range(3))
    return Places(networks, made, former)


def _networks(open_count: int, draw: np.random.Generator) -> tuple[Network, ...]:
    """Open networks followed by the dissolved one. U99999 stays free: a dummy in Fingertips."""
    names = [f"{notion} {feature} PCN" for notion in _NOTIONS for feature in _FEATURES]
    order = draw.permutation(len(names))
    border = round(open_count * 0.55)
    made = []
    for number in range(open_count + 1):
        # A comma in a name is ordinary in the real files and forces quoting.
        name = "Alder, Bramble & Clover Example PCN" if number == 1 else names[order[number]]
        made.append(
            Network(
                code=f"U{99901 + number}",
                name=name,
                lead=SUB_ICBS[0] if number < border else SUB_ICBS[1],
                opened=NETWORKS_BEGAN,
                closed="" if number < open_count else DISSOLVED_ON,
                postcode=f"ZZ99 {number % 9 + 1}PC",
            )
        )
    return tuple(made)


def _practices(
    count: int, networks: tuple[Network, ...], draw: np.random.Generator
) -> tuple[Practice, ...]:
    """Practices in code order, spread over the open networks in blocks of neighbours."""
    open_networks = len(networks) - 1
    home = np.arange(count) * open_networks // count
    lists = _list_sizes(count, home, draw)
    network_spread = draw.normal(0.0, 0.40, open_networks)
    score = 20.0 * np.exp(network_spread[home] + draw.normal(0.0, 0.22, count))
    standing = draw.normal(0.0, 0.25, count)
    opened_year = draw.integers(1974, 1999, count)
    names = [f"{n} {f} {k}" for n in _NOTIONS for f in _FEATURES for k in _KINDS]
    order = draw.permutation(len(names))
    made = []
    for i in range(count):
        network = networks[home[i]]
        other_side = SUB_ICBS[1] if network.lead is SUB_ICBS[0] else SUB_ICBS[0]
        made.append(
            Practice(
                code=f"A{99001 + i}",
                name=names[order[i]],
                postcode=f"ZZ99 {i % 9 + 1}{chr(65 + i // 26 % 26)}{chr(65 + i % 26)}",
                telephone=f"01632 960{i:03d}",
                sub_icb=other_side if i == CROSS_BORDER else network.lead,
                opened=OPENED_ON if i == OPENS else f"{opened_year[i]}0401",
                closed=CLOSED_ON if i == CLOSES else "",
                memberships=_memberships(i, int(home[i]), networks),
                deprivation=float(np.round(np.clip(score[i], 5.0, 62.0), 3)),
                standing=float(standing[i]),
                list_sizes={
                    month: int(lists[month][i]) for month in SNAPSHOTS if lists[month][i] > 0
                },
            )
        )
    return tuple(made)


def _memberships(position: int, home: int, networks: tuple[Network, ...]) -> tuple[Membership, ...]:
    """Dated memberships of one practice, oldest first and never overlapping."""
    own, dissolved = networks[home], networks[-1]
    if position == UNALLOCATED:
        return ()
    if position == OPENS:
        return (Membership(own, OPENED_ON, ""),)
    if position == CLOSES:
        return (Membership(own, NETWORKS_BEGAN, CLOSED_ON),)
    if position == MOVES:
        other = networks[(home + 1) % (len(networks) - 1)]
        return (Membership(own, NETWORKS_BEGAN, MOVED_AFTER), Membership(other, MOVED_ON, ""))
    if position % 12 == 5:
        return (
            Membership(dissolved, NETWORKS_BEGAN, DISSOLVED_ON),
            Membership(own, REGROUPED_ON, ""),
        )
    return (Membership(own, NETWORKS_BEGAN, ""),)


def _list_sizes(
    count: int, home: npt.NDArray[np.int64], draw: np.random.Generator
) -> dict[str, npt.NDArray[np.int64]]:
    """Registered patients per practice at each snapshot; 0 where the practice has no list."""
    start = np.clip(np.exp(draw.normal(np.log(8600), 0.52, count)), 1900, 24000)
    start[SMALL], start[CLOSES], start[OPENS] = 905, 2600, 3100
    sizes: dict[str, npt.NDArray[np.int64]] = {}
    growth: npt.NDArray[np.float64] = np.ones(count)
    for month in SNAPSHOTS:
        sizes[month] = np.rint(start * growth).astype(np.int64)
        growth = growth * (1 + np.clip(draw.normal(0.0015, 0.006, count), -0.02, 0.02))
    sizes["2024-01"][OPENS] = 0
    # The closing practice's patients go to a neighbour: a jump in its list that is no growth.
    neighbours = np.flatnonzero(home == home[CLOSES])
    heir = next(int(i) for i in neighbours if i not in (CLOSES, OPENS, UNALLOCATED, SMALL))
    sizes["2025-09"][heir] += sizes["2025-09"][CLOSES]
    sizes["2025-09"][CLOSES] = 0
    return sizes


def _former(number: int) -> Practice:
    """A practice closed years ago: only the directories still know it."""
    return Practice(
        code=f"A{98901 + number}",
        name=f"Former {_FEATURES[number]} Surgery",
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
