"""Readers: every row of a file with its number and every cell as the text it stands for."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from assets.extracts.contract_model.contract import Column, Contract, FileFormat, Layout
from assets.extracts.reading import delimited
from assets.extracts.reading.json_records import sheet_of_records
from assets.extracts.reading.opening import opened
from assets.extracts.reading.peeking import peek
from assets.extracts.reading.recognition import match_layout
from assets.extracts.reading.sheets import RowsRead, UnreadableFileError

Row = tuple[Any, ...]


@cache
def engine() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def contract_of(headers: Sequence[str], **layout: Any) -> Contract:
    """A contract with one text column per header."""
    columns = tuple(
        Column(name=f"column_{i}", description="A column.", headers=(header,))
        for i, header in enumerate(headers)
    )
    if "formats" not in layout:
        layout["formats"] = ("json",) if "records" in layout else ("csv", "parquet", "workbook")
    return Contract(
        extract="things",
        title="Things",
        description="Things.",
        publisher="Somebody",
        licence="None",
        attribution="None",
        owner="a team",
        cadence="monthly",
        expected_lag_days=30,
        grain="one row per thing",
        file_names=("things*",),
        period_kind="month",
        layouts=(Layout(name="only", columns=columns, **layout),),
    )


def read(
    path: Path, headers: Sequence[str], zone: str = "UTC", **layout: Any
) -> tuple[list[Row], RowsRead]:
    """Rows as the reader gives them, number first and cells in the order of the headers."""
    contract = contract_of(headers, **layout)
    [sheet, *_] = peek(path)
    if contract.layouts[0].records is not None:
        found = sheet_of_records(sheet, contract.layouts[0])
        assert found is not None
        sheet = found
    match = match_layout(contract, contract.layouts[0], sheet)
    assert match.is_complete, match.difference()
    cells = ", ".join(f"c{position}" for position in match.positions.values())
    connection = engine()
    connection.execute(f"set timezone = '{zone}'")
    with opened(connection, path, match.layout, match.sheet, path.parent) as readable:
        rows = connection.execute(
            f"select source_row_number, {cells} from {readable.relation}"
        ).fetchall()
        return rows, readable.finish(len(rows))


def read_text(folder: Path, text: str, headers: Sequence[str], **layout: Any) -> list[Row]:
    path = folder / "things.csv"
    path.write_bytes(text.encode())
    rows, found = read(path, headers, **layout)
    assert found.ragged == ()
    return rows


# -- delimited text ------------------------------------------------------------------------------

TWO_ROWS = [(1, "1", "2"), (2, "3", "4")]


@pytest.mark.parametrize(
    "above",
    [
        "Title\n",
        "Title\n\n",
        "Title,of,three\n\n",
        '"Title, with a comma",\n',
        'Title\n"Note\nover two lines"\n',
        'Title\n"Note\n\nover, four\nlines"\n\n\n',
        '\n\n"Note\n"\n',
    ],
)
def test_rows_below_a_preamble_are_all_there(tmp_path: Path, above: str) -> None:
    text = f"{above}code,value\n1,2\n3,4\n"

    assert read_text(tmp_path, text, ["code", "value"], preamble=True) == TWO_ROWS


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("inside", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_breaks_in_quoted_headers_lose_no_row(
    tmp_path: Path, ending: str, inside: str, mark: str
) -> None:
    """Spreadsheets end lines in CRLF and break the lines of a cell with LF alone."""
    lines = [f'"PCN{inside}Code",value', "1,2", "3,4", ""]

    assert read_text(tmp_path, mark + ending.join(lines), ["PCN Code", "value"]) == TWO_ROWS


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("inside", ["\n", "\r\n"])
def test_line_breaks_in_quoted_cells_are_kept(tmp_path: Path, ending: str, inside: str) -> None:
    lines = ["code,value", f'"1{inside}one",2', f'3,"{inside}4"', ""]

    rows = read_text(tmp_path, ending.join(lines), ["code", "value"])

    assert rows == [(1, f"1{inside}one", "2"), (2, "3", f"{inside}4")]


def test_cells_keep_spaces_zeros_and_quotes_and_empty_ones_are_null(tmp_path: Path) -> None:
    text = 'code,value\n007,"say ""yes"", twice"\n x ,\n"",NA\n'

    rows = read_text(tmp_path, text, ["code", "value"])

    assert rows == [(1, "007", 'say "yes", twice'), (2, " x ", None), (3, None, "NA")]


def test_file_without_header_is_read_from_its_first_row(tmp_path: Path) -> None:
    path = tmp_path / "things.csv"
    path.write_bytes(b"\xef\xbb\xbf1,2\n3,4\n")

    rows, _ = read(path, ["a", "b"], header=False, column_count=2)

    assert rows == TWO_ROWS


def test_older_encoding_is_read_where_the_layout_says_so(tmp_path: Path) -> None:
    path = tmp_path / "things.csv"
    path.write_bytes("code,value\n1,Café £5\n".encode("cp1252"))

    rows, _ = read(path, ["code", "value"], encoding="cp1252")

    assert rows == [(1, "1", "Café £5")]
    with pytest.raises(UnreadableFileError, match="line 2 has byte 0xe9"):
        read(path, ["code", "value"])


@pytest.mark.parametrize(
    ("content", "value"),
    [
        ("Café \u2013 £5".encode("cp1252"), "Café \u2013 £5"),
        ("Café \u2013 £5".encode(), "Café \u2013 £5"),
        ("\ufeff".encode() + b"5", "5"),
    ],
)
def test_utf_8_is_read_as_such_where_the_layout_says_an_older_encoding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, value: str
) -> None:
    # Every character beyond ASCII begins in one read of the file and ends in the next.
    monkeypatch.setattr(delimited, "_CHUNK_BYTES", 1)
    path = tmp_path / "things.csv"
    mark = b"\xef\xbb\xbf" if content.startswith(b"\xef\xbb\xbf") else b""
    path.write_bytes(mark + b"code,value\n1," + content.removeprefix(mark) + b"\n")

    rows, _ = read(path, ["code", "value"], encoding="cp1252")

    assert rows == [(1, "1", value)]


def ragged_rows(folder: Path, text: str, **layout: Any) -> tuple[list[str], dict[int, str]]:
    """First cells of the rows that were read, and the texts of those set aside by their number."""
    path = folder / "things.csv"
    path.write_bytes(text.encode())
    rows, found = read(path, ["code", "value"], **layout)
    return [row[1] for row in rows], {row.source_row_number: row.text for row in found.ragged}


@pytest.mark.parametrize(
    "header",
    ["code,value\n", '"co\nde",value\n', 'Title\n\n"a\nnote"\ncode,value\n', "\n\ncode,value\n"],
)
def test_rows_with_broken_fields_are_set_aside_under_their_own_number(
    tmp_path: Path, header: str
) -> None:
    text = f'{header}r1,2\nr2,4,5\n"r3\nr3",6\nr4\nr5,7\n"r6"x,8\nr7,9\n'

    rows, ragged = ragged_rows(tmp_path, text, preamble=True)

    assert rows == ["r1", "r3\nr3", "r5", "r7"]
    assert ragged == {2: "r2,4,5", 4: "r4", 6: '"r6"x,8'}


def test_empty_lines_between_rows_count_as_no_row(tmp_path: Path) -> None:
    rows, ragged = ragged_rows(tmp_path, "code,value\nr1,2\n\nr2,4\nr3\n\n\nr4,5,6\nr5,6\n\n")

    assert rows == ["r1", "r2", "r5"]
    assert ragged == {3: "r3", 4: "r4,5,6"}


@pytest.mark.parametrize("broken", ["r3", '"r3', 'r3,"4', '"r3",4,5'])
def test_file_whose_last_row_is_broken_is_refused_as_cut_off(tmp_path: Path, broken: str) -> None:
    with pytest.raises(UnreadableFileError, match=r"truncated: its last row \(3\) is cut off"):
        ragged_rows(tmp_path, f"code,value\nr1,2\nr2,3\n{broken}")


def test_mixed_line_ends_are_refused_in_words(tmp_path: Path) -> None:
    for text in ("code,value\r\n1,2\n3,4\r\n", "code,value\n1,2\r\n3,4\n"):
        with pytest.raises(UnreadableFileError, match="its line ends are mixed"):
            ragged_rows(tmp_path, text)


@pytest.mark.parametrize("quoted", ["", '"a ""b""\n\nc"'])
def test_the_first_line_that_ends_otherwise_is_named(tmp_path: Path, quoted: str) -> None:
    text = f"code,value\r\n{quoted},2\r\n3,4\n5,6\r\n"
    line = 3 + quoted.count("\n")

    with pytest.raises(UnreadableFileError, match=rf"line {line} ends in the Unix way, 3 lines in"):
        ragged_rows(tmp_path, text)


def test_a_line_end_across_two_chunks_is_one_line_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_much(path: Path) -> None:
        raise AssertionError("a file of one kind of line end was read once more")

    monkeypatch.setattr(delimited, "_CHUNK_BYTES", len(b"code,value\r"))
    monkeypatch.setattr(delimited, "_mixed_line_ends", too_much)

    assert ragged_rows(tmp_path, "code,value\r\n1,2\r\n3,4\r\n")[0] == ["1", "3"]


def test_a_very_long_cell_beside_a_broken_row_is_no_obstacle(tmp_path: Path) -> None:
    rows, ragged = ragged_rows(tmp_path, f"code,value\nr1,{'x' * 200_000}\n\nr2\nr3,6\n")

    assert rows == ["r1", "r3"]
    assert ragged == {2: "r2"}


def test_more_broken_rows_than_can_be_told_refuse_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited, "_MOST_RAGGED", 2)
    ragged_rows(tmp_path, "code,value\nr1\nr2\nr3,6\n")

    with pytest.raises(UnreadableFileError, match="3 rows have the wrong number of fields"):
        ragged_rows(tmp_path, "code,value\nr1\nr2\nr3\nr4,6\n")


@pytest.mark.parametrize("text", ['code,value\n1,"é\n"\n', "code,value\r\n1,é\n2,3\r\n"])
def test_copies_that_reading_needs_are_private_and_gone_afterwards(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "things.csv"
    path.write_bytes(text.encode("cp1252"))

    with contextlib.suppress(UnreadableFileError):
        read(path, ["code", "value"], encoding="cp1252")

    assert [found.name for found in tmp_path.iterdir()] == ["things.csv"]


CELLS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], include_characters='\n\t",;'),
    max_size=12,
)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6),
    ending=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_text_written_by_another_writer_comes_back_as_it_was(
    tmp_path: Path, rows: list[tuple[str, str]], ending: str, quoting: int
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=ending, quoting=quoting)
    writer.writerows([("code", "value"), *rows, ("last", "row")])

    found = read_text(tmp_path, text.getvalue(), ["code", "value"])

    wanted = [tuple(cell or None for cell in row) for row in [*rows, ("last", "row")]]
    assert [row[1:] for row in found] == wanted
    assert [row[0] for row in found] == list(range(1, len(wanted) + 1))


# -- JSON ------------------------------------------------------------------------------------------


def read_json(folder: Path, document: Any, headers: Sequence[str], records: str) -> list[Row]:
    path = folder / "things.json"
    text = document if isinstance(document, str) else json.dumps(document)
    path.write_text(text, encoding="utf-8-sig")
    rows, _ = read(path, headers, records=records)
    return [row[1:] for row in rows]


def test_nested_values_are_named_by_their_path(tmp_path: Path) -> None:
    first = {
        "id": "a",
        "organization": {"name": "One", "address": {"town": "Vale"}},
        "grants": [{"title": "First"}, {"title": "Second"}],
        "codes": ["x", "y"],
        "contacts": [{"name": "A Person"}, {"name": "Another"}],
    }
    second = {"id": "b", "organization": {"name": None}, "grants": [], "codes": []}
    document = {"result": {"items": [first, second]}}
    headers = [
        "id", "organization.name", "organization.address.town", "grants.0.title",
        "grants.1.title", "codes", "contacts.#",
    ]  # fmt: skip

    rows = read_json(tmp_path, document, headers, "result.items")

    assert rows == [
        ("a", "One", "Vale", "First", "Second", "x; y", "2"),
        ("b", None, None, None, None, None, None),
    ]


def test_nothing_of_a_document_is_read_that_the_layout_does_not_name(tmp_path: Path) -> None:
    path = tmp_path / "things.json"
    path.write_text('{"items": [{"id": "a", "contacts": [{"name": "A Person"}], "note": "n"}]}')
    layout = contract_of(["id", "contacts.#"], records="items").layouts[0]
    [sheet] = peek(path)
    found = sheet_of_records(sheet, layout)

    assert found is not None
    assert found.rows == (("id", "contacts.#"), ("a", "1"))


def test_json_numbers_and_truth_values_keep_their_spelling(tmp_path: Path) -> None:
    document = (
        '{"items": [{"big": 12345678901234567890, "money": 100.10, "yes": true, "no": false, '
        '"nothing": null, "text": "007", "tiny": 1e-7}]}'
    )
    headers = ["big", "money", "yes", "no", "text", "tiny"]

    [row] = read_json(tmp_path, document, headers, "items")

    assert row == ("12345678901234567890", "100.10", "true", "false", "007", "1e-7")


def test_document_without_records_at_the_path_fits_no_layout(tmp_path: Path) -> None:
    path = tmp_path / "things.json"
    layout = contract_of(["id"], records="result.items").layouts[0]
    for document in ({"items": [{"id": "a"}]}, {"result": []}, {"result": {"items": ["a"]}}):
        path.write_text(json.dumps(document))
        [sheet] = peek(path)
        assert sheet_of_records(sheet, layout) is None


def test_json_that_was_cut_off_is_refused_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "things.json"
    path.write_text('{"items": [\n{"id": "a"},\n{"id": ')

    with pytest.raises(UnreadableFileError, match=r"not valid JSON: .* at line 3, column"):
        peek(path)


# -- Parquet -----------------------------------------------------------------------------------


def read_parquet(folder: Path, zone: str = "UTC", **columns: pa.Array) -> list[Row]:
    path = folder / "things.parquet"
    pq.write_table(pa.table(columns), path)
    rows, _ = read(path, list(columns), zone)
    return rows


def test_every_parquet_type_becomes_the_text_it_has_in_delimited_files(tmp_path: Path) -> None:
    rows = read_parquet(
        tmp_path,
        whole=pa.array([2**60, None, -1]),
        share=pa.array([0.1, 1.0, None]),
        day=pa.array([date(2025, 9, 1), None, date(1901, 2, 3)]),
        flag=pa.array([True, False, None]),
        at=pa.array([datetime(2025, 9, 1, 13, 30)] * 3),
        money=pa.array([Decimal("1.50"), Decimal("0.05"), None]),
        code=pa.array(["007", " x ", "é"]),
        kind=pa.array(["a", "b", "a"]).dictionary_encode(),
        nothing=pa.nulls(3),
    )

    assert rows == [
        (1, str(2**60), "0.1", "2025-09-01", "true", "2025-09-01 13:30:00", "1.50", "007", "a",
         None),
        (2, None, "1.0", None, "false", "2025-09-01 13:30:00", "0.05", " x ", "b", None),
        (3, "-1", None, "1901-02-03", None, "2025-09-01 13:30:00", None, "é", "a", None),
    ]  # fmt: skip


def test_rows_of_several_row_groups_keep_their_order(tmp_path: Path) -> None:
    path = tmp_path / "things.parquet"
    pq.write_table(pa.table({"n": list(range(5000))}), path, row_group_size=700)

    rows, _ = read(path, ["n"])

    assert rows == [(n + 1, str(n)) for n in range(5000)]


def test_instant_reads_the_same_on_every_machine(tmp_path: Path) -> None:
    at = pa.array([datetime(2025, 7, 1, 23, 30, tzinfo=UTC)])

    texts = {
        read_parquet(tmp_path, zone, at=at)[0][1]
        for zone in ("UTC", "Europe/London", "Pacific/Auckland")
    }

    assert len(texts) == 1, texts


def test_nested_columns_and_damaged_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match=r"nested columns \(tags\)"):
        read_parquet(tmp_path, tags=pa.array([["a"], []]))
    path = tmp_path / "cut.parquet"
    pq.write_table(pa.table({"n": list(range(100))}), path)
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(UnreadableFileError, match="the Parquet file cannot be read"):
        peek(path)


# -- workbooks ---------------------------------------------------------------------------------


def write_book(path: Path, rows: Sequence[Sequence[Any]]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Sheet")
        looks = {
            date: book.add_format({"num_format": "dd/mm/yyyy"}),
            datetime: book.add_format({"num_format": "dd/mm/yyyy hh:mm"}),
        }
        for line, row in enumerate(rows):
            for position, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(line, position, cell)
                elif isinstance(cell, date):
                    sheet.write_datetime(line, position, cell, looks[type(cell)])
                elif cell is not None:
                    sheet.write(line, position, cell)
    return path


def read_book(folder: Path, rows: Sequence[Sequence[Any]], **layout: Any) -> list[Row]:
    found, _ = read(write_book(folder / "things.xlsx", rows), rows_headers(rows), **layout)
    return found


def rows_headers(rows: Sequence[Sequence[Any]]) -> list[str]:
    return next([str(cell) for cell in row] for row in rows if all(row))


def test_workbook_cells_arrive_as_text(tmp_path: Path) -> None:
    rows = read_book(
        tmp_path,
        [
            ["day", "moment", "flag", "whole", "share", "code"],
            [date(2025, 9, 1), datetime(2025, 9, 1, 13, 30), True, 12, 2.5, "007"],
            [date(1901, 2, 3), None, False, 9_434_765_918, 0.000001, " x "],
        ],
    )

    assert rows == [
        (1, "2025-09-01 00:00:00", "2025-09-01 13:30:00", "true", "12", "2.5", "007"),
        (2, "1901-02-03 00:00:00", None, "false", "9434765918", "0.000001", " x "),
    ]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    whole=st.lists(st.integers(-(10**15) + 1, 10**15 - 1), min_size=1, max_size=5),
    money=st.integers(-(10**9), 10**9),
    day=st.dates(date(1901, 1, 1), date(2100, 12, 31)),
)
# As a number of the file these are a billionth off.
@example(whole=[0], money=890444461, day=date(2000, 1, 1))
@example(whole=[0], money=-890444461, day=date(2000, 1, 1))
def test_numbers_and_days_of_a_workbook_are_exact(
    tmp_path: Path, whole: list[int], money: int, day: date
) -> None:
    rows = read_book(tmp_path, [["n", "money", "day"], *([n, money / 100, day] for n in whole)])

    assert [row[1] for row in rows] == [str(n) for n in whole]
    assert {Decimal(row[2]) for row in rows} == {Decimal(money) / 100}
    assert {row[3] for row in rows} == {f"{day} 00:00:00"}


def test_errors_in_a_workbook_are_read_as_they_look(tmp_path: Path) -> None:
    errors = ["#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!"]
    path = tmp_path / "things.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Sheet")
        # Above and left of the table there is nothing, so that positions are not those of cells.
        sheet.write_row(2, 1, ["code", "value"])
        for line, error in enumerate(errors, start=3):
            sheet.write_row(line, 1, [f"row {line}", 1.5])
            sheet.write_formula(line, 2, "=1/0", None, error)
        sheet.write_row(line + 1, 1, ["last", 2])

    rows, _ = read(path, ["code", "value"])

    assert [row[2] for row in rows] == [*errors, "2"]
    assert [cells[-1] for cells in peek(path)[0].sample] == [*errors, "2"]


def test_header_of_a_sheet_is_found_below_its_title(tmp_path: Path) -> None:
    rows = [
        ["Table 1: things", None],
        [None, None],
        ["A note\nover two lines", None],
        ["code", "value\nof it"],
        ["a", 1],
        ["b", 2],
    ]

    assert read_book(tmp_path, rows, preamble=True) == [(1, "a", "1"), (2, "b", "2")]


def test_lines_of_a_sheet_without_any_cell_are_no_rows(tmp_path: Path) -> None:
    rows = [["code", "value"], ["a", 1], [None, None], ["b", 2], ["", ""], [None, None]]

    assert [row[1:] for row in read_book(tmp_path, rows)] == [("a", "1"), ("b", "2")]


def test_workbook_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    path = write_book(tmp_path / "things.xlsx", [["code", "value"], ["a", 1]])
    path.write_bytes(path.read_bytes()[:-200])

    with pytest.raises(UnreadableFileError, match="the workbook cannot be opened"):
        peek(path)


# -- any file ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", r"the file is empty \(0 bytes\)"),
        (b" \r\n ", "the file is empty"),
        (b"\xef\xbb\xbf  <!DOCTYPE html><html></html>", "the file is a web page"),
        (b"<?xml version='1.0'?><Error/>", "the file is a web page"),
        (b"\xd0\xcf\x11\xe0 old", "old .xls workbook"),
        ("code,value\n1,2\n".encode("utf-16"), "UTF-16"),
    ],
)
def test_files_that_are_no_table_are_refused_in_words(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "things.csv"
    path.write_bytes(content)

    with pytest.raises(UnreadableFileError, match=said):
        peek(path)


@pytest.mark.parametrize("name", ["things.csv", "things.bin", "things"])
def test_format_is_told_by_content_not_by_name(tmp_path: Path, name: str) -> None:
    formats: dict[FileFormat, bytes] = {}
    pq.write_table(pa.table({"code": ["a"]}), tmp_path / "a")
    formats["parquet"] = (tmp_path / "a").read_bytes()
    formats["workbook"] = write_book(tmp_path / "b", [["code"], ["a"]]).read_bytes()
    formats["csv"] = b"code\na\n"
    formats["json"] = b' \xef\xbb\xbf[{"code": "a"}]'.strip()
    for wanted, content in formats.items():
        (tmp_path / name).write_bytes(content)
        assert peek(tmp_path / name)[0].format == wanted
