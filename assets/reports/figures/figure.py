"""What a picture is made of before it is drawn: rows, words and settings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
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
        """Refuse rows that do not fit the columns, and a picture of nothing."""
        if not self.rows:
            raise ValueError(f"figure {self.key} has no rows: say so in words instead")
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(
                    f"figure {self.key}: a row has {len(row)} values for {len(self.columns)} "
                    f"columns: {row}"
                )


def distinct_names(named: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Names by code, in the order given; a name that two codes share gets its code beside it."""
    names = dict(named)
    times = Counter(names.values())
    return {code: f"{name} ({code})" if times[name] > 1 else name for code, name in names.items()}
