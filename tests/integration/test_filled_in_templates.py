"""Every template, filled in and sent back, is taken in: nothing we hand out is refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from desk import Desk

from assets.extracts.contract_model.contract import Contract
from assets.extracts.contract_model.contract_files import load_contracts
from assets.extracts.holding.editions import Edition
from assets.extracts.providers.plain_words import example_of
from assets.extracts.providers.templates import template_columns, template_layout, write_template
from assets.home import Home

CONTRACTS = load_contracts()
FILLED_IN = [
    contract.extract
    for contract in CONTRACTS.values()
    if (contract.extract_code or "").startswith("X-") and template_layout(contract)
]
DIRECTORY = "ods-reference/epraccur_2025-09.csv"


@pytest.fixture(scope="module")
def editions(
    tmp_path_factory: pytest.TempPathFactory, sample_landing: Path, contracts: dict[str, Contract]
) -> Iterator[dict[str, list[Edition]]]:
    """What became of the filled-in templates of all extracts, sent together."""
    place = tmp_path_factory.mktemp("counter")
    desk = Desk(place / "landing", Home(place / "home"), contracts)
    desk.put(DIRECTORY, (sample_landing / DIRECTORY).read_bytes())
    desk.declare()
    desk.take_in("ods_practices")
    [(practice_code,)] = desk.connection.execute(
        "select min(practice_code) from raw.ods_practices"
    ).fetchall()
    for contract in (CONTRACTS[extract] for extract in FILLED_IN):
        content = fill_in(contract, place / "templates", practice_code)
        desk.put(f"{contract.extract_code}_filled.xlsx", content)
    # Contracts are ordered so that what others refer to comes first.
    yield desk.take_in(*FILLED_IN)
    desk.close()


def fill_in(contract: Contract, folder: Path, practice_code: str) -> bytes:
    """The template workbook with one row, made of the examples of its own data dictionary."""
    layout = template_layout(contract)
    assert layout is not None
    [_, workbook] = write_template(contract, folder)
    book = openpyxl.load_workbook(workbook)
    sheet = book[layout.sheets[0]]
    for position, column in enumerate(template_columns(layout), start=1):
        is_practice = column.name == "practice_code"
        value = practice_code if is_practice else example_of(contract, column)
        is_day = column.type == "date"
        sheet.cell(2, position).value = dt.date.fromisoformat(value) if is_day else value
    book.save(workbook)
    return workbook.read_bytes()


@pytest.mark.parametrize("extract", FILLED_IN)
def test_a_filled_in_template_is_accepted(editions: dict[str, list[Edition]], extract: str) -> None:
    [edition] = editions[extract]

    assert (edition.verdict, edition.reason) == ("accepted", "")
    assert (edition.rows_loaded, edition.rows_quarantined) == (1, 0)
