"""The unions of indicator models, generated: dbt finds no refs in loops.

Indicators made of others read the union of those, so they are a union of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from assets.durable_files import write_atomically

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
_DERIVED_UNION = Path("models/intermediate/int_derived_inputs.sql")


def indicator_models(project: Path) -> list[str]:
    """Names of the indicator models of a dbt project, those made of other indicators left out."""
    return sorted(path.stem for path in _model_files(project) if "derived" not in path.parts)


def derived_models(project: Path) -> list[str]:
    """Names of the models of indicators made of other indicators."""
    return sorted(path.stem for path in _model_files(project) if "derived" in path.parts)


def union_sql(models: list[str]) -> str:
    """SQL of the union, in the contracted shape."""
    columns = ",\n    ".join(INDICATOR_INPUT_COLUMNS)
    selects = [f"select\n    {columns}\nfrom {{{{ ref('{model}') }}}}" for model in models]
    note = "-- Generated from models/indicators before dbt parses; not committed.\n"
    return note + "\nunion all\n".join(selects) + "\n"


def write_union(project: Path) -> tuple[Path, Path]:
    """Write the union models that are missing or out of date.

    Out: the paths of both, indicators first, those made of other indicators second.
    """
    return (
        _write(project / _UNION, union_sql(indicator_models(project))),
        _write(project / _DERIVED_UNION, union_sql(derived_models(project))),
    )


def _model_files(project: Path) -> Iterator[Path]:
    """Paths below the folder of indicators: what the project's own path is called says nothing."""
    folder = project / "models" / "indicators"
    return (path.relative_to(folder) for path in folder.rglob("*.sql"))


def _write(path: Path, sql: str) -> Path:
    if not path.exists() or path.read_text(encoding="utf-8") != sql:
        write_atomically(path, sql)
    return path
