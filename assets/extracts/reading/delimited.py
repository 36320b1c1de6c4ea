"""Delimited text, read by the engine itself: every cell as text, rows it cannot split set aside."""

from __future__ import annotations

import codecs
import csv
import io
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from assets.extracts.contract_model.contract import Layout
from assets.extracts.reading.long_cells import long_cells
from assets.extracts.reading.sheets import (
    RaggedRow,
    Readable,
    RowsRead,
    Sheet,
    UnreadableFileError,
)

_CHUNK_BYTES = 1 << 24
# A header and what stands above it are sought within this many bytes, as when a file is peeked at.
_HEAD_BYTES = 1 << 18
# Each row that cannot be split is told on its own. Where so many cannot, the file is not what its
# header says: the worst file seen so far has 3 (2026-11-25).
_MOST_RAGGED = 100_000


@dataclass(frozen=True)
class _Text:
    """What one pass over the bytes of a text file tells."""

    quotes_are_closed: bool
    ends_with_line_end: bool
    has_both_line_ends: bool


@dataclass(frozen=True)
class _Head:
    """What stands above the first row of data: its bytes, and how its last line ends.

    ``is_plain`` heads are skipped by the engine. It miscounts the lines of a quoted header behind
    a byte-order mark, so of other files a copy without the head is read.
    """

    bytes: int
    line_end: str
    is_plain: bool


@contextmanager
def open_delimited(
    connection: duckdb.DuckDBPyConnection, path: Path, layout: Layout, sheet: Sheet, into: Path
) -> Iterator[Readable]:
    """A delimited file as a relation of text cells.

    Args:
        connection: of the engine.
        path: the file.
        layout: the layout that it fits.
        sheet: how it was recognised.
        into: a private folder for copies that only this reading needs.

    Raises:
        UnreadableFileError: when the text is not in the layout's encoding, the last row is cut
            off, or the engine cannot read the file at all.
    """
    with tempfile.TemporaryDirectory(prefix=".reading-", dir=into) as copies:
        yield from _opened(connection, path, layout, sheet, Path(copies))


def _opened(
    connection: duckdb.DuckDBPyConnection, path: Path, layout: Layout, sheet: Sheet, copies: Path
) -> Iterator[Readable]:
    readable = path
    if layout.encoding != "utf-8" and not _is_utf_8(path):
        readable = _transcoded(path, layout.encoding, copies / "utf8")
    text = _inspect(readable)
    mixed = _mixed_line_ends(readable) if text.has_both_line_ends else None
    if mixed:
        raise UnreadableFileError(f"the file cannot be read as delimited text: {mixed}")
    records = sheet.lines_above + (1 if layout.header else 0)
    head = _head(readable, records)
    if not head.is_plain:
        readable = _below(readable, head, copies / "below")
    skipped = records if head.is_plain else 0
    width = len(sheet.first_row)
    columns = ", ".join(f"'c{i}': 'varchar'" for i in range(width))
    place = str(readable).replace("'", "''")
    relation = (
        f"(select *, row_number() over () as source_row_number from read_csv('{place}', "
        f"columns={{{columns}}}, header=false, skip={skipped}, "
        f"new_line='{head.line_end}', delim=',', quote='\"', escape='\"', auto_detect=false, "
        f"store_rejects=true))"
    )

    def finish(rows: int) -> RowsRead:
        ragged = _ragged_rows(connection, skipped, readable, width)
        if not rows and not ragged and _has_text_below(readable, head if head.is_plain else None):
            raise UnreadableFileError(
                "the file cannot be read as delimited text: no row was found below its header"
            )
        if ragged:
            _refuse_cut_off(ragged[-1], rows + len(ragged))
        elif not text.quotes_are_closed:
            last = RaggedRow(rows, "the last line has no line end inside a quoted value", "")
            _refuse_cut_off(last, rows)
        return RowsRead(ragged, text.ends_with_line_end)

    connection.execute("drop table if exists reject_scans; drop table if exists reject_errors")
    try:
        yield Readable(relation, width, finish)
    except duckdb.Error as error:
        reason = _mixed_line_ends(readable) or str(error).splitlines()[0]
        raise UnreadableFileError(f"the file cannot be read as delimited text: {reason}") from error


def _head(path: Path, records: int) -> _Head:
    """The first records of a file, empty lines included.

    The engine would take the first line break of a file for how its lines end, even one within
    quotes, and then find no row at all; spreadsheets break the lines of a cell in another way
    than those of the file.
    """
    with path.open("rb") as file:
        start = file.read(_HEAD_BYTES)
    mark = len(codecs.BOM_UTF8) if start.startswith(codecs.BOM_UTF8) else 0
    # One character a byte: the marks of the format are all ASCII.
    lines = io.StringIO(start[mark:].decode("latin-1"), newline="")
    ends = [mark]
    last = ""

    def counted() -> Iterator[str]:
        nonlocal last
        for line in lines:
            ends.append(ends[-1] + len(line))
            last = line
            yield line

    with long_cells():
        reader = csv.reader(counted())
        for _ in range(records):
            next(reader, None)
        end, count = ends[-1], len(ends) - 1
        if not records:
            next(reader, None)
    line_end = next((e for e in ("\r\n", "\n", "\r") if last.endswith(e)), "\n")
    is_plain = count <= records and not (mark and b'"' in start[:end])
    return _Head(end, line_end.replace("\r", "\\r").replace("\n", "\\n"), is_plain)


def _below(path: Path, head: _Head, target: Path) -> Path:
    """A copy of a file without its head."""
    with path.open("rb") as source, target.open("wb") as copy:
        source.seek(head.bytes)
        shutil.copyfileobj(source, copy, _CHUNK_BYTES)
    return target


def _has_text_below(path: Path, head: _Head | None) -> bool:
    with path.open("rb") as file:
        file.seek(head.bytes if head else 0)
        while chunk := file.read(_CHUNK_BYTES):
            if chunk.strip():
                return True
    return False


def _is_utf_8(path: Path) -> bool:
    """Whether a file is UTF-8 throughout, as plain ASCII is too.

    Text in an older encoding does not pass by chance: behind each byte of a character beyond
    ASCII there would have to follow the very bytes that UTF-8 wants there.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                if not (chunk.isascii() and not decoder.getstate()[0]):
                    decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _transcoded(path: Path, encoding: str, target: Path) -> Path:
    """A UTF-8 copy of the file: the engine reads UTF-8 fastest and knows no cp1252."""
    with (
        path.open("r", encoding=encoding, newline="") as source,
        target.open("w", encoding="utf-8", newline="") as copy,
    ):
        try:
            while chunk := source.read(_CHUNK_BYTES):
                copy.write(chunk)
        except UnicodeDecodeError as error:
            byte = error.object[error.start]
            raise UnreadableFileError(
                f"wrong encoding: byte 0x{byte:02x} is not {encoding}"
            ) from error
    return target


def _inspect(path: Path) -> _Text:
    """One pass over the bytes: valid UTF-8, quotes closed, a line end at the end.

    Raises:
        UnreadableFileError: when the text is not UTF-8; names the line and the byte.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    line, quotes, windows, last = 1, 0, 0, b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            # Plain ASCII, which most extracts are, is told apart far faster than it is decoded.
            if not (chunk.isascii() and not decoder.getstate()[0]):
                _decode(decoder, chunk, line)
            line += chunk.count(b"\n")
            quotes += chunk.count(b'"')
            # A line end may lie across two chunks.
            windows += chunk.count(b"\r\n") + (last == b"\r" and chunk.startswith(b"\n"))
            last = chunk[-1:]
    _decode(decoder, b"", line, final=True)
    return _Text(quotes % 2 == 0, last in (b"\r", b"\n"), 0 < windows < line - 1)


def _decode(
    decoder: codecs.IncrementalDecoder, chunk: bytes, line: int, *, final: bool = False
) -> None:
    try:
        decoder.decode(chunk, final=final)
    except UnicodeDecodeError as error:
        line += error.object[: error.start].count(b"\n")
        byte = error.object[error.start]
        raise UnreadableFileError(
            f"wrong encoding: the contract says UTF-8 but line {line} has byte "
            f"0x{byte:02x}; save the file as UTF-8, or add its encoding to the contract"
        ) from error


def _mixed_line_ends(path: Path) -> str | None:
    """What is wrong with the line ends of a file, if it has both kinds outside of quotes."""
    is_quoted, windows, first = False, 0, None
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            # A line that ends between quotes ends no row; doubled quotes change nothing.
            is_quoted ^= line.count(b'"') % 2 == 1
            if is_quoted or not line.endswith(b"\n"):
                continue
            if line.endswith(b"\r\n"):
                windows += 1
            elif first is None:
                first = number
    if not windows or first is None:
        return None
    return (
        f"its line ends are mixed (line {first} ends in the Unix way, {windows} lines in the "
        "Windows way); save it with one kind of line end"
    )


def _ragged_rows(
    connection: duckdb.DuckDBPyConnection, lines_above: int, path: Path, width: int
) -> tuple[RaggedRow, ...]:
    [(count,)] = connection.execute("select count(distinct line) from reject_errors").fetchall()
    if count > _MOST_RAGGED:
        raise UnreadableFileError(
            f"{count:,} rows have the wrong number of fields or broken quotes, of which at most "
            f"{_MOST_RAGGED:,} are told one by one: the rows are not what the header says; export "
            "the file again"
        )
    found = connection.execute(
        "select line, min(lower(error_type::varchar)), min(csv_line) from reject_errors "
        "group by line order by line"
    ).fetchall()
    # Empty lines have a number in the engine's list of rejects but are no rows; a file of one
    # column is the exception, in which an empty line is a row without a value.
    lines = [int(line) for line, _, _ in found]
    empty = (
        _empty_lines_before(path, lines_above, lines) if lines and width > 1 else [0] * len(lines)
    )
    return tuple(
        RaggedRow(line - lines_above - before, str(kind), str(text or "").lstrip("\r\n"))
        for line, before, (_, kind, text) in zip(lines, empty, found, strict=True)
    )


def _empty_lines_before(path: Path, lines_above: int, lines: Sequence[int]) -> list[int]:
    """How many of the records between the head and each of these lines are empty."""
    counts = []
    empty = 0
    with path.open(encoding="utf-8-sig", newline="") as file, long_cells():
        reader = enumerate(csv.reader(file), start=1)
        for line in lines:
            for number, row in reader:
                empty += number > lines_above and not row
                if number >= line:
                    break
            counts.append(empty)
    return counts


def _refuse_cut_off(row: RaggedRow, rows_in_file: int) -> None:
    if row.source_row_number >= rows_in_file:
        raise UnreadableFileError(
            f"the file is truncated: its last row ({row.source_row_number}) is cut off "
            f"({row.problem}); fetch it again"
        )
