"""Published templates: for each extract an empty file and a workbook that explains every column.

All of it comes from the contract.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from assets.extracts.contract_model.contract import Column, Contract, Layout
from assets.extracts.contract_model.contract_files import CONTRACTS_FOLDER, load_contracts
from assets.extracts.providers.plain_words import (
    accepted_values,
    example_of,
    form_in_words,
    required_in_words,
    rules_in_words,
    type_in_words,
)
from assets.extracts.providers.submission_guide import how_to_send

DICTIONARY_SHEET = "Data dictionary"
SENDING_SHEET = "How to send"
LISTS_SHEET = "Lists"
DICTIONARY_HEADINGS = (
    "Column",
    "Meaning",
    "Type",
    "Required",
    "Allowed values or form",
    "Rules",
    "Example",
)
_DICTIONARY_WIDTHS = (26, 48, 16, 22, 48, 48, 30)

# Workbooks carry the time of writing; a fixed one keeps the same contract the same bytes.
_CREATED = datetime(2026, 1, 1)
# Rows of a sheet, the header among them (Excel's limit).
_ROWS = 1_048_576
# What Excel shows of an input message and of its title.
_MESSAGE, _TITLE = 255, 32
_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2100, 12, 31)


def template_layout(contract: Contract) -> Layout | None:
    """The layout that a template follows: the first that people can fill in, if there is one."""
    for layout in contract.layouts:
        if layout.header and {"csv", "workbook"} & set(layout.formats):
            return layout
    return None


def template_columns(layout: Layout) -> tuple[Column, ...]:
    """Columns of a template, in order; not those whose presence makes a row refused."""
    return tuple(column for column in layout.columns if column.refuses_row is None)


def write_template(
    contract: Contract, folder: Path, titles: Mapping[str, str] | None = None
) -> list[Path]:
    """Write the template of one extract as CSV (the header row) and as a workbook.

    Args:
        contract: of the extract.
        folder: where to write; made when missing.
        titles: titles of extracts by name, for those that the contract refers to.

    Raises:
        ValueError: when the extract has no layout that people can fill in.
    """
    layout = template_layout(contract)
    if layout is None:
        raise ValueError(
            f"{contract.extract} has no layout with a header as CSV or workbook, so there is "
            "nothing to fill in; leave it out"
        )
    folder.mkdir(parents=True, exist_ok=True)
    code = contract.extract_code or contract.extract
    columns = template_columns(layout)
    text, workbook = folder / f"{code}_template.csv", folder / f"{code}_template.xlsx"
    with text.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow([column.spelt for column in columns])
    with xlsxwriter.Workbook(workbook) as book:
        book.set_properties({"title": contract.title, "created": _CREATED})
        formats = {
            "heading": book.add_format({"bold": True, "text_wrap": True, "bg_color": "#DCE6F1"}),
            "title": book.add_format({"bold": True, "font_size": 14}),
            "wrapped": book.add_format({"text_wrap": True, "valign": "top"}),
            # Text stays text: a spreadsheet would make dates and numbers of codes such as 10-12.
            "text": book.add_format({"num_format": "@"}),
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        }
        name = layout.sheets[0] if layout.sheets else code
        rules = {c.name: rules_in_words(contract, layout, c, titles or {}) for c in columns}
        sheet = book.add_worksheet(name)
        _write_dictionary(book, formats, contract, columns, rules)
        _write_sending(book, formats, contract)
        lists = _write_lists(book, formats, contract, columns)
        _write_sheet(sheet, formats, contract, columns, lists)
    return [text, workbook]


def _write_sheet(
    sheet: Any,
    formats: Mapping[str, Any],
    contract: Contract,
    columns: tuple[Column, ...],
    lists: Mapping[str, str],
) -> None:
    """The sheet to fill in: headers, and cells with formats and checks.

    What a column means stands in the data dictionary and in the messages of the checks, and not in
    comments on cells: a workbook that has some is refused, for people write names into them.
    """
    sheet.freeze_panes(1, 0)
    for position, column in enumerate(columns):
        cells = formats["date"] if column.type == "date" else None
        if column.type in ("string", "timestamp"):
            cells = formats["text"]
        sheet.set_column(position, position, max(12, len(column.spelt) + 2), cells)
        sheet.write_string(0, position, column.spelt, formats["heading"])
        form = form_in_words(contract, column)
        check = _check(column, lists.get(column.name))
        if check:
            message = {
                "input_title": column.spelt[:_TITLE],
                "input_message": column.description[:_MESSAGE],
                "error_title": "Not taken in this way",
                "error_message": f"Please enter: {form}"[:_MESSAGE],
            }
            sheet.data_validation(1, position, _ROWS - 1, position, check | message)


def _check(column: Column, list_range: str | None) -> dict[str, Any] | None:
    """What the spreadsheet checks while somebody types; it knows no bounds by other columns."""
    if list_range is not None:
        return {"validate": "list", "source": list_range}
    if column.type == "date":
        lowest = column.lowest if isinstance(column.lowest, date) else _FIRST_DAY
        highest = column.highest if isinstance(column.highest, date) else _LAST_DAY
        return _between("date", lowest, highest)
    if column.type not in ("integer", "decimal"):
        return None
    lowest_number = column.lowest if isinstance(column.lowest, int | float) else None
    highest_number = column.highest if isinstance(column.highest, int | float) else None
    if lowest_number is not None and highest_number is not None:
        return _between(column.type, lowest_number, highest_number)
    if lowest_number is not None:
        return {"validate": column.type, "criteria": ">=", "value": lowest_number}
    if highest_number is not None:
        return {"validate": column.type, "criteria": "<=", "value": highest_number}
    return None


def _between(kind: str, lowest: Any, highest: Any) -> dict[str, Any]:
    return {"validate": kind, "criteria": "between", "minimum": lowest, "maximum": highest}


def _write_lists(
    book: Any, formats: Mapping[str, Any], contract: Contract, columns: tuple[Column, ...]
) -> dict[str, str]:
    """The lists to choose from, one a column; returns where each stands, by column name."""
    sheet = book.add_worksheet(LISTS_SHEET)
    places: dict[str, str] = {}
    for column in columns:
        values = accepted_values(contract, column)
        if not values:
            continue
        position = len(places)
        sheet.set_column(position, position, max(12, len(column.spelt) + 2))
        sheet.write_string(0, position, column.spelt, formats["heading"])
        for row, value in enumerate(values, start=1):
            sheet.write_string(row, position, value, formats["text"])
        last = xlsxwriter.utility.xl_rowcol_to_cell(len(values), position, True, True)
        first = xlsxwriter.utility.xl_rowcol_to_cell(1, position, True, True)
        places[column.name] = f"={LISTS_SHEET}!{first}:{last}"
    return places


def _write_dictionary(
    book: Any,
    formats: Mapping[str, Any],
    contract: Contract,
    columns: tuple[Column, ...],
    rules: Mapping[str, str],
) -> None:
    """One row per column: what it means, what it may hold, and an example."""
    sheet = book.add_worksheet(DICTIONARY_SHEET)
    sheet.freeze_panes(1, 1)
    for position, (heading, width) in enumerate(
        zip(DICTIONARY_HEADINGS, _DICTIONARY_WIDTHS, strict=True)
    ):
        sheet.set_column(position, position, width)
        sheet.write_string(0, position, heading, formats["heading"])
    for row, column in enumerate(columns, start=1):
        cells = (
            column.spelt,
            column.description,
            type_in_words(contract, column),
            required_in_words(column),
            form_in_words(contract, column),
            rules[column.name],
            example_of(contract, column),
        )
        for position, cell in enumerate(cells):
            sheet.write_string(row, position, cell, formats["wrapped"])


def _write_sending(book: Any, formats: Mapping[str, Any], contract: Contract) -> None:
    """How to send a file, in two columns: the question and the answer."""
    sheet = book.add_worksheet(SENDING_SHEET)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 100)
    sheet.write_string(0, 0, contract.title, formats["title"])
    for row, (question, answer) in enumerate(how_to_send(contract), start=2):
        sheet.write_string(row, 0, question, formats["heading"])
        sheet.write_string(row, 1, answer, formats["wrapped"])


def write_templates(folder: Path, contracts_folder: Path = CONTRACTS_FOLDER) -> list[Path]:
    """Write the templates of every extract that local organisations fill in.

    Raises:
        ContractError: for a contract that is not valid.
    """
    contracts = load_contracts(contracts_folder)
    titles = {name: contract.title for name, contract in contracts.items()}
    written = []
    for contract in contracts.values():
        if contract.origin == "community" and template_layout(contract) is not None:
            written += write_template(contract, folder, titles)
    return written
