"""Rules as typed declarations: what must hold of a table, how severe, who owns it and why.

Nothing heavy is imported here, so that rules can be declared, listed and documented anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Severity = Literal["critical", "warning"]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What every rule says of itself.

    ``name`` is unique within its table and severity; ``reason`` carries date and evidence of a
    threshold; ``identify_by`` are the columns that point at an offending row.
    """

    table: str
    name: str
    description: str
    severity: Severity = "critical"
    owner: str = "data engineering"
    reason: str = ""
    identify_by: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Readable and unique over all tables."""
        return f"{self.table}.{self.name}"

    def failing_rows_query(self) -> str | None:
        """SQL that shows the offending rows, or None for a rule about the table as a whole."""
        return None


@dataclass(frozen=True, kw_only=True)
class NotNull(Rule):
    """No value of a column is missing."""

    column: str

    def failing_rows_query(self) -> str:
        """Rows without a value."""
        return f"select * from {self.table} where {quoted(self.column)} is null"


@dataclass(frozen=True, kw_only=True)
class AllowedValues(Rule):
    """Every value of a column that is there is one of a list."""

    column: str
    values: tuple[str, ...]

    def failing_rows_query(self) -> str:
        """Rows with another value."""
        values = ", ".join("'" + value.replace("'", "''") + "'" for value in self.values)
        return f"select * from {self.table} where {quoted(self.column)} not in ({values})"


@dataclass(frozen=True, kw_only=True)
class Between(Rule):
    """Every value of a column that is there lies within bounds, both included."""

    column: str
    at_least: float | None = None
    at_most: float | None = None

    def failing_rows_query(self) -> str:
        """Rows outside the bounds."""
        bounds = [(self.at_least, "<"), (self.at_most, ">")]
        outside = " or ".join(
            f"{quoted(self.column)} {sign} {bound}" for bound, sign in bounds if bound is not None
        )
        return f"select * from {self.table} where {outside}"


@dataclass(frozen=True, kw_only=True)
class Unique(Rule):
    """No two rows share the values of the columns together; nulls count as equal."""

    columns: tuple[str, ...]

    def failing_rows_query(self) -> str:
        """All rows of every group that stands more than once."""
        same = " and ".join(
            f"twice.{quoted(column)} is not distinct from every_row.{quoted(column)}"
            for column in self.columns
        )
        keys = ", ".join(quoted(column) for column in self.columns)
        return (
            f"select every_row.* from {self.table} as every_row join ("
            f"select {keys} from {self.table} group by {keys} having count(*) > 1"
            f") as twice on {same}"
        )


@dataclass(frozen=True, kw_only=True)
class RowCount(Rule):
    """The table has a number of rows within bounds."""

    at_least: int
    at_most: int | None = None


@dataclass(frozen=True, kw_only=True)
class HasColumns(Rule):
    """The table has exactly these columns, in any order."""

    columns: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class NoRows(Rule):
    """A query that must return nothing; each row that it returns is an offender."""

    query: str

    def failing_rows_query(self) -> str:
        """The query itself."""
        return self.query


@dataclass(frozen=True, kw_only=True)
class NoRowsWhere(Rule):
    """No row meets a condition, which is SQL over the columns of that row alone.

    All conditions on a table are counted in one scan of it.
    """

    condition: str

    def failing_rows_query(self) -> str:
        """Rows that meet the condition."""
        return f"select * from {self.table} where {self.condition}"


@dataclass(frozen=True)
class Outcome:
    """What a rule found. A rule that did not run has failed."""

    rule: Rule
    passed: bool
    observed: str
    failing_rows: int = 0
    examples: str = ""

    @property
    def blocks(self) -> bool:
        """Whether this outcome alone keeps the table from being used."""
        return not self.passed and self.rule.severity == "critical"

    def sentence(self) -> str:
        """What failed and where, in one line."""
        where = f" ({self.examples})" if self.examples else ""
        return f"{self.rule.description}: {self.observed}{where}"


def quoted(name: str) -> str:
    """A column name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def failed(outcomes: Sequence[Outcome], severity: Severity) -> list[Outcome]:
    """The outcomes of one severity that did not pass."""
    return [o for o in outcomes if not o.passed and o.rule.severity == severity]
