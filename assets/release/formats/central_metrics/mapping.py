"""What our words are called in the Central Metrics Library; docs/guides/central-metrics-library.md.

Values are those that NHS England's own checks of the proforma accept, where it has any.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from assets.release.candidate.facts import literal
from assets.release.disclosure.profile import Audience

# The library's security tag: who may see a metric.
CATEGORIES: dict[Audience, str] = {"public": "MI published", "internal": "MI internal"}

LOCATION_TYPES = {
    "practice": "GP practice",
    "pcn": "PCN",
    "neighbourhood": "Neighbourhood",
    "place": "Place",
    "sub_icb": "Sub-ICB location",
    "icb": "ICB",
    "region": "Region",
    "england": "National",
    "organisation": "Organisation",
    "programme": "Programme",
}
# A collection that ended is deprecated: its series stand as they were.
STATES = {
    "live": "Completed - Live",
    "local": "Completed - Live",
    "optional": "Completed - Live",
    "historic": "Deprecated",
}
DOMAINS = {
    "CHO": "Access",
    "SP": "Activity",
    "PHB": "Activity",
    "WF": "Context",
    "E1": "Other",
    "E2": "Other",
    "E3": "Other",
    "E4": "Other",
    "TYP": "Other",
}
FORMATS = {
    "proportion": "decimal, 0 to 1",
    "gbp_per_1000": "pounds",
    "slope_pp": "percentage points",
}
POLARITIES = {
    "high": "Higher is better.",
    "low": "Lower is better.",
    "none": "Neither high nor low is good in itself.",
}
# What was done about small numbers, by disclosure class.
DISCLOSURE = {
    "std": (
        "Y",
        "Small numbers of people are hidden and the others rounded, with secondary hiding: a "
        "hidden value cannot be worked out from the published ones.",
    ),
    "survey": ("Y", "Not shown where fewer people answered than the survey requires."),
    "as_published": ("Y", "As published: what the source hides stays hidden."),
    "exempt": ("N", None),
}
CAVEATS = (
    "Never compare two values of the dimension series, nor add up values. Choose one "
    "hierarchy_basis. Limits, numerator and denominator stand in additional_metric_values; data "
    "points without a value stand in metric_without_value with their value_state."
)


@dataclass(frozen=True)
class Relationship:
    """An indicator that is made of another one."""

    indicator_id: str
    child_indicator_id: str
    kind: Literal["Numerator", "Denominator"]
    category: Literal["Direct", "Indirect"]
    description: str


RELATIONSHIPS = (
    Relationship(
        "PC-PCSP-03",
        "PC-PCSP-02",
        "Numerator",
        "Direct",
        "People who said they have a plan are counted of all with a long-term condition who "
        "answered, not only of those who had the conversation.",
    ),
    Relationship(
        "PC-PCSP-03",
        "PC-PCSP-01",
        "Denominator",
        "Direct",
        "People with a long-term condition who answered the question about the conversation.",
    ),
    Relationship(
        "PC-INQ-01",
        "PC-SP-01",
        "Numerator",
        "Indirect",
        "Slope of the rate over fifths of practices by deprivation.",
    ),
    Relationship(
        "PC-INQ-01",
        "PC-SP-02",
        "Numerator",
        "Indirect",
        "Slope of the rate over fifths of practices by deprivation.",
    ),
    Relationship(
        "PC-INQ-02",
        "PC-PCSP-03",
        "Numerator",
        "Indirect",
        "Slope of the proportion over fifths of practices by deprivation.",
    ),
)


def worded(column: str, words: Mapping[str, str], otherwise: str = "null") -> str:
    """SQL for the word that stands for the value of a column."""
    cases = " ".join(f"when {literal(k)} then {literal(v)}" for k, v in words.items())
    return f"case {column} {cases} else {otherwise} end"
