"""A delimited file as bytes, taken apart so that what is not touched is written back as it was."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

_QUOTE = b'"'
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_CRLF, _LF = b"\r\n", b"\n"

Fields = list[bytes]


@dataclass(slots=True)
class Delimited:
    """A file in records; each keeps its quotes and its line end.

    ``start`` is what comes before the header (byte-order mark, lines of text), ``end`` the blank
    lines behind the last row. Rows count from 1.
    """

    delimiter: bytes
    start: bytes
    header: bytes | None
    rows: list[bytes]
    end: bytes

    @classmethod
    def parse(cls, content: bytes, delimiter: str, header_line: int) -> Self:
        """Take a file apart; the header is line ``header_line``, or nowhere when that is 0.

        Raises:
            ValueError: when the file has no such line or no row of data.
        """
        mark = _BYTE_ORDER_MARK if content.startswith(_BYTE_ORDER_MARK) else b""
        records = _joined(content[len(mark) :].splitlines(keepends=True), b"")
        header = records[header_line - 1] if 0 < header_line <= len(records) else None
        rows = records[header_line:]
        end = b""
        while rows and not rows[-1].strip():
            end = rows.pop() + end
        if not rows:
            raise ValueError(f"the file has no row of data below line {header_line}")
        start = mark + b"".join(records[: max(header_line - 1, 0)])
        return cls(delimiter.encode(), start, header, rows, end)

    def content(self) -> bytes:
        """The file again."""
        return b"".join([self.start, self.header or b"", *self.rows, self.end])

    @property
    def row_count(self) -> int:
        """How many rows of data there are."""
        return len(self.rows)

    def names(self) -> list[str]:
        """Headers as published, or the numbers of the columns from 1 in a file without any."""
        if self.header is None:
            return [str(number) for number in range(1, len(self.fields(1)) + 1)]
        return [_text(field) for field in self._split(self.header)]

    def position(self, column: str) -> int:
        """Position of a column, from 0.

        Raises:
            ValueError: when there is none of that name.
        """
        names = self.names()
        if column not in names:
            raise ValueError(f"no column {column!r}; there are {', '.join(names)}")
        return names.index(column)

    def fields(self, row: int) -> Fields:
        """Fields of a row as they are written, quotes included.

        Raises:
            ValueError: when there is no such row.
        """
        if not 1 <= row <= self.row_count:
            raise ValueError(f"no row {row}; there are {self.row_count}, counted from 1")
        return self._split(self.rows[row - 1])

    def read(self, row: int, column: str) -> str:
        """Text of a cell without quotes."""
        position = self.position(column)
        return _text(self.fields(row)[position])

    def write(self, row: int, column: str, value: str) -> None:
        """Write a text into a cell, quoted only if it must be."""
        position = self.position(column)
        fields = self.fields(row)
        fields[position] = self._quoted(value)
        self.put(row, fields)

    def put(self, row: int, fields: Sequence[bytes]) -> None:
        """Replace the fields of a row; its line end stays."""
        self.rows[row - 1] = self.delimiter.join(fields) + _line_end(self.rows[row - 1])

    def insert_after(self, row: int, fields: Sequence[bytes]) -> None:
        """Put a row behind another."""
        before = self.rows[row - 1]
        # The last line may have no end; then the one before shows which kind it is.
        ending = _line_end(before) or _line_end(self.rows[0]) or _line_end(self.header or _LF)
        self.rows[row - 1] = before.removesuffix(_line_end(before)) + ending
        self.rows.insert(row, self.delimiter.join(fields) + _line_end(before))

    def turn_line_end(self, row: int) -> None:
        """End the line of a row in the other way.

        Raises:
            ValueError: when it has no line end or is the only line of the file.
        """
        ending = _line_end(self.rows[row - 1]) if 1 <= row <= self.row_count else b""
        if not ending or (self.header is None and self.row_count == 1):
            raise ValueError(f"row {row} has no line end that could differ from others")
        other = _LF if ending == _CRLF else _CRLF
        self.rows[row - 1] = self.rows[row - 1].removesuffix(ending) + other

    def end_without_line_end(self) -> None:
        """Let the file end with the last field of its last row."""
        self.rows[-1] = self.rows[-1].removesuffix(_line_end(self.rows[-1]))
        self.end = b""

    def every(
        self,
        change: Callable[[Fields], Sequence[bytes]] | None = None,
        header: Callable[[list[str]], Sequence[str]] | None = None,
    ) -> None:
        """Change the fields of every row, and the header likewise or in a way of its own.

        Raises:
            ValueError: when the header is to change and there is none.
        """
        if header is not None:
            if self.header is None:
                raise ValueError("the file has no header")
            names = [self._quoted(name) for name in header(self.names())]
            self.header = self.delimiter.join(names) + _line_end(self.header)
        elif change is not None and self.header is not None:
            changed = change(self._split(self.header))
            self.header = self.delimiter.join(changed) + _line_end(self.header)
        if change is not None:
            for row in range(1, self.row_count + 1):
                self.put(row, change(self.fields(row)))

    def replace_by(self, content: bytes) -> None:
        """Let the file be something else altogether."""
        self.start, self.header, self.rows, self.end = content, None, [], b""

    def _split(self, record: bytes) -> Fields:
        """Fields of a record; a delimiter inside quotes divides nothing."""
        body = record.removesuffix(_line_end(record))
        return _joined(body.split(self.delimiter), self.delimiter)

    def _quoted(self, value: str) -> bytes:
        """A text as a field, in quotes if it holds a delimiter, a quote or a line break."""
        field = value.encode()
        if any(mark in field for mark in (self.delimiter, _QUOTE, b"\r", b"\n")):
            return _QUOTE + field.replace(_QUOTE, _QUOTE * 2) + _QUOTE
        return field


def _joined(parts: Sequence[bytes], by: bytes) -> list[bytes]:
    """Join parts that a split tore apart inside quotes."""
    whole: list[bytes] = []
    inside = False
    for part in parts:
        if inside:
            whole[-1] += by + part
        else:
            whole.append(part)
        inside ^= part.count(_QUOTE) % 2 == 1
    return whole


def _line_end(record: bytes) -> bytes:
    """The line end of a record, or nothing."""
    return next((ending for ending in (_CRLF, _LF, b"\r") if record.endswith(ending)), b"")


def _text(field: bytes) -> str:
    """Text of a field without its quotes; files that are no UTF-8 come from older spreadsheets."""
    if len(field) > 1 and field.startswith(_QUOTE) and field.endswith(_QUOTE):
        field = field[1:-1].replace(_QUOTE * 2, _QUOTE)
    try:
        return field.decode()
    except UnicodeDecodeError:
        return field.decode("cp1252")
