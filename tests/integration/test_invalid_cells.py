"""A cell that is invalid is never loaded as anything: its row is quarantined or its file refused.

What is invalid is worked out once more, without the engine: every row of a file with one
cell changed is held against its contract in plain Python, and exactly that must come of the file.
"""

from __future__ import annotations

import io
import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest
import xlsxwriter
from desk import Desk
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from plain_rules import Cell, faults_by_case, faults_of, read_cell
from single_file import Table, declared_period, parse, take_in, write

from assets.extracts.contract_model.contract import (
    EXCEL_SERIAL,
    Column,
    Contract,
    Layout,
    bounds_of,
)
from assets.extracts.contract_model.contract_files import load_contracts
from assets.extracts.reading.peeking import peek
from assets.extracts.reading.recognition import LayoutMatch, named_like, recognise

SIZES = "gp-list-size/gp-reg-pat-prac-all_2025-09.csv"
ROWS = 12
# Repeated columns of a wide file that are kept here; it has hundreds, all alike.
WIDE_COLUMNS = 6
CONTRACTS = load_contracts()
# These come as JSON or as a workbook without a delimited form.
NOT_DELIMITED = {"ods_pcns", "ods_pcn_memberships", "oruk_services"}
EXTRACTS = sorted(CONTRACTS.keys() - NOT_DELIMITED)

Fault = tuple[str, str]


# -- files -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sound:
    """A sound file, cut to a few rows, as table; and where its columns stand."""

    name: str
    period: str | None
    contract: Contract
    layout: Layout
    table: Table
    positions: Mapping[str, int]
    wide: tuple[int, ...]

    @property
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
            value = self.layout.wide.value
            for position in self.wide:
                cell = read_cell(value, row[position])
                if cell is not None:
                    codes = faults_of(value, {value.name: value}, {value.name: cell})
                    found |= {(str(position), code) for code in codes}
            if not any(row[position].strip() for position in self.wide):
                found.add(("", "blank"))
        return found


def _sound(match: LayoutMatch, name: str, content: bytes, period: str | None) -> Sound:
    table = parse(content, match.layout.encoding)[match.sheet.top :][: ROWS + 1]
    kept = sorted(match.wide)[:WIDE_COLUMNS]
    width = range(len(table[0]))
    order = [i for i in width if i in kept or i not in match.wide]
    return Sound(
        name=name,
        period=period,
        contract=match.contract,
        layout=match.layout,
        table=[[row[i] for i in order] for row in table],
        positions={name: order.index(at) for name, at in match.positions.items()},
        wide=tuple(order.index(at) for at in kept),
    )


@pytest.fixture(scope="module")
def sound(sample_landing: Path) -> Callable[[str], Sound]:
    """Finds a sound delimited file of an extract."""
    found: dict[str, Sound] = {}
    for path in sorted(sample_landing.rglob("*.csv")):
        name = path.relative_to(sample_landing).as_posix()
        for contract in named_like(name, CONTRACTS.values()):
            if contract.extract in found:
                continue
            for match in recognise(name, peek(path), {contract.extract: contract}).matches:
                period = declared_period(sample_landing, name)
                found[contract.extract] = _sound(match, name, path.read_bytes(), period)
    for path in sorted((sample_landing / "community").glob("*.xlsx")):
        for match in recognise(path.name, peek(path), CONTRACTS).matches:
            if match.contract.extract not in found:
                content = write([match.sheet.first_row, *match.sheet.sample])
                name = f"community/{match.contract.extract_code}_X.csv"
                found[match.contract.extract] = _sound(match, name, content, None)
    assert found.keys() >= set(EXTRACTS), set(EXTRACTS) - found.keys()

    # Of what a test was given hypothesis prints everything when it fails; of this the name.
    def file_of(extract: str) -> Sound:
        return found[extract]

    return file_of


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def content_of(file: Sound, table: Table, form: str) -> bytes:
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
    else:
        return write(table, encoding=file.layout.encoding)
    return content.getvalue()


# -- cells -----------------------------------------------------------------------------------------

# What people, spreadsheets and exports write where a value should be.
SLIPS = (
    "", " ", "\t", "\u00a0", "-", "n/a", "N/A", "NULL", "None", "NaN", "inf", "?", "*", "unknown",
    "0", "1", "-1", "+1", "1.0", "1.5", "-0.0", ".0", "1.", "007", "1e3", "1e400", "1E-9", "1,000",
    "1 000", "1_000", "£5", "5%", "0x1F", "١٢", "\uff11", "99999999999999999999", "-97",
    "true", "TRUE", "yes", "Y", "t", "2025-02-30", "2025-1-1", "25-01-01", "0025-01-01",
    "2025-04-01 00:00:00", "2025-04-01T00:00:00", "2025-04-01T23:30:00Z", "2025-04-01T23:30+01",
    "2025-04-01T12:00:00+99:00", "20250401", "01/04/2025", "01/04/25", "1/4/2025", "13/13/2025",
    "01APR2025", "01APR25", "1apr2025", "01-Apr-25", "01-Apr-2025", "45748", "45748.0",
    "1900-01-01", "9999-12-31", "A81001", "a81001", "A81001 ", "A8100", "E54000008", "#N/A",
    "#REF!", "=1+1",
    '"', '""', ",", "a,b", "a\nb", 'say "yes"', "O'Hara",
)  # fmt: skip
LETTERS = string.ascii_letters + string.digits + string.punctuation + " \t\n\u00a0é£"


@st.composite
def near_miss(draw: st.DrawFn, value: str) -> str:
    """A value with one slip of the pen."""
    at = draw(st.integers(0, len(value)))
    put = draw(st.sampled_from(("", " ", "\t", "0", "9", "x", "X", ".", "-", "\u00a0")))
    taken = draw(st.integers(0, 1))
    return draw(
        st.sampled_from(
            (value[:at] + put + value[at + taken :], value.swapcase(), f" {value} ", value * 2)
        )
    )


def near_bounds(column: Column) -> list[str]:
    """Values at the bounds of a column, just inside and just outside."""
    found = []
    for bound in (*bounds_of(column.minimum), *bounds_of(column.maximum)):
        if isinstance(bound, date):
            form = next((f for f in column.formats if f != EXCEL_SERIAL), "%Y-%m-%d")
            found += [(bound + timedelta(days=n)).strftime(form) for n in (-1, 0, 1)]
        elif not isinstance(bound, str):
            found += [str(Decimal(str(bound)) + Decimal(n)) for n in ("-1", "-0.5", "0", "1")]
    return found


@st.composite
def changed_cells(draw: st.DrawFn, file: Sound) -> tuple[int, int, str]:
    """A row, a position and what is written there."""
    row = draw(st.integers(1, len(file.rows)))
    # The check digit of SNOMED CT has a test of its own.
    names = [n for n, c in file.columns.items() if c.check_digit is None]
    places = [file.positions[name] for name in names] + list(file.wide[:2])
    position = draw(st.sampled_from(places))
    at = {position: file.columns[name] for name, position in file.positions.items()}
    column = at.get(position) or (file.layout.wide.value if file.layout.wide else None)
    assert column is not None
    present = file.rows[row - 1]
    written = [
        st.sampled_from(SLIPS),
        near_miss(present[position]),
        st.sampled_from(present),
        st.text(LETTERS, max_size=12),
    ]
    if edges := near_bounds(column):
        written.append(st.sampled_from(edges))
    if column.allowed:
        written.append(near_miss(draw(st.sampled_from(column.allowed))))
    return row, position, draw(st.one_of(written))


def without_bounds(faults: Iterable[Fault]) -> set[Fault]:
    return {(column, code) for column, code in faults if code != "out_of_range"}


# -- the property ----------------------------------------------------------------------------------


@pytest.mark.parametrize("extract", EXTRACTS)
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_exactly_the_invalid_rows_are_quarantined_and_all_others_loaded(
    connection: duckdb.DuckDBPyConnection,
    sound: Callable[[str], Sound],
    extract: str,
    data: st.DataObject,
) -> None:
    file = sound(extract)
    row, position, text = data.draw(changed_cells(file))
    form = data.draw(st.sampled_from(file.layout.formats))
    try:
        content = content_of(file, file.with_cell(row, position, text), form)
    except UnicodeEncodeError:
        return
    changed = {name for name, at in file.positions.items() if at == position}

    name = file.name.replace(".csv", {"parquet": ".parquet", "workbook": ".xlsx"}.get(form, ".csv"))
    outcome = take_in(connection, CONTRACTS, extract, name, content, file.period)

    if outcome.refused is not None:
        assert changed & file.one_for_the_file, outcome.refused
        event("refused")
        return
    table = file.with_cell(row, position, text)
    rows = table[1:] if file.layout.header else table
    wanted = {n: file.faults(cells) for n, cells in enumerate(rows, start=1)}
    assert outcome.rows_in_file == len(rows)
    assert outcome.loaded is not None
    assert outcome.quarantined is not None
    # A number such as 1e9 where a whole one should be can break the bounds as well, or not.
    has_no_value = any(code == "wrong_format" for _, code in wanted[row])
    for n, all_faults in wanted.items():
        faults, found = all_faults, set(outcome.quarantined.get(n, ()))
        if has_no_value and n == row:
            faults, found = without_bounds(faults), without_bounds(found)
        if any(code in ("identifier", "duplicate_row") for _, code in found):
            assert n == row
            assert n not in outcome.loaded
            continue
        if file.wide:
            assert {code for _, code in found} == {code for _, code in faults}, n
        else:
            assert found == faults, n
        if found:
            assert n not in outcome.loaded
        elif not file.wide:
            cells = file.cells(rows[n - 1])
            canonical = tuple(cells.get(name) for name in file.contract.column_names)
            assert outcome.loaded[n] == canonical
    event("quarantined" if wanted[row] else "valid")


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_whole_intake_keeps_every_row_and_its_number(desk: Desk, data: st.DataObject) -> None:
    as_published = (desk.landing / SIZES).read_bytes()
    [match] = recognise(
        SIZES, peek(desk.landing / SIZES), {"_": CONTRACTS["reg_list_sizes"]}
    ).matches
    table = parse(as_published)
    file = Sound(SIZES, None, match.contract, match.layout, table, match.positions, ())
    row, position, text = data.draw(changed_cells(file))
    changed = file.with_cell(row, position, text)
    faults = file.faults(changed[row])
    columns = ", ".join(match.contract.column_names)

    desk.put(SIZES, write(changed))
    try:
        evaluated = desk.take_in("reg_list_sizes")["reg_list_sizes"]
        in_use = desk.editions.in_use("reg_list_sizes")
        [edition] = evaluated or [edition for edition in in_use if edition.period == "2025-09"]
        if edition.verdict == "refused":
            # A key twice, or a date that leaves the period open, is a matter of the whole file.
            assert {n for n, at in file.positions.items() if at == position} & {
                *file.one_for_the_file, *match.contract.key,
            }, edition.reason  # fmt: skip
            return
        assert edition.rows_in_file == len(table) - 1
        assert edition.rows_in_file == edition.rows_loaded + edition.rows_quarantined
        quarantined = {(n, code) for n, code, *_ in desk.quarantine(edition)}
        assert quarantined == {(row, code) for _, code in faults}
        loaded = desk.connection.execute(
            f"select source_row_number, {columns} from raw.reg_list_sizes "
            "where edition_id = ? order by 1",
            [edition.edition_id],
        ).fetchall()
        assert loaded == [
            (n, *file.cells(cells).values())
            for n, cells in enumerate(changed[1:], start=1)
            if not (faults and n == row)
        ]
    finally:
        desk.put(SIZES, as_published)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    broken=st.sets(st.integers(1, ROWS - 1), max_size=4),
    empty=st.sets(st.integers(1, ROWS), max_size=3),
    field=st.sampled_from([None, "more"]),
)
def test_rows_with_broken_fields_shift_no_other(
    connection: duckdb.DuckDBPyConnection,
    sound: Callable[[str], Sound],
    broken: set[int],
    empty: set[int],
    field: str | None,
) -> None:
    """Fields too many or too few, and empty lines before some rows."""
    file = sound("reg_list_sizes")
    lines = [write([file.table[0]])]
    for n, cells in enumerate(file.rows, start=1):
        torn = [*cells, field] if field else cells[:-1]
        lines.append((b"\n" if n in empty else b"") + write([torn if n in broken else cells]))

    outcome = take_in(connection, CONTRACTS, "reg_list_sizes", file.name, b"".join(lines))

    assert outcome.rows_in_file == len(file.rows) == ROWS
    assert outcome.quarantined == dict.fromkeys(broken, frozenset({("", "ragged_row")}))
    code = file.contract.column_names.index("practice_code")
    at = file.positions["practice_code"]
    assert outcome.loaded is not None
    assert {n: row[code] for n, row in outcome.loaded.items()} == {
        n: cells[at] for n, cells in enumerate(file.rows, start=1) if n not in broken
    }
