"""Reading published files as text: delimited files through DuckDB, workbooks through calamine.

A reader turns a file into a temporary DuckDB table with one text column per published column
(``c0``, ``c1``, …) and ``source_row_number``, counted from 1 at the first row of data.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
from dataclasses import dataclass
from pathlib import Path

import duckdb

from assets.extracts.contract import Layout

_PEEK_BYTES = 1 << 18
_CHUNK_BYTES = 1 << 24
_SAMPLE_ROWS = 50
_WORKBOOK = b"PK\x03\x04"
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class UnreadableFileError(ValueError):
    """A file that is not what its name promises; the message says why and what to do."""


@dataclass(frozen=True)
class Sheet:
    """The first rows of a delimited file (name is None) or of one sheet of a workbook."""

    name: str | None
    first_row: tuple[str, ...]
    sample: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class RaggedRow:
    """A row with the wrong number of fields or broken quoting, which cannot be loaded."""

    source_row_number: int
    problem: str
    text: str


@dataclass(frozen=True)
class RowsRead:
    """What a reader found: how many data rows, and those it could not split into fields."""

    rows_in_file: int
    ragged: tuple[RaggedRow, ...] = ()
    ends_with_line_end: bool = True


def peek(path: Path) -> list[Sheet]:
    """Open a file far enough to recognise it.

    Raises:
        UnreadableFileError: for an empty file, a web page, an old workbook or UTF-16 text.
    """
    with path.open("rb") as file:
        start = file.read(_PEEK_BYTES)
    if not start.strip():
        size = path.stat().st_size
        raise UnreadableFileError(f"the file is empty ({size} bytes); fetch or export it again")
    if start.startswith(_WORKBOOK):
        return _peek_workbook(path)
    if start.startswith(_OLD_WORKBOOK):
        raise UnreadableFileError("the file is an old .xls workbook; save it as .xlsx")
    if start.startswith(_UTF16):
        raise UnreadableFileError(
            "wrong encoding: the file is UTF-16 (it starts with a UTF-16 byte-order mark); "
            "save it as UTF-8"
        )
    head = start[:2048].lstrip(codecs.BOM_UTF8 + b" \t\r\n").lower()
    if head.startswith((b"<!doctype", b"<html", b"<head", b"<?xml")):
        raise UnreadableFileError(
            "the file is a web page, not a table: the download address has most likely moved "
            "or asks for a log-in; fetch it again and look at it before landing it"
        )
    text = start.decode("utf-8-sig", errors="replace")
    if len(start) == _PEEK_BYTES and "\n" in text:
        text = text[: text.rindex("\n")]
    rows = itertools.islice(csv.reader(io.StringIO(text, newline="")), _SAMPLE_ROWS + 1)
    try:
        first, *sample = [tuple(row) for row in rows if row]
    except (csv.Error, ValueError) as error:
        raise UnreadableFileError(f"the file cannot be read as delimited text: {error}") from error
    return [Sheet(None, first, tuple(sample))]


def _peek_workbook(path: Path) -> list[Sheet]:
    import fastexcel  # noqa: PLC0415  (only workbooks need it)

    try:
        workbook = fastexcel.read_excel(path)
        sheets = []
        for name in workbook.sheet_names:
            loaded = workbook.load_sheet(
                name, header_row=None, n_rows=_SAMPLE_ROWS + 1, dtypes="string"
            )
            rows = [tuple(cell or "" for cell in row) for row in loaded.to_polars().rows()]
            sheets.append(Sheet(name, rows[0] if rows else (), tuple(rows[1:])))
    except (fastexcel.FastExcelError, OSError) as error:
        raise UnreadableFileError(f"the workbook cannot be opened: {error}") from error
    return sheets


def read_rows(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    layout: Layout,
    sheet: str | None,
    into: str,
) -> RowsRead:
    """Read all rows of a file into the temporary table ``into``.

    Raises:
        UnreadableFileError: when the text is not in the layout's encoding, the last row is cut
            off, or the engine cannot read the file at all.
    """
    if sheet is not None:
        return _read_workbook(connection, path, layout, sheet, into)
    readable = _as_utf8(path, layout.encoding)
    try:
        return _read_delimited(connection, readable, layout, into)
    finally:
        if readable != path:
            readable.unlink()


def _read_workbook(
    connection: duckdb.DuckDBPyConnection, path: Path, layout: Layout, sheet: str, into: str
) -> RowsRead:
    import fastexcel  # noqa: PLC0415

    loaded = fastexcel.read_excel(path).load_sheet(
        sheet, header_row=None, skip_rows=1 if layout.header else 0, dtypes="string"
    )
    frame = loaded.to_polars()
    frame = frame.rename({name: f"c{i}" for i, name in enumerate(frame.columns)})
    connection.complete()
    connection.register("workbook_sheet", frame.to_arrow())
    columns = ", ".join(f"nullif(c{i}, '') as c{i}" for i in range(frame.width))
    connection.execute(
        f"create or replace temp table {into} as "
        f"select {columns}, row_number() over () as source_row_number from workbook_sheet"
    )
    connection.complete()
    connection.unregister("workbook_sheet")
    return RowsRead(frame.height)


def _as_utf8(path: Path, encoding: str) -> Path:
    """The path itself when it is valid UTF-8, else a transcoded copy beside it.

    DuckDB reads UTF-8 fastest and knows no cp1252, so other encodings are translated first.
    """
    if encoding == "utf-8":
        _require_utf8(path)
        return path
    target = path.with_name(path.name + ".utf8")
    with (
        path.open("r", encoding=encoding, newline="") as source,
        target.open("w", encoding="utf-8", newline="") as copy,
    ):
        try:
            while chunk := source.read(_CHUNK_BYTES):
                copy.write(chunk)
        except UnicodeDecodeError as error:
            target.unlink()
            byte = error.object[error.start]
            raise UnreadableFileError(
                f"wrong encoding: byte 0x{byte:02x} is not {encoding}"
            ) from error
    return target


def _require_utf8(path: Path) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    line = 1
    with path.open("rb") as file:
        while True:
            chunk = file.read(_CHUNK_BYTES)
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                line += error.object[: error.start].count(b"\n")
                byte = error.object[error.start]
                raise UnreadableFileError(
                    f"wrong encoding: the contract says UTF-8 but line {line} has byte "
                    f"0x{byte:02x}; save the file as UTF-8, or add its encoding to the contract"
                ) from error
            if not chunk:
                return
            line += chunk.count(b"\n")


def _read_delimited(
    connection: duckdb.DuckDBPyConnection, path: Path, layout: Layout, into: str
) -> RowsRead:
    width = len(peek(path)[0].first_row)
    columns = ", ".join(f"'c{i}': 'varchar'" for i in range(width))
    connection.execute("drop table if exists reject_scans; drop table if exists reject_errors")
    try:
        connection.execute(
            f"create or replace temp table {into} as "
            f"select *, row_number() over () as source_row_number from read_csv("
            f"?, columns={{{columns}}}, header={str(layout.header).lower()}, delim=',', "
            f"quote='\"', escape='\"', auto_detect=false, store_rejects=true, "
            f"max_line_size=16777216)",
            [str(path)],
        )
        ragged = _ragged_rows(connection, layout)
    except duckdb.Error as error:
        reason = _line_ends(path) or str(error).splitlines()[0]
        raise UnreadableFileError(f"the file cannot be read as delimited text: {reason}") from error
    loaded = _count(connection, into)
    rows_in_file = loaded + len(ragged)
    if ragged:
        _refuse_cut_off(ragged[-1], rows_in_file)
        _skip_ragged_numbers(connection, into, ragged)
    elif _ends_inside_row(path):
        last = RaggedRow(rows_in_file, "the last line has no line end inside a quoted value", "")
        _refuse_cut_off(last, rows_in_file)
    return RowsRead(rows_in_file, ragged, _ends_with_line_end(path))


def _line_ends(path: Path) -> str | None:
    """What is wrong with the line ends of a file that the engine gave up on, if anything is."""
    text = path.read_bytes()
    windows = text.count(b"\r\n")
    if not windows or windows == text.count(b"\n"):
        return None
    first = next(i for i, line in enumerate(text.split(b"\n"), 1) if not line.endswith(b"\r"))
    return (
        f"its line ends are mixed (line {first} ends in the Unix way, {windows} lines in the "
        "Windows way); save it with one kind of line end"
    )


def _ends_with_line_end(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, io.SEEK_END)
        return file.read(1) in b"\r\n"


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    [(number,)] = connection.execute(f"select count(*) from {table}").fetchall()
    return int(number)


def _ragged_rows(connection: duckdb.DuckDBPyConnection, layout: Layout) -> tuple[RaggedRow, ...]:
    header_lines = 1 if layout.header else 0
    found = connection.execute(
        "select line, min(lower(error_type::varchar)), min(csv_line) from reject_errors "
        "group by line order by line"
    ).fetchall()
    return tuple(
        RaggedRow(int(line) - header_lines, str(kind), str(text or ""))
        for line, kind, text in found
    )


def _refuse_cut_off(row: RaggedRow, rows_in_file: int) -> None:
    if row.source_row_number >= rows_in_file:
        raise UnreadableFileError(
            f"the file is truncated: its last row ({row.source_row_number}) is cut off "
            f"({row.problem}); fetch it again"
        )


def _ends_inside_row(path: Path) -> bool:
    """Whether quotes are left open at the end: a file cut inside a quoted value."""
    with path.open("rb") as file:
        quotes = sum(chunk.count(b'"') for chunk in iter(lambda: file.read(_CHUNK_BYTES), b""))
    return quotes % 2 == 1


def _skip_ragged_numbers(
    connection: duckdb.DuckDBPyConnection, into: str, ragged: tuple[RaggedRow, ...]
) -> None:
    """Give loaded rows their number in the file: rejected rows keep theirs."""
    # The i-th rejected row (from 0) shifts every loaded row from number row - i on.
    thresholds = [row.source_row_number - i for i, row in enumerate(ragged)]
    connection.execute(
        f"update {into} set source_row_number = source_row_number "
        f"+ len(list_filter(?::bigint[], lambda t: t <= source_row_number))",
        [thresholds],
    )
