"""Submissions of local organisations: what they are told, what waits, and what replaces what."""

from __future__ import annotations

import calendar
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fastexcel
import pytest
import yaml
from desk import Desk

from assets.extracts.contract_model.contract_files import load_contracts
from assets.extracts.holding.editions import Edition
from assets.extracts.providers.error_report import ROWS_SHEET, RULES_SHEET, SUMMARY_SHEET
from assets.home import Home

Row = tuple[object, ...]
DAY = {"type": "date", "formats": ["%Y-%m-%d"]}


def contract(extract: str, code: str, *columns: dict[str, Any], **said: Any) -> dict[str, Any]:
    """A community extract of an invented kind, sent for any span of days."""
    envelope: list[dict[str, Any]] = [
        {"name": "sender", "not_null": True, "constant": True},
        {"name": "extract_code", "not_null": True, "constant": True},
        {"name": "first_day", "not_null": True, "constant": True, **DAY},
        {"name": "last_day", "not_null": True, "constant": True, **DAY},
        {"name": "taken_at", "type": "timestamp", "zoned": True, "not_null": True},
    ]
    described = [{"description": f"Column {c['name']}.", **c} for c in (*envelope, *columns)]
    usual = {
        "extract": extract,
        "extract_code": code,
        "title": f"Invented {extract}",
        "description": "Invented for tests.",
        "publisher": "Walkers",
        "licence": "none",
        "attribution": "none",
        "owner": "community team",
        "origin": "community",
        "cadence": "monthly",
        "expected_lag_days": 20,
        "grain": "one row per thing",
        "file_names": [f"{code}_*.csv"],
        "submitter_from": "sender",
        "period_kind": "span",
        "period_from": {"columns": ["first_day", "last_day"]},
        "recognise": {"column": "extract_code", "values": [code]},
        "layouts": [{"name": "first", "columns": described}],
    }
    return usual | said


HALLS = contract("halls", "X-HALL", {"name": "hall_id", "not_null": True}, key=["hall_id"])
WALKS = contract(
    "walks",
    "X-WALK",
    {"name": "walk_id", "not_null": True},
    {"name": "hall_id", "not_null": True, "references": "halls.hall_id"},
    {"name": "walked_on", "not_null": True, "not_after": "taken_at", **DAY},
    {"name": "walker", "required": False},
    {"name": "kind", "required": False, "allowed": ["first", "later", "single"]},
    {"name": "code", "required": False, "reviewed": ["ok"]},
    key=["walk_id"],
    rarely_repeats=[["walker", "walked_on"]],
    follow_ups={
        "first": {"kind": ["first"]},
        "later": {"kind": ["later"]},
        "same": ["walker"],
        "date": "walked_on",
        "days": [10, 20],
        "at_least": 0.3,
    },
    rows_a_month={"at_least": 4, "at_most": 20, "reason": "invented"},
)


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Desk]:
    folder = tmp_path / "contracts"
    folder.mkdir()
    for said in (HALLS, WALKS):
        text = yaml.safe_dump(said, sort_keys=False)
        (folder / f"{said['extract']}.yml").write_text(text, encoding="utf-8")
    desk = Desk(tmp_path / "landing", Home(tmp_path / "home"), load_contracts(folder))
    desk.declare()
    yield desk
    desk.close()


def walks(*rows: str, month: int = 5, sender: str = "walkers") -> bytes:
    """A file of walks: each row as walk, hall, day of the month, walker, kind and code."""
    return table("X-WALK", "walk_id,hall_id,walked_on,walker,kind,code", rows, month, sender)


def halls(*names: str, month: int = 5, sender: str = "walkers") -> bytes:
    return table("X-HALL", "hall_id", names, month, sender)


def table(code: str, header: str, rows: tuple[str, ...], month: int, sender: str) -> bytes:
    last = calendar.monthrange(2025, month)[1]
    span = f"2025-{month:02d}-01,2025-{month:02d}-{last}"
    envelope = f"{sender},{code},{span},2025-{month:02d}-{last}T12:00:00Z"
    lines = [f"sender,extract_code,first_day,last_day,taken_at,{header}"]
    return "".join(f"{line}\r\n" for line in [*lines, *(f"{envelope},{r}" for r in rows)]).encode()


def sheets(desk: Desk, edition: Edition) -> dict[str, list[Row]]:
    workbook = fastexcel.read_excel(desk.editions.error_report_path(edition))
    return {
        name: workbook.load_sheet(name, header_row=None, dtypes="string").to_polars().rows()
        for name in workbook.sheet_names
    }


def told(desk: Desk, edition: Edition) -> dict[str, str]:
    """The summary of an error report by heading; several lines of one heading in one text."""
    found: dict[str, str] = {}
    for heading, said in sheets(desk, edition)[SUMMARY_SHEET][2:]:
        found[str(heading)] = f"{found.get(str(heading), '')} {said}".strip()
    return found


def take_in(desk: Desk, extract: str = "walks") -> Edition:
    [edition] = desk.take_in(extract)[extract]
    return edition


def with_halls(desk: Desk, *names: str) -> None:
    desk.put("X-HALL_1.csv", halls(*(names or ("H1",))))
    assert take_in(desk, "halls").verdict == "accepted"


FIVE = [f"W{n},H1,2025-05-0{n},P{n},single,ok" for n in range(1, 6)]


# -- what a report names ---------------------------------------------------------------------------


def test_rows_of_one_key_that_differ_are_named_and_nothing_is_taken_in(counter: Desk) -> None:
    with_halls(counter)
    counter.put("X-WALK_1.csv", walks(*FIVE, "W2,H1,2025-05-09,P9,single,ok"))

    edition = take_in(counter)

    assert edition.verdict == "refused"
    summary = told(counter, edition)
    assert (summary["Rows in the file"], summary["Rows taken in"]) == ("6", "0")
    [_, rule] = sheets(counter, edition)[RULES_SHEET]
    assert rule[0] == "duplicate_key"
    assert rule[2:] == (
        "walk_id", "stands in more than one row, and the rows differ", "file refused", "2", "2, 6"
    )  # fmt: skip
    # The third line of the file is its second row.
    lines = sheets(counter, edition)[ROWS_SHEET][1:]
    assert [line[:2] for line in lines] == [("2", "3"), ("6", "7")]
    assert {line[6] for line in lines} == {"W2"}


def test_rows_that_refer_to_nothing_are_named_although_they_are_taken_in(counter: Desk) -> None:
    with_halls(counter)
    counter.put("X-WALK_1.csv", walks(*FIVE, "W6,H7,2025-05-09,P9,single,ok"))

    edition = take_in(counter)

    assert (edition.verdict, edition.rows_loaded) == ("accepted", 6)
    [_, line] = sheets(counter, edition)[ROWS_SHEET]
    assert line[:4] == ("6", "7", "hall_id", "Odd value")
    assert line[4:7] == (
        "is not known: no row of “Invented halls” has it", "please check", "H7"
    )  # fmt: skip
    # No more of a row that was taken in than what is odd about it.
    assert "P9" not in repr(line)
    assert "send that" in told(counter, edition)["What to do"]


def test_too_many_unknown_references_refuse_the_file_and_name_its_rows(counter: Desk) -> None:
    with_halls(counter)
    counter.put("X-WALK_1.csv", walks(*FIVE, "W6,H7,2025-05-09,P9,,", "W7,H8,2025-05-09,P8,,"))

    edition = take_in(counter)

    assert edition.verdict == "refused"
    lines = sheets(counter, edition)[ROWS_SHEET][1:]
    assert [(line[0], line[5]) for line in lines] == [("6", "file refused"), ("7", "file refused")]
    assert told(counter, edition)["Rows taken in"] == "0"

    # What was missing comes a day later; the file is gone from the landing zone by then.
    (counter.landing / "X-WALK_1.csv").unlink()
    counter.put("X-HALL_1.csv", halls("H1", "H7", "H8"))
    assert take_in(counter, "halls").verdict == "accepted"
    assert take_in(counter).verdict == "accepted"


def test_what_is_only_odd_is_taken_in_and_told(counter: Desk) -> None:
    with_halls(counter)
    odd = ["W6,H1,2031-05-09,P9,single,ok", "W7,H1,2025-05-01,P1,single,ok", "W8,H1,2025-05-09,,,?"]
    counter.put("X-WALK_1.csv", walks(*FIVE, *odd))

    edition = take_in(counter)

    assert (edition.verdict, edition.rows_loaded) == ("accepted", 8)
    found = {(rule[0], rule[-1]) for rule in sheets(counter, edition)[RULES_SHEET][1:]}
    assert found == {("future_date", "6"), ("repeats", "1, 7"), ("not_reviewed", "8")}
    assert "no walked_on is later than taken_at" in edition.reason


def test_nothing_odd_is_no_report(counter: Desk) -> None:
    with_halls(counter)
    counter.put("X-WALK_1.csv", walks(*FIVE))

    edition = take_in(counter)

    assert (edition.verdict, edition.reason) == ("accepted", "")
    assert not counter.editions.error_report_path(edition).exists()


def test_semicolons_between_cells_are_told(counter: Desk) -> None:
    counter.put("X-WALK_1.csv", walks(*FIVE).replace(b",", b";"))

    edition = take_in(counter)

    assert edition.verdict == "refused"
    assert "uses ';' between cells" in edition.reason
    assert "is missing" not in edition.reason


def test_a_header_that_is_missing_is_said_once(counter: Desk) -> None:
    counter.put("X-WALK_1.csv", walks(*FIVE).replace(b"hall_id", b"hall"))

    assert "column 'hall_id' is missing" in take_in(counter).reason


def test_optional_columns_may_be_left_out(counter: Desk) -> None:
    with_halls(counter)
    lines = walks(*FIVE).decode().splitlines()
    cut = "".join(f"{line.rsplit(',', 3)[0]}\r\n" for line in lines)
    counter.put("X-WALK_1.csv", cut.encode())

    edition = take_in(counter)

    assert (edition.verdict, edition.rows_loaded) == ("accepted", 5)


# -- what waits ------------------------------------------------------------------------------------


def test_a_file_waits_for_what_it_refers_to(counter: Desk) -> None:
    counter.put("X-WALK_1.csv", walks(*FIVE))

    edition = take_in(counter)

    assert edition.verdict == "waiting"
    assert edition.reason.startswith("X-WALK_1.csv: waits for “Invented halls” (halls)")
    assert "Nothing is wrong with this file" in edition.reason
    summary = told(counter, edition)
    assert summary["What to do"] == "Nothing: thank you."
    assert summary["Rows taken in"] == "0"
    assert not counter.editions.in_use("walks")

    (counter.landing / "X-WALK_1.csv").unlink()
    with_halls(counter)
    assert take_in(counter).verdict == "accepted"
    assert counter.take_in("walks")["walks"] == [], "judged again although it waits for nothing"


# -- tolerance and replacing -----------------------------------------------------------------------


def test_a_few_bad_rows_of_a_small_file_are_set_aside(counter: Desk) -> None:
    with_halls(counter)
    counter.put("X-WALK_1.csv", walks(*FIVE, "W6,H1,soon,P6,single,ok"))

    edition = take_in(counter)

    assert (edition.verdict, edition.rows_loaded, edition.rows_quarantined) == ("accepted", 5, 1)


def test_a_file_of_bad_rows_only_is_refused(counter: Desk) -> None:
    with_halls(counter)
    counter.put("X-WALK_1.csv", walks("W6,H1,soon,P6,single,ok", "W7,H1,soon,P7,single,ok"))

    edition = take_in(counter)

    assert edition.verdict == "refused"
    assert "5% (or 3 rows, but not all of them)" in edition.reason


def test_a_resubmission_replaces_what_still_lies_in_the_landing_folder(counter: Desk) -> None:
    with_halls(counter)
    counter.put("X-WALK_1.csv", walks(*FIVE))
    first = take_in(counter)
    counter.put("X-WALK_2.csv", walks(*FIVE[:4]))

    second = take_in(counter)

    assert (second.verdict, second.rows_loaded) == ("accepted", 4)
    assert counter.editions.in_use("walks") == [second]
    assert counter.take_in("walks")["walks"] == [], "the older file must not come back by itself"
    counter.put("X-WALK_0.csv", walks(*FIVE[:3]))
    third = take_in(counter)
    assert counter.editions.in_use("walks") == [third]
    assert len({first.version, second.version, third.version}) == 3


def test_a_resubmission_replaces_a_refused_file(counter: Desk) -> None:
    with_halls(counter)
    counter.put("X-WALK_1.csv", walks("W1,H1,soon,P6,single,ok"))
    assert take_in(counter).verdict == "refused"
    counter.put("X-WALK_2.csv", walks(*FIVE))

    assert take_in(counter).verdict == "accepted"


def test_two_files_of_one_night_contradict_each_other(counter: Desk) -> None:
    with_halls(counter)
    counter.put("X-WALK_1.csv", walks(*FIVE))
    counter.put("X-WALK_2.csv", walks(*FIVE[:4]))

    edition = take_in(counter)

    assert edition.verdict == "refused"
    assert "both claim the same period" in edition.reason
    assert counter.take_in("walks")["walks"] == []
    (counter.landing / "X-WALK_1.csv").unlink()
    assert take_in(counter).rows_loaded == 4


# -- what a series of editions says ----------------------------------------------------------------


def months(desk: Desk, last: int, rows: Callable[[int], list[str]]) -> Edition:
    """Take in the months from January on, one a night; the edition of the last."""
    desk.put("X-HALL_1.csv", halls("H1"))
    desk.take_in("halls")
    for month in range(1, last + 1):
        desk.put(f"X-WALK_{month}.csv", walks(*rows(month), month=month))
        edition = take_in(desk)
        assert edition.verdict == "accepted", edition.reason
    return edition


def test_follow_ups_are_counted_over_all_that_somebody_has_sent(counter: Desk) -> None:
    def rows(month: int) -> list[str]:
        first = [f"A{month}{n},H1,2025-0{month}-25,P{month}{n},first,ok" for n in range(4)]
        # One of the four who came first in January comes again in February, 14 days later.
        later = ["B,H1,2025-02-08,P10,later,ok"] if month == 2 else []
        return first + later

    edition = months(counter, 2, rows)

    assert "at least 30% are followed up 10 to 20 days later: 1 (share 0.25)" in edition.reason


def test_enough_follow_ups_are_not_remarked(counter: Desk) -> None:
    def rows(month: int) -> list[str]:
        kind = "first" if month == 1 else "later"
        day = "25" if month == 1 else "08"
        return [f"A{month}{n},H1,2025-0{month}-{day},P{n},{kind},ok" for n in range(4)]

    assert months(counter, 2, rows).reason == ""
