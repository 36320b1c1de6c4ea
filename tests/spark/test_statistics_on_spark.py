"""Every statistics macro gives the same on Spark as on DuckDB, over the same rows."""

import math
import sys
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from two_engines import Table, assert_same, hand_over

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))
from awkward_numbers import AWKWARD
from macro_rendering import CONFIDENCE_QUANTILES, render, signatures

pytestmark = pytest.mark.slow

SELECTS = {
    "five_point_trend": [
        "points", ["area"], "month", "share", "low", "high", "count_a", "count_b", "polarity",
    ],
    "xmr_chart": ["points", ["area"], "month", "wave"],
    "slope_index": ["quantiles", ["area"], "quantile", "share", "people", "error", "logit"],
    "dissimilarity": ["quantiles", ["area"], "quantile", "seats", "people"],
}  # fmt: skip
# Parts of other macros that leave the checks to them.
UNCHECKED = {"wilson_lower_of_share"}


def points() -> list[dict[str, Any]]:
    random = np.random.default_rng(20261125)
    rows = []
    for area in range(20):
        level = random.uniform(0.2, 0.8)
        for month in range(30):
            if random.random() < 0.02:
                continue
            share = float(np.clip(level + 0.01 * month * (area % 3 - 1), 0, 1))
            base = int(random.integers(5, 5000))
            rows.append(
                {
                    "area": f"a{area:02}",
                    "month": date(2022 + month // 12, 1 + month % 12, 1),
                    "share": share,
                    "low": share - 1 / math.sqrt(base),
                    "high": share + 1 / math.sqrt(base),
                    "count_a": round(share * base * 0.9),
                    "count_b": base,
                    "wave": float(random.integers(0, 40)) if area % 2 else 10 * share,
                    "polarity": ["high", "low", "none", "odd"][area % 4],
                }
            )
    return rows


def quantiles() -> list[dict[str, Any]]:
    random = np.random.default_rng(20261125)
    return [
        {
            "area": f"a{area:02}",
            "quantile": quantile,
            "share": float(random.uniform(0.01, 0.99)),
            "people": int(random.integers(100, 100_000)),
            "error": float(random.uniform(0.001, 0.1)),
            "seats": int(random.integers(0, 90)),
        }
        for area in range(60)
        for quantile in range(1, 6)
    ]


def numbers() -> list[dict[str, Any]]:
    """Rows of awkward and plain numbers; a to h are the arguments of the expressions, in order."""
    random = np.random.default_rng(20261125)
    rows = []
    for _ in range(600):
        plain = random.integers(0, 2000, 8) / random.choice([1, 1, 1, 1000])
        row = [
            random.choice(AWKWARD) if random.random() < 0.15 else float(value) for value in plain
        ]
        rows.append(dict(zip("abcdefgh", row, strict=True)))
    return [{**row, "row_order": i, "area": f"a{i % 60}"} for i, row in enumerate(rows)]


RELATIONS = {"points": points, "quantiles": quantiles, "numbers": numbers}


def expressions() -> dict[str, str]:
    """Every macro that returns one expression, over the columns of numbers()."""
    out = {}
    for name, arguments in signatures().items():
        if name in SELECTS or name in UNCHECKED:
            continue
        for confidence in CONFIDENCE_QUANTILES if "confidence" in arguments else [0.95]:
            columns = iter("abcdefgh")
            given = [
                {"confidence": confidence, "sign": "+", "groups": ["area"], "quantile": "row_order"}
                .get(a) or {"polarity": "'high'", "direction": "'low'", "special_cause": "'shift'",
                "is_practice": "true", "number_of_bands": "5"}.get(a) or next(columns)
                for a in arguments
            ]  # fmt: skip
            out[f"{name}_{int(confidence * 1000)}"] = render(name, *given)
    return out


def table(rows: list[dict[str, Any]]) -> Table:
    types = {str: "string", int: "bigint", float: "double", date: "date"}
    kinds = {c: next(type(row[c]) for row in rows if row[c] is not None) for c in rows[0]}
    schema = ", ".join(f"{column} {types[kind]}" for column, kind in kinds.items())
    return Table(schema, [tuple(row.values()) for row in rows])


def on_both(spark: Any, folder: Path, select: str) -> tuple[list[Any], list[Any], list[str]]:
    """In: a select. Out: its rows on DuckDB and on Spark, sorted, and the names of the columns."""
    with duckdb.connect() as connection:
        for name, make in RELATIONS.items():
            table(make()).create(connection, name)
            path = str(hand_over(connection, name, folder))
            spark.read.parquet(path).createOrReplaceTempView(name)
        ours = connection.execute(select)
        names = [column[0] for column in ours.description or ()]
        return ours.fetchall(), [tuple(row) for row in spark.sql(select).collect()], names


def test_expressions_are_the_same(spark: Any, tmp_path: Path) -> None:
    listed = ",\n".join(f"({sql}) as {name}" for name, sql in expressions().items())
    select = f"select row_order, {listed} from numbers order by row_order"
    assert_same(*on_both(spark, tmp_path, select))


@pytest.mark.parametrize("macro", list(SELECTS))
def test_selects_are_the_same(spark: Any, tmp_path: Path, macro: str) -> None:
    order = "area, month" if SELECTS[macro][0] == "points" else "area"
    select = f"with result as (\n{render(macro, *SELECTS[macro])}\n) select * from result"
    assert_same(*on_both(spark, tmp_path, f"{select} order by {order}"))
