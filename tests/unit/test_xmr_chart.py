"""XmR charts and their icons against the rules, written out point by point."""

import itertools
import math
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import numpy as np
import pytest
from awkward_numbers import INFINITY, LARGEST, NAN
from macro_rendering import evaluate, one_row, render, run_select

Series = dict[str, list[tuple[int, float | None]]]  # by name: month number and value


def chart(points: Series, **options: Any) -> list[dict[str, Any]]:
    rows = [(name, month, value) for name, series in points.items() for month, value in series]
    return run_select(
        render("xmr_chart", "points", ["series"], "month", "v", **options),
        "points",
        {
            "series": [name for name, _, _ in rows],
            "month": [date(2020 + month // 12, 1 + month % 12, 1) for _, month, _ in rows],
            "v": [value for _, _, value in rows],
            "half_year": [f"{name}{month // 18}" for name, month, _ in rows],
            "first_points": [9.0] * len(rows),
        },
        order_by="series, month",
    )


def one_chart(values: list[float | None], **options: Any) -> list[dict[str, Any]]:
    return chart({"a": list(enumerate(values))}, **options)


# --- an independent implementation, in loops over points -----------------------------------------


def stretches(series: list[tuple[int, float | None]]) -> list[list[float]]:
    out: list[list[float]] = []
    before = None
    for month, value in sorted(series):
        if value is None or not np.isfinite(value):
            continue
        if before is None or month != before + 1:
            out.append([])
        out[-1].append(value)
        before = month
    return out


def limits_of(values: list[float], fixed: int | None, screens: bool) -> dict[str, float]:
    first = values[:fixed]
    ranges = np.abs(np.diff(first))
    average = ranges.mean() if len(ranges) else 0.0
    if screens and average > 0:
        average = ranges[ranges < 3.267 * average].mean()
    mean = np.mean(first)
    return {
        "mean": mean,
        "average_moving_range": average,
        "lower_limit": mean - 2.66 * average,
        "upper_limit": mean + 2.66 * average,
        "near_lower_limit": mean - 2.66 * average * 2 / 3,
        "near_upper_limit": mean + 2.66 * average * 2 / 3,
    }


def sign(value: float, reference: float) -> int:
    return 0 if math.isclose(value, reference) else 1 if value > reference else -1


def causes_of(values: list[float], limits: dict[str, float]) -> list[set[tuple[str, str]]]:
    """Every special cause of every point, before precedence."""
    found: list[set[tuple[str, str]]] = [set() for _ in values]
    upside_down = [-value for value in values]
    turned = {name.replace("upper", "low_").replace("lower", "upper").replace("low_", "lower"): -v
              for name, v in limits.items()}  # fmt: skip
    for word, numbers, lines in (("high", values, limits), ("low", upside_down, turned)):
        for rule, points in high_runs(numbers, lines):
            for point in points:
                found[point].add((rule, word))
    return found


def high_runs(values: list[float], limits: dict[str, float]) -> Iterator[tuple[str, Sequence[int]]]:
    """Special causes in one direction, up, each with the points it marks."""
    outside = [sign(value, limits["upper_limit"]) == 1 for value in values]
    near = [
        sign(value, limits["near_upper_limit"]) == 1 and not out
        for value, out in zip(values, outside, strict=True)
    ]
    above = [sign(value, limits["mean"]) == 1 for value in values]
    rises = [sign(after, before) == 1 for before, after in itertools.pairwise(values)]
    for i, is_outside in enumerate(outside):
        if is_outside:
            yield "outside_limits", [i]
    for i in range(len(values) - 6):
        if all(rises[i : i + 6]):
            yield "trend", range(i, i + 7)
        if all(above[i : i + 7]):
            yield "shift", range(i, i + 7)
    for i in range(len(values) - 2):
        if all(above[i : i + 3]) and sum(near[i : i + 3]) >= 2:
            yield "two_of_three", [j for j in range(i, i + 3) if near[j]]


PRECEDENCE = ("outside_limits", "trend", "two_of_three", "shift")


def judge(causes: set[tuple[str, str]]) -> tuple[str, set[str | None]]:
    for rule in PRECEDENCE:
        if directions := {direction for cause, direction in causes if cause == rule}:
            return rule, {*directions}
    return "common_cause", {None}


def random_series(random: Any) -> list[tuple[int, float | None]]:
    length = int(random.integers(8, 45))
    kind = random.integers(0, 5)
    values = {
        0: random.normal(50, 5, length),
        1: random.integers(0, 6, length).astype(float),  # ties, and points on the mean
        2: np.cumsum(random.normal(0.6, 1, length)),
        3: np.where(np.arange(length) < length // 2, 40, 46) + random.normal(0, 2, length),
        4: np.full(length, random.uniform(0, 100)) + (random.random(length) < 0.1),
    }[int(kind)]
    out: list[tuple[int, float | None]] = []
    for month, value in enumerate(values):
        lost = random.random()
        if lost < 0.01:
            continue
        out.append((month, None if lost < 0.015 else NAN if lost < 0.02 else float(value)))
    return out


@pytest.mark.parametrize("screens", [True, False])
@pytest.mark.parametrize("fixed", [None, 13])
def test_chart_agrees_with_the_rules_on_random_series(screens: bool, fixed: int | None) -> None:
    random = np.random.default_rng(20261125)
    points = {f"{i:04}": random_series(random) for i in range(400)}
    rows = iter(chart(points, screens=screens, fixed_points=fixed))
    seen = set()
    for name, series in sorted(points.items()):
        for stretch, values in enumerate(stretches(series), start=1):
            resting_on = len(values[:fixed])
            limits = limits_of(values, fixed, screens)
            causes = causes_of(values, limits)
            for position, value in enumerate(values, start=1):
                row = next(rows)
                identity = (row["series"], row["stretch"], row["point_number"], row["value"])
                assert identity == (name, stretch, position, value)
                assert row["limit_points"] == resting_on
                if resting_on < 12:
                    assert row["limits_state"] == "too_few_points"
                    assert (row["special_cause"], row["direction"], row["mean"]) == (None,) * 3
                    continue
                assert row["limits_state"] == ("trial" if resting_on == 12 else "full")
                assert [row[key] for key in limits] == pytest.approx([*limits.values()], rel=1e-9)
                rule, directions = judge(causes[position - 1])
                assert row["special_cause"] == rule, (name, values, position)
                assert row["direction"] in directions, (name, values, position)
                seen.add((rule, row["direction"]))
    assert next(rows, None) is None
    assert len(seen) == 2 * len(PRECEDENCE) + 1


# --- single rules --------------------------------------------------------------------------------

STEADY = [1.0, 2.0] * 6


@pytest.mark.parametrize("value", [0.1, 0.0, 1 / 3, -70.7])
def test_equal_values_are_common_cause(value: float) -> None:
    rows = one_chart([value] * 20)
    assert {row["special_cause"] for row in rows} == {"common_cause"}
    assert {(row["lower_limit"], row["mean"], row["upper_limit"]) for row in rows} == {(value,) * 3}


def test_a_missing_month_stops_the_chart() -> None:
    rows = one_chart([*STEADY, None, *STEADY, 1.0])
    assert [row["stretch"] for row in rows] == [1] * 12 + [2] * 13
    assert [row["limits_state"] for row in rows] == ["trial"] * 12 + ["full"] * 13
    assert [row["point_number"] for row in rows] == [*range(1, 13), *range(1, 14)]


@pytest.mark.parametrize("missing", [NAN, INFINITY, -INFINITY, None])
def test_eleven_points_on_either_side_of_a_gap_are_not_judged(missing: float | None) -> None:
    rows = one_chart([*STEADY[:11], missing, *STEADY[:11]])
    assert {row["limits_state"] for row in rows} == {"too_few_points"}
    assert {(row["special_cause"], row["lower_limit"]) for row in rows} == {(None, None)}


def test_quarters_are_three_months_apart() -> None:
    quarters = {"a": [(3 * i, value) for i, value in enumerate(STEADY)]}
    assert {row["stretch"] for row in chart(quarters, months_apart=3)} == {1}
    assert {row["stretch"] for row in chart(quarters)} == set(range(1, 13))


def test_no_run_or_range_crosses_a_segment() -> None:
    values = [*[40.0, 41.0] * 9, *[60.0, 61.0] * 9]
    whole, rebased = one_chart(values), one_chart(values, segment="half_year")
    assert {row["special_cause"] for row in whole} != {"common_cause"}
    assert {row["special_cause"] for row in rebased} == {"common_cause"}
    assert [row["mean"] for row in rebased] == [40.5] * 18 + [60.5] * 18
    assert {row["average_moving_range"] for row in rebased} == {1.0}


def test_fixed_points_may_differ_by_series() -> None:
    rows = one_chart([1.0, 2.0] * 8, fixed_points="first_points", minimum_points=5)
    assert {row["limit_points"] for row in rows} == {9}


def test_nothing_of_another_series_enters() -> None:
    alone = one_chart([*STEADY, 9.0])
    together = chart({"a": list(enumerate([*STEADY, 9.0])), "b": list(enumerate([500.0] * 30))})
    assert [row for row in together if row["series"] == "a"] == alone


WIDE = [0.0, 80.0] * 8  # ranges that keep everything else inside the limits


def test_a_turning_point_has_the_direction_of_the_trend_it_ends() -> None:
    rows = one_chart([*map(float, range(30, 37)), *map(float, range(35, 28, -1)), *WIDE])
    assert [row["direction"] for row in rows[:14]] == ["high"] * 7 + ["low"] * 7
    assert {row["special_cause"] for row in rows[:14]} == {"trend"}


def test_a_rise_below_the_mean_is_still_high() -> None:
    rows = one_chart([*map(float, range(20, 27)), *WIDE])[:7]
    assert max(row["value"] - row["mean"] for row in rows) < 0
    assert {(row["special_cause"], row["direction"]) for row in rows} == {("trend", "high")}


def test_nothing_infinite_comes_out_of_huge_values() -> None:
    for row in one_chart([LARGEST, -LARGEST] * 7):
        numbers = [value for value in row.values() if isinstance(value, float)]
        assert all(map(np.isfinite, numbers)), row


# --- icons ---------------------------------------------------------------------------------------

CAUSES = [*PRECEDENCE, "common_cause", None]
POLARITIES = ["high", "low", "none", "other", None]


def test_variation_icon_says_what_a_direction_means() -> None:
    cases = list(itertools.product(CAUSES, ["high", "low"], POLARITIES))
    out = evaluate(
        [render("variation_icon", "cause", "direction", "polarity")],
        {
            "cause": [cause for cause, _, _ in cases],
            "direction": [
                None if cause in (None, "common_cause") else direction
                for cause, direction, _ in cases
            ],
            "polarity": [polarity for _, _, polarity in cases],
        },
    )
    for (cause, direction, polarity), (icon,) in zip(cases, out, strict=True):
        if cause is None or polarity not in ("high", "low", "none"):
            assert icon is None, (cause, direction, polarity)
        elif cause == "common_cause":
            assert icon == "common"
        else:
            meaning = (
                "neutral" if polarity == "none"
                else "improvement" if polarity == direction else "concern"
            )  # fmt: skip
            assert icon == f"{meaning}_{direction}"


@pytest.mark.parametrize(
    ("lower", "upper", "target", "polarity", "icon"),
    [
        (10.0, 20.0, 5.0, "high", "pass"),
        (10.0, 20.0, 25.0, "high", "fail"),
        (10.0, 20.0, 5.0, "low", "fail"),
        (10.0, 20.0, 25.0, "low", "pass"),
        (10.0, 20.0, 15.0, "high", "inconsistent"),
        (10.0, 20.0, 10.0, "low", "inconsistent"),
        (10.0, 20.0, 20.0, "high", "inconsistent"),
        (10.0, 20.0, 5.0, "none", None),
        (10.0, 20.0, 5.0, "other", None),
        (10.0, 20.0, 5.0, None, None),
        (10.0, 20.0, None, "high", None),
        (None, 20.0, 5.0, "high", None),
        (10.0, None, 5.0, "high", None),
        (20.0, 10.0, 5.0, "high", None),
        (10.0, 20.0, NAN, "high", None),
        (10.0, INFINITY, 5.0, "high", None),
    ],
)
def test_assurance_icon_compares_limits_with_the_target(
    lower: float | None, upper: float | None, target: float | None, polarity: str, icon: str | None
) -> None:
    rendered = render("assurance_icon", "l", "u", "t", "cast(p as varchar)")
    assert one_row([rendered], l=lower, u=upper, t=target, p=polarity) == (icon,)
