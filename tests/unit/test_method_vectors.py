"""Published test vectors of every statistical method in use, run in SQL."""

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from macro_rendering import Value, evaluate, limits, one_row, quantile_bands, render, run_select

from assets.extracts.identifiers.detectors import detectors_for

VECTORS = Path(__file__).resolve().parents[2].parent / "shared" / "domain" / "method_vectors.json"

LEVELS = {"ci95": 0.95, "ci998": 0.998}


def intervals(flat: tuple[Value, ...]) -> dict[str, list[Value]]:
    """In: four limits, as `limits` orders them. Out: the vectors' way of writing them."""
    return {level: list(flat[2 * i : 2 * i + 2]) for i, level in enumerate(LEVELS)}


def wilson_vector(x: float, n: float) -> dict[str, Any]:
    value, *rest = one_row([render("ratio", "x", "n"), *limits("wilson", "x", "n")], x=x, n=n)
    return {"value": value, **intervals(tuple(rest))}


def poisson_vector(x: float) -> dict[str, Any]:
    return {
        "method": "exact" if x < 10 else "byar",
        **intervals(one_row(limits("poisson", "x"), x=x)),
    }


def rate_vector(x: float, n: float, multiplier: float) -> dict[str, Any]:
    value = render("ratio", "x", "n") + f" * {multiplier}"
    value_out, *rest = one_row([value, *limits("rate", "x", "n", multiplier)], x=x, n=n)
    return {"value": value_out, **intervals(tuple(rest))}


def ratio_vector(num: float, den: float) -> dict[str, Any]:
    return {"value": one_row([render("ratio", "x", "n")], x=num, n=den)[0]}


def survey_vector(note: str) -> dict[str, Any]:
    """In: groups of equal weight, written `weight x answers (yes answers)`."""
    groups = [tuple(map(float, g)) for g in re.findall(r"([\d.]+)x(\d+)\((\d+)", note)]
    weights = sum(weight * answers for weight, answers, _ in groups)
    squares = sum(weight**2 * answers for weight, answers, _ in groups)
    proportion = sum(weight * yes for weight, _, yes in groups) / weights
    base = render("kish_effective_base", "weights", "squares")
    effective, *rest = one_row(
        [base, *limits("wilson", f"proportion * ({base})", base)],
        weights=weights,
        squares=squares,
        proportion=proportion,
    )
    assert isinstance(effective, float)
    return {
        "value": proportion,
        "sum_w": weights,
        "sum_w2": squares,
        "n_eff": effective,
        "deff": sum(answers for _, answers, _ in groups) / effective,
        **intervals(tuple(rest)),
    }


def gpps_vector(label: str, level: str, **row: float) -> dict[str, Any]:
    """Step by step, as models do: a macro repeats its arguments, so nesting all three is huge."""
    published = render("survey_published_effective_base", "pcteval", "lowileval", "hiwileval")
    (base,) = one_row([published], **row)
    ratio = render(
        "survey_effective_base_ratio", "base", "basefulluw", "basefullw", "level = 'practice'"
    )
    r, used = one_row([ratio, f"({ratio}) * baseevaluw"], base=base, level=level, **row)
    flat = one_row(limits("wilson", "pcteval * used", "used"), used=used, **row)
    return {"n_eff_published": base, "r": r, "n_eff_used": used, **intervals(flat)}


def benchmark_vector(value: float, n_eff: float, england: float, polarity: str) -> dict[str, Any]:
    wilson = limits("wilson", "p * n", "n")
    judgements = [
        render("compare_with_benchmark", lower, upper, "england", "polarity")
        for lower, upper in (wilson[:2], wilson[2:])
    ]
    word = {"high_is_good": "high", "low_is_good": "low"}.get(polarity, "none")
    *flat, at_95, at_998 = one_row(
        [*wilson, *judgements], p=value, n=n_eff, england=england, polarity=word
    )
    label = f"{at_998}_998" if at_998 != "similar" else f"{at_95}_95"
    return {**intervals(tuple(flat)), "label": "similar" if at_95 == "similar" else label}


def rate_without_limits_vector(x: float, n: float, multiplier: float) -> dict[str, Any]:
    value = render("ratio", "x", "n") + f" * {multiplier}"
    return {"value": one_row([value], x=x, n=n)[0]}


def mean_vector(values: list[float]) -> dict[str, Any]:
    n, mean, deviation, total, squares = evaluate(
        [f"{f}(v) over ()" for f in ("count", "avg", "stddev_samp", "sum")]
        + ["sum(v * v) over ()"],
        {"v": values},
    )[0]
    flat = one_row(limits("mean", "n", "s", "q"), n=n, s=total, q=squares)
    return {"value": mean, "sd": deviation, "n": n, **intervals(flat)}


def paired_change_vector(pre: list[float], post: list[float]) -> dict[str, Any]:
    return mean_vector([after - before for before, after in zip(pre, post, strict=True)])


def qof_vector(num: float, den: float, pca: float) -> dict[str, Any]:
    achievement, pca_rate, intervention = one_row(
        [
            render("qof_achievement_rate", "num", "den"),
            render("qof_pca_rate", "den", "pca"),
            render("qof_intervention_rate", "num", "den", "pca"),
        ],
        num=num,
        den=den,
        pca=pca,
    )
    return {"achievement": achievement, "pca_rate": pca_rate, "intervention": intervention}


def difference_vector(x1: float, n1: float, x2: float, n2: float) -> dict[str, Any]:
    first = dict(zip("vlu", one_row(wilson_at_95("x", "n"), x=x1, n=n1), strict=True))
    second = dict(zip("rmh", one_row(wilson_at_95("x", "n"), x=x2, n=n2), strict=True))
    value, lower, upper = one_row(
        [
            render("difference", "v", "r"),
            render("difference_lower", "v", "l", "r", "h"),
            render("difference_upper", "v", "u", "r", "m"),
        ],
        **first,
        **second,
    )
    return {"value": value, "ci95": [lower, upper]}


def wilson_at_95(x: str, n: str) -> list[str]:
    return [render("ratio", x, n), *limits("wilson", x, n)[:2]]


def rate_ratio_vector(x1: float, n1: float, x2: float, n2: float) -> dict[str, Any]:
    columns = ("x1", "n1", "x2", "n2")
    gap = render("difference", "1000 * x1 / n1", "1000 * x2 / n2")
    value, gap_per_1000, *flat = one_row(
        [render("rate_ratio", *columns), gap, *limits("rate_ratio", *columns)],
        x1=x1,
        n1=n1,
        x2=x2,
        n2=n2,
    )
    return {"value": value, "gap_per_1000": gap_per_1000, **intervals(tuple(flat))}


def funnel_vector(num: list[float], den: list[float]) -> dict[str, Any]:
    average = "(sum(x) over () / sum(n) over ())"
    bounds = limits("funnel", average, "n")
    value = render("ratio", "x", "n")
    label = render("funnel_label", value, *bounds)
    out = evaluate([average, value, label, *bounds], {"x": num, "n": den})
    return {
        "average": out[0][0],
        "rows": [
            {"value": v, "label": word, "limits95": list(b[:2]), "limits998": list(b[2:])}
            for _, v, word, *b in out
        ],
    }


def trend_vector(values: list[float], lo: list[float], hi: list[float]) -> dict[str, Any]:
    points = len(values)
    *_, last = run_select(
        render("five_point_trend", "points", ["series"], "year", "v", "l", "u", "x", "n", "pol"),
        "points",
        {
            "series": ["a"] * points,
            "year": list(range(points)),
            "v": values,
            "l": lo,
            "u": hi,
            "x": [1.0] * points,
            "n": [2.0] * points,
            "pol": ["none"] * points,
        },
        order_by="year",
    )
    marker = {"no significant change": "no_change"}.get(last["trend"], last["trend"])
    return {
        "slope": last["slope"],
        "chi2": last["chi_square"],
        "all_slopes_same_sign": last["has_one_direction"],
        "marker": marker,
    }


SPC_LABELS = {
    ("outside_limits", "high"): "Above UCL",
    ("outside_limits", "low"): "Below LCL",
    ("trend", "high"): "7pt trend",
    ("trend", "low"): "7pt trend",
    ("two_of_three", "high"): "2 in 3 Above",
    ("two_of_three", "low"): "2 in 3 Below",
    ("shift", "high"): "7pts Above",
    ("shift", "low"): "7pts Below",
}


def spc_vector(values: list[float], screen: bool, fix: int | None = None) -> dict[str, Any]:
    charts = [
        run_select(
            render(
                "xmr_chart",
                "points",
                ["series"],
                "month",
                "v",
                fixed_points=fix,
                screens=screens,
                minimum_points=2,
            ),
            "points",
            {
                "series": ["a"] * len(values),
                "month": [date(2020 + i // 12, 1 + i % 12, 1) for i in range(len(values))],
                "v": list(map(float, values)),
            },
            order_by="month",
        )
        for screens in (screen, False)
    ]
    chart, first = charts[0], charts[0][0]
    return {
        "mean": first["mean"],
        "amr_raw": charts[1][0]["average_moving_range"],
        "amr": first["average_moving_range"],
        "lpl": first["lower_limit"],
        "upl": first["upper_limit"],
        "near_lpl": first["near_lower_limit"],
        "near_upl": first["near_upper_limit"],
        "flags": {
            str(point["point_number"]): SPC_LABELS[point["special_cause"], point["direction"]]
            for point in chart
            if point["special_cause"] != "common_cause"
        },
    }


def slope_index_vector(
    values: list[float], pops: list[float], transform: str | None
) -> dict[str, Any]:
    rows: dict[str, list[Any]] = {
        "area": ["a"] * len(values),
        "quintile": list(range(1, len(values) + 1)),
        "v": values,
        "p": list(map(float, pops)),
        "se": [0.01] * len(values),
    }
    (index,) = run_select(
        render("slope_index", "points", ["area"], "quintile", "v", "p", "se", transform or "none"),
        "points",
        rows,
        order_by="area",
    )
    midpoints = evaluate([render("cumulative_midpoint", "p", ["area"], "quintile")], rows)
    return {
        "b": [midpoint for (midpoint,) in midpoints],
        "y0": index["most_deprived_value"],
        "y1": index["least_deprived_value"],
        "sii": index["sii"],
        "rii": index["rii"],
    }


def representativeness_vector(seats: list[float], pop: list[float]) -> dict[str, Any]:
    rows: dict[str, list[Any]] = {
        "area": ["a"] * len(seats),
        "ethnic_group": list(range(len(seats))),
        "s": list(map(float, seats)),
        "p": list(map(float, pop)),
    }
    (index,) = run_select(
        render("dissimilarity", "points", ["area"], "ethnic_group", "s", "p"),
        "points",
        rows,
        order_by="area",
    )
    ratio = render("representation_ratio", "s", "sum(s) over ()", "p", "sum(p) over ()")
    return {
        "ratios": [share for (share,) in evaluate([ratio], rows)],
        "dissimilarity": index["dissimilarity"],
        "index": index["similarity_index"],
    }


def typology_vector(**records: float) -> dict[str, Any]:
    columns = {f"{way}_records": count for way, count in records.items()}
    index, share, *flat = one_row(
        [
            render("typology_index", *columns),
            *wilson_at_95("with_records", "to_records + for_records + with_records"),
        ],
        **columns,
    )
    return {"index": index, "with_share": share, "ci95": flat}


def nhs_number_vector(s: str) -> bool:
    """The scanner's, not SQL's: whether it finds the number in a cell."""
    (detector,) = (d for d in detectors_for("community", ()) if d.kind == "nhs_number")
    return detector.values_in(s) == {s}


def sdmq9_vector(items: list[float]) -> dict[str, Any]:
    score, raw = evaluate(
        [render("sdmq9_score", "sum(v) over ()", "count(v) over ()"), "sum(v) over ()"],
        {"v": list(map(float, items))},
    )[0]
    return {"raw": raw, "score": score}


RUN: dict[str, Callable[..., Any]] = {
    "benchmark": benchmark_vector,
    "crude_rate": rate_vector,
    "diff_proportions": difference_vector,
    "fingertips_trend": trend_vector,
    "funnel_proportion": funnel_vector,
    "gpps_ci": gpps_vector,
    "mean_t": mean_vector,
    "nhs_number_valid": nhs_number_vector,
    "paired_change": paired_change_vector,
    "poisson_count_ci": poisson_vector,
    "qof_rates": qof_vector,
    "quantile": quantile_bands,
    "rate_no_ci": rate_without_limits_vector,
    "rate_ratio": rate_ratio_vector,
    "ratio": ratio_vector,
    "representativeness": representativeness_vector,
    "sdmq9": sdmq9_vector,
    "sii": slope_index_vector,
    "spc_xmr": spc_vector,
    "survey_proportion": survey_vector,
    "typology_index": typology_vector,
    "wilson": wilson_vector,
}

# Methods that no indicator uses wait until one does; the position on a spine chart is the report's.
ELSEWHERE = {
    "beta_binomial_shrink",
    "dsr",
    "isr_ratio",
    "spine_position",
    "trend_proportions_ca",
}


def vector_cases() -> list[Any]:
    if not VECTORS.exists():
        reason = f"{VECTORS.name} is not beside this checkout ({'/'.join(VECTORS.parts[-3:])})"
        return [pytest.param(None, id="none", marks=pytest.mark.skip(reason=reason))]
    cases = json.loads(VECTORS.read_text(encoding="utf-8"))["tests"]
    return [pytest.param(case, id=case["id"]) for case in cases if case["fn"] in RUN]


def test_every_method_of_the_vectors_has_a_macro_or_a_reason() -> None:
    if not VECTORS.exists():
        pytest.skip(f"{VECTORS.name} is not beside this checkout")
    cases = json.loads(VECTORS.read_text(encoding="utf-8"))["tests"]
    assert {case["fn"] for case in cases} == RUN.keys() | ELSEWHERE


def assert_agrees(actual: Any, expected: Any, name: str) -> None:
    """Every expected value is there: numbers to the vectors' tolerance, anything else exactly."""
    if isinstance(expected, dict) and name != "flags":
        for key, value in expected.items():
            assert_agrees(actual[key], value, key)
    elif isinstance(expected, list):
        assert len(actual) == len(expected), name
        for one, other in zip(actual, expected, strict=True):
            assert_agrees(one, other, name)
    elif isinstance(expected, float):
        assert actual == pytest.approx(expected, rel=1e-6, abs=1e-6), name
    else:
        assert actual == expected, name


@pytest.mark.parametrize("case", vector_cases())
def test_method_vector(case: dict[str, Any]) -> None:
    assert_agrees(RUN[case["fn"]](**case["args"]), case["expect"], case["id"])
