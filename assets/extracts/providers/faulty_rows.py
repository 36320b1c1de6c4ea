"""The rows of a submission that broke a rule, and how many broke which: what a report tells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import duckdb

from assets.extracts.holding.editions import QUARANTINE
from assets.extracts.judging.conformance import MOST_FIRST_ROWS
from assets.extracts.judging.parts import TakenPart
from assets.extracts.judging.row_rules import IDENTIFIER, INDIVIDUAL
from assets.extracts.judging.rules_on_editions import NamedRow
from assets.extracts.sql_text import literal

# Codes of rows of which nothing is kept: they hold an identifier, or are about an individual.
NOTHING_KEPT = frozenset({IDENTIFIER, INDIVIDUAL})

SET_ASIDE, REFUSES, CHECK = "row set aside", "file refused", "please check"
BAD, ODD = "Bad value", "Odd value"


class FaultyRow(NamedTuple):
    """One reason why one row was set aside, refuses its file, or should be looked at.

    Rows are counted from 1 at the first row of data; ``sheet_row`` counts the header and what
    stands above it too, as spreadsheets do. ``row_text`` is the row as JSON, by canonical column,
    or null where it could not be split into fields. ``file_name`` is that of the row's file where
    several make one edition, and else left out.
    """

    source_row_number: int
    code: str
    category: str
    column_name: str
    message: str
    row_text: str | None
    follows: str = SET_ASIDE
    sheet_row: int | None = None
    file_name: str = ""


class Rule(NamedTuple):
    """A rule that rows broke, and what follows from it for them."""

    code: str
    category: str
    column: str
    message: str
    follows: str = SET_ASIDE


@dataclass(frozen=True)
class Broken:
    """Rows that broke one rule: how many, and number and file (or nothing) of the first."""

    rows: int
    first: tuple[tuple[int, str], ...]

    def __add__(self, other: Broken) -> Broken:
        """Of two files of one edition: rows of the same number are two rows."""
        first = sorted((*self.first, *other.first))[:MOST_FIRST_ROWS]
        return Broken(self.rows + other.rows, tuple(first))

    @property
    def first_in_words(self) -> str:
        """Numbers of the first rows, by file where there are several; … if there are more."""
        by_file: dict[str, list[str]] = {}
        for number, file_name in self.first:
            by_file.setdefault(file_name, []).append(str(number))
        shown = "; ".join(
            f"{file_name}: {', '.join(numbers)}" if file_name else ", ".join(numbers)
            for file_name, numbers in by_file.items()
        )
        return shown if self.rows <= len(self.first) else f"{shown}, …"


@dataclass(frozen=True)
class Faults:
    """All rules that a submission broke, and the first of the rows that did."""

    broken: Mapping[Rule, Broken]
    rows: Sequence[FaultyRow]


def faults_of(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    taken: Sequence[TakenPart],
    named: Iterable[NamedRow],
    most: int,
) -> Faults:
    """What is wrong with the rows of a submission.

    Args:
        connection: to read the quarantine with.
        folder: where the quarantine was prepared.
        taken: the files, with what conformance counted.
        named: rows that the rules on the whole edition named.
        most: so many of the rows that were set aside are read: a large file has millions.
    """
    above = {part.record.file_name: _rows_above(part) for part in taken}
    every = [*_quarantined(connection, folder, above, most), *(_named(row, above) for row in named)]
    if len(taken) == 1:
        every = [row._replace(file_name="") for row in every]
    broken = broken_by(row for row in every if row.follows != SET_ASIDE)
    for part in taken:
        file_name = part.record.file_name if len(taken) > 1 else ""
        for found in part.conformed.broken_rules:
            rule = Rule(found.code, found.category, found.column, found.message)
            first = tuple((number, file_name) for number in found.first_rows)
            rows = Broken(found.rows, first)
            broken[rule] = broken[rule] + rows if rule in broken else rows
    return Faults(broken, every)


def broken_by(rows: Iterable[FaultyRow]) -> dict[Rule, Broken]:
    """The rules that rows broke, and how many rows each; a row that breaks one twice is one."""
    numbers: dict[Rule, set[tuple[int, str]]] = {}
    for row in rows:
        rule = Rule(row.code, row.category, row.column_name, row.message, row.follows)
        numbers.setdefault(rule, set()).add((row.source_row_number, row.file_name))
    return {
        rule: Broken(len(found), tuple(sorted(found)[:MOST_FIRST_ROWS]))
        for rule, found in numbers.items()
    }


def _rows_above(part: TakenPart) -> int | None:
    """Rows above the first row of data as a spreadsheet counts them; other formats have none."""
    sheet = part.match.sheet
    if sheet.format not in ("csv", "workbook"):
        return None
    return sheet.lines_above + (1 if part.match.layout.header else 0)


def _quarantined(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    above: Mapping[str, int | None],
    most: int,
) -> list[FaultyRow]:
    """The first rows that were set aside; a row is withheld whole, whichever reason is read."""
    paths = sorted(folder.glob(f"{QUARANTINE}_*.parquet"))
    if not paths:
        return []
    files = ", ".join(literal(str(path)) for path in paths)
    nothing_kept = ", ".join(literal(code) for code in sorted(NOTHING_KEPT))
    rows = connection.execute(
        "select distinct source_file_name, source_row_number, code, category, column_name, "
        f"message, case when not bool_or(code in ({nothing_kept})) over "
        "  (partition by source_file_name, source_row_number) then row_text end as row_text "
        f"from read_parquet([{files}]) "
        "order by source_row_number, code, category, column_name, message, source_file_name "
        f"limit {most}"
    ).fetchall()
    return [
        FaultyRow(
            number, code, category, column, message, text, SET_ASIDE,
            _sheet_row(number, above.get(file)), file,
        )
        for file, number, code, category, column, message, text in rows
    ]  # fmt: skip


def _named(row: NamedRow, above: Mapping[str, int | None]) -> FaultyRow:
    """A row that a rule on the whole edition names."""
    is_critical = row.severity == "critical"
    return FaultyRow(
        row.source_row_number,
        row.code,
        BAD if is_critical else ODD,
        row.column,
        row.message,
        row.row_text,
        REFUSES if is_critical else CHECK,
        _sheet_row(row.source_row_number, above.get(row.source_file_name)),
        row.source_file_name,
    )


def _sheet_row(number: int, above: int | None) -> int | None:
    return None if above is None else number + above
