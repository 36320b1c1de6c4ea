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

# Ten digits as people write an NHS number: run together, or 3-3-4 with spaces or hyphens.
# Decimals are left alone: a share such as 0.9434765919 is not a number of a person.
_CANDIDATE = r"(?:^|[^0-9.])(\d{3}[ -]?\d{3}[ -]?\d{4})(?:$|[^0-9.]|\.(?:$|[^0-9]))"
_CANDIDATE_PYTHON = re.compile(r"(?<![0-9.])\d{3}[ -]?\d{3}[ -]?\d{4}(?!\d|\.\d)")
_WHOLE_CELL = r"^\s*\d{3}[ -]?\d{3}[ -]?\d{4}\s*$"

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
        parts += [f"forbidden column {header!r}" for header in self.forbidden_headers]
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
        number_columns: the same for numeric columns, where only a whole cell counts.
    """
    finding = Finding()
    patterns = dict.fromkeys(text_columns, _CANDIDATE)
    patterns |= dict.fromkeys(number_columns, _WHOLE_CELL)
    headers = text_columns | number_columns
    if not patterns:
        return finding
    suspects = " or ".join(
        f"regexp_matches({column}, '{pattern}')" for column, pattern in patterns.items()
    )
    columns = list(patterns)
    rows = connection.execute(
        f"select source_row_number, {', '.join(columns)} from {table} where {suspects}"
    ).fetchall()
    for number, *cells in rows:
        for column, cell in zip(columns, cells, strict=True):
            valid = [
                found for found in _CANDIDATE_PYTHON.findall(cell or "") if is_nhs_number(found)
            ]
            if valid:
                finding.rows_by_column.setdefault(headers[column], set()).add(number)
                finding.values.update(re.sub(r"[ -]", "", found) for found in valid)
    return finding


def scan_ragged(finding: Finding, rows: Iterable[tuple[int, str]]) -> None:
    """Add what stands in rows that could not be split into fields; they are archived too."""
    for number, text in rows:
        valid = [found for found in _CANDIDATE_PYTHON.findall(text) if is_nhs_number(found)]
        if valid:
            finding.rows_by_column.setdefault("of a row with broken fields", set()).add(number)
            finding.values.update(re.sub(r"[ -]", "", found) for found in valid)


def redact(text: str) -> str:
    """The text with every NHS number replaced."""
    return _CANDIDATE_PYTHON.sub(
        lambda found: REDACTED if is_nhs_number(found[0]) else found[0], text
    )
