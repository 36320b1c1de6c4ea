"""What the YAML beside the marts declares of their columns: known values, and which are never null.

dbt tests it whenever it builds, so what is said of a release holds in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

Column = tuple[str, str]


@dataclass(frozen=True)
class Declared:
    """Known values of columns, and columns without nulls; columns are (table, column)."""

    known_values: Mapping[Column, tuple[str, ...]] = field(default_factory=dict)
    never_null: frozenset[Column] = frozenset()


def read_declared(marts: Path) -> Declared:
    """Read the YAML of every mart of a folder; raises ``FileNotFoundError`` when there is none."""
    paths = sorted(marts.glob("*.yml"))
    if not paths:
        raise FileNotFoundError(f"{marts} holds no YAML of a mart")
    known: dict[Column, tuple[str, ...]] = {}
    never_null: set[Column] = set()
    for path in paths:
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", []):
            table = str(model["name"])
            for test, columns in _tests_on_columns(model):
                if test == "values_are_known":
                    known |= {(table, c): tuple(map(str, values)) for c, values in columns.items()}
                if test == "are_not_null":
                    never_null |= {(table, column) for column in columns}
    return Declared(known, frozenset(never_null))


def _tests_on_columns(model: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for test in model.get("data_tests", []):
        if isinstance(test, dict):
            for name, said in test.items():
                columns = (said or {}).get("arguments", {}).get("columns")
                if columns:
                    yield name, columns
