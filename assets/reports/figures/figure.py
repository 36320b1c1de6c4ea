"""What a picture is made of before it is drawn: rows, words and settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a picture's rows: its key in the drawing, its heading in table and CSV.

    A column without a heading is for the drawing alone: neither table nor CSV shows it.
    """

    name: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One picture of a page.

    ``kind`` names the drawing, ``key`` is unique on the page and fit for an id. ``text`` is the
    alternative in words, with the main numbers. A number that is missing is None in ``rows``, and
    the column ``state`` of the row says why in words. ``settings`` fills the drawing's parameters;
    its ``units`` say what a column's numbers are (``proportion``, ``count`` …) and ``missing`` what
    stands for a number that is not there although the row has its value. ``chunk`` is the address
    of the script that holds the rows when it is not the page's own.
    """

    kind: str
    key: str
    title: str
    text: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    chunk: str | None = None

    def __post_init__(self) -> None:
        """Refuse rows that do not fit the columns: the browser would show them shifted."""
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(
                    f"figure {self.key}: a row has {len(row)} values for {len(self.columns)} "
                    f"columns: {row}"
                )
