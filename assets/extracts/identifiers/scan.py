"""The scan of a file's cells for identifiers, before anything of the file is kept.

The log names the column and the count, never the value.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import duckdb

from assets.extracts.identifiers.detectors import NHS_NUMBER, Detector, redact
from assets.extracts.sql_text import identifier, literal

# Three distinct values are a column of identifiers, not a slip or chance: one in eleven random
# ten-digit strings passes the check of an NHS number (ruling 4, 2026-11-23).
REFUSAL_FROM = 3
_BATCH_ROWS = 10_000
# Up to so many rows, asking costs more than looking: two fifths of a night over 130 small files
# went into one question for each column and detector (profile of 2026-11-25).
_FEW_ROWS = 100_000
_SEPARATORS = re.compile(r"[^a-z0-9@]")


@dataclass(frozen=True)
class ScannedColumn:
    """A column of the table that is scanned: its name there, and how messages call it."""

    name: str
    header: str
    is_free: bool
    """Whether people may write into it what they like."""
    has_few_values: bool = False
    """Whether it pays to look at each of its values once before looking at rows."""
    only_where: str | None = None
    """SQL of the rows to look at: cells that keep the rules of a closed column hold none."""


@dataclass
class Finding:
    """What a scan found in one file: rows by column and kind, never a value."""

    rows_by_column: dict[tuple[str, str], set[int]] = field(default_factory=dict)
    values: set[str] = field(default_factory=set, repr=False)
    """To count distinct ones and to take them out of what is archived; never logged or kept."""
    forbidden_headers: tuple[str, ...] = ()
    beside: list[str] = field(default_factory=list)
    """What was found beside the cells that are read, or cannot be read there; in words."""
    withheld_lines: dict[str, set[int]] = field(default_factory=dict)
    """Lines, from 0, of other sheets of the workbook of which nothing may be kept."""
    withheld_sheets: set[str] = field(default_factory=set)
    """Other sheets of which nothing may be kept."""

    @property
    def rows(self) -> set[int]:
        """Row numbers that hold an identifier."""
        return set().union(*self.rows_by_column.values()) if self.rows_by_column else set()

    @property
    def refuses_file(self) -> bool:
        """Whether the file as a whole must not be kept."""
        # One number in two spellings is one number.
        spelt = (unicodedata.normalize("NFKC", value).lower() for value in self.values)
        distinct = {_SEPARATORS.sub("", value) for value in spelt}
        return len(distinct) >= REFUSAL_FROM or bool(self.forbidden_headers)

    def describe(self) -> str:
        """Columns, kinds and counts, for logs and verdicts."""
        parts = [
            f"{len(rows)} value(s) in column {header!r} (rows {_first(rows)}): {words}"
            for (header, words), rows in sorted(self.rows_by_column.items())
        ]
        parts += self.beside
        parts += [f"forbidden column {redact(header)!r}" for header in self.forbidden_headers]
        if any(words == NHS_NUMBER.words for _, words in self.rows_by_column):
            parts.append(
                "one in eleven running numbers of ten digits looks like an NHS number: if that is "
                "what they are, give them fewer or more digits"
            )
        return "; ".join(parts)

    def note_beside(self, place: str, text: str, detectors: Iterable[Detector]) -> None:
        """Note what stands in a text that is in no cell."""
        for detector in detectors:
            found = detector.values_in(text)
            said = f"{detector.words} in {place}"
            if found and said not in self.beside:
                self.beside.append(said)
            self.values |= found

    def add(self, row: int, header: str, text: str, detector: Detector) -> None:
        """Note what one detector finds in one cell."""
        found = detector.values_in(text)
        if found:
            key = (redact(header), detector.words)
            self.rows_by_column.setdefault(key, set()).add(row)
            self.values.update(found)


def _first(rows: set[int], most: int = 10) -> str:
    shown = ", ".join(str(row) for row in sorted(rows)[:most])
    return shown if len(rows) <= most else f"{shown}, …"


def scan(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    columns: Sequence[ScannedColumn],
    detectors: Sequence[Detector],
) -> Finding:
    """Look for identifiers in a table of text cells.

    The engine finds suspects; each is then checked exactly. The scan ends as soon as the file is
    known to be refused.

    Args:
        connection: of the engine.
        relation: SQL of the table; it has ``source_row_number``.
        columns: what to look at.
        detectors: what to look for.
    """
    finding = Finding()
    rows, longest = _sizes(connection, relation, columns)
    places = [
        (column, detector)
        for detector in detectors
        for column in columns
        if longest[column.name] >= detector.shortest and (detector.anywhere or column.is_free)
    ]
    if rows <= _FEW_ROWS:
        places = _suspicious(connection, relation, places)
    for column, detector in places:
        _scan_column(connection, relation, column, detector, finding)
        if finding.refuses_file:
            return finding
    return finding


def _sizes(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[ScannedColumn]
) -> tuple[int, dict[str, int]]:
    """How many rows there are, and how long the longest cell of each column is."""
    lengths = "".join(f", max(strlen({identifier(column.name)}))" for column in columns)
    [(rows, *found)] = connection.execute(f"select count(*){lengths} from {relation}").fetchall()
    return rows, {c.name: int(length or 0) for c, length in zip(columns, found, strict=True)}


def _suspicious(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    places: Sequence[tuple[ScannedColumn, Detector]],
) -> list[tuple[ScannedColumn, Detector]]:
    """The columns that may hold what a detector looks for, asked all at once."""
    if not places:
        return []
    asked = ", ".join(f"bool_or({_is_suspect(*place)})" for place in places)
    [answers] = connection.execute(f"select {asked} from {relation}").fetchall()
    return [place for place, answer in zip(places, answers, strict=True) if answer]


def _is_suspect(column: ScannedColumn, detector: Detector) -> str:
    matches = f"regexp_matches({identifier(column.name)}, {literal(detector.suspect)})"
    return f"{matches} and ({column.only_where})" if column.only_where else matches


def _scan_column(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    column: ScannedColumn,
    detector: Detector,
    finding: Finding,
) -> None:
    name = identifier(column.name)
    is_suspect = _is_suspect(column, detector)
    if column.has_few_values and not column.only_where:
        values = f"(select {name}, count(*) from {relation} group by all)"
        if not connection.execute(f"select 1 from {values} where {is_suspect} limit 1").fetchall():
            return
    suspects = connection.execute(
        f"select source_row_number, {name} from {relation} where {is_suspect}"
    )
    while batch := suspects.fetchmany(_BATCH_ROWS):
        for row, cell in batch:
            finding.add(row, column.header, cell, detector)
        if finding.refuses_file:
            # Reading on would only count higher.
            return


def scan_ragged(
    finding: Finding, rows: Iterable[tuple[int, str]], detectors: Sequence[Detector]
) -> None:
    """Add what stands in rows that could not be split into fields; they are archived too."""
    for number, text in rows:
        for detector in detectors:
            finding.add(number, "of a row with broken fields", text, detector)
