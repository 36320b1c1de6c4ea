"""Open Referral feeds that ``landing.yml`` declares, day after day, from a real server."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from desk import text_of_everything_below
from feed_server import FeedServer, as_json, running_feed_server, v1_page
from ingesting import NHS_NUMBERS, Outcome, Place, walks, walks_contract

from assets.extracts.arriving.open_referral.snapshots import History
from assets.extracts.contract_model.contract_files import CONTRACTS_FOLDER

DETAILS = ("Maureen", "maureen.oak@example.org", "0113 496 0999", "01134960999", NHS_NUMBERS[0])


def service(number: int, **fields: Any) -> dict[str, Any]:
    """A service as a publisher sends it, with somebody's contact details all over it."""
    name, email, telephone, _, nhs_number = DETAILS
    return {
        "id": f"svc-{number:04}",
        "name": f"Walk {number}",
        "status": "active",
        "description": f"Ask {name}, {email} or {telephone}",
        "url": f"https://walks.example.org/{number}",
        "email": email,
        "fees": f"Free; ring {telephone}",
        "minimum_age": 18,
        "assured_date": "2026-10-05",
        "last_modified": "2026-10-05T09:30:00Z",
        "alert": f"Patient {nhs_number} must not come",
        "organization": {
            "id": "org-1",
            "name": f"Walks of Example {email}",
            "organization_identifiers": [{"identifier_scheme": "GB-CHC", "identifier": "123"}],
        },
        "contacts": [{"name": name, "email": email, "phones": [{"number": telephone}]}],
        "service_at_locations": [
            {
                "location": {
                    "id": "loc-1",
                    "location_type": "physical",
                    "latitude": 53.8,
                    "longitude": -1.5,
                    "addresses": [{"address_1": name, "postal_code": "LS1 4DY"}],
                }
            }
        ],
        **fields,
    }


def services(number: int) -> list[dict[str, Any]]:
    return [service(i) for i in range(number)]


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with running_feed_server() as running:
        yield running


@pytest.fixture
def other() -> Iterator[FeedServer]:
    with running_feed_server() as running:
        yield running


@pytest.fixture
def place(tmp_path: Path, server: FeedServer, other: FeedServer) -> Place:
    """Two feeds and a file, with the platform's own contract for feeds."""
    made = Place(tmp_path / "place")
    shutil.copytree(CONTRACTS_FOLDER / "column_sets", made.contracts / "column_sets")
    shutil.copy(CONTRACTS_FOLDER / "oruk_services.yml", made.contracts)
    made.agree(walks_contract())
    (made.landing_folder / "walks.csv").write_bytes(walks("2026-10", 4))
    made.declare(
        open_referral_feeds=[
            {"name": "leeds", "url": server.url, "back_off_seconds": 0.01},
            {"name": "york-council", "url": f"{other.url}/services", "back_off_seconds": 0.01},
        ]
    )
    other.serve(services(3))
    return made


def night(place: Place, day: str) -> Outcome:
    place.as_of = day
    outcome = place.ingest()
    assert outcome.success, outcome.failure
    assert place.left_unscanned() == []
    # Whatever became of the feeds, the file is taken in.
    assert outcome.files["walks.csv"] == ("walks", "recognised")
    return outcome


def changes_in_use(outcome: Outcome) -> list[tuple[Any, ...]]:
    return outcome.query(
        "select edition_submitter, edition_period, change, service_id, service_name "
        "from raw.oruk_services where edition_submitter = 'leeds' order by all"
    )


def test_each_day_is_an_edition_of_what_changed(server, other, place):
    server.serve(services(6), per_page=4)
    first = night(place, "2026-11-20")
    assert first.sources == (True, "nothing was in the way")
    assert first.editions("oruk_services", "leeds") == [("2026-11-20", "accepted", 6, True)]
    assert first.editions("oruk_services", "york-council") == [("2026-11-20", "accepted", 3, True)]
    assert first.files["open-referral/oruk_services_leeds_2026-11-20.json"] == (
        "oruk_services",
        "recognised",
    )
    assert first.query(
        "select service_name, status, organization_name, organization_identifiers, url, fees, "
        "minimum_age, assured_date, location_type, latitude, postal_code, number_of_contacts "
        "from raw.oruk_services where service_id = 'svc-0004'"
    ) == [
        (
            "Walk 4",
            "active",
            "Walks of Example [redacted]",
            "GB-CHC-123",
            "https://walks.example.org/4",
            "Free; ring [redacted]",
            "18",
            "2026-10-05",
            "physical",
            "53.8",
            "LS1 4DY",
            "1",
        )
    ]

    second = night(place, "2026-11-21")
    for feed in ("leeds", "york-council"):
        assert second.editions("oruk_services", feed) == first.editions("oruk_services", feed)

    server.serve([service(0, name="Stroll 0"), *services(7)[2:]])
    third = night(place, "2026-11-22")
    assert third.editions("oruk_services", "leeds") == [
        ("2026-11-20", "accepted", 6, True),
        ("2026-11-22", "accepted", 3, True),
    ]
    assert changes_in_use(third)[6:] == [
        ("leeds", "2026-11-22", "added", "svc-0006", "Walk 6"),
        ("leeds", "2026-11-22", "changed", "svc-0000", "Stroll 0"),
        ("leeds", "2026-11-22", "removed", "svc-0001", "Walk 1"),
    ]


def test_contact_details_are_nowhere_in_the_home(server, place):
    server.serve(services(6))
    night(place, "2026-11-20")
    server.serve([service(0, fees=f"Ask {DETAILS[1]}"), *services(6)[1:]])
    night(place, "2026-11-21")
    found = {
        (str(path), detail)
        for path, content in text_of_everything_below(place.home)
        for detail in DETAILS
        if detail.encode() in content
    }
    assert found == set()


def test_a_feed_that_fails_leaves_its_editions_and_the_other_feed(server, other, place):
    server.serve(services(6))
    first = night(place, "2026-11-20")
    server.answer = lambda _: (500, {}, b"")
    other.serve(services(4))
    second = night(place, "2026-11-21")
    passed, said = second.sources
    assert not passed
    assert said.count("leeds") == 1
    assert f"{server.url}/services" in said
    assert "york" not in said
    assert second.editions("oruk_services", "leeds") == first.editions("oruk_services", "leeds")
    assert second.editions("oruk_services", "york-council") == [
        ("2026-11-20", "accepted", 3, True),
        ("2026-11-21", "accepted", 1, True),
    ]
    assert "open-referral/oruk_services_leeds_2026-11-20.json" in second.files
    # The next day there are two days to catch up with.
    server.serve(services(8))
    third = night(place, "2026-11-22")
    assert third.sources[0]
    assert [row[1:4] for row in changes_in_use(third)[6:]] == [
        ("2026-11-22", "added", "svc-0006"),
        ("2026-11-22", "added", "svc-0007"),
    ]


def test_a_feed_that_lost_over_a_fifth_is_held_with_a_warning(server, place):
    server.serve(services(100))
    first = night(place, "2026-11-20")
    server.serve(services(79))
    second = night(place, "2026-11-21")
    passed, said = second.sources
    assert not passed
    assert "feed leeds: 21 of 100 services are gone" in said
    assert "shrink_accepted_until: 2026-11-21" in said
    assert second.editions("oruk_services", "leeds") == first.editions("oruk_services", "leeds")
    # The publisher confirms, and the operator says so.
    place.declare(
        open_referral_feeds=[
            {"name": "leeds", "url": server.url, "shrink_accepted_until": "2026-11-22"}
        ]
    )
    third = night(place, "2026-11-22")
    assert third.sources[0]
    assert [row[2] for row in changes_in_use(third)[100:]] == ["removed"] * 21


def test_the_second_look_of_a_day_revises_the_first(server, place):
    server.serve(services(10))
    night(place, "2026-11-20")
    server.serve(services(11))
    night(place, "2026-11-21")
    server.serve(services(12))
    again = night(place, "2026-11-21")
    assert again.editions("oruk_services", "leeds") == [
        ("2026-11-20", "accepted", 10, True),
        ("2026-11-21", "accepted", 2, True),
        ("2026-11-21", "superseded", 1, False),
    ]
    assert len(changes_in_use(again)) == 12


def test_replaying_what_is_in_use_gives_the_services_of_today(server, place):
    for day, found in (
        ("2026-11-20", services(10)),
        ("2026-11-21", services(9)),
        # The second look of that day finds that nothing changed after all.
        ("2026-11-21", services(10)),
    ):
        server.serve(found)
        outcome = night(place, day)
    assert outcome.sources == (True, "nothing was in the way")
    assert outcome.editions("oruk_services", "leeds") == [
        ("2026-11-20", "accepted", 10, True),
        ("2026-11-21", "accepted", 0, True),
        ("2026-11-21", "superseded", 1, False),
    ]
    replayed: dict[str, str] = {}
    for _, _, change, identifier, name in changes_in_use(outcome):
        if change == "removed":
            replayed.pop(identifier, None)
        else:
            replayed[identifier] = name
    latest = History(place.home / "feeds" / "leeds").latest()
    assert replayed == {identifier: service.name for identifier, service in latest.items()}


def test_a_feed_of_the_first_profile_is_taken_in(server, place):
    every = [
        {
            "id": f"svc-{i}",
            "name": f"Walk {i}",
            "status": "active",
            "eligibilitys": [{"minimum_age": 16, "maximum_age": 100}],
            "service_at_locations": [
                {"location": {"id": "x", "latitude": 53.8, "physical_addresses": [{}]}}
            ],
        }
        for i in range(5)
    ]
    server.answer = lambda page: as_json(v1_page(every, page, 2, 1, 1))
    first = night(place, "2026-11-20")
    assert first.sources[0], first.sources[1]
    assert len(changes_in_use(first)) == 5


@pytest.mark.parametrize("example", ["service_full_pass", "service_list_31_test"])
def test_the_official_examples_are_taken_in(server, place, real_extracts, example):
    content = json.loads((real_extracts / "community" / f"ORUK_v3_{example}.json").read_bytes())
    server.serve(content.get("contents", [content]), per_page=1000)
    outcome = night(place, "2026-11-20")
    assert outcome.editions("oruk_services", "leeds") == [("2026-11-20", "accepted", 1, True)]


@pytest.mark.parametrize("layout", ["contents", "content", "single"])
def test_a_saved_page_is_kept_without_contact_details(server, place, layout):
    person = {"name": "Maureen", "email": DETAILS[1], "phones": [{"number": DETAILS[2]}]}
    saved = service(1, name=f"Ring {DETAILS[2]} or {DETAILS[1]}", assurer_email=DETAILS[1])
    saved["organization"] |= {"email": DETAILS[1], "contacts": [person]}
    document = saved if layout == "single" else {"total_items": 1, layout: [saved]}
    name = "oruk_services_2026-11-20.json"
    (place.landing_folder / name).write_text(json.dumps(document))
    place.declare(files=[{"match": "oruk*", "submitter": "york"}])
    outcome = night(place, "2026-11-20")
    assert outcome.files[name] == ("oruk_services", "recognised")
    assert outcome.editions("oruk_services", "york") == [("2026-11-20", "accepted", 1, True)]
    assert outcome.query(
        "select service_name, number_of_contacts, postal_code from raw.oruk_services"
    ) == [("Ring [redacted] or [redacted]", "1", "LS1 4DY")]
    for path, content in text_of_everything_below(place.home):
        for detail in DETAILS:
            assert detail.encode() not in content, (path, detail)
    # Looking at it once more changes nothing.
    assert night(place, "2026-11-21").editions("oruk_services", "york") == outcome.editions(
        "oruk_services", "york"
    )


def test_a_saved_page_in_which_details_cannot_be_told_apart_is_refused(server, place):
    document = {"contents": [service(1), service(2, organization="Maureen")]}
    name = "oruk_services_2026-11-20.json"
    (place.landing_folder / name).write_text(json.dumps(document))
    place.declare(files=[])
    outcome = night(place, "2026-11-20")
    assert outcome.files[name] == ("oruk_services", "broken")
    [(reason,)] = outcome.query(
        f"select reason from ledger.landing_files where file_name = '{name}'"
    )
    assert "entry 2: organization is not an object" in reason


def test_what_a_feed_leaves_blank_or_writes_its_own_way_is_told_and_not_lost(server, place):
    """One entry in ten is odd: its row waits in quarantine, the others are used."""
    odd = service(99, url="walks.example.org", minimum_age="adults", status="Running")
    blank = {"id": "svc-0098", "name": "Nothing but a name"}
    server.serve([*services(38), blank, odd])
    outcome = night(place, "2026-11-20")
    loaded = outcome.query(
        "select service_id from raw.oruk_services where edition_submitter = 'leeds'"
    )
    assert ("svc-0098",) in loaded
    assert len(loaded) == 39
    quarantined = outcome.query("select distinct column_name from quarantine.oruk_services")
    assert {column for (column,) in quarantined} <= {"url", "minimum_age", "status"}
