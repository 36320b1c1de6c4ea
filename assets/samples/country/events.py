"""What happens to practices: one of each event per board, at fixed places among its practices.

A practice closes into a neighbour, one opens, one changes network, one belongs to no network,
one lies in another sub-ICB location than its network, one is very small and one has two system
suppliers; of the counts of the Network Contract DES, one practice sends none in August and one
takes some back in November. In the first board the days are fixed; in the others they are spread
over the years.
"""

from dataclasses import dataclass

from assets.samples.months import later

# Last month before a closing and a move, and month of an opening, in the first board.
_CLOSED_AFTER, _MOVED_AFTER, _OPENED = "2025-06", "2025-06", "2024-07"
# Quarters by which the days of other boards lie apart: over four years until December 2025.
_QUARTERS = (0, -3, 2, -7, -11, -5, -14, 1)


@dataclass(frozen=True, slots=True)
class Events:
    """The events of one board: positions among all practices, and months (YYYY-MM).

    ``first`` is the board's first practice, to which nothing happens. ``closed_after`` and
    ``moved_after`` are last months before, ``opened`` is the first month of the one that opens.
    """

    first: int
    silent_in_august: int
    two_suppliers: int
    corrects_in_november: int
    moves: int
    small: int
    unallocated: int
    cross_border: int
    closes: int
    opens: int
    closed_after: str
    moved_after: str
    opened: str


def events_of(board: int, first_practice: int) -> Events:
    """Return the events of a board (counted from 0) whose practices begin at a position.

    Positions may lie beyond the last practice: a small board is spared those events.
    """
    shift = 3 * _QUARTERS[board % len(_QUARTERS)]
    return Events(
        first=first_practice,
        silent_in_august=first_practice + 1,
        two_suppliers=first_practice + 2,
        corrects_in_november=first_practice + 3,
        moves=first_practice + 4,
        small=first_practice + 6,
        unallocated=first_practice + 9,
        cross_border=first_practice + 11,
        closes=first_practice + 13,
        opens=first_practice + 17,
        closed_after=later(_CLOSED_AFTER, shift),
        moved_after=later(_MOVED_AFTER, shift),
        opened=later(_OPENED, shift),
    )
