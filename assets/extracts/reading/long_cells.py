"""Cells that are longer than Python's reader of delimited text takes unless it is told."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager

from assets.extracts.reading.sheets import UnreadableFileError

# The engine reads lines of up to two million bytes unless told otherwise (DuckDB 2.0, 2026-11-25).
_LONGEST_CELL = 1 << 21


@contextmanager
def long_cells() -> Iterator[None]:
    """Have ``csv`` read cells as long as the engine does, from now on.

    Its limit is for the process, and is not put back: another thread may be reading.

    Raises:
        UnreadableFileError: when a cell is longer still, as one whose quotes are never closed.
    """
    csv.field_size_limit(_LONGEST_CELL)
    try:
        yield
    except csv.Error as error:
        raise UnreadableFileError(
            f"the file cannot be read as delimited text: {error}; a quote that is never closed is "
            "the usual cause"
        ) from error
