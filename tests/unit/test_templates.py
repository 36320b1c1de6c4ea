"""Templates: what a provider fills in is what the platform recognises, and every rule is told."""

import csv
import datetime as dt
import re
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import fastexcel
import openpyxl
import pytest

from assets.extracts.contract_model.contract import Contract
from assets.extracts.contract_model.contract_files import load_contracts
from assets.extracts.judging.row_rules import remarks_on_rows, row_rules
from assets.extracts.providers.plain_words import accepted_values, example_of, form_in_words
from assets.extracts.providers.templates import (
    DICTIONARY_HEADINGS,
    DICTIONARY_SHEET,
    SENDING_SHEET,
    template_columns,
    template_layout,
    write_template,
    write_templates,
)
from assets.extracts.reading.peeking import peek
from assets.extracts.reading.recognition import match_layout, named_like, recognise

CONTRACTS = load_contracts()
FILLED_IN = [
    c.extract for c in CONTRACTS.values() if c.origin == "community" and template_layout(c)
]
INVENTED = {
    "extract": "garden_hours",
    "title": "Hours in community gardens",
    "description": "Hours that people give to community gardens.",
    "publisher": "Community gardens",
    "licence": "none",
    "attribution": "none",
    "owner": "community programmes team",
    "origin": "community",
    "cadence": "annual",
    "expected_lag_days": 14,
    "grain": "one row per garden",
    "file_names": ["garden_*.csv"],
    "period_kind": "year",
    "layouts": [
        {
            "name": "first",
            "columns": [
                {"name": "plot", "description": "Plot of the garden.", "pattern": "P[0-9]"},
                {"name": "hours", "description": "Hours given.", "type": "decimal", "minimum": 0},
                {"name": "kind", "description": "Kind of garden.", "allowed": ["1/2", "=3-4"]},
            ],
        }
    ],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("templates")
    write_templates(place)
    return place


def code_of(contract: Contract) -> str:
    return contract.extract_code or contract.extract


def workbook_of(folder: Path, contract: Contract) -> Path:
    return folder / f"{code_of(contract)}_template.xlsx"


def dictionary(folder: Path, contract: Contract) -> list[dict[str, str]]:
    sheet = fastexcel.read_excel(workbook_of(folder, contract)).load_sheet(DICTIONARY_SHEET)
    return sheet.to_polars().fill_null("").to_dicts()


def test_every_extract_of_local_organisations_has_a_template(folder: Path) -> None:
    codes = {"X-SPREF", "X-SPNEED", "X-SPCON", "X-SPSUP", "X-PROM", "X-PCACT", "X-CHAMP", "X-CHACT"}
    codes |= {"X-ENG", "X-DGRP", "X-DSEAT", "X-DMTG", "X-LIT", "X-TRAIN", "X-STAFF", "X-TBANK"}
    codes |= {"X-ORG"}
    written = {path.name for path in folder.iterdir()}
    for code in codes | {"grants"}:
        assert {f"{code}_template.csv", f"{code}_template.xlsx"} <= written


@pytest.mark.parametrize("extract", FILLED_IN)
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_the_headers_are_those_the_platform_looks_for(
    folder: Path, extract: str, ending: str
) -> None:
    contract = CONTRACTS[extract]
    layout = template_layout(contract)
    path = folder / f"{code_of(contract)}_template.{ending}"
    assert contract in named_like(path.name, CONTRACTS.values())
    wanted = layout.sheets[0] if ending == "xlsx" else None
    [sheet] = [sheet for sheet in peek(path) if sheet.name == wanted]
    match = match_layout(contract, layout, sheet)
    assert match.missing == ()
    assert match.unknown == ()
    assert set(match.positions) == {column.name for column in template_columns(layout)}


@pytest.mark.parametrize("extract", FILLED_IN)
def test_every_column_is_explained(folder: Path, extract: str) -> None:
    contract = CONTRACTS[extract]
    rows = dictionary(folder, contract)
    columns = template_columns(template_layout(contract))
    assert list(rows[0]) == list(DICTIONARY_HEADINGS)
    assert [row["Column"] for row in rows] == [column.spelt for column in columns]
    for row, column in zip(rows, columns, strict=True):
        for heading in ("Meaning", "Type", "Required", "Allowed values or form", "Example"):
            assert row[heading].strip(), (extract, column.name, heading)
        # Nobody should have to read a regular expression.
        assert "of the form" not in row["Allowed values or form"], (extract, column.name)
        assert row["Required"].startswith("Yes") == column.not_null


@pytest.mark.parametrize("extract", FILLED_IN)
def test_the_lists_offer_exactly_the_allowed_values(folder: Path, extract: str) -> None:
    contract = CONTRACTS[extract]
    book = openpyxl.load_workbook(workbook_of(folder, contract))
    layout = template_layout(contract)
    sheet = book[layout.sheets[0]]
    offered = {}
    for check in sheet.data_validations.dataValidation:
        if check.type != "list":
            continue
        name, cells = re.fullmatch(r"(\w+)!(.+)", check.formula1).groups()
        letters = re.match(r"[A-Z]+", str(check.sqref))[0]
        left, top, right, bottom = openpyxl.utils.range_boundaries(cells.replace("$", ""))
        listed = book[name].iter_rows(top, bottom, left, right, values_only=True)
        values = tuple(value for (value,) in listed)
        offered[sheet[f"{letters}1"].value] = values
        assert str(check.sqref).endswith("1048576")
    wanted = {
        column.spelt: accepted_values(contract, column)
        for column in template_columns(layout)
        if accepted_values(contract, column)
    }
    assert offered == wanted


@pytest.mark.parametrize("extract", FILLED_IN)
def test_the_examples_keep_the_rules_of_the_contract(extract: str) -> None:
    contract = CONTRACTS[extract]
    layout = template_layout(contract)
    columns = {column.name: column for column in template_columns(layout)}
    cells = ", ".join(f"? as {name}" for name in [f'"{name}"' for name in columns])
    connection = duckdb.connect()
    connection.execute(
        f"create table example as select {cells}",
        [example_of(contract, column) for column in columns.values()],
    )
    for rule in [*row_rules(columns, layout.cases), *remarks_on_rows(columns)]:
        [(broken,)] = connection.execute(
            f"select count(*) from example where {rule.condition}"
        ).fetchall()
        assert not broken, (extract, rule.column, rule.message)


@pytest.mark.parametrize("extract", FILLED_IN)
def test_a_filled_in_workbook_is_recognised(folder: Path, tmp_path: Path, extract: str) -> None:
    contract = CONTRACTS[extract]
    layout = template_layout(contract)
    book = openpyxl.load_workbook(workbook_of(folder, contract))
    sheet = book[layout.sheets[0]]
    for position, column in enumerate(template_columns(layout), start=1):
        value = example_of(contract, column)
        is_day = column.type == "date"
        sheet.cell(2, position).value = dt.date.fromisoformat(value) if is_day else value
    path = tmp_path / "filled in.xlsx"
    book.save(path)
    found = recognise(path.name, peek(path), CONTRACTS)
    assert [match.contract.extract for match in found.matches] == [extract]
    assert found.broken == ()


def test_codes_stay_text_and_days_are_days(folder: Path) -> None:
    sheet = openpyxl.load_workbook(workbook_of(folder, CONTRACTS["sp_referrals"]))["X-SPREF"]
    formats = {
        sheet.cell(1, position).value: sheet.column_dimensions[
            openpyxl.utils.get_column_letter(position)
        ].number_format
        for position in range(1, sheet.max_column + 1)
    }
    # Without it a spreadsheet makes 16-24 a day and cuts a code of 18 digits to 15.
    assert formats["age_band"] == formats["snomed_code"] == formats["extracted_at"] == "@"
    assert formats["referral_date"] == "yyyy-mm-dd"
    assert formats["imd_decile"] == "General"


def test_numbers_and_days_are_checked_while_they_are_typed(folder: Path) -> None:
    sheet = openpyxl.load_workbook(workbook_of(folder, CONTRACTS["sp_contacts"]))["X-SPCON"]
    headers = [cell.value for cell in sheet[1]]
    checks = {
        headers[openpyxl.utils.column_index_from_string(re.match("[A-Z]+", str(c.sqref))[0]) - 1]: c
        for c in sheet.data_validations.dataValidation
    }
    minutes = checks["minutes"]
    assert (minutes.type, minutes.formula1, minutes.formula2) == ("whole", "0", "480")
    assert checks["contact_date"].type == "date"
    assert "contact_id" not in checks


def test_rules_between_columns_are_told(folder: Path) -> None:
    rules = {row["Column"]: row for row in dictionary(folder, CONTRACTS["sp_referrals"])}
    assert "Not before referral_date." in rules["first_contact_date"]["Rules"]
    assert "Only filled where status is declined." in rules["decline_reason"]["Rules"]
    assert "only once" in rules["referral_id"]["Rules"]
    assert "GP practices" in rules["practice_code"]["Rules"]
    assert "5 %" in rules["practice_code"]["Rules"]
    assert "30 % of the rows say not_stated or are empty" in rules["ethnic_group"]["Rules"]
    assert "same in every row" in rules["period_end"]["Rules"]
    assert rules["imd_decile"]["Allowed values or form"] == "from 1 to 10"
    assert "2015-01-01 or later" in rules["referral_date"]["Allowed values or form"]
    seats = {row["Column"]: row for row in dictionary(folder, CONTRACTS["decision_seats"])}
    assert seats["ethnic_group"]["Rules"].endswith("30 % of the rows say not_stated.")
    needs = {row["Column"]: row for row in dictionary(folder, CONTRACTS["sp_needs"])}
    assert "combination of referral_id and need_code" in needs["need_code"]["Rules"]
    sessions = {row["Column"]: row for row in dictionary(folder, CONTRACTS["champion_sessions"])}
    assert "Not more than attendances." in sessions["new_attendees"]["Rules"]
    assert "can be known" in sessions["activity_name"]["Rules"]


@pytest.mark.parametrize("extract", FILLED_IN)
def test_how_to_send_says_whom_to_ask_in_plain_words(folder: Path, extract: str) -> None:
    contract = CONTRACTS[extract]
    sheet = openpyxl.load_workbook(workbook_of(folder, contract))[SENDING_SHEET]
    text = " ".join(str(cell) for row in sheet.values for cell in row if cell)
    assert contract.owner in text
    assert "NHS numbers" in text
    assert "replaces the earlier one in full" in text
    assert ("13 months" in text) == contract.person_level
    for jargon in ("quarantine", "edition", "null", "regex", "boolean", "constraint", "parse"):
        assert not re.search(rf"\b{jargon}", text, flags=re.IGNORECASE), jargon


def test_what_organisations_publish_of_themselves_is_not_forbidden(folder: Path) -> None:
    texts = {}
    for extract in ("grants", "sp_referrals"):
        sheet = openpyxl.load_workbook(workbook_of(folder, CONTRACTS[extract]))[SENDING_SHEET]
        texts[extract] = " ".join(str(cell) for row in sheet.values for cell in row if cell)
    assert "postcodes" in texts["sp_referrals"]
    assert "postcodes" not in texts["grants"]
    assert "Rows about individuals are set aside" in texts["grants"]


def test_columns_about_individuals_are_not_offered(folder: Path) -> None:
    with (folder / "grants_template.csv").open(encoding="utf-8", newline="") as file:
        [headers] = list(csv.reader(file))
    assert "Recipient Org:Name" in headers
    assert not [header for header in headers if header.startswith(("Recipient Ind", "To Ind"))]


def test_an_invented_extract_gets_its_template_from_its_contract_alone(tmp_path: Path) -> None:
    contract = Contract.model_validate(INVENTED)
    text, workbook = write_template(contract, tmp_path / "new" / "folder")
    assert text.read_bytes() == b"plot,hours,kind\r\n"
    book = openpyxl.load_workbook(workbook)
    assert book.sheetnames[0] == "garden_hours"
    rows = list(book[DICTIONARY_SHEET].values)
    # A form nobody has put in words is shown as it is, and gets no example that might be wrong.
    assert rows[1][4] == "of the form P[0-9]"
    assert not rows[1][6]
    assert rows[2][4] == "0 or more"
    # Values that look like a formula or a day stay text.
    assert [row[0].value for row in book["Lists"]["A2:A3"]] == ["1/2", "=3-4"]
    assert {row[0].data_type for row in book["Lists"]["A2:A3"]} == {"s"}


def test_an_extract_that_nobody_fills_in_has_no_template(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="oruk_services has no layout with a header"):
        write_template(CONTRACTS["oruk_services"], tmp_path)
    assert not list(folder.glob("oruk*"))


def test_the_same_contract_gives_the_same_bytes(tmp_path: Path) -> None:
    first = write_template(CONTRACTS["engagement_records"], tmp_path / "first")
    time.sleep(1.1)  # workbooks carry the time of writing in seconds
    second = write_template(CONTRACTS["engagement_records"], tmp_path / "second")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_forms_in_words() -> None:
    contract = CONTRACTS["sp_referrals"]
    assert "SNOMED" in form_in_words(contract, contract.columns["snomed_code"])
    assert form_in_words(contract, contract.columns["extract_code"]) == "X-SPREF"


def test_the_command_line_writes_them_all(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "orchestration.command_line", "templates"]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [*command, str(tmp_path)], cwd=root, capture_output=True, text=True, check=True
    )
    assert sorted(done.stdout.split()) == sorted(str(path) for path in tmp_path.iterdir())
    assert len(done.stdout.split()) == 2 * len(FILLED_IN)
