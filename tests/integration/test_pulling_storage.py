"""A landing zone in object storage, ingest after ingest, against a real S3 server on loopback."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import dagster as dg
import httpx
import pytest
import yaml
from desk import text_of_everything_below
from ingesting import NHS_NUMBERS, Place, walks, walks_contract
from moto.server import ThreadedMotoServer

from assets.extracts.arriving.sources.object_storage import ObjectStorageSource
from orchestration.automation import landing_sensor
from orchestration.environments import declared

# Takes minutes; .ci/run passes it too.
pytestmark = pytest.mark.slow

KEY, SECRET = "AKIAEXAMPLEKEYEXAMPL", "wJalrXUtnFEMIK7MDENGsecretexample"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    running = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


class Bucket:
    """A bucket with a landing zone in it."""

    def __init__(self) -> None:
        self._client = boto3.client("s3")
        self._client.create_bucket(
            Bucket="nhs", CreateBucketConfiguration={"LocationConstraint": "eu-west-2"}
        )

    def put(self, name: str, content: bytes) -> None:
        self._client.put_object(Bucket="nhs", Key=f"landing/{name}", Body=content)

    def declare(self, **declared: Any) -> None:
        self.put("landing.yml", yaml.safe_dump(declared).encode())

    def remove(self, name: str) -> None:
        self._client.delete_object(Bucket="nhs", Key=f"landing/{name}")

    def close(self) -> None:
        for entry in self._client.list_objects_v2(Bucket="nhs").get("Contents", []):
            self._client.delete_object(Bucket="nhs", Key=entry["Key"])
        self._client.delete_bucket(Bucket="nhs")


@pytest.fixture
def bucket(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """Credentials are given as an operator gives them: through the environment alone."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-2")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL", server)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    filled = Bucket()
    yield filled
    monkeypatch.setenv("AWS_ENDPOINT_URL", server)
    filled.close()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path / "place", landing="s3://nhs/landing")
    contract = walks_contract()
    # Only the operator knows the month.
    contract["period_from"] = {}
    made.agree(contract)
    return made


@pytest.fixture
def downloaded(caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """Objects that were asked for since this was last cleared, from the log of the server."""
    asked: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            asked.extend(re.findall(r"GET /nhs/(\S+) ", record.getMessage()))

    log, listener = logging.getLogger("werkzeug"), Listener()
    log.addHandler(listener)
    caplog.set_level(logging.INFO, logger="werkzeug")
    yield asked
    log.removeHandler(listener)


def holds(folder: Path, *secrets: str) -> list[Path]:
    """Files below a folder in which one of the texts stands."""
    return [
        path
        for path, content in text_of_everything_below(folder)
        if any(secret.encode() in content for secret in secrets)
    ]


def test_a_landing_zone_is_taken_in_with_its_declarations(bucket, place, downloaded):
    bucket.put("north/walks.csv", walks("2026-09", 4, 5))
    bucket.put("walks_october.csv", walks("2026-10", 6))
    bucket.put("prices.csv", b"item,price\r\nBread,2\r\n")
    bucket.put("README.md", b"What lies here")
    bucket.declare(
        files=[
            {"match": "*", "synthetic": True},
            {"match": "north/*", "period": "2026-09"},
            {"match": "*_october.csv", "period": "2026-10"},
        ]
    )
    first = place.ingest()
    assert first.success, first.failure
    assert first.sources[0]
    assert first.files == {
        "north/walks.csv": ("walks", "recognised"),
        "prices.csv": (None, "not_recognised"),
        "walks_october.csv": ("walks", "recognised"),
    }
    expected = [("2026-09", "accepted", 2, True), ("2026-10", "accepted", 1, True)]
    assert first.editions() == expected
    assert first.query("select distinct is_synthetic from ledger.editions") == [(True,)]
    assert "landing/north/walks.csv" in downloaded
    assert place.left_unscanned() == []

    downloaded.clear()
    again = place.ingest()
    assert again.files == first.files
    assert again.editions() == expected
    # What was not kept is looked at again; what was kept is not sent again.
    asked = {name for name in downloaded if not name.startswith("?")}
    assert asked == {"landing/landing.yml", "landing/prices.csv"}

    bucket.remove("north/walks.csv")
    bucket.put("walks_october.csv", walks("2026-10", 6, 7))
    third = place.ingest()
    assert set(third.files) == {"prices.csv", "walks_october.csv"}
    assert third.editions() == [
        ("2026-09", "accepted", 2, True),
        ("2026-10", "accepted", 2, True),
        ("2026-10", "superseded", 1, False),
    ]


def test_identifiers_in_an_object_or_its_name_stay_outside(bucket, place):
    bucket.declare(files=[{"match": "*", "period": "2026-10"}])
    bucket.put("walks.csv", walks("2026-10", *NHS_NUMBERS))
    bucket.put(f"walks {NHS_NUMBERS[0]}/swims.csv", walks("2026-10", 4, 5))
    place.agree(walks_contract("swims"))
    night = place.ingest()
    assert night.success, night.failure
    assert [verdict for _, verdict, *_ in night.editions("swims")] == ["refused"]
    assert holds(place.home, *NHS_NUMBERS) == []
    assert place.left_unscanned() == []


@pytest.mark.parametrize("landing", ["s3://absent/landing", "gs://nhs/landing"])
def test_a_landing_zone_that_is_not_there_fails_the_run_and_says_why(bucket, place, landing):
    bucket.put("walks.csv", walks("2026-10", 4))
    place.landing = landing
    night = place.ingest()
    assert not night.success
    assert f"{landing}: " in night.failure
    assert "no such bucket" in night.failure or "give a folder" in night.failure


def test_refused_credentials_are_not_repeated_anywhere(bucket, server, place, capfd):
    bucket.put("walks.csv", walks("2026-10", 4))
    # From now on the server checks signatures, and it knows no such user.
    httpx.post(f"{server}/moto-api/reset-auth", content=b"0").raise_for_status()
    try:
        night = place.ingest()
    finally:
        httpx.post(f"{server}/moto-api/reset-auth", content=b"inf").raise_for_status()
    assert not night.success
    assert "s3://nhs/landing: access is refused" in night.failure
    assert "check the credentials in the environment" in night.failure
    said = capfd.readouterr()
    for text in (night.failure, said.out, said.err):
        assert KEY not in text
        assert SECRET not in text
    assert holds(place.home, KEY, SECRET) == []


def test_credentials_in_the_address_are_refused_and_not_repeated(bucket, place, capfd):
    place.landing = f"s3://{KEY}:{SECRET}@nhs/landing"
    night = place.ingest()
    assert not night.success
    assert "give credentials through the environment" in night.failure
    said = capfd.readouterr()
    assert SECRET not in said.out + said.err
    assert holds(place.home, KEY, SECRET) == []


def test_a_storage_that_cannot_be_reached_leaves_what_is_held(bucket, place, monkeypatch):
    bucket.declare(files=[{"match": "*", "period": "2026-09"}])
    bucket.put("walks.csv", walks("2026-09", 4))
    place.as_of = "2026-10-15"
    held = place.ingest()
    assert held.editions() == [("2026-09", "accepted", 1, True)]
    assert held.late == []

    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setattr("s3fs.S3FileSystem.retries", 1)
    place.as_of = "2026-11-23"
    night = place.ingest()
    assert night.success, night.failure
    passed, said = night.sources
    assert not passed
    assert said.count("s3://nhs/landing: the storage cannot be reached") == 1
    assert night.editions() == held.editions()
    assert night.late == ["walks"]


def test_nothing_is_taken_in_without_its_declarations(bucket, place, monkeypatch):
    """A landing.yml that is replaced while it is read is no reason to take files for real ones."""
    made_up = {"match": "*", "synthetic": True, "period": "2026-10"}
    bucket.declare(files=[made_up])
    bucket.put("walks.csv", walks("2026-10", 4))
    fetch = ObjectStorageSource.fetch
    times = count(1)

    def replaced(self, file, into, known=None):
        if file.name == "landing.yml":
            info = self._storage().info

            def info_and_replace(path):
                found = info(path)
                # Each text is another one: S3 dates an object to the second, so that the same
                # text written twice within a second is the same object.
                bucket.declare(files=[made_up | {"reason": f"text {next(times)}"}])
                return found

            monkeypatch.setattr(self._storage(), "info", info_and_replace)
        return fetch(self, file, into, known)

    monkeypatch.setattr(ObjectStorageSource, "fetch", replaced)
    night = place.ingest()
    assert night.success, night.failure
    assert not night.sources[0]
    assert "landing.yml was replaced while it was read" in night.sources[1]
    assert night.editions() == []


def test_the_sensor_starts_one_ingest_for_objects_that_are_not_held(bucket, place):
    settings = place.settings.model_copy(update={"landing_settled_seconds": 0})
    sensor = landing_sensor(declared("production"), settings)

    def requests(cursor: str | None) -> tuple[int, str | None]:
        with dg.build_sensor_context(cursor=cursor) as context:
            found = sensor(context)
        return len(found.run_requests or []), found.cursor

    bucket.declare(files=[{"match": "*", "period": "2026-09"}])
    bucket.put("walks.csv", walks("2026-09", 4))
    asked, cursor = requests(None)
    assert asked == 1
    assert requests(cursor)[0] == 0
    assert place.ingest().success
    # Also without a memory: the record of what was fetched knows the object.
    assert requests(None)[0] == 0
    bucket.put("walks.csv", walks("2026-09", 4, 5))
    assert requests(cursor)[0] == 1
