"""Icons of an XmR chart, drawn by us: what the variation means, and whether a target will be met.

After the meaning of NHS England's Making Data Count icons; the words always stand beside them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

RING = "M24,3A21,21 0 1 1 23.99,3Z"
_RISING = "M11,33L20,27L27,29L37,14M29,14L37,14L37,22"
_FALLING = "M11,15L20,21L27,19L37,34M29,34L37,34L37,26"
_STEADY = "M9,26L15,20L21,28L27,20L33,28L39,22"
_TICK = "M13,25L21,33L36,15"
_CROSS = "M15,15L33,33M33,15L15,33"
_EITHER = "M11,24L37,24M17,17L10,24L17,31M31,17L38,24L31,31"


@dataclass(frozen=True, slots=True)
class Icon:
    """An icon on a square of 48: a ring and the line in it, their colour, and what it says."""

    line: str
    colour: str
    words: str
    ring: str = RING


VARIATION = {
    "common": Icon(_STEADY, "common", "Common cause: no special change"),
    "improvement_high": Icon(_RISING, "improvement", "Special cause: improving, higher"),
    "improvement_low": Icon(_FALLING, "improvement", "Special cause: improving, lower"),
    "concern_high": Icon(_RISING, "concern", "Special cause: of concern, higher"),
    "concern_low": Icon(_FALLING, "concern", "Special cause: of concern, lower"),
    "neutral_high": Icon(_RISING, "neutral", "Special cause: higher, neither better nor worse"),
    "neutral_low": Icon(_FALLING, "neutral", "Special cause: lower, neither better nor worse"),
}
ASSURANCE = {
    "pass": Icon(_TICK, "improvement", "Will meet the target as things are"),
    "fail": Icon(_CROSS, "concern", "Will miss the target as things are"),
    "inconsistent": Icon(_EITHER, "common", "Will meet and miss the target by chance"),
}


def icons() -> dict[str, dict[str, Any]]:
    """Every icon by ``variation:<name>`` or ``assurance:<name>``, as draw.js draws them."""
    return {
        f"{kind}:{name}": asdict(icon)
        for kind, group in (("variation", VARIATION), ("assurance", ASSURANCE))
        for name, icon in group.items()
    }
