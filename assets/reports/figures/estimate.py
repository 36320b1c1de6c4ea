"""A value with its interval as pictures show it: in numbers, and in words for those who read.

Percentages have one decimal, rates two significant figures (DOMAIN 9.6); the Vega expressions here
say numbers exactly as the words do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from assets.reports import wording

UNIT_WORDS = wording.UNITS | {
    "proportion": "percentage",
    "gbp_per_1000": "pounds per 1,000 people",
    "slope": "per 1,000 people, least deprived less most deprived",
    "score": "score",
}
COMPARISONS = ("better", "similar", "worse", "higher", "lower", "not compared")
# The marks that the words of a page have, in the order of COMPARISONS.
SYMBOLS = {word: wording.MARKS.get(word, "") for word in COMPARISONS}
REPORTED = "reported"
NO_INTERVAL = "no interval"
NO_VALUE = "no value"

_ONE_DECIMAL = frozenset({"score", "slope_pp"})
# What halves a decimal number in binary would round down by a hair, people round up.
_UP = "*(1+1e-12)"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value, its 95 % limits and, where there is no value, why: as the release says it."""

    value: float | None
    lower: float | None = None
    upper: float | None = None
    state: str = REPORTED
    reason: str | None = None

    @property
    def state_words(self) -> str:
        """What the table says about the value: reported, a true zero, or why there is none."""
        if self.value is not None:
            return "a true zero" if self.state == "zero" else REPORTED
        words = wording.STATES.get(self.state, self.state.replace("_", " "))
        return f"{words}: {self.reason.replace(' %', '%').strip()}" if self.reason else words

    @property
    def short_state(self) -> str:
        """Why there is no value, in the one or two words that fit a cell; empty where there is."""
        if self.value is not None:
            return ""
        return {
            "late": "late",
            "not_applicable": "n/a",
            "cannot_calculate": "no rate",
            "suppressed": "too few",
            "suppressed_source": "too few",
            "below_min_base": "too few",
        }.get(self.state, "no data")


def said(value: float, unit: str) -> str:
    """A number in its unit, without the words of the unit: ``89.1%``, ``5.8``."""
    if unit == "proportion":
        words = wording.percent(value)
    elif unit == "count":
        words = wording.whole(round(value))
    elif unit in _ONE_DECIMAL:
        words = wording.decimal(value, 1)
    else:
        words = wording.rate(value)
    return words.replace("-", "\N{MINUS SIGN}")


def said_in_full(value: float, unit: str) -> str:
    """A number with the words of its unit: ``89.1%``, ``5.8 per 1,000 people``."""
    words = UNIT_WORDS.get(unit, unit.replace("_", " "))
    if unit == "score":
        return f"a score of {said(value, unit)}"
    return said(value, unit) if unit == "proportion" else f"{said(value, unit)} {words}"


def with_interval(estimate: Estimate, unit: str) -> str:
    """A number and its interval, or why there is no number, as a part of a sentence."""
    if estimate.value is None:
        return f"no number ({estimate.state_words})"
    words = said_in_full(estimate.value, unit)
    if estimate.lower is None or estimate.upper is None:
        return f"{words} ({NO_INTERVAL})"
    return f"{words} (95% interval {said(estimate.lower, unit)} to {said(estimate.upper, unit)})"


def compared(comparison: str | None) -> str:
    """The comparison as rows carry it."""
    return comparison or COMPARISONS[-1]


def compared_words(comparison: str | None, against: str) -> str:
    """The comparison as a part of a sentence."""
    if comparison is None:
        return f"not compared with {against}"
    return f"{comparison} {'to' if comparison == 'similar' else 'than'} {against}"


def unit_title(unit: str) -> str:
    """The words over an axis of values."""
    return wording.opened(UNIT_WORDS.get(unit, unit.replace("_", " ")))


def extent(estimates: Iterable[Estimate], *others: float | None) -> list[float]:
    """The least and the greatest number to be drawn, limits and other lines among them."""
    numbers = [number for number in others if number is not None]
    for one in estimates:
        if one.value is not None:
            numbers += [n for n in (one.value, one.lower, one.upper) if n is not None]
    low, high = (min(numbers), max(numbers)) if numbers else (0.0, 1.0)
    return [low, high] if high > low else [min(0.0, low), max(high, 1e-9)]


def number(of: str, unit: str = "unit") -> str:
    """The Vega expression that says a number as ``said`` does; ``unit`` is an expression too."""
    up = f"{of}{_UP}"
    return (
        f"{unit} == 'proportion' ? format({up}, '.1%') : "
        f"{unit} == 'count' ? format({up}, ',.0f') : "
        f"{unit} == 'score' || {unit} == 'slope_pp' ? format({up}, ',.1f') : "
        f"{of} == 0 ? '0' : abs({of}) >= 10 ? format({up}, ',.0f') : format({up}, '.2r')"
    )


def number_in_full(of: str, unit: str = "unit") -> str:
    """The Vega expression that says a number with the words of its unit, in short."""
    words = " : ".join(
        f"{unit} == '{name}' ? ' {UNIT_WORDS[name].removesuffix(' people')}'"
        for name in (*wording.UNITS, "gbp_per_1000")
    )
    return f"({number(of, unit)}) + ({words} : '')"


def tick(of: str = "datum.value", unit: str = "unit") -> str:
    """The Vega expression that labels an axis."""
    return f"{unit} == 'proportion' ? format({of}, '~%') : format({of}, ',~g')"


def listed(parts: list[str]) -> str:
    """Parts of a sentence joined with commas and a last ``and``."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
