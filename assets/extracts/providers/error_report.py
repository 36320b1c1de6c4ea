"""The error report of one submission: a workbook that tells a provider what to put right.

It holds nothing that was found to tell who a person is: of such rows it shows number and reason.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import xlsxwriter

from assets.extracts.contract_model.contract import Contract
from assets.extracts.holding.editions import ERROR_REPORT, Edition, Verdict
from assets.extracts.identifiers.detectors import REDACTED
from assets.extracts.judging.parts import TakenPart
from assets.extracts.judging.row_rules import IDENTIFIER, INDIVIDUAL
from assets.extracts.judging.rules_on_editions import Ruled
from assets.extracts.providers.faulty_rows import (
    BAD,
    NOTHING_KEPT,
    ODD,
    Broken,
    Faults,
    FaultyRow,
    Rule,
    faults_of,
)
from expectations.editions import UNKNOWN

SUMMARY_SHEET = "Summary"
RULES_SHEET = "Errors by rule"
ROWS_SHEET = "Rows"
RULES_HEADINGS = ("Code", "Category", "Column", "Message", "What follows", "Rows", "First rows")
ROWS_HEADINGS = ("Row", "Sheet row", "Column", "Category", "Message", "What follows", "Value")
# Before these, where several files make one edition.
FILE_HEADING = "File"

_VALUE = ROWS_HEADINGS.index("Value")

# More lines than this nobody works through by hand; the counts by rule are always of all rows.
MOST_LINES = 10_000
# Excel's limit for the text of one cell.
_CELL = 32_767
# Workbooks carry the time of writing; a fixed one keeps the same report the same bytes.
_CREATED = datetime(2026, 1, 1)

_NOT_KEPT = "not kept"

_TO_DO: Mapping[str, str] = {
    "Blank": "Fill in the cells that must have a value.",
    "Wrong format": "Write dates, numbers and true or false as the data dictionary shows.",
    BAD: "Correct the values that are not allowed, or contradict another cell or row.",
    "Bad file": "Export the file again: some rows were broken on the way.",
    ODD: "Look at the values that are odd; if they are right, there is nothing to do.",
}


@dataclass(frozen=True)
class SubmissionFacts:
    """What became of one file as an edition of one extract.

    ``verdict`` is that of the edition; ``reason`` says why, in words. Of a file that is not in use
    no row is taken in, whichever rules its rows keep.
    """

    file_name: str
    submitter: str
    period: str
    verdict: Verdict
    reason: str
    rows_in_file: int
    rows_loaded: int
    rows_quarantined: int


def report_errors(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    edition: Edition,
    folder: Path,
    taken: Sequence[TakenPart] = (),
    ruled: Ruled | None = None,
) -> None:
    """Write the workbook for whoever sent the files; nothing is written if there is nothing to say.

    Args:
        connection: to read the quarantine with.
        contract: of the extract.
        edition: with its verdict.
        folder: where the rows and the quarantine of the edition were prepared.
        taken: the files, if they could be read.
        ruled: what the rules on the whole edition found, if they were asked.
    """
    named = ruled.named_rows if ruled else ()
    if edition.verdict == "accepted" and not edition.rows_quarantined and not named:
        return
    facts = SubmissionFacts(
        file_name=", ".join(part.file_name for part in edition.parts),
        submitter=edition.submitter,
        period=edition.period,
        verdict=edition.verdict,
        reason=edition.reason,
        rows_in_file=edition.rows_in_file,
        rows_loaded=edition.rows_loaded if edition.verdict == "accepted" else 0,
        rows_quarantined=edition.rows_quarantined,
    )
    faults = faults_of(connection, folder, taken, named, MOST_LINES)
    write_error_report(folder / ERROR_REPORT, contract, facts, faults)


def write_error_report(
    path: Path, contract: Contract, facts: SubmissionFacts, faults: Faults
) -> None:
    """Write the error report of a submission; the same submission gives the same bytes.

    Args:
        path: of the workbook; replaced when there.
        contract: of the extract.
        facts: verdict and row counts.
        faults: of its rows; ``MOST_LINES`` of them are shown.
    """
    ordered = sorted(faults.rows, key=lambda row: (row[:5], row.file_name))
    reasons = sum(broken.rows for broken in faults.broken.values())
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"title": f"Error report: {contract.title}", "created": _CREATED})
        formats = {
            "heading": book.add_format({"bold": True, "text_wrap": True, "bg_color": "#DCE6F1"}),
            "title": book.add_format({"bold": True, "font_size": 14}),
            "wrapped": book.add_format({"text_wrap": True, "valign": "top"}),
        }
        _write_summary(book, formats, contract, facts, faults.broken)
        _write_rules(book, formats, faults.broken)
        _write_rows(book, formats, contract, ordered, reasons)


def _text(sheet: Any, row: int, column: int, text: str, cell_format: Any = None) -> None:
    """A cell of text; never a formula or a link, whatever a provider wrote into it."""
    shown = text if len(text) <= _CELL else f"{text[: _CELL - 1]}…"
    sheet.write_string(row, column, shown, cell_format)


def _write_summary(
    book: Any,
    formats: Mapping[str, Any],
    contract: Contract,
    facts: SubmissionFacts,
    broken: Mapping[Rule, Broken],
) -> None:
    sheet = book.add_worksheet(SUMMARY_SHEET)
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 100)
    code = f" ({contract.extract_code})" if contract.extract_code else ""
    _text(sheet, 0, 0, f"{contract.title}{code}", formats["title"])
    lines: list[tuple[str, str | int]] = [
        ("File", facts.file_name),
        ("Sent by", facts.submitter),
        ("Period", facts.period),
        ("What became of it", verdict_in_words(facts)),
        ("Reason", facts.reason),
        ("Rows in the file", facts.rows_in_file),
        ("Rows taken in", facts.rows_loaded),
        ("Rows set aside", facts.rows_quarantined),
    ]
    lines += [("What to do", line) for line in what_to_do(contract, facts, broken)]
    for row, (heading, value) in enumerate(lines, start=2):
        _text(sheet, row, 0, heading, formats["heading"])
        if isinstance(value, int):
            sheet.write_number(row, 1, value, formats["wrapped"])
        else:
            _text(sheet, row, 1, value, formats["wrapped"])


def verdict_in_words(facts: SubmissionFacts) -> str:
    """What became of a submission, in one sentence."""
    rows = f"{facts.rows_quarantined:,} of {facts.rows_in_file:,} rows"
    match facts.verdict:
        case "accepted" if facts.rows_quarantined == 0:
            return "Taken in whole."
        case "accepted":
            return f"Taken in, but for {rows} that break a rule and were set aside."
        case "refused":
            return "Refused: nothing of it is in use; what was sent before stays in use."
        case "waiting":
            return "Waiting: it is kept, and will be in use as soon as what it refers to is here."


def what_to_do(contract: Contract, facts: SubmissionFacts, broken: Iterable[Rule]) -> list[str]:
    """What the provider should do, one step a line.

    Args:
        contract: of the extract.
        facts: verdict and row counts.
        broken: the rules that rows broke.
    """
    rules = list(broken)
    codes = {rule.code for rule in rules}
    if facts.verdict != "refused" and not codes - {INDIVIDUAL}:
        aside = " Rows about individuals are not taken in." if codes else ""
        return [f"Nothing: thank you.{aside}"]
    categories = {rule.category for rule in rules if rule.code not in NOTHING_KEPT}
    steps = [step for category, step in _TO_DO.items() if category in categories]
    if IDENTIFIER in codes:
        steps.append(
            "Take out what tells who a person is; of rows in which it was found, nothing was kept."
        )
    if rules:
        steps.append(
            f"The sheet “{RULES_SHEET}” says which rules were broken, the sheet “{ROWS_SHEET}” "
            "in which rows. Rows are counted from the first one below the header; the sheet row is "
            "the one that a spreadsheet shows."
        )
    if UNKNOWN in codes:
        again = "; this file is then judged again by itself" if facts.verdict == "refused" else ""
        steps.append(f"Where a row refers to what you have not sent yet, send that{again}.")
    if categories != {ODD}:
        steps.append(
            "Put it right in your own system, and send the whole file again: it replaces this one "
            "in full."
        )
    steps.append(f"Questions: ask the {contract.owner}.")
    return steps


def _write_rules(book: Any, formats: Mapping[str, Any], broken: Mapping[Rule, Broken]) -> None:
    """One line per broken rule, the most frequent first."""
    sheet = book.add_worksheet(RULES_SHEET)
    sheet.freeze_panes(1, 0)
    for position, (heading, width) in enumerate(
        zip(RULES_HEADINGS, (16, 16, 28, 70, 26, 10, 40), strict=True)
    ):
        sheet.set_column(position, position, width)
        _text(sheet, 0, position, heading, formats["heading"])
    most_first = sorted(broken.items(), key=lambda entry: (-entry[1].rows, entry[0]))
    for row, (rule, found) in enumerate(most_first, start=1):
        for position, cell in enumerate(rule):
            _text(sheet, row, position, cell, formats["wrapped"])
        sheet.write_number(row, len(rule), found.rows, formats["wrapped"])
        _text(sheet, row, len(rule) + 1, found.first_in_words, formats["wrapped"])
    if not broken:
        _text(sheet, 1, 0, "No row breaks a rule; the reason stands in the summary.")


def _write_rows(
    book: Any, formats: Mapping[str, Any], contract: Contract, rows: list[FaultyRow], reasons: int
) -> None:
    """One line per reason: the row's number, what is wrong, and the row as it was sent.

    Where several files make the edition, each line begins with the file. ``reasons`` is how many
    there are, shown or not.
    """
    sheet = book.add_worksheet(ROWS_SHEET)
    own = [FILE_HEADING] if any(row.file_name for row in rows) else []
    first = len(own)
    sheet.freeze_panes(1, first + 1)
    # A row is withheld whole, whichever of its reasons a line is about.
    withheld = {_place_of(row) for row in rows if row.code in NOTHING_KEPT}
    sent = [(name, column.spelt) for name, column in contract.columns.items()]
    headings = [*own, *ROWS_HEADINGS, *(spelt for _, spelt in sent)]
    for position, heading in enumerate(headings):
        width = 70 if heading == "Message" else 40 if heading == FILE_HEADING else 18
        sheet.set_column(position, position, width)
        _text(sheet, 0, position, heading, formats["heading"])
    by_spelling = {spelt: name for name, spelt in sent}
    shown = rows[:MOST_LINES]
    for line, row in enumerate(shown, start=1):
        kept = None if _place_of(row) in withheld else _cells(row.row_text)
        if own:
            _text(sheet, line, 0, row.file_name)
        sheet.write_number(line, first, row.source_row_number)
        if row.sheet_row is not None:
            sheet.write_number(line, first + 1, row.sheet_row)
        told = (row.column_name, row.category, row.message, row.follows)
        for position, cell in enumerate(told, start=first + 2):
            _text(sheet, line, position, cell)
        if kept is None:
            _text(sheet, line, first + _VALUE, _NOT_KEPT)
            continue
        value = kept.get(by_spelling.get(row.column_name, row.column_name), "")
        _text(sheet, line, first + _VALUE, value)
        for position, (name, _) in enumerate(sent, start=first + len(ROWS_HEADINGS)):
            if kept.get(name):
                _text(sheet, line, position, kept[name])
    if reasons > len(shown):
        left_out = f"{reasons - len(shown):,} more lines are not shown; see “{RULES_SHEET}”."
        _text(sheet, len(shown) + 1, 0, left_out)


def _place_of(row: FaultyRow) -> tuple[str, int]:
    return row.file_name, row.source_row_number


def _cells(row_text: str | None) -> dict[str, str] | None:
    """The cells of a row by canonical column; none where they, or some of them, were not kept."""
    if row_text is None:
        return None
    cells = {name: "" if cell is None else str(cell) for name, cell in json.loads(row_text).items()}
    return None if any(REDACTED in cell for cell in cells.values()) else cells
