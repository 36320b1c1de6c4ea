"""What every reader speaks of: sheets, rows that cannot be read, and files that are none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from assets.extracts.contract_model.contract import FileFormat

SAMPLE_ROWS = 50
# A header further down than this is no header below a preamble (the ONS sheets have five lines
# above theirs, 2026-11-23).
PREAMBLE_ROWS = 30


class UnreadableFileError(ValueError):
    """A file that is not what its name promises; the message says why and what to do."""


@dataclass(frozen=True)
class Sheet:
    """The first rows of a file, or of one sheet of a workbook (which has a name).

    ``line_numbers`` count, for each of ``rows``, the records above it, empty lines included: a
    quoted line break begins no record, for the engine neither. ``top`` is the row that is taken
    for the header. ``document`` is what a JSON file holds.
    """

    name: str | None
    rows: tuple[tuple[str, ...], ...]
    format: FileFormat = "csv"
    line_numbers: tuple[int, ...] = ()
    top: int = 0
    document: Any = field(default=None, repr=False, compare=False)

    @property
    def first_row(self) -> tuple[str, ...]:
        """The header, or the first row of data where there is none."""
        return self.rows[self.top] if len(self.rows) > self.top else ()

    @property
    def sample(self) -> tuple[tuple[str, ...], ...]:
        """The rows that follow."""
        return self.rows[self.top + 1 :][:SAMPLE_ROWS]

    @property
    def lines_above(self) -> int:
        """Records above the header, empty lines included."""
        return self.line_numbers[self.top] if self.top < len(self.line_numbers) else self.top


@dataclass(frozen=True)
class RaggedRow:
    """A row with the wrong number of fields or broken quoting, which cannot be loaded."""

    source_row_number: int
    problem: str
    text: str


@dataclass(frozen=True)
class RowsRead:
    """What a reader found beside the rows it could split into fields."""

    ragged: tuple[RaggedRow, ...] = ()
    ends_with_line_end: bool = True


def nothing_left_out(rows: int) -> RowsRead:  # noqa: ARG001  (readers that cannot fail by row)
    """The answer of a reader that reads every row or none."""
    return RowsRead()


@dataclass(frozen=True)
class Readable:
    """A file opened for one reading.

    Attributes:
        relation: SQL of a relation with one text column per published column (``c0``, ``c1``,
            …) and ``source_row_number``, counted from 1 at the first row of data.
        width: number of published columns.
        finish: to be called with the number of rows that were read; says what was left out.
    """

    relation: str
    width: int
    finish: Callable[[int], RowsRead] = nothing_left_out
