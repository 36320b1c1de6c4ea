"""A copy of a file without what the door refuses, for the archive.

Every row keeps its number, so that the copy can be read and judged again like the original.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import polars as pl

from assets.extracts.identifiers.detectors import REDACTED, redact
from assets.extracts.reading.sheets import Sheet


def write_redacted(
    source: Path,
    target: Path,
    sheet: Sheet,
    *,
    values: Collection[str],
    withheld_rows: Collection[int],
    records: str | None,
    has_header: bool,
) -> None:
    """Write a copy of a file with values replaced and whole rows withheld.

    Args:
        source: the file that arrived.
        target: the copy.
        sheet: how the file was recognised; tells its format and where its rows begin.
        values: texts to replace wherever they stand.
        withheld_rows: numbers of rows of which nothing is kept.
        records: for JSON, the path to the records.
        has_header: whether the first row is a header.
    """
    match sheet.format:
        case "csv":
            # Surrogates carry bytes that are not UTF-8 through unchanged.
            text = source.read_bytes().decode("utf-8", errors="surrogateescape")
            text = _without_rows(text, sheet, withheld_rows, has_header)
            target.write_bytes(_without(text, values).encode("utf-8", errors="surrogateescape"))
        case "json":
            document = json.loads(source.read_text(encoding="utf-8-sig"))
            _withhold_records(document, records or "", withheld_rows)
            cleaned = _without_in_document(document, values)
            target.write_text(json.dumps(cleaned, ensure_ascii=False, indent=1), encoding="utf-8")
        case "parquet":
            frame = _redacted_frame(pl.read_parquet(source), values, withheld_rows, first_row=1)
            frame.write_parquet(target)
        case "workbook":
            _write_workbook(source, target, sheet, values, withheld_rows, has_header)


def _without(text: str, values: Collection[str]) -> str:
    for value in sorted(values, key=len, reverse=True):
        text = text.replace(value, REDACTED)
    return redact(text)


def _without_in_document(value: Any, values: Collection[str]) -> Any:
    """The document with values replaced in its leaves; a number that holds one becomes text."""
    if isinstance(value, dict):
        return {_without(k, values): _without_in_document(v, values) for k, v in value.items()}
    if isinstance(value, list):
        return [_without_in_document(item, values) for item in value]
    if isinstance(value, bool) or value is None:
        return value
    cleaned = _without(str(value), values)
    return value if cleaned == str(value) else cleaned


def _without_rows(text: str, sheet: Sheet, withheld_rows: Collection[int], has_header: bool) -> str:
    if not withheld_rows:
        return text
    ending = "\r\n" if "\r\n" in text else "\n"
    written = io.StringIO()
    writer = csv.writer(written, lineterminator=ending)
    first = sheet.top + (1 if has_header else 0)
    rows = (row for row in csv.reader(io.StringIO(text, newline="")) if row)
    for number, row in enumerate(rows, start=1 - first):
        writer.writerow([REDACTED] * len(row) if number in withheld_rows else row)
    return written.getvalue()


def _withhold_records(document: Any, path: str, withheld_rows: Collection[int]) -> None:
    found = document
    for step in path.split(".") if path else ():
        found = found[step]
    records = found if isinstance(found, list) else [found]
    for number in withheld_rows:
        record = records[number - 1]
        for key in record:
            record[key] = REDACTED


def _redacted_frame(
    frame: pl.DataFrame, values: Collection[str], withheld_rows: Collection[int], first_row: int
) -> pl.DataFrame:
    if values:
        # A number can be an identifier too; as text every cell can be cleaned.
        frame = frame.cast(pl.String)
    is_withheld = pl.int_range(first_row, first_row + pl.len()).is_in(sorted(withheld_rows))
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    others = [name for name in frame.columns if name not in texts]

    def cleaned(text: str) -> str:
        return _without(text, values)

    return frame.with_columns(
        *(pl.col(n).map_elements(cleaned, return_dtype=pl.String).alias(n) for n in texts)
    ).with_columns(
        *(pl.when(is_withheld).then(pl.lit(REDACTED)).otherwise(pl.col(n)).alias(n) for n in texts),
        *(pl.when(is_withheld).then(None).otherwise(pl.col(n)).alias(n) for n in others),
    )


def _write_workbook(
    source: Path,
    target: Path,
    sheet: Sheet,
    values: Collection[str],
    withheld_rows: Collection[int],
    has_header: bool,
) -> None:
    import fastexcel  # noqa: PLC0415  (only workbooks need them)
    import xlsxwriter  # noqa: PLC0415

    workbook = fastexcel.read_excel(source)
    with xlsxwriter.Workbook(target) as written:
        for name in workbook.sheet_names:
            cells = workbook.load_sheet(name, header_row=None, dtypes="string").to_polars()
            first = 1 - sheet.top - (1 if has_header else 0)
            rows = withheld_rows if name == sheet.name else ()
            page = written.add_worksheet(name)
            for line, row in enumerate(_redacted_frame(cells, values, rows, first).rows()):
                for position, cell in enumerate(row):
                    if cell is not None:
                        page.write_string(line, position, cell)
