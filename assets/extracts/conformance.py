"""Holding every row against its contract: good rows to the edition, bad rows to quarantine.

Rows are never changed and never dropped: rows in file = rows loaded + rows quarantined. The only
translation is that of the contract's null tokens to null; everything else stays as text.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from assets.extracts.contract import LINEAGE_COLUMNS, Column, Contract, WideColumns
from assets.extracts.identifiers import REDACTED
from assets.extracts.periods import Period
from assets.extracts.readers import RaggedRow
from assets.extracts.recognition import LayoutMatch

_INTEGER = r"[+-]?\d+(\.0*)?"
_DECIMAL = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"

# Code, category (Data Validation Engine of NHS England) and what the provider is told.
IDENTIFIER = ("identifier", "Bad value", "holds an NHS number; the value was not kept")
RAGGED = ("ragged_row", "Bad file", "has the wrong number of fields or broken quotes")
DUPLICATE = ("duplicate_row", "Bad value", "repeats an earlier row exactly")


@dataclass(frozen=True)
class Part:
    """Lineage of the file that rows come from."""

    edition_id: str
    period: Period
    coverage: str
    file_name: str
    sha256: str


@dataclass(frozen=True)
class Conformed:
    """Row counts of one file after its rows were held against the contract."""

    rows_loaded: int
    rows_quarantined: int
    problems: tuple[tuple[str, str, str, int, str], ...]
    """code, column, message, number of rows, first row numbers: one entry per broken rule."""


def literal(text: str) -> str:
    """An SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _problem(condition: str, code: str, category: str, column: str, message: str) -> str:
    fields = {"code": code, "category": category, "column_name": column, "message": message}
    struct = ", ".join(f"{name}: {literal(text)}" for name, text in fields.items())
    return f"case when {condition} then {{{struct}}} end"


def cell_without_null_tokens(cell: str, column: Column) -> str:
    """SQL for a cell with blanks and the contract's null tokens read as null."""
    tokens = ", ".join(literal(token) for token in ("", *column.null_tokens))
    return f"case when trim({cell}) not in ({tokens}) then {cell} end"


def problems_of_cell(cell: str, column: Column) -> list[str]:
    """SQL expressions, each a problem or null, for one cell against its column's rules."""
    spelt = column.headers[0] if column.headers else column.name
    found = []
    if column.not_null:
        found.append(
            _problem(f"{cell} is null", "blank", "Blank", spelt, "is empty but must have a value")
        )
    value = f"trim({cell})"
    is_sentinel = "false"
    if column.sentinels:
        codes = ", ".join(literal(code) for code in column.sentinels)
        is_sentinel = f"{value} in ({codes})"
    number = f"try_cast({value} as double)"
    wrong = {
        "integer": (f"not regexp_full_match({value}, '{_INTEGER}')", "is not a whole number"),
        "decimal": (f"not regexp_full_match({value}, '{_DECIMAL}')", "is not a number"),
        "date": (f"{_as_date(value, column)} is null", f"is not a date ({column.formats})"),
        "string": ("false", ""),
    }[column.type]
    if column.type != "string":
        found.append(
            _problem(
                f"{cell} is not null and not {is_sentinel} and {wrong[0]}",
                "wrong_format",
                "Wrong format",
                spelt,
                wrong[1],
            )
        )
    if column.allowed:
        values = ", ".join(literal(allowed) for allowed in column.allowed)
        found.append(
            _problem(
                f"{cell} is not null and {value} not in ({values})",
                "not_allowed",
                "Bad value",
                spelt,
                f"is not one of {', '.join(column.allowed)}",
            )
        )
    if column.pattern is not None:
        found.append(
            _problem(
                f"{cell} is not null and not regexp_full_match({value}, {literal(column.pattern)})",
                "wrong_code",
                "Bad value",
                spelt,
                f"does not look like its kind of code ({column.pattern})",
            )
        )
    outside = [
        f"{number} {sign} {bound}"
        for sign, bound in (("<", column.minimum), (">", column.maximum))
        if bound is not None
    ]
    if outside:
        found.append(
            _problem(
                f"{cell} is not null and not {is_sentinel} and ({' or '.join(outside)})",
                "out_of_range",
                "Bad value",
                spelt,
                f"is outside {column.minimum} to {column.maximum}",
            )
        )
    return found


def _as_date(value: str, column: Column) -> str:
    formats = ", ".join(literal(form) for form in column.formats) or "''"
    return f"try_strptime({value}, [{formats}])"


class Conformance:
    """Applies one contract to one file that was read into the temporary table ``arrived``."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, match: LayoutMatch, part: Part
    ) -> None:
        self._connection = connection
        self._match = match
        self._part = part
        self._contract: Contract = match.contract

    def run(
        self,
        identifier_rows: set[int],
        ragged: tuple[RaggedRow, ...],
        rows_path: Path,
        quarantine_path: Path,
    ) -> Conformed:
        """Write good rows and quarantined rows as Parquet, and count them.

        Args:
            identifier_rows: row numbers in which the scan found an identifier.
            ragged: rows the reader could not split into fields.
            rows_path: Parquet file for the rows that passed.
            quarantine_path: Parquet file for those that did not, with the reasons.
        """
        self._mark_problems(identifier_rows)
        self._collect_quarantine(ragged)
        self._write_rows(rows_path)
        self._connection.execute(
            f"copy (select * from quarantined order by source_row_number, code, column_name) "
            f"to {literal(str(quarantine_path))} (format parquet, compression zstd)"
        )
        loaded = self._number("select count(*) from marked where len(problems) = 0")
        bad = self._number("select count(distinct source_row_number) from quarantined")
        problems = self._connection.execute(
            "select code, column_name, message, count(distinct source_row_number), "
            "array_to_string(list_sort(list(distinct source_row_number))[:10], ', ') "
            "from quarantined group by 1, 2, 3 order by 1, 2"
        ).fetchall()
        for table in ("marked", "quarantined", "wide_cells"):
            self._connection.execute(f"drop table if exists {table}")
        return Conformed(loaded, bad, tuple(problems))

    def _number(self, query: str) -> int:
        [(number,)] = self._connection.execute(query).fetchall()
        return int(number)

    def _cells(self) -> dict[str, tuple[str, Column]]:
        """Canonical column to its cell and its rules, for the columns this file has."""
        columns = {column.name: column for column in self._match.layout.columns}
        return {
            name: (cell_without_null_tokens(f"c{position}", columns[name]), columns[name])
            for name, position in self._match.positions.items()
        }

    def _mark_problems(self, identifier_rows: set[int]) -> None:
        cells = self._cells()
        problems = [
            problem for cell, column in cells.values() for problem in problems_of_cell(cell, column)
        ]
        texts = [f"c{p}" for p in self._match.positions.values()]
        texts += [f"c{p}" for p, _ in self._match.unknown]
        redacted = " or ".join(f"contains({text}, {literal(REDACTED)})" for text in texts)
        has_identifier = f"list_contains(?::bigint[], source_row_number) or {redacted or 'false'}"
        problems.append(
            _problem(f"({has_identifier})", IDENTIFIER[0], IDENTIFIER[1], "", IDENTIFIER[2])
        )
        self._connection.execute(
            f"create or replace temp table marked as select *, "
            f"list_filter([{', '.join(problems)}], lambda p: p is not null) as problems "
            f"from arrived",
            [sorted(identifier_rows)],
        )
        if self._match.layout.wide:
            self._mark_wide_cells(self._match.layout.wide)
        if self._contract.key:
            self._mark_exact_duplicates(cells)

    def _mark_exact_duplicates(self, cells: dict[str, tuple[str, Column]]) -> None:
        every = ", ".join([f"c{p}" for p in range(len(self._match.sheet.first_row))])
        struct = _problem("true", *DUPLICATE[:2], "", DUPLICATE[2])
        key = [cells[name][0] for name in self._contract.key if name in cells]
        if not key:
            return
        keys = ", ".join(f"k{i}: {cell}" for i, cell in enumerate(key))
        self._connection.execute(
            f"update marked set problems = list_append(problems, {struct}) "
            f"where source_row_number in ("
            f"  select source_row_number from ("
            f"    select source_row_number, "
            f"      row_number() over (partition by {every} order by source_row_number) as nth "
            f"    from marked where {{{keys}}} in ("
            f"      select {{{keys}}} from marked group by all having count(*) > 1)"
            f"  ) where nth > 1)"
        )

    def _mark_wide_cells(self, wide: WideColumns) -> None:
        """Unpivot the repeated columns, and mark the rows in which one of them is wrong."""
        positions = self._match.wide
        names = list(wide.groups.values())
        self._connection.execute(
            f"create or replace temp table wide_names (cell varchar, "
            f"{', '.join(f'{_identifier(name)} varchar' for name in names)})"
        )
        self._connection.executemany(
            f"insert into wide_names values ({', '.join('?' * (len(names) + 1))})",
            [[f"c{p}", *(parts[name] or None for name in names)] for p, parts in positions.items()],
        )
        cells = ", ".join(f"c{position}" for position in positions)
        value = cell_without_null_tokens("cell_value", wide.value)
        problems = ", ".join(problems_of_cell(value, wide.value))
        self._connection.execute(
            f"create or replace temp table wide_cells as select source_row_number, wide_names.*, "
            f"{value} as cell_value, "
            f"list_filter([{problems}], lambda p: p is not null) as problems "
            f"from (unpivot (select source_row_number, {cells} from arrived) "
            f"  on {cells} into name cell value cell_value) join wide_names using (cell)"
        )
        parts = " || ".join(f"coalesce(' ' || {_identifier(name)}, '')" for name in names)
        self._connection.execute(
            f"update marked set problems = marked.problems || bad.problems from ("
            f"  select source_row_number, list({{code: p.code, category: p.category, "
            f"    column_name: trim({parts}), message: p.message}}) as problems"
            f"  from (select *, unnest(problems) as p from wide_cells where len(problems) > 0)"
            f"  group by source_row_number) as bad "
            f"where marked.source_row_number = bad.source_row_number"
        )

    def _collect_quarantine(self, ragged: tuple[RaggedRow, ...]) -> None:
        cells = {name: cell for name, (cell, _) in self._cells().items()}
        shown = ", ".join(
            f"{_identifier(name)}: case when has_identifier then {literal(REDACTED)} "
            f"else {cell} end"
            for name, cell in cells.items()
        )
        self._connection.execute(
            f"create or replace temp table quarantined as select "
            f"{literal(self._part.edition_id)} as edition_id, "
            f"{literal(self._part.file_name)} as source_file_name, "
            f"{literal(self._part.sha256)} as source_sha256, source_row_number, "
            f"problem.code, problem.category, problem.column_name, problem.message, row_text "
            f"from (select source_row_number, unnest(problems) as problem, "
            f"  to_json({{{shown}}})::varchar as row_text "
            f"  from (select *, list_contains(list_transform(problems, lambda p: p.code), "
            f"    {literal(IDENTIFIER[0])}) as has_identifier from marked where len(problems) > 0))"
        )
        for row in ragged:
            self._connection.execute(
                "insert into quarantined values (?, ?, ?, ?, ?, ?, '', ?, null)",
                [
                    self._part.edition_id,
                    self._part.file_name,
                    self._part.sha256,
                    row.source_row_number,
                    RAGGED[0],
                    RAGGED[1],
                    f"{RAGGED[2]}: {row.problem}",
                ],
            )

    def _write_rows(self, path: Path) -> None:
        cells = self._cells()
        wide = self._match.layout.wide
        wide_names = [*wide.groups.values(), wide.value.name] if wide else []
        columns = []
        for name in self._contract.column_names:
            if wide and name == wide.value.name:
                columns.append(f"wide_cells.cell_value as {_identifier(name)}")
            elif name in wide_names:
                columns.append(f"wide_cells.{_identifier(name)}")
            else:
                cell = f"({cells[name][0]})" if name in cells else "null"
                columns.append(f"{cell}::varchar as {_identifier(name)}")
        taken = {*self._contract.column_names, *LINEAGE_COLUMNS}
        for position, header in self._match.unknown:
            name = "".join(c if c.isalnum() else "_" for c in header.strip().lower())
            if name not in taken:
                taken.add(name)
                columns.append(f"c{position} as {_identifier(name)}")
        lineage = {
            "edition_id": literal(self._part.edition_id),
            "edition_period": literal(self._part.period.label),
            "edition_period_start": f"date {literal(self._part.period.start.isoformat())}",
            "edition_period_end": f"date {literal(self._part.period.end.isoformat())}",
            "edition_coverage": literal(self._part.coverage),
            "source_file_name": literal(self._part.file_name),
            "source_sha256": literal(self._part.sha256),
            "source_row_number": "marked.source_row_number",
        }
        columns += [f"{lineage[name]} as {name}" for name in LINEAGE_COLUMNS]
        joined = "join wide_cells using (source_row_number)" if self._match.wide else ""
        self._connection.execute(
            f"copy (select {', '.join(columns)} from marked {joined} "
            f"where len(marked.problems) = 0 order by marked.source_row_number) "
            f"to {literal(str(path))} (format parquet, compression zstd)"
        )
