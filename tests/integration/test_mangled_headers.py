"""However a publisher spells, orders or ends the lines of a file: the same table is loaded."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import openpyxl
import polars as pl
import pytest
from desk import Desk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from single_file import Outcome, Row, Table, declared_period, match_of, parse, take_in, write

from assets.extracts.contract_model.contract import Contract

# Layouts of all kinds: few columns and many, headers that are sentences or regular expressions,
# columns whose names carry data, files told apart by their content, and the directory workbook.
FILES = {
    "reg_list_sizes": "gp-list-size/gp-reg-pat-prac-all_2025-09.csv",
    "pcnwf_staff": "pcn-workforce/PCN_individual_level_2025-09.csv",
    "payments_practices": "gp-payments/nhspaymentsgp_24-25.csv",
    "iod_lsoa": "imd/iod2025_file7_lsoa.csv",
    "census_ethnic_group_lsoa": "census/census2021-ts021-lsoa.csv",
    "gpps_practice": "gpps/GPPS_2025_Practice_data_(weighted)_(csv)_PUBLIC.csv",
    "gpps_practice_2018_2023": "gpps/GPPS_2023_Practice_data_(weighted)_(csv)_PUBLIC.csv",
    "ncdes_counts": "ncd-des/NCDesApr24.csv",
    "sp_contacts": "community/X-SPCON_GB-CHC-9900001_2025-09.csv",
    "grants": "community/example_vale_council_grants_360giving.csv",
}
HUNDREDS_OF_COLUMNS = {"gpps_practice", "gpps_practice_2018_2023"}
WORKBOOK = "ods-reference/ePCN_2025-09.xlsx"
SIZES = FILES["reg_list_sizes"]
ROWS = 8
BREAKS = ("\n", "\r\n")
SPACES = (" ", "  ", "\t", "\u00a0", *BREAKS)
CASES = (str, str.upper, str.lower, str.title, str.swapcase)


@dataclass(frozen=True)
class Mangling:
    """What is done to a file besides its headers."""

    headers: tuple[str, ...]
    order: tuple[int, ...]
    ending: str
    mark: str
    quoting: int

    def of(self, table: Table, encoding: str = "utf-8") -> bytes:
        header, *rows = table
        assert len(self.headers) == len(header)
        shuffled = [[row[i] for i in self.order] for row in (self.headers, *rows)]
        mark = self.mark.encode() if encoding == "utf-8" else b""
        return mark + write(shuffled, self.ending, self.quoting, encoding)


@st.composite
def mangled_header(draw: st.DrawFn, header: str, breaks: tuple[str, ...] = SPACES) -> str:
    header = draw(st.sampled_from(CASES))(header)
    for space in draw(st.lists(st.sampled_from(breaks), max_size=3)):
        at = draw(st.integers(0, len(header)))
        header = header[:at] + space + header[at:]
    return header


@st.composite
def manglings(draw: st.DrawFn, headers: tuple[str, ...]) -> Mangling:
    # Of a file of hundreds of columns, a handful is mangled in ways of their own.
    singled_out = draw(st.sets(st.integers(0, len(headers) - 1), max_size=12))
    case = draw(st.sampled_from(CASES))
    order = list(range(len(headers)))
    random.Random(draw(st.integers(0, 2**32))).shuffle(order)
    return Mangling(
        headers=tuple(
            draw(mangled_header(header)) if i in singled_out else case(header)
            for i, header in enumerate(headers)
        ),
        order=tuple(order),
        ending=draw(st.sampled_from(BREAKS)),
        mark=draw(st.sampled_from(("", "\ufeff"))),
        quoting=draw(st.sampled_from((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))),
    )


@dataclass(frozen=True)
class Sound:
    """A file as published, cut to a few rows, and what is loaded of it."""

    table: Table
    encoding: str
    period: str | None
    loaded: Mapping[int, Row]


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


@pytest.fixture(scope="module")
def sound(
    connection: duckdb.DuckDBPyConnection, contracts: dict[str, Contract], sample_landing: Path
) -> Callable[[str], Sound]:
    """Finds a file of an extract."""
    found = {}
    for extract, name in FILES.items():
        encoding = match_of(contracts, extract, sample_landing / name).layout.encoding
        table = parse((sample_landing / name).read_bytes(), encoding)[: ROWS + 1]
        period = declared_period(sample_landing, name)
        content = write(table, encoding=encoding)
        outcome = take_in(connection, contracts, extract, name, content, period)
        assert outcome.refused is None
        assert outcome.loaded is not None
        assert list(outcome.loaded) == list(range(1, len(table))), outcome.quarantined
        found[extract] = Sound(table, encoding, period, outcome.loaded)

    # Of what a test was given hypothesis prints everything when it fails; of this the name.
    def file_of(extract: str) -> Sound:
        return found[extract]

    return file_of


def assert_same(outcome: Outcome, wanted: Mapping[int, Row]) -> None:
    assert outcome.refused is None, outcome.refused
    assert outcome.quarantined == {}
    assert outcome.rows_in_file == len(wanted)
    assert outcome.loaded == wanted


def loads_the_same(
    connection: duckdb.DuckDBPyConnection,
    contracts: dict[str, Contract],
    sound: Callable[[str], Sound],
    extract: str,
    data: st.DataObject,
) -> None:
    file = sound(extract)
    mangling = data.draw(manglings(tuple(file.table[0])))

    content = mangling.of(file.table, file.encoding)
    outcome = take_in(connection, contracts, extract, FILES[extract], content, file.period)

    assert_same(outcome, file.loaded)


@pytest.mark.parametrize("extract", sorted(FILES.keys() - HUNDREDS_OF_COLUMNS))
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_delimited_file_loads_the_same_however_it_is_mangled(
    connection: duckdb.DuckDBPyConnection,
    contracts: dict[str, Contract],
    sound: Callable[[str], Sound],
    extract: str,
    data: st.DataObject,
) -> None:
    loads_the_same(connection, contracts, sound, extract, data)


@pytest.mark.parametrize("extract", sorted(HUNDREDS_OF_COLUMNS))
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_wide_file_loads_the_same_however_it_is_mangled(
    connection: duckdb.DuckDBPyConnection,
    contracts: dict[str, Contract],
    sound: Callable[[str], Sound],
    extract: str,
    data: st.DataObject,
) -> None:
    loads_the_same(connection, contracts, sound, extract, data)


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_parquet_file_loads_the_same_however_it_is_mangled(
    connection: duckdb.DuckDBPyConnection,
    contracts: dict[str, Contract],
    sound: Callable[[str], Sound],
    data: st.DataObject,
) -> None:
    file = sound("sp_contacts")
    header, *rows = file.table
    names = [data.draw(mangled_header(name)) for name in header]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
    content = io.BytesIO()
    frame.select(data.draw(st.permutations(names))).write_parquet(content)

    name = FILES["sp_contacts"].replace(".csv", ".parquet")
    outcome = take_in(connection, contracts, "sp_contacts", name, content.getvalue())

    assert_same(outcome, file.loaded)


@pytest.fixture(scope="module")
def workbook(
    connection: duckdb.DuckDBPyConnection, contracts: dict[str, Contract], sample_landing: Path
) -> Callable[[str], Mapping[int, Row]]:
    """What is loaded of the directory of networks as published, by extract."""
    content = (sample_landing / WORKBOOK).read_bytes()
    loaded = {}
    for extract in ("ods_pcns", "ods_pcn_memberships"):
        outcome = take_in(connection, contracts, extract, WORKBOOK, content)
        assert outcome.loaded, outcome.refused
        loaded[extract] = outcome.loaded

    def loaded_of(extract: str) -> Mapping[int, Row]:
        return loaded[extract]

    return loaded_of


@pytest.mark.parametrize("extract", ["ods_pcns", "ods_pcn_memberships"])
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_workbook_loads_the_same_however_it_is_mangled(
    connection: duckdb.DuckDBPyConnection,
    contracts: dict[str, Contract],
    sample_landing: Path,
    workbook: Callable[[str], Mapping[int, Row]],
    extract: str,
    data: st.DataObject,
) -> None:
    book = openpyxl.load_workbook(sample_landing / WORKBOOK)
    sheet = book[match_of(contracts, extract, sample_landing / WORKBOOK).sheet.name or ""]
    header, *rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    names = [data.draw(mangled_header(str(name), (" ", "  ", "\n"))) for name in header]
    order = data.draw(st.permutations(range(len(header))))
    for line, row in enumerate([names, *rows], start=1):
        for place, position in enumerate(order, start=1):
            sheet.cell(line, place).value = row[position]
    content = io.BytesIO()
    book.save(content)

    outcome = take_in(connection, contracts, extract, WORKBOOK, content.getvalue())

    assert_same(outcome, workbook(extract))


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
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

    desk.put(SIZES, mangling.of(table))
    try:
        evaluated = desk.take_in()["reg_list_sizes"]
        assert [edition.verdict for edition in evaluated] in ([], ["accepted"]), evaluated
        assert desk.connection.execute(ask).fetchall() == before
        assert len(before) == len(table) - 1
    finally:
        desk.put(SIZES, as_published)
