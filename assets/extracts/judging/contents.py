"""What a file contains, in short: its columns and codes, by which editions are compared.

Nothing else of a file leaves its rows, so this is where it is decided what may be shown of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from assets.extracts.contract_model.headers import normalise_header
from assets.extracts.identifiers.detectors import REDACTED
from assets.extracts.judging.staging import Staging
from assets.extracts.reading.recognition import LayoutMatch
from assets.extracts.sql_text import identifier, literal

# A watched column has tens of codes, the longest list (indicators of the Network Contract DES,
# read 2026-11-23) 141; more than this is a shifted column, of which the number says enough.
_MOST_CODES = 500


@dataclass(frozen=True)
class Contents:
    """Columns and codes of one file."""

    columns: tuple[str, ...]
    wide_columns: dict[str, str]
    """First part of each repeated header to the endings it has, a space between them."""
    codes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    other_codes: dict[str, int] = field(default_factory=dict)
    """How many different values a column has beside its codes, whose text is not to be shown."""


def contents_of(staging: Staging, rows_path: Path, quarantine_path: Path) -> Contents:
    """Columns and codes of a file whose rows have been written.

    Codes are those of all rows, loaded and quarantined, except rows that are withheld. Of
    community files only codes of the contract's lists are told: any other cell may name a person.
    """
    shows_all = staging.match.contract.origin == "published"
    codes, other_codes = {}, {}
    for name, column in staging.columns.items():
        if not (column.watched or column.allowed):
            continue
        found = _values(staging, name, rows_path, quarantine_path)
        told = {code for code in found if code in column.allowed or shows_all}
        if len(told) > _MOST_CODES:
            told &= set(column.allowed)
        codes[name] = tuple(sorted(told))
        if len(found) > len(told):
            other_codes[name] = len(found) - len(told)
    columns = tuple(name for name in staging.positions if not name.startswith("cell_"))
    return Contents(columns, wide_columns_of(staging.match), codes, other_codes)


def wide_columns_of(match: LayoutMatch) -> dict[str, str]:
    """The repeated headers of a wide file, read or not, by what they begin with."""
    wide = match.layout.wide
    if wide is None:
        return {}
    endings: dict[str, list[str]] = {}
    for header in match.sheet.first_row:
        text = normalise_header(header)
        found = re.fullmatch(wide.pattern, text)
        if found is not None:
            cut = found.end(1)
            endings.setdefault(text[:cut], []).append(text[cut:])
    return {start: " ".join(sorted(found)) for start, found in endings.items()}


def _values(staging: Staging, name: str, rows_path: Path, quarantine_path: Path) -> set[str]:
    """Distinct values of a column in all rows of which something may be kept."""
    found = staging.connection.execute(
        f"select distinct {identifier(name)} from read_parquet({literal(str(rows_path))}) "
        f"union select distinct json_extract_string(row_text, {literal(f'$.{name}')}) "
        f"from read_parquet({literal(str(quarantine_path))})"
    ).fetchall()
    return {str(value).strip() for (value,) in found if value is not None} - {"", REDACTED}
