"""What came of holding the rows of a file against its contract."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BrokenRule:
    """One rule that rows of a file broke: how many, and the first of them."""

    code: str
    category: str
    column: str
    message: str
    rows: int
    first_rows: tuple[int, ...]


@dataclass(frozen=True)
class Conformed:
    """Row counts of one file after its rows were held against the contract."""

    rows_in_file: int
    rows_loaded: int
    rows_quarantined: int
    has_repeated_keys: bool
    broken_rules: tuple[BrokenRule, ...] = ()
    rows_about_individuals: int = 0
    """Of those quarantined, the ones that are right as they are but must not be kept."""
    withheld_rows: frozenset[int] = frozenset()
    """Rows of which nothing may be kept, in the archive neither."""
    not_constant: tuple[str, ...] = ()
    """Columns that should say the same in every row of the file and do not."""
