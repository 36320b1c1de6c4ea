"""The five-point trend marker against the published algorithm, written out step by step."""

import math
from typing import Any

import numpy as np
import pytest
from awkward_numbers import INFINITY, NAN
from macro_rendering import render, run_select
from scipy import stats  # type: ignore[import-untyped]

COLUMNS = ("series", "year", "v", "l", "u", "x", "n", "polarity")
Point = tuple[str, int, float | None, float | None, float | None, float | None, float | None, str]

CHI_SQUARE = 9.54953570608324


def trends(points: list[Point]) -> list[dict[str, Any]]:
    return run_select(
        render("five_point_trend", "points", ["series"], "year", *COLUMNS[2:]),
        "points",
        {name: [point[i] for point in points] for i, name in enumerate(COLUMNS)},
        order_by="series, year",
    )


def reference(points: list[Point]) -> list[tuple[str, int, str]]:
    """The trend of the last five valid points at each valid point, as the source computes it."""
    out = []
    for name in sorted({point[0] for point in points}):
        valid = [
            point
            for point in sorted(points, key=lambda point: point[1])
            if point[0] == name
            and all(number is not None and math.isfinite(number) for number in point[2:7])
            and point[6] > 0  # type: ignore[operator]
        ]
        for last in range(1, len(valid) + 1):
            five = valid[max(0, last - 5) : last]
            out.append((name, five[-1][1], trend_of(five)))
    return out


def trend_of(points: list[Any]) -> str:
    if len(points) < 5:
        return f"too few periods ({len(points)} of 5)"
    _, _, values, lowers, uppers, counts, bases, polarities = zip(*points, strict=True)
    widths = np.subtract(uppers, lowers)
    if any(map(np.equal, counts, bases)) or (widths <= 0).any():
        return "cannot be calculated"
    y, t, w = np.array(values), np.arange(1, 6), 1 / (widths / 3.92) ** 2
    fits = [slope(y, t, w), *(slope(*(np.delete(a, i) for a in (y, t, w))) for i in range(5))]
    error = math.sqrt(w.sum() / (w.sum() * (w * t * t).sum() - (w * t).sum() ** 2))
    signs = {fit < 0 for fit in fits}
    if (fits[0] / error) ** 2 <= CHI_SQUARE or len(signs) == 2:
        return "no significant change"
    word = "increasing" if fits[0] > 0 else "decreasing"
    good = {"high": "increasing", "low": "decreasing"}.get(polarities[-1])
    return f"{word} and getting {'better' if word == good else 'worse'}" if good else word


def slope(y: Any, t: Any, w: Any) -> float:
    """By numpy's own least squares, whose weights multiply the residuals."""
    return float(np.polyfit(t, y, 1, w=np.sqrt(w))[0])


def test_threshold_is_the_998_quantile_of_chi_square() -> None:
    assert stats.chi2.isf(0.002, 1) == pytest.approx(CHI_SQUARE, rel=1e-12)


def test_trend_agrees_with_the_published_algorithm_on_random_series() -> None:
    random = np.random.default_rng(20261125)
    points: list[Point] = []
    for series in range(800):
        base = int(random.integers(20, 3000))
        share, drift = random.uniform(0.05, 0.95), random.normal(0, 0.03)
        polarity = str(random.choice(["high", "low", "none", "odd"]))
        for year in range(int(random.integers(3, 9))):
            if random.random() < 0.1:
                continue  # years need not follow each other
            value = float(np.clip(share + drift * year + random.normal(0, 0.01), 0, 1))
            half = 1.96 * math.sqrt(value * (1 - value) / base) + 1e-6
            count: float | None = value * base
            lower, upper = value - half * random.uniform(0.8, 1), value + half
            if random.random() < 0.03:
                count = float(base)  # the whole denominator
            if random.random() < 0.03:
                count = random.choice([None, NAN, INFINITY])
            if random.random() < 0.02:
                lower = upper
            points.append(
                (f"{series:04}", 2015 + year, value, lower, upper, count, float(base), polarity)
            )
    actual = [(row["series"], row["year"], row["trend"]) for row in trends(points)]
    assert actual == reference(points)
    assert {trend.split(" (")[0] for _, _, trend in actual} == {
        "too few periods",
        "cannot be calculated",
        "no significant change",
        *(f"{way}{tail}" for way in ("increasing", "decreasing")
          for tail in ("", " and getting better", " and getting worse")),
    }  # fmt: skip


def series_of(values: list[float | None], half: float = 0.5, **other: Any) -> list[Point]:
    return [
        (
            "a",
            2020 + i,
            value,
            other.get("lower", None if value is None else value - half),
            None if value is None else value + half,
            other.get("count", 1.0),
            other.get("base", 2.0),
            "high",
        )
        for i, value in enumerate(values)
    ]


def test_one_row_per_valid_point_says_how_many_there_are() -> None:
    rows = trends(series_of([1.0, 2.0, None, 3.0, 4.0, NAN, 5.0, 6.0]))
    assert [(row["year"], row["first_period"], row["points"], row["trend"]) for row in rows] == [
        (2020, None, 1, "too few periods (1 of 5)"),
        (2021, None, 2, "too few periods (2 of 5)"),
        (2023, None, 3, "too few periods (3 of 5)"),
        (2024, None, 4, "too few periods (4 of 5)"),
        (2026, 2020, 5, "increasing and getting better"),
        (2027, 2021, 5, "increasing and getting better"),
    ]


@pytest.mark.parametrize("value", [0.1, 0.0, 1 / 3, 70.7])
def test_equal_values_have_no_trend(value: float) -> None:
    last = trends(series_of([value] * 5))[-1]
    assert (last["slope"], last["chi_square"]) == (0.0, 0.0)
    assert last["trend"] == "no significant change"


def test_one_outlier_makes_no_trend() -> None:
    last = trends(series_of([10.0, 9.6, 9.4, 9.0, 16.0]))[-1]
    assert last["chi_square"] > CHI_SQUARE
    assert last["has_one_direction"] is False
    assert last["trend"] == "no significant change"


@pytest.mark.parametrize("count", [None, NAN, INFINITY])
def test_points_without_a_count_are_not_valid(count: float | None) -> None:
    assert trends(series_of([1.0, 2.0, 3.0, 4.0, 5.0], count=count)) == []


@pytest.mark.parametrize("base", [0.0, -1.0, None])
def test_points_without_a_base_are_not_valid(base: float | None) -> None:
    assert trends(series_of([1.0, 2.0, 3.0, 4.0, 5.0], base=base)) == []


@pytest.mark.parametrize(
    ("half", "other"),
    [(0.0, {}), (0.5, {"count": 2.0}), (1e-200, {}), (1e300, {})],
    ids=["limits coincide", "count is denominator", "weights overflow", "weights vanish"],
)
def test_what_cannot_be_calculated_says_so(half: float, other: dict[str, Any]) -> None:
    last = trends(series_of([1.0, 2.0, 3.0, 4.0, 5.0], half, **other))[-1]
    assert last["trend"] == "cannot be calculated"
    assert (last["slope"], last["chi_square"], last["has_one_direction"]) == (None, None, None)
