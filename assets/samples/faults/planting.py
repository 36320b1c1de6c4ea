"""Planting a named fault at a known place of a delimited file, to see whether it is caught.

``plant(good, bad, "not_allowed", row=3, column="status")`` writes a copy of a file with one thing
wrong and says what stands where. Files are changed as bytes: rows a fault does not concern keep
theirs, quotes and line ends included.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from assets.samples.faults.changes import (
    EXAMPLE_NUMBER,
    WEB_PAGE,
    Change,
    Place,
    as_utf_16,
    before,
    byte_of_another_encoding,
    cell,
    contradicting_copy,
    copy,
    cut_off,
    cut_off_in_number,
    instead,
    mangled_headers,
    of_another_submission,
    other_line_end,
    out_of_range,
    renamed,
    saved_as_utf_8,
    surplus_field,
    swapped,
    three_numbers,
    with_column,
    without_column,
)
from assets.samples.faults.delimited_bytes import Delimited

# quarantined: the rows are set aside under the code. refused: the file as a whole. remarked: the
# file is loaded and a check shows it. harmless: what is loaded is the same.
Outcome = Literal["quarantined", "refused", "remarked", "harmless"]


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


FAULTS: Mapping[str, Fault] = {
    "blank": Fault("a required cell is empty", "quarantined", "blank", cell("")),
    "wrong_format": Fault(
        "words where a number or a day is due", "quarantined", "wrong_format", cell("about twelve")
    ),
    "not_allowed": Fault(
        "a value outside the code list", "quarantined", "not_allowed", cell("no_such_code")
    ),
    "wrong_code": Fault("a code of the wrong shape", "quarantined", "wrong_code", cell("?!?")),
    "wrong_check_digit": Fault(
        "a SNOMED CT code with a slip in it", "quarantined", "wrong_code", cell("871731000000107")
    ),
    "not_expected": Fault(
        "a value that another column leaves no room for",
        "quarantined",
        "not_expected",
        cell("other"),
    ),
    "individual": Fault(
        "a row about a person where there may be none",
        "quarantined",
        "individual",
        cell("ann-of-example"),
    ),
    "out_of_range": Fault(
        "a number below or a day before the least", "quarantined", "out_of_range", out_of_range
    ),
    "duplicate_row": Fault("a row stands there twice", "quarantined", "duplicate_row", copy),
    "duplicate_key": Fault(
        "two rows contradict each other under one key", "refused", None, contradicting_copy, 2
    ),
    "ragged_row": Fault("a row has a field too many", "quarantined", "ragged_row", surplus_field),
    "identifier_nhs_number": Fault(
        "one NHS number in a text", "quarantined", "identifier", cell(f"see {EXAMPLE_NUMBER}")
    ),
    "identifier_column": Fault(
        "three different NHS numbers in a column", "refused", None, three_numbers, 3
    ),
    "postcode": Fault("a postcode in a text", "quarantined", "identifier", cell("of ZZ99 3CZ")),
    "email": Fault(
        "an e-mail address in a text",
        "quarantined",
        "identifier",
        cell("ask a.person@example.org"),
    ),
    "phone": Fault(
        "a telephone number in a text", "quarantined", "identifier", cell("ring 01632 960123")
    ),
    "date_of_birth": Fault(
        "a date of birth in a text", "quarantined", "identifier", cell("born 14/10/1966")
    ),
    "date_order": Fault(
        "the second of two days lies before the first", "quarantined", "out_of_range", before
    ),
    "unknown_reference": Fault(
        "a reference to what does not exist", "remarked", None, cell("no-such-reference")
    ),
    "two_submissions": Fault(
        "rows of two submissions in one file", "refused", None, of_another_submission
    ),
    "missing_column": Fault("a required column is missing", "refused", None, without_column, 0),
    "new_column": Fault("a column nobody knows", "remarked", None, with_column, 0),
    "renamed_column": Fault("a required column has a new name", "refused", None, renamed, 0),
    "swapped_column_order": Fault("two columns change places", "harmless", None, swapped, 0),
    "header_mangled": Fault(
        "headers in other case, with spaces and line breaks", "harmless", None, mangled_headers, 0
    ),
    "wrong_encoding": Fault("a byte that is no UTF-8", "refused", None, byte_of_another_encoding),
    "utf16": Fault("the file is UTF-16", "refused", None, as_utf_16, 0),
    "mixed_line_ends": Fault("line ends of two kinds", "refused", None, other_line_end),
    "truncated": Fault("the file is cut off in its last row", "refused", None, cut_off),
    "truncated_in_number": Fault(
        "the file is cut off within its last number", "remarked", None, cut_off_in_number
    ),
    "saved_as_utf8": Fault(
        "a file in an older encoding was saved as UTF-8", "harmless", None, saved_as_utf_8, 0
    ),
    "html_page": Fault("a web page in place of the file", "refused", None, instead(WEB_PAGE), 0),
    "empty_file": Fault("a file of no bytes", "refused", None, instead(b""), 0),
}
