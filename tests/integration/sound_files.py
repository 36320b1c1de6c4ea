"""Sound files of every layout, cut to a few rows, and what must come of their rows."""

from __future__ import annotations

import copy
import io
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter
from plain_rules import Cell, faults_by_case, faults_of, read_cell
from single_file import Outcome, Table, declared_period, parse, write

from assets.extracts.arriving.landing import Declaration
from assets.extracts.contract_model.contract import Column, Contract, Layout
from assets.extracts.contract_model.headers import normalise_header
from assets.extracts.reading.peeking import peek
from assets.extracts.reading.recognition import LayoutMatch, named_like, recognise
from assets.extracts.reading.resolution import file_under

ROWS = 12
# Repeated columns of a wide file that are kept here; it has hundreds, all alike.
WIDE_COLUMNS = 6
_SUFFIX = {"csv": ".csv", "parquet": ".parquet", "workbook": ".xlsx", "json": ".json"}

Fault = tuple[str, str]


@dataclass(frozen=True)
class Sound:
    """A sound file, cut to a few rows, as table; and where its columns stand.

    ``records`` are, of a JSON file, the nested records that the rows come from.
    """

    name: str
    period: str | None
    contract: Contract
    layout: Layout
    table: Table
    positions: Mapping[str, int]
    wide: tuple[int, ...] = ()
    records: tuple[Any, ...] = ()

    @cached_property
    def columns(self) -> dict[str, Column]:
        """Canonical columns that the file has."""
        return {c.name: c for c in self.layout.columns if c.name in self.positions}

    @property
    def rows(self) -> Table:
        return self.table[1:] if self.layout.header else self.table

    @property
    def one_for_the_file(self) -> set[str]:
        """Columns that say what a file is; if one of their cells is wrong, the file may be."""
        contract = self.contract
        named = {*contract.period_from.columns, contract.submitter_from}
        if contract.recognise:
            named.add(contract.recognise.column)
        if contract.parts_by:
            named.add(contract.parts_by.column)
        return {n for n in named if n} | {
            n for n, column in self.columns.items() if column.constant
        }

    def described(self, position: int) -> Column:
        """The column that stands at a position."""
        at = {position: self.columns[name] for name, position in self.positions.items()}
        column = at.get(position) or (self.layout.wide.value if self.layout.wide else None)
        assert column is not None
        return column

    def changeable(self) -> list[int]:
        """Positions at which anything may be written and the rest of the file stays sound."""
        # The check digit of SNOMED CT has a test of its own.
        names = [n for n, c in self.columns.items() if c.check_digit is None]
        places = [self.positions[n] for n in names if n not in self.one_for_the_file]
        if self.records:
            # Lengths of lists and texts made of lists are no cells of a document.
            is_cell = [_has(self.records[0], header) for header in self.table[0]]
            return [place for place in places if is_cell[place]]
        return places + list(self.wide[:2])

    def with_cell(self, row: int, position: int, text: str) -> Table:
        """The table with one cell of a row of data (from 1) changed."""
        table = [list(cells) for cells in self.table]
        table[row - (0 if self.layout.header else 1)][position] = text
        return table

    def cells(self, row: Sequence[str]) -> dict[str, Cell]:
        return {name: read_cell(c, row[self.positions[name]]) for name, c in self.columns.items()}

    def faults(self, row: Sequence[str]) -> set[Fault]:
        """Published column and code of every rule a row breaks; wide columns go by position."""
        cells = self.cells(row)
        found = {
            (column.spelt, code)
            for column in self.columns.values()
            for code in faults_of(column, self.columns, cells)
        }
        found |= {
            (self.columns[name].spelt, code)
            for name, code in faults_by_case(self.layout.cases, self.columns, cells)
        }
        if self.layout.wide:
            for position in self.wide:
                value = self._repeated(position)
                cell = read_cell(value, row[position])
                if cell is not None:
                    codes = faults_of(value, {value.name: value}, {value.name: cell})
                    found |= {(str(position), code) for code in codes}
            if not any(row[position].strip() for position in self.wide):
                found.add(("", "blank"))
        return found

    def _repeated(self, position: int) -> Column:
        """A repeated column, with the maximum that its name brings."""
        wide = self.layout.wide
        assert wide is not None
        named = re.fullmatch(wide.pattern, normalise_header(self.table[0][position]))
        assert named is not None
        highest = [
            maximum[named[group]]
            for group, maximum in wide.maximum.items()
            if named[group] in maximum
        ]
        return wide.value.model_copy(update={"maximum": highest[0]} if highest else {})

    def is_loaded_as_it_stands(self, outcome: Outcome, number: int, row: Sequence[str]) -> bool:
        """Whether what was loaded of a row is what its cells say."""
        assert outcome.loaded is not None
        cells, names = self.cells(row), self.contract.column_names
        loaded = outcome.loaded[number]
        if self.layout.wide is None:
            return loaded == tuple(cells.get(name) for name in names)
        value = self.layout.wide.value
        pieces = [
            dict(zip(names, loaded[start : start + len(names)], strict=True))
            for start in range(0, len(loaded), len(names))
        ]
        held = Counter(p[value.name] for p in pieces if p[value.name] is not None)
        there = (read_cell(value, row[position]) for position in self.wide)
        return held == Counter(cell for cell in there if cell is not None) and all(
            piece[name] == cell for piece in pieces for name, cell in cells.items()
        )

    def named_as(self, form: str) -> str:
        """The name of the file in one of its formats."""
        return str(Path(self.name).with_suffix(_SUFFIX[form]))


def _period_of(match: LayoutMatch, landing: Path, name: str) -> str | None:
    """The declared period; or the one in the lines above the header, which are cut off."""
    declared = declared_period(landing, name)
    if declared or match.contract.period_from.preamble is None:
        return declared
    filing = file_under(match.contract, match, name, Declaration(), lambda _: [])
    return filing.period.label


def sound_files(landing: Path, contracts: Mapping[str, Contract]) -> dict[tuple[str, str], Sound]:
    """One sound file of every layout that the sample has, by extract and layout."""
    found: dict[tuple[str, str], Sound] = {}
    files = sorted(landing.rglob("*.*"), key=lambda path: (path.suffix != ".csv", path.name))
    for path in files:
        name = path.relative_to(landing).as_posix()
        # Workbooks of several extracts are named after who sends them.
        named = named_like(name, contracts.values()) or contracts.values()
        wanted = {
            contract.extract: contract
            for contract in named
            if any((contract.extract, layout.name) not in found for layout in contract.layouts)
        }
        if not wanted or path.suffix == ".yml":
            continue
        for match in recognise(name, peek(path), wanted).matches:
            key = (match.contract.extract, match.layout.name)
            if key not in found:
                found[key] = _sound(match, name, path, _period_of(match, landing, name))
    return found


def _sound(match: LayoutMatch, name: str, path: Path, period: str | None) -> Sound:
    layout = match.layout
    if match.sheet.format == "csv":
        table = parse(path.read_bytes(), layout.encoding)[match.sheet.top :][: ROWS + 1]
    else:
        table = [list(match.sheet.first_row), *map(list, match.sheet.sample[:ROWS])]
    records: list[Any] = []
    if match.sheet.format == "json":
        document = json.loads(path.read_text(encoding="utf-8"))
        records = (document[layout.records] if layout.records else [document])[:ROWS]
    elif match.sheet.format != "csv" and "csv" in layout.formats:
        name = f"community/{match.contract.extract_code}_X.csv"
    kept = sorted(match.wide)[:WIDE_COLUMNS]
    width = range(len(table[0]))
    order = [i for i in width if i in kept or i not in match.wide]
    file = Sound(
        name=name,
        period=period,
        contract=match.contract,
        layout=layout,
        table=[[row[i] for i in order] for row in table],
        positions={name: order.index(at) for name, at in match.positions.items()},
        wide=tuple(order.index(at) for at in kept),
        records=tuple(records),
    )
    # Grants to individuals are set aside whatever their other cells say.
    is_sound = [not file.faults(row) for row in file.rows]
    head = file.table[:1] if layout.header else []
    return replace(
        file,
        table=[*head, *(row for row, sound in zip(file.rows, is_sound, strict=True) if sound)],
        records=tuple(r for r, sound in zip(records, is_sound, strict=False) if sound),
    )


def content_of(file: Sound, table: Table, form: str) -> bytes:
    """A table as a file of one of the formats of its layout."""
    content = io.BytesIO()
    if form == "parquet":
        header, *rows = table
        columns = dict.fromkeys(header, pl.String)
        pl.DataFrame(rows, schema=columns, orient="row").write_parquet(content)
    elif form == "workbook":
        with xlsxwriter.Workbook(content) as book:
            sheet = book.add_worksheet(next(iter(file.layout.sheets), "Sheet"))
            for line, row in enumerate(table):
                for position, cell in enumerate(row):
                    sheet.write_string(line, position, cell)
    elif form == "json":
        return _document(file, table)
    else:
        return write(table, encoding=file.layout.encoding)
    return content.getvalue()


def _document(file: Sound, table: Table) -> bytes:
    """Records like those of the file, with the cells of the table where they differ."""
    header, *rows = table
    records = []
    for number, row in enumerate(rows):
        record = copy.deepcopy(file.records[number % len(file.records)])
        there = file.rows[number % len(file.rows)]
        for name, old, new in zip(header, there, row, strict=True):
            if old != new:
                _put(record, name, new)
        records.append(record)
    path = file.layout.records
    return json.dumps({path: records} if path else records[0]).encode()


def _steps(name: str) -> list[str | int]:
    return [int(step) if re.fullmatch(r"\d+", step) else step for step in name.split(".")]


def _has(record: Any, name: str) -> bool:
    """Whether a path leads to a cell of a record."""
    found = record
    for step in _steps(name):
        is_there = (
            step in found
            if isinstance(found, dict)
            else isinstance(found, list) and isinstance(step, int) and step < len(found)
        )
        if not is_there:
            return False
        found = found[step]
    return not isinstance(found, dict | list)


def _put(record: Any, name: str, value: str) -> None:
    *above, last = _steps(name)
    for step in above:
        record = record.setdefault(step, {}) if isinstance(record, dict) else record[step]
    record[last] = value


def repeated(file: Sound, rows: int) -> Sound:
    """The same file with its rows over and over, for so many rows."""
    found = [list(file.rows[n % len(file.rows)]) for n in range(rows)]
    return replace(file, table=[file.table[0], *found] if file.layout.header else found)
