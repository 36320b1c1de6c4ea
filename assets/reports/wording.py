"""Numbers, intervals, periods and value states in words: how the report speaks.

Says "people said", never "patients"; says why there is no number, never leaves a blank.
"""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from assets.reports.records import ExtractUse, Indicator, Value

STATES = {
    "suppressed_source": "too few to show (withheld by the publisher)",
    "suppressed": "too few to show (withheld by us, so that nobody can be recognised)",
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
LEVELS = {
    "england": ("England", "England"),
    "region": ("NHS England region", "NHS England regions"),
    "icb": ("Integrated care board", "Integrated care boards"),
    "sub_icb": ("Sub-ICB location", "Sub-ICB locations"),
    "pcn": ("Primary care network", "Primary care networks"),
    "practice": ("GP practice", "GP practices"),
    "organisation": ("Organisation", "Organisations"),
    "programme": ("Programme", "Programmes"),
}
BASES = {
    "as_is": "on today's membership",
    "as_was": "on the membership of the time",
    "not_applicable": "",
}
SERIES = {
    "gpps_2018_2023": "survey until 2023",
    "gpps_from_2024": "survey from 2024",
    "ncdes_ytd": "people since 1 April, network contract",
    "ncdes_monthly_flow": "people added in the month, network contract",
    "pcact_patients_ytd": "people since 1 April",
    "pcact_patients_month": "people in the month",
    "pcact_events_month": "times recorded in the month",
    "sp_referrals": "referrals received",
    "sp_referrals_ytd": "referrals received since 1 April",
    "phb_ytd": "since 1 April",
    "prom_collaborate4": "collaboRATE, four-point answers",
    "prom_collaborate9": "collaboRATE, ten-point answers",
    "prom_sdmq9": "SDM-Q-9",
    "prom_pam13": "Patient Activation Measure",
    "prom_mycaw": "MYCaW",
    "prom_ucla3": "UCLA three-item scale",
}
STATUSES = {
    "open": "open",
    "closed": "closed",
    "not_yet_open": "not yet open",
}
# What a mark of a comparison looks like; the word always stands beside it.
MARKS = {
    "better": "\N{BLACK UP-POINTING TRIANGLE}",
    "worse": "\N{BLACK DOWN-POINTING TRIANGLE}",
    "similar": "\N{BLACK CIRCLE}",
    "higher": "\N{UPWARDS ARROW}",
    "lower": "\N{DOWNWARDS ARROW}",
}
# The words that follow a number in its unit; a percentage, a score and pounds have none or more.
UNITS = {
    "per_1000": "per 1,000 people",
    "per_10000": "per 10,000 people",
    "per_100000": "per 100,000 people",
    "slope_pp": "percentage points",
}
# Words of the names of organisations: those that stay in capitals, and those without any.
_CAPITALS = re.compile(r"NHS|ICB|PCN|GPS?|UK|CIC|LLP|A?PMS|MK|BHR|[NS][EW]|[IV]{2,}|.*\d.*")
_SMALL = re.compile(r"and|of|the|in|on|at|for|with|to|upon|by|de|le|la", re.IGNORECASE)

_ROUTED = frozenset({"PC-PCSP-02"})
_CHOICE = "GP appointment choice only; legal rights to choose are not measured here."
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


def opened(words: str) -> str:
    """Words as they open a sentence; names and months within keep their capitals."""
    return words[:1].upper() + words[1:]


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


def month(when: date) -> str:
    """A month as people write it."""
    return f"{calendar.month_name[when.month]} {when.year}"


def refreshed(version: str) -> str:
    """When a release was made, which its version begins with."""
    if not (found := re.match(r"(\d{4})-(\d{2})-(\d{2})T(\d{2})(\d{2})\d{2}Z", version)):
        return "time not recorded"
    year, number_of_month, number_of_day, hour, minute = found.groups()
    when = day(date(int(year), int(number_of_month), int(number_of_day)))
    return f"{when}, {hour}:{minute} UTC"


@lru_cache(maxsize=2000)
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
    if value.value_state == "suppressed":
        # Everything that we withhold has the one published reason, which the words give.
        return words
    return f"{words}: {_tidy(value.value_reason)}" if value.value_reason else words


def number(unit: str, value: float) -> str:
    """A value in its unit: one decimal for percentages, two significant figures for rates."""
    if unit == "proportion":
        return percent(value)
    if unit == "gbp_per_1000":
        return f"{_signed(value, '£' + rate(abs(value)))} per 1,000 people"
    if unit == "slope_pp":
        return f"{_signed(value, decimal(abs(value), 1))} percentage points"
    if unit in ("score", "slope"):
        return _signed(value, decimal(abs(value), 1 if unit == "score" else 2))
    words = UNITS.get(unit, unit.replace("_", " "))
    return f"{_signed(value, rate(abs(value)))} {words}".strip()


def short_number(unit: str, value: float) -> str:
    """A value without the words of its unit, for a column that names the unit."""
    if unit == "gbp_per_1000":
        return _signed(value, "£" + rate(abs(value)))
    return number(unit, value).removesuffix(UNITS.get(unit, "")).strip()


def amount(indicator: Indicator, value: Value | None) -> str:
    """The number in its unit, or the reason for there being none."""
    if value is None:
        return "not available: the release has no value"
    if value.value is None:
        return state(value)
    words = number(value.unit or indicator.unit, value.value)
    return f"{words} (a true zero)" if value.value_state == "zero" else words


def reach(value: Value | None) -> str:
    """Whose registered people the number covers, where that is known and not everybody."""
    if value is None or value.coverage is None or value.coverage >= 0.9995:
        return ""
    return f"covers {percent(value.coverage)} of registered people"


def interval(indicator: Indicator, value: Value | None) -> str:
    """The 95 % interval, or why there is none."""
    if value is None or value.value is None:
        return "no interval: no value"
    if value.limits is None:
        return _no_interval(indicator)
    unit = value.unit or indicator.unit
    return " to ".join(short_number(unit, limit) for limit in value.limits)


def _no_interval(indicator: Indicator) -> str:
    if indicator.counts_staff:
        return NO_INTERVAL_FOR_STAFF
    if indicator.is_complete_enumeration:
        return "no interval: all are counted, so nothing is left to chance"
    if indicator.method.endswith("_noci"):
        return "no interval: not a count of separate events"
    return "no interval"


def interval_basis(value: Value | None) -> str:
    """Who calculated the interval; empty where there is none."""
    if value is None or value.limits is None:
        return ""
    if value.is_on_recomputed_limits or value.ci_basis == "recomputed":
        return "calculated by us"
    return "as published" if value.ci_basis == "printed" else ""


def answering(indicator: Indicator, value: Value | None) -> str:
    """How many people answered, unweighted."""
    if not indicator.is_survey:
        return "does not apply: not a survey"
    if value is None or value.unweighted_base is None:
        return "not published"
    return f"{whole(value.unweighted_base)} people aged 16 and over"


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
    if extract.synthetic_in_use and not extract.is_late:
        return "not judged: made-up data have no calendar"
    due = f" by {day(extract.expected_by)}" if extract.expected_by else ""
    if extract.is_late:
        return f"late: expected{due}" if due else "late"
    return f"not late: next expected{due}" if due else "not late: no date promised"


def short_area(name: str) -> str:
    """An area's name as charts write it."""
    return re.sub(r"( Integrated Care Board| ICB)$", "", name.removeprefix("NHS "))


def fifth(number_of_fifth: int) -> str:
    """A deprivation fifth of practices, 1 the most deprived."""
    return {
        1: "most deprived fifth",
        2: "second most deprived fifth",
        3: "middle fifth by deprivation",
        4: "second least deprived fifth",
        5: "least deprived fifth",
    }[number_of_fifth]


def series(series_id: str) -> str:
    """What a series counts, for where an indicator has more than one."""
    return SERIES.get(series_id, series_id.replace("_", " "))


def change(value: Value) -> str:
    """The difference from the period before in the same series, with its interval."""
    if value.change_since_previous is None:
        return ""
    said = _difference(value.unit, value.change_since_previous)
    if value.change_lower_95 is None or value.change_upper_95 is None:
        return f"{said} since the period before"
    low, high = value.change_lower_95, value.change_upper_95
    ends = [_difference(value.unit, limit).removesuffix(" points") for limit in (low, high)]
    between = " to ".join(ends)
    clear = "; may be chance" if low <= 0 <= high else ""
    return f"{said} since the period before ({between}{clear})"


def _difference(unit: str, value: float) -> str:
    if unit == "proportion":
        words = f"{decimal(float(Decimal(repr(abs(value))) * 100), 1)} points"
    else:
        words = short_number(unit, abs(value))
    return f"+{words}" if value > 0 and re.search(r"[1-9]", words) else _signed(value, words)


def area_name(name: str) -> str:
    """An area's name as people write it: the registers of organisations shout."""
    if name != name.upper():
        return name
    words = [
        word
        if _CAPITALS.fullmatch(word.strip("().,"))
        else word.lower()
        if place and _SMALL.fullmatch(word)
        else re.sub(r"[A-Z]+", lambda found: found[0].capitalize(), word)
        for place, word in enumerate(name.split())
    ]
    # A letter after an apostrophe begins a name (O'Neill), except the s of a genitive.
    return re.sub(r"(?<=['\N{RIGHT SINGLE QUOTATION MARK}])S\b", "s", " ".join(words))


def _signed(value: float, words: str) -> str:
    """Words of a number without its sign, with it; what is nought when rounded has none."""
    is_nought = not re.search(r"[1-9]", words.partition(" per ")[0])
    return f"\N{MINUS SIGN}{words}" if value < 0 and not is_nought else words


def _listed(parts: list[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _tidy(reason: str) -> str:
    return reason.replace(" %", "%").strip()
