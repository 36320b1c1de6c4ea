"""Where two engines are as fast: seconds as a straight line of rows, on each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """Seconds without any rows, and seconds of a million rows."""

    fixed: float
    per_million: float


def line(few: tuple[int, float], many: tuple[int, float]) -> Line:
    """The line through two points of rows and seconds."""
    slope = (many[1] - few[1]) / (many[0] - few[0])
    return Line(few[1] - slope * few[0], slope * 1e6)


def crossing(ours: Line, theirs: Line) -> float | None:
    """From how many million rows on theirs is the faster; none if their rows cost no less."""
    if theirs.per_million >= ours.per_million:
        return None
    return max(0.0, (theirs.fixed - ours.fixed) / (ours.per_million - theirs.per_million))
