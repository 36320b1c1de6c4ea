"""What is hidden and how the rest is rounded, by audience (DOMAIN 7.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Audience = Literal["public", "internal"]
"""For whom a release is: everybody, or authorised analysts."""


@dataclass(frozen=True)
class Profile:
    """Rules for small counts of people.

    Attributes:
        name: as ``suppression_profile`` and configuration call it.
        most_hidden_count: counts from 1 to this many people are hidden.
        round_to: released counts are rounded to multiples of this; 1 leaves them as they are.
        is_proven: whether what would give a hidden count away is hidden with it, and a release
            waits for the proof that nothing does.
    """

    name: str
    most_hidden_count: int
    round_to: int
    is_proven: bool = True

    def __post_init__(self) -> None:
        if self.most_hidden_count < 2:
            raise ValueError(f"profile {self.name}: a hidden count has to have two values or more")
        if self.round_to < 1 or self.round_to % 2 == 0:
            raise ValueError(
                f"profile {self.name}: round_to is {self.round_to}; it has to be odd, so that a "
                "rounded number is the middle of what it stands for"
            )

    @property
    def half_step(self) -> int:
        """How far a count can lie from the rounded number that stands for it."""
        return self.round_to // 2

    @property
    def small_width(self) -> int:
        """Highest minus lowest of the small numbers: what a primary cell keeps."""
        return self.most_hidden_count - 1

    @property
    def least_width(self) -> int:
        """Highest minus lowest possible value that a cell hidden for others' sake keeps.

        It must not be determined (ruling 2 of 0.2). More is not asked: 8 people or more are no
        secret by themselves, and rounded numbers say them within 4.
        """
        return 1

    def rounded(self, count: int) -> int:
        """The released number of a count: ``((x + 2) // 5) * 5`` under ``std`` (rule 2)."""
        return (count + self.half_step) // self.round_to * self.round_to


STD = Profile("std", most_hidden_count=7, round_to=5)
"""Local counts of people, for the public."""

OPEN5 = Profile("open5", most_hidden_count=4, round_to=5)
"""Feeds like the Friends and Family Test, where the publisher itself hides 1 to 4."""

INTERNAL = Profile("internal", most_hidden_count=4, round_to=1, is_proven=False)
"""Authorised analysts.

They need sums that add up, and agree in writing not to single out people: nothing is rounded, and
nothing is hidden for others' sake, so whoever subtracts can find a hidden number. 1 to 4 stay
hidden all the same: a table is copied further than the agreement, and below 5 a reader who knows
the practice can put names to a number. It is the least that any publisher we take data from hides
(7.1).
"""

PROFILES = {profile.name: profile for profile in (STD, OPEN5, INTERNAL)}

PROFILE_FOR: Mapping[Audience, Profile] = {"public": STD, "internal": INTERNAL}
"""Which rules hold in the releases of an audience."""
