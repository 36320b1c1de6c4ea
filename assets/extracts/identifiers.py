"""Detectors of patient-identifiable data, run before anything of a file is kept.

The log names the column and the count, never the value (DOMAIN of the platform: no
patient-identifiable data; NHS number check as in the NHS Data Dictionary, modulus 11).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import duckdb
import nhs_number

from assets.extracts.headers import normalise_header

# Ten digits as people write an NHS number: run together or 3-3-4, with any space or dash, or with
# full stops throughout; ".0" behind it is how spreadsheets export it. Decimals are left alone: a
# share such as 0.9434765919 is not a number of a person.
_GAP = "[ \u00a0\u2007\u2009\u202f\u2010-\u2015-]?"
_DIGITS = rf"(?:\d{{3}}{_GAP}\d{{3}}{_GAP}\d{{4}}|\d{{3}}\.\d{{3}}\.\d{{4}})"
_NUMBER = re.compile(rf"(?<![0-9])(?<![0-9]\.){_DIGITS}(?!\d)(?!\.(?!0+(?:\D|$))\d)")
# The same for the engine, which knows no look-around and only has to find suspects.
_SUSPECT = rf"(?:^|[^0-9.]|[^0-9]\.){_DIGITS}(?:$|[^0-9])".replace("'", "''")
_NOT_DIGIT = re.compile(r"\D")

# Three distinct numbers that pass the check are a column of identifiers, not chance: one in
# eleven random ten-digit strings passes (ruling 4, 2026-11-23).
REFUSAL_FROM = 3

REDACTED = "[redacted]"

_FORBIDDEN_HEADERS = {
    "nhs_number": re.compile(r"nhs_?(number|num|no)\b|^nhsno$|^nhsnumber$"),
    "date_of_birth": re.compile(r"^dob$|date_?of_?birth|birth_?date"),
    "person_name": re.compile(r"^(fore|sur|first|last|given|family)_?name$|^patient_?name$"),
    "email": re.compile(r"e-?mail"),
}


@dataclass
class Finding:
    """What a scan found in one file: rows by column, never a value."""

    rows_by_column: dict[str, set[int]] = field(default_factory=dict)
    values: set[str] = field(default_factory=set, repr=False)
    """Only to count distinct ones; never logged, never kept."""
    forbidden_headers: tuple[str, ...] = ()

    @property
    def rows(self) -> set[int]:
        """Row numbers that hold an identifier."""
        return set().union(*self.rows_by_column.values()) if self.rows_by_column else set()

    @property
    def refuses_file(self) -> bool:
        """Whether the file as a whole must not be kept."""
        return len(self.values) >= REFUSAL_FROM or bool(self.forbidden_headers)

    def describe(self) -> str:
        """Columns and counts, for logs and verdicts."""
        parts = [
            f"{len(rows)} value(s) in column {column!r} (rows {_first(rows)})"
            for column, rows in sorted(self.rows_by_column.items())
        ]
        parts += [f"forbidden column {redact(header)!r}" for header in self.forbidden_headers]
        return "; ".join(parts)


def _first(rows: set[int], most: int = 10) -> str:
    shown = ", ".join(str(row) for row in sorted(rows)[:most])
    return shown if len(rows) <= most else f"{shown}, …"


def is_nhs_number(text: str) -> bool:
    """Whether a ten-digit text is an NHS number with a valid check digit.

    Numbers that start with 0 are telephone numbers (issued NHS numbers start with 4, 6, 7 or 9,
    test numbers with 999), and ten equal digits pass the arithmetic but are never issued.
    """
    digits = re.sub(r"[ -]", "", text)
    if digits.startswith("0") or len(set(digits)) == 1:
        return False
    return bool(nhs_number.is_valid(digits))


def forbidden_headers(headers: Sequence[str], allowed: Sequence[str]) -> tuple[str, ...]:
    """Headers that promise an identifier which the contract does not allow."""
    return tuple(
        header
        for header in headers
        for kind, pattern in _FORBIDDEN_HEADERS.items()
        if kind not in allowed and pattern.search(normalise_header(header))
    )


def scan(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    text_columns: dict[str, str],
    number_columns: dict[str, str],
) -> Finding:
    """Look for NHS numbers in a table of text cells.

    Args:
        connection: where the temporary table lives.
        table: its name; it has ``source_row_number``.
        text_columns: table column to published header, searched anywhere in the cell.
        number_columns: the same for numeric columns.
    """
    finding = Finding()
    headers = text_columns | number_columns
    if not headers:
        return finding
    columns = list(headers)
    suspects = " or ".join(f"regexp_matches({column}, '{_SUSPECT}')" for column in columns)
    rows = connection.execute(
        f"select source_row_number, {', '.join(columns)} from {table} where {suspects}"
    ).fetchall()
    for number, *cells in rows:
        for column, cell in zip(columns, cells, strict=True):
            _add(finding, number, headers[column], cell or "")
    return finding


def scan_ragged(finding: Finding, rows: Iterable[tuple[int, str]]) -> None:
    """Add what stands in rows that could not be split into fields; they are archived too."""
    for number, text in rows:
        _add(finding, number, "of a row with broken fields", text)


def _add(finding: Finding, number: int, column: str, text: str) -> None:
    valid = {_NOT_DIGIT.sub("", found)[:10] for found in _NUMBER.findall(text) if _is_valid(found)}
    if valid:
        finding.rows_by_column.setdefault(redact(column), set()).add(number)
        finding.values.update(valid)


def _is_valid(found: str) -> bool:
    return is_nhs_number(_NOT_DIGIT.sub("", found))


def redact(text: str) -> str:
    """The text with every NHS number replaced."""
    return _NUMBER.sub(lambda found: REDACTED if _is_valid(found[0]) else found[0], text)
