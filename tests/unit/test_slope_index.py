"""Slope and relative index of inequality against least squares and simulation."""

from typing import Any

import numpy as np
import pytest
from awkward_numbers import INFINITY, NAN
from macro_rendering import CompilerError, render, run_select

TRANSFORMS = pytest.mark.parametrize("transform", ["none", "log", "logit"])
FORWARD = {"none": lambda v: v, "log": np.log, "logit": lambda v: np.log(v / (1 - v))}
BACK = {"none": lambda y: y, "log": np.exp, "logit": lambda y: 1 / (1 + np.exp(-y))}

Quantile = tuple[str, int, float | None, float | None, float | None]


def indices(quantiles: list[Quantile], transform: str = "none") -> list[dict[str, Any]]:
    columns = ("area", "quantile", "v", "p", "se")
    return run_select(
        render("slope_index", "quantiles", ["area"], *columns[1:], transform),
        "quantiles",
        {name: [row[i] for row in quantiles] for i, name in enumerate(columns)},
        order_by="area",
    )


def random_areas(number: int) -> list[list[Quantile]]:
    random = np.random.default_rng(20261125)
    areas = []
    for area in range(number):
        k = int(random.choice([5, 5, 5, 6, 10]))
        start, slope = random.uniform(0.2, 0.8), random.normal(0, 0.1)
        values = np.clip(start + slope * np.linspace(-0.5, 0.5, k), 0.05, 0.95)
        values = np.clip(values + random.normal(0, 0.01, k), 0.02, 0.98)
        people = random.integers(500, 90000, k)
        errors = random.uniform(0.001, 0.02, k)
        areas.append(
            [
                (f"{area:04}", i + 1, float(v), float(p), float(se))
                for i, (v, p, se) in enumerate(zip(values, people, errors, strict=True))
            ]
        )
    return areas


def fitted_ends(values: Any, people: Any) -> Any:
    """In: transformed values, one row per simulation. Out: the fit at 0 and 1, as the page of
    the source tells it: root a times y on root a and b times root a, without intercept."""
    share = people / people.sum()
    middle = np.cumsum(share) - share / 2
    design = np.column_stack([np.sqrt(share), middle * np.sqrt(share)])
    fit = np.linalg.lstsq(design, (values * np.sqrt(share)).T, rcond=None)[0]
    return fit[0], fit[0] + fit[1]


@TRANSFORMS
def test_index_agrees_with_least_squares(transform: str) -> None:
    areas = random_areas(400)
    rows = indices([quantile for area in areas for quantile in area], transform)
    for area, row in zip(areas, rows, strict=True):
        _, _, v, p, _ = (np.array(column) for column in zip(*area, strict=True))
        y0, y1 = (BACK[transform](y) for y in fitted_ends(FORWARD[transform](v), p))
        assert row["quantiles"] == len(area)
        actual = [row[name] for name in ("most_deprived_value", "least_deprived_value", "sii")]
        assert actual == pytest.approx([y0, y1, y1 - y0], rel=1e-9, abs=1e-12)
        assert row["rii"] == (pytest.approx(y1 / y0) if y0 > 0 and y1 >= 0 else None)
        assert row["sii_lower_95"] < row["sii"] < row["sii_upper_95"]


@TRANSFORMS
def test_limits_agree_with_simulation(transform: str) -> None:
    """As PHEindicatormethods does it: 100,000 draws of the values, then 2.5 and 97.5 %."""
    random = np.random.default_rng(20261125)
    areas = random_areas(12)
    rows = indices([quantile for area in areas for quantile in area], transform)
    for area, row in zip(areas, rows, strict=True):
        _, _, v, p, se = (np.array(column) for column in zip(*area, strict=True))
        derivative = {"none": 1, "log": 1 / v, "logit": 1 / (v * (1 - v))}[transform]
        draws = random.normal(FORWARD[transform](v), se * derivative, (100_000, len(v)))
        y0, y1 = (BACK[transform](y) for y in fitted_ends(draws, p))
        # an end next to 0 has no ratio worth simulating
        pairs = [("sii", y1 - y0)] + ([("rii", y1 / y0)] if y0.min() > 0.05 else [])
        for name, simulated in pairs:
            width = row[f"{name}_upper_95"] - row[f"{name}_lower_95"]
            low, high = np.quantile(simulated, [0.025, 0.975])
            assert row[f"{name}_lower_95"] == pytest.approx(low, abs=0.04 * width)
            assert row[f"{name}_upper_95"] == pytest.approx(high, abs=0.04 * width)


QUINTILES: list[Quantile] = [("a", i, 0.3 + 0.1 * i, 1000.0, 0.01) for i in range(1, 6)]


def changed(position: int, column: int, value: float | None) -> list[Quantile]:
    row = [*QUINTILES[position]]
    row[column] = value  # type: ignore[call-overload]
    return [*QUINTILES[:position], tuple(row), *QUINTILES[position + 1 :]]  # type: ignore[list-item]


def test_positive_is_higher_in_the_least_deprived() -> None:
    (row,) = indices(QUINTILES)
    assert row["sii"] == pytest.approx(0.5)
    assert row["rii"] == pytest.approx(0.85 / 0.35)


@TRANSFORMS
@pytest.mark.parametrize("value", [None, NAN, INFINITY, -INFINITY])
@pytest.mark.parametrize("column", [2, 3], ids=["value", "population"])
def test_one_quantile_without_a_number_leaves_no_index(
    transform: str, value: float | None, column: int
) -> None:
    (row,) = indices(changed(2, column, value), transform)
    assert {name: row[name] for name in row if name not in ("area", "quantiles")} == dict.fromkeys(
        (name for name in row if name not in ("area", "quantiles")), None
    )


@pytest.mark.parametrize(("transform", "value"), [("log", 0.0), ("logit", 0.0), ("logit", 1.0)])
def test_value_that_cannot_be_transformed_leaves_no_index(transform: str, value: float) -> None:
    (row,) = indices(changed(0, 2, value), transform)
    assert (row["sii"], row["rii"], row["sii_lower_95"]) == (None, None, None)


@pytest.mark.parametrize("population", [0.0, -5.0])
def test_empty_quantile_leaves_no_index(population: float) -> None:
    (row,) = indices(changed(4, 3, population))
    assert row["sii"] is None


@pytest.mark.parametrize("error", [None, NAN, INFINITY, -0.1])
def test_index_without_errors_has_no_limits(error: float | None) -> None:
    (row,) = indices(changed(1, 4, error))
    assert row["sii"] == pytest.approx(0.5)
    limits = [row[f"{name}_{side}_95"] for name in ("sii", "rii") for side in ("lower", "upper")]
    assert limits == [None] * 4


@pytest.mark.parametrize(
    ("quantiles", "is_fitted"), [(4, False), (5, True), (100, True), (101, False)]
)
def test_five_to_a_hundred_quantiles(quantiles: int, is_fitted: bool) -> None:
    (row,) = indices([("a", i, 0.001 * i, 10.0, 0.1) for i in range(1, quantiles + 1)])
    assert row["quantiles"] == quantiles
    assert (row["sii"] is not None) is is_fitted


def test_negative_end_has_no_ratio() -> None:
    (row,) = indices([("a", i, 10.0 * (i - 2), 10.0, 0.1) for i in range(1, 6)])
    assert row["sii"] == pytest.approx(50.0)
    assert row["rii"] is None


@TRANSFORMS
def test_equal_values_have_no_slope(transform: str) -> None:
    (row,) = indices([("a", i, 0.1, 10.0 * i, 0.01) for i in range(1, 6)], transform)
    assert row["sii"] == pytest.approx(0.0, abs=1e-15)
    assert row["rii"] == pytest.approx(1.0)


def test_huge_values_leave_nothing_infinite() -> None:
    rows = indices([("a", i, 1e308 * (-1) ** i, 10.0, 1e308) for i in range(1, 6)])
    assert all(np.isfinite(v) for v in rows[0].values() if isinstance(v, float))


def test_unknown_transform_is_refused() -> None:
    with pytest.raises(CompilerError, match="transform must be none, log or logit"):
        render("slope_index", "quantiles", ["area"], "quantile", "v", "p", "se", "sqrt")
