"""Published files that a contract says where to fetch, night after night, from a real server."""

from __future__ import annotations

import io
import json
import os
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from desk import text_of_everything_below
from ingesting import NHS_NUMBERS, Place, walks, walks_contract
from test_sources_https import Publisher, file_with, redirects, sends

from assets.extracts.arriving.sources import https
from assets.extracts.arriving.sources.https_client import Retries


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def publisher(
    authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Publisher]:
    bundle = tmp_path / "authorities.pem"
    authority.cert_pem.write_to_path(str(bundle))
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    monkeypatch.setenv("NO_PROXY", "localhost")
    # Fewer attempts with hardly a pause, so that a failing server costs no seconds.
    monkeypatch.setattr(https, "Retries", lambda: Retries(attempts=2, first_wait_seconds=0.01))
    server = Publisher(authority)
    yield server
    server.stop()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "place")


def statuses(publisher: Publisher, path: str) -> list[str]:
    """Conditions of the requests for a path, in order."""
    return [headers.get("If-None-Match", "any") for headers in publisher.headers_of(path)]


def zipped(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name, content in members.items():
            file.writestr(name.replace("__", "/") + ".csv", content)
    return packed.getvalue()


def test_a_published_file_is_fetched_once_and_then_kept(publisher, place):
    publisher.says("/walks.csv", file_with(walks("2026-10", 4, 5)))
    place.agree(walks_contract(fetch=[{"url": f"{publisher.address}/walks.csv"}]))
    first = place.ingest()
    assert first.success, first.failure
    assert first.sources == (True, "nothing was in the way")
    assert first.files == {"walks/walks.csv": ("walks", "recognised")}
    assert first.editions() == [("2026-10", "accepted", 2, True)]

    again = place.ingest()
    assert statuses(publisher, "/walks.csv") == ["any", '"v1"']
    assert again.sources[0]
    assert again.files == first.files
    assert again.editions() == first.editions()
    assert len(list((place.home / "editions" / "walks").glob("*"))) == 1
    assert place.left_unscanned() == []


def test_what_is_held_says_where_it_came_from(publisher, place):
    stamp = "Mon, 23 Nov 2026 10:00:00 GMT"
    publisher.says("/report", redirects("/walks.csv?signature=secret"))
    publisher.says("/walks.csv", file_with(walks("2026-10", 4), last_modified=stamp))
    place.agree(walks_contract(fetch=[{"url": f"{publisher.address}/report?key=secret"}]))
    address = f"{publisher.address}/walks.csv"
    for _ in range(2):
        outcome = place.ingest()
        assert outcome.query("select source_address from ledger.landing_files") == [(address,)]
    [record] = (place.home / "archive").glob("??/*.json")
    [sighting] = json.loads(record.read_text())["sightings"]
    assert {key: sighting[key] for key in ("address", "last_modified", "etag")} == {
        "address": address,
        "last_modified": stamp,
        "etag": '"v1"',
    }
    for path, content in text_of_everything_below(place.home):
        assert b"secret" not in content, path


def test_a_changed_file_is_a_revision(publisher, place):
    publisher.says(
        "/walks.csv",
        file_with(walks("2026-10", 4, 5)),
        file_with(walks("2026-10", 4, 5, 6), etag='"v2"'),
    )
    place.agree(walks_contract(fetch=[{"url": f"{publisher.address}/walks.csv"}]))
    place.ingest()
    revised = place.ingest()
    assert revised.editions() == [
        ("2026-10", "accepted", 3, True),
        ("2026-10", "superseded", 2, False),
    ]


def test_a_server_that_is_down_costs_nothing_but_a_warning(publisher, place):
    publisher.says("/walks.csv", file_with(walks("2026-09", 4, 5)), sends(b"", 503))
    place.agree(walks_contract(fetch=[{"url": f"{publisher.address}/walks.csv"}]))
    place.as_of = "2026-10-15"
    held = place.ingest()
    assert held.late == []

    place.as_of = "2026-11-23"
    night = place.ingest()
    passed, said = night.sources
    assert night.success
    assert not passed
    assert f"walks/walks.csv: {publisher.address}/walks.csv: " in said
    assert "status 503" in said
    assert night.files == {}
    assert night.editions() == held.editions()
    assert night.late == ["walks"]


def test_one_file_that_cannot_be_had_keeps_no_other_away(publisher, place):
    publisher.says("/walks.csv", file_with(walks("2026-10", 4)))
    addresses = [f"{publisher.address}/{name}.csv" for name in ("absent", "gone", "walks")]
    page = {"page": f"{publisher.address}/page", "link_pattern": ".*csv"}
    place.agree(walks_contract(fetch=[*({"url": url} for url in addresses), page]))
    night = place.ingest()
    assert night.success
    passed, said = night.sources
    assert not passed
    # Each once, with the extract that misses it and what to do.
    told = said.split("new address into the contract")
    assert [text.strip("; ").partition(": the server")[0] for text in told] == [
        f"walks/absent.csv: {addresses[0]}",
        f"walks/gone.csv: {addresses[1]}",
        f"walks: {publisher.address}/page",
        "",
    ]
    assert night.editions() == [("2026-10", "accepted", 1, True)]


def test_a_file_keeps_the_name_that_the_server_gave_it(publisher, place):
    named = 'attachment; filename="walks_2026-10.csv"'
    publisher.says("/getReport", file_with(walks("2026-10", 4), content_disposition=named))
    contract = walks_contract(fetch=[{"url": f"{publisher.address}/getReport?report=walks"}])
    # Only the name says the month.
    contract["period_from"] = {"file_name": r"_(?P<year>\d{4})-(?P<month>\d{2})"}
    place.agree(contract)
    first = place.ingest()
    assert first.files == {"walks/walks_2026-10.csv": ("walks", "recognised")}
    assert first.editions() == [("2026-10", "accepted", 1, True)]
    assert place.ingest().files == first.files
    # A contract that changed takes the file in again, under the same name.
    place.agree(contract | {"title": "Walks"})
    changed = place.ingest()
    assert statuses(publisher, "/getReport") == ["any", '"v1"', '"v1"']
    assert changed.editions() == first.editions()


# -- zip files -----------------------------------------------------------------------------------


def test_two_files_that_servers_call_the_same_keep_apart(publisher, place):
    named = {"content_disposition": 'attachment; filename="walks.csv"'}
    publisher.says("/9", file_with(walks("2026-09", 4), **named))
    publisher.says("/10", file_with(walks("2026-10", 4, 5), **named))
    place.agree(walks_contract(fetch=[{"url": f"{publisher.address}/{n}"} for n in (9, 10)]))
    for _ in range(2):
        outcome = place.ingest()
        assert set(outcome.files) == {"walks/walks.csv", "walks/2/walks.csv"}
    assert outcome.editions() == [
        ("2026-09", "accepted", 1, True),
        ("2026-10", "accepted", 2, True),
    ]


def test_the_members_of_a_zip_file_are_taken_in_and_kept(publisher, place):
    packed = zipped(
        data__walks_sep=walks("2026-09", 4), data__walks_oct=walks("2026-10", 5), read_me=b"Read me"
    )
    publisher.says("/walks.zip", file_with(packed))
    file = {"url": f"{publisher.address}/walks.zip", "members": ["walks_*.csv"]}
    place.agree(walks_contract(fetch=[file]))
    first = place.ingest()
    assert first.files == {
        "walks/walks.zip/walks_sep.csv": ("walks", "recognised"),
        "walks/walks.zip/walks_oct.csv": ("walks", "recognised"),
    }
    assert [edition[0] for edition in first.editions()] == ["2026-09", "2026-10"]
    again = place.ingest()
    assert statuses(publisher, "/walks.zip") == ["any", '"v1"']
    assert again.files == first.files
    assert again.editions() == first.editions()
    assert place.left_unscanned() == []


def test_zip_files_of_one_name_with_members_of_one_name_are_not_mixed_up(publisher, place):
    for month in ("2026-09", "2026-10"):
        packed = zipped(walks=walks(month, int(month[-2:])))
        publisher.says(f"/{month}/walks.zip", file_with(packed))
    files = [
        {"url": f"{publisher.address}/{month}/walks.zip", "members": ["*.csv"]}
        for month in ("2026-09", "2026-10")
    ]
    place.agree(walks_contract(fetch=files))
    night = place.ingest()
    assert night.success, night.failure
    found = night.query("select edition_period, walkers from raw.walks order by all")
    assert found == [("2026-09", "9"), ("2026-10", "10")]


def test_one_address_may_serve_two_contracts(publisher, place):
    packed = zipped(walks=walks("2026-10", 4), swims=walks("2026-10", 5).replace(b"walk", b"swimm"))
    publisher.says("/all.zip", file_with(packed))
    publisher.says("/walks.csv", file_with(walks("2026-09", 4)))
    zip_file, table = f"{publisher.address}/all.zip", f"{publisher.address}/walks.csv"
    place.agree(walks_contract("walks", [{"url": zip_file, "members": ["w*"]}, {"url": table}]))
    swims = walks_contract("swims", [{"url": zip_file, "members": ["s*"]}, {"url": table}])
    swims["layouts"][0]["columns"][2]["name"] = "swimmers"
    place.agree(swims)
    first = place.ingest()
    assert first.success, first.failure
    assert first.files == {
        "walks/all.zip/walks.csv": ("walks", "recognised"),
        "swims/all.zip/swims.csv": ("swims", "recognised"),
        "walks/walks.csv": ("walks", "recognised"),
        "swims/walks.csv": ("walks", "recognised"),
    }
    again = place.ingest()
    assert again.files == first.files
    assert len(publisher.headers_of("/all.zip")) == 4
    assert statuses(publisher, "/all.zip")[2:] == ['"v1"', '"v1"']


def test_a_member_that_is_asked_for_later_is_unpacked_although_the_zip_file_is_unchanged(
    publisher, place
):
    packed = zipped(walks_a=walks("2026-09", 4), walks_b=walks("2026-10", 5))
    publisher.says("/walks.zip", file_with(packed))
    file = {"url": f"{publisher.address}/walks.zip", "members": ["*_a.csv"]}
    place.agree(walks_contract(fetch=[file]))
    assert len(place.ingest().editions()) == 1
    place.agree(walks_contract(fetch=[file | {"members": ["*_a.csv", "*_b.csv"]}]))
    assert len(place.ingest().editions()) == 2


@pytest.mark.parametrize("content", [b"PK\x03\x04 not a zip file", zipped(other=b"x")])
def test_nothing_is_left_of_a_zip_file_that_cannot_be_used(publisher, place, content):
    publisher.says("/walks.zip", file_with(content))
    file = {"url": f"{publisher.address}/walks.zip", "members": ["walks*.csv"]}
    place.agree(walks_contract(fetch=[file]))
    night = place.ingest()
    assert night.success
    assert not night.sources[0]
    assert "walks/walks.zip: walks.zip: n" in night.sources[1]
    assert place.left_unscanned() == []
    place.ingest()
    assert statuses(publisher, "/walks.zip") == ["any", "any"]


# -- what must not stay ------------------------------------------------------------------------


def test_a_file_with_identifiers_is_not_kept_and_is_fetched_again(publisher, place):
    spoilt = walks("2026-10", *NHS_NUMBERS)
    publisher.says("/walks.csv", file_with(spoilt))
    place.agree(walks_contract(fetch=[{"url": f"{publisher.address}/walks.csv"}]))
    night = place.ingest()
    assert night.files == {"walks/walks.csv": ("walks", "recognised")}
    assert [edition[1] for edition in night.editions()] == ["refused"]
    assert place.left_unscanned() == []
    assert not [
        path
        for path, content in text_of_everything_below(place.home)
        if any(number.encode() in content for number in NHS_NUMBERS)
    ]
    # Once the publisher has put it right, it comes in.
    publisher.says("/walks.csv", file_with(spoilt), file_with(walks("2026-10", 4), etag='"v2"'))
    assert [edition[1] for edition in place.ingest().editions()] == ["refused"]
    assert [edition[1] for edition in place.ingest().editions()] == ["accepted", "refused"]
    assert statuses(publisher, "/walks.csv") == ["any", "any", "any"]


def test_a_file_that_fits_no_contract_is_listed_and_not_kept(publisher, place):
    publisher.says("/prices.csv", file_with(b"item,price\r\nBread,2\r\n"))
    place.agree(walks_contract(fetch=[{"url": f"{publisher.address}/prices.csv"}]))
    for _ in range(2):
        night = place.ingest()
        assert night.success
        assert night.sources[0]
        assert night.files == {"walks/prices.csv": (None, "not_recognised")}
        assert place.left_unscanned() == []
    assert statuses(publisher, "/prices.csv") == ["any", "any"]


def test_a_cut_download_waits_a_week_for_the_rest(publisher, place):
    content = walks("2026-10", *range(5000))
    publisher.says("/walks.csv", file_with(content, cut_at=50_000))
    place.agree(walks_contract(fetch=[{"url": f"{publisher.address}/walks.csv"}]))
    assert not place.ingest().sources[0]
    parts = [place.home / name for name in place.left_unscanned()]
    assert [path.suffixes[1:] for path in parts] == [[".part"], [".part", ".json"]]
    assert not {path.stat().st_mode & 0o077 for path in parts if path.suffix == ".part"} - {0}

    publisher.says("/walks.csv", file_with(content))
    night = place.ingest()
    assert night.editions() == [("2026-10", "accepted", 5000, True)]
    assert publisher.headers_of("/walks.csv")[-1]["Range"] == "bytes=100000-"
    assert place.left_unscanned() == []


def test_what_a_killed_run_left_is_taken_away(publisher, place):
    place.agree(walks_contract())
    old = ["downloads/old.csv.part", "downloads/old.csv.part.json"]
    new = ["downloads/new.csv.part", "downloads/new.csv.part.json"]
    for name in [*old, *new, "downloads/whole.csv", "arrival_incoming/tmp1/walks.csv"]:
        path = place.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(walks("2026-10", *NHS_NUMBERS))
        if name in old:
            eight_days_ago = time.time() - 8 * 24 * 3600
            os.utime(path, (eight_days_ago, eight_days_ago))
    assert place.ingest().success
    assert place.left_unscanned() == new


def test_without_fetch_nothing_is_asked(publisher, place):
    place.agree(walks_contract(fetch=[{"url": f"{publisher.address}/walks.csv"}]))
    place.fetch = False
    night = place.ingest()
    assert night.success
    assert night.sources[0]
    assert publisher.requests == []


def test_names_that_a_publisher_chose_are_redacted(publisher, place):
    file = f"{publisher.address}/{NHS_NUMBERS[0]}.csv"
    place.agree(walks_contract(fetch=[{"url": file}]))
    assert NHS_NUMBERS[0] not in place.ingest().sources[1]
    publisher.says(f"/{NHS_NUMBERS[0]}.csv", file_with(walks("2026-10", 4)))
    assert NHS_NUMBERS[0] not in str(place.ingest().files)
