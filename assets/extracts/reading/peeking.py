"""Opening a file far enough to recognise it, whatever it is called."""

from __future__ import annotations

import codecs
import csv
import io
from pathlib import Path

from assets.extracts.reading.json_records import peek_json
from assets.extracts.reading.long_cells import long_cells
from assets.extracts.reading.parquet import peek_parquet
from assets.extracts.reading.sheets import (
    PREAMBLE_ROWS,
    SAMPLE_ROWS,
    Sheet,
    UnreadableFileError,
)
from assets.extracts.reading.workbooks import peek_workbook

_PEEK_BYTES = 1 << 18
_WORKBOOK = b"PK\x03\x04"
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
_PARQUET = b"PAR1"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


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
        return peek_workbook(path)
    if start.startswith(_PARQUET):
        return [peek_parquet(path)]
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
    if head.startswith((b"{", b"[")):
        return [peek_json(path)]
    return [_peek_text(start)]


def _peek_text(start: bytes) -> Sheet:
    if len(start) == _PEEK_BYTES and b"\n" in start:
        start = start[: start.rindex(b"\n")]
    try:
        text = start.decode("utf-8-sig")
    except UnicodeDecodeError:
        # The other encoding that layouts have; which one a file must be in is held later.
        text = start.removeprefix(codecs.BOM_UTF8).decode("cp1252", errors="replace")
    reader = csv.reader(io.StringIO(text, newline=""))
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    with long_cells():
        for record, row in enumerate(reader):
            if row:
                rows.append(tuple(row))
                lines.append(record)
            if len(rows) > SAMPLE_ROWS + PREAMBLE_ROWS:
                break
    return Sheet(None, tuple(rows), "csv", tuple(lines))
