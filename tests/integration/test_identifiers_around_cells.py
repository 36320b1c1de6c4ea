"""Identifiers wherever a community file can hold one: none of them gets as far as the archive."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet
import pytest

from assets.durable_files import hash_of
from assets.extracts.arriving.arrival import Arrival
from assets.extracts.arriving.landing import Declaration
from assets.extracts.contract_model.contract import Contract
from assets.extracts.holding.archive import Archive
from assets.extracts.judging.file_scan import RefusedFileError
from assets.extracts.judging.parts import PartIntake, TakenPart, match_file
from assets.extracts.reading.sheets import UnreadableFileError

# Invented, in the shapes that the door looks for.
EMAIL, TELEPHONE, POSTCODE = "ann.planted@example.org", "07700 900123", "SW1A 1AA"
HEADER = [
    "submission_id", "submitter_org_id", "extract_code", "schema_version", "period_start",
    "period_end", "extracted_at", "engagement_id", "project_id", "org_code", "org_level", "title",
    "started_on", "ended_on", "component", "stage", "activity_code", "self_class",
    "participants_n", "le_participants_n", "le_decision_right", "decision_made",
    "decision_influenced", "feedback_date", "paid_or_reimbursed", "evidence_url",
    "people_class", "classified_by", "what_changed", "what_changed_cleared",
]  # fmt: skip
ROW = [
    "0f0e0d0c-1111-5222-8333-444455556666", "GB-CHC-9911111", "X-ENG", "1.0.0", "2025-09-01",
    "2025-09-30", "2025-10-11T06:00:00Z", "E-1", "P-1", "QOX", "icb", "Walks", "2025-09-02", "",
    "", "design", "inform_meeting", "with", "12", "4", "shares", "true",
    "changed", "", "", "", "", "", "", "",
]  # fmt: skip


@dataclass
class Taking:
    """Takes a file in, and tells what of it is in the archive then."""

    intake: PartIntake
    folder: Path

    def __call__(
        self, extract: str, content: bytes | Path, name: str = "arrived", sha256: str = ""
    ) -> TakenPart:
        path = content if isinstance(content, Path) else self.folder / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        arrival = Arrival(
            file_name=name,
            sha256=sha256 or hash_of(path),
            bytes=path.stat().st_size,
            declaration=Declaration(synthetic=True, period=None),
        )
        filed = self.intake.file(self.intake.contracts[extract], arrival, path)
        return self.intake.take(filed, "an edition", self.folder, 0)

    def archived(self) -> bytes:
        """Everything in the archive: files as they are, workbooks and Parquet as text too."""
        found = []
        for path in (self.folder / "archive").rglob("*"):
            if path.is_file():
                found.append(path.read_bytes())
            if path.is_file() and zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as workbook:
                    found += [workbook.read(name) for name in workbook.namelist()]
            elif path.is_file() and found[-1].startswith(b"PAR1"):
                table = pyarrow.parquet.read_table(path)
                found.append(f"{table.to_pylist()} {table.schema.metadata}".encode())
        return b"\n".join(found)


@pytest.fixture
def take(tmp_path: Path, contracts: dict[str, Contract]) -> Iterator[Taking]:
    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        yield Taking(PartIntake(connection, contracts, Archive(tmp_path / "archive")), tmp_path)


def rows_with(*changes: dict[str, str]) -> list[list[str]]:
    """Rows of engagement, each with what differs, and one that is sound."""
    rows = []
    for number, change in enumerate([*changes, {}], start=1):
        row = dict(zip(HEADER, ROW, strict=True)) | {"engagement_id": f"E-{number}"} | change
        rows.append(list(row.values()))
    return rows


def as_csv(rows: list[list[str]], header: list[str] = HEADER) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue().encode()


def as_workbook(folder: Path, spoil: Callable[[openpyxl.Workbook], None] = lambda _: None) -> Path:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = "X-ENG"
    for row in [HEADER, *rows_with({}, {})]:
        sheet.append(row)
    spoil(workbook)
    workbook.save(folder / "arrived.xlsx")
    return folder / "arrived.xlsx"


# -- cells -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("engagement_id", "07700900123"),
        ("project_id", "SW1A1AA"),
        ("evidence_url", "https://example.org/?tel=07700900123"),
        ("stage", "07700 900123 Mrs Smith"),
        ("org_code", "SW1A 1AA"),
        ("started_on", "12/03/1950"),
        ("title", "with Mrs Smith, 7700900123"),
    ],
)
def test_an_identifier_in_a_column_of_any_kind_is_kept_nowhere(
    take: Taking, column: str, value: str
) -> None:
    taken = take("engagement_records", as_csv(rows_with({column: value, "title": value})))

    assert taken.record.rows_quarantined == 1
    quarantine = pyarrow.parquet.read_table(take.folder / "quarantine_0.parquet").to_pylist()
    assert "identifier" in {problem["code"] for problem in quarantine}
    held = take.archived() + repr(quarantine).encode()
    assert value.encode() not in held
    assert b"Mrs Smith" not in held, "nothing of the row is kept"
    assert b"E-2" in held, "the sound row is"


def test_days_that_keep_the_rules_are_no_dates_of_birth_beside_one_that_does_not(
    take: Taking,
) -> None:
    old = [{"started_on": f"1998-04-0{day}"} for day in range(1, 8)]

    taken = take("engagement_records", as_csv(rows_with({"started_on": "12/03/1950"}, *old)))

    assert taken.record.rows_quarantined in (1, 8), "refused as a column of dates of birth"


def test_rows_with_broken_quotes_that_hide_where_rows_end_refuse_the_file(take: Taking) -> None:
    rows = as_csv(rows_with(*[{}] * 30, {"title": EMAIL}))
    broken = rows.replace(b"E-2,", b'"E-2,', 1)

    with pytest.raises((RefusedFileError, UnreadableFileError)):
        take("engagement_records", broken)
    assert EMAIL.encode() not in take.archived()


# -- workbooks -------------------------------------------------------------------------------------


def in_header(workbook: openpyxl.Workbook) -> None:
    workbook.active.oddHeader.center.text = f"for {EMAIL}"


def in_properties(workbook: openpyxl.Workbook) -> None:
    workbook.properties.creator = EMAIL


def in_formula(workbook: openpyxl.Workbook) -> None:
    workbook.create_sheet("notes")["B2"] = f'=IF(TRUE,1,"{EMAIL}")'


def in_link(workbook: openpyxl.Workbook) -> None:
    sheet = workbook.create_sheet("notes")
    sheet["B2"] = "write"
    sheet["B2"].hyperlink = f"mailto:{EMAIL}"


def in_range_name(workbook: openpyxl.Workbook) -> None:
    workbook.defined_names["list"] = openpyxl.workbook.defined_name.DefinedName(
        "list", attr_text=f'"{EMAIL}"'
    )


def in_rule(workbook: openpyxl.Workbook) -> None:
    rule = openpyxl.worksheet.datavalidation.DataValidation(
        type="list", formula1='"a,b"', prompt=EMAIL, promptTitle="who"
    )
    rule.add("B2")
    workbook.active.add_data_validation(rule)


@pytest.mark.parametrize(
    "spoil", [in_header, in_properties, in_formula, in_link, in_range_name, in_rule]
)
def test_what_stands_beside_the_cells_of_a_workbook_is_not_kept_and_remarked(
    take: Taking, tmp_path: Path, spoil: Callable[[openpyxl.Workbook], None]
) -> None:
    path = as_workbook(tmp_path, spoil)
    with zipfile.ZipFile(path) as workbook:
        assert any(EMAIL.encode() in workbook.read(name) for name in workbook.namelist())

    taken = take("engagement_records", path)

    assert taken.record.rows_loaded == 3
    assert "an e-mail address in" in "; ".join(taken.not_kept)
    assert EMAIL.encode() not in take.archived()
    assert b"P-1" in take.archived()


def test_a_clean_workbook_is_archived_byte_for_byte(take: Taking, tmp_path: Path) -> None:
    path = as_workbook(tmp_path)
    content = path.read_bytes()

    taken = take("engagement_records", path)

    assert taken.not_kept == ()
    assert content in take.archived()


def test_a_sheet_named_like_an_identifier_refuses_the_file(take: Taking, tmp_path: Path) -> None:
    path = as_workbook(tmp_path, lambda workbook: workbook.create_sheet(EMAIL))

    with pytest.raises(RefusedFileError, match="the name of sheet 2"):
        take("engagement_records", path)


def test_a_part_that_cannot_be_read_is_not_kept(take: Taking, tmp_path: Path) -> None:
    path = as_workbook(tmp_path)
    with zipfile.ZipFile(path, "a") as workbook:
        workbook.writestr("xl/embeddings/letter.docx", b"Dear Mrs Smith")

    taken = take("engagement_records", path)

    assert "an embedded file" in "; ".join(taken.not_kept)
    assert b"Mrs Smith" not in take.archived()


def test_of_a_row_of_another_sheet_nothing_is_kept_and_it_is_remarked(
    take: Taking, tmp_path: Path
) -> None:
    def spoil(workbook: openpyxl.Workbook) -> None:
        notes = workbook.create_sheet("notes")
        notes.append(["what", "more"])
        notes.append(["Mrs Smith", f"ring {TELEPHONE}"])
        notes.append(["the hall", "is warm"])

    taken = take("engagement_records", as_workbook(tmp_path, spoil))

    assert "a telephone number, in sheet 2" in "; ".join(taken.not_kept)
    for value in (b"Mrs Smith", b"900123"):
        assert value not in take.archived()
    assert b"the hall" in take.archived()


def test_what_was_found_in_a_workbook_is_not_taken_for_another(
    take: Taking, tmp_path: Path
) -> None:
    """The same sheets again, under the same names: with an identifier in them now, then without."""

    def notes(text: str) -> Callable[[openpyxl.Workbook], None]:
        def spoil(workbook: openpyxl.Workbook) -> None:
            workbook.create_sheet("notes").append([text])
            workbook.properties.title = text

        return spoil

    clean = take("engagement_records", as_workbook(tmp_path, notes("the hall is warm")))
    spoilt = take("engagement_records", as_workbook(tmp_path, notes(f"ring {TELEPHONE}")))
    again = take("engagement_records", as_workbook(tmp_path, notes("the hall is warm")))

    assert (clean.not_kept, again.not_kept) == ((), ())
    said = "; ".join(spoilt.not_kept)
    assert "a telephone number, in sheet 2" in said
    assert "a telephone number in the document properties" in said


def test_what_is_held_without_identifiers_does_not_vouch_for_what_arrives(
    take: Taking, tmp_path: Path
) -> None:
    """Both go by the hash of what arrived, and one run may read the held copy first."""
    arrived = "0" * 64

    def spoil(workbook: openpyxl.Workbook) -> None:
        workbook.create_sheet("notes").append([f"ring {TELEPHONE}"])

    def redact(workbook: openpyxl.Workbook) -> None:
        workbook.create_sheet("notes").append(["ring"])

    held = take("engagement_records", as_workbook(tmp_path, redact), sha256=arrived)
    again = take("engagement_records", as_workbook(tmp_path, spoil), sha256=arrived)

    assert held.not_kept == ()
    assert "a telephone number, in sheet 2" in "; ".join(again.not_kept)


# -- Parquet and JSON ------------------------------------------------------------------------------


def test_metadata_of_a_parquet_file_is_not_kept(take: Taking, tmp_path: Path) -> None:
    columns = {name: list(cells) for name, cells in zip(HEADER, zip(*rows_with({}), strict=True), strict=True)}  # fmt: skip  # noqa: E501
    table = pa.table(columns).replace_schema_metadata({"made by": EMAIL})
    pyarrow.parquet.write_table(table, tmp_path / "arrived.parquet")

    taken = take("engagement_records", tmp_path / "arrived.parquet")

    assert taken.not_kept == ("an e-mail address in the metadata of the file",)
    assert EMAIL.encode() not in take.archived()


def grant(number: int, **more: object) -> dict[str, object]:
    return {
        "id": f"360G-planted-{number}",
        "title": "Hall",
        "description": "Heating",
        "currency": "GBP",
        "amountAwarded": 100,
        "awardDate": "2025-09-02",
        "recipientOrganization": [{"id": "GB-CHC-9911111", "name": "Hall"}],
        "fundingOrganization": [{"id": "GB-LAE-PLA", "name": "Planted"}],
        **more,
    }


def as_json(*grants: dict[str, object], **more: object) -> bytes:
    return json.dumps({"grants": list(grants), **more}).encode()


NUMBER = "9434765919"


def test_a_member_that_no_column_is_made_of_sets_its_record_aside(take: Taking) -> None:
    escaped = "".join(f"\\u{ord(digit):04x}" for digit in NUMBER)
    content = as_json(grant(1, note={"deep": ["of Mrs Smith", "PLANTED"]}), grant(2))

    taken = take("grants", content.replace(b"PLANTED", escaped.encode()), "grants_2025.json")

    assert (taken.record.rows_quarantined, taken.record.rows_loaded) == (1, 1)
    for value in (NUMBER.encode(), escaped.encode(), b"Mrs Smith", b"360G-planted-1"):
        assert value not in take.archived()
    assert b"360G-planted-2" in take.archived()


def test_members_beside_the_records_and_repeated_ones_are_looked_at(take: Taking) -> None:
    content = as_json(grant(1), about=NUMBER).replace(b'"about"', b'"about": "4010232137", "about"')

    taken = take("grants", content, "grants_2025.json")

    assert taken.not_kept == ("an NHS number in a member beside the records",)
    assert NUMBER.encode() not in take.archived()
    assert b"4010232137" not in take.archived()


# -- grants to individuals -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "member",
    [
        {"recipientIndividual": {"postalCode": "Smithtown"}},
        {"recipientIndividual": [{"name": "Smithtown"}]},
        {"toIndividualsDetails": [{"anything": {"deep": "Smithtown"}}]},
        {"recipientIndividual": "Smithtown"},
    ],
)
def test_of_a_record_about_an_individual_nothing_is_kept(
    take: Taking, member: dict[str, object]
) -> None:
    taken = take("grants", as_json(grant(1, **member), grant(2)), "grants_2025.json")

    assert taken.conformed.rows_about_individuals == 1
    assert taken.record.rows_loaded == 1
    assert b"Smithtown" not in take.archived()


def test_an_empty_list_of_individuals_says_nothing(take: Taking) -> None:
    taken = take("grants", as_json(grant(1, recipientIndividual=[])), "grants_2025.json")

    assert taken.record.rows_loaded == 1


def grants_csv(heading: str) -> bytes:
    header = [
        "Identifier", "Title", "Description", "Currency", "Amount Awarded", "Award Date",
        "Recipient Org:Identifier", "Recipient Org:Name", "Funding Org:Identifier",
        "Funding Org:Name", "Recipient Ind:Name", heading,
    ]  # fmt: skip
    row = ["360G-planted-1", "Hall", "Heating", "GBP", "100", "2025-09-02", "GB-CHC-9911111",
           "Hall", "GB-LAE-PLA", "Planted"]  # fmt: skip
    return as_csv([[*row, "", "Smithtown"], ["360G-planted-2", *row[1:], "", ""]], header)


@pytest.mark.parametrize(
    "heading", ["Recipient Ind:County", "To Individuals Details:Grant Purpose", "Recipient Ind"]
)
def test_any_heading_about_individuals_withholds_its_rows(take: Taking, heading: str) -> None:
    taken = take("grants", grants_csv(heading), "grants_2025.csv")

    assert (taken.record.rows_quarantined, taken.record.rows_loaded) == (1, 1)
    assert b"Smithtown" not in take.archived()


def test_a_second_sheet_about_individuals_is_not_kept(take: Taking, tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    workbook.active.title = "grants"
    people = workbook.create_sheet("people")
    for row in csv.reader(io.StringIO(grants_csv("URL").decode())):
        workbook.active.append([cell if cell != "Smithtown" else "" for cell in row])
    people.append(["Identifier", "Recipient Ind:Name"])
    people.append(["360G-planted-3", "Smithtown"])
    workbook.save(tmp_path / "arrived.xlsx")

    taken = take("grants", tmp_path / "arrived.xlsx", "grants_2025.xlsx")

    assert taken.not_kept == ("rows about individuals in sheet 2, which is not kept",)
    assert b"Smithtown" not in take.archived()


def test_a_document_of_nothing_but_individuals_is_told_so(
    contracts: dict[str, Contract], tmp_path: Path
) -> None:
    record = grant(1, recipientIndividual={"name": "Smithtown"})
    del record["recipientOrganization"]
    path = tmp_path / "grants_2025.json"
    path.write_bytes(as_json(record))

    with pytest.raises(UnreadableFileError, match="a grant to an individual is not taken in"):
        match_file(contracts["grants"], path.name, path)
