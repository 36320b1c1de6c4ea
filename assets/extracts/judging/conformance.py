"""Holding every staged row against its contract: good rows to the edition, bad to quarantine.

Rows are never changed and never dropped: rows in file = rows loaded + rows quarantined. The only
translation is that of blanks and the contract's null tokens to null; the rest stays as text.

The rules look only at the columns they need, and a file without a bad row is finished as staged.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from assets.extracts.contract_model.contract import LINEAGE_COLUMNS, Column, WideColumns
from assets.extracts.contract_model.headers import matches_header
from assets.extracts.identifiers.detectors import REDACTED, is_closed
from assets.extracts.identifiers.scan import ScannedColumn
from assets.extracts.judging.conformed import BrokenRule, Conformed
from assets.extracts.judging.row_rules import (
    INDIVIDUAL,
    RowRule,
    identifier_rule,
    redacted_rule,
    refusing_rule,
    row_rules,
    rules_of_cell,
    rules_of_named_cell,
)
from assets.extracts.judging.staging import AS_PARQUET, Staging, without_null_tokens
from assets.extracts.reading.sheets import RaggedRow, RowsRead
from assets.extracts.sql_text import identifier, literal

_RAGGED = ("ragged_row", "Bad file", "has the wrong number of fields or broken quotes")
# NHS numbers have ten digits and no leading zero.
_LEAST_IDENTIFIER = 1_000_000_000
# A file that is refused for its rows can have millions that are wrong; the first of them tell what
# to put right (2026-11-25). They are all counted.
_MOST_REASONS_OF_REFUSED = 100_000
MOST_FIRST_ROWS = 10
_NO_VALUES = ("blank", "Blank", "has no value in any of its repeated columns")
_DUPLICATE = ("duplicate_row", "Bad value", "repeats an earlier row exactly")


class Conformance:
    """Applies the contract to one staged file."""

    def __init__(self, staging: Staging) -> None:
        self._staging = staging
        self._connection = staging.connection
        self._match = staging.match
        self._cells_path = staging.path.with_name("wide_cells.parquet")

    def doubtful_columns(self) -> list[ScannedColumn]:
        """The columns that may hold an identifier.

        A cell that is a day, a truth value, a small number, of a code list or of a closed pattern
        cannot; of such a column only the cells need be scanned that are none.
        """
        conditions: dict[str, list[str]] = {}
        for rule in self._broken:
            conditions.setdefault(rule.column, []).append(f"({rule.condition})")
        columns = []
        for column in self._staging.scanned_columns:
            described = self._staging.columns.get(column.name)
            if described is None or not _is_narrow(described):
                columns.append(column)
            elif described.spelt in conditions:
                only_where = " or ".join(conditions[described.spelt])
                columns.append(replace(column, only_where=only_where))
        return columns

    @cached_property
    def _broken(self) -> list[RowRule]:
        """The rules that some row breaks, in the order of the columns."""
        rules = row_rules(self._staging.columns, self._match.layout.cases)
        rules += self._more_refusing_rules()
        by_value: dict[str, list[RowRule]] = {}
        by_row = []
        for rule in rules:
            if rule.looks_at in self._staging.few_valued:
                by_value.setdefault(str(rule.looks_at), []).append(rule)
            else:
                by_row.append(rule)
        staged = self._staging.relation
        broken = self._broken_in(staged, by_row)
        for name, of_column in by_value.items():
            values = f"(select {identifier(name)}, count(*) from {staged} group by all)"
            broken += self._broken_in(values, of_column)
        return [rule for rule in rules if rule in broken]

    def _more_refusing_rules(self) -> list[RowRule]:
        """The rules on columns that a column that refuses rows stands for, beside the first."""
        layout = self._match.layout
        named = {position: name for name, position in self._staging.positions.items()}
        return [
            refusing_rule(named[position], column.spelt, column.refuses_row)
            for position, header in self._match.unknown
            for column in layout.columns
            if column.refuses_row and matches_header(column.headers, header)
        ]

    def judge(
        self,
        read: RowsRead,
        identifiers: Mapping[tuple[str, str], Collection[int]],
        rows_path: Path,
        quarantine_path: Path,
        *,
        was_redacted: bool,
    ) -> Conformed:
        """Write good rows and quarantined rows as Parquet, and count them.

        Args:
            read: what the reader left out.
            identifiers: row numbers in which the scan found one, by column and kind.
            rows_path: Parquet file for the rows that passed.
            quarantine_path: Parquet file for those that did not, with the reasons.
            was_redacted: whether this is an archived copy out of which identifiers were taken.
        """
        self._connection.execute(
            "create or replace temp table problems (source_row_number bigint, code varchar, "
            "category varchar, column_name varchar, message varchar, withholds boolean)"
        )
        staged = self._staging.relation
        rules = self._identifier_rules(identifiers)
        if was_redacted:
            rules.append(redacted_rule(self._staging.positions))
        for rule in [*self._broken, *rules]:
            self._note(staged, rule)
        rows = self._number(f"select count(*) from {staged}") + len(read.ragged)
        if self._match.layout.wide:
            self._unpivot(self._match.layout.wide)
        has_repeated_keys = self._note_exact_duplicates()
        self._note_ragged(read.ragged)
        not_constant = self._not_constant()
        bad = self._number("select count(distinct source_row_number) from problems")
        about_individuals = self._number(
            "select count(distinct source_row_number) from problems "
            f"where code = {literal(INDIVIDUAL)}"
        )
        is_refused = not self._match.contract.tolerates(bad - about_individuals, rows)
        self._write_quarantine(quarantine_path, _MOST_REASONS_OF_REFUSED if is_refused else None)
        self._write_rows(rows_path, has_bad_rows=bad > 0)
        conformed = Conformed(
            rows_in_file=rows,
            rows_loaded=self._rows_written(rows_path),
            rows_quarantined=bad,
            has_repeated_keys=has_repeated_keys,
            broken_rules=self._broken_rules(),
            rows_about_individuals=about_individuals,
            withheld_rows=self._withheld_rows(),
            not_constant=not_constant,
        )
        self._connection.execute("drop table problems; drop table found_identifiers")
        return conformed

    def _identifier_rules(
        self, identifiers: Mapping[tuple[str, str], Collection[int]]
    ) -> list[RowRule]:
        self._connection.execute(
            "create or replace temp table found_identifiers (finding integer, row_number bigint)"
        )
        rules = []
        for finding, ((column, words), rows) in enumerate(identifiers.items()):
            self._connection.execute(
                "insert into found_identifiers select ?, unnest(?::bigint[])",
                [finding, list(rows)],
            )
            found = f"select row_number from found_identifiers where finding = {finding}"
            rules.append(identifier_rule(column, words, found))
        return rules

    def _rows_written(self, path: Path) -> int:
        counted = "count(distinct source_row_number)" if self._match.layout.wide else "count(*)"
        return self._number(f"select {counted} from read_parquet({literal(str(path))})")

    def _number(self, query: str) -> int:
        [(number,)] = self._connection.execute(query).fetchall()
        return int(number)

    # -- noting what is wrong ------------------------------------------------------------------

    def _broken_in(self, relation: str, rules: Sequence[RowRule]) -> list[RowRule]:
        """The rules that are broken somewhere, found in one look at all of them."""
        if not rules:
            return []
        counts = ", ".join(f"count(*) filter ({rule.condition})" for rule in rules)
        [found] = self._connection.execute(f"select {counts} from {relation}").fetchall()
        return [rule for rule, count in zip(rules, found, strict=True) if count]

    def _note(self, relation: str, rule: RowRule, named_by: str | None = None) -> None:
        """List the rows that break a rule; ``named_by`` is SQL that names the column instead."""
        self._connection.execute(
            f"insert into problems select source_row_number, {literal(rule.code)}, "
            f"{literal(rule.category)}, {named_by or literal(rule.column)}, "
            f"{literal(rule.message)}, {str(rule.withholds).lower()} "
            f"from {relation} where {rule.condition}"
        )

    def _note_exact_duplicates(self) -> bool:
        """A row that repeats another says nothing new: the first is kept, the rest set aside.

        Returns whether any key stands in more than one row.
        """
        staged, known = self._staging.relation, self._staging.columns
        key = [f"trim({identifier(name)})" for name in self._match.contract.key if name in known]
        if not key:
            return False
        names = [f"k{number}" for number in range(len(key))]
        keys = ", ".join(f"{cell} as {name}" for cell, name in zip(key, names, strict=True))
        repeated = f"select {keys} from {staged} group by all having count(*) > 1"
        if not self._number(f"select count(*) from ({repeated})"):
            return False
        every = ", ".join(identifier(name) for name in self._staging.positions)
        same = " and ".join(
            f"{cell} is not distinct from repeated.{name}"
            for cell, name in zip(key, names, strict=True)
        )
        code, category, message = _DUPLICATE
        self._connection.execute(
            f"insert into problems select source_row_number, {literal(code)}, "
            f"{literal(category)}, '', {literal(message)}, false from ("
            f"  select source_row_number, "
            f"    row_number() over (partition by {every} order by source_row_number) as nth "
            f"  from {staged} as staged "
            f"  where exists (select 1 from ({repeated}) as repeated where {same})"
            f") where nth > 1"
        )
        return True

    def _note_ragged(self, ragged: Sequence[RaggedRow]) -> None:
        code, category, message = _RAGGED
        self._connection.execute(
            "insert into problems select unnest(?::bigint[]), ?, ?, '', "
            "? || ': ' || unnest(?::varchar[]), false",
            [
                [row.source_row_number for row in ragged],
                code,
                category,
                message,
                [row.problem for row in ragged],
            ],
        )

    def _unpivot(self, wide: WideColumns) -> None:
        """Turn the repeated columns into rows, and note the rows in which one of them is wrong."""
        names = list(wide.groups.values())
        staged_as = {position: name for name, position in self._staging.positions.items()}
        self._connection.execute(
            f"create or replace temp table wide_names (cell varchar, "
            f"{', '.join(f'{identifier(name)} varchar' for name in names)})"
        )
        self._connection.executemany(
            f"insert into wide_names values ({', '.join('?' * (len(names) + 1))})",
            [
                [staged_as[position], *(parts[name] or None for name in names)]
                for position, parts in self._match.wide.items()
            ],
        )
        cells = ", ".join(identifier(staged_as[position]) for position in self._match.wide)
        value = without_null_tokens("cell_value", wide.value.null_tokens)
        self._connection.execute(
            f"copy (select source_row_number, wide_names.* exclude (cell), "
            f"{value} as {identifier(wide.value.name)} from ("
            f"  unpivot (select source_row_number, {cells} from {self._staging.relation}) "
            f"  on {cells} into name cell value cell_value) join wide_names using (cell)) "
            f"to {literal(str(self._cells_path))} {AS_PARQUET}"
        )
        self._connection.execute("drop table wide_names")
        code, category, message = _NO_VALUES
        self._connection.execute(
            f"insert into problems select source_row_number, {literal(code)}, {literal(category)}, "
            f"'', {literal(message)}, false from {self._staging.relation} "
            f"where source_row_number not in (select source_row_number from {self._wide_cells})"
        )
        parts = " || ".join(f"coalesce(' ' || {identifier(name)}, '')" for name in names)
        rules = [*rules_of_cell(wide.value), *rules_of_named_cell(wide)]
        for rule in self._broken_in(self._wide_cells, rules):
            self._note(self._wide_cells, rule, f"trim({parts})")

    @property
    def _wide_cells(self) -> str:
        return f"read_parquet({literal(str(self._cells_path))})"

    def _not_constant(self) -> tuple[str, ...]:
        period_from = self._match.contract.period_from
        # A file is filed under one period: another one further down would be counted in it.
        of_period = () if period_from.latest else period_from.columns
        names = [
            name
            for name, column in self._staging.columns.items()
            if column.constant or name in of_period
        ]
        if not names:
            return ()
        counts = ", ".join(f"count(distinct {identifier(name)})" for name in names)
        [found] = self._connection.execute(
            f"select {counts} from {self._staging.relation}"
        ).fetchall()
        return tuple(name for name, count in zip(names, found, strict=True) if count > 1)

    # -- writing -------------------------------------------------------------------------------

    def _write_quarantine(self, path: Path, most: int | None) -> None:
        """Write the rows that are wrong with the reasons; at most so many reasons, from the top."""
        part, known = self._staging.part, self._staging.columns
        shown = ", ".join(
            f"{identifier(name)}: case when problems.withheld then {literal(REDACTED)} "
            f"else staged.{identifier(name)} end"
            for name in known
        )
        submission = literal(part.edition_id)
        if "submission_id" in known:
            submission = f"coalesce(staged.submission_id, {submission})"
        first = f"order by source_row_number, code limit {most}" if most is not None else ""
        self._connection.execute(
            f"copy (select {literal(part.edition_id)} as edition_id, "
            f"{submission} as submission, {literal(part.submitter)} as submitter, "
            f"{literal(part.file_name)} as source_file_name, "
            f"{literal(part.sha256)} as source_sha256, "
            f"source_row_number, problems.code, problems.category, "
            f"problems.column_name, problems.message, "
            f"case when staged.source_row_number is not null "
            f"then to_json({{{shown}}})::varchar end as row_text "
            f"from (select *, bool_or(withholds) over (partition by source_row_number) "
            f"  as withheld from problems {first}) as problems "
            f"left join {self._staging.relation} as staged using (source_row_number) "
            f"order by source_row_number, code, column_name, message) "
            f"to {literal(str(path))} {AS_PARQUET}"
        )

    def _write_rows(self, path: Path, *, has_bad_rows: bool) -> None:
        wide = self._match.layout.wide
        if wide is None and not has_bad_rows:
            self._staging.path.replace(path)
            return
        columns = "staged.*"
        joined = ""
        if wide:
            repeated = {*wide.groups.values(), wide.value.name}
            named = [
                f"{'wide_cells' if name in repeated else 'staged'}.{identifier(name)}"
                for name in self._match.contract.column_names
            ]
            new = [
                f"staged.{identifier(name)}"
                for name, position in self._staging.positions.items()
                if name not in self._staging.columns and name != f"cell_{position}"
            ]
            columns = ", ".join([*named, *new, *(f"staged.{name}" for name in LINEAGE_COLUMNS)])
            joined = f"join {self._wide_cells} as wide_cells using (source_row_number)"
        self._connection.execute(
            f"copy (select {columns} from {self._staging.relation} as staged {joined} "
            f"where source_row_number not in (select source_row_number from problems) "
            f"order by source_row_number) to {literal(str(path))} {AS_PARQUET}"
        )
        self._staging.path.unlink()
        self._cells_path.unlink(missing_ok=True)

    def _broken_rules(self) -> tuple[BrokenRule, ...]:
        found = self._connection.execute(
            "select code, category, column_name, message, count(*), "
            f"min(source_row_number, {MOST_FIRST_ROWS}) "
            "from (select distinct source_row_number, code, category, column_name, message "
            "from problems) group by all order by code, column_name"
        ).fetchall()
        return tuple(
            BrokenRule(code, category, column, message, rows, tuple(first))
            for code, category, column, message, rows, first in found
        )

    def _withheld_rows(self) -> frozenset[int]:
        found = self._connection.execute(
            "select distinct source_row_number from problems where withholds"
        ).fetchall()
        return frozenset(int(number) for (number,) in found)


def _is_narrow(column: Column) -> bool:
    """Whether no cell that keeps the column's rules can be an identifier of a person."""
    is_small_number = (
        column.type == "integer"
        and isinstance(column.highest, int | float)
        and column.highest < _LEAST_IDENTIFIER
    )
    is_code = bool(column.allowed) or (column.pattern is not None and is_closed(column.pattern))
    return is_code or column.type in ("date", "timestamp", "boolean") or is_small_number
