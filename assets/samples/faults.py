"""Planting a named fault at a known place of a delimited file, to see whether it is caught.

``plant(good, bad, "not_allowed", row=3, column="status")`` writes a copy of a file with one thing
wrong and says what stands where. Files are changed as bytes: rows a fault does not concern keep
theirs, quotes and line ends included.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

import nhs_number

from assets.samples.delimited_bytes import Delimited

# quarantined: the rows are set aside under the code. refused: the file as a whole. remarked: the
# file is loaded and a check shows it. harmless: what is loaded is the same.
Outcome = Literal["quarantined", "refused", "remarked", "harmless"]

# A number with a valid check digit that is nobody's: the example of the NHS Data Dictionary.
EXAMPLE_NUMBER = "9434765919"
OTHER_SUBMISSION = "00000000-0000-4000-8000-000000000000"
WEB_PAGE = b"<!DOCTYPE html>\n<html><head><title>Moved</title></head><body>Log in</body></html>\n"
# In UTF-8 it never starts a character; in the encoding of older spreadsheets it is an en dash.
_EN_DASH_OF_CP1252 = b"\x96"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a fault goes and what is written there; None leaves it to the fault."""

    row: int
    column: str | None = None
    other_column: str | None = None
    value: str | None = None

    def named(self) -> str:
        """The column.

        Raises:
            ValueError: when none was given.
        """
        if self.column is None:
            raise ValueError("this fault goes into a column; say which with column=")
        return self.column


@dataclass(frozen=True, slots=True)
class Planted:
    """What stands where in the new file, and what the platform should do about it.

    ``rows`` count from 1 at the first row of data and are those the fault is in; empty when it is
    in the header or the whole file. ``code`` is the error code of quarantined rows, else None.
    """

    fault: str
    outcome: Outcome
    code: str | None
    rows: tuple[int, ...] = ()
    column: str | None = None
    value: str | None = None


Change = Callable[[Delimited, Place], Place]


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of fault: what it does to a file and what the platform should do about it.

    ``change`` changes the file in place and returns where the fault now is. ``spread`` is how
    many rows it takes from there; 0 says that no row in particular has it.
    """

    what: str
    outcome: Outcome
    code: str | None
    change: Change
    spread: int = 1


def plant(
    path_in: Path,
    path_out: Path,
    fault: str,
    *,
    row: int = 1,
    column: str | None = None,
    other_column: str | None = None,
    value: str | None = None,
    delimiter: str = ",",
    header_line: int = 1,
) -> Planted:
    """Write a copy of a delimited file with one fault, and say what was planted where.

    Args:
        path_in: a sound file.
        path_out: where the faulty copy goes; may be the same.
        fault: a name in ``FAULTS``.
        row: counted from 1 at the first row of data.
        column: header as published; ``"1"``, ``"2"``, ... in a file without header.
        other_column: the second of a pair (``date_order``, ``swapped_column_order``).
        value: written instead of the fault's own value.
        delimiter: between fields.
        header_line: line that holds the header, 0 when there is none.

    Raises:
        ValueError: when the fault, row or column does not exist, a fault needs a column and none
            is given, or the file cannot carry the fault there.
    """
    if fault not in FAULTS:
        raise ValueError(f"there is no fault {fault!r}; there are {', '.join(FAULTS)}")
    kind = FAULTS[fault]
    try:
        text = Delimited.parse(path_in.read_bytes(), delimiter, header_line)
        at = kind.change(text, Place(row, column, other_column, value))
    except ValueError as error:
        raise ValueError(f"{path_in.name}: {fault}: {error}") from error
    path_out.write_bytes(text.content())
    rows = tuple(range(at.row, at.row + kind.spread))
    return Planted(fault, kind.outcome, kind.code, rows, at.column, at.value)


# -- into a cell -------------------------------------------------------------------------------


def _cell(default: str) -> Change:
    """Write a value into a cell."""

    def change(text: Delimited, at: Place) -> Place:
        value = default if at.value is None else at.value
        text.write(at.row, at.named(), value)
        return replace(at, value=value)

    return change


def _out_of_range(text: Delimited, at: Place) -> Place:
    """A day long ago where a day stands, else a negative number."""
    there = text.read(at.row, at.named())
    default = "1066-10-14" if _is_day(there) else "-1"
    return _cell(default)(text, at)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _three_numbers(text: Delimited, at: Place) -> Place:
    """Three different numbers of the range for tests, each with its check digit."""
    numbers = numbers_never_issued(3)
    for offset, number in enumerate(numbers):
        text.write(at.row + offset, at.named(), number)
    return replace(at, value=", ".join(numbers))


def numbers_never_issued(count: int) -> list[str]:
    """Return different NHS numbers of the range 999, which is never issued, with check digits."""
    stems = (f"999{serial:06d}" for serial in range(1_000_000))
    # One stem in eleven has no check digit.
    valid = (f"{stem}{digit}" for stem in stems if (digit := _check_digit(stem)) is not None)
    return [number for number, _ in zip(valid, range(count), strict=False)]


def _check_digit(stem: str) -> int | None:
    digit = nhs_number.calculate_checksum(stem)
    return digit if digit is not None and 0 <= digit <= 9 else None


def _before(text: Delimited, at: Place) -> Place:
    """The second day of a pair the day before the first."""
    if at.other_column is None:
        raise ValueError("it needs two columns; say which comes second with other_column=")
    first = text.read(at.row, at.named())
    if not _is_day(first):
        raise ValueError(f"row {at.row} has no day in {at.column!r} but {first!r}; take another")
    earlier = (date.fromisoformat(first) - timedelta(days=1)).isoformat()
    text.write(at.row, at.other_column, earlier)
    return replace(at, column=at.other_column, value=earlier)


def _of_another_submission(text: Delimited, at: Place) -> Place:
    """Another submission than in the other rows."""
    named = replace(at, column=at.column or "submission_id")
    return _cell(OTHER_SUBMISSION)(text, named)


def _byte_of_another_encoding(text: Delimited, at: Place) -> Place:
    """A byte that is no UTF-8 behind what stands in a cell."""
    column = text.position(at.named())
    fields = text.fields(at.row)
    quoted = fields[column].endswith(b'"')
    body = fields[column][:-1] if quoted else fields[column]
    fields[column] = body + _EN_DASH_OF_CP1252 + (b'"' if quoted else b"")
    text.put(at.row, fields)
    return replace(at, value="\N{EN DASH}")


# -- into a row --------------------------------------------------------------------------------


def _copy(text: Delimited, at: Place) -> Place:
    """A row a second time, right behind itself."""
    text.insert_after(at.row, text.fields(at.row))
    return replace(at, row=at.row + 1, column=None)


def _contradicting_copy(text: Delimited, at: Place) -> Place:
    """A row a second time, with another value in a column that is not of the key."""
    column = at.named()
    there = text.read(at.row, column)
    others = (text.read(row, column) for row in range(1, text.row_count + 1))
    value = at.value or next((other for other in others if other not in ("", there)), None)
    if value is None:
        raise ValueError(f"every row has the same in {column!r}; say what to write with value=")
    text.insert_after(at.row, text.fields(at.row))
    text.write(at.row + 1, column, value)
    return replace(at, value=value)


def _surplus_field(text: Delimited, at: Place) -> Place:
    """One field more than the header has."""
    value = at.value or "surplus"
    text.put(at.row, [*text.fields(at.row), value.encode()])
    return replace(at, column=None, value=value)


def _cut_off(text: Delimited, at: Place) -> Place:
    """The file ends in the middle of its last row."""
    last = text.row_count
    fields = text.fields(last)
    if len(fields) < 2:
        raise ValueError("a row of one field has no middle to cut it in")
    text.put(last, fields[: (len(fields) + 1) // 2])
    text.end_without_line_end()
    return replace(at, row=last, column=None)


def _other_line_end(text: Delimited, at: Place) -> Place:
    """One row ends its line in the other way."""
    text.turn_line_end(at.row)
    return replace(at, column=None)


# -- into the columns --------------------------------------------------------------------------


def _without_column(text: Delimited, at: Place) -> Place:
    column = text.position(at.named())
    text.every(lambda fields: fields[:column] + fields[column + 1 :])
    return at


def _with_column(text: Delimited, at: Place) -> Place:
    """A column more at the end, named as asked."""
    name, value = at.column or "shiny", at.value or "1"
    text.every(lambda fields: [*fields, value.encode()], header=lambda names: [*names, name])
    return replace(at, column=name, value=value)


def _renamed(text: Delimited, at: Place) -> Place:
    column, name = text.position(at.named()), at.value or f"renamed {at.column}"
    text.every(header=lambda names: [*names[:column], name, *names[column + 1 :]])
    return replace(at, value=name)


def _swapped(text: Delimited, at: Place) -> Place:
    """Two columns change places: the first and the last one unless others are named."""
    one = 0 if at.column is None else text.position(at.column)
    other = -1 if at.other_column is None else text.position(at.other_column)

    def swap(fields: Sequence[bytes]) -> list[bytes]:
        swapped = list(fields)
        swapped[one], swapped[other] = swapped[other], swapped[one]
        return swapped

    text.every(swap)
    return at


def _mangled_headers(text: Delimited, at: Place) -> Place:
    """Every header in the other case, with spaces around it and a line break in its middle."""

    def mangle(name: str) -> str:
        middle = max(len(name) // 2, 1)
        return f"  {name[:middle]}\r\n {name[middle:]} ".swapcase()

    text.every(header=lambda names: [mangle(name) for name in names])
    return at


# -- into the file -----------------------------------------------------------------------------


def _instead(content: bytes) -> Change:
    """Something else in place of the whole file."""

    def change(text: Delimited, at: Place) -> Place:
        text.replace_by(content)
        return replace(at, column=None)

    return change


def _as_utf_16(text: Delimited, at: Place) -> Place:
    text.replace_by(text.content().decode("utf-8-sig").encode("utf-16"))
    return replace(at, column=None)


FAULTS: Mapping[str, Fault] = {
    "blank": Fault("a required cell is empty", "quarantined", "blank", _cell("")),
    "wrong_format": Fault(
        "words where a number or a day is due", "quarantined", "wrong_format", _cell("about twelve")
    ),
    "not_allowed": Fault(
        "a value outside the code list", "quarantined", "not_allowed", _cell("no_such_code")
    ),
    "wrong_code": Fault("a code of the wrong shape", "quarantined", "wrong_code", _cell("?!?")),
    "out_of_range": Fault(
        "a number below or a day before the least", "quarantined", "out_of_range", _out_of_range
    ),
    "duplicate_row": Fault("a row stands there twice", "quarantined", "duplicate_row", _copy),
    "duplicate_key": Fault(
        "two rows contradict each other under one key", "refused", None, _contradicting_copy, 2
    ),
    "ragged_row": Fault("a row has a field too many", "quarantined", "ragged_row", _surplus_field),
    "identifier_nhs_number": Fault(
        "one NHS number in a text", "quarantined", "identifier", _cell(f"see {EXAMPLE_NUMBER}")
    ),
    "identifier_column": Fault(
        "three different NHS numbers in a column", "refused", None, _three_numbers, 3
    ),
    "postcode": Fault("a postcode in a text", "quarantined", "identifier", _cell("of ZZ99 3CZ")),
    "email": Fault(
        "an e-mail address in a text",
        "quarantined",
        "identifier",
        _cell("ask a.person@example.org"),
    ),
    "phone": Fault(
        "a telephone number in a text", "quarantined", "identifier", _cell("ring 01632 960123")
    ),
    "date_of_birth": Fault(
        "a date of birth in a text", "quarantined", "identifier", _cell("born 14/10/1966")
    ),
    "date_order": Fault(
        "the second of two days lies before the first", "quarantined", "out_of_range", _before
    ),
    "unknown_reference": Fault(
        "a reference to what does not exist", "remarked", None, _cell("no-such-reference")
    ),
    "two_submissions": Fault(
        "rows of two submissions in one file", "refused", None, _of_another_submission
    ),
    "missing_column": Fault("a required column is missing", "refused", None, _without_column, 0),
    "new_column": Fault("a column nobody knows", "remarked", None, _with_column, 0),
    "renamed_column": Fault("a required column has a new name", "refused", None, _renamed, 0),
    "swapped_column_order": Fault("two columns change places", "harmless", None, _swapped, 0),
    "header_mangled": Fault(
        "headers in other case, with spaces and line breaks", "harmless", None, _mangled_headers, 0
    ),
    "wrong_encoding": Fault("a byte that is no UTF-8", "refused", None, _byte_of_another_encoding),
    "utf16": Fault("the file is UTF-16", "refused", None, _as_utf_16, 0),
    "mixed_line_ends": Fault("line ends of two kinds", "refused", None, _other_line_end),
    "truncated": Fault("the file is cut off in its last row", "refused", None, _cut_off),
    "html_page": Fault("a web page in place of the file", "refused", None, _instead(WEB_PAGE), 0),
    "empty_file": Fault("a file of no bytes", "refused", None, _instead(b""), 0),
}
