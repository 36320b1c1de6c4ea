"""Small drawings beside numbers: a value, its interval and England on a line from zero.

They say nothing that the words beside them do not, and need no script.
"""

from __future__ import annotations

from dataclasses import dataclass

from assets.reports.records import Value

# Rates have no natural end: the line reaches a little further than what lies on it.
_ROOM = 1.15


@dataclass(frozen=True, slots=True)
class Strip:
    """Where things lie on the line, 0 to 100, as the drawing writes them; None is not drawn."""

    value: str
    low: str | None
    high: str | None
    england: str | None


def strip(value: Value, england: float | None) -> Strip | None:
    """The drawing of a value; None where there is none to draw, or it lies below zero."""
    if value.value is None or value.value < 0:
        return None
    limits = value.limits
    reach = max(value.value, england or 0.0, limits[1] if limits else 0.0)
    top = 1.0 if value.unit == "proportion" else _ROOM * reach
    if top <= 0:
        return None

    def at(number: float) -> str:
        return f"{min(100.0, max(0.0, 100 * number / top)):.3g}"

    return Strip(
        value=at(value.value),
        low=at(limits[0]) if limits else None,
        high=at(limits[1]) if limits else None,
        england=at(england) if england is not None else None,
    )
