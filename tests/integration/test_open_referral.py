"""Open Referral UK feeds pulled from a real HTTP server: examples, pages, contact details."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from feed_server import (
    MONDAY,
    Answer,
    FeedServer,
    as_json,
    names_address_and_page,
    running_feed_server,
    some,
    stored_bytes,
    v1_page,
    v3_page,
)

from assets.extracts.arriving.open_referral.pull import pull
from assets.extracts.arriving.open_referral.snapshots import History


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with running_feed_server() as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "open_referral"


# ---- the official examples ----


def test_the_official_page_of_repeats_keeps_one_service_and_tells(
    server: FeedServer, store: Path, real_extracts: Path
) -> None:
    page = (real_extracts / "community" / "ORUK_v3_service_list_31_test.json").read_bytes()
    server.answer = lambda _: (200, {"content-type": "application/json"}, page)
    outcome = pull(server.feed(), store, MONDAY)
    assert outcome.error is None
    assert (outcome.services_after, outcome.repeated_ids) == (1, 127)
    told = " ".join(outcome.warnings)
    assert "announces 31 services and its pages hold 128" in told
    assert "repeat the id of an earlier one: 127" in told
    [service] = History(store / "council").latest().values()
    # The first of the 128 is kept; the second has no website, the first has.
    assert service.url == "http://example.com/counselling"


def test_the_official_list_example_served_as_a_file_ignores_the_page(
    server: FeedServer, store: Path, real_extracts: Path
) -> None:
    page = (real_extracts / "community" / "ORUK_uk-profile_example_service_list.json").read_bytes()
    server.answer = lambda _: (200, {}, page)
    outcome = pull(server.feed(), store, MONDAY)
    assert names_address_and_page(outcome, server, 2)
    assert "ignores the page" in outcome.error
    assert not store.exists()


@pytest.mark.parametrize(
    "example", ["ORUK_uk-profile_example_service_full.json", "ORUK_v3_service_full_fail.json"]
)
def test_the_official_full_service_is_kept_without_its_contacts(
    server: FeedServer, store: Path, real_extracts: Path, example: str
) -> None:
    server.serve([json.loads((real_extracts / "community" / example).read_bytes())])
    outcome = pull(server.feed(), store, MONDAY)
    assert (outcome.error, outcome.warnings, outcome.added) == (None, (), 1)
    [service] = History(store / "council").latest().values()
    assert service.id == "ac148810-d857-441c-9679-408f346de14b"
    assert service.organization_identifiers == ("GB-COH-1234567",)
    assert service.taxonomy_term_ids == ("3f7b145d-84af-42d7-8fae-eaca714b02b2",)
    assert (service.latitude, service.longitude, service.postal_code) == (100, 101, "ABC 1234")
    assert (service.number_of_contacts, service.number_of_schedules) == (1, 1)
    kept = stored_bytes(store)
    for detail in (b"Ann Persona", b"A. Persona", b"email@example.com", b"email-example_com"):
        assert detail not in kept


# ---- pages ----


def test_all_pages_of_a_v3_feed_are_read_once(server: FeedServer, store: Path) -> None:
    server.serve(some(25), per_page=10)
    outcome = pull(server.feed(per_page=10), store, MONDAY)
    assert (outcome.services_after, outcome.warnings) == (25, ())
    assert server.asked == [1, 2, 3]
    assert server.paths[0] == "/services?page=1&per_page=10"
    [change_file] = (store / "council" / "changes").iterdir()
    assert outcome.change_file == change_file
    day = json.loads(change_file.read_text())
    assert (day["schema_version"], day["services_total"], len(day["changes"])) == ("v3", 25, 25)
    assert day["changes"][0]["change"] == "added"


@pytest.mark.parametrize(
    ("asked_from", "number_from", "asked"),
    [(1, 1, [1, 2, 3]), (1, 0, [1, 2, 3]), (0, 0, [1, 0, 1, 2]), (0, 1, [1, 0, 1, 2])],
    ids=["from-1", "asked-from-1-numbered-from-0", "from-0", "asked-from-0-numbered-from-1"],
)
def test_v1_feeds_are_read_whole_however_they_number(
    server: FeedServer, store: Path, asked_from: int, number_from: int, asked: list[int]
) -> None:
    services = some(25)
    server.answer = lambda page: as_json(v1_page(services, page, 10, asked_from, number_from))
    outcome = pull(server.feed(), store, MONDAY)
    assert (outcome.error, outcome.warnings, outcome.services_after) == (None, (), 25)
    assert server.asked == asked
    assert json.loads(outcome.change_file.read_text())["schema_version"] == "v1"


def test_a_v1_feed_from_0_with_a_single_page_is_not_taken_for_empty(
    server: FeedServer, store: Path
) -> None:
    services = some(3)
    server.answer = lambda page: as_json(v1_page(services, page, 10, 0, 0))
    assert pull(server.feed(), store, MONDAY).services_after == 3


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ({"last_page": None, "total_pages": None}, [1, 2, 3, 4]),
        ({"last_page": None, "total_pages": None, "empty": None}, [1, 2, 3, 4]),
        ({"last_page": None, "empty": None}, [1, 2, 3]),
        ({"last_page": False, "page_number": 1}, [1, 2, 3]),
    ],
    ids=["until-empty", "until-no-contents", "until-total-pages", "wrong-page-number"],
)
def test_reading_ends_where_any_sign_says_so(
    server: FeedServer, store: Path, said: dict[str, Any], asked: list[int]
) -> None:
    server.serve(some(25), per_page=10, **said)
    assert pull(server.feed(), store, MONDAY).services_after == 25
    assert server.asked == asked


def test_wrong_totals_are_told_and_the_services_kept(server: FeedServer, store: Path) -> None:
    server.serve(some(25), per_page=10, total_items=31)
    outcome = pull(server.feed(), store, MONDAY)
    assert outcome.services_after == 25
    [warning] = outcome.warnings
    assert "announces 31" in warning
    assert "hold 25" in warning


def test_a_feed_that_ignores_the_page_is_refused(server: FeedServer, store: Path) -> None:
    page = v3_page(some(25), 1, 10)
    server.answer = lambda _: as_json(page)
    outcome = pull(server.feed(), store, MONDAY)
    assert names_address_and_page(outcome, server, 2)
    assert "ignores the page" in outcome.error


def test_single_repeats_are_counted_and_the_first_kept(server: FeedServer, store: Path) -> None:
    services = some(12)
    services[11] = {**services[3], "name": "A later copy"}
    server.serve(services, per_page=10)
    outcome = pull(server.feed(), store, MONDAY)
    assert (outcome.error, outcome.services_after, outcome.repeated_ids) == (None, 11, 1)
    assert "repeat the id of an earlier one: 1;" in outcome.warnings[0]
    assert History(store / "council").latest()["id-0003"].name == "Service 3"


def test_endless_pages_stop_at_the_cap(server: FeedServer, store: Path) -> None:
    def endless(page: int) -> Answer:
        fresh = [{"id": f"{page}-{i}", "name": "x", "status": "active"} for i in range(2)]
        return as_json({"contents": fresh, "last_page": False})

    server.answer = endless
    outcome = pull(server.feed(max_pages=7), store, MONDAY)
    assert names_address_and_page(outcome, server, 7)
    assert "max_pages = 7" in outcome.error
    assert server.asked == [1, 2, 3, 4, 5, 6, 7]
    assert not store.exists()


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ([1, 2], "the answer: "),
        ({"services": []}, "contents: Field required"),
        ({"contents": {"id": "x"}}, "contents: Input should be a valid list"),
        ({"contents": [], "total_pages": "three"}, "total_pages: Input should be a valid integer"),
        ({"content": [], "last": "false"}, "last: Input should be a valid boolean"),
    ],
)
def test_a_wrong_envelope_names_the_field(
    server: FeedServer, store: Path, broken: Any, told: str
) -> None:
    server.answer = lambda _: as_json(broken)
    outcome = pull(server.feed(), store, MONDAY)
    assert names_address_and_page(outcome, server, 1)
    assert told in outcome.error


def test_entries_that_are_no_services_are_told_by_place(server: FeedServer, store: Path) -> None:
    server.serve([*some(8), {"name": "no id"}, "text", {"id": "x", "contacts": "Jo 0161 4960000"}])
    outcome = pull(server.feed(), store, MONDAY)
    assert outcome.services_after == 8
    assert outcome.refused == (
        "page 1, entry 9: the service has no id",
        "page 1, entry 10: the entry is not an object",
        "page 1, entry 11: contacts is not a list of objects",
    )
    assert "left out: 3 (page 1, entry 9: the service has no id;" in outcome.warnings[0]


# ---- people ----


def test_nobodys_contact_details_reach_the_store(server: FeedServer, store: Path) -> None:
    secret = "jo.bloggs@council.example"
    telephones = ["0161 496 0000", "+44 (0)161 4960001", "07700900123", "(0161) 496-0002"]
    person = {"name": "Jo Bloggs", "email": secret, "phones": [{"number": telephones[0]}]}
    service = {
        "id": "one",
        "name": f"Lunch club, ring {telephones[0]} or {telephones[3]}",
        "description": f"Ask Jo Bloggs, {secret}, {telephones[1]}",
        "alert": f"Ask Jo Bloggs on {telephones[2]}",
        "status": secret,
        "email": secret,
        "assurer_email": secret,
        "fees": f"Ask {secret} or {telephones[1]}, member 943 476 5919",
        "url": "https://club.example/?to=jo.bloggs%40council.example&ring=07700900123",
        "organization": {**person, "id": "o", "name": f"Club ({secret})"},
        "contacts": [person, person],
        "service_at_locations": [
            {
                "location": {"id": "l", "addresses": [{"attention": "Jo Bloggs"}]},
                "contacts": [person],
            }
        ],
        "attributes": [{"taxonomy_term": {"id": secret}}],
    }
    bad = {"id": "two", "contacts": [secret], "name": telephones[0]}
    v1 = {**person, "id": "three", "name": "Choir", "contacts": [person], "fundings": []}
    server.serve([service, bad, v1])
    outcome = pull(server.feed(), store, MONDAY)
    kept = History(store / "council").latest()
    assert kept["one"].number_of_contacts == 2
    assert kept["one"].name == "Lunch club, ring [redacted] or [redacted]"
    seen = stored_bytes(store) + repr(outcome).encode()
    for detail in [secret, "jo.bloggs", "Jo Bloggs", *telephones, "943 476 5919"]:
        assert detail.encode() not in seen, detail


def test_a_v3_feed_that_counts_from_0_is_read_whole(server: FeedServer, store: Path) -> None:
    services = some(25)
    server.answer = lambda page: as_json(
        v3_page(services, page + 1, 10) | {"first_page": page == 0, "page_number": page}
    )
    assert pull(server.feed(), store, MONDAY).services_after == 25
    assert server.asked == [1, 0, 1, 2]


def test_a_feed_that_never_says_it_begins_is_read_from_1(server: FeedServer, store: Path) -> None:
    services = some(25)
    server.answer = lambda page: as_json(
        v3_page(services, max(page, 1), 10) | {"first_page": False}
    )
    assert pull(server.feed(), store, MONDAY).services_after == 25


def test_a_last_page_of_repeats_only_is_no_feed_that_ignores_pages(
    server: FeedServer, store: Path
) -> None:
    services = [*some(20), some(20)[-1]]
    server.serve(services, per_page=10)
    outcome = pull(server.feed(), store, MONDAY)
    assert (outcome.services_after, outcome.repeated_ids) == (20, 1)


def test_blanks_around_an_id_do_not_make_another_service(server: FeedServer, store: Path) -> None:
    server.serve([*some(2), {"id": " id-0001\t", "name": "Once more", "status": "active"}])
    outcome = pull(server.feed(), store, MONDAY)
    assert (outcome.services_after, outcome.repeated_ids) == (2, 1)
