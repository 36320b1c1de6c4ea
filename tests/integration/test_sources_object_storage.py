"""Object storage: S3 against a real server on loopback; Azure as far as its addresses go."""

import datetime
import logging
import stat

import boto3
import fsspec
import httpx
import pytest
from adlfs import AzureBlobFileSystem
from moto.server import ThreadedMotoServer

from assets.extracts.arriving.sources import object_storage
from assets.extracts.arriving.sources.fetch_state import FetchState
from assets.extracts.arriving.sources.object_storage import ObjectStorageSource
from assets.extracts.arriving.sources.opening import open_source
from assets.extracts.arriving.sources.source import (
    PermanentSourceError,
    Source,
    TransientSourceError,
)

KEY, SECRET = "AKIAEXAMPLEKEYEXAMPL", "wJalrXUtnFEMI/K7MDENG/secretexample"
TABLE = b"practice_code,patients\nA81001,4023\n"


@pytest.fixture(scope="module")
def server():
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def environment(monkeypatch, tmp_path):
    """Credentials as an operator gives them: through the environment, nowhere else."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-2")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return monkeypatch


@pytest.fixture
def bucket(server, environment):
    """A bucket with a landing zone in it, and the client that fills it."""
    environment.setenv("AWS_ENDPOINT_URL", server)
    client = boto3.client("s3")
    client.create_bucket(
        Bucket="nhs", CreateBucketConfiguration={"LocationConstraint": "eu-west-2"}
    )
    for key in ("landing/table.csv", "landing/2026/10/q?#1.csv", "landing2/other.csv"):
        client.put_object(Bucket="nhs", Key=key, Body=TABLE)
    for key in ("landing/", "landing/.hidden", "landing/.snapshot/table.csv"):
        client.put_object(Bucket="nhs", Key=key, Body=b"")
    yield client
    for entry in client.list_objects_v2(Bucket="nhs").get("Contents", []):
        client.delete_object(Bucket="nhs", Key=entry["Key"])
    client.delete_bucket(Bucket="nhs")


@pytest.fixture
def into(tmp_path):
    return tmp_path / "private"


def the_file(source, name="table.csv"):
    return next(file for file in source.listed() if file.name == name)


def left_in(folder):
    return list(folder.iterdir()) if folder.exists() else []


def state_of(fetched):
    return FetchState(
        etag=fetched.etag,
        last_modified=fetched.last_modified,
        sha256=fetched.sha256,
        bytes=fetched.bytes,
        fetched_at=datetime.datetime.now(datetime.UTC),
    )


def test_everything_under_the_prefix_is_listed(bucket):
    source = open_source("s3://nhs/landing/")
    assert isinstance(source, Source)
    files = source.listed()
    assert [file.name for file in files] == ["2026/10/q?#1.csv", "table.csv"]
    assert files[1].location == "s3://nhs/landing/table.csv"
    assert files[1].size_bytes == len(TABLE)
    assert files[1].etag == bucket.head_object(Bucket="nhs", Key="landing/table.csv")["ETag"]
    assert files[1].last_modified.startswith("20")


def test_the_prefix_may_be_a_bucket_or_one_object(bucket):
    assert the_file(open_source("s3://nhs"), "landing2/other.csv")
    (file,) = open_source("s3://nhs/landing/table.csv").listed()
    assert (file.name, file.location) == ("table.csv", "s3://nhs/landing/table.csv")


def test_a_listing_is_never_stale(bucket):
    source = open_source("s3://nhs/landing")
    assert len(source.listed()) == 2
    bucket.put_object(Bucket="nhs", Key="landing/later.csv", Body=b"x")
    assert len(source.listed()) == 3


def test_an_empty_prefix_is_no_error(bucket):
    assert open_source("s3://nhs/nothing").listed() == []


@pytest.mark.parametrize("name", ["table.csv", "2026/10/q?#1.csv"])
def test_an_object_arrives_whole_and_private(bucket, into, name):
    source = open_source("s3://nhs/landing")
    fetched = source.fetch(the_file(source, name), into)
    assert fetched.path.read_bytes() == TABLE
    assert stat.S_IMODE(fetched.path.stat().st_mode) == 0o600
    assert fetched.path.parent == into
    assert fetched.bytes == len(TABLE)
    assert not fetched.not_modified


def test_an_object_larger_than_one_piece_arrives_whole(bucket, into, monkeypatch):
    monkeypatch.setattr(object_storage, "_PIECE_BYTES", 1 << 16)
    large = bytes(range(256)) * 1000
    bucket.put_object(Bucket="nhs", Key="landing/large.csv", Body=large)
    source = open_source("s3://nhs/landing")
    assert source.fetch(the_file(source, "large.csv"), into).path.read_bytes() == large


def test_an_object_with_the_same_etag_is_not_fetched_again(bucket, into):
    source = open_source("s3://nhs/landing")
    file = the_file(source)
    fetched = source.fetch(file, into)
    again = source.fetch(file, into, state_of(fetched))
    assert again.not_modified
    assert again.path is None
    assert (again.sha256, again.bytes) == (fetched.sha256, len(TABLE))
    bucket.put_object(Bucket="nhs", Key="landing/table.csv", Body=b"new")
    assert source.fetch(file, into, state_of(fetched)).path.read_bytes() == b"new"


def test_an_object_over_the_limit_is_not_fetched(bucket, into):
    source = open_source("s3://nhs/landing", max_bytes=10)
    with pytest.raises(PermanentSourceError, match=r"35 bytes, over the limit of 10 bytes"):
        source.fetch(the_file(source), into)
    assert left_in(into) == []


class WhenAsked(logging.Handler):
    """Does something once, as soon as the client logs that it asks for something."""

    def __init__(self, text, action):
        super().__init__(logging.DEBUG)
        self.text, self.action = text, action

    def emit(self, record):
        if self.action and self.text in record.getMessage():
            action, self.action = self.action, None
            action()


def test_an_object_replaced_while_it_is_read_is_left_for_the_next_run(bucket, into, monkeypatch):
    monkeypatch.setattr(object_storage, "_PIECE_BYTES", 10)

    def replace():
        bucket.put_object(Bucket="nhs", Key="landing/table.csv", Body=TABLE.upper())

    second_piece = WhenAsked("bytes=10-19", replace)
    client = logging.getLogger("s3fs")
    level = client.level
    client.setLevel(logging.DEBUG)
    client.addHandler(second_piece)
    try:
        source = open_source("s3://nhs/landing")
        with pytest.raises(TransientSourceError, match="was replaced while it was read"):
            source.fetch(the_file(source), into)
    finally:
        client.removeHandler(second_piece)
        client.setLevel(level)
    assert second_piece.action is None
    assert left_in(into) == []


def test_a_missing_bucket_is_named(bucket):
    with pytest.raises(PermanentSourceError, match=r"s3://absent/landing: no such bucket"):
        open_source("s3://absent/landing").listed()


def test_an_object_that_is_gone_is_named(bucket, into):
    source = open_source("s3://nhs/landing")
    file = the_file(source)
    bucket.delete_object(Bucket="nhs", Key="landing/table.csv")
    with pytest.raises(PermanentSourceError, match=r"s3://nhs/landing/table\.csv: no such"):
        source.fetch(file, into)


def test_without_credentials_the_environment_is_named(bucket, environment):
    environment.delenv("AWS_ACCESS_KEY_ID")
    environment.delenv("AWS_SECRET_ACCESS_KEY")
    # Where a machine asks for its role; without network nobody answers.
    environment.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:9")
    environment.setenv("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "1")
    with pytest.raises(TransientSourceError, match=r"no credentials are to be had.*environment"):
        open_source("s3://nhs/landing").listed()


def shown_by(error):
    """Everything that a log shows of an error: its own text and those it is chained to."""
    texts = []
    while error is not None:
        texts.append(repr(error))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return " ".join(texts)


def test_an_error_of_the_storage_shows_no_credentials(bucket, server, into):
    source = open_source("s3://nhs/landing")
    file = the_file(source)
    # From now on the server checks signatures, and it knows no such user.
    httpx.post(f"{server}/moto-api/reset-auth", content=b"0").raise_for_status()
    try:
        for refused in (source.listed, lambda: source.fetch(file, into)):
            with pytest.raises(PermanentSourceError, match="access is refused") as caught:
                refused()
            assert KEY not in shown_by(caught.value)
            assert SECRET not in shown_by(caught.value)
            assert shown_by(caught.value) == repr(caught.value), "a text of the storage is chained"
            assert "you provided" not in str(caught.value), "a text of the storage is quoted"
    finally:
        httpx.post(f"{server}/moto-api/reset-auth", content=b"inf").raise_for_status()


def test_a_storage_that_cannot_be_reached_is_for_the_next_run(environment, monkeypatch):
    environment.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr("s3fs.S3FileSystem.retries", 1)
    environment.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(TransientSourceError, match=r"s3://nhs/landing: .*check the network"):
        open_source("s3://nhs/landing").listed()


@pytest.mark.parametrize(
    "location",
    [
        f"s3://{KEY}:{SECRET.replace('/', '')}@nhs/landing",
        "s3://secretexample@nhs/landing",
        "s3://nhs/landing?secret=secretexample",
        "abfs://nhs/landing?sig=secretexample",
        "abfs://user:secretexample@account.dfs.core.windows.net/x",
        "s3:///secret",
        "gs://nhs/landing",
    ],
)
def test_credentials_in_an_address_are_refused_and_not_repeated(location):
    with pytest.raises(PermanentSourceError) as caught:
        ObjectStorageSource(location)
    assert KEY not in shown_by(caught.value)
    assert "secretexample" not in shown_by(caught.value)


# -- Azure: there is no server for it here, so only what is built from addresses ----------------


@pytest.mark.parametrize(
    ("location", "account"),
    [
        ("abfs://nhs/landing", "fromenvironment"),
        ("abfs://nhs@named.dfs.core.windows.net/landing", "named"),
        ("abfss://nhs@named.dfs.core.windows.net/landing/", "named"),
    ],
)
def test_an_azure_address_opens_its_container(environment, location, account):
    environment.setenv("AZURE_STORAGE_ACCOUNT_NAME", "fromenvironment")
    environment.setenv("AZURE_STORAGE_ACCOUNT_KEY", "c2VjcmV0ZXhhbXBsZQ==")
    source = open_source(location)
    assert isinstance(source, ObjectStorageSource)
    storage = source._storage()
    assert isinstance(storage, AzureBlobFileSystem)
    assert storage.account_name == account
    assert storage.account_url == f"https://{account}.blob.core.windows.net"
    assert storage._strip_protocol(source.location) == "nhs/landing"
    assert "c2VjcmV0" not in source.name


def test_azure_without_an_account_says_so(environment):
    for name in ("ACCOUNT_NAME", "ACCOUNT_KEY", "CONNECTION_STRING", "SAS_TOKEN"):
        environment.delenv(f"AZURE_STORAGE_{name}", raising=False)
    environment.setenv("AZURE_STORAGE_ANON", "true")
    with pytest.raises(PermanentSourceError, match=r"abfs://nhs/landing: .*environment"):
        open_source("abfs://nhs/landing").listed()
    assert "abfs" in fsspec.available_protocols()
