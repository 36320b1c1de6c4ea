"""Open Referral UK feeds pulled day after day: differences, held snapshots, damaged histories."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from feed_server import (
    MONDAY,
    FeedServer,
    as_json,
    running_feed_server,
    some,
    stored_bytes,
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


def test_a_day_keeps_only_what_changed(server: FeedServer, store: Path) -> None:
    services = some(10)
    server.serve(services)
    pull(server.feed(), store, MONDAY)
    changed = [*services[1:9], {**services[9], "status": "defunct"}, *some(11)[10:]]
    server.serve(changed)
    outcome = pull(server.feed(), store, MONDAY + timedelta(days=1))
    assert (outcome.added, outcome.changed, outcome.removed) == (1, 1, 1)
    assert (outcome.services_before, outcome.services_after) == (10, 10)
    day = json.loads(outcome.change_file.read_text())
    assert [(it["change"], it["id"], it["name"]) for it in day["changes"]] == [
        ("removed", "id-0000", "Service 0"),
        ("changed", "id-0009", "Service 9"),
        ("added", "id-0010", "Service 10"),
    ]
    quiet = pull(server.feed(), store, MONDAY + timedelta(days=2))
    assert (quiet.change_file, quiet.added, quiet.changed, quiet.removed) == (None, 0, 0, 0)
    assert len(list((store / "council" / "changes").iterdir())) == 2


def test_the_order_of_a_feed_changes_nothing(server: FeedServer, store: Path) -> None:
    places = [
        {"location": {"id": "b", "location_type": "physical", "latitude": 53.4}},
        {"location": {"id": "a", "location_type": "postal", "latitude": 52.0}},
        {"location": {"id": "c", "location_type": "physical", "latitude": 51.5}},
    ]
    tags = [{"taxonomy_term": {"id": f"t{i}"}} for i in range(9)]
    server.serve(some(10, service_at_locations=places, attributes=tags))
    pull(server.feed(), store, MONDAY)
    kept = History(store / "council").latest()["id-0000"]
    assert kept.latitude == 53.4
    assert kept.taxonomy_term_ids == tuple(f"t{i}" for i in range(9))
    turned = some(10, service_at_locations=places[::-1], attributes=tags[::-1])[::-1]
    server.serve(turned, per_page=4)
    outcome = pull(server.feed(), store, MONDAY + timedelta(days=1))
    assert (outcome.change_file, outcome.services_after) == (None, 10)


@pytest.mark.parametrize(("left", "held"), [(81, False), (80, False), (79, True), (1, True)])
def test_a_feed_that_lost_over_a_fifth_keeps_the_last_snapshot(
    server: FeedServer, store: Path, left: int, held: bool
) -> None:
    server.serve(some(100))
    pull(server.feed(), store, MONDAY)
    before = stored_bytes(store)
    server.serve(some(left))
    outcome = pull(server.feed(), store, MONDAY + timedelta(days=1))
    assert outcome.held is held
    assert outcome.services_after == (100 if held else left)
    assert len(History(store / "council").latest()) == outcome.services_after
    if held:
        assert f"before 100, now {left}" in outcome.warnings[0]
        assert stored_bytes(store) == before


def test_new_ids_for_every_service_are_held_too(server: FeedServer, store: Path) -> None:
    server.serve(some(100))
    pull(server.feed(), store, MONDAY)
    server.serve([{**service, "id": f"new-{service['id']}"} for service in some(100)])
    outcome = pull(server.feed(), store, MONDAY + timedelta(days=1))
    assert outcome.held
    assert "100 of 100 services are gone" in outcome.warnings[0]


def test_the_operator_can_believe_a_shrunken_feed(server: FeedServer, store: Path) -> None:
    server.serve(some(100))
    pull(server.feed(), store, MONDAY)
    server.serve(some(50))
    tuesday = MONDAY + timedelta(days=1)
    told = pull(server.feed(), store, tuesday).warnings[0]
    assert f"shrink_accepted_until: {tuesday}" in told
    assert pull(server.feed(shrink_accepted_until=MONDAY), store, tuesday).held
    outcome = pull(server.feed(shrink_accepted_until=tuesday), store, tuesday)
    assert (outcome.held, outcome.services_after, outcome.removed) == (False, 50, 50)


def test_an_empty_feed_keeps_the_last_snapshot_even_when_shrinking_is_accepted(
    server: FeedServer, store: Path
) -> None:
    server.serve(some(10))
    pull(server.feed(), store, MONDAY)
    server.serve([])
    feed = server.feed(shrink_accepted_until=MONDAY + timedelta(days=9))
    outcome = pull(feed, store, MONDAY + timedelta(days=1))
    assert outcome.held
    assert "the feed is empty, before 10 services" in outcome.warnings[0]
    assert len(History(store / "council").latest()) == 10


def test_the_same_day_twice_is_one_change_against_the_day_before(
    server: FeedServer, store: Path
) -> None:
    server.serve(some(100))
    pull(server.feed(), store, MONDAY)
    tuesday = MONDAY + timedelta(days=1)
    server.serve(some(90))
    pull(server.feed(), store, tuesday)
    server.serve(some(85))
    outcome = pull(server.feed(), store, tuesday)
    assert (outcome.services_before, outcome.services_after, outcome.removed) == (100, 85, 15)
    assert len(list((store / "council" / "changes").iterdir())) == 2
    # Twice within the limit is over it together: it is still one day.
    server.serve(some(75))
    assert pull(server.feed(), store, tuesday).held
    # Back to what it was: nothing changed that day after all, and the day says so.
    server.serve(some(100))
    outcome = pull(server.feed(), store, tuesday)
    assert outcome.change_file is not None
    assert json.loads(outcome.change_file.read_text())["changes"] == []
    assert len(list((store / "council" / "changes").iterdir())) == 2
    assert len(History(store / "council").latest()) == 100


def test_a_first_day_pulled_twice_is_guarded_too(server: FeedServer, store: Path) -> None:
    server.serve(some(100))
    pull(server.feed(), store, MONDAY)
    server.serve(some(3))
    outcome = pull(server.feed(), store, MONDAY)
    assert (outcome.held, outcome.services_after) == (True, 100)


def test_a_failed_pull_leaves_the_store_as_it_was(server: FeedServer, store: Path) -> None:
    server.serve(some(10))
    pull(server.feed(), store, MONDAY)
    before = stored_bytes(store)
    server.answer = lambda _: (500, {}, b"")
    outcome = pull(server.feed(), store, MONDAY + timedelta(days=1))
    assert (outcome.services_before, outcome.services_after) == (10, 10)
    assert outcome.error is not None
    assert stored_bytes(store) == before


def test_a_damaged_history_is_an_error_of_that_feed(server: FeedServer, store: Path) -> None:
    server.serve(some(10))
    first = pull(server.feed(), store, MONDAY)
    first.change_file.write_text(first.change_file.read_text()[:-50])
    outcome = pull(server.feed(), store, MONDAY + timedelta(days=1))
    assert str(first.change_file) in outcome.error
    assert "restore it" in outcome.error


def test_a_page_missing_in_the_middle_is_no_loss(server: FeedServer, store: Path) -> None:
    services = some(100)
    server.serve(services, per_page=10)
    pull(server.feed(), store, MONDAY)
    # The last page comes empty: a tenth is gone, less than what is doubted.
    server.answer = lambda page: as_json(
        v3_page(services, page, 10) | ({"contents": [], "empty": True} if page == 10 else {})
    )
    outcome = pull(server.feed(), store, MONDAY + timedelta(days=1))
    assert (outcome.held, outcome.services_after) == (True, 100)
    assert (
        "announces 100 services, its pages hold 90, and 10 of 100 services" in outcome.warnings[0]
    )
    believed = server.feed(shrink_accepted_until=MONDAY + timedelta(days=1))
    assert pull(believed, store, MONDAY + timedelta(days=1)).removed == 10


def test_an_entry_that_cannot_be_read_is_not_taken_for_removed(
    server: FeedServer, store: Path
) -> None:
    server.serve(some(10))
    pull(server.feed(), store, MONDAY)
    services = some(10)
    services[3]["organization"] = "The Walkers"
    services[4] = "nothing"
    server.serve(services)
    outcome = pull(server.feed(), store, MONDAY + timedelta(days=1))
    # Of the one without an id nobody can tell which it was.
    assert (outcome.removed, outcome.changed, len(outcome.refused)) == (1, 0, 2)
    assert History(store / "council").latest()["id-0003"].name == "Service 3"
