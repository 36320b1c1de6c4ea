"""What a picture is made of before it is drawn: rows, words and settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a picture's rows: its key in the drawing, its heading in table and CSV."""

    name: str
    label: str


@dataclass(frozen=True, slots=True)
class Figure:
    """One picture of a page.

    ``kind`` names the drawing, ``key`` is unique on the page and fit for an id. ``text`` is the
    alternative in words, with the main numbers. A number that is missing is None in ``rows``, and
    another column of the row says why in words. ``chunk`` is the address of the script that holds
    the rows when it is not the page's own.
    """

    kind: str
    key: str
    title: str
    text: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    chunk: str | None = None
