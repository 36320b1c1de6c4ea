"""Inequality and similarity: SQL as dbt compiled it, on rows of our own, against other sums."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from dbt_process import run_dbt

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
MODELS = {
    "int_referral_practices": "intermediate",
    "int_referral_quintiles": "intermediate",
    "int_plan_coverage_quintiles": "intermediate",
    "int_released_referral_quintiles": "intermediate",
    "int_released_representation_groups": "intermediate",
    "int_inequality_slopes": "intermediate",
    "int_representation_indices": "intermediate",
    "inequalities": "marts",
}
# The columns of the tables that are read, with the types that matter to the arithmetic.
INPUTS = {
    "intermediate.int_indicator_inputs": (
        "indicator_id varchar, area_code varchar, area_type varchar, period_start date, "
        "period_end date, series_id varchar, category_type varchar, numerator decimal(38, 12), "
        "denominator decimal(38, 12), unweighted_base bigint, effective_base double, "
        "value_state varchar, edition_ids varchar"
    ),
    "intermediate.int_practice_list_sizes": (
        "month_start date, practice_code varchar, registered_patients bigint"
    ),
    "intermediate.int_practice_deprivation": (
        "practice_code varchar, deprivation_score double, is_current boolean, edition_ids varchar"
    ),
    "intermediate.int_practice_parents": (
        "hierarchy_basis varchar, practice_code varchar, parent_type varchar, "
        "parent_code varchar, from_date date, to_date date"
    ),
    "intermediate.int_survey_questions": (
        "survey_year integer, area_type varchar, area_code varchar, question varchar, "
        "headline_proportion double, headline_state varchar"
    ),
    "staging.stg_gpps_eligible_people": (
        "survey_year integer, edition_coverage varchar, practice_code varchar, "
        "eligible_people double"
    ),
    "intermediate.int_representation_groups": (
        "indicator_id varchar, area_code varchar, area_type varchar, hierarchy_basis varchar, "
        "period_start date, period_end date, series_id varchar, ethnic_group varchar, "
        "counted bigint, stated_counted bigint, total_counted bigint, "
        "registered_people decimal(38, 12), dq_flags varchar, edition_ids varchar"
    ),
}
# Disclosure control lets everything be shown, groups rounded: the models withhold the rest.
RELEASED = """
    create table intermediate.int_released_counts as
    select
        concat_ws(
            '|', indicator_id, area_type, area_code, hierarchy_basis, period_start, period_end,
            series_id, 'deprivation_quintile', deprivation_quintile
        ) as row_id,
        cast(numerator as bigint) as numerator, cast(null as bigint) as denominator,
        false as is_withheld
    from intermediate.int_referral_quintiles
    union all
    select
        concat_ws(
            '|', indicator_id, area_type, area_code, hierarchy_basis, period_start, period_end,
            series_id, 'ethnic_group', ethnic_group
        ),
        (counted + 2) // 5 * 5, null, false
    from intermediate.int_representation_groups
    union all
    select distinct
        concat_ws(
            '|', indicator_id, area_type, area_code, hierarchy_basis, period_start, period_end,
            series_id, 'all', 'all'
        ),
        cast(null as bigint), (stated_counted + 2) // 5 * 5, false
    from intermediate.int_representation_groups
"""
GROUPS = ("white", "asian", "black", "mixed", "other")


@pytest.fixture(scope="module")
def compiled(parsed_project: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The SQL of each model, as dbt compiled it."""
    folder = tmp_path_factory.mktemp("derived")
    project = Path(shutil.copytree(parsed_project, folder / "dbt_project"))
    assert run_dbt(project, folder / "warehouse.duckdb", "compile", "--select", *MODELS) == 0
    return {
        name: next((project / "target" / "compiled").rglob(f"models/**/{name}.sql")).read_text()
        for name in MODELS
    }


class Warehouse:
    """Tables of our own, and the models built over them."""

    def __init__(self, compiled: dict[str, str]) -> None:
        self.compiled = compiled
        self.connection = duckdb.connect(config={"threads": 1})
        # What dbt compiled names the database after its file.
        self.connection.execute("attach ':memory:' as warehouse")
        self.connection.execute("use warehouse")
        for schema in ("staging", "intermediate", "marts"):
            self.connection.execute(f"create schema warehouse.{schema}")
        for table, columns in INPUTS.items():
            self.connection.execute(f"create table {table} ({columns})")

    def insert(self, table: str, rows: list[dict[str, Any]]) -> None:
        places = ", ".join("?" * len(rows[0]))
        self.connection.executemany(
            f"insert into {table} ({', '.join(rows[0])}) values ({places})",
            [list(row.values()) for row in rows],
        )

    def build(self) -> None:
        for name, schema in MODELS.items():
            if name == "int_released_referral_quintiles":
                self.connection.execute(RELEASED)
            self.connection.execute(f"create table {schema}.{name} as {self.compiled[name]}")

    def rows(self, sql: str) -> list[dict[str, Any]]:
        result = self.connection.execute(sql)
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


@pytest.fixture
def warehouse(compiled: dict[str, str]) -> Iterator[Warehouse]:
    one = Warehouse(compiled)
    yield one
    one.connection.close()


def practices(warehouse: Warehouse, draw: random.Random, number: int) -> dict[str, float]:
    """Practices of one board with a deprivation score each. Out: the scores."""
    scores = {f"A{i:05}": draw.uniform(3, 60) for i in range(number)}
    warehouse.insert(
        "intermediate.int_practice_deprivation",
        [
            {"practice_code": p, "deprivation_score": s, "is_current": True, "edition_ids": "d"}
            for p, s in scores.items()
        ],
    )
    warehouse.insert(
        "intermediate.int_practice_parents",
        [
            {
                "hierarchy_basis": "as_is",
                "practice_code": p,
                "parent_type": "icb",
                "parent_code": "QAA",
                "from_date": "1900-01-01",
                "to_date": "9999-12-31",
            }
            for p in scores
        ],
    )
    return scores


def fifths(scores: dict[str, float]) -> dict[str, int]:
    """Fifth of each practice by sorting: OHID's formula for scores without ties."""
    n = len(scores)
    order = sorted(scores, key=lambda p: -scores[p])
    return {p: 6 - int(np.ceil((n - i) * 5 / n)) for i, p in enumerate(order)}


def fitted(values: Any, people: Any, forward: Any, back: Any) -> tuple[float, float]:
    """Fitted values at the most and least deprived end, by weighted least squares."""
    share = people / people.sum()
    midpoint = share.cumsum() - share / 2
    design = np.column_stack([np.ones(5), midpoint]) * np.sqrt(share)[:, None]
    (start, slope), *_ = np.linalg.lstsq(design, forward(values) * np.sqrt(share), rcond=None)
    return back(start), back(start + slope)


@pytest.mark.parametrize("seed", range(5))
def test_referral_slopes_agree_with_least_squares(warehouse: Warehouse, seed: int) -> None:
    draw = random.Random(seed)
    scores = practices(warehouse, draw, draw.randint(15, 60))
    fifth = fifths(scores)
    lists = {p: draw.randint(2000, 20000) for p in scores}
    warehouse.insert(
        "intermediate.int_practice_list_sizes",
        [
            {"month_start": "2025-03-01", "practice_code": p, "registered_patients": n}
            for p, n in lists.items()
        ],
    )
    months = [f"2024-{m:02}-28" for m in range(4, 13)] + [f"2025-{m:02}-28" for m in (1, 2, 3)]
    events = np.zeros(5)
    people = np.zeros(5)
    rows = []
    for p in scores:
        for month in months:
            count = draw.randint(0, 40)
            sent = draw.random() < 0.9
            events[fifth[p] - 1] += count if sent else 0
            people[fifth[p] - 1] += lists[p] / 12 if sent else 0
            rows.append(
                {
                    "indicator_id": "PC-SP-02",
                    "area_code": p,
                    "area_type": "practice",
                    "period_end": month,
                    "series_id": "sp_referrals",
                    "category_type": "all",
                    "numerator": count if sent else None,
                    "denominator": lists[p],
                    "value_state": ("reported" if count else "zero") if sent else "not_available",
                    "edition_ids": "e",
                }
            )
    warehouse.insert("intermediate.int_indicator_inputs", rows)
    warehouse.build()
    quintiles = warehouse.rows(
        "select * from intermediate.int_referral_quintiles order by deprivation_quintile"
    )
    assert [q["value"] for q in quintiles] == pytest.approx(1000 * events / people)
    assert [q["standard_error"] for q in quintiles] == pytest.approx(
        1000 * np.sqrt(events) / people
    )
    (slope,) = warehouse.rows("select * from intermediate.int_inequality_slopes")
    most, least = fitted(1000 * events / people, people, np.log, np.exp)
    assert slope["sii"] == pytest.approx(least - most)
    assert slope["rii"] == pytest.approx(least / most)


@pytest.mark.parametrize("seed", range(5))
def test_plan_slopes_agree_with_least_squares(warehouse: Warehouse, seed: int) -> None:
    draw = random.Random(seed)
    scores = practices(warehouse, draw, draw.randint(25, 60))
    fifth = fifths(scores)
    weighted, people, variance = np.zeros(5), np.zeros(5), np.zeros(5)
    left_out = asked = 0.0
    inputs, questions, eligible = [], [], []
    for p in scores:
        n, condition = float(draw.randint(1000, 15000)), draw.uniform(0.3, 0.8)
        share, base = draw.uniform(0.05, 0.4), draw.uniform(15, 80)
        answers = draw.randint(8, 120)
        is_counted = answers >= 10
        stands_for = n * condition
        asked += n
        left_out += 0 if is_counted else n
        if is_counted:
            i = fifth[p] - 1
            weighted[i] += stands_for * share
            people[i] += stands_for
            variance[i] += stands_for**2 * share * (1 - share) / base
        inputs.append(
            {
                "indicator_id": "PC-PCSP-03",
                "area_code": p,
                "area_type": "practice",
                "period_start": "2025-01-01",
                "period_end": "2025-03-31",
                "series_id": "gpps_from_2024",
                "category_type": "all",
                "numerator": round(share * 1000, 9),
                "denominator": 1000,
                "unweighted_base": answers,
                "effective_base": base,
                "value_state": "reported",
                "edition_ids": "e",
            }
        )
        questions.append(
            {
                "survey_year": 2025,
                "area_type": "practice",
                "area_code": p,
                "question": "healthconditionre",
                "headline_proportion": condition,
                "headline_state": "reported",
            }
        )
        eligible.append(
            {
                "survey_year": 2025,
                "edition_coverage": "whole",
                "practice_code": p,
                "eligible_people": n,
            }
        )
    warehouse.insert("intermediate.int_indicator_inputs", inputs)
    warehouse.insert("intermediate.int_survey_questions", questions)
    warehouse.insert("staging.stg_gpps_eligible_people", eligible)
    warehouse.build()
    quintiles = warehouse.rows(
        "select * from intermediate.int_plan_coverage_quintiles order by deprivation_quintile"
    )
    assert [q["value"] for q in quintiles] == pytest.approx(weighted / people)
    assert [q["standard_error"] for q in quintiles] == pytest.approx(np.sqrt(variance) / people)
    (slope,) = warehouse.rows("select * from intermediate.int_inequality_slopes")
    assert slope["coverage"] == pytest.approx(1 - left_out / asked)
    most, least = fitted(
        weighted / people, people, lambda v: np.log(v / (1 - v)), lambda y: 1 / (1 + np.exp(-y))
    )
    if slope["coverage"] >= 0.8:
        assert slope["sii"] == pytest.approx(least - most)


def test_withheld_groups_cannot_be_worked_out(warehouse: Warehouse) -> None:
    draw = random.Random(20261126)
    sets, rows = {}, []
    for number in range(400):
        counts = {
            group: draw.choice([0, draw.randint(1, 12), draw.randint(0, 60), draw.randint(0, 400)])
            for group in GROUPS
        }
        stated = sum(counts.values())
        if not stated:
            continue
        total = stated + draw.randint(0, stated)
        sets[f"P{number:03}"] = (counts, stated, total)
        rows += [
            {
                "indicator_id": "PC-INQ-03",
                "area_code": f"P{number:03}",
                "area_type": "programme",
                "hierarchy_basis": "not_applicable",
                "period_start": "2024-04-01",
                "period_end": "2025-03-31",
                "series_id": "sp_referrals",
                "ethnic_group": group,
                "counted": count,
                "stated_counted": stated,
                "total_counted": total,
                "registered_people": 1000 + 100 * i,
                "edition_ids": "e",
            }
            for i, (group, count) in enumerate(counts.items())
        ]
    warehouse.insert("intermediate.int_representation_groups", rows)
    warehouse.build()
    published: dict[str, dict[str, Any]] = {}
    for row in warehouse.rows("select * from marts.inequalities"):
        published.setdefault(row["area_code"], {})[row["category"]] = row
    assert set(published) == set(sets)
    for area, (counts, stated, total) in sets.items():
        groups = published[area]
        shown = {g: r["numerator"] for g, r in groups.items() if r["numerator"] is not None}
        hidden = [g for g in counts if g not in shown]
        if 10 * stated < 7 * total:
            assert not shown
            continue
        for group, count in shown.items():
            assert counts[group] >= 10
            assert count == (counts[group] + 2) // 5 * 5
            assert groups[group]["value"] == pytest.approx(count / ((stated + 2) // 5 * 5))
        # Nothing is withheld without need; and the total gives back no group alone, nor fewer than
        # ten people together, where anything is shown.
        assert bool(hidden) is (min(counts.values()) < 10)
        if hidden and shown:
            assert len(hidden) >= 2
            assert sum(counts[g] for g in hidden) >= 10
        index = next(iter(groups.values()))["similarity_index"]
        assert (index is not None) is (stated >= 100 and not hidden)
