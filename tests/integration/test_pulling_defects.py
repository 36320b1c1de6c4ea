"""What nobody thought of at one address: told as a defect, and the rest of the night goes on."""

from __future__ import annotations

import json

import pytest
from feed_server import as_json, running_feed_server, some, v3_page
from ingesting import NHS_NUMBERS, walks, walks_contract
from test_pulling import authority, place, publisher
from test_sources_https import file_with, sends

from assets.extracts.arriving.open_referral import paging
from assets.extracts.arriving.pulling import Puller
from assets.extracts.arriving.sources import https
from assets.extracts.arriving.sources.source import PermanentSourceError
from assets.extracts.holding.archive import Archive

__all__ = ["authority", "place", "publisher"]  # fixtures


def test_a_defect_at_one_file_keeps_no_other_away(publisher, place, monkeypatch):
    # No input is known that gets through to here, so a part that works is broken on purpose.
    def breaks(content, encoding):
        raise ZeroDivisionError(encoding)

    monkeypatch.setattr(https, "_text_of", breaks)
    publisher.says("/page", sends(b"<a href='/walks.csv'>", content_type="text/html"))
    publisher.says("/walks.csv", file_with(walks("2026-10", 3)))
    page = {"page": f"{publisher.address}/page", "link_pattern": ".*csv"}
    place.agree(walks_contract(fetch=[page, {"url": f"{publisher.address}/walks.csv"}]))
    night = place.ingest()
    assert night.success
    passed, told = night.sources
    assert not passed
    assert f"walks: {publisher.address}/page: nothing was taken in from there (ZeroDiv" in told
    assert "please report it" in told
    assert night.editions() == [("2026-10", "accepted", 1, True)]


def test_the_log_of_a_defect_repeats_no_identifier(publisher, place, monkeypatch, caplog):
    def breaks(*_):
        raise ValueError(f"{NHS_NUMBERS[0]} is odd")

    monkeypatch.setattr(https, "_text_of", breaks)
    publisher.says("/page", sends(b"<a href='/walks.csv'>", content_type="text/html"))
    page = {"page": f"{publisher.address}/page", "link_pattern": ".*csv"}
    place.agree(walks_contract(fetch=[page]))
    place.ingest()
    assert "in breaks" in caplog.text, "the traceback is not there"
    assert NHS_NUMBERS[0] not in caplog.text


def test_a_defect_at_one_feed_keeps_no_other_away(place, monkeypatch):
    with running_feed_server() as server:
        server.answer = lambda page: as_json(v3_page(some(3), page, 10))

        def breaks(*_):
            raise ZeroDivisionError

        monkeypatch.setattr(paging, "_take", breaks)
        place.agree(walks_contract())
        (place.landing_folder / "walks.csv").write_bytes(walks("2026-09", 4))
        place.declare(open_referral_feeds=[{"name": "leeds", "url": server.url}])
        night = place.ingest()
    assert night.success
    assert f"feed leeds: {server.url}/services: nothing was taken in from " in night.sources[1]
    assert night.editions() == [("2026-09", "accepted", 1, True)]


@pytest.mark.parametrize("content", ["{", '{"https://a/": {"sha256": 1}}', "[]"])
def test_a_damaged_record_of_fetches_is_set_aside_and_told(publisher, place, content):
    record = place.home / "downloads" / "fetched.json"
    record.parent.mkdir(parents=True)
    record.write_text(content)
    publisher.says("/walks.csv", file_with(walks("2026-10", 3)))
    place.agree(walks_contract(fetch=[{"url": f"{publisher.address}/walks.csv"}]))
    night = place.ingest()
    assert night.success
    assert "fetched.json.damaged" in night.sources[1]
    assert record.with_name("fetched.json.damaged").read_text() == content
    assert night.editions() == [("2026-10", "accepted", 1, True)]
    assert record.stat().st_mode & 0o777 == 0o600
    assert place.ingest().sources[0]


def test_the_record_forgets_what_is_held_no_longer(publisher, place):
    publisher.says("/page", sends(b"<a href='/1.csv'>", content_type="text/html"))
    publisher.says("/1.csv", file_with(b"of,no\ncontract,known\n"))
    publisher.says("/2.csv", file_with(walks("2026-10", 3)))
    page = {"page": f"{publisher.address}/page", "link_pattern": ".*csv"}
    place.agree(walks_contract(fetch=[page]))
    place.ingest()
    publisher.says("/page", sends(b"<a href='/2.csv'>", content_type="text/html"))
    place.ingest()
    record = json.loads((place.home / "downloads" / "fetched.json").read_text())
    assert {key.partition("#")[0].rpartition("/")[2] for key in record} == {"2.csv"}


def test_a_web_address_is_no_landing_zone_and_shows_no_signature(tmp_path):
    puller = Puller(tmp_path / "in", tmp_path / "downloads", Archive(tmp_path / "archive"))
    with pytest.raises(PermanentSourceError, match="under fetch in its contract") as caught:
        puller.landing_zone("https://files.example.org/walks.csv?sig=SECRET")
    assert "SECRET" not in str(caught.value)
