"""Numbers, periods, states, comparisons and names in words."""

from dataclasses import replace
from datetime import date

import pytest

from assets.reports import wording
from assets.reports.records import ExtractUse, Value

VALUE = Value(
    indicator_id="X", area_type="practice", area_code="A10001", hierarchy_basis="not_applicable",
    period_start=date(2025, 1, 1), period_end=date(2025, 3, 31), series_id="gpps_from_2024",
    category_type="all", category="all", numerator=None, denominator=None, unweighted_base=None,
    value=0.8, unit="proportion", lower_95=0.7, upper_95=0.9, lower_95_recomputed=0.65,
    upper_95_recomputed=0.95, ci_basis="printed", benchmark_value=None, comparison_95=None,
    change_since_previous=None, change_lower_95=None, change_upper_95=None, trend=None,
    coverage=None, value_state="reported", value_reason="", dq_flags="",
)  # fmt: skip
MINUS = "\N{MINUS SIGN}"


@pytest.mark.parametrize(
    ("number", "words"),
    [(0.9116712, "91.2%"), (0.0005, "0.1%"), (0.8995, "90.0%"), (1.0, "100.0%"), (0.0, "0.0%")],
)
def test_percent(number: float, words: str) -> None:
    assert wording.percent(number) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [(0.3240360, "0.32"), (0.0717680, "0.072"), (1.25, "1.3"), (12.34, "12"), (123.4, "123"),
     (0.0, "0")],
)  # fmt: skip
def test_rate(number: float, words: str) -> None:
    assert wording.rate(number) == words


@pytest.mark.parametrize(
    ("unit", "number", "full", "short"),
    [
        ("proportion", 0.3, "30.0%", "30.0%"),
        ("per_1000", 12.34, "12 per 1,000 people", "12"),
        ("per_10000", 0.676, "0.68 per 10,000 people", "0.68"),
        ("per_100000", 81.67, "82 per 100,000 people", "82"),
        ("gbp_per_1000", 523.12, "£523 per 1,000 people", "£523"),
        ("score", 50.93, "50.9", "50.9"),
        ("slope", -8.304, f"{MINUS}8.30", f"{MINUS}8.30"),
        ("slope_pp", 6.88, "6.9 percentage points", "6.9"),
    ],
)
def test_number_in_its_unit(unit: str, number: float, full: str, short: str) -> None:
    assert wording.number(unit, number) == full
    assert wording.short_number(unit, number) == short


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (date(2025, 1, 1), date(2025, 12, 31), "2025"),
        (date(2025, 1, 1), date(2025, 3, 31), "January to March 2025"),
        (date(2022, 9, 1), date(2022, 9, 30), "September 2022"),
        (date(2024, 4, 1), date(2025, 3, 31), "2024/25 (April to March)"),
        (date(2024, 11, 1), date(2025, 2, 28), "November 2024 to February 2025"),
        (date(2025, 3, 31), date(2025, 3, 31), "31 March 2025"),
        (date(2025, 3, 2), date(2025, 4, 1), "2 March 2025 to 1 April 2025"),
    ],
)
def test_period(start: date, end: date, words: str) -> None:
    assert wording.period(start, end) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [(None, "not calculated"), (3.7e-7, "less than 0.000001"), (-402.0, f"{MINUS}402"),
     (0.258261603, "0.258262"), (2721415.0, "2,721,415"), (0.0, "0")],
)  # fmt: skip
def test_figure(number: float | None, words: str) -> None:
    assert wording.figure(number) == words


@pytest.mark.parametrize("state", sorted(wording.STATES))
def test_every_state_has_words_and_its_reason(state: str) -> None:
    value = replace(VALUE, value=None, value_state=state, value_reason="at least 80 % needed")
    reason = "" if state == "suppressed" else ": at least 80% needed"
    assert wording.state(value) == f"{wording.STATES[state]}{reason}"


def test_implausible_printed_limits_give_way_to_ours() -> None:
    assert VALUE.limits == (0.7, 0.9)
    assert wording.interval_basis(VALUE) == "as published"
    ours = replace(VALUE, dq_flags="comparison_on_recomputed_limits,incomplete_period")
    assert ours.limits == (0.65, 0.95)
    assert wording.interval_basis(ours) == "calculated by us"


@pytest.mark.parametrize(
    ("change", "low", "high", "words"),
    [
        (None, None, None, ""),
        (0.021, None, None, "+2.1 points since the period before"),
        (-0.021, -0.03, -0.01,
         f"{MINUS}2.1 points since the period before ({MINUS}3.0 to {MINUS}1.0)"),
        (0.021, -0.01, 0.05,
         f"+2.1 points since the period before ({MINUS}1.0 to +5.0; may be chance)"),
    ],
)  # fmt: skip
def test_change_says_what_chance_may_have_done(
    change: float | None, low: float | None, high: float | None, words: str
) -> None:
    value = replace(VALUE, change_since_previous=change, change_lower_95=low, change_upper_95=high)
    assert wording.change(value) == words


def test_old_periods_say_how_old_they_are() -> None:
    assert wording.period_with_age(VALUE, date(2026, 11, 26)) == "January to March 2025"
    assert wording.period_with_age(VALUE, date(2027, 11, 26)) == (
        "January to March 2025; 2 years old when this was published"
    )


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("DR O'NEILL & PARTNERS", "Dr O'Neill & Partners"),
        ("ST PETER'S HEALTH CENTRE (MK)", "St Peter's Health Centre (MK)"),
        ("THE SURGERY ON THE HILL", "The Surgery on the Hill"),
        ("RIVERSIDE PCN", "Riverside PCN"),
        ("NHS Example Vale ICB", "NHS Example Vale ICB"),
        ("PRACTICE 7B", "Practice 7B"),
    ],
)
def test_names_do_not_shout(name: str, words: str) -> None:
    assert wording.area_name(name) == words


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("2026-11-26T074652Z-7a661819", "26 November 2026, 07:46 UTC"),
        ("benchmark", "time not recorded"),
    ],
)
def test_refreshed(version: str, words: str) -> None:
    assert wording.refreshed(version) == words


@pytest.mark.parametrize(
    ("is_late", "made_up", "due", "words"),
    [
        (True, 0, date(2025, 6, 29), "late: expected by 29 June 2025"),
        (False, 0, date(2025, 6, 29), "not late: next expected by 29 June 2025"),
        (False, 0, None, "not late: no date promised"),
        (False, 1, date(2025, 6, 29), "not judged: made-up data have no calendar"),
        (None, 0, None, "not judged: no date promised"),
    ],
)
def test_whether_an_extract_is_late(
    is_late: bool | None, made_up: int, due: date | None, words: str
) -> None:
    extract = ExtractUse(
        "qof", "QOF", "OGL", "NHS", "NHS", "analytics", "annual", True, "2024/25", None, due,
        is_late, 1, made_up, 10, 0, True,
    )  # fmt: skip
    assert wording.lateness(extract) == words
