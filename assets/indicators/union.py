"""The union of all indicator models, generated: dbt finds no refs in loops."""

from __future__ import annotations

from pathlib import Path

# The contracted shape: every indicator model returns exactly these columns, in this order.
INDICATOR_INPUT_COLUMNS = (
    "indicator_id",
    "area_code",
    "area_type",
    "hierarchy_basis",
    "period_start",
    "period_end",
    "series_id",
    "category_type",
    "category",
    "numerator",
    "denominator",
    "unweighted_base",
    "effective_base",
    "value_sum",
    "value_sum_of_squares",
    "published_value",
    "published_lower_95",
    "published_upper_95",
    "is_printed_plausible",
    "value_state",
    "value_reason",
    "dq_flags",
    "edition_ids",
)

_UNION = Path("models/intermediate/int_indicator_inputs.sql")


def indicator_models(project: Path) -> list[str]:
    """Names of the indicator models of a dbt project, those on rolled-up indicators left out."""
    return sorted(
        path.stem
        for path in (project / "models" / "indicators").rglob("*.sql")
        if "derived" not in path.parts
    )


def union_sql(models: list[str]) -> str:
    """SQL of the union, in the contracted shape."""
    columns = ",\n    ".join(INDICATOR_INPUT_COLUMNS)
    selects = [f"select\n    {columns}\nfrom {{{{ ref('{model}') }}}}" for model in models]
    note = "-- Generated from models/indicators before dbt parses; not committed.\n"
    return note + "\nunion all\n".join(selects) + "\n"


def write_union(project: Path) -> Path:
    """Write the union model if it is missing or out of date; returns its path."""
    path = project / _UNION
    sql = union_sql(indicator_models(project))
    if not path.exists() or path.read_text(encoding="utf-8") != sql:
        path.write_text(sql, encoding="utf-8")
    return path
