"""Where several files make one edition, a row that is told of is told of with its file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fastexcel
import pytest
import yaml
from desk import Desk

from assets.extracts.contract_model.contract_files import load_contracts
from assets.extracts.holding.editions import Edition
from assets.extracts.holding.ledger import write_ledger
from assets.extracts.providers.error_report import ROWS_HEADINGS, ROWS_SHEET, RULES_SHEET
from assets.home import Home
from expectations.results import RESULTS

NORTH, SOUTH = "clubs_2025-05_north.csv", "clubs_2025-05_south.csv"
DAY = {"type": "date", "formats": ["%Y-%m-%d"]}
COLUMNS: list[dict[str, Any]] = [
    {"name": "club_code", "not_null": True},
    {"name": "members", "type": "integer"},
    {"name": "met_on", "not_after": "counted_on", **DAY},
    {"name": "counted_on", **DAY},
]
CLUBS = {
    "extract": "clubs",
    "title": "Invented clubs",
    "description": "Invented for tests.",
    "publisher": "Nobody",
    "licence": "none",
    "attribution": "none",
    "owner": "nobody",
    "cadence": "monthly",
    "expected_lag_days": 20,
    "grain": "one row per club",
    "key": ["club_code"],
    "file_names": ["clubs_*.csv"],
    "period_kind": "month",
    "period_from": {"file_name": r"clubs_(?P<year>\d{4})-(?P<month>\d{2})"},
    "parts_by": {"file_name": r"\d_(?P<part>north|south)", "expected": ["north", "south"]},
    "rejection_tolerance": 0.5,
    "layouts": [{"name": "first", "columns": [{"description": "A column.", **c} for c in COLUMNS]}],
}
USUAL = "2025-05-01,2025-06-01"


@pytest.fixture
def clubs(tmp_path: Path) -> Iterator[Desk]:
    folder = tmp_path / "contracts"
    folder.mkdir()
    (folder / "clubs.yml").write_text(yaml.safe_dump(CLUBS, sort_keys=False), encoding="utf-8")
    desk = Desk(tmp_path / "landing", Home(tmp_path / "home"), load_contracts(folder))
    desk.declare()
    yield desk
    desk.close()


def take_in(desk: Desk, north: list[str], south: list[str]) -> Edition:
    """One edition of two files, each row as club, members, and two days."""
    for name, rows in ((NORTH, north), (SOUTH, south)):
        lines = ["club_code,members,met_on,counted_on", *rows]
        desk.put(name, "".join(f"{line}\r\n" for line in lines).encode())
    [edition] = desk.take_in("clubs")["clubs"]
    assert [part.file_name for part in edition.parts] == [NORTH, SOUTH]
    return edition


def sheet(desk: Desk, edition: Edition, name: str) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """Headings of a sheet of the error report, and its lines."""
    workbook = fastexcel.read_excel(desk.editions.error_report_path(edition))
    read = workbook.load_sheet(name, header_row=None, dtypes="string").to_polars().rows()
    return read[0], read[1:]


def test_rows_of_one_key_in_two_files_are_named_with_their_files(clubs: Desk) -> None:
    north = [f"BOTH,1,{USUAL}", f"N2,2,{USUAL}", f"BOTH,3,{USUAL}"]
    south = [f"BOTH,4,{USUAL}", f"S2,5,{USUAL}", f"S3,6,{USUAL}"]

    edition = take_in(clubs, north, south)

    assert edition.verdict == "refused"
    told = f"(file {NORTH}, row 1; file {NORTH}, row 3; file {SOUTH}, row 1)"
    assert told in edition.reason
    headings, lines = sheet(clubs, edition, ROWS_SHEET)
    assert headings[: len(ROWS_HEADINGS) + 1] == ("File", *ROWS_HEADINGS)
    # The third row of the south is as good as any.
    assert [(line[0], line[1], line[7]) for line in lines] == [
        (NORTH, "1", "BOTH"), (SOUTH, "1", "BOTH"), (NORTH, "3", "BOTH"),
    ]  # fmt: skip
    _, [rule] = sheet(clubs, edition, RULES_SHEET)
    assert rule[-2:] == ("3", f"{NORTH}: 1, 3; {SOUTH}: 1")


def test_an_odd_row_is_named_with_its_file_and_no_other(clubs: Desk) -> None:
    north = [f"N1,1,{USUAL}", f"N2,2,{USUAL}"]
    south = [f"S1,4,{USUAL}", "S2,5,2025-07-01,2025-06-01"]

    edition = take_in(clubs, north, south)

    assert edition.verdict == "accepted"
    assert f"(file {SOUTH}, row 2)" in edition.reason
    _, [line] = sheet(clubs, edition, ROWS_SHEET)
    assert line[:3] == (SOUTH, "2", "3")


def test_the_stored_result_names_the_file(clubs: Desk) -> None:
    take_in(clubs, [f"N1,1,{USUAL}", "N2,2,2025-07-01,2025-06-01"], [f"S1,4,{USUAL}"])
    listed = clubs.arrivals.listed()
    write_ledger(clubs.connection, clubs.contracts, clubs.editions, listed, None, "a run")

    [(examples, query)] = clubs.connection.execute(
        f"select examples, query from {RESULTS} where not passed"
    ).fetchall()
    assert examples == f"file {NORTH}, row 2"
    [row] = clubs.connection.execute(
        f"select source_file_name, source_row_number from ({query})"
    ).fetchall()
    assert row == (NORTH, 2)


def test_rows_that_are_set_aside_in_both_files_are_two_rows(clubs: Desk) -> None:
    north = [f"N1,1,{USUAL}", f"N2,many,{USUAL}", f"N3,3,{USUAL}"]
    south = [f"S1,4,{USUAL}", f"S2,few,{USUAL}", f"S3,six,{USUAL}", f"S4,7,{USUAL}"]

    edition = take_in(clubs, north, south)

    assert edition.verdict == "accepted"
    for name, rows in ((NORTH, "1 of 3 rows"), (SOUTH, "2 of 4 rows")):
        assert f"{name}: {rows} quarantined" in edition.reason
    aside = clubs.connection.execute(
        "select source_file_name, source_row_number from quarantine.clubs order by all"
    ).fetchall()
    assert aside == [(NORTH, 2), (SOUTH, 2), (SOUTH, 3)]
    _, lines = sheet(clubs, edition, ROWS_SHEET)
    assert [(line[0], line[1], line[7]) for line in lines] == [
        (NORTH, "2", "many"), (SOUTH, "2", "few"), (SOUTH, "3", "six"),
    ]  # fmt: skip
    _, [rule] = sheet(clubs, edition, RULES_SHEET)
    assert rule[-2:] == ("3", f"{NORTH}: 2; {SOUTH}: 2, 3")


def test_nothing_is_shown_of_a_row_with_an_identifier_and_of_its_namesake_all(clubs: Desk) -> None:
    """The second row of the north holds an NHS number; that of the south is merely wrong."""
    north = [f"N1,1,{USUAL}", f"9434765919,2,{USUAL}", f"N3,3,{USUAL}"]
    south = [f"S1,4,{USUAL}", f"S2,few,{USUAL}", f"S3,6,{USUAL}"]

    edition = take_in(clubs, north, south)

    _, lines = sheet(clubs, edition, ROWS_SHEET)
    assert [(line[0], line[1], line[7]) for line in lines] == [
        (NORTH, "2", "not kept"), (SOUTH, "2", "few"),
    ]  # fmt: skip
