"""Open Referral UK feeds that fail on the way: faults, refusals, answers that are not JSON."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path
from time import monotonic, sleep
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
    v3_page,
)
from pydantic import ValidationError

from assets.extracts.arriving.open_referral.feed import Feed
from assets.extracts.arriving.open_referral.pull import pull
from assets.extracts.arriving.sources.https_client import is_on_loopback


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with running_feed_server() as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "open_referral"


def after(faults: list[Answer], services: list[Any]) -> Callable[[int], Answer]:
    """Answers with each fault once, then with the services."""
    left = iter(faults)
    return lambda page: next(left, None) or as_json(v3_page(services, page, 100))


def test_a_passing_fault_is_asked_again(server: FeedServer, store: Path) -> None:
    server.answer = after([(500, {}, b""), (503, {}, b"")], some(3))
    outcome = pull(server.feed(), store, MONDAY)
    assert (outcome.error, outcome.services_after) == (None, 3)
    assert server.asked == [1, 1, 1]


def test_a_lasting_server_fault_is_told_after_five_tries(server: FeedServer, store: Path) -> None:
    server.answer = lambda _: (502, {}, b"")
    outcome = pull(server.feed(), store, MONDAY)
    assert names_address_and_page(outcome, server, 1)
    assert "answers with status 502" in outcome.error
    assert len(server.asked) == 5


def test_the_pause_doubles(server: FeedServer, store: Path) -> None:
    times: list[float] = []

    def failing(_: int) -> Answer:
        times.append(monotonic())
        return 500, {}, b""

    server.answer = failing
    pull(server.feed(back_off_seconds=0.1), store, MONDAY)
    pauses = [later - earlier for earlier, later in pairwise(times)]
    for pause, least in zip(pauses, (0.1, 0.2, 0.4, 0.8), strict=True):
        assert pause >= least


@pytest.mark.parametrize("written", ["seconds", "date"])
def test_the_pause_a_feed_asks_for_is_kept(server: FeedServer, store: Path, written: str) -> None:
    until = datetime.now(UTC) + timedelta(seconds=2)
    asked = "1" if written == "seconds" else format_datetime(until, usegmt=True)
    server.answer = after([(429, {"retry-after": asked}, b"")], some(3))
    started = monotonic()
    assert pull(server.feed(), store, MONDAY).services_after == 3
    assert 0.8 < monotonic() - started < 5


def test_a_feed_that_asks_for_hours_is_left_for_the_next_run(
    server: FeedServer, store: Path
) -> None:
    server.answer = lambda _: (429, {"retry-after": "7200"}, b"")
    outcome = pull(server.feed(), store, MONDAY)
    assert "asks to wait 7200 seconds; it is tried again by the next run" in outcome.error
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_refusal_is_final(server: FeedServer, store: Path, status: int) -> None:
    server.answer = lambda _: (status, {}, b"")
    outcome = pull(server.feed(), store, MONDAY)
    assert f"answers with status {status}; " in outcome.error
    assert names_address_and_page(outcome, server, 1)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("headers", "body", "told"),
    [
        ({"content-type": "text/html"}, b"Please log in", "web page, not JSON"),
        ({}, b"  <!DOCTYPE html><html></html>", "web page, not JSON"),
        ({}, b"", "cut off or is not JSON"),
        ({}, json.dumps(v3_page(some(3), 1, 10)).encode()[:-40], "cut off or is not JSON"),
        ({}, b'{"contents": [{"id": NaN}]}', "not a JSON number"),
        ({}, b'{"contents": [{"id": 1e999}]}', "not a JSON number"),
        ({}, b'{"contents": ["\xff"]}', "not UTF-8"),
        ({}, b"[" * 200_000, "not JSON"),
        ({"content-encoding": "gzip"}, b"not gzip", "packed as gzip and is damaged"),
    ],
    ids=["log-in", "page", "empty", "cut", "NaN", "infinite", "bytes", "nested", "gzip"],
)
def test_an_answer_that_is_not_json_names_address_and_page(
    server: FeedServer, store: Path, headers: dict[str, str], body: bytes, told: str
) -> None:
    server.answer = lambda _: (200, headers, body)
    outcome = pull(server.feed(), store, MONDAY)
    assert names_address_and_page(outcome, server, 1)
    assert told in outcome.error


def test_an_answer_cut_on_the_way_is_asked_again(server: FeedServer, store: Path) -> None:
    whole = json.dumps(v3_page(some(3), 1, 10)).encode()
    cut = (200, {"content-length": str(len(whole))}, whole[:-40])
    server.answer = after([cut], some(3))
    assert pull(server.feed(), store, MONDAY).services_after == 3
    assert len(server.asked) == 2


def test_a_feed_that_hangs_is_given_up(server: FeedServer, store: Path) -> None:
    def slow(_: int) -> Answer:
        sleep(0.6)
        return 500, {}, b""

    server.answer = slow
    outcome = pull(server.feed(timeout_seconds=0.1), store, MONDAY)
    assert "no answer in time" in outcome.error or "within 0.1 seconds" in outcome.error


def test_a_feed_that_trickles_is_given_up(server: FeedServer, store: Path) -> None:
    server.answer = lambda _: (200, {}, [b" "] * 8)
    outcome = pull(server.feed(timeout_seconds=0.3), store, MONDAY)
    assert "did not arrive within 0.3 seconds" in outcome.error


def test_a_feed_has_one_deadline_for_all_its_pages(server: FeedServer, store: Path) -> None:
    def slow(page: int) -> Answer:
        sleep(0.1)
        return as_json(v3_page(some(1000), page, 1))

    server.answer = slow
    started = monotonic()
    outcome = pull(server.feed(deadline_seconds=0.5, per_page=1, max_pages=1000), store, MONDAY)
    assert monotonic() - started < 2
    assert "did not arrive within 0.5 seconds" in outcome.error
    assert "raise deadline_seconds" in outcome.error


def test_a_pause_of_nothing_does_not_cancel_the_back_off(server: FeedServer, store: Path) -> None:
    server.answer = lambda _: (503, {"retry-after": "0"}, b"")
    started = monotonic()
    pull(server.feed(back_off_seconds=0.05), store, MONDAY)
    assert monotonic() - started > 0.05 + 0.1 + 0.2 + 0.4


@pytest.mark.parametrize(
    "headers",
    [
        {"location": "foo:1"},
        {"location": "http://user:secret@example.org/x"},
        {"location": "https://user:secret@example.org/x?token=secret"},
    ],
)
def test_a_redirect_to_anything_odd_is_told_without_its_secrets(
    server: FeedServer, store: Path, headers: dict[str, str]
) -> None:
    server.answer = lambda _: (302, headers, b"")
    outcome = pull(server.feed(), store, MONDAY)
    assert names_address_and_page(outcome, server, 1)
    assert "secret" not in outcome.error


@pytest.mark.parametrize("until", ["Fri, 31 Dec 9999 23:59:59 -0100", "9" * 400])
def test_a_pause_that_makes_no_sense_is_no_defect(
    server: FeedServer, store: Path, until: str
) -> None:
    server.answer = lambda _: (503, {"retry-after": until}, b"")
    assert "status 503" in pull(server.feed(), store, MONDAY).error


def test_packings_upon_each_other_are_refused(server: FeedServer, store: Path) -> None:
    bomb = gzip.compress(gzip.compress(b" " * (1 << 20)))
    server.answer = lambda _: (200, {"content-encoding": "gzip, gzip"}, bomb)
    assert "only gzip, once" in pull(server.feed(), store, MONDAY).error


def test_a_page_that_swells_is_given_up(server: FeedServer, store: Path) -> None:
    swollen = gzip.compress(b" " * (65 << 20))
    assert len(swollen) < 100_000
    server.answer = lambda _: (200, {"content-encoding": "gzip"}, swollen)
    outcome = pull(server.feed(), store, MONDAY)
    assert "the page is over 64 MB; set a smaller per_page" in outcome.error


def test_a_feed_that_is_down_does_not_stop_the_next(server: FeedServer, store: Path) -> None:
    server.serve(some(3))
    down = FeedServer()
    down.close()
    feeds = [down.feed(name="down"), server.feed()]
    outcomes = [pull(feed, store, MONDAY) for feed in feeds]
    assert "the connection failed" in outcomes[0].error
    assert outcomes[1].services_after == 3


def test_a_redirect_is_followed_on_loopback_but_never_out_of_https(
    server: FeedServer, store: Path
) -> None:
    pages = after([(301, {"location": "/api/services?page=1"}, b"")], some(3))
    server.answer = pages
    assert pull(server.feed(), store, MONDAY).services_after == 3
    server.answer = lambda _: (302, {"location": "http://feeds.example/services"}, b"")
    outcome = pull(server.feed(), store, MONDAY)
    assert "http://feeds.example/services is not an https address" in outcome.error


@pytest.mark.parametrize(
    "url",
    [
        "http://feeds.example/",
        "ftp://feeds.example/",
        "https:///services",
        "https://someone:secret@feeds.example/",
        "https://feeds.example/services?key=secret",
        "http://127.0.0.1.feeds.example/",
    ],
)
def test_an_address_that_must_not_be_asked_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="give"):
        Feed(name="council", url=url)


def test_a_feed_elsewhere_cannot_send_us_to_this_machine() -> None:
    assert is_on_loopback("http://127.0.0.1:80/services")
    assert not is_on_loopback("http://127.0.0.1.feeds.example/services")
    assert not Feed(name="council", url="https://feeds.example").is_on_loopback


@pytest.mark.parametrize("url", ["https://feeds.example/api", "https://feeds.example/api/services"])
def test_the_base_address_or_its_list_may_be_declared(url: str) -> None:
    assert Feed(name="council", url=url).services_url == "https://feeds.example/api/services"
