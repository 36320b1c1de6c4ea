"""Detectors of identifiers: every spelling of a real one, and nothing that only looks alike."""

from __future__ import annotations

import uuid
from datetime import date, datetime

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assets.extracts.identifiers.detectors import (
    NHS_NUMBER,
    REDACTED,
    Detector,
    detectors_for,
    redact,
    redact_name,
)
from assets.extracts.identifiers.forbidden_headers import forbidden_headers
from assets.extracts.identifiers.scan import Finding, ScannedColumn, scan, scan_ragged

DETECTORS = detectors_for("community", ())

# DOMAIN 7.6; the second is nobody's, the third is of the range for tests.
VALID = ("9434765919", "4010232137", "9990000018")
INVALID = ("9434765918", "9876543214", "1234567890")


def check_digit(nine: str) -> int | None:
    """Modulus 11 as DOMAIN 7.6 states it; None where no check digit exists."""
    left = 11 - sum(int(d) * w for d, w in zip(nine, range(10, 1, -1), strict=True)) % 11
    return {11: 0, 10: None}.get(left, left)


def found(kind: str, text: str) -> set[str]:
    """What a detector finds, which the scan in the engine must find in free text too."""
    of_kind = [detector for detector in DETECTORS if detector.kind == kind]
    values = set().union(*(detector.values_in(text) for detector in of_kind))
    finding = scan_cells([text], is_free=True, detectors=of_kind)
    assert finding.values == values, "the engine and the exact look disagree"
    return values


def scan_cells(
    cells: list[str | None], *, is_free: bool, detectors: list[Detector] | None = None
) -> Finding:
    with duckdb.connect() as connection:
        connection.execute("create table cells (source_row_number bigint, c0 varchar)")
        connection.executemany("insert into cells values (?, ?)", list(enumerate(cells, start=1)))
        columns = [ScannedColumn("c0", "Note", is_free)]
        return scan(connection, "cells", columns, detectors or list(DETECTORS))


# -- NHS numbers ---------------------------------------------------------------------------------

GAPS = (" ", "-", "\u00a0", "\u2009", "\u2013", "", "/", "_", "  ", " - ", "\u200b", "\ufeff")


@pytest.mark.parametrize("number", VALID)
@pytest.mark.parametrize("gap", GAPS)
def test_nhs_number_is_found_in_every_spelling(number: str, gap: str) -> None:
    spelt = gap.join((number[:3], number[3:6], number[6:]))

    assert found("nhs_number", spelt) == {spelt}
    for text in (f"NHS:{spelt}.", f"({spelt})", f"seen {spelt} today", f"x{spelt}y", f"{spelt}.0"):
        assert found("nhs_number", text) == {spelt}, text


@pytest.mark.parametrize("number", INVALID)
def test_number_with_a_wrong_check_digit_is_none(number: str) -> None:
    assert found("nhs_number", number) == set()
    assert found("nhs_number", f"{number[:3]} {number[3:6]} {number[6:]}") == set()


@settings(max_examples=60, deadline=None)
@given(st.from_regex(r"[4-9][0-9]{8}", fullmatch=True))
@example("987654321")
@example("444444444")
@example("999999999")
def test_of_ten_last_digits_one_at_most_makes_a_number(nine: str) -> None:
    wanted = check_digit(nine)

    numbers = {d for d in range(10) if NHS_NUMBER.values_in(f"{nine}{d}")}

    is_never_issued = wanted is not None and len({*nine, str(wanted)}) == 1
    assert numbers == (set() if wanted is None or is_never_issued else {wanted})


@pytest.mark.parametrize(
    "text",
    [
        "0000000000",
        "1111111111",
        "0943476591",
        "01179496066",
        "871731000000106",
        "94347659190",
        "19434765919",
        "0.9434765919",
        "12.9434765919",
        "9434765919.5",
        "943476591",
        "943,476,5919",
        "94 34 76 59 19",
        "2025-09-30T12:34:56.9434765919",
    ],
)
def test_other_runs_of_digits_are_no_nhs_number(text: str) -> None:
    assert found("nhs_number", text) == set()


@pytest.mark.parametrize("text", ["9434765919", "943 476 5919", "9\u200b434765919"])
def test_full_width_digits_are_digits(text: str) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in text)

    assert found("nhs_number", f"seen {wide}") == {wide}


def test_every_number_of_a_text_is_found() -> None:
    text = f"{VALID[0]},{VALID[1]}\n{VALID[2]};{INVALID[0]};"

    assert found("nhs_number", text) == set(VALID)


def test_nhs_numbers_are_looked_for_in_coded_columns_too() -> None:
    assert scan_cells([None, "A81001", VALID[0]], is_free=False).rows == {3}


# -- the other kinds ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("email", "a.person@example.org"),
        ("email", "A_P+x%y-z@mail.nhs.uk"),
        ("telephone", "01179 496 066"),
        ("telephone", "(020) 7946 0018"[1:]),
        ("telephone", "07700900123"),
        ("telephone", "+44 7700 900123"),
        ("telephone", "+44 (0)20 7946 0018"),
        ("telephone", "0044 7700 900123"),
        ("telephone", "00447700900123"),
        ("telephone", "7700900123"),
        ("telephone", "7700 900 123"),
        ("telephone", "447700900123"),
        ("postcode", "SW1A 1AA"),
        ("postcode", "m11ae"),
        ("postcode", "SW1A  1AA"),
        ("postcode", "SW1A\u00a01AA"),
        ("postcode", "GIR 0AA"),
        ("postcode", "CR2 6XH"),
        ("date_of_birth", "01/02/1953"),
        ("date_of_birth", "1.2.1953"),
        ("date_of_birth", "1-12-1999"),
        ("date_of_birth", "1953-02-01"),
        ("date_of_birth", "born 12/03/50"),
        ("date_of_birth", "DOB: 2014-03-12"),
        ("date_of_birth", "D.o.B. 12.3.2014"),
        ("date_of_birth", "birth date was 1 March 2014"),
    ],
)
def test_value_is_found_alone_and_within_words(kind: str, value: str) -> None:
    for text in (value, f"seen, {value}; again", f"({value})", f"Note:{value}"):
        assert found(kind, text), text
        assert value in next(iter(found(kind, text)))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("email", "@vale"),
        ("email", "a person @ home"),
        ("email", "user@host"),
        ("telephone", "0123456"),
        ("telephone", "1234567890"),
        ("telephone", "2025-07-01"),
        ("telephone", "0.1234567890123"),
        ("telephone", "1.0123456789"),
        ("telephone", "0000000123"),
        ("telephone", "REF-0012345678"),
        ("telephone", "7000900123"),
        ("telephone", "7700900123.5"),
        ("postcode", "A81001"),
        ("postcode", "E54000008"),
        ("postcode", "15N"),
        ("postcode", "U12345"),
        ("postcode", "SW1A"),
        ("postcode", "room B1 3rd floor"),
        ("postcode", "at E1 2pm"),
        ("date_of_birth", "01/02/2025"),
        ("date_of_birth", "2025-02-01"),
        ("date_of_birth", "12/03/50"),
        ("date_of_birth", "births registered until 2025-09-30"),
        ("date_of_birth", "1953"),
        ("date_of_birth", "1/1953"),
        ("date_of_birth", "101/02/19531"),
    ],
)
def test_what_only_looks_alike_is_left_alone(kind: str, text: str) -> None:
    assert found(kind, text) == set()


# -- what extracts are full of -----------------------------------------------------------------

HEX_DIGITS = "0123456789abcdef"
EVERY_DAY_TEXT = st.one_of(
    st.uuids().map(str),
    st.text(HEX_DIGITS, min_size=64, max_size=64),
    st.from_regex(r"[A-Z][0-9]{5}", fullmatch=True),
    st.from_regex(r"E[0-9]{8}", fullmatch=True),
    st.from_regex(r"GB-CHC-[0-9]{7}", fullmatch=True),
    st.from_regex(r"GB-COH-[0-9]{8}", fullmatch=True),
    st.dates(min_value=date(2000, 1, 1)).map(str),
    st.datetimes(min_value=datetime(2000, 1, 1)).map(lambda at: f"{at.isoformat()}Z"),
    st.floats(-1e9, 1e9, allow_nan=False).map(repr).filter(lambda text: "e" not in text),
    st.integers(0, 999_999_999).map(str),
    st.from_regex(r"[1-9][0-9]{10,17}", fullmatch=True),
    st.from_regex(r"20[0-9]{2}/[0-9]{2}", fullmatch=True),
    st.just("Mon-Fri 09:00-17:30, closed 25/12/2025"),
    st.just("3.1 of 12,345 people (95% CI 2.9-3.3)"),
)


@settings(max_examples=400, deadline=None)
@given(EVERY_DAY_TEXT)
@example("6ba7b810-9dad-11d1-80b4-00c04fd430c8")
@example("871731000000106")
@example("00000000-0000-4000-8000-000000000000")
@example("12345678-1953-4a01-8000-094347659191")
def test_keys_codes_moments_and_decimals_hold_no_identifier(text: str) -> None:
    by_kind = {
        detector.kind: detector.values_in(text)
        for detector in DETECTORS
        if detector.values_in(text)
    }

    assert by_kind == {}


def test_a_column_of_keys_is_no_column_of_identifiers() -> None:
    keys: list[str | None] = [str(uuid.UUID(int=n * 7919**9 % 2**128)) for n in range(500)]

    for is_free in (True, False):
        assert scan_cells(keys, is_free=is_free).rows == set()


# -- which kinds are looked for --------------------------------------------------------------------


def test_published_extracts_are_held_against_nhs_numbers_alone() -> None:
    assert [d.kind for d in detectors_for("published", ())] == ["nhs_number"]
    assert {d.kind for d in detectors_for("community", ())} == {
        "nhs_number", "email", "telephone", "postcode", "date_of_birth",
    }  # fmt: skip
    assert "postcode" not in {d.kind for d in detectors_for("community", ("postcode",))}


@pytest.mark.parametrize(
    "header",
    [
        "NHS Number", "nhs_no", "Patient NHS number", "NHSNumber", "DOB", "Date of Birth",
        "birth_date", "Forename", "sur name", "Last Name", "Patient Name", "E-mail",
        "email address", "patient forename", "full_name", "birth_year", "BirthYear", "NHS",
        "nhs_id", "Client NHS", "first names", "D.O.B.", "Date\nof birth",
    ],
)  # fmt: skip
def test_headers_that_promise_an_identifier_are_forbidden_everywhere(header: str) -> None:
    for origin in ("published", "community"):
        assert forbidden_headers([header, "value"], origin, ()) == (header,)


@pytest.mark.parametrize(
    "header",
    [
        "Name", "Home Address", "Post Code", "Mobile", "telephone", "Tel", "Contact", "contacts",
        "contact details", "Street", "addr", "initials", "GP name", "champion_name", "name_2",
        "Name of patient", "born",
    ],
)  # fmt: skip
def test_headers_of_contact_details_are_forbidden_in_community_files(header: str) -> None:
    assert forbidden_headers([header], "community", ()) == (header,)
    assert forbidden_headers([header], "published", ()) == ()


@pytest.mark.parametrize(
    "header",
    [
        "practice_name", "PCN Name", "submission_id", "birthplace_n", "nhs_region", "filename",
        "sex", "NHS_ENGLAND_REGION_NAME", "is_nhs", "nhs_organisation", "number of contacts",
        "contact_mode", "hotel", "streetlife", "group_name", "births",
    ],
)  # fmt: skip
def test_other_headers_are_not(header: str) -> None:
    assert forbidden_headers([header], "community", ()) == ()


def test_allowed_kinds_allow_their_headers() -> None:
    assert forbidden_headers(["Postcode", "Phone"], "community", ("postcode",)) == ("Phone",)


# -- names of files --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("sent/a.person@example.org_2025.csv", "sent/[redacted]_2025.csv"),
        ("X-ENG_SW1A 1AA_2025-09.csv", "X-ENG_[redacted]_2025-09.csv"),
        ("X-ENG_SW1A1AA.csv", "X-ENG_[redacted].csv"),
        ("of 07700_900123.csv", "of [redacted].csv"),
        ("tel_07700900123.xlsx", "tel_[redacted].xlsx"),
        ("born 12-03-1950 943_476_5919.csv", "[redacted] [redacted].csv"),
        ("X-DMTG_0f0e0d0c-1111-5222-8333-444455556666.csv", "X-DMTG_[redacted].csv"),
        ("X-TBANK_GB-CHC-9911111_2025-09.csv", "X-TBANK_GB-CHC-9911111_2025-09.csv"),
        ("PCN_individual_level_2025-09.csv", "PCN_individual_level_2025-09.csv"),
    ],
)
def test_names_of_files_lose_identifiers_and_opaque_keys_only(name: str, shown: str) -> None:
    assert redact_name(name, DETECTORS) == shown


# -- the scan --------------------------------------------------------------------------------------


def test_free_columns_alone_are_searched_for_what_running_numbers_resemble() -> None:
    cells: list[str | None] = ["SW1A 1AA", "7700900123"]

    assert scan_cells(cells, is_free=True).rows == {1, 2}
    assert scan_cells(cells, is_free=False).rows == {1}


def test_three_distinct_values_refuse_a_file_and_three_spellings_of_one_do_not() -> None:
    one = VALID[0]
    spellings: list[str | None] = [one, f"{one[:3]} {one[3:6]} {one[6:]}", f"{one}.0", one]

    assert not scan_cells(spellings, is_free=False).refuses_file
    assert not scan_cells([*spellings, VALID[1]], is_free=False).refuses_file
    assert scan_cells([*spellings, *VALID], is_free=False).refuses_file
    assert Finding(forbidden_headers=("DOB",)).refuses_file


def test_a_finding_says_where_and_how_many_but_never_what() -> None:
    finding = scan_cells([None, VALID[0], "x", f"of {VALID[1]}", "a.person@example.org"],
                         is_free=True)  # fmt: skip

    said = finding.describe()

    assert said.startswith(
        "2 value(s) in column 'Note' (rows 2, 4): an NHS number; "
        "1 value(s) in column 'Note' (rows 5): an e-mail address"
    )
    for value in (*VALID, "a.person"):
        assert value not in said
        assert value not in repr(finding)


def test_rows_with_broken_fields_are_scanned_too() -> None:
    finding = Finding()
    scan_ragged(finding, [(4, f"a,{VALID[0]},b,c"), (9, "a,b")], DETECTORS)

    assert finding.rows == {4}


@given(st.text(max_size=30), st.sampled_from(VALID), st.sampled_from(GAPS), st.text(max_size=30))
def test_nothing_that_is_found_is_left_after_redaction(
    before: str, number: str, gap: str, after: str
) -> None:
    spelt = gap.join((number[:3], number[3:6], number[6:]))
    text = f"{before} {spelt} {after}"

    cleaned = redact(text)

    assert spelt not in cleaned
    assert REDACTED in cleaned
    assert not NHS_NUMBER.values_in(cleaned)
