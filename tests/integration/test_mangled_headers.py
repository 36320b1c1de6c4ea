"""However a publisher spells, orders or ends the lines of a file: the same table is loaded."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
from desk import Desk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from single_file import Outcome, Row, Table, match_of, parse, take_in, write
from sound_files import Sound, content_of, sound_files

from assets.extracts.contract_model.contract import Contract
from assets.extracts.contract_model.contract_files import load_contracts

CONTRACTS = load_contracts()
WORKBOOK = "ods-reference/ePCN_2025-09.xlsx"
SIZES = "gp-list-size/gp-reg-pat-prac-all_2025-09.csv"
ROWS = 8
# What hypothesis tries first is what stands first: nothing is left as it was published.
ENDINGS = ("\r\n", "\n")
SPACES = ("\n", "\r\n", "\u00a0", "\t", "  ", " ")
CASES = (str.swapcase, str.upper, str.lower, str.title, str)

LAYOUTS = [
    pytest.param(extract, layout.name, form, marks=[] if first else [pytest.mark.slow])
    for extract, contract in CONTRACTS.items()
    for layout in contract.layouts
    for form in layout.formats
    # Formats are read alike whatever the extract: each is tried every time of one of them.
    for first in [form == layout.formats[0] or extract == "sp_contacts"]
]
few = settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
many = settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))


# -- manglings -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mangling:
    """What is done to a file besides its headers."""

    headers: tuple[str, ...]
    order: tuple[int, ...]
    ending: str
    mark: str
    quoting: int

    def table_of(self, table: Table) -> Table:
        """The table with its columns in another order and under other headers."""
        header, *rows = table
        assert len(self.headers) == len(header)
        return [[row[i] for i in self.order] for row in (self.headers, *rows)]

    def written(self, table: Table, encoding: str = "utf-8") -> bytes:
        """A table as delimited text."""
        mark = self.mark.encode() if encoding == "utf-8" else b""
        return mark + write(table, self.ending, self.quoting, encoding)


@st.composite
def mangled_header(draw: st.DrawFn, header: str, spaces: tuple[str, ...] = SPACES) -> str:
    header = draw(st.sampled_from(CASES))(header)
    for space in draw(st.lists(st.sampled_from(spaces), min_size=1, max_size=3)):
        at = draw(st.integers(0, len(header)))
        header = header[:at] + space + header[at:]
    return header


@st.composite
def manglings(draw: st.DrawFn, headers: tuple[str, ...]) -> Mangling:
    # Of a file of hundreds of columns, a handful is mangled in ways of their own.
    singled_out = draw(st.sets(st.integers(0, len(headers) - 1), min_size=1, max_size=12))
    case = draw(st.sampled_from(CASES))
    order = list(range(len(headers)))
    random.Random(draw(st.integers(0, 2**32))).shuffle(order)
    return Mangling(
        headers=tuple(
            draw(mangled_header(header)) if i in singled_out else case(header)
            for i, header in enumerate(headers)
        ),
        order=tuple(order),
        ending=draw(st.sampled_from(ENDINGS)),
        mark=draw(st.sampled_from(("\ufeff", ""))),
        quoting=draw(st.sampled_from((csv.QUOTE_ALL, csv.QUOTE_MINIMAL))),
    )


def mangled_document(content: bytes, path: str | None, draw: Callable[..., Any]) -> bytes:
    """A document whose records have their members in another order, in other cases and lines."""
    order = random.Random(draw(st.integers(0, 2**32)))
    case = draw(st.sampled_from(CASES))

    def mangled(value: Any) -> Any:
        if isinstance(value, list):
            return [mangled(item) for item in value]
        if not isinstance(value, dict):
            return value
        members = list(value.items())
        order.shuffle(members)
        return {case(name): mangled(inner) for name, inner in members}

    document = json.loads(content)
    whole = {**document, path: mangled(document[path])} if path else mangled(document)
    text = json.dumps(whole, indent=draw(st.sampled_from((1, None))))
    mark, ending = draw(st.sampled_from(("\ufeff", ""))), draw(st.sampled_from(ENDINGS))
    return (mark + text.replace("\n", ending)).encode()


# -- the property ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


@pytest.fixture(scope="module")
def sound(sample_landing: Path) -> Callable[[str, str], Sound]:
    """Finds a file of a layout, cut to a few rows."""
    found = sound_files(sample_landing, CONTRACTS)
    assert {extract for extract, _ in found} == CONTRACTS.keys()

    # Of what a test was given hypothesis prints everything when it fails; of this the name.
    def file_of(extract: str, layout: str) -> Sound:
        if (extract, layout) not in found:
            pytest.skip("the sample has no file in this layout; test_layout_versions has")
        file = found[extract, layout]
        head = 1 if file.layout.header else 0
        return replace(file, table=file.table[: ROWS + head], records=file.records[:ROWS])

    return file_of


def assert_same(outcome: Outcome, wanted: Mapping[int, Row]) -> None:
    assert outcome.refused is None, outcome.refused
    assert outcome.quarantined == {}
    assert outcome.rows_in_file == len(wanted)
    assert outcome.loaded == wanted


def mangled(file: Sound, form: str, data: st.DataObject) -> bytes:
    if form == "json":
        sound = content_of(file, file.table, form)
        return mangled_document(sound, file.layout.records, data.draw)
    headers = tuple(file.table[0])
    mangling = data.draw(manglings(headers))
    # Without header nothing tells the columns apart but their order.
    table = mangling.table_of(file.table) if file.layout.header else file.table
    if form == "csv":
        return mangling.written(table, file.layout.encoding)
    return content_of(file, table, form)


def taken_in(
    connection: duckdb.DuckDBPyConnection, file: Sound, form: str, content: bytes
) -> Outcome:
    name, extract = file.named_as(form), file.contract.extract
    return take_in(connection, CONTRACTS, extract, name, content, file.period)


@pytest.fixture(scope="module")
def as_published(
    connection: duckdb.DuckDBPyConnection, sound: Callable[[str, str], Sound]
) -> Callable[[str, str, str], Mapping[int, Row]]:
    """What is loaded of a file that is not mangled."""

    @cache
    def loaded(extract: str, layout: str, form: str) -> Mapping[int, Row]:
        file = sound(extract, layout)
        outcome = taken_in(connection, file, form, content_of(file, file.table, form))
        assert outcome.loaded, outcome.refused
        assert list(outcome.loaded) == list(range(1, len(file.rows) + 1)), outcome.quarantined
        return outcome.loaded

    return loaded


@pytest.mark.parametrize(("extract", "layout", "form"), LAYOUTS)
@few
@given(data=st.data())
def test_a_file_loads_the_same_however_it_is_mangled(
    connection: duckdb.DuckDBPyConnection,
    sound: Callable[[str, str], Sound],
    as_published: Callable[[str, str, str], Mapping[int, Row]],
    extract: str,
    layout: str,
    form: str,
    data: st.DataObject,
) -> None:
    file, wanted = sound(extract, layout), as_published(extract, layout, form)
    assert_same(taken_in(connection, file, form, mangled(file, form, data)), wanted)


@pytest.mark.slow
@pytest.mark.parametrize(("extract", "layout", "form"), LAYOUTS)
@many
@given(data=st.data())
def test_a_file_loads_the_same_in_many_manglings(
    connection: duckdb.DuckDBPyConnection,
    sound: Callable[[str, str], Sound],
    as_published: Callable[[str, str, str], Mapping[int, Row]],
    extract: str,
    layout: str,
    form: str,
    data: st.DataObject,
) -> None:
    file, wanted = sound(extract, layout), as_published(extract, layout, form)
    assert_same(taken_in(connection, file, form, mangled(file, form, data)), wanted)


# -- as published ----------------------------------------------------------------------------------


@pytest.mark.parametrize("extract", ["ods_pcns", "ods_pcn_memberships"])
@few
@given(data=st.data())
def test_a_workbook_of_dates_and_numbers_loads_the_same(
    connection: duckdb.DuckDBPyConnection,
    contracts: dict[str, Contract],
    sample_landing: Path,
    extract: str,
    data: st.DataObject,
) -> None:
    path = sample_landing / WORKBOOK
    published = take_in(connection, contracts, extract, WORKBOOK, path.read_bytes())
    assert published.loaded, published.refused
    book = openpyxl.load_workbook(path)
    sheet = book[match_of(contracts, extract, path).sheet.name or ""]
    header, *rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    names = [data.draw(mangled_header(str(name), ("\n", "  ", " "))) for name in header]
    order = data.draw(st.permutations(range(len(header))))
    for line, row in enumerate([names, *rows], start=1):
        for place, position in enumerate(order, start=1):
            sheet.cell(line, place).value = row[position]
    content = io.BytesIO()
    book.save(content)

    outcome = take_in(connection, contracts, extract, WORKBOOK, content.getvalue())

    assert_same(outcome, published.loaded)


@few
@given(data=st.data())
def test_raw_table_is_the_same_after_the_whole_intake(desk: Desk, data: st.DataObject) -> None:
    columns = ", ".join(desk.contracts["reg_list_sizes"].column_names)
    ask = (
        f"select source_row_number, {columns} from raw.reg_list_sizes "
        "where edition_period = '2025-09' order by all"
    )
    before = desk.connection.execute(ask).fetchall()
    path = desk.landing / SIZES
    as_published = path.read_bytes()
    table = parse(as_published)
    mangling = data.draw(manglings(tuple(table[0])))

    desk.put(SIZES, mangling.written(mangling.table_of(table)))
    try:
        evaluated = desk.take_in()["reg_list_sizes"]
        assert [edition.verdict for edition in evaluated] in ([], ["accepted"]), evaluated
        assert desk.connection.execute(ask).fetchall() == before
        assert len(before) == len(table) - 1
    finally:
        desk.put(SIZES, as_published)
