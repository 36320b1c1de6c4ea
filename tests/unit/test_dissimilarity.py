"""Dissimilarity and its chance range against exact sums and simulation."""

import math
from typing import Any

import numpy as np
import pytest
from awkward_numbers import INFINITY, NAN
from macro_rendering import evaluate, render, run_select
from scipy import stats  # type: ignore[import-untyped]

People = tuple[str, str, float | None, float | None]


def indices(people: list[People], **options: Any) -> list[dict[str, Any]]:
    columns = ("area", "people_group", "seats", "people")
    return run_select(
        render("dissimilarity", "seats_by_group", ["area"], *columns[1:], **options),
        "seats_by_group",
        {name: [row[i] for row in people] for i, name in enumerate(columns)},
        order_by="area",
    )


def test_log_factorial_agrees_with_lgamma() -> None:
    numbers = [*map(float, range(300)), 1e4, 123456.0, 1e7, 1e9]
    out = evaluate([render("log_factorial", "x")], {"x": numbers})
    assert [value for (value,) in out] == pytest.approx(
        [math.lgamma(x + 1) for x in numbers], rel=1e-13
    )


@pytest.mark.parametrize("number", [None, NAN, INFINITY, -1.0, 0.5, 10.5, 1e10])
def test_log_factorial_is_of_whole_numbers(number: float | None) -> None:
    assert evaluate([render("log_factorial", "x")], {"x": [number]}) == [(None,)]


def test_mean_deviation_agrees_with_the_sum_over_all_counts() -> None:
    random = np.random.default_rng(20261125)
    cases = [
        *((n, p) for n in (1, 2, 9, 10, 11, 100) for p in (0.0, 1e-9, 0.01, 0.1, 0.5, 0.9, 1.0)),
        *zip(
            random.integers(1, 3000, 500).tolist(), random.uniform(0, 1, 500).tolist(), strict=True
        ),
    ]
    out = evaluate(
        [render("binomial_mean_deviation", "n", "p")],
        {"n": [float(n) for n, _ in cases], "p": [p for _, p in cases]},
    )
    for (n, p), (actual,) in zip(cases, out, strict=True):
        counts = np.arange(n + 1)
        expected = (abs(counts - n * p) * stats.binom.pmf(counts, n, p)).sum()
        assert actual == pytest.approx(expected, rel=1e-8, abs=1e-12), (n, p)


def test_index_is_half_the_sum_of_gaps() -> None:
    random = np.random.default_rng(20261125)
    people: list[People] = []
    expected = []
    for area in range(500):
        k = int(random.integers(2, 10))
        seats = random.integers(0, 60, k) * (random.random(k) < 0.8)
        residents = random.integers(0, 90000, k)
        if not seats.sum() or not residents.sum():
            continue
        people += [
            (f"{area:04}", f"g{i}", float(s), float(p))
            for i, (s, p) in enumerate(zip(seats, residents, strict=True))
        ]
        gap = abs(seats / seats.sum() - residents / residents.sum()).sum() / 2
        expected.append((k, seats.sum(), gap, 100 * (1 - gap), seats.sum() >= 100))
    for row, (k, seats, gap, index, has_chance) in zip(indices(people), expected, strict=True):
        assert (row["compared_groups"], row["seats"]) == (k, seats)
        assert row["dissimilarity"] == pytest.approx(gap, abs=1e-12)
        assert row["similarity_index"] == pytest.approx(index, abs=1e-10)
        assert (row["chance_index_mean"] is not None) is bool(has_chance)


POPULATIONS = {
    "mixed": [0.62, 0.18, 0.09, 0.06, 0.05],
    "mostly one": [0.92, 0.04, 0.02, 0.01, 0.01],
    "nearly all one": [0.97, 0.015, 0.008, 0.005, 0.002],
    "fifths": [0.2] * 5,
    "nine": [0.15, 0.15, 0.15, 0.15, 0.1, 0.1, 0.1, 0.05, 0.05],
    "three": [0.5, 0.3, 0.2],
    "with nobody in one": [0.5, 0.5, 0.0],
}


@pytest.mark.parametrize("seats", [100, 150, 400, 5000])
@pytest.mark.parametrize("shares", list(POPULATIONS.values()), ids=list(POPULATIONS))
def test_chance_agrees_with_drawing_lots(seats: int, shares: list[float]) -> None:
    p = np.array(shares)
    drawn = np.random.default_rng(20261125).multinomial(seats, p, 60_000)
    simulated = 100 * (1 - abs(drawn / seats - p).sum(axis=1) / 2)
    counts = [float(seats), *[0.0] * (len(shares) - 1)]
    rows: list[People] = [
        ("a", f"g{i}", count, 1e6 * share)
        for i, (count, share) in enumerate(zip(counts, shares, strict=True))
    ]
    (row,) = indices(rows)
    assert row["chance_index_mean"] == pytest.approx(
        simulated.mean(), abs=3 * simulated.std() / 244
    )
    # the index moves in steps of one seat; beyond that, a twentieth of the width of the range
    low, high = np.quantile(simulated, [0.025, 0.975])
    slack = 100 / seats + 0.05 * (high - low)
    assert row["chance_index_lower_95"] == pytest.approx(low, abs=slack)
    assert row["chance_index_upper_95"] == pytest.approx(high, abs=slack)
    inside = (simulated > row["chance_index_lower_95"]) & (simulated < row["chance_index_upper_95"])
    # two groups have a half-normal gap, which a gamma distribution follows least
    assert (0.895 if sum(p > 0) == 2 else 0.915) < inside.mean() < 0.985


EXAMPLE: list[People] = [("a", "x", 70.0, 600.0), ("a", "y", 20.0, 300.0), ("a", "z", 20.0, 100.0)]


@pytest.mark.parametrize("value", [None, NAN, INFINITY, -1.0])
@pytest.mark.parametrize("column", [2, 3], ids=["seats", "people"])
def test_one_group_without_a_number_leaves_no_index(value: float | None, column: int) -> None:
    row = [*EXAMPLE[1]]
    row[column] = value  # type: ignore[call-overload]
    assert indices([EXAMPLE[0], tuple(row), EXAMPLE[2]]) == []  # type: ignore[list-item]


@pytest.mark.parametrize("column", [2, 3], ids=["seats", "people"])
def test_no_seats_or_nobody_leaves_no_index(column: int) -> None:
    rows = [(*row[:column], 0.0, *row[column + 1 :]) for row in EXAMPLE]
    assert indices(rows) == []  # type: ignore[arg-type]


def test_chance_is_shown_from_the_fewest_seats_up() -> None:
    assert indices(EXAMPLE, minimum_seats=111)[0]["chance_index_mean"] is None
    assert indices(EXAMPLE, minimum_seats=110)[0]["chance_index_mean"] is not None


def test_sets_do_not_mix() -> None:
    other: list[People] = [("b", "x", 500.0, 1.0), ("b", "y", 0.0, 99.0)]
    assert indices([*EXAMPLE, *other])[0] == indices(EXAMPLE)[0]
