"""Data scripts: the rows of figures as classic scripts, because from disk nothing can be fetched.

Thousands of pages carry such rows, so they travel packed: columns instead of rows, and whatever
occurs twice in a script (a text, a column, the settings of a figure) written once.
``static/site.js`` unpacks them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from assets.reports.figures.figure import Figure


class _Once:
    """A list in which everything stands once, and where it stands."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self._places: dict[str, int] = {}

    def place(self, value: Any) -> int:
        """Where a value stands; it is written when it is new."""
        text = _json(value)
        if text not in self._places:
            self._places[text] = len(self.written)
            self.written.append(text)
        return self._places[text]

    def as_json(self) -> str:
        """Everything, in order."""
        return f"[{','.join(self.written)}]"


def data_script(figures: Sequence[Figure]) -> str:
    """The script that hands the rows of figures over, by the key of the figure.

    It says ``doingWith.rows({texts, cells, settings, groups})``: a group has the headings of its
    columns and, by key, a figure as its number of rows, the places of its settings (those of the
    group first), and the place of each column among ``cells``. A column is one value for all rows,
    places of texts, or the values as they are.
    """
    texts, cells, settings = _Once(), _Once(), _Once()
    groups = [
        {
            "columns": [[column.name, column.label] for column in group[0].columns],
            "settings": settings.place(common := _common(group)),
            "figures": {
                figure.key: [
                    len(figure.rows),
                    settings.place({k: v for k, v in figure.settings.items() if k not in common}),
                    [
                        cells.place(_packed(column, texts))
                        for column in zip(*figure.rows, strict=True)
                    ],
                ]
                for figure in group
            },
        }
        for group in _groups(figures)
    ]
    packed = (
        f'{{"texts":{texts.as_json()},"cells":{cells.as_json()},'
        f'"settings":{settings.as_json()},"groups":{_json(groups)}}}'
    )
    # Both would end a line of script inside a text.
    packed = packed.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return f"doingWith.rows({packed});\n"


def _groups(figures: Sequence[Figure]) -> list[list[Figure]]:
    """Figures with the same columns."""

    def columns(figure: Figure) -> tuple[tuple[str, str], ...]:
        return tuple((column.name, column.label) for column in figure.columns)

    return [list(group) for _, group in groupby(sorted(figures, key=columns), key=columns)]


def _common(figures: Sequence[Figure]) -> dict[str, Any]:
    """The settings that all figures of a group have."""
    first = figures[0].settings
    return {
        name: value
        for name, value in first.items()
        if all(name in f.settings and f.settings[name] == value for f in figures)
    }


def _packed(column: Sequence[Any], texts: _Once) -> Any:
    if all(cell == column[0] and type(cell) is type(column[0]) for cell in column):
        return {"one": column[0]}
    if all(isinstance(cell, str) for cell in column):
        return {"texts": [texts.place(cell) for cell in column]}
    return list(column)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
