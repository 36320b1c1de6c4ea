"""The error report: what a provider reads about a submission, and what must never be in it."""

import json
import time
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from assets.extracts.contract_model.contract import Contract
from assets.extracts.contract_model.contract_files import load_contracts
from assets.extracts.identifiers.detectors import REDACTED
from assets.extracts.providers import error_report
from assets.extracts.providers.error_report import (
    ROWS_HEADINGS,
    ROWS_SHEET,
    RULES_HEADINGS,
    RULES_SHEET,
    SUMMARY_SHEET,
    SubmissionFacts,
    write_error_report,
)
from assets.extracts.providers.faulty_rows import Faults, FaultyRow, broken_by

CONTRACTS = load_contracts()
REFERRALS = CONTRACTS["sp_referrals"]
NHS_NUMBER = "9434765919"
VALUE = ROWS_HEADINGS.index("Value")


def facts(**changed: Any) -> SubmissionFacts:
    usual = {
        "file_name": "community/X-SPREF_GB-CHC-1_2025-08.csv",
        "submitter": "GB-CHC-1",
        "period": "2025-08",
        "verdict": "accepted",
        "reason": "3 of 100 rows break a rule",
        "rows_in_file": 100,
        "rows_loaded": 97,
        "rows_quarantined": 3,
    }
    return SubmissionFacts(**(usual | changed))


def blank(row: int, **cells: str | None) -> FaultyRow:
    text = json.dumps({"referral_id": f"R{row}", "referral_source": None} | cells)
    message = "is empty but must have a value"
    return FaultyRow(row, "blank", "Blank", "referral_source", message, text)


def wrong(row: int, value: str) -> FaultyRow:
    text = json.dumps({"referral_id": f"R{row}", "referral_date": value})
    message = "is not a date such as 2025-08-31"
    return FaultyRow(row, "wrong_format", "Wrong format", "referral_date", message, text)


def identifier(row: int, kept: str | None) -> FaultyRow:
    message = "holds an identifier of a person; the value was not kept"
    return FaultyRow(row, "identifier", "Bad value", "", message, kept)


def write(
    path: Path, contract: Contract, given: SubmissionFacts, rows: Iterable[FaultyRow]
) -> None:
    """A report of rows that are all there is."""
    every = list(rows)
    write_error_report(path, contract, given, Faults(broken_by(every), every))


def sheets(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    book = openpyxl.load_workbook(path)
    return {sheet.title: list(sheet.values) for sheet in book}


def summary(path: Path) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for heading, value in sheets(path)[SUMMARY_SHEET][2:]:
        found.setdefault(heading, []).append(value)
    return found


def test_the_summary_says_what_became_of_it_and_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "reports" / "report.xlsx"
    write(path, REFERRALS, facts(), [blank(3), wrong(7, "31.8."), blank(9)])
    told = summary(path)
    assert sheets(path)[SUMMARY_SHEET][0][0] == "Social prescribing referrals (X-SPREF)"
    assert told["File"] == ["community/X-SPREF_GB-CHC-1_2025-08.csv"]
    assert told["What became of it"] == [
        "Taken in, but for 3 of 100 rows that break a rule and were set aside."
    ]
    assert (told["Rows in the file"], told["Rows taken in"], told["Rows set aside"]) == (
        [100],
        [97],
        [3],
    )
    to_do = " ".join(told["What to do"])
    assert "must have a value" in to_do
    assert "dates, numbers" in to_do
    assert "send the whole file again" in to_do
    assert "social prescribing team" in to_do
    assert "Export the file again" not in to_do
    assert "who a person is" not in to_do


def test_a_refusal_in_words(tmp_path: Path) -> None:
    path = tmp_path / "report.xlsx"
    reason = "wrong encoding: line 4 has byte 0x96"
    given = facts(verdict="refused", reason=reason, rows_loaded=0, rows_quarantined=0)
    write(path, REFERRALS, given, [])
    told = summary(path)
    assert told["What became of it"] == [
        "Refused: nothing of it is in use; what was sent before stays in use."
    ]
    assert told["Reason"] == [reason]
    assert "send the whole file again" in " ".join(told["What to do"])
    assert sheets(path)[RULES_SHEET][1][0].startswith("No row breaks a rule; the reason")


def test_a_faultless_submission_asks_for_nothing(tmp_path: Path) -> None:
    path = tmp_path / "report.xlsx"
    write(path, REFERRALS, facts(rows_loaded=100, rows_quarantined=0), [])
    told = summary(path)
    assert told["What became of it"] == ["Taken in whole."]
    assert told["What to do"] == ["Nothing: thank you."]


def test_a_waiting_submission_is_nobodys_fault(tmp_path: Path) -> None:
    path = tmp_path / "report.xlsx"
    given = facts(verdict="waiting", reason="waits", rows_loaded=0, rows_quarantined=0)
    write(path, REFERRALS, given, [])
    told = summary(path)
    assert told["What became of it"][0].startswith("Waiting: it is kept")
    assert told["What to do"] == ["Nothing: thank you."]


def test_rows_that_are_only_odd_need_not_be_sent_again(tmp_path: Path) -> None:
    path = tmp_path / "report.xlsx"
    text = json.dumps({"referral_id": "R1"})
    late = "is later than extracted_at, the day on which the data were taken"
    row = FaultyRow(1, "future_date", "Odd value", "closed_date", late, text, "please check", 2)
    write(path, REFERRALS, facts(rows_loaded=100, rows_quarantined=0), [row])
    told = summary(path)
    assert told["What became of it"] == ["Taken in whole."]
    assert any("odd" in step for step in told["What to do"])
    assert not any("send the whole file again" in step for step in told["What to do"])
    assert sheets(path)[ROWS_SHEET][1][:6] == (
        1,
        2,
        "closed_date",
        "Odd value",
        late,
        "please check",
    )


def test_errors_are_counted_by_rule_in_rows_most_frequent_first(tmp_path: Path) -> None:
    path = tmp_path / "report.xlsx"
    rows = [blank(7), *(wrong(row, "x") for row in range(12, 0, -1)), wrong(12, "y")]
    write(path, REFERRALS, facts(), rows)
    [heading, first, second] = sheets(path)[RULES_SHEET]
    assert heading == RULES_HEADINGS
    message = "is not a date such as 2025-08-31"
    numbers = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …"
    # The row that breaks the rule twice is one row.
    told = ("wrong_format", "Wrong format", "referral_date", message, "row set aside")
    assert first == (*told, 12, numbers)
    assert second[-2:] == (1, "7")


def test_each_line_shows_the_row_as_it_was_sent(tmp_path: Path) -> None:
    path = tmp_path / "report.xlsx"
    write(path, REFERRALS, facts(), [wrong(7, "31.8.25"), blank(3, status="active")])
    heading, first, second = (list(row) for row in sheets(path)[ROWS_SHEET])
    assert tuple(heading[:7]) == ROWS_HEADINGS
    assert (first[0], second[0]) == (3, 7)
    assert second[VALUE] == "31.8.25"
    assert second[heading.index("referral_id")] == "R7"
    assert first[heading.index("status")] == "active"
    assert not first[VALUE]


def test_columns_are_named_as_the_provider_names_them(tmp_path: Path) -> None:
    contract = CONTRACTS["decision_seats"]
    path = tmp_path / "report.xlsx"
    text = json.dumps({"seat_id": "S1", "seat_from": "yesterday"})
    row = FaultyRow(1, "wrong_format", "Wrong format", "from", "is not a date", text)
    write(path, contract, facts(), [row])
    heading, line = (list(row) for row in sheets(path)[ROWS_SHEET])
    assert "seat_from" not in heading
    assert line[VALUE] == line[heading.index("from")] == "yesterday"


@pytest.mark.parametrize("kept", [REDACTED, f"call {NHS_NUMBER}", f"{REDACTED} called"])
def test_nothing_is_shown_of_a_row_with_an_identifier(tmp_path: Path, kept: str) -> None:
    path = tmp_path / "report.xlsx"
    cells = json.dumps({"referral_id": kept, "person_key": NHS_NUMBER})
    # The row breaks another rule as well, and that line must not show it either.
    also = FaultyRow(5, "blank", "Blank", "status", "is empty", cells)
    write(path, REFERRALS, facts(), [also, identifier(5, cells), blank(6)])
    with zipfile.ZipFile(path) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert NHS_NUMBER.encode() not in everything
    assert REDACTED.encode() not in everything
    _, first, second, third = sheets(path)[ROWS_SHEET]
    assert first[VALUE] == second[VALUE] == "not kept"
    assert not any(first[VALUE + 1 :] + second[VALUE + 1 :])
    assert third[VALUE + 1 :].count("R6") == 1
    assert any("who a person is" in step for step in summary(path)["What to do"])


def test_redacted_values_are_not_shown_whatever_the_rule(tmp_path: Path) -> None:
    path = tmp_path / "report.xlsx"
    write(path, REFERRALS, facts(), [blank(4, status=f"{REDACTED} rang")])
    with zipfile.ZipFile(path) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert REDACTED.encode() not in everything


def test_grants_to_individuals_are_not_shown_and_not_the_providers_fault(tmp_path: Path) -> None:
    path = tmp_path / "report.xlsx"
    cells = json.dumps({"grant_id": "360G-x-1", "recipient_ind_name": "A. Person"})
    row = FaultyRow(
        2, "individual", "Bad value", "Recipient Ind:Name", "is filled: not taken in", cells
    )
    write(path, CONTRACTS["grants"], facts(rows_quarantined=1), [row])
    with zipfile.ZipFile(path) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert b"A. Person" not in everything
    assert summary(path)["What to do"] == [
        "Nothing: thank you. Rows about individuals are not taken in."
    ]


def test_a_row_that_could_not_be_split_is_listed_without_values(tmp_path: Path) -> None:
    path = tmp_path / "report.xlsx"
    row = FaultyRow(8, "ragged_row", "Bad file", "", "has the wrong number of fields", None)
    write(path, REFERRALS, facts(), [row])
    line = sheets(path)[ROWS_SHEET][1]
    assert (line[0], line[3], line[VALUE]) == (8, "Bad file", "not kept")
    assert any("Export the file again" in step for step in summary(path)["What to do"])


def test_what_providers_write_never_becomes_a_formula_or_link(tmp_path: Path) -> None:
    path = tmp_path / "report.xlsx"
    evil = '=HYPERLINK("https://example.org","x")'
    link = "https://example.org/"
    long = "x" * 40_000
    rows = [wrong(1, evil), wrong(2, link), wrong(3, long), wrong(4, "bell\x07")]
    write(path, REFERRALS, facts(reason=evil), rows)
    sheet = openpyxl.load_workbook(path)[ROWS_SHEET]
    assert [sheet.cell(line, VALUE + 1).data_type for line in (2, 3, 4)] == ["s", "s", "s"]
    assert sheet["G2"].value == evil
    assert sheet["G3"].hyperlink is None
    assert sheet["G4"].value.endswith("x…")
    assert openpyxl.load_workbook(path)[SUMMARY_SHEET]["B7"].data_type == "s"


def test_lines_beyond_what_anybody_reads_are_counted_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(error_report, "MOST_LINES", 20)
    path = tmp_path / "report.xlsx"
    write(path, REFERRALS, facts(), [blank(row) for row in range(1, 31)])
    lines = sheets(path)[ROWS_SHEET]
    assert [line[0] for line in lines[1:21]] == list(range(1, 21))
    assert len(lines) == 22
    assert lines[21][0] == "10 more lines are not shown; see “Errors by rule”."
    assert sheets(path)[RULES_SHEET][1][5] == 30


def test_the_same_submission_gives_the_same_bytes_in_any_order_of_rows(tmp_path: Path) -> None:
    rows = [blank(3), wrong(3, "x"), wrong(7, "y"), identifier(9, None)]
    first, second = tmp_path / "first.xlsx", tmp_path / "second.xlsx"
    write(first, REFERRALS, facts(), rows)
    time.sleep(1.1)  # workbooks carry the time of writing in seconds
    write(second, REFERRALS, facts(), iter(reversed(rows)))
    assert first.read_bytes() == second.read_bytes()
