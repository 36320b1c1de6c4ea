"""Staging: a recognised file read once, straight into a Parquet file of text cells.

Every cell of the file is there under a name, with the lineage of its row; nothing is judged yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import duckdb

from assets.extracts.contract_model.contract import LINEAGE_COLUMNS, Column
from assets.extracts.contract_model.periods import Period
from assets.extracts.identifiers.scan import ScannedColumn
from assets.extracts.reading.opening import opened
from assets.extracts.reading.recognition import LayoutMatch
from assets.extracts.reading.sheets import RaggedRow, RowsRead
from assets.extracts.sql_text import identifier, literal

AS_PARQUET = "(format parquet, compression zstd)"
_FIRST_VISIBLE = "!"
_NO_BREAK_SPACE = "\u00a0"
_WHITE_SPACE = "' ' || chr(9) || chr(10) || chr(13) || chr(160)"


@dataclass(frozen=True)
class Part:
    """Lineage of the file that rows come from."""

    edition_id: str
    period: Period
    coverage: str
    submitter: str
    file_name: str
    sha256: str


class Staging:
    """One file on its way into an edition."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        match: LayoutMatch,
        part: Part,
        folder: Path,
    ) -> None:
        self.connection = connection
        self.match = match
        self.part = part
        self.path = folder / "staged.parquet"

    @property
    def relation(self) -> str:
        """SQL of the staged rows."""
        return f"read_parquet({literal(str(self.path))})"

    @cached_property
    def few_valued(self) -> frozenset[str]:
        """Columns of the staged file that repeat few values, which Parquet keeps as a dictionary.

        What is asked of them is asked once a value instead of once a row.
        """
        found = self.connection.execute(
            "select path_in_schema from parquet_metadata(?) "
            "group by 1 having bool_and(encodings like '%DICT%')",
            [str(self.path)],
        ).fetchall()
        return frozenset(name for (name,) in found)

    @cached_property
    def columns(self) -> dict[str, Column]:
        """Canonical columns that this file has."""
        return {c.name: c for c in self.match.layout.columns if c.name in self.match.positions}

    @cached_property
    def positions(self) -> dict[str, int]:
        """Name of each staged column to the position of its cell: no cell is left out.

        Canonical columns come first, then new ones under their own header, then those without
        a header (``column_7``) and, of wide files, the repeated ones (``cell_7``).
        """
        match = self.match
        positions = {name: match.positions[name] for name in self.columns}
        taken = {*match.contract.column_names, *LINEAGE_COLUMNS}
        for position, header in match.unknown:
            name = "".join(c if c.isalnum() else "_" for c in header.strip().lower())
            positions[_unused(name, taken)] = position
        known = set(positions.values())
        for position, header in enumerate(match.sheet.first_row):
            if position not in known:
                is_wide = position in match.wide or (match.layout.wide and header.strip())
                name = f"cell_{position}" if is_wide else f"column_{position + 1}"
                positions[_unused(name, taken)] = position
        return positions

    @property
    def scanned_columns(self) -> list[ScannedColumn]:
        """Every cell of the file, for the scan for identifiers."""
        headers = self.match.sheet.first_row if self.match.layout.header else ()
        return [
            ScannedColumn(
                name,
                headers[position] if headers else name,
                self._is_free(self.columns.get(name)),
                name in self.few_valued,
            )
            for name, position in self.positions.items()
        ]

    def _is_free(self, column: Column | None) -> bool:
        """Whether a column takes whatever people write: unknown ones do, codes and keys do not."""
        if column is None:
            return True
        has_shape = column.pattern or column.allowed or column.references
        is_key = column.name in self.match.contract.key
        return column.free_text or (column.type == "string" and not has_shape and not is_key)

    def read(self, path: Path) -> RowsRead:
        """Read a file into the staged Parquet file, every cell as text.

        Raises:
            UnreadableFileError: when the file, or its last row, cannot be read.
        """
        columns = [f"{sql} as {identifier(name)}" for name, sql in self._cells().items()]
        columns += [f"{sql} as {name}" for name, sql in self._lineage().items()]
        layout, sheet, into = self.match.layout, self.match.sheet, self.path.parent
        with opened(self.connection, path, layout, sheet, into) as readable:
            self.connection.execute(
                f"copy (select {', '.join(columns)} from {readable.relation}) "
                f"to {literal(str(self.path))} {AS_PARQUET}"
            )
            [(rows,)] = self.connection.execute(f"select count(*) from {self.relation}").fetchall()
            read = readable.finish(int(rows))
        replaced = self._blank_cells()
        relation = self.relation
        if read.ragged:
            relation = self._beside(read.ragged)
            replaced["source_row_number"] = "source_row_number + shift"
        if replaced:
            self._rewrite(relation, replaced)
        self.connection.execute("drop table if exists row_shifts")
        return read

    def _beside(self, ragged: Sequence[RaggedRow]) -> str:
        """SQL of the staged rows with how far their number in the file is from that as read.

        The i-th row set aside (from 0) shifts every loaded row from number row - i on.
        """
        shifts = {row.source_row_number - i: i + 1 for i, row in enumerate(ragged)}
        self.connection.execute(
            "create or replace temp table row_shifts as "
            "select unnest(?::bigint[]) as first_row, unnest(?::bigint[]) as shift",
            [[0, *shifts], [0, *shifts.values()]],
        )
        return (
            f"(select staged.*, shift from {self.relation} as staged "
            f"asof join row_shifts on staged.source_row_number >= row_shifts.first_row)"
        )

    def _cells(self) -> dict[str, str]:
        """SQL of each staged column; canonical ones that the file has not are null.

        Readers give null for an empty cell; only the contract's null tokens cost a look at each.
        """
        layout = self.match.layout
        wide = {*layout.wide.groups.values(), layout.wide.value.name} if layout.wide else set()
        cells = dict.fromkeys(self.match.contract.column_names, "null::varchar")
        for name, position in self.positions.items():
            column = self.columns.get(name)
            tokens = column.null_tokens if column else ()
            cell = f"c{position}"
            cells[name] = without_null_tokens(cell, tokens) if tokens else cell
        return {name: sql for name, sql in cells.items() if name not in wide}

    def _blank_cells(self) -> dict[str, str]:
        """SQL that nulls cells of white space alone, for the columns that may have one.

        White space sorts before every other character, so the least value of a column tells; the
        no-break space of web pages sorts after plain letters, so there the greatest does. Both
        stand in the Parquet file's statistics.
        """
        names = list(self.positions)
        ends = ", ".join(f"min({identifier(n)}), max({identifier(n)})" for n in names)
        [found] = self.connection.execute(f"select {ends} from {self.relation}").fetchall()
        return {
            name: without_null_tokens(identifier(name), ())
            for name, least, greatest in zip(names, found[::2], found[1::2], strict=True)
            if least is not None and (least < _FIRST_VISIBLE or self._has_no_break(name, greatest))
        }

    def _has_no_break(self, name: str, greatest: str) -> bool:
        """Whether a cell of a column begins with a no-break space."""
        if greatest < _NO_BREAK_SPACE:
            return False
        begins = f"starts_with({identifier(name)}, {literal(_NO_BREAK_SPACE)})"
        [(found,)] = self.connection.execute(
            f"select bool_or({begins}) from {self.relation}"
        ).fetchall()
        return bool(found)

    def _rewrite(self, relation: str, replaced: Mapping[str, str]) -> None:
        """Write the staged file once more with some columns calculated anew."""
        rewritten = self.path.with_name("rewritten.parquet")
        columns = ", ".join(f"{sql} as {identifier(name)}" for name, sql in replaced.items())
        added = " exclude (shift)" if relation != self.relation else ""
        self.connection.execute(
            f"copy (select *{added} replace ({columns}) from {relation}) "
            f"to {literal(str(rewritten))} {AS_PARQUET}"
        )
        rewritten.replace(self.path)

    def _lineage(self) -> dict[str, str]:
        part = self.part
        return {
            "edition_id": _constant(part.edition_id),
            "edition_period": _constant(part.period.label),
            "edition_period_start": f"date {literal(part.period.start.isoformat())}",
            "edition_period_end": f"date {literal(part.period.end.isoformat())}",
            "edition_coverage": _constant(part.coverage),
            "edition_submitter": _constant(part.submitter),
            "source_file_name": _constant(part.file_name),
            "source_sha256": _constant(part.sha256),
            "source_row_number": "source_row_number",
        }


def _constant(text: str) -> str:
    """SQL of a text that is the same in every row.

    As the one value of an enumeration it is written without hashing it row by row (3 of 18 CPU
    seconds for 12 million rows, 2026-11-23); readers of the Parquet file see plain text.
    """
    return f"{literal(text)}::enum({literal(text)})"


def without_null_tokens(cell: str, null_tokens: Sequence[str]) -> str:
    """SQL of a cell with blanks and the contract's null tokens read as null."""
    tokens = ", ".join(literal(token) for token in ("", *null_tokens))
    return f"case when trim({cell}, {_WHITE_SPACE}) not in ({tokens}) then {cell} end"


def _unused(name: str, taken: set[str]) -> str:
    """The name, or the name with a number behind it, that no column has yet."""
    candidate, number = name or "column", 1
    while candidate in taken:
        number += 1
        candidate = f"{name}_{number}"
    taken.add(candidate)
    return candidate
