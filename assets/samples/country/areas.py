"""The made-up areas above the practice: sub-ICB locations, boards and regions, and April 2026.

The first board, region and two sub-ICB locations have fixed codes; larger samples add more. On
1 April 2026 boards are merged and one is split, so that which board a sub-ICB location lies in
depends on the day. Codes are well formed and none is in use.
"""

from dataclasses import dataclass

BOARDS_CHANGE_ON = "20260401"

NOTIONS = (
    "Example", "Sample", "Specimen", "Fictional", "Imaginary",
    "Pretend", "Invented", "Notional", "Placeholder", "Mock",
)  # fmt: skip
FEATURES = (
    "Vale", "Hill", "Quay", "Heath", "Bridge", "Moor", "Green", "Meadow",
    "Wharf", "Dale", "Park", "Cross", "Ford", "Marsh", "Grove",
)  # fmt: skip

# England has 6,300 practices, 106 sub-ICB locations, 42 boards and 7 regions (2026-11-23).
ONE_BOARD_UP_TO = 250
_PRACTICES_PER_SUB_ICB, _PRACTICES_PER_BOARD, _BOARDS_PER_REGION = 59.4, 150, 6
_COASTS = ("Coast", "North", "South", "East", "West", "Midlands", "Capital", "Islands")


@dataclass(frozen=True, slots=True)
class Area:
    """An area above the practice: NHS code, ONS code and full name."""

    code: str
    ons_code: str
    name: str


@dataclass(frozen=True, slots=True)
class Parents:
    """A sub-ICB location with the board and the region it lies in."""

    sub_icb: Area
    board: Area
    region: Area


ENGLAND = Area("ENG", "E92000001", "England")
REGION = Area("Y99", "E40999999", "Example Coast")
BOARD = Area("QZZ", "E54999999", "NHS Example Vale Integrated Care Board")
BOARD_SHORT_NAME = "NHS Example Vale ICB"
SUB_ICBS = (
    Area("99Y", "E38999998", f"{BOARD_SHORT_NAME} - 99Y"),
    Area("99Z", "E38999999", f"{BOARD_SHORT_NAME} - 99Z"),
)


@dataclass(frozen=True, slots=True)
class Areas:
    """The sub-ICB locations with their parents, before and after the boards change."""

    before: tuple[Parents, ...]
    after: tuple[Parents, ...]

    def on(self, day: str) -> dict[str, Parents]:
        """Return the parents on a day (YYYYMMDD) by code of the sub-ICB location."""
        held = self.before if day < BOARDS_CHANGE_ON else self.after
        return {parents.sub_icb.code: parents for parents in held}

    def boards_on(self, day: str) -> tuple[Parents, ...]:
        """Return one entry per board on a day, in the order of the sub-ICB locations."""
        return tuple({held.board.code: held for held in self.on(day).values()}.values())

    def regions(self) -> tuple[Area, ...]:
        """Return the regions; they do not change."""
        return tuple(dict.fromkeys(parents.region for parents in self.before))


def short_name(board: Area) -> str:
    """Return the name of a board as lists of staff and of locations write it."""
    return board.name.replace("Integrated Care Board", "ICB")


def invent_areas(practices: int) -> Areas:
    """Invent as many areas as so many practices fill: one board with two locations up to 250."""
    if practices <= ONE_BOARD_UP_TO:
        codes, boards, regions = ["99Y", "99Z"], 1, 1
    else:
        codes = [_sub_icb_code(n) for n in range(round(practices / _PRACTICES_PER_SUB_ICB))]
        boards = round(practices / _PRACTICES_PER_BOARD)
        regions = max(1, round(boards / _BOARDS_PER_REGION))
    made_regions = [_region(number) for number in range(regions)]
    made_boards = [_board(number) for number in range(boards)]
    before = []
    for number, code in enumerate(codes):
        board = number * boards // len(codes)
        region = made_regions[board * regions // boards]
        before.append(
            Parents(_sub_icb(code, number, made_boards[board]), made_boards[board], region)
        )
    return Areas(tuple(before), _after_april_2026(tuple(before)))


def _sub_icb_code(number: int) -> str:
    """Two digits and a letter; about one in twelve has five characters, as the newest do."""
    if number < len(SUB_ICBS):
        return SUB_ICBS[number].code
    if number % 12 == 7:
        return f"X{number // 10 % 10}Z{number % 10}Z"
    return f"{88 - number // 26}{chr(65 + number % 26)}"


def _sub_icb(code: str, number: int, board: Area) -> Area:
    """Invent a sub-ICB location of a board."""
    if number < len(SUB_ICBS):
        return SUB_ICBS[number]
    return Area(code, f"E38{999999 - number}", f"{short_name(board)} - {code}")


def _board(number: int) -> Area:
    """Invent a board as it is until March 2026."""
    if number == 0:
        return BOARD
    name = f"{NOTIONS[number // 15]} {FEATURES[number % 15]}"
    return Area(
        f"Q{9 - number // 26}{chr(65 + number % 26)}",
        f"E54{999999 - number}",
        f"NHS {name} Integrated Care Board",
    )


def _region(number: int) -> Area:
    """Invent a region."""
    if number == 0:
        return REGION
    return Area(f"Y{99 - number}", f"E40{999999 - number}", f"Example {_COASTS[number]}")


def _after_april_2026(before: tuple[Parents, ...]) -> tuple[Parents, ...]:
    """Merge boards in each region and split one between two, as happened on 1 April 2026.

    The second board of all is split between the first and the third (with two boards, between
    the first and a new one); where it has three locations and there is a fourth board, that takes
    one too, keeping its code but not its ONS code, as a board does whose boundary changes.
    Elsewhere the first two boards of a region become one. A single board gets a new code. 42
    boards become 36.
    """
    boards = list(dict.fromkeys(parents.board for parents in before))
    heirs = {board.code: number // 2 for number, board in enumerate(boards[:3]) if number != 1}
    split = boards[1].code if len(boards) > 1 else ""
    merging = round(len(boards) / 7) - 1
    regions = list(dict.fromkeys(parents.region.code for parents in before))
    for number, region in enumerate(regions[1 : 1 + max(0, merging)], start=2):
        of_region = dict.fromkeys(p.board.code for p in before if p.region.code == region)
        heirs |= dict.fromkeys(list(of_region)[:2], number)
    parts = [p.sub_icb.code for p in before if p.board.code == split]
    enlarged = _enlarged(boards[3]) if len(boards) > 3 and len(parts) >= 3 else None
    made = []
    for parents in before:
        heir = heirs.get(parents.board.code)
        is_last = parents.sub_icb.code in parts[-1:]
        if enlarged and (is_last or parents.board.code == enlarged.code):
            made.append(_moved(parents, enlarged))
            continue
        if parents.board.code == split:
            heir = int(parts.index(parents.sub_icb.code) >= (len(parts) + 1) // 2 - bool(enlarged))
        made.append(parents if heir is None else _moved(parents, _new_board(heir)))
    return tuple(made)


def _enlarged(board: Area) -> Area:
    """A board that goes on with more people: a new boundary has a new ONS code."""
    return Area(board.code, f"E54{899999 - int(board.ons_code[3:]) % 1000}", board.name)


def _new_board(number: int) -> Area:
    """Invent a board of April 2026: its code has five characters."""
    name = f"{NOTIONS[number % 10]} {FEATURES[(number + 7) % 15]} and Partners"
    return Area(
        f"{chr(90 - number)}9Z{number % 10}Z",
        f"E54{899999 - number}",
        f"NHS {name} Integrated Care Board",
    )


def _moved(parents: Parents, board: Area) -> Parents:
    """Put a sub-ICB location into a board; its code stays, its name follows the board."""
    own = parents.sub_icb
    renamed = Area(own.code, own.ons_code, f"{short_name(board)} - {own.code}")
    return Parents(renamed, board, parents.region)
