"""Data scripts: the rows of figures as classic scripts, because from disk nothing can be fetched.

Thousands of pages carry such rows, so they travel packed: columns instead of rows, a text that
occurs twice written once, and what figures of one kind have in common said once.
``static/site.js`` unpacks them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from assets.reports.figures.figure import Column, Figure


def data_script(figures: Sequence[Figure]) -> str:
    """The script that hands the rows of figures over, by the key of the figure."""
    texts: dict[str, int] = {}
    packed = {"groups": [_group(group, texts) for group in _groups(figures)], "texts": list(texts)}
    text = json.dumps(packed, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # Both would end a line of script inside a text.
    text = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return f"doingWith.rows({text});\n"


def _groups(figures: Sequence[Figure]) -> list[list[Figure]]:
    """Figures with the same columns."""

    def columns(figure: Figure) -> tuple[tuple[str, str], ...]:
        return tuple((column.name, column.label) for column in figure.columns)

    return [list(group) for _, group in groupby(sorted(figures, key=columns), key=columns)]


def _group(figures: Sequence[Figure], texts: dict[str, int]) -> dict[str, Any]:
    first = figures[0]
    common = {
        name: value
        for name, value in first.settings.items()
        if all(name in f.settings and f.settings[name] == value for f in figures)
    }
    return {
        "columns": [_heading(column) for column in first.columns],
        "settings": common,
        "figures": {
            figure.key: {
                "settings": {k: v for k, v in figure.settings.items() if k not in common},
                "rows": len(figure.rows),
                "cells": [_cells(cells, texts) for cells in zip(*figure.rows, strict=True)],
            }
            for figure in figures
        },
    }


def _heading(column: Column) -> list[str]:
    return [column.name, column.label]


def _cells(cells: Sequence[Any], texts: dict[str, int]) -> Any:
    """One column: one value for all rows, places of texts, or the values as they are."""
    if all(cell == cells[0] and type(cell) is type(cells[0]) for cell in cells):
        return {"one": cells[0]}
    if all(isinstance(cell, str) for cell in cells):
        return {"texts": [texts.setdefault(cell, len(texts)) for cell in cells]}
    return list(cells)
