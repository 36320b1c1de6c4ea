"""What rules on the figures of one edition share: its table of text, and numbers read from it."""

from __future__ import annotations

from dataclasses import dataclass

from expectations.rules import NoRows, Rule, Severity


@dataclass(frozen=True)
class EditionTable:
    """The table of an edition's rows, as text, and who looks after it."""

    table: str
    owner: str
    is_whole: bool

    def must_not_find(
        self,
        name: str,
        description: str,
        query: str,
        *identify_by: str,
        reason: str,
        severity: Severity = "critical",
    ) -> Rule:
        """A rule whose query finds nothing; what it finds is told by the columns named."""
        return NoRows(
            table=self.table,
            name=name,
            description=description,
            severity=severity,
            owner=self.owner,
            reason=reason,
            query=query,
            identify_by=identify_by,
        )


def number(column: str) -> str:
    """SQL of a cell as a number that is a value: no code such as -97, no asterisk."""
    number = f"try_cast(trim({column}) as double)"
    return f"case when {number} >= 0 then {number} end"


def all_are_there(
    edition: EditionTable,
    name: str,
    description: str,
    column: str,
    wanted: tuple[str, ...],
    cell: str,
    reason: str,
    where: str = "true",
) -> Rule:
    """The rule that each of some values stands in a column of the edition."""
    values = ", ".join(f"('{value}')" for value in wanted)
    return edition.must_not_find(
        name,
        description,
        f"select {column} from (values {values}) as wanted ({column}) where {column} not in "
        f"(select {cell} from {edition.table} where {cell} is not null) and {where}",
        column,
        reason=reason,
    )
