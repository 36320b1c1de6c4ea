"""The statistics macros of one row against independent implementations.

In: the macros, rendered without dbt and evaluated in DuckDB. Out: agreement with scipy,
PHStatsMethods and exact arithmetic, and nothing infinite or NaN whatever goes in.
"""

import itertools
import math
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
import PHStatsMethods  # type: ignore[import-untyped]
import pytest
import yaml
from awkward_numbers import (
    AWKWARD,
    INFINITY,
    NAN,
    anything,
    batch_of,
    batches,
    column,
    finite,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from macro_rendering import CONFIDENCE_QUANTILES as QUANTILES
from macro_rendering import (
    MACROS,
    CompilerError,
    evaluate,
    limits,
    one_row,
    quantile_bands,
    render,
    signatures,
)
from scipy import stats  # type: ignore[import-untyped]

CONFIDENCES = pytest.mark.parametrize("confidence", list(QUANTILES))


# --- Wilson --------------------------------------------------------------------------------------


def wilson_reference(x: float, n: float, z: float) -> tuple[float, float]:
    """The textbook formula in 60 digits, so that its cancellation does not matter."""
    with localcontext() as context:
        context.prec = 60
        dx, dn, dz = Decimal(x), Decimal(n), Decimal(z)
        middle, half = 2 * dx + dz**2, dz * (dz**2 + 4 * dx * (1 - dx / dn)).sqrt()
        return (
            float((middle - half) / (2 * (dn + dz**2))),
            float((middle + half) / (2 * (dn + dz**2))),
        )


bases = st.one_of(
    st.integers(min_value=1, max_value=10**9).map(float), st.floats(min_value=1e-3, max_value=1e9)
)
shares = st.one_of(st.sampled_from([0.0, 1.0]), st.floats(min_value=0, max_value=1))


@CONFIDENCES
@given(rows=batch_of(bases, shares))
@batches
def test_wilson_agrees_with_exact_arithmetic(
    confidence: float, rows: list[tuple[float, float]]
) -> None:
    cases = [(p * n, n) for n, p in rows]
    out = evaluate(
        [render(f"wilson_{side}", "x", "n", confidence) for side in ("lower", "upper")],
        {"x": column(cases, 0), "n": column(cases, 1)},
    )
    for (x, n), (lower, upper) in zip(cases, out, strict=True):
        expected = wilson_reference(x, n, QUANTILES[confidence])
        assert (lower, upper) == pytest.approx(expected, rel=1e-10, abs=1e-14), (x, n)
        assert x > 0 or lower == 0, (x, n)
        assert x < n or upper == 1, (x, n)


@CONFIDENCES
def test_wilson_agrees_with_scipy_and_phe_on_counts(confidence: float) -> None:
    cases = [(x, n) for n in range(1, 21) for x in range(n + 1)]
    out = evaluate(
        [render(f"wilson_{side}", "x", "n", confidence) for side in ("lower", "upper")],
        {"x": column(cases, 0), "n": column(cases, 1)},
    )
    for (x, n), actual in zip(cases, out, strict=True):
        expected = stats.binomtest(x, n).proportion_ci(confidence, method="wilson")
        assert actual == pytest.approx((expected.low, expected.high), rel=1e-9, abs=1e-12)
        phe = PHStatsMethods.wilson(x, n, confidence)
        assert actual == pytest.approx(phe, rel=1e-9, abs=1e-12)


@given(rows=batch_of(anything, anything))
@batches
def test_wilson_is_null_exactly_where_it_is_undefined(
    rows: list[tuple[float | None, float | None]],
) -> None:
    out = evaluate(limits("wilson", "x", "n"), {"x": column(rows, 0), "n": column(rows, 1)})
    for (x, n), actual in zip(rows, out, strict=True):
        defined = x is not None and n is not None and finite(x, n) and n > 0 and 0 <= x <= n
        assert [value is not None for value in actual] == [defined] * 4, (x, n)


# --- ratios, counts and rates --------------------------------------------------------------------


@given(rows=batch_of(anything, anything))
@batches
def test_ratio_is_division_or_null(rows: list[tuple[float | None, float | None]]) -> None:
    out = evaluate([render("ratio", "x", "n")], {"x": column(rows, 0), "n": column(rows, 1)})
    for (x, n), (actual,) in zip(rows, out, strict=True):
        if x is None or n is None or not finite(x, n) or n <= 0:
            assert actual is None, (x, n)
        else:
            assert actual == (x / n if finite(x / n) else None), (x, n)


@CONFIDENCES
def test_poisson_agrees_with_scipy_and_phe_on_counts(confidence: float) -> None:
    counts = [*range(1000), 12345, 10**6, 10**9]
    tail = {0.95: 0.025, 0.998: 0.001}[confidence]
    out = evaluate(
        [render(f"poisson_{side}", "x", confidence) for side in ("lower", "upper")],
        {"x": [float(x) for x in counts]},
    )
    for x, actual in zip(counts, out, strict=True):
        if x < 10:
            lower = stats.chi2.ppf(tail, 2 * x) / 2 if x else 0.0
            assert actual == pytest.approx((lower, stats.chi2.isf(tail, 2 * x + 2) / 2), rel=1e-12)
        if x:  # they refuse 0
            phe = [
                PHStatsMethods.byars_lower(x, confidence),
                PHStatsMethods.byars_upper(x, confidence),
            ]
            assert actual == pytest.approx(phe, rel=1e-9)


@CONFIDENCES
@given(
    rows=batch_of(
        st.one_of(
            st.integers(min_value=0, max_value=10**9).map(float),
            st.floats(min_value=0, max_value=1e9),
            st.floats(min_value=0, max_value=12),
        )
    )
)
@batches
def test_byar_agrees_with_its_formula(confidence: float, rows: list[tuple[float]]) -> None:
    z = QUANTILES[confidence]
    names = ("byars_lower", "byars_upper", "poisson_lower", "poisson_upper")
    out = evaluate([render(name, "x", confidence) for name in names], {"x": column(rows, 0)})
    for (x,), (lower, upper, poisson_lower, poisson_upper) in zip(rows, out, strict=True):
        root = math.sqrt(x)
        cube = 1 - 1 / (9 * x) - z / (3 * root) if x > 1e-300 else -1.0
        assert lower == pytest.approx(max(0.0, x * cube**3 if cube > 0 else 0.0), rel=1e-10)
        after = x + 1
        expected = after * (1 - 1 / (9 * after) + z / (3 * math.sqrt(after))) ** 3
        assert upper == pytest.approx(expected, rel=1e-10)
        if x >= 10:
            assert (poisson_lower, poisson_upper) == (lower, upper)
        elif x != int(x):
            assert (poisson_lower, poisson_upper) == (None, None)


@given(rows=batch_of(st.integers(min_value=0, max_value=10**6), anything, anything))
@batches
def test_rate_is_poisson_over_population(
    rows: list[tuple[int, float | None, float | None]],
) -> None:
    out = evaluate(
        [*limits("rate", "x", "n", "m"), *limits("poisson", "x")],
        {"x": [float(x) for x in column(rows, 0)], "n": column(rows, 1), "m": column(rows, 2)},
    )
    for (x, n, m), actual in zip(rows, out, strict=True):
        for rate, count in zip(actual[:4], actual[4:], strict=True):
            assert isinstance(count, float)
            if n is None or m is None or not finite(n, m) or n <= 0 or m <= 0:
                assert rate is None, (x, n, m)
            elif math.isfinite(count / n) and math.isfinite(count / n * m):
                assert rate == pytest.approx(count / n * m, rel=1e-12), (x, n, m)
            else:
                assert rate is None, (x, n, m)


def test_rate_agrees_with_phe() -> None:
    cases = [(1.0, 3900.0), (6.0, 4210.0), (9.0, 812.0), (10.0, 812.0), (412.0, 38512.0)]
    out = evaluate(limits("rate", "x", "n", 100000), {"x": column(cases, 0), "n": column(cases, 1)})
    for (x, n), actual in zip(cases, out, strict=True):
        for i, confidence in enumerate(QUANTILES):
            lower = PHStatsMethods.byars_lower(x, confidence) / n * 100000
            upper = PHStatsMethods.byars_upper(x, confidence) / n * 100000
            assert actual[2 * i : 2 * i + 2] == pytest.approx((lower, upper), rel=1e-9)


# --- survey --------------------------------------------------------------------------------------

PUBLISHED_BASE = ("survey_published_effective_base", "p", "l", "u")


@given(
    rows=batch_of(
        st.floats(min_value=0.5, max_value=1e7),
        st.one_of(
            st.sampled_from([0.0, 1.0, 0.5]),
            st.floats(min_value=0, max_value=1),
        ),
    )
)
@batches
def test_published_base_inverts_wilson(rows: list[tuple[float, float]]) -> None:
    printed = []
    for n, p in rows:
        lower, upper = wilson_reference(p * n, n, QUANTILES[0.95])
        # float(Decimal) may leave the limit a rounding error on the wrong side of p
        printed.append((p, min(max(lower, 0.0), p), max(min(upper, 1.0), p)))
    out = evaluate(
        [render(*PUBLISHED_BASE)],
        {"p": column(printed, 0), "l": column(printed, 1), "u": column(printed, 2)},
    )
    for (n, p), (actual,) in zip(rows, out, strict=True):
        assert actual == pytest.approx(n, rel=1e-6), (n, p)


ALMOST_ONE = 1 - 2**-53


@given(
    rows=batch_of(
        *[st.one_of(st.sampled_from([0.0, ALMOST_ONE, 1.0]), st.floats(min_value=0, max_value=1))]
        * 3
    )
)
@batches
def test_published_base_is_the_published_closed_form(
    rows: list[tuple[float, float, float]],
) -> None:
    """Limits that are no Wilson interval of anything: the quadratic as the page prints it."""
    z2 = Decimal(QUANTILES[0.95]) ** 2
    ordered = [tuple(sorted(row)) for row in rows]
    out = evaluate(
        [render(*PUBLISHED_BASE)],
        {"l": column(ordered, 0), "p": column(ordered, 1), "u": column(ordered, 2)},
    )
    for (low, middle, high), (actual,) in zip(ordered, out, strict=True):
        assert actual is None or (isinstance(actual, float) and actual > 0), (low, middle, high)
        width = Decimal(high - low)
        if not 1e-100 < high - low < 1 - 1e-9:
            continue
        with localcontext() as context:
            context.prec = 700
            p = Decimal(middle)
            a = width**2
            b = 2 * width**2 * z2 - 4 * z2 * p * (1 - p)
            c = width**2 * z2**2 - z2**2
            root = (-b + (b * b - 4 * a * c).sqrt()) / (2 * a)
        assert actual == pytest.approx(float(root), rel=1e-6), (low, middle, high)


@pytest.mark.parametrize(
    ("p", "lower", "upper", "expected"),
    [
        (0.0, 0.0, 0.25, QUANTILES[0.95] ** 2 * 0.75 / 0.25),
        (1.0, 0.8, 1.0, QUANTILES[0.95] ** 2 * 0.8 / 0.2),
        (0.5, 0.0, 1.0, None),  # the limits of no information
        (0.036, 0.0, 1.0, None),  # rounds to just above 0 answers
        (0.08170119784911042, 0.0, 1 - 2**-53, None),  # and to just below
        (0.0, 0.0, 1.0, None),
        (1.0, 0.0, 1.0, None),
        (0.5, 0.5, 0.5, None),
        (0.0, 0.0, 0.0, None),
        (1.0, 1.0, 1.0, None),
        (0.5, 0.6, 0.4, None),
        (0.3, 0.4, 0.6, None),
        (0.7, 0.4, 0.6, None),
        (0.5, -0.1, 0.6, None),
        (0.5, 0.4, 1.1, None),
        (None, 0.4, 0.6, None),
        (0.5, None, 0.6, None),
        (0.5, 0.4, None, None),
        (0.5, NAN, 0.6, None),
        (0.5, 0.4, NAN, None),
        (NAN, 0.4, 0.6, None),
        (0.5, -INFINITY, 0.6, None),
        (0.5, 0.4, INFINITY, None),
    ],
)
def test_published_base_at_its_edges(
    p: float | None, lower: float | None, upper: float | None, expected: float | None
) -> None:
    (actual,) = one_row([render(*PUBLISHED_BASE)], p=p, l=lower, u=upper)
    assert actual == (None if expected is None else pytest.approx(expected, rel=1e-12))


plausible = st.one_of(st.sampled_from(AWKWARD), st.floats(min_value=0.1, max_value=1000))


@given(rows=batch_of(plausible, plausible, plausible, st.sampled_from([True, False, None])))
@batches
def test_ratio_of_effective_base(
    rows: list[tuple[float | None, float | None, float | None, bool | None]],
) -> None:
    expression = render(
        "survey_effective_base_ratio", "published", "answers", "weight", "is_practice"
    )
    names = ("published", "answers", "weight", "is_practice")
    columns = {name: column(rows, i) for i, name in enumerate(names)}
    for row, (actual,) in zip(rows, evaluate([expression], columns), strict=True):
        published, answers, weight, is_practice = row
        used = [published, answers, *([weight] if is_practice else [])]
        if not all(number is not None and finite(number) and number > 0 for number in used):
            assert actual is None, row
            continue
        assert published is not None
        assert answers is not None
        ratio = Fraction(published) / Fraction(answers)
        if is_practice:
            assert weight is not None
            ratio *= (Fraction(weight) / Fraction(answers)) ** 2
        expected = float(min(ratio, Fraction(1)))
        if expected > 1e-200:  # under that, squares of subnormal numbers lose their digits
            assert actual == pytest.approx(expected, rel=1e-9), row


@given(
    rows=st.lists(
        st.lists(st.floats(min_value=0.01, max_value=100), min_size=1, max_size=10),
        min_size=40,
        max_size=60,
    )
)
@batches
def test_kish_base_of_real_weights(rows: list[list[float]]) -> None:
    out = evaluate(
        [render("kish_effective_base", "w", "ww")],
        {"w": [sum(row) for row in rows], "ww": [sum(w * w for w in row) for row in rows]},
    )
    for weights, (actual,) in zip(rows, out, strict=True):
        exact = sum(map(Fraction, weights)) ** 2 / sum(Fraction(w) ** 2 for w in weights)
        assert actual == pytest.approx(float(exact), rel=1e-9)


@pytest.mark.parametrize(
    ("weights", "squares"),
    [(None, 1.0), (1.0, None), (0.0, 1.0), (1.0, 0.0), (-2.0, 1.0), (2.0, -1.0), (NAN, 1.0)],
)
def test_kish_base_is_null_without_weights(weights: float | None, squares: float | None) -> None:
    assert one_row([render("kish_effective_base", "w", "ww")], w=weights, ww=squares) == (None,)


# --- benchmark -----------------------------------------------------------------------------------

WORDS = {
    "high": ("better", "worse"),
    "low": ("worse", "better"),
    "none": ("higher", "lower"),
}


@given(
    rows=batch_of(
        *[st.one_of(st.sampled_from(AWKWARD), st.integers(0, 6).map(float))] * 3,
        st.sampled_from(["high", "low", "none", "none", "unknown", None]),
    )
)
@batches
def test_comparison_with_benchmark(rows: list[tuple[Any, ...]]) -> None:
    out = evaluate(
        [render("compare_with_benchmark", "l", "u", "b", "polarity")],
        {name: column(rows, i) for i, name in enumerate(("l", "u", "b", "polarity"))},
    )
    for row, (actual,) in zip(rows, out, strict=True):
        lower, upper, benchmark, polarity = row
        if not finite(lower, upper, benchmark) or lower > upper or polarity not in WORDS:
            assert actual is None, row
        elif lower > benchmark:
            assert actual == WORDS[polarity][0], row
        elif upper < benchmark:
            assert actual == WORDS[polarity][1], row
        else:
            assert actual == "similar", row


# --- quantile bands ------------------------------------------------------------------------------


def test_quantile_band_is_the_published_formula_in_exact_arithmetic() -> None:
    cases = [
        (rank, n, k) for k in (1, 2, 3, 4, 5, 7, 10) for n in range(61) for rank in range(n + 2)
    ]
    out = evaluate(
        [render("quantile_band", "r", "n", "k")],
        {name: [float(c[i]) for c in cases] for i, name in enumerate("rnk")},
    )
    for (rank, n, k), (actual,) in zip(cases, out, strict=True):
        if n < k or not 1 <= rank <= n:
            assert actual is None, (rank, n, k)
        else:
            expected = math.floor(k + 1 - math.ceil(Fraction(n + 1 - rank) / Fraction(n, k)))
            assert isinstance(actual, int), (rank, n, k)
            assert actual == expected, (rank, n, k)
            assert 1 <= expected <= k


@pytest.mark.parametrize("invert", [True, False])
@pytest.mark.parametrize("bands", [5, 10])
@given(values=st.lists(st.integers(0, 40).map(float), min_size=10, max_size=200))
@settings(batches, max_examples=10)
def test_quantile_band_agrees_with_phe(invert: bool, bands: int, values: list[float]) -> None:
    frame = pd.DataFrame({"value": values})
    phe = PHStatsMethods.ph_quantile(frame, "value", nquantiles=bands, invert=invert)
    assert quantile_bands(values, bands, invert) == phe["quantile"].astype(int).tolist()


def test_quantile_band_is_null_for_what_is_no_rank() -> None:
    cases = [
        (None, 10, 5),
        (1, None, 5),
        (1, 10, None),
        (NAN, 10, 5),
        (1, NAN, 5),
        (1, INFINITY, 5),
        (1, 10, 2.5),  # engines round a fraction of a band differently
    ]
    out = evaluate(
        [render("quantile_band", "r", "n", "k")],
        {name: column(cases, i) for i, name in enumerate("rnk")},
    )
    assert out == [(None,)] * len(cases)


# --- whatever goes in ----------------------------------------------------------------------------

NUMERIC = [
    *limits("wilson", "a", "b"),
    *limits("byars", "a"),
    *limits("poisson", "a"),
    *limits("rate", "a", "b", "c"),
    render("ratio", "a", "b"),
    render("survey_published_effective_base", "a", "b", "c"),
    render("survey_effective_base_ratio", "a", "b", "c", "true"),
    render("survey_effective_base_ratio", "a", "b", "c", "false"),
    render("kish_effective_base", "a", "b"),
    render("quantile_band", "a", "b", "5"),
    *limits("mean", "a", "b", "c"),
    render("difference", "a", "b"),
    render("difference_lower", "a", "b", "c", "a"),
    render("difference_upper", "a", "b", "c", "a"),
    render("rate_ratio", "a", "b", "c", "b"),
    *limits("rate_ratio", "a", "b", "c", "b"),
    *limits("funnel", "a", "b"),
    render("qof_pca_rate", "a", "b"),
    render("qof_intervention_rate", "a", "b", "c"),
    render("typology_index", "a", "b", "c"),
    render("sdmq9_score", "a", "b"),
    render("representation_ratio", "a", "b", "c", "b"),
    render("log_factorial", "a"),
    render("binomial_mean_deviation", "a", "b"),
    *[render("student_t_quantile", "a", confidence) for confidence in QUANTILES],
]


def assert_finite(rows: list[tuple[float | None, ...]]) -> None:
    out = evaluate(NUMERIC, {name: column(rows, i) for i, name in enumerate("abc")})
    for row, actual in zip(rows, out, strict=True):
        for expression, value in zip(NUMERIC, actual, strict=True):
            assert value is None or (isinstance(value, (int, float)) and finite(value)), (
                row,
                value,
                expression,
            )


def test_nothing_infinite_comes_out_of_any_awkward_combination() -> None:
    assert_finite(list(itertools.product(AWKWARD, repeat=3)))


def test_nothing_infinite_comes_out_of_anything() -> None:
    """Doubles of random bits are of every size and sign, some of them NaN; one query for all."""
    random = np.random.default_rng(20261125)
    bits = np.frombuffer(random.bytes(8 * 9000), dtype=float).reshape(-1, 3)
    counts = random.integers(0, 100, (3000, 3)).astype(float)
    mixed = np.where(random.random((3000, 3)) < 0.5, bits, counts)
    assert_finite([tuple(row) for row in np.vstack([bits, counts, mixed]).tolist()])


@given(rows=batch_of(st.floats(min_value=0, max_value=1), st.floats(min_value=5e-324), bases))
@batches
def test_limits_enclose_the_value(rows: list[tuple[float, float, float]]) -> None:
    """Strictly, to the last bit: rows that break it would fail the data tests downstream."""
    cases = [(p * n, n, float(math.floor(base))) for p, n, base in rows if math.isfinite(n)]
    value = render("ratio", "x", "n")
    rate = render("ratio", "whole", "n")
    out = evaluate(
        [value, rate, *limits("wilson", "x", "n"), *limits("rate", "whole", "n", 1)],
        {name: column(cases, i) for i, name in enumerate(("x", "n", "whole"))},
    )
    for case, row in zip(cases, out, strict=True):
        share, crude, *bounds = row
        for middle, (low_95, high_95, low_998, high_998) in (
            (share, bounds[:4]),
            (crude, bounds[4:]),
        ):
            ordered = [low_998, low_95, middle, high_95, high_998]
            present = [number for number in ordered if isinstance(number, float)]
            assert present == sorted(present), case
        assert len([bound for bound in bounds[:4] if bound is not None]) == 4, case


# --- what the macros promise to those who call them ----------------------------------------------


@pytest.mark.parametrize("confidence", [0.9, 0.99, 95, 1, "0.95", "z"])
@pytest.mark.parametrize(
    "macro", sorted(name for name, arguments in signatures().items() if "confidence" in arguments)
)
def test_wrong_confidence_is_refused(macro: str, confidence: str | float) -> None:
    others = ["x"] * (len(signatures()[macro]) - 1)
    with pytest.raises(CompilerError, match=r"confidence must be 0\.95 or 0\.998"):
        render(macro, *others, confidence)


@CONFIDENCES
def test_normal_quantile_is_a_double_literal(confidence: float) -> None:
    literal = render("normal_quantile", confidence)
    value, kind = one_row([literal, f"typeof({literal})"], x=0.0)
    assert value == pytest.approx(stats.norm.ppf((1 + confidence) / 2), rel=1e-15)
    assert kind == "DOUBLE"


def test_arguments_may_be_any_expression() -> None:
    """Operators inside an argument never bind to the operators around it."""
    plain, composed = (
        evaluate(
            [
                *limits("wilson", x, n),
                *limits("rate", x, n, m),
                render("ratio", x, n),
                render("kish_effective_base", x, n),
                render("quantile_band", x, n, "2 + 3"),
                render("survey_published_effective_base", p, f"({p}) / 2", f"({p}) * 2"),
                render("survey_effective_base_ratio", x, n, m, "false or true"),
                render("compare_with_benchmark", x, n, m, "'no' || 'ne'"),
                *limits("mean", x, n, m),
                render("difference", x, n),
                render("difference_lower", n, x, n, m),
                render("difference_upper", x, n, m, n),
                *limits("rate_ratio", x, m, n, m),
                *limits("funnel", p, n),
                render("funnel_label", x, n, m, n, m),
                render("qof_achievement_rate", x, n),
                render("qof_pca_rate", n, x),
                render("qof_intervention_rate", x, n, m),
                render("typology_index", x, n, m),
                render("sdmq9_score", x, f"({n}) / 5"),
                render("representation_ratio", x, n, n, m),
                render("binomial_mean_deviation", n, p),
                render("assurance_icon", x, n, m, "'hi' || 'gh'"),
            ],
            {"x": [12.0], "n": [40.0], "p": [0.3]},
        )
        for x, n, m, p in (("x", "n", "1000", "p"), ("x - 1 + 1", "n + 1 - 1", "10 * 100", "p + 0"))
    )
    assert plain == composed
    assert None not in plain[0]


def test_every_macro_is_documented_with_its_arguments() -> None:
    page = yaml.safe_load((MACROS / "_statistics.yml").read_text(encoding="utf-8"))
    documented = {macro["name"]: macro for macro in page["macros"]}
    assert {
        name: [argument["name"] for argument in macro["arguments"]]
        for name, macro in documented.items()
    } == signatures()
    for macro in documented.values():
        assert macro["description"].strip()
        for argument in macro["arguments"]:
            assert argument["type"] in {
                "string",
                "float",
                "integer",
                "boolean",
                "any",
                "list[string]",
            }
            assert argument["description"].strip()
