"""Rules on one edition whose offenders are rows of its files, and how such a row is named."""

from __future__ import annotations

from dataclasses import dataclass, replace

from expectations.rules import NoRows, NoRowsWhere, Rule

# What leads to a row of an edition: the number within its file, and the file where there are more.
ROW, FILE = "source_row_number", "source_file_name"


@dataclass(frozen=True, kw_only=True)
class RowsNamed(Rule):
    """A rule whose offenders are rows of the files, with what their sender is told of each."""

    code: str
    columns: tuple[str, ...]
    message: str

    def named_rows_query(self) -> str:
        """SQL of the rows to name, each with its file and its number there."""
        return self.failing_rows_query() or ""


@dataclass(frozen=True, kw_only=True)
class RowsFound(NoRows, RowsNamed):
    """A rule on rows that a query finds.

    ``rows`` is SQL of the offending rows where the query itself does not return them.
    """

    rows: str | None = None

    def named_rows_query(self) -> str:
        """SQL of the rows to name: ``rows`` where there is some."""
        return self.rows or self.query


@dataclass(frozen=True, kw_only=True)
class RowsWhere(NoRowsWhere, RowsNamed):
    """A rule on rows that meet a condition, each on its own."""


def with_its_file(rule: Rule) -> Rule:
    """The rule as it is asked of an edition of several files: a row is named with its file."""
    if ROW not in rule.identify_by:
        return rule
    return replace(rule, identify_by=(FILE, *rule.identify_by))
