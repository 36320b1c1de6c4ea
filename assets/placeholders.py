"""What a draft leaves open, and that nothing is used while something is."""

from __future__ import annotations

FILL_IN = "FILL_IN"


def lines_left_open(text: str) -> list[int]:
    """Numbers of the lines in which something is still to be filled in."""
    return [number for number, line in enumerate(text.splitlines(), start=1) if FILL_IN in line]
