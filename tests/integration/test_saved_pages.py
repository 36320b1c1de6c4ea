"""Pages and services saved from a directory: no day in them, and a source of their own each."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

from desk import Desk

from assets.extracts.holding.editions import Edition

EXTRACT = "oruk_services"
FIRST, SECOND = date(2026, 11, 25), date(2026, 11, 26)


def page(*names: str) -> bytes:
    services = [{"id": name, "name": name.title(), "status": "active"} for name in names]
    return json.dumps({"contents": services}).encode()


def night(desk: Desk, day: date) -> list[Edition]:
    """What is evaluated on a night."""
    desk.intake = replace(desk.intake, as_of=day)
    return desk.take_in(EXTRACT)[EXTRACT]


def test_a_saved_page_keeps_the_day_on_which_it_came(empty_desk: Desk) -> None:
    empty_desk.put("community/vale.json", page("choir", "allotment"))
    [came] = night(empty_desk, FIRST)
    assert (came.verdict, came.period, came.submitter) == (
        "accepted",
        "2026-11-25",
        "community-vale",
    )

    assert night(empty_desk, SECOND) == []

    empty_desk.put("community/vale.json", page("choir"))
    [saved_again] = night(empty_desk, SECOND)
    assert saved_again.period == "2026-11-26"
    assert saved_again.submitter == came.submitter
    held = empty_desk.editions.in_use(EXTRACT)
    assert [edition.period for edition in held] == ["2026-11-25", "2026-11-26"]


def test_pages_of_one_day_are_no_rivals(empty_desk: Desk) -> None:
    empty_desk.put("vale.json", page("choir"))
    empty_desk.put("moor.json", page("allotment"))
    empty_desk.put("moor (copy).json", page("allotment"))
    editions = night(empty_desk, FIRST)
    assert {edition.verdict for edition in editions} == {"accepted"}
    assert len({edition.submitter for edition in editions}) == 2
    assert night(empty_desk, SECOND) == []


def test_what_is_declared_of_a_page_goes_first(empty_desk: Desk) -> None:
    empty_desk.put("vale.json", page("choir"))
    empty_desk.declare({"match": "vale.json", "period": "2026-10-01", "submitter": "vale"})
    [edition] = night(empty_desk, FIRST)
    assert (edition.period, edition.submitter) == ("2026-10-01", "vale")


def test_differences_of_one_feed_stay_one_source(empty_desk: Desk) -> None:
    for day in ("2026-11-01", "2026-11-02"):
        service = {"id": day, "name": "Choir", "change": "added"}
        content = json.dumps({"changes": [service]}).encode()
        empty_desk.put(f"oruk_services_vale_{day}.json", content)
    editions = night(empty_desk, FIRST)
    assert [edition.period for edition in editions] == ["2026-11-01", "2026-11-02"]
    assert {edition.submitter for edition in editions} == {"oruk_services_vale"}


def test_official_examples_end_in_a_verdict_with_all_their_rows(
    empty_desk: Desk, real_extracts: Path
) -> None:
    """The fail example lacks what the standard wants and no model reads: address and e-mail."""
    for path in (real_extracts / "community").glob("ORUK_*.json"):
        empty_desk.put(path.name, path.read_bytes())
    found = {edition.parts[0].file_name: edition for edition in night(empty_desk, FIRST)}
    rows = {
        name: (edition.verdict, edition.rows_in_file, edition.rows_loaded)
        for name, edition in found.items()
    }
    # The passing service is the profile's example under another name. Contact details are taken
    # out before, so that 58 rows of one id are left that differ.
    assert rows == {
        "ORUK_uk-profile_example_service_full.json": ("accepted", 1, 1),
        "ORUK_uk-profile_example_service_list.json": ("accepted", 1, 1),
        "ORUK_v3_service_full_fail.json": ("accepted", 1, 1),
        "ORUK_v3_service_list_31_test.json": ("refused", 128, 58),
    }
    repeated = found["ORUK_v3_service_list_31_test.json"]
    assert repeated.rows_loaded + repeated.rows_quarantined == 128
    assert "70 of 128 rows quarantined" in repeated.reason
    assert "repeats an earlier row exactly" in repeated.reason
