"""Means, differences, ratios, funnels, rates and scores against independent implementations."""

import math
from fractions import Fraction

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
import PHStatsMethods  # type: ignore[import-untyped]
import pytest
from awkward_numbers import AWKWARD, INFINITY, NAN, anything, batch_of, batches, column, finite
from hypothesis import given
from hypothesis import strategies as st
from macro_rendering import CONFIDENCE_QUANTILES as QUANTILES
from macro_rendering import evaluate, limits, one_row, render
from scipy import stats  # type: ignore[import-untyped]

CONFIDENCES = pytest.mark.parametrize("confidence", list(QUANTILES))

# --- Student's t ---------------------------------------------------------------------------------


@CONFIDENCES
def test_student_t_agrees_with_scipy_at_every_size(confidence: float) -> None:
    degrees = [*range(1, 3000), *(int(x) for x in np.logspace(3.5, 12, 500))]
    out = evaluate(
        [render("student_t_quantile", "df", confidence)], {"df": [float(df) for df in degrees]}
    )
    expected = stats.t.ppf((1 + confidence) / 2, degrees)
    assert [value for (value,) in out] == pytest.approx(expected.tolist(), rel=1e-11)


@pytest.mark.parametrize("df", [None, NAN, INFINITY, -INFINITY, -1.0, 0.0, 0.5, 9.5, 10.5])
def test_student_t_needs_whole_degrees_of_freedom(df: float | None) -> None:
    assert one_row([render("student_t_quantile", "df", 0.95)], df=df) == (None,)


# --- means ---------------------------------------------------------------------------------------


@CONFIDENCES
def test_mean_agrees_with_scipy(confidence: float) -> None:
    random = np.random.default_rng(20261125)
    sizes = random.integers(2, 40, 3000)
    samples = [
        *(random.integers(-45, 100, size) for size in sizes[:1000]),
        *(random.normal(60, 12, size) for size in sizes[1000:2000]),
        *(np.full(size, random.uniform(0, 10)) for size in sizes[2000:]),
    ]
    rows = {
        "n": [float(len(sample)) for sample in samples],
        "s": [math.fsum(sample) for sample in samples],
        "q": [math.fsum(sample.astype(float) ** 2) for sample in samples],
    }
    out = evaluate(
        [render(f"mean_{side}", "n", "s", "q", confidence) for side in ("lower", "upper")], rows
    )
    means = np.array([np.mean(sample) for sample in samples])
    errors = np.array([sample.std(ddof=1) / math.sqrt(len(sample)) for sample in samples])
    half = stats.t.ppf((1 + confidence) / 2, np.array(rows["n"]) - 1) * errors
    # of equal values, sums of squares leave eight digits of nothing
    np.testing.assert_allclose(column(out, 0), means - half, rtol=1e-9, atol=1e-5)
    np.testing.assert_allclose(column(out, 1), means + half, rtol=1e-9, atol=1e-5)
    np.testing.assert_allclose(column(out, 1)[:2000], (means + half)[:2000], rtol=1e-9)


def test_mean_agrees_with_phe() -> None:
    values = [4.0, 6, 7, 5, 8, 3, 9, 6, 7, 5]
    frame = pd.DataFrame({"v": values, "area": "a"})
    phe = PHStatsMethods.ph_mean(frame, "v", ["area"], confidence=[0.95, 0.998])
    actual = one_row(
        limits("mean", "n", "s", "q"), n=len(values), s=sum(values), q=sum(v * v for v in values)
    )
    assert actual == pytest.approx(
        [phe[f"{side}_{p}_ci"][0] for p in ("95", "99_8") for side in ("lower", "upper")], rel=1e-9
    )


@pytest.mark.parametrize(
    ("n", "total", "squares"),
    [
        (None, 1.0, 1.0),
        (2.0, None, 1.0),
        (2.0, 1.0, None),
        (0.0, 0.0, 0.0),
        (1.0, 3.0, 9.0),  # one value has no spread
        (2.5, 3.0, 9.0),
        (-2.0, 3.0, 9.0),
        (2.0, 4.0, 7.9),  # the least that two values with sum 4 can have is 8
        (2.0, 0.0, -1.0),
        (NAN, 1.0, 1.0),
        (INFINITY, 1.0, 1.0),
        (2.0, NAN, 1.0),
        (2.0, 1.0, INFINITY),
    ],
)
def test_mean_has_no_interval_without_a_sample(
    n: float | None, total: float | None, squares: float | None
) -> None:
    assert one_row(limits("mean", "n", "s", "q"), n=n, s=total, q=squares) == (None,) * 4


def test_equal_values_have_an_interval_of_no_width() -> None:
    assert one_row(limits("mean", "n", "s", "q"), n=3.0, s=6.0, q=12.0) == (2.0,) * 4


# --- differences ---------------------------------------------------------------------------------


def test_difference_is_newcombe_of_wilson() -> None:
    random = np.random.default_rng(20261125)
    sizes = random.integers(1, 300, (1000, 2))
    shares = np.clip(random.uniform(-0.2, 1.2, (1000, 2)), 0, 1)  # many of them 0 or 1
    columns: dict[str, list[float]] = {name: [] for name in "vlurmh"}
    for (n, m), (p, q) in zip(sizes, shares, strict=True):
        for names, count, size in (("vlu", round(n * p), n), ("rmh", round(m * q), m)):
            interval = stats.binomtest(count, int(size)).proportion_ci(0.95, method="wilson")
            value = count / size
            # scipy's limits may lie a rounding error on the wrong side of the value
            numbers = (value, min(interval.low, value), max(interval.high, value))
            for name, number in zip(names, numbers, strict=True):
                columns[name].append(float(number))
    out = evaluate(
        [
            render("difference", "v", "r"),
            render("difference_lower", "v", "l", "r", "h"),
            render("difference_upper", "v", "u", "r", "m"),
        ],
        columns,
    )
    v, low, u, r, m, h = (np.array(columns[name]) for name in "vlurmh")
    lower, upper = v - r - np.hypot(v - low, h - r), v - r + np.hypot(u - v, r - m)
    np.testing.assert_allclose(out, np.column_stack([v - r, lower, upper]), rtol=1e-9, atol=1e-12)
    assert (lower >= -1 - 1e-12).all()
    assert (upper <= 1 + 1e-12).all()


@given(rows=batch_of(anything, anything, anything, anything))
@batches
def test_difference_needs_limits_in_order(rows: list[tuple[float | None, ...]]) -> None:
    out = evaluate(
        [
            render("difference", "a", "b"),
            render("difference_lower", "a", "c", "b", "d"),
            render("difference_upper", "a", "c", "b", "d"),
        ],
        {name: column(rows, i) for i, name in enumerate("abcd")},
    )
    for (a, b, c, d), (gap, lower, upper) in zip(rows, out, strict=True):
        if a is None or b is None or not finite(a, b) or not finite(a - b):
            assert (gap, lower, upper) == (None, None, None)
            continue
        assert gap == a - b
        if c is None or d is None or not finite(c, d):
            assert (lower, upper) == (None, None)
            continue
        assert (c <= a and b <= d) or lower is None
        assert (a <= c and d <= b) or upper is None


# --- ratio of rates ------------------------------------------------------------------------------


@CONFIDENCES
@given(
    rows=batch_of(
        st.integers(0, 5000).map(float),
        st.floats(1, 1e7),
        st.integers(0, 5000).map(float),
        st.floats(1, 1e7),
    )
)
@batches
def test_rate_ratio_agrees_with_its_formula(
    confidence: float, rows: list[tuple[float, float, float, float]]
) -> None:
    names = ("x", "n", "y", "m")
    out = evaluate(
        [
            render("rate_ratio", *names),
            *(render(f"rate_ratio_{side}", *names, confidence) for side in ("lower", "upper")),
        ],
        {name: column(rows, i) for i, name in enumerate(names)},
    )
    z = stats.norm.ppf((1 + confidence) / 2)
    for (x, n, y, m), (value, lower, upper) in zip(rows, out, strict=True):
        if y == 0:
            assert (value, lower, upper) == (None, None, None)
            continue
        assert value == pytest.approx(
            float(Fraction(x) / Fraction(n) / (Fraction(y) / Fraction(m)))
        )
        if x == 0:
            assert (lower, upper) == (None, None)
            continue
        spread = z * math.sqrt(1 / x + 1 / y)
        expected = [math.exp(math.log(value) - spread), math.exp(math.log(value) + spread)]
        assert [lower, upper] == pytest.approx(expected, rel=1e-9)


def test_rate_ratio_agrees_with_scipy() -> None:
    ours = one_row(limits("rate_ratio", "x", "n", "y", "m"), x=214.0, n=12400.0, y=96.0, m=10900.0)
    theirs = stats.contingency.relative_risk(214, 12400, 96, 10900)
    # theirs is of proportions, whose variance is smaller by 1/n1 + 1/n2
    assert theirs.relative_risk == pytest.approx(214 / 12400 / (96 / 10900))
    assert ours[:2] == pytest.approx(tuple(theirs.confidence_interval(0.95)), rel=5e-3)


# --- funnel --------------------------------------------------------------------------------------


@given(rows=batch_of(st.floats(0, 1), st.floats(0.5, 1e7), st.floats(0, 1)))
@batches
def test_funnel_agrees_with_its_formula(rows: list[tuple[float, float, float]]) -> None:
    bounds = limits("funnel", "theta", "n")
    label = render("funnel_label", "v", *("abcd"))
    columns = {name: column(rows, i) for i, name in enumerate(("theta", "n", "v"))}
    out = evaluate(bounds, columns)
    labels = evaluate([label], {**columns, **{x: column(out, i) for i, x in enumerate("abcd")}})
    for (theta, n, v), actual, (word,) in zip(rows, out, labels, strict=True):
        error = math.sqrt(theta * (1 - theta) / n)
        expected = [
            min(1.0, max(0.0, theta + sign * z * error))
            for z in QUANTILES.values()
            for sign in (-1, 1)
        ]
        assert actual == pytest.approx(expected, rel=1e-9, abs=1e-12)
        low_95, high_95, low_998, high_998 = actual
        assert word == (
            "low_998"
            if v < low_998
            else "high_998"
            if v > high_998
            else "low_95"
            if v < low_95
            else "high_95"
            if v > high_95
            else "in_limits"
        )


@pytest.mark.parametrize("missing", range(5))
def test_funnel_label_needs_everything(missing: int) -> None:
    row: dict[str, float | None] = dict(zip("vabcd", (0.5, 0.4, 0.6, 0.3, 0.7), strict=True))
    row["vabcd"[missing]] = None
    assert one_row([render("funnel_label", *"vabcd")], **row) == (None,)


@pytest.mark.parametrize(
    ("average", "n"),
    [(None, 10.0), (0.5, None), (0.5, 0.0), (0.5, -1.0), (-0.1, 10.0), (1.1, 10.0), (NAN, 10.0)],
)
def test_funnel_is_null_without_average_or_base(average: float | None, n: float | None) -> None:
    assert one_row(limits("funnel", "a", "n"), a=average, n=n) == (None,) * 4


# --- rates, index and score ----------------------------------------------------------------------


@given(rows=batch_of(*[st.one_of(st.sampled_from(AWKWARD), st.integers(0, 500).map(float))] * 3))
@batches
def test_qof_rates_keep_adjusted_people_in_the_base(
    rows: list[tuple[float | None, ...]],
) -> None:
    out = evaluate(
        [
            render("qof_achievement_rate", "x", "n"),
            render("qof_pca_rate", "n", "a"),
            render("qof_intervention_rate", "x", "n", "a"),
        ],
        {name: column(rows, i) for i, name in enumerate("xna")},
    )
    for (x, n, a), (achievement, adjusted, intervention) in zip(rows, out, strict=True):
        if n is None or a is None or not finite(n, a) or n < 0 or a < 0 or not 0 < n + a < INFINITY:
            assert (adjusted, intervention) == (None, None), (x, n, a)
            continue
        assert adjusted == pytest.approx(a / (n + a))
        if x is not None and finite(x):
            share = x / (n + a)
            assert intervention == (pytest.approx(share) if finite(share) else None), (x, n, a)
            if n > 0 and achievement is not None and intervention is not None:
                assert abs(achievement) >= abs(intervention)


@given(rows=batch_of(*[st.one_of(st.sampled_from(AWKWARD), st.integers(0, 40).map(float))] * 3))
@batches
def test_typology_index_is_the_mean_of_the_scores(rows: list[tuple[float | None, ...]]) -> None:
    out = evaluate(
        [render("typology_index", "a", "b", "c")],
        {name: column(rows, i) for i, name in enumerate("abc")},
    )
    for row, (actual,) in zip(rows, out, strict=True):
        records = [r for r in row if r is not None and math.isfinite(r) and r >= 0]
        if len(records) < 3 or not 0 < sum(records) < INFINITY:
            assert actual is None, row
        else:
            a, b, c = map(Fraction, records)
            assert actual == pytest.approx(float((50 * b + 100 * c) / (a + b + c)), rel=1e-9), row


def test_sdmq9_imputes_up_to_two_items() -> None:
    random = np.random.default_rng(20261125)
    answers = [random.integers(0, 6, size).tolist() for size in random.integers(0, 10, 2000)]
    out = evaluate(
        [render("sdmq9_score", "total", "n")],
        {
            "total": [float(sum(items)) for items in answers],
            "n": [float(len(items)) for items in answers],
        },
    )
    for items, (actual,) in zip(answers, out, strict=True):
        if len(items) < 7:
            assert actual is None
            continue
        imputed = [*items, *[Fraction(sum(items), len(items))] * (9 - len(items))]
        assert actual == pytest.approx(float(sum(imputed) * Fraction(20, 9)))


@pytest.mark.parametrize(("total", "n"), [(46, 9), (-1, 9), (10, 7.5), (10, 10), (None, 9)])
def test_sdmq9_refuses_impossible_sums(total: float | None, n: float) -> None:
    assert one_row([render("sdmq9_score", "t", "n")], t=total, n=float(n)) == (None,)
