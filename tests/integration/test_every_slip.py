"""Every slip in every kind of column of every layout and format, many to a file.

Each row of a file has one cell changed; which rows must be set aside, and what must be loaded of
the others, is worked out in plain Python. ``test_invalid_cells`` tries what nobody thought of.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
import xlsxwriter
from plain_rules import faults_by_case, faults_of
from single_file import Outcome, Table, take_in
from slips import SLIPS, near_bounds, near_misses
from sound_files import Fault, Sound, content_of, repeated, sound_files

from assets.extracts.contract_model.contract import Column
from assets.extracts.contract_model.contract_files import load_contracts
from assets.extracts.identifiers.detectors import detectors_for

pytestmark = pytest.mark.slow

CONTRACTS = load_contracts()
# A file is recognised by its first rows, of which nearly all must be sound.
SOUND_ROWS = 60
# Columns of one kind (type, bounds, code list ...) are alike: one of each is tried.
OF_A_KIND = 1
# Free text takes anything; these few would be changed by a reader that meddles with cells.
SLIPS_OF_TEXT = (
    "", " ", "\u00a0", "NULL", "007", "1,000", "#N/A", "=1+1", "a\nb", 'say "yes"', ",",
)  # fmt: skip

# The rules are the same in every format: the first one of each layout is tried each time.
CASES = [
    pytest.param(
        extract, layout.name, form, marks=[pytest.mark.slow] if form != layout.formats[0] else []
    )
    for extract, contract in CONTRACTS.items()
    for layout in contract.layouts
    for form in layout.formats
]


@pytest.fixture(scope="module")
def sound(sample_landing: Path) -> Callable[[str, str], Sound]:
    """Finds a sound file of a layout, if the sample has one."""
    found = sound_files(sample_landing, CONTRACTS)

    def file_of(extract: str, layout: str) -> Sound:
        if (extract, layout) not in found:
            pytest.skip("the sample has no file in this layout; test_layout_versions has")
        return found[extract, layout]

    return file_of


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


# -- text --------------------------------------------------------------------------------------


def kinds(file: Sound) -> list[int]:
    """Positions of the columns to be tried, a few of each kind."""
    taken: dict[str, int] = {}
    places = []
    for position in file.changeable():
        column = file.described(position)
        kind = repr(column.model_copy(update={"name": "_", "description": "_", "headers": ()}))
        taken[kind] = taken.get(kind, 0) + 1
        if taken[kind] <= OF_A_KIND:
            places.append(position)
    return places


def values_for(column: Column, sound: str) -> list[str]:
    """What is written into a column that holds a sound value."""
    if column.type == "string" and not (column.allowed or column.pattern or column.sentinels):
        return [*SLIPS_OF_TEXT, *column.null_tokens]
    listed = [text for code in column.allowed[:2] for text in (code, *near_misses(code))]
    return [
        *SLIPS, *near_bounds(column), *near_misses(sound), *listed, *column.allowed,
        *column.sentinels, *column.null_tokens,
    ]  # fmt: skip


def written(file: Sound, form: str) -> list[tuple[int, str]]:
    """Position and text of each cell to change, one a row."""
    found = []
    for position in kinds(file):
        filled = (row[position] for row in file.rows if row[position])
        present = next(filled, "1")
        values = dict.fromkeys(values_for(file.described(position), present))
        found += [(position, text) for text in values if can_hold(file, form, text)]
    return found


def can_hold(file: Sound, form: str, text: str) -> bool:
    if any(d.values_in(text) for d in detectors_for(file.contract.origin, ())):
        # Three cells that look like an identifier refuse the file whole, which others test.
        return False
    if form != "csv":
        # XML has no such characters, and a workbook turns a line break of one kind into another.
        return form != "workbook" or not re.search(r"[\x00-\x08\x0b-\x1f]", text)
    encoding = file.layout.encoding
    return text.encode(encoding, errors="replace").decode(encoding) == text


@pytest.mark.parametrize(("extract", "layout", "form"), CASES)
def test_exactly_the_rows_with_invalid_cells_are_set_aside(
    connection: duckdb.DuckDBPyConnection,
    sound: Callable[[str, str], Sound],
    extract: str,
    layout: str,
    form: str,
) -> None:
    file = sound(extract, layout)
    cells = written(file, form)
    if file.layout.records == "" and file.records:
        pytest.skip("a document of one record has one row")
    above = repeated(file, SOUND_ROWS + len(cells))
    table = [list(row) for row in above.table]
    rows = table[1:] if file.layout.header else table
    for number, (position, text) in enumerate(cells, start=SOUND_ROWS):
        rows[number][position] = text

    content = content_of(file, table, form)
    name = file.named_as(form)
    outcome = take_in(connection, CONTRACTS, extract, name, content, file.period)

    assert outcome.refused is None
    assert outcome.rows_in_file == len(rows)
    wrong = []
    for number, (position, text) in enumerate(cells, start=SOUND_ROWS + 1):
        if problem := what_is_wrong(file, outcome, number, rows[number - 1], position):
            wrong.append((file.table[0][position], text, problem))
    assert not wrong


def what_is_wrong(
    file: Sound, outcome: Outcome, number: int, row: list[str], position: int
) -> object:
    """What came of a row, if it is not what had to."""
    assert outcome.quarantined is not None
    assert outcome.loaded is not None
    found = set(outcome.quarantined.get(number, ()))
    is_set_aside = number not in outcome.loaded
    if is_set_aside != bool(found):
        return "is loaded and set aside, or neither"
    codes = {code for _, code in found}
    if "identifier" in codes:
        return None
    # Slips that all mean nothing make rows that say the same.
    found = {(column, code) for column, code in found if code != "duplicate_row"}
    wanted = faults_where(file, row, position)
    if ("wrong_format") in {code for _, code in wanted}:
        # What is no value can break the bounds as well, or not.
        found, wanted = without_bounds(found), without_bounds(wanted)
    if file.wide and position in file.wide:
        found = {(str(position) if column else "", code) for column, code in found}
    if found != wanted:
        return f"{sorted(found)} found, {sorted(wanted)} wanted"
    if not is_set_aside and not file.is_loaded_as_it_stands(outcome, number, row):
        return f"loaded as {outcome.loaded[number]}"
    return None


def faults_where(file: Sound, row: list[str], position: int) -> set[Fault]:
    """The rules that a row breaks of which one cell was changed."""
    if position in file.wide:
        return file.faults(row)
    cells = file.cells(row)
    [name] = [name for name, at in file.positions.items() if at == position]
    found = {
        (column.spelt, code)
        for column in file.columns.values()
        if column.name == name or name in column.compares_with
        for code in faults_of(column, file.columns, cells)
    }
    by_case = faults_by_case(file.layout.cases, file.columns, cells)
    return found | {(file.columns[column].spelt, code) for column, code in by_case}


def without_bounds(faults: set[Fault]) -> set[Fault]:
    return {fault for fault in faults if fault[1] != "out_of_range"}


# -- typed cells -------------------------------------------------------------------------------

# What a cell of a workbook may be, and the text it is read as.
CELLS: dict[str, tuple[Any, str]] = {
    "whole": (12, "12"),
    "negative": (-1, "-1"),
    "share": (0.25, "0.25"),
    "large": (1234567.5, "1234567.5"),
    "true": (True, "true"),
    "day": (date(2025, 4, 1), "2025-04-01 00:00:00"),
    "moment": (datetime(2025, 4, 1, 9, 30), "2025-04-01 09:30:00"),
    "time": (time(9, 30), "1899-12-31 09:30:00"),
    **{error: (error, error) for error in ("#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?")},
}
# The same for whole columns of a Parquet file.
TYPED: dict[str, tuple[pl.DataType, Any, str]] = {
    "whole": (pl.Int64(), 12, "12"),
    "negative": (pl.Int32(), -1, "-1"),
    "share": (pl.Float64(), 0.123456789012345, "0.123456789012345"),
    "infinite": (pl.Float64(), float("inf"), "inf"),
    "true": (pl.Boolean(), True, "true"),
    "day": (pl.Date(), date(2025, 4, 1), "2025-04-01"),
    "moment": (pl.Datetime("us"), datetime(2025, 4, 1, 9, 30), "2025-04-01 09:30:00"),
}
# In each file every column is of another of these types; after three, each kind of column of
# the sixteen extracts that come as Parquet has been of most types.
TURNS = 3


def in_form(form: str) -> list[str]:
    """The extracts that may come in a format."""
    return [e for e, contract in CONTRACTS.items() if form in contract.layouts[0].formats]


def planted(file: Sound, texts: list[str]) -> tuple[Table, list[tuple[int, int, str]]]:
    """Sound rows with one text a row in one column; row (from 1), position and text of each."""
    cells = [(position, text) for position in kinds(file) for text in texts]
    table = [list(row) for row in repeated(file, SOUND_ROWS + len(cells)).table]
    where = [(SOUND_ROWS + n, *cell) for n, cell in enumerate(cells, start=1)]
    for row, position, text in where:
        table[row][position] = text
    return table, where


@pytest.mark.parametrize("extract", in_form("workbook"))
def test_typed_cells_of_a_workbook_are_held_against_the_rules(
    connection: duckdb.DuckDBPyConnection, sound: Callable[[str, str], Sound], extract: str
) -> None:
    file = sound(extract, CONTRACTS[extract].layouts[0].name)
    table, where = planted(file, list(CELLS))
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet(next(iter(file.layout.sheets), "Sheet"))
        looks = {
            date: book.add_format({"num_format": "dd/mm/yyyy"}),
            datetime: book.add_format({"num_format": "dd/mm/yyyy hh:mm"}),
            time: book.add_format({"num_format": "hh:mm"}),
        }
        for line, row in enumerate(table):
            for position, cell in enumerate(row):
                sheet.write_string(line, position, cell)
        for row_number, position, kind in where:
            value, text = CELLS[kind]
            if isinstance(value, str):
                sheet.write_formula(row_number, position, "=1/0", None, value)
            elif type(value) in looks:
                sheet.write_datetime(row_number, position, value, looks[type(value)])
            else:
                sheet.write(row_number, position, value)
            table[row_number][position] = text

    name = file.named_as("workbook")
    outcome = take_in(connection, CONTRACTS, extract, name, content.getvalue(), file.period)

    all_as_wanted(file, outcome, table, where)


@pytest.mark.parametrize("extract", in_form("parquet"))
def test_typed_columns_of_a_parquet_file_are_held_against_the_rules(
    connection: duckdb.DuckDBPyConnection, sound: Callable[[str, str], Sound], extract: str
) -> None:
    file = sound(extract, CONTRACTS[extract].layouts[0].name)
    header, first = file.table[0], list(file.rows[0])
    values = list(TYPED.values())
    for turn in range(TURNS):
        frame = pl.DataFrame([first], schema=dict.fromkeys(header, pl.String), orient="row")
        row = list(first)
        for number, position in enumerate(file.changeable()):
            dtype, value, row[position] = values[(number + turn) % len(values)]
            frame = frame.with_columns(pl.lit(value, dtype).alias(header[position]))
        content = io.BytesIO()
        frame.write_parquet(content)

        name = file.named_as("parquet")
        outcome = take_in(connection, CONTRACTS, extract, name, content.getvalue())

        assert outcome.refused is None
        assert outcome.quarantined is not None
        found, wanted = set(outcome.quarantined.get(1, ())), file.faults(row)
        assert without_bounds(found) == without_bounds(wanted)


@pytest.mark.parametrize("extract", in_form("parquet"))
def test_numbers_of_a_parquet_file_are_loaded_to_their_last_digit(
    connection: duckdb.DuckDBPyConnection, sound: Callable[[str, str], Sound], extract: str
) -> None:
    file = sound(extract, CONTRACTS[extract].layouts[0].name)
    decimals = [file.table[0][p] for n, p in file.positions.items()
                if file.columns[n].type == "decimal"]  # fmt: skip
    if not decimals:
        pytest.skip("it has no column of decimals")
    texts = pl.DataFrame(file.rows, schema=dict.fromkeys(file.table[0], pl.String), orient="row")
    # A little less than a sound number is one, too.
    less = pl.col(decimals).replace("", None).cast(pl.Float64) * (1 - 1e-12)
    frame = texts.with_columns(less)
    content = io.BytesIO()
    frame.write_parquet(content)

    outcome = take_in(
        connection, CONTRACTS, extract, file.named_as("parquet"), content.getvalue(), file.period
    )

    assert outcome.quarantined == {}
    assert outcome.loaded is not None
    names = file.contract.column_names
    spelt = {file.table[0][p]: names.index(n) for n, p in file.positions.items()}
    for header in decimals:
        loaded = [outcome.loaded[n][spelt[header]] for n in range(1, len(file.rows) + 1)]
        assert [n and float(n) for n in loaded] == frame[header].to_list()


def all_as_wanted(
    file: Sound, outcome: Outcome, table: Table, where: list[tuple[int, int, str]]
) -> None:
    assert outcome.refused is None
    assert outcome.rows_in_file == len(table) - 1
    wrong = [
        (file.table[0][position], kind, problem)
        for row, position, kind in where
        if (problem := what_is_wrong(file, outcome, row, table[row], position))
    ]
    assert not wrong
