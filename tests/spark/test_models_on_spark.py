"""dbt builds four models of different kinds on DuckDB and on Spark, and the rows are the same.

The kinds: a calendar, windows over series with gaps, joins with sums and joined texts, and states
judged from such sums. Both engines get the project as it is, and the same made-up rows in place of
the models' parents.
"""

import random
import shutil
from calendar import monthrange
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from two_engines import Table, assert_same, hand_over

from assets.indicators.union import write_union

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("spark")]

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
# Each with the columns that identify a row.
MODELS = {
    "int_practice_list_sizes": ["month_start", "practice_code"],
    "int_ncdes_flows": ["quality_service", "practice_code", "indicator_code", "period_end"],
    "int_practice_sums": [
        "indicator_id", "area_type", "area_code", "hierarchy_basis", "period_end", "category",
    ],
    "int_rolled_up_practices": [
        "indicator_id", "area_type", "area_code", "hierarchy_basis", "period_end", "category",
    ],
}  # fmt: skip
PRACTICES = [f"A{number:05}" for number in range(1, 31)]
Rows = dict[str, list[tuple[Any, ...]]]


def month_end(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def list_sizes(draw: random.Random) -> Table:
    """Snapshots with a gap of years, two of one day, one without a day, and empty counts."""
    days = [
        date(2021, 1, 1), date(2023, 10, 1), date(2024, 4, 15), date(2024, 10, 1),
        date(2024, 10, 1), None,
    ]  # fmt: skip
    rows = [
        (
            f"list:{edition}", day, practice,
            None if draw.random() < 0.1 else draw.randint(800, 20_000),
        )
        for edition, day in enumerate(days)
        for practice in PRACTICES
        if draw.random() < 0.9
    ]  # fmt: skip
    return Table(
        "edition_id string, snapshot_date date, practice_code string, registered_patients bigint",
        rows,
    )


def concordance(draw: random.Random) -> Table:
    kinds = [("I1", "cumulative"), ("I2", "cumulative"), ("I3", "stock")]
    return Table("indicator_code string, numerator_kind string", kinds)


def counts(draw: random.Random) -> Table:
    """Counts that grow and sometimes shrink; months missing, suppressed, empty or without a day."""
    rows: list[tuple[Any, ...]] = []
    for start in (2023, 2024):
        for practice in PRACTICES[:12]:
            for indicator in ("I1", "I2", "I3"):
                total = 0
                for nth in range(12):
                    year, month = start + (nth + 3) // 12, (nth + 3) % 12 + 1
                    total = max(0, total + draw.choice([0, 1, 7, 40, 100, -1, -3, -30]))
                    state = "zero" if total == 0 else "reported"
                    fate = draw.random()
                    if fate < 0.1:
                        continue
                    if fate < 0.2:
                        state = draw.choice(["suppressed_source", "not_available"])
                    rows.append(
                        (
                            f"counts:{year}-{month:02}",
                            f"NCD{start % 100}{start % 100 + 1}",
                            date(start, 4, 1),
                            practice,
                            # the last month of a few series came without its day
                            None if nth == 11 and fate > 0.9 else month_end(year, month),
                            indicator,
                            f"concept {indicator}",
                            "denominator" if fate > 0.97 else "numerator",
                            total if state in ("zero", "reported") else None,
                            state,
                        )
                    )
    return Table(
        "edition_id string, quality_service string, service_start date, practice_code string, "
        "achievement_date date, indicator_code string, measure_concept string, measure string, "
        "value bigint, value_state string",
        rows,
    )


PERIODS = [(date(2024, month, 1), month_end(2024, month)) for month in (3, 6, 9, 12)]
# How often each state comes up, in areas of different fortune.
STATES = ("reported", "zero", "suppressed_source", "not_available", "not_applicable")
FORTUNES = (
    (1, 0, 0, 0, 0), (90, 6, 2, 2, 0), (60, 0, 40, 0, 0), (60, 0, 0, 40, 0), (0, 0, 1, 0, 0),
    (0, 0, 0, 1, 0), (0, 0, 0, 0, 1), (0, 1, 0, 0, 0), (30, 10, 20, 20, 20),
)  # fmt: skip


def catalogue(draw: random.Random) -> Table:
    return Table(
        "indicator_id string, grains string, rolls_up_from string, minimum_coverage double",
        [
            ("SHARE", "practice, pcn, icb, england", "practice", 0.8),
            ("LOCAL", "practice, pcn", "practice", 0.0),
            ("PRINTED", "practice, icb", "published", 0.8),
        ],
    )


def network(practice: str) -> str:
    return f"U{PRACTICES.index(practice) // 5}"


def parents(draw: random.Random) -> Table:
    """Networks of five practices each, one practice moving between them, one board, England."""
    always = (date(1900, 1, 1), date(9999, 12, 31))
    rows: list[tuple[Any, ...]] = []
    for practice in PRACTICES:
        moves = date(2024, 7, 1)
        seen = date(2024, 8, 1) if practice == PRACTICES[4] else always[0]
        if practice == PRACTICES[9]:
            rows.append(("as_was", practice, "pcn", "U0", always[0], date(2024, 6, 30), always[0]))
            rows.append(("as_was", practice, "pcn", network(practice), moves, always[1], moves))
        else:
            rows.append(("as_was", practice, "pcn", network(practice), *always, seen))
        rows.append(("as_is", practice, "pcn", network(practice), *always, always[0]))
        rows.append(("as_was", practice, "icb", "QAA", *always, seen))
        rows.append(("not_applicable", practice, "england", "E92000001", *always, always[0]))
    return Table(
        "hierarchy_basis string, practice_code string, parent_type string, parent_code string, "
        "from_date date, to_date date, seen_from_date date",
        rows,
    )


def weights(draw: random.Random) -> Table:
    """People registered, practices alike in one period, and none for some practices."""
    return Table(
        "period_end date, practice_code string, weight bigint, weighed_by string",
        [
            (end, practice, 1, "practices")
            if end == PERIODS[0][1]
            else (end, practice, draw.randint(800, 20_000), "registered people")
            for _, end in PERIODS
            for practice in PRACTICES
            if draw.random() < 0.95
        ],
    )


def indicator_inputs(draw: random.Random) -> Table:
    rows = []
    for indicator in ("SHARE", "LOCAL", "PRINTED"):
        for period in PERIODS:
            fortunes = [draw.choice(FORTUNES) for _ in range(6)]
            empty = draw.random() < 0.3
            for practice in PRACTICES[:-5] if empty else PRACTICES:
                fortune = fortunes[PRACTICES.index(practice) // 5]
                (state,) = draw.choices(STATES, fortune)
                rows += [
                    indicator_input(draw, indicator, practice, period, category, state)
                    for category in ("all", "female")[: 1 + (indicator == "LOCAL")]
                ]
    return Table(
        "indicator_id string, area_code string, area_type string, period_start date, "
        "period_end date, series_id string, category_type string, category string, "
        "numerator decimal(38,12), denominator decimal(38,12), unweighted_base bigint, "
        "value_sum double, value_sum_of_squares double, value_state string, value_reason string, "
        "dq_flags string, edition_ids string",
        rows,
    )


def indicator_input(
    draw: random.Random,
    indicator: str,
    practice: str,
    period: tuple[date, date],
    category: str,
    state: str,
) -> tuple[Any, ...]:
    counted = state in ("reported", "zero")
    numerator = Decimal(draw.randint(1, 10**9)).scaleb(-6) if state == "reported" else Decimal(0)
    # a zero of a practice without anybody
    denominator = Decimal(0) if state == "zero" and draw.random() < 0.7 else numerator + 7
    score = draw.uniform(0, 90) if state == "reported" and draw.random() < 0.7 else None
    return (
        indicator, practice, "practice", *period, "series",
        "all" if category == "all" else "sex", category,
        numerator if counted else None,
        denominator if counted else None,
        int(denominator) if counted and draw.random() < 0.9 else None,
        score,
        None if score is None else score**2,
        state,
        None if counted else draw.choice([f"no word from {network(practice)}", "no word"]),
        draw.choice(["negative_flow", "implausible", None, None]),
        draw.choice(["a:1", "a:2", "b:1,a:2", "B:1"]),
    )  # fmt: skip


INPUTS: dict[str, Callable[[random.Random], Table]] = {
    "staging.stg_reg_list_sizes": list_sizes,
    "staging.stg_ncdes_counts": counts,
    "reference.ncdes_concordance": concordance,
    "intermediate.int_indicator_catalogue": catalogue,
    "intermediate.int_indicator_inputs": indicator_inputs,
    "intermediate.int_practice_parents": parents,
    "intermediate.int_practice_weights": weights,
}

Result = tuple[list[str], list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Out: a warehouse of the tables the models read."""
    warehouse = tmp_path_factory.mktemp("inputs") / "warehouse.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        for name, make in INPUTS.items():
            connection.execute(f"create schema if not exists {name.split('.')[0]}")
            make(random.Random(20261126)).create(connection, name)
    return warehouse


@pytest.fixture(scope="module")
def on_duckdb(inputs: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    folder = tmp_path_factory.mktemp("duckdb")
    warehouse = shutil.copy(inputs, folder)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("DOING_WITH_WAREHOUSE", str(warehouse))
        try:
            run_dbt(folder, "duckdb")
        finally:
            DuckDBConnectionManager.close_all_connections()
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = {model: connection.sql(ordered(model)) for model in MODELS}
        return {model: (result.columns, result.fetchall()) for model, result in found.items()}


@pytest.fixture(scope="module")
def on_spark(
    spark: Any, inputs: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Result]:
    folder = tmp_path_factory.mktemp("spark")
    with duckdb.connect(str(inputs), read_only=True) as connection:
        for name in INPUTS:
            spark.sql(f"create schema if not exists {name.split('.')[0]}")
            path = hand_over(connection, name, folder)
            spark.sql(f"create table {name} using parquet location '{path}'")
    run_dbt(folder, "spark")
    found = {model: spark.sql(ordered(model)) for model in MODELS}
    return {
        model: (result.columns, [tuple(row) for row in result.collect()])
        for model, result in found.items()
    }


def run_dbt(folder: Path, target: str) -> None:
    """Build the models in the project as it is, in this process: Spark's session is in it."""
    from dbt.cli.main import dbtRunner

    project = folder / "dbt_project"
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    write_union(project)
    arguments = ["--quiet", "run", "--project-dir", project, "--profiles-dir", project]
    arguments += ["--target", target, "--target-path", folder / "target"]
    arguments += ["--log-path", folder / "logs", "--select", *MODELS]
    result = dbtRunner().invoke([str(argument) for argument in arguments])
    assert result.success, result.exception or [r.message for r in result.result.results]


def ordered(model: str) -> str:
    keys = ", ".join(f"{column} nulls last" for column in MODELS[model])
    return f"select * from intermediate.{model} order by {keys}"


@pytest.mark.parametrize("model", MODELS)
def test_rows_are_the_same(
    on_spark: dict[str, Result], on_duckdb: dict[str, Result], model: str
) -> None:
    names, ours = on_duckdb[model]
    their_names, theirs = on_spark[model]
    assert their_names == names
    keys = [names.index(column) for column in MODELS[model]]
    assert len({tuple(row[i] for i in keys) for row in ours}) == len(ours)
    assert_same(ours, theirs, names)


def test_the_rows_drawn_reach_what_the_models_tell_apart(on_duckdb: dict[str, Result]) -> None:
    """Equal results of rows that say little would prove little."""

    def seen(model: str, column: str) -> set[Any]:
        names, rows = on_duckdb[model]
        return {row[names.index(column)] for row in rows}

    assert {None, date(2021, 1, 1), date(2024, 4, 15)} <= seen(
        "int_practice_list_sizes", "list_size_date"
    )
    assert seen("int_ncdes_flows", "value_state") == {
        "reported", "zero", "suppressed_source", "not_available",
    }  # fmt: skip
    assert {None, 1, 2, 3} <= seen("int_ncdes_flows", "flow_span_months")
    assert seen("int_ncdes_flows", "dq_flags") == {None, "negative_flow"}
    assert seen("int_ncdes_flows", "is_excluded_from_spc") == {True, False}
    assert {True, False} == seen("int_practice_sums", "is_placed_later")
    assert seen("int_rolled_up_practices", "value_state") == {
        "reported", "zero", "suppressed_source", "not_available", "not_applicable",
        "cannot_calculate",
    }  # fmt: skip
    flags = {
        f for text in seen("int_rolled_up_practices", "dq_flags") if text for f in text.split(",")
    }
    assert flags == {
        "negative_flow", "implausible", "incomplete_coverage", "placed_where_first_seen",
    }  # fmt: skip
    assert len(seen("int_rolled_up_practices", "value_reason")) > 10
