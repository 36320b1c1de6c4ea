"""What the catalogue says in codes, in words: methods, disclosure control, states of life."""

from __future__ import annotations

from collections.abc import Mapping

from assets.reports import wording
from assets.reports.records import Indicator, Value

METHODS: Mapping[str, str] = {
    "survey_wilson": "Weighted share of the answers; the survey's own 95% interval (Wilson).",
    "survey_wilson_derived": (
        "Two weighted shares of the survey multiplied; 95% interval calculated by us (Wilson on "
        "the effective number of answers)."
    ),
    "wilson": "Share, with Wilson's 95% interval.",
    "rate_byar": "Rate of a count, with Byar's 95% interval.",
    "rate_noci": "Rate of what is no count (staff time, hours, pounds, attendances): no interval.",
    "mean_t": "Mean, with a 95% interval (Student's t).",
    "mean_noci": "Mean of classes, without an interval.",
    "paired_change": "Mean change of the same people, before and after, with a 95% interval.",
    "sii_log": "Slope index of inequality over fifths of deprivation, fitted on logarithms.",
    "sii_logit": "Slope index of inequality over fifths of deprivation, fitted on log odds.",
    "dissimilarity": (
        "100 less half of the sum of all differences between two sets of shares, beside what "
        "chance alone would give."
    ),
}
DISCLOSURE: Mapping[str, str] = {
    "survey": "Withheld where fewer than 10 people answered.",
    "as_published": "As the publisher released it; nothing is rounded or withheld further.",
    "std": (
        "Counts of people from 1 to 7 are withheld, others rounded to the nearest 5, and more is "
        "withheld where a total would tell."
    ),
    "exempt": "Not about people one could recognise (seats, groups, projects, staff time).",
}
STATUSES: Mapping[str, str] = {
    "live": "Live: its source still publishes.",
    "historic": "Historic: its source has ended, so no newer values will come.",
    "local": "Local: made of records that organisations choose to send.",
    "optional": "Optional: made of records that few organisations send.",
}
LOCAL = (
    "Only those who chose to send records are here, so there is no England value, nobody is "
    "called better or worse, and no order of areas is shown."
)
# What a reader would otherwise get wrong; see the traps at the head of the domain page.
CAUTIONS: Mapping[str, str] = {
    "PC-PCSP-02": (
        "Do not read it as the share of people with a long-term condition who have a plan: only "
        "people who had the conversation are asked."
    ),
    "PC-SP-01": (
        "People, not referrals: somebody referred three times in a year counts once. Providers "
        "count referrals, and the two are never put on one axis."
    ),
    "PC-SP-02": "Referrals, not people: somebody may be referred more than once.",
    "PC-OUT-03": "People who come when things are worst are often better later in any case.",
    "PC-OUT-04": "People who come when things are worst are often better later in any case.",
}
CATEGORIES: Mapping[str, str] = {
    "pci_core": "Personalised Care Institute core",
    "sdm": "shared decision making",
    "pcsp": "care and support planning",
    "asset_based": "asset-based working",
    "most_deprived_fifth": "to the most deprived fifth",
    "follow_up": "followed up",
}
_SURVEY = (
    "What people aged 16 and over said. Each level is weighted separately, so practices do not "
    "add up to their network or board. The questionnaire changed in 2024: earlier years are never "
    "compared with later ones."
)
_BUDGETS = "Counted from 1 April on: each quarter holds the ones before, and April starts again."
_NEGATIVE_FLOWS = (
    "Counts since 1 April start again each April; a month is the difference of two of them and "
    "falls below zero when people leave the list."
)


def cautions(indicator: Indicator, series: frozenset[str]) -> list[str]:
    """What must be read with the indicator, most particular first."""
    found = []
    if indicator.indicator_id in CAUTIONS:
        found.append(CAUTIONS[indicator.indicator_id])
    elif said := wording.caution(indicator):
        found.append(said)
    if indicator.benchmark == "none":
        found.append(LOCAL)
    if indicator.is_survey:
        found.append(_SURVEY)
    if any(name.startswith("ncdes_") for name in series):
        found.append(_NEGATIVE_FLOWS)
    if "phb_ytd" in series:
        found.append(_BUDGETS)
    if indicator.counts_staff:
        found.append("There is no interval, because what is counted is no count of people.")
    if indicator.polarity == "none":
        found.append("Neither higher nor lower is better in itself, so nothing is rated.")
    return found


def counts(indicator: Indicator, value: Value) -> str:
    """What a value was made of, as counts: ``14 of 52``, or how many answered; empty without."""
    if indicator.is_survey:
        return wording.whole(value.unweighted_base) if value.unweighted_base is not None else ""
    if value.numerator is None or value.denominator is None:
        return ""
    numerator, denominator = (_plain(n) for n in (value.numerator, value.denominator))
    return f"{numerator} of {denominator}" if value.unit == "proportion" else denominator


def base_heading(indicator: Indicator) -> str:
    """What ``counts`` counts, for the head of a column."""
    if indicator.is_survey:
        return "People who answered (n)"
    return "Counted (n)" if indicator.is_share else "Base (n)"


def amount_counted(value: Value) -> str:
    """The raw count of a rate (champions, hours, attendances, pounds), before it is divided."""
    if value.numerator is None or value.unit == "proportion":
        return ""
    if value.unit == "gbp_per_1000":
        return f"£{wording.decimal(value.numerator, 0)}"
    return _plain(value.numerator) if value.unit.startswith("per_") else ""


def category(value: Value) -> str:
    """What part of the whole a value is about: an answer, a course, a class."""
    return CATEGORIES.get(value.category, value.category.replace("_", " "))


def _plain(number: float) -> str:
    return wording.decimal(number, 0 if number == int(number) else 1)
