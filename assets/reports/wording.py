"""Numbers, intervals, periods and value states in words: how the report speaks.

Says "people said", never "patients"; says why there is no number, never leaves a blank.
"""

from __future__ import annotations

import calendar
import re
from collections import Counter
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from assets.reports.reading import ExtractUse, Indicator, Measure, Value

STATES = {
    "suppressed_source": "too few to show (withheld by the publisher)",
    "suppressed": "too few to show (withheld by us)",
    "not_available": "not available",
    "late": "expected, not yet arrived",
    "not_applicable": "does not apply",
    "below_min_base": "too few people answered to show",
    "cannot_calculate": "cannot be calculated",
}
NO_INTERVAL_FOR_STAFF = "no interval: full-time equivalents are not counts"
SUITES = {
    "edition": "Files as they arrive",
    "raw": "Raw tables",
    "mart": "Models and indicator tables",
    "candidate": "The release as written",
    "report": "The report as written",
}
VERDICTS = {
    "refused": "refused",
    "waiting": "waiting",
    "set_aside": "set aside",
    "broken": "could not be read",
    "not_recognised": "not recognised",
}

# Asked of some people only: read without its definition it would be taken for plan coverage.
_ROUTED = frozenset({"PC-PCSP-02"})
_CHOICE = "GP appointment choice only; legal rights to choose are not measured here."
_WITHOUT_RATE = "; rate not calculated: "
_OLD = timedelta(days=2 * 365)


def decimal(number: float, places: int) -> str:
    """A number with thousands separated, rounded half up."""
    step = Decimal(1).scaleb(-places)
    return f"{Decimal(repr(number)).quantize(step, ROUND_HALF_UP):,}"


def percent(proportion: float) -> str:
    """A proportion as a percentage with one decimal."""
    return f"{decimal(float(Decimal(repr(proportion)) * 100), 1)}%"


def rate(number: float) -> str:
    """A rate to two significant figures, and never less than whole."""
    value = Decimal(repr(number))
    if value == 0:
        return "0"
    return decimal(number, max(0, 1 - value.adjusted()))


def whole(number: int) -> str:
    """A count with thousands separated."""
    return f"{number:,}"


def figure(number: float | None) -> str:
    """A figure of any kind, to six decimals at most."""
    if number is None:
        return "not calculated"
    if number != 0 and abs(number) < 0.0000005:
        return "less than 0.000001"
    text = decimal(number, 6).replace("-", "\N{MINUS SIGN}")
    return text.rstrip("0").rstrip(".") if "." in text else text


def plural(count: int, one: str, many: str) -> str:
    """A count with its noun."""
    return f"{whole(count)} {one if count == 1 else many}"


def day(when: date) -> str:
    """A day as people write it."""
    return f"{when.day} {calendar.month_name[when.month]} {when.year}"


def period(start: date, end: date) -> str:
    """The days that a value describes."""
    last = calendar.monthrange(end.year, end.month)[1]
    if start.day != 1 or end.day != last:
        return day(start) if start == end else f"{day(start)} to {day(end)}"
    months = (end.year - start.year) * 12 + end.month - start.month + 1
    first, final = calendar.month_name[start.month], calendar.month_name[end.month]
    if months == 1:
        return f"{final} {end.year}"
    if months == 12 and start.month == 1:
        return str(end.year)
    if months == 12 and start.month == 4:
        return f"{start.year}/{end.year % 100:02d} (April to March)"
    if start.year == end.year:
        return f"{first} to {final} {end.year}"
    return f"{first} {start.year} to {final} {end.year}"


def edition_period(label: str | None) -> str:
    """The period label of an edition."""
    if not label or label == "unresolved":
        return "period not known"
    if (found := re.fullmatch(r"(\d{4})-(\d{2})", label)) and 1 <= int(found[2]) <= 12:
        return f"{calendar.month_name[int(found[2])]} {found[1]}"
    return label


def period_with_age(value: Value, published_on: date) -> str:
    """The period, and how old the data are when that is two years or more."""
    words = period(value.period_start, value.period_end)
    age = published_on - value.period_end
    if age < _OLD:
        return words
    return f"{words}; {plural(age.days // 365, 'year', 'years')} old when this was published"


def state(value: Value) -> str:
    """Why there is no number."""
    words = STATES.get(value.value_state, value.value_state.replace("_", " "))
    return f"{words}: {_tidy(value.value_reason)}" if value.value_reason else words


def amount(indicator: Indicator, value: Value | None) -> str:
    """The number in its unit, or the reason for there being none."""
    if value is None:
        return "not available: the release has no value"
    if value.value is None:
        if value.value_state == "cannot_calculate" and value.numerator is not None:
            unit = "full-time equivalents" if indicator.counts_staff else "counted"
            reason = _tidy(value.value_reason) or "no reason was given"
            return f"{decimal(value.numerator, 1)} {unit}{_WITHOUT_RATE}{reason}"
        return state(value)
    words = _number(indicator, value.value)
    return f"{words} (a true zero)" if value.value_state == "zero" else words


def headline(measure: Measure) -> tuple[str, str]:
    """England's number as the table shows it: the number, and what it is a number of or why."""
    indicator, england = measure.indicator, measure.england
    words = amount(indicator, england)
    if england is not None and england.value is not None:
        return (words, "of people said so" if indicator.is_survey else "")
    number, mark, reason = words.partition(_WITHOUT_RATE)
    return (f"{number};", f"{mark.removeprefix('; ')}{reason}") if mark else (words, "")


def last_rate(measure: Measure) -> str:
    """The latest rate there is, where the latest period has none; empty otherwise."""
    if measure.england is None or measure.england.value is not None:
        return ""
    if (last := measure.earlier) is None or last.value is None:
        return ""
    when = period(last.period_start, last.period_end)
    return f"Latest that could be calculated: {_number(measure.indicator, last.value)}, {when}"


def reach(value: Value | None) -> str:
    """Whose registered people the number covers, where that is known and not everybody."""
    if value is None or value.coverage is None or value.coverage >= 0.9995:
        return ""
    return f"from networks with {percent(value.coverage)} of registered people"


def interval(indicator: Indicator, value: Value | None) -> str:
    """The 95 % interval, or why there is none."""
    if indicator.counts_staff:
        return NO_INTERVAL_FOR_STAFF
    if value is None or value.value is None:
        return "no interval: no value"
    if value.lower_95 is None or value.upper_95 is None:
        return "no interval published"
    if indicator.is_share:
        return f"{percent(value.lower_95)} to {percent(value.upper_95)}"
    return f"{rate(value.lower_95)} to {rate(value.upper_95)}"


def interval_basis(value: Value | None) -> str:
    """Who calculated the interval; empty where there is none."""
    if value is None or value.lower_95 is None:
        return ""
    return {"printed": "as published", "recomputed": "calculated by us"}.get(value.ci_basis, "")


def answering(indicator: Indicator, value: Value | None) -> str:
    """How many people answered, unweighted."""
    if not indicator.is_survey:
        return "does not apply: not a survey"
    if value is None or value.unweighted_base is None:
        return "not published"
    return f"{whole(value.unweighted_base)} people aged 16 and over"


def definitely(measure: Measure) -> str:
    """The share who gave the first answer, beside the total that also counts the second."""
    if not measure.indicator.is_survey:
        return "does not apply: not a survey"
    if measure.definitely is None:
        return "not split by answer"
    words = amount(measure.indicator, measure.definitely)
    return f"{words} said “definitely”" if measure.definitely.value is not None else words


def compared(measure: Measure) -> str:
    """What England's value is compared with, and how the boards compare with it."""
    indicator, earlier = measure.indicator, measure.earlier
    said: list[str] = []
    counts = Counter(board.comparison_95 for board in measure.boards if board.comparison_95)
    if counts:
        words = ("better", "similar", "worse", "higher", "lower")
        parts = [f"{counts[word]} {word}" for word in words if counts[word]]
        boards = plural(sum(counts.values()), "board", "boards")
        said.append(f"{boards} compared with England: {_listed(parts)}.")
    elif indicator.counts_staff:
        said.append("Boards are not compared: there is no interval.")
    else:
        said.append("No board is compared with England.")
    if earlier is None or earlier.value is None:
        said.append("No earlier value in this series.")
    elif measure.england is not None and measure.england.value is not None:
        when = period(earlier.period_start, earlier.period_end)
        said.append(f"England before: {_number(indicator, earlier.value)} ({when}).")
    return " ".join(said)


def comparison(value: Value) -> str:
    """How one board compares with England."""
    if value.comparison_95 is None:
        return "not compared with England"
    preposition = "to" if value.comparison_95 == "similar" else "than"
    return f"{value.comparison_95} {preposition} England"


def caution(indicator: Indicator) -> str:
    """What must be read beside the title; empty for most."""
    if indicator.indicator_id in _ROUTED:
        return indicator.definition
    return _CHOICE if _CHOICE in indicator.definition else ""


def polarity(indicator: Indicator) -> str:
    """Which way is better, if either is."""
    return {
        "high": "Higher is better.",
        "low": "Lower is better.",
    }.get(indicator.polarity, "Neither higher nor lower is better in itself.")


def reviewed(indicator: Indicator) -> str:
    """Whether people have looked at the indicator with the team."""
    if indicator.reviewed_with_people:
        return f"Reviewed with people: {indicator.reviewed_with_people}."
    return "Not yet reviewed with people."


def lateness(extract: ExtractUse) -> str:
    """Whether a newer edition should be here."""
    if extract.is_late is None:
        return "not judged: no date promised"
    due = f" by {day(extract.expected_by)}" if extract.expected_by else ""
    if extract.is_late:
        return f"late: expected{due}" if due else "late"
    return f"not late: next expected{due}" if due else "not late: no date promised"


def short_area(name: str) -> str:
    """An area's name as charts write it."""
    return re.sub(r"( Integrated Care Board| ICB)$", "", name.removeprefix("NHS "))


def _number(indicator: Indicator, value: float) -> str:
    if indicator.is_share:
        return percent(value)
    if indicator.unit == "per_10000":
        return f"{rate(value)} per 10,000 people registered"
    return f"{figure(value)} {indicator.unit.replace('_', ' ')}".strip()


def _listed(parts: list[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _tidy(reason: str) -> str:
    return reason.replace(" %", "%").strip()
