"""Every statistics macro gives the same on Spark as on DuckDB, over the same rows.

Needs pyspark and Java 17, which the lock file does not hold: skipped where they are not installed.
"""

import math
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))
from awkward_numbers import AWKWARD
from macro_rendering import CONFIDENCE_QUANTILES, render, signatures

pyspark = pytest.importorskip("pyspark.sql", reason="pyspark is not installed")
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


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    session = (
        pyspark.SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse")))
        .getOrCreate()
    )
    yield session
    session.stop()


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


def on_both(spark: Any, select: str) -> tuple[list[Any], list[Any], list[str]]:
    """In: a select. Out: its rows on DuckDB and on Spark, sorted, and the names of the columns."""
    with duckdb.connect() as connection:
        for name, make in RELATIONS.items():
            rows = make()
            columns = list(rows[0])
            kinds = [next(type(row[c]) for row in rows if row[c] is not None) for c in columns]
            types = [
                {str: "string", int: "bigint", float: "double", date: "date"}[k] for k in kinds
            ]
            schema = ", ".join(f"{c} {t}" for c, t in zip(columns, types, strict=True))
            data = [tuple(row[c] for c in columns) for row in rows]
            spark.createDataFrame(data, schema).createOrReplaceTempView(name)
            connection.execute(f"create table {name} ({schema})")
            connection.executemany(
                f"insert into {name} values ({', '.join('?' * len(columns))})", data
            )
        ours = connection.execute(select)
        names = [column[0] for column in ours.description or ()]
        return ours.fetchall(), [tuple(row) for row in spark.sql(select).collect()], names


def assert_same(ours: list[Any], theirs: list[Any], names: list[str]) -> None:
    assert len(ours) == len(theirs) > 0
    different = [
        (name, one, other, mine[0])
        for mine, yours in zip(ours, theirs, strict=True)
        for name, one, other in zip(names, mine, yours, strict=True)
        if not (one == other or _close(one, other))
    ]
    assert not different, "\n".join(map(str, different))


def _close(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12) or one != one != other
    return False


def test_expressions_are_the_same(spark: Any) -> None:
    listed = ",\n".join(f"({sql}) as {name}" for name, sql in expressions().items())
    assert_same(*on_both(spark, f"select row_order, {listed} from numbers order by row_order"))


@pytest.mark.parametrize("macro", list(SELECTS))
def test_selects_are_the_same(spark: Any, macro: str) -> None:
    order = "area, month" if SELECTS[macro][0] == "points" else "area"
    select = f"with result as (\n{render(macro, *SELECTS[macro])}\n) select * from result"
    assert_same(*on_both(spark, f"{select} order by {order}"))
