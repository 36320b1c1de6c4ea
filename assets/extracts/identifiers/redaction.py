"""A copy of a file without what the door refuses, for the archive.

Every row keeps its number, so that the copy can be read and judged again like the original. Of a
workbook the copy has the cells only, of a Parquet file no metadata.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from assets.extracts.identifiers.detectors import REDACTED, redact
from assets.extracts.reading.sheets import Sheet

# Fields are kept whole, however long; the module's own limit is 128 KiB.
_LONGEST_FIELD = 1 << 30


class RedactionError(ValueError):
    """A file out of which what was found cannot be taken; the message says why."""


@dataclass(frozen=True)
class Redaction:
    """What is taken out of a file.

    Attributes:
        values: texts to replace wherever they stand.
        rows: numbers of rows of which nothing is kept.
        rows_in_file: how many there are: rows that are counted otherwise cannot be told apart.
        records: for JSON, the path to the records.
        encoding: of delimited text.
        has_header: whether the first row is a header.
        other_lines: lines, from 0, of other sheets of which nothing is kept.
        other_sheets: sheets of which nothing is kept.
    """

    values: Collection[str] = ()
    rows: Collection[int] = ()
    rows_in_file: int = 0
    records: str | None = None
    encoding: str = "utf-8"
    has_header: bool = True
    other_lines: Mapping[str, Collection[int]] = field(default_factory=dict)
    other_sheets: Collection[str] = ()

    def of(self, text: str) -> str:
        """A text without the values."""
        for value in sorted(self.values, key=len, reverse=True):
            text = text.replace(value, REDACTED)
        return redact(text)


def write_redacted(source: Path, target: Path, sheet: Sheet, redaction: Redaction) -> None:
    """Write a copy of a file without what is taken out of it.

    Args:
        source: the file that arrived.
        target: the copy.
        sheet: how the file was recognised; tells its format and where its rows begin.
        redaction: what is taken out.

    Raises:
        RedactionError: when its rows cannot be told apart, or something would be left.
    """
    match sheet.format:
        case "csv":
            _write_csv(source, target, sheet, redaction)
        case "json":
            _write_json(source, target, redaction)
        case "parquet":
            frame = pl.read_parquet(source, hive_partitioning=False)
            _redacted_frame(frame, redaction, set(redaction.rows), 1).write_parquet(target)
        case "workbook":
            _write_workbook(source, target, sheet, redaction)
    for text in _texts_of(target, sheet, redaction):
        if any(value in text for value in redaction.values):
            target.unlink()
            raise RedactionError(
                "what was found could not be taken out of the copy for the archive; remove the "
                "identifiers at source and deliver the file again"
            )


def _write_csv(source: Path, target: Path, sheet: Sheet, redaction: Redaction) -> None:
    """Row by row: such a file may be larger than the memory."""
    first = 1 - sheet.top - (1 if redaction.has_header else 0)
    rows = 0
    with (
        _text_file(source, redaction) as text,
        target.open("w", encoding=redaction.encoding, errors="surrogateescape", newline="") as copy,
    ):
        writer = csv.writer(copy, lineterminator=_line_end_of(source))
        for rows, row in enumerate(_csv_rows(text), start=first):
            if rows in redaction.rows:
                writer.writerow([REDACTED] * len(row))
            else:
                is_clean = redaction.of("\n".join(row)) == "\n".join(row)
                writer.writerow(row if is_clean else [redaction.of(cell) for cell in row])
    if redaction.rows and rows != redaction.rows_in_file:
        target.unlink()
        raise RedactionError(
            "rows of the file must not be kept, but broken quotes or line breaks hide where its "
            "rows begin and end; put them right, remove the identifiers at source and deliver it "
            "again"
        )


def _text_file(path: Path, redaction: Redaction) -> Any:
    # Surrogates carry bytes that are not of the encoding through unchanged.
    return path.open(encoding=redaction.encoding, errors="surrogateescape", newline="")


def _csv_rows(text: Any) -> Iterator[list[str]]:
    csv.field_size_limit(_LONGEST_FIELD)
    return (row for row in csv.reader(text) if row)


def _line_end_of(path: Path) -> str:
    with path.open("rb") as file:
        return "\r\n" if file.readline().endswith(b"\r\n") else "\n"


def _write_json(source: Path, target: Path, redaction: Redaction) -> None:
    document = json.loads(source.read_text(encoding="utf-8-sig"))
    found = document
    for step in redaction.records.split(".") if redaction.records else ():
        found = found[step]
    records = found if isinstance(found, list) else [found]
    for number in redaction.rows:
        record = records[number - 1]
        for key in record:
            record[key] = REDACTED
    cleaned = _without_in_document(document, redaction)
    target.write_text(json.dumps(cleaned, ensure_ascii=False, indent=1), encoding="utf-8")


def _without_in_document(value: Any, redaction: Redaction) -> Any:
    """The document with values replaced in its leaves; a number that holds one becomes text."""
    if isinstance(value, dict):
        return {redaction.of(k): _without_in_document(v, redaction) for k, v in value.items()}
    if isinstance(value, list):
        return [_without_in_document(item, redaction) for item in value]
    if isinstance(value, bool) or value is None:
        return value
    cleaned = redaction.of(str(value))
    return value if cleaned == str(value) else cleaned


def _redacted_frame(
    frame: pl.DataFrame, redaction: Redaction, withheld: Collection[int], first_row: int
) -> pl.DataFrame:
    if redaction.values:
        # A number can be an identifier too; as text every cell can be cleaned.
        frame = frame.cast(pl.String)
    is_withheld = pl.int_range(first_row, first_row + pl.len()).is_in(sorted(withheld))
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    others = [name for name in frame.columns if name not in texts]
    return frame.with_columns(
        *(pl.col(n).map_elements(redaction.of, return_dtype=pl.String).alias(n) for n in texts)
    ).with_columns(
        *(pl.when(is_withheld).then(pl.lit(REDACTED)).otherwise(pl.col(n)).alias(n) for n in texts),
        *(pl.when(is_withheld).then(None).otherwise(pl.col(n)).alias(n) for n in others),
    )


def _write_workbook(source: Path, target: Path, sheet: Sheet, redaction: Redaction) -> None:
    import fastexcel  # noqa: PLC0415  (only workbooks need them)
    import xlsxwriter  # noqa: PLC0415

    workbook = fastexcel.read_excel(source)
    above = sheet.top + (1 if redaction.has_header else 0)
    with xlsxwriter.Workbook(target) as written:
        for name in workbook.sheet_names:
            page = written.add_worksheet(name)
            if name in redaction.other_sheets:
                page.write_string(0, 0, REDACTED)
                continue
            lines = set(redaction.other_lines.get(name, ()))
            if name == sheet.name:
                lines |= {row + above - 1 for row in redaction.rows}
            cells = workbook.load_sheet(name, header_row=None, dtypes="string").to_polars()
            for line, row in enumerate(_redacted_frame(cells, redaction, lines, 0).rows()):
                for position, cell in enumerate(row):
                    if cell is not None:
                        page.write_string(line, position, cell)


def _texts_of(path: Path, sheet: Sheet, redaction: Redaction) -> Iterator[str]:
    """Every text of a copy."""
    match sheet.format:
        case "csv":
            with _text_file(path, redaction) as text:
                yield from text
        case "json":
            yield json.dumps(json.loads(path.read_text(encoding="utf-8")), ensure_ascii=False)
        case "parquet":
            for column in pl.read_parquet(path, hive_partitioning=False).cast(pl.String):
                yield from (cell for cell in column if cell is not None)
        case "workbook":
            import fastexcel  # noqa: PLC0415

            workbook = fastexcel.read_excel(path)
            for name in workbook.sheet_names:
                cells = workbook.load_sheet(name, header_row=None, dtypes="string").to_polars()
                for column in cells:
                    yield from (cell for cell in column if cell is not None)
