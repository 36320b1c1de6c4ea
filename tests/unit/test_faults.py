"""The fault injector: each fault changes exactly what it says, and says exactly what it changed."""

import csv
import io
import re
from pathlib import Path

import pytest

from assets.samples.faults.changes import EXAMPLE_NUMBER, numbers_never_issued
from assets.samples.faults.planting import FAULTS, Planted, plant

# Quoting as publishers have it: needless quotes, quotes inside, a delimiter and a line break in a
# cell, an empty cell in quotes, one line end missing at the end of the file is a case of its own.
SOUND = (
    b'submission_id,"referral_id",status,referral_date,first_contact_date,note\r\n'
    b'5f0c,R1,active,2025-08-01,2025-08-14,"ready, and ""willing"""\r\n'
    b'5f0c,"R2",waiting,2025-08-04,,""\r\n'
    b'5f0c,R3,closed,2025-08-05,2025-08-07,"two\r\nlines"\r\n'
    b"5f0c,R4,closed,2025-08-06,2025-08-19,plain\r\n"
    b"5f0c,R5,active,2025-08-07,2025-08-30,120\r\n"
)
COLUMNS = ["submission_id", "referral_id", "status", "referral_date", "first_contact_date", "note"]

# Where each fault goes in the file above, what it should do there and what code it should bring.
CASES = {
    "blank": ({"row": 3, "column": "status"}, "quarantined", "blank"),
    "wrong_format": ({"row": 3, "column": "referral_date"}, "quarantined", "wrong_format"),
    "not_allowed": ({"row": 3, "column": "status"}, "quarantined", "not_allowed"),
    "wrong_code": ({"row": 3, "column": "referral_id"}, "quarantined", "wrong_code"),
    "wrong_check_digit": ({"row": 3, "column": "note"}, "quarantined", "wrong_code"),
    "not_expected": ({"row": 3, "column": "note"}, "quarantined", "not_expected"),
    "individual": ({"row": 3, "column": "note"}, "quarantined", "individual"),
    "out_of_range": ({"row": 3, "column": "referral_date"}, "quarantined", "out_of_range"),
    "duplicate_row": ({"row": 3}, "quarantined", "duplicate_row"),
    "duplicate_key": ({"row": 3, "column": "status"}, "refused", None),
    "ragged_row": ({"row": 3}, "quarantined", "ragged_row"),
    "identifier_nhs_number": ({"row": 3, "column": "note"}, "quarantined", "identifier"),
    "identifier_column": ({"row": 3, "column": "note"}, "refused", None),
    "postcode": ({"row": 3, "column": "note"}, "quarantined", "identifier"),
    "email": ({"row": 3, "column": "note"}, "quarantined", "identifier"),
    "phone": ({"row": 3, "column": "note"}, "quarantined", "identifier"),
    "date_of_birth": ({"row": 3, "column": "note"}, "quarantined", "identifier"),
    "date_order": (
        {"row": 3, "column": "referral_date", "other_column": "first_contact_date"},
        "quarantined",
        "out_of_range",
    ),
    "unknown_reference": ({"row": 3, "column": "referral_id"}, "remarked", None),
    "two_submissions": ({"row": 3}, "refused", None),
    "missing_column": ({"column": "status"}, "refused", None),
    "new_column": ({}, "remarked", None),
    "renamed_column": ({"column": "status"}, "refused", None),
    "swapped_column_order": ({}, "harmless", None),
    "header_mangled": ({}, "harmless", None),
    "wrong_encoding": ({"row": 3, "column": "note"}, "refused", None),
    "utf16": ({}, "refused", None),
    "mixed_line_ends": ({"row": 2}, "refused", None),
    "truncated": ({}, "refused", None),
    "truncated_in_number": ({}, "remarked", None),
    "saved_as_utf8": ({}, "harmless", None),
    "html_page": ({}, "refused", None),
    "empty_file": ({}, "refused", None),
}
INTO_CELLS = [
    "blank", "wrong_format", "not_allowed", "wrong_code", "out_of_range", "identifier_nhs_number",
    "postcode", "email", "phone", "date_of_birth", "date_order", "unknown_reference",
    "two_submissions", "wrong_check_digit", "not_expected", "individual",
]  # fmt: skip


def faulty(
    folder: Path, fault: str, content: bytes = SOUND, **where: object
) -> tuple[Planted, bytes]:
    """Plant a fault, in its usual place unless told otherwise."""
    good, bad = folder / "good.csv", folder / "bad.csv"
    good.write_bytes(content)
    planted = plant(good, bad, fault, **(where or CASES[fault][0]))
    assert good.read_bytes() == content
    return planted, bad.read_bytes()


def cells(content: bytes) -> list[list[str]]:
    """Header and rows as any reader of CSV sees them."""
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def records(content: bytes) -> list[bytes]:
    """Header and rows as bytes; row n of the file above is record n."""
    return re.findall(rb'(?:"[^"]*"|[^"\n])*\n|(?:"[^"]*"|[^"\n])+\Z', content)


def test_every_fault_has_a_case_here_and_says_what_it_does() -> None:
    assert FAULTS.keys() == CASES.keys()
    assert all(fault.what for fault in FAULTS.values())


@pytest.mark.parametrize("fault", CASES)
def test_outcome_and_code_are_what_the_platform_should_answer(tmp_path: Path, fault: str) -> None:
    planted, content = faulty(tmp_path, fault)

    _, outcome, code = CASES[fault]
    assert (planted.fault, planted.outcome, planted.code) == (fault, outcome, code)
    assert content != SOUND


@pytest.mark.parametrize("fault", CASES)
def test_the_same_fault_twice_is_the_same_file(tmp_path: Path, fault: str) -> None:
    assert faulty(tmp_path, fault) == faulty(tmp_path, fault)


# -- cells -------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", INTO_CELLS)
def test_one_cell_differs_and_it_is_the_one_named(tmp_path: Path, fault: str) -> None:
    planted, content = faulty(tmp_path, fault)

    before, after = cells(SOUND), cells(content)
    different = [
        (row, COLUMNS[column])
        for row, (old, new) in enumerate(zip(before, after, strict=True))
        for column, (was, now) in enumerate(zip(old, new, strict=True))
        if was != now
    ]
    assert different == [(3, planted.column)]
    assert planted.rows == (3,)
    assert after[3][COLUMNS.index(planted.column)] == planted.value
    # What is not touched keeps its bytes, needless quotes included.
    old, new = records(SOUND), records(content)
    assert [n for n, (was, now) in enumerate(zip(old, new, strict=True)) if was != now] == [3]


def test_values_planted_have_the_shape_their_fault_needs(tmp_path: Path) -> None:
    def value(fault: str) -> str:
        return faulty(tmp_path, fault)[0].value or ""

    assert value("blank") == ""
    assert EXAMPLE_NUMBER in value("identifier_nhs_number")
    assert passes_check(EXAMPLE_NUMBER)
    assert re.search(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b", value("postcode"))
    assert re.search(r"\S+@example\.org", value("email"))
    # The range kept for drama.
    assert re.search(r"01632 960\d{3}", value("phone"))
    assert re.search(r"\d{2}/\d{2}/19\d{2}", value("date_of_birth"))
    assert value("date_order") == "2025-08-04"
    assert value("out_of_range") < "2015-01-01"


def test_number_out_of_range_is_negative(tmp_path: Path) -> None:
    planted, content = faulty(
        tmp_path, "out_of_range", b"code,patients\nA,5\nB,6\n", row=2, column="patients"
    )

    assert (planted.value, content) == ("-1", b"code,patients\nA,5\nB,-1\n")


def test_value_can_be_chosen_and_is_quoted_only_if_it_must_be(tmp_path: Path) -> None:
    planted, content = faulty(
        tmp_path, "not_allowed", row=4, column="status", value='say "no", please'
    )

    assert planted.value == 'say "no", please'
    assert records(content)[4].startswith(b'5f0c,R4,"say ""no"", please",2025-08-06,')


def test_column_of_numbers_has_three_valid_ones_that_were_never_issued(tmp_path: Path) -> None:
    planted, content = faulty(tmp_path, "identifier_column")

    found = [row[5] for row in cells(content)[3:6]]
    assert planted.rows == (3, 4, 5)
    assert planted.value == ", ".join(found)
    assert len(set(found)) == 3
    assert all(number.startswith("999") and passes_check(number) for number in found)
    assert cells(content)[:3] == cells(SOUND)[:3]


def passes_check(number: str) -> bool:
    """The check of an NHS number: weights 10 to 2, modulus 11."""
    digits = [int(character) for character in number]
    check = (11 - sum(d * w for d, w in zip(digits, range(10, 1, -1), strict=False)) % 11) % 11
    return len(digits) == 10 and check != 10 and check == digits[9]


def test_any_number_of_numbers_is_valid_and_different() -> None:
    found = numbers_never_issued(500)

    assert len(set(found)) == 500
    assert all(number.startswith("999") and passes_check(number) for number in found)


def test_byte_of_another_encoding_is_the_only_byte_added(tmp_path: Path) -> None:
    planted, content = faulty(tmp_path, "wrong_encoding")

    with pytest.raises(UnicodeDecodeError, match="0x96"):
        content.decode("utf-8")
    assert content.replace(b"\x96", b"") == SOUND
    assert b'lines\x96"\r\n' in content
    assert (planted.rows, planted.column) == ((3,), "note")


# -- rows --------------------------------------------------------------------------------------


def test_row_is_repeated_exactly_behind_itself(tmp_path: Path) -> None:
    planted, content = faulty(tmp_path, "duplicate_row")

    before = records(SOUND)
    assert records(content) == [*before[:4], before[3], *before[4:]]
    assert planted.rows == (4,)


def test_rows_of_one_key_differ_in_one_other_column(tmp_path: Path) -> None:
    planted, content = faulty(tmp_path, "duplicate_key")

    before, after = cells(SOUND), cells(content)
    first, second = (after[row] for row in planted.rows)
    assert [*after[:4], *after[5:]] == before
    assert [name for name, a, b in zip(COLUMNS, first, second, strict=True) if a != b] == ["status"]
    assert second[2] == planted.value == "active"


def test_ragged_row_has_one_field_more(tmp_path: Path) -> None:
    planted, content = faulty(tmp_path, "ragged_row")

    before, after = cells(SOUND), cells(content)
    assert after[3] == [*before[3], "surplus"]
    assert [*after[:3], *after[4:]] == [*before[:3], *before[4:]]
    assert planted.rows == (3,)


def test_truncated_file_ends_inside_its_last_row(tmp_path: Path) -> None:
    planted, content = faulty(tmp_path, "truncated")

    assert SOUND.startswith(content)
    assert content.endswith(b"5f0c,R5,active")
    assert planted.rows == (5,)
    # Blank lines behind the last row go with it.
    assert faulty(tmp_path, "truncated", b"a,b\n1,2\n\n", row=1)[1] == b"a,b\n1"


def test_number_at_the_end_loses_its_last_digit(tmp_path: Path) -> None:
    planted, content = faulty(tmp_path, "truncated_in_number")

    assert content == SOUND.removesuffix(b"0\r\n")
    assert (planted.rows, planted.value) == ((5,), "12")


def test_file_in_an_older_encoding_is_saved_as_utf_8(tmp_path: Path) -> None:
    _, content = faulty(tmp_path, "saved_as_utf8", b"a,b\n1,\x96\n", row=1)

    assert content == "\ufeffa,b\n1,\u2013\n".encode()


@pytest.mark.parametrize(
    ("there", "planted"),
    [
        ("2025-08-01", "1066-10-14"),
        ("2025-08-01T06:00:00Z", "1066-10-14T00:00:00Z"),
        ("20250801", "10661014"),
        ("01/08/2025", "14/10/1066"),
        ("01AUG2025", "14Oct1066"),
        ("12", "-1"),
    ],
)
def test_what_is_out_of_range_is_written_as_values_are_there(
    tmp_path: Path, there: str, planted: str
) -> None:
    _, content = faulty(tmp_path, "out_of_range", f"a,b\n1,{there}\n".encode(), row=1, column="b")

    assert content == f"a,b\n1,{planted}\n".encode()


def test_one_line_ends_in_the_other_way(tmp_path: Path) -> None:
    planted, content = faulty(tmp_path, "mixed_line_ends")

    assert records(content)[2] == records(SOUND)[2].replace(b"\r\n", b"\n")
    assert content.count(b"\r\n") == SOUND.count(b"\r\n") - 1
    assert cells(content) == cells(SOUND)
    assert planted.rows == (2,)

    _, other_way = faulty(tmp_path, "mixed_line_ends", b"a,b\n1,2\n3,4\n", row=2)
    assert other_way == b"a,b\n1,2\n3,4\r\n"


# -- columns -----------------------------------------------------------------------------------


def test_column_is_missing_in_header_and_rows(tmp_path: Path) -> None:
    planted, content = faulty(tmp_path, "missing_column")

    assert cells(content) == [[*row[:2], *row[3:]] for row in cells(SOUND)]
    assert (planted.column, planted.rows) == ("status", ())


def test_column_is_added_at_the_end(tmp_path: Path) -> None:
    planted, content = faulty(tmp_path, "new_column")

    header, *rows = cells(SOUND)
    assert cells(content) == [[*header, "shiny"], *([*row, "1"] for row in rows)]
    assert (planted.column, planted.value) == ("shiny", "1")


def test_column_is_renamed_and_no_row_changes(tmp_path: Path) -> None:
    planted, content = faulty(tmp_path, "renamed_column")

    assert cells(content)[0] == [*COLUMNS[:2], planted.value, *COLUMNS[3:]]
    assert records(content)[1:] == records(SOUND)[1:]


@pytest.mark.parametrize(
    ("where", "order"),
    [
        ({"row": 1}, [5, 1, 2, 3, 4, 0]),
        ({"column": "status", "other_column": "note"}, [0, 1, 5, 3, 4, 2]),
    ],
)
def test_columns_change_places_with_their_values(
    tmp_path: Path, where: dict[str, object], order: list[int]
) -> None:
    _, content = faulty(tmp_path, "swapped_column_order", **where)

    assert cells(content) == [[row[n] for n in order] for row in cells(SOUND)]


def test_mangled_headers_are_the_same_but_for_case_and_white_space(tmp_path: Path) -> None:
    _, content = faulty(tmp_path, "header_mangled")

    header, *rows = cells(content)
    assert rows == cells(SOUND)[1:]
    assert all(name == name.upper() for name in header)
    assert all("\r\n" in name for name in header)
    assert all(name.startswith(" ") and name.endswith(" ") for name in header)
    assert ["".join(name.split()).lower() for name in header] == COLUMNS
    # A break within quotes is the only one a reader forgives.
    assert content.endswith(b"".join(records(SOUND)[1:]))


# -- files -------------------------------------------------------------------------------------


def test_whole_files_are_replaced(tmp_path: Path) -> None:
    assert faulty(tmp_path, "empty_file")[1] == b""
    assert faulty(tmp_path, "html_page")[1].startswith(b"<!DOCTYPE html>")
    assert faulty(tmp_path, "html_page")[0].rows == ()
    content = faulty(tmp_path, "utf16")[1]
    assert content[:2] in (b"\xff\xfe", b"\xfe\xff")
    assert content.decode("utf-16") == SOUND.decode()


# -- other files -------------------------------------------------------------------------------


def test_byte_order_mark_and_other_encodings_are_kept(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbfname,status\nCaf\xe9,open\nInn,open\n"

    planted, after = faulty(tmp_path, "not_allowed", content, row=2, column="status")

    assert after == content.replace(b"Inn,open", b"Inn,no_such_code")
    assert planted.rows == (2,)
    assert faulty(tmp_path, "blank", content, row=1, column="name")[1].startswith(
        b"\xef\xbb\xbfname,status\n,open"
    )


def test_file_without_header_names_columns_by_number(tmp_path: Path) -> None:
    planted, after = faulty(
        tmp_path, "blank", b'"A1","x"\n"A2","y"\n', row=2, column="1", header_line=0
    )

    assert after == b'"A1","x"\n,"y"\n'
    assert (planted.rows, planted.column) == ((2,), "1")


def test_lines_of_text_above_the_header_are_left_alone(tmp_path: Path) -> None:
    content = b'Title\n\n"a note, in quotes"\ncode;size\nA;1\nB;2\n\n'

    _, after = faulty(
        tmp_path, "wrong_format", content, row=1, column="size", header_line=4, delimiter=";"
    )

    assert after == content.replace(b"A;1", b"A;about twelve")


def test_last_row_without_line_end_can_be_repeated(tmp_path: Path) -> None:
    _, after = faulty(tmp_path, "duplicate_row", b"a,b\r\n1,2", row=1)

    assert after == b"a,b\r\n1,2\r\n1,2"


@pytest.mark.parametrize(
    ("fault", "where", "words"),
    [
        ("typo", {"row": 1}, "there is no fault 'typo'; there are blank, wrong_format"),
        ("blank", {"row": 1}, "good.csv: blank: this fault goes into a column; say which with"),
        ("blank", {"row": 1, "column": "nope"}, "no column 'nope'; there are submission_id, "),
        ("blank", {"row": 6, "column": "status"}, "no row 6; there are 5, counted from 1"),
        ("blank", {"row": 0, "column": "status"}, "no row 0; there are 5"),
        ("date_order", {"row": 1, "column": "referral_date"}, "it needs two columns"),
        (
            "date_order",
            {"row": 2, "column": "first_contact_date", "other_column": "referral_date"},
            "row 2 has no day in 'first_contact_date' but ''; take another",
        ),
        ("duplicate_key", {"row": 1, "column": "submission_id"}, "every row has the same in"),
        ("identifier_column", {"row": 4, "column": "note"}, "no row 6; there are 5"),
        ("new_column", {"header_line": 0}, "the file has no header"),
        ("mixed_line_ends", {"row": 9}, "row 9 has no line end that could differ"),
    ],
)
def test_what_cannot_be_planted_is_said(
    tmp_path: Path, fault: str, where: dict[str, object], words: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        faulty(tmp_path, fault, **where)
    assert not (tmp_path / "bad.csv").exists()


def test_file_without_rows_carries_no_fault(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"good\.csv: blank: the file has no row of data below"):
        faulty(tmp_path, "blank", b"a,b\r\n", row=1, column="a")
