"""What each kind of fault does to a delimited file: the change itself, in place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import nhs_number

from assets.samples.faults.delimited_bytes import Delimited

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


Change = Callable[[Delimited, Place], Place]

_LONG_AGO = datetime(1066, 10, 14)
# As publishers and local organisations write days; two digits of a year cannot be long ago.
_DAY_FORMS = ("%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ", "%Y%m%d", "%d/%m/%Y", "%d%b%Y", "%d-%b-%Y")


# -- into a cell -------------------------------------------------------------------------------


def cell(default: str) -> Change:
    """Write a value into a cell."""

    def change(text: Delimited, at: Place) -> Place:
        value = default if at.value is None else at.value
        text.write(at.row, at.named(), value)
        return replace(at, value=value)

    return change


def out_of_range(text: Delimited, at: Place) -> Place:
    """A day long ago, written as days are there, or a number less than any."""
    there = text.read(at.row, at.named())
    form = next((form for form in _DAY_FORMS if _read_day(there, form)), None)
    default = _LONG_AGO.strftime(form) if form else "-1"
    return cell(default)(text, at)


def _read_day(text: str, form: str) -> date | None:
    try:
        return datetime.strptime(text, form).date()
    except ValueError:
        return None


def three_numbers(text: Delimited, at: Place) -> Place:
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


def before(text: Delimited, at: Place) -> Place:
    """The second day of a pair the day before the first."""
    if at.other_column is None:
        raise ValueError("it needs two columns; say which comes second with other_column=")
    first = text.read(at.row, at.named())
    earlier = the_day_before(first)
    if earlier is None:
        raise ValueError(f"row {at.row} has no day in {at.column!r} but {first!r}; take another")
    text.write(at.row, at.other_column, earlier)
    return replace(at, column=at.other_column, value=earlier)


def the_day_before(day: str) -> str | None:
    """The day before one, written as that one is; None for what is no day."""
    form = next((form for form in _DAY_FORMS if _read_day(day, form)), None)
    read = _read_day(day, form) if form else None
    return (read - timedelta(days=1)).strftime(form) if read and form else None


def of_another_submission(text: Delimited, at: Place) -> Place:
    """Another submission than in the other rows."""
    named = replace(at, column=at.column or "submission_id")
    return cell(OTHER_SUBMISSION)(text, named)


def byte_of_another_encoding(text: Delimited, at: Place) -> Place:
    """A byte that is no UTF-8 behind what stands in a cell."""
    column = text.position(at.named())
    fields = text.fields(at.row)
    quoted = fields[column].endswith(b'"')
    body = fields[column][:-1] if quoted else fields[column]
    fields[column] = body + _EN_DASH_OF_CP1252 + (b'"' if quoted else b"")
    text.put(at.row, fields)
    return replace(at, value="\N{EN DASH}")


# -- into a row --------------------------------------------------------------------------------


def copy(text: Delimited, at: Place) -> Place:
    """A row a second time, right behind itself."""
    text.insert_after(at.row, text.fields(at.row))
    return replace(at, row=at.row + 1, column=None)


def contradicting_copy(text: Delimited, at: Place) -> Place:
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


def surplus_field(text: Delimited, at: Place) -> Place:
    """One field more than the header has."""
    value = at.value or "surplus"
    text.put(at.row, [*text.fields(at.row), value.encode()])
    return replace(at, column=None, value=value)


def cut_off(text: Delimited, at: Place) -> Place:
    """The file ends in the middle of its last row."""
    last = text.row_count
    fields = text.fields(last)
    if len(fields) < 2:
        raise ValueError("a row of one field has no middle to cut it in")
    text.put(last, fields[: (len(fields) + 1) // 2])
    text.end_without_line_end()
    return replace(at, row=last, column=None)


def cut_off_in_number(text: Delimited, at: Place) -> Place:
    """The file ends within the last number of its last row, which is another number then."""
    last = text.row_count
    fields = text.fields(last)
    number = fields[-1]
    if len(number) < 2 or not number.isdigit():
        raise ValueError("its last cell is no number of two digits or more")
    text.put(last, [*fields[:-1], number[:-1]])
    text.end_without_line_end()
    return replace(at, row=last, column=None, value=number[:-1].decode())


def other_line_end(text: Delimited, at: Place) -> Place:
    """One row ends its line in the other way."""
    text.turn_line_end(at.row)
    return replace(at, column=None)


# -- into the columns --------------------------------------------------------------------------


def without_column(text: Delimited, at: Place) -> Place:
    """A column less, in header and rows."""
    column = text.position(at.named())
    text.every(lambda fields: fields[:column] + fields[column + 1 :])
    return at


def with_column(text: Delimited, at: Place) -> Place:
    """A column more at the end, named as asked."""
    name, value = at.column or "shiny", at.value or "1"
    text.every(lambda fields: [*fields, value.encode()], header=lambda names: [*names, name])
    return replace(at, column=name, value=value)


def renamed(text: Delimited, at: Place) -> Place:
    """A column under another name."""
    column, name = text.position(at.named()), at.value or f"renamed {at.column}"
    text.every(header=lambda names: [*names[:column], name, *names[column + 1 :]])
    return replace(at, value=name)


def swapped(text: Delimited, at: Place) -> Place:
    """Two columns change places: the first and the last one unless others are named."""
    one = 0 if at.column is None else text.position(at.column)
    other = -1 if at.other_column is None else text.position(at.other_column)

    def swap(fields: Sequence[bytes]) -> list[bytes]:
        swapped = list(fields)
        swapped[one], swapped[other] = swapped[other], swapped[one]
        return swapped

    text.every(swap)
    return at


def mangled_headers(text: Delimited, at: Place) -> Place:
    """Every header in the other case, with spaces around it and a line break in its middle."""

    def mangle(name: str) -> str:
        middle = max(len(name) // 2, 1)
        return f"  {name[:middle]}\r\n {name[middle:]} ".swapcase()

    text.every(header=lambda names: [mangle(name) for name in names])
    return at


# -- into the file -----------------------------------------------------------------------------


def instead(content: bytes) -> Change:
    """Something else in place of the whole file."""

    def change(text: Delimited, at: Place) -> Place:
        text.replace_by(content)
        return replace(at, column=None)

    return change


def as_utf_16(text: Delimited, at: Place) -> Place:
    """The whole file in UTF-16."""
    text.replace_by(text.content().decode("utf-8-sig").encode("utf-16"))
    return replace(at, column=None)


def saved_as_utf_8(text: Delimited, at: Place) -> Place:
    """The file in UTF-8 with a mark, as spreadsheets save one that was in the older encoding."""
    text.replace_by(text.content().decode("cp1252").encode("utf-8-sig"))
    return replace(at, column=None)
