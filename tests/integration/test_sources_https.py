"""Published files over HTTPS, from a real server with a certificate of its own, on loopback."""

import datetime
import gzip
import hashlib
import io
import random
import ssl
import stat
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import trustme
from pydantic import ValidationError

from assets.extracts.arriving.sources.fetch_state import (
    FetchState,
    FetchStateError,
    key_of,
    read_states,
    write_states,
)
from assets.extracts.arriving.sources.https import HttpsFile, HttpsSource
from assets.extracts.arriving.sources.https_client import Retries
from assets.extracts.arriving.sources.opening import open_source
from assets.extracts.arriving.sources.source import (
    PermanentSourceError,
    Source,
    TransientSourceError,
    address_of,
)
from assets.extracts.arriving.sources.unpacking import unpack

TABLE = b"practice_code,patients\n" + b"A81001,4023\n" * 30_000
QUICK = Retries(attempts=3, first_wait_seconds=0.01, longest_wait_seconds=5)


class Publisher(ThreadingHTTPServer):
    """A server whose answers a test writes; it notes every request it gets."""

    daemon_threads = True

    def __init__(self, certificates):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = {}
        self.requests = []
        if certificates is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            certificates.issue_cert("localhost", "127.0.0.1").configure_cert(context)
            self.socket = context.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )
        self.address = f"{'https' if certificates else 'http'}://localhost:{self.server_port}"
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def handle_error(self, request, client_address):
        """A client that hangs up is part of these tests."""

    def says(self, path, *answers):
        """The answers to a path in turn; the last one stays."""
        self.answers[path] = list(answers)

    def headers_of(self, path):
        return [headers for requested, headers in self.requests if requested == path]

    def stop(self):
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = self.path.partition("?")[0]
        self.server.requests.append((path, dict(self.headers)))
        answers = self.server.answers.get(path, [gone])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        answer(self)

    def log_message(self, *arguments):
        """Keep the output of the tests readable."""

    def reply(self, status, body=b"", cut_at=None, **headers):
        self.send_response(status)
        headers = {"content_type": "text/csv", "content_length": str(len(body))} | headers
        for name, value in headers.items():
            if value is not None:
                self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body[:cut_at])
        self.wfile.flush()
        if cut_at is not None:
            self.close_connection = True


def gone(handler):
    handler.reply(404)


def sends(body=TABLE, status=200, **headers):
    return lambda handler: handler.reply(status, body, **headers)


def redirects(target, status=302):
    return lambda handler: handler.reply(status, location=target)


def file_with(body=TABLE, cut_at=None, etag='"v1"', **more):
    """A well-behaved file: conditions and ranges as RFC 9110 has them, then perhaps a cut."""

    def answer(handler):
        headers = {"etag": etag, "accept_ranges": "bytes", **more}
        asked = handler.headers.get("Range")
        tag, date = (handler.headers.get(n) for n in ("If-None-Match", "If-Modified-Since"))
        if (tag and tag == etag) or (date and date == more.get("last_modified")):
            handler.reply(304, content_length=None, content_type=None, **headers)
        elif asked and handler.headers.get("If-Range") in {etag, more.get("last_modified")}:
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            span = f"bytes {start}-{len(body) - 1}/{len(body)}"
            handler.reply(206, body[start:], cut_at, content_range=span, **headers)
        else:
            handler.reply(200, body, cut_at, **headers)

    return answer


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def publisher(authority, tmp_path, monkeypatch):
    bundle = tmp_path / "authorities.pem"
    authority.cert_pem.write_to_path(str(bundle))
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    monkeypatch.setenv("NO_PROXY", "localhost")
    server = Publisher(authority)
    yield server
    server.stop()


@pytest.fixture
def into(tmp_path):
    return tmp_path / "private"


def source_of(publisher, path="/table.csv", **settings):
    return HttpsSource(HttpsFile(url=publisher.address + path, **settings), QUICK)


def fetch(source, into, known=None):
    (file,) = source.listed()
    return source.fetch(file, into, known)


def state_of(fetched):
    return FetchState(
        etag=fetched.etag,
        last_modified=fetched.last_modified,
        sha256=fetched.sha256,
        bytes=fetched.bytes,
        fetched_at=datetime.datetime.now(datetime.UTC),
    )


def left_in(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


# -- a file that is there ----------------------------------------------------------------------


def test_a_file_arrives_whole_and_private(publisher, into):
    publisher.says("/table.csv", file_with(last_modified="Mon, 02 Nov 2026 09:30:00 GMT"))
    source = source_of(publisher)
    fetched = fetch(source, into)
    assert isinstance(source, Source)
    assert fetched.path.read_bytes() == TABLE
    assert stat.S_IMODE(fetched.path.stat().st_mode) == 0o600
    assert fetched.sha256 == hashlib.sha256(TABLE).hexdigest()
    assert (fetched.name, fetched.bytes, fetched.etag) == ("table.csv", len(TABLE), '"v1"')
    assert fetched.last_modified == "Mon, 02 Nov 2026 09:30:00 GMT"
    assert not fetched.not_modified
    assert left_in(into) == [fetched.path.name]


@pytest.mark.parametrize(
    "said",
    [
        'attachment; filename="epc members.csv"',
        "attachment; filename*=UTF-8''..%2F.epc%20members.csv",
        'attachment; filename="C:\\folder\\epc members.csv"',
    ],
)
def test_the_server_may_say_how_the_file_is_called(publisher, into, said):
    publisher.says("/getReport", sends(content_disposition=said))
    assert fetch(source_of(publisher, "/getReport?report=epcmem"), into).name == "epc members.csv"


def test_a_file_packed_for_the_way_is_unpacked(publisher, into):
    publisher.says("/table.csv", sends(gzip.compress(TABLE), content_encoding="gzip", etag='"z"'))
    assert fetch(source_of(publisher), into).path.read_bytes() == TABLE


@pytest.mark.parametrize(
    "validators",
    [{"etag": '"v1"'}, {"etag": None, "last_modified": "Mon, 02 Nov 2026 09:30:00 GMT"}],
)
def test_an_unchanged_file_is_not_sent_again(publisher, into, validators):
    publisher.says("/table.csv", file_with(**validators))
    source = source_of(publisher)
    first = fetch(source, into)
    first.path.unlink()
    again = fetch(source, into, state_of(first))
    assert again.not_modified
    assert again.path is None
    assert (again.sha256, again.bytes) == (first.sha256, len(TABLE))
    assert (again.etag, again.last_modified) == (first.etag, first.last_modified)
    assert left_in(into) == []


def test_a_changed_file_is_sent_again(publisher, into):
    publisher.says("/table.csv", file_with(), file_with(b"new,table\n", etag='"v2"'))
    source = source_of(publisher)
    known = state_of(fetch(source, into))
    assert fetch(source, into, known).path.read_bytes() == b"new,table\n"


def test_unchanged_since_nothing_is_an_error(publisher, into):
    publisher.says("/table.csv", sends(b"", 304, content_length=None))
    with pytest.raises(PermanentSourceError, match="304"):
        fetch(source_of(publisher), into)


# -- cut connections ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "validators",
    [{"etag": '"v1"'}, {"etag": None, "last_modified": "Mon, 02 Nov 2026 09:30:00 GMT"}],
)
def test_a_cut_download_goes_on_where_it_stopped(publisher, into, validators):
    publisher.says("/table.csv", file_with(cut_at=100_000, **validators), file_with(**validators))
    fetched = fetch(source_of(publisher), into)
    assert fetched.path.read_bytes() == TABLE
    first, second = publisher.headers_of("/table.csv")
    assert "Range" not in first
    assert second["Range"] == "bytes=100000-"
    assert left_in(into) == [fetched.path.name]


def test_a_later_run_goes_on_where_an_earlier_one_stopped(publisher, into):
    publisher.says("/table.csv", file_with(cut_at=50_000))
    with pytest.raises(TransientSourceError, match=r"/table\.csv: the connection failed"):
        fetch(source_of(publisher), into)
    held = {path: path.stat() for path in into.iterdir()}
    assert any(path.suffix == ".part" for path in held)
    assert all(
        stat.S_IMODE(status.st_mode) == 0o600
        for path, status in held.items()
        if path.suffix == ".part"
    )
    publisher.says("/table.csv", file_with())
    fetched = fetch(source_of(publisher), into)
    assert fetched.path.read_bytes() == TABLE
    # Three attempts of the first run had each brought 50,000 bytes more.
    assert publisher.headers_of("/table.csv")[-1]["Range"] == "bytes=150000-"


def test_a_part_of_an_older_version_is_thrown_away(publisher, into):
    newer = b"another,table\n" * 20_000
    publisher.says("/table.csv", file_with(cut_at=100_000), file_with(newer, etag='"v2"'))
    assert fetch(source_of(publisher), into).path.read_bytes() == newer


def test_a_server_that_ignores_the_condition_cannot_mix_two_versions(publisher, into):
    newer = TABLE.upper()

    def continues_another_version(handler):
        if "Range" in handler.headers:
            span = f"bytes 100000-{len(newer) - 1}/{len(newer)}"
            handler.reply(206, newer[100_000:], content_range=span, etag='"v2"')
        else:
            handler.reply(200, newer, etag='"v2"')

    publisher.says("/table.csv", file_with(cut_at=100_000), continues_another_version)
    assert fetch(source_of(publisher), into).path.read_bytes() == newer


def test_a_server_that_continues_elsewhere_is_not_believed(publisher, into):
    def continues_elsewhere(handler):
        if "Range" in handler.headers:
            span = f"bytes 90000-{len(TABLE) - 1}/{len(TABLE)}"
            handler.reply(206, TABLE[90_000:], content_range=span, etag='"v1"')
        else:
            handler.reply(200, TABLE, etag='"v1"')

    publisher.says("/table.csv", file_with(cut_at=100_000), continues_elsewhere)
    assert fetch(source_of(publisher), into).path.read_bytes() == TABLE


def test_a_range_that_no_longer_exists_starts_afresh(publisher, into):
    publisher.says(
        "/table.csv",
        file_with(cut_at=100_000),
        sends(b"", 416, content_type="text/html"),
        file_with(),
    )
    assert fetch(source_of(publisher), into).path.read_bytes() == TABLE


def test_without_a_strong_validator_a_cut_download_starts_afresh(publisher, into):
    publisher.says("/table.csv", file_with(cut_at=100_000, etag='W/"v1"'), file_with(etag='W/"v1"'))
    assert fetch(source_of(publisher), into).path.read_bytes() == TABLE
    assert "Range" not in publisher.headers_of("/table.csv")[1]


def test_a_cut_download_packed_for_the_way_starts_afresh(publisher, into):
    # What is held was unpacked, but a range would count packed bytes.
    packed = gzip.compress(random.Random(1).randbytes(300_000))
    encoded = file_with(packed, content_encoding="gzip")
    publisher.says(
        "/table.csv", file_with(packed, cut_at=200_000, content_encoding="gzip"), encoded
    )
    assert fetch(source_of(publisher), into).path.read_bytes() == gzip.decompress(packed)
    assert "Range" not in publisher.headers_of("/table.csv")[1]


# -- limits ------------------------------------------------------------------------------------


def test_a_file_that_announces_too_much_is_not_read(publisher, into):
    publisher.says("/table.csv", sends())
    with pytest.raises(PermanentSourceError, match=r"360,023 bytes, over the limit of 1,000"):
        fetch(source_of(publisher, max_bytes=1000), into)
    assert left_in(into) == []
    assert len(publisher.requests) == 1


def test_a_server_that_announces_nothing_is_stopped_at_the_limit(publisher, into):
    def goes_on(handler):
        handler.reply(200, transfer_encoding="chunked", content_length=None)
        for _ in range(10_000):
            handler.wfile.write(b"400\r\n" + b"x" * 1024 + b"\r\n")

    publisher.says("/table.csv", goes_on)
    with pytest.raises(PermanentSourceError, match="over the limit of 50,000 bytes"):
        fetch(source_of(publisher, max_bytes=50_000), into)
    assert left_in(into) == []


def test_a_packed_file_is_limited_by_what_it_unpacks_to(publisher, into):
    publisher.says("/table.csv", sends(gzip.compress(bytes(500_000)), content_encoding="gzip"))
    with pytest.raises(PermanentSourceError, match="over the limit of 50,000 bytes"):
        fetch(source_of(publisher, max_bytes=50_000), into)


def test_a_resumed_file_is_limited_as_a_whole(publisher, into):
    publisher.says("/table.csv", file_with(cut_at=100_000))
    with pytest.raises(TransientSourceError):
        HttpsSource(HttpsFile(url=publisher.address + "/table.csv"), Retries(attempts=1)).fetch(
            source_of(publisher).listed()[0], into
        )
    with pytest.raises(PermanentSourceError, match="360,023 bytes"):
        fetch(source_of(publisher, max_bytes=300_000), into)
    assert left_in(into) == []


def test_a_silent_server_times_out(publisher, into):
    publisher.says("/table.csv", lambda handler: time.sleep(3))
    with pytest.raises(TransientSourceError, match="no answer in time"):
        # Long enough for a busy machine to connect and ask, or the server would see fewer requests.
        fetch(source_of(publisher, timeout_seconds=1), into)
    assert len(publisher.requests) == QUICK.attempts


# -- redirects and certificates ----------------------------------------------------------------


def test_a_redirect_to_https_is_followed(publisher, into):
    publisher.says("/old", redirects("/newer?session=secret", 301))
    publisher.says("/newer", redirects(publisher.address + "/table.csv?signature=secret", 307))
    publisher.says("/table.csv", sends())
    fetched = fetch(source_of(publisher, "/old"), into)
    assert fetched.path.read_bytes() == TABLE
    assert fetched.url == f"{publisher.address}/table.csv"


def test_a_redirect_to_http_is_refused_unasked(publisher, into):
    plain = Publisher(None)
    plain.says("/table.csv", sends())
    publisher.says("/table.csv", redirects(plain.address + "/table.csv"))
    try:
        with pytest.raises(PermanentSourceError, match=r"redirect .*only https is fetched"):
            fetch(source_of(publisher), into)
        assert plain.requests == []
    finally:
        plain.stop()


@pytest.mark.parametrize("target", ["file:///etc/passwd", "https://name:secret@localhost/x"])
def test_a_redirect_to_anything_odd_is_refused(publisher, into, target):
    publisher.says("/table.csv", redirects(target))
    with pytest.raises(PermanentSourceError) as caught:
        fetch(source_of(publisher), into)
    assert "secret" not in str(caught.value)


def test_a_redirect_loop_ends(publisher, into):
    publisher.says("/a", redirects("/b"))
    publisher.says("/b", redirects("/a"))
    with pytest.raises(PermanentSourceError, match="redirected more than 10 times"):
        fetch(source_of(publisher, "/a"), into)
    assert len(publisher.requests) == 11


def test_an_unknown_certificate_authority_is_refused_once(publisher, into, tmp_path, monkeypatch):
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    monkeypatch.setenv("SSL_CERT_FILE", str(other))
    publisher.says("/table.csv", sends())
    with pytest.raises(PermanentSourceError, match="SSL_CERT_FILE"):
        fetch(source_of(publisher), into)
    assert publisher.requests == []


# -- faults ------------------------------------------------------------------------------------


@pytest.mark.parametrize("content_type", ["text/html; charset=utf-8", "text/csv", None])
def test_a_page_in_place_of_a_table_is_refused(publisher, into, content_type):
    page = b"\r\n<!DOCTYPE html><html><title>Sorry</title></html>"
    publisher.says("/table.csv", sends(page, content_type=content_type, etag='"v1"'))
    with pytest.raises(PermanentSourceError, match="HTML page in place of a table"):
        fetch(source_of(publisher), into)
    assert left_in(into) == []
    assert len(publisher.requests) == 1


def test_another_type_is_refused_unless_the_contract_allows_it(publisher, into):
    publisher.says("/table.csv", sends(content_type="application/pdf"))
    with pytest.raises(PermanentSourceError, match=r"application/pdf .*content_types"):
        fetch(source_of(publisher), into)
    assert fetch(source_of(publisher, content_types=["application/pdf"]), into).path


@pytest.mark.parametrize(("status", "remedy"), [(404, "moved"), (410, "moved"), (403, "public")])
def test_a_file_that_is_not_to_be_had_is_not_asked_for_again(publisher, into, status, remedy):
    publisher.says("/table.csv", sends(b"", status))
    with pytest.raises(PermanentSourceError, match=rf"status {status}.*{remedy}"):
        fetch(source_of(publisher), into)
    assert len(publisher.requests) == 1


def test_a_busy_server_is_left_the_time_it_asks_for(publisher, into):
    publisher.says("/table.csv", sends(b"", 503, retry_after="1"), sends())
    started = time.monotonic()
    assert fetch(source_of(publisher), into).path.read_bytes() == TABLE
    assert time.monotonic() - started >= 1


def test_a_date_to_come_back_is_understood(publisher, into):
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=2)
    asked = soon.strftime("%a, %d %b %Y %H:%M:%S GMT")
    publisher.says("/table.csv", sends(b"", 429, retry_after=asked))
    with pytest.raises(TransientSourceError, match=r"asks to wait 7[12]") as caught:
        fetch(source_of(publisher), into)
    assert 7100 < caught.value.retry_after_seconds <= 7200
    assert len(publisher.requests) == 1, "a wait of two hours is for the next run"


def test_a_broken_server_is_given_up_after_the_last_attempt(publisher, into):
    publisher.says("/table.csv", sends(b"", 500))
    with pytest.raises(TransientSourceError, match="status 500"):
        fetch(source_of(publisher), into)
    assert len(publisher.requests) == QUICK.attempts


def test_a_machine_without_network_says_so(publisher, into):
    source = source_of(publisher)
    publisher.stop()
    with pytest.raises(TransientSourceError, match="check the network"):
        fetch(source, into)


def test_nothing_shown_repeats_a_query(publisher, into):
    publisher.says("/table.csv", redirects("/other?signature=secret"))
    publisher.says("/other", sends(b"", 404))
    with pytest.raises(PermanentSourceError) as caught:
        fetch(source_of(publisher, "/table.csv?key=secret"), into)
    assert "secret" not in str(caught.value)
    publisher.says("/other", sends())
    assert "secret" not in fetch(source_of(publisher, "/table.csv?key=secret"), into).url


# -- a page that links the file ----------------------------------------------------------------

PAGE = b"""<!doctype html><html><head><base href="/files/"></head><body>
<a href="guide.pdf">Guide</a> <a name="top">no target</a> <a href="mailto:x@y.z">Ask</a>
<a href="2026-10/table.csv?v=1&amp;w=2#top">October</a> <a href="2026-09/table.csv">September</a>
<a href="2026-10/table.csv?v=1&amp;w=2">October again</a> <a href="http://[">broken</a>
"""


def page_source(publisher, **settings):
    settings = {"link_pattern": r"https://localhost:\d+/files/.+/table\.csv.*"} | settings
    return HttpsSource(HttpsFile(page=publisher.address + "/page", **settings), QUICK)


def test_the_first_link_that_matches_is_the_file(publisher, into):
    publisher.says("/page", redirects("/pages/here"))
    publisher.says("/pages/here", sends(PAGE, content_type="text/html"))
    publisher.says("/files/2026-10/table.csv", sends())
    (file,) = page_source(publisher).listed()
    assert (file.name, file.location) == (
        "table.csv",
        f"{publisher.address}/files/2026-10/table.csv?v=1&w=2",
    )
    assert page_source(publisher).fetch(file, into).path.read_bytes() == TABLE


def test_all_links_that_match_may_be_taken_in_page_order(publisher):
    publisher.says("/page", sends(PAGE, content_type="text/html"))
    files = page_source(publisher, take="all").listed()
    assert [file.location.partition("/files/")[2] for file in files] == [
        "2026-10/table.csv?v=1&w=2",
        "2026-09/table.csv",
    ]


@pytest.mark.parametrize(
    ("links", "names"),
    [
        (["/2026-09/walks.csv", "/2026-10/walks.csv"], ["2026-09/walks.csv", "2026-10/walks.csv"]),
        (["/a/b/walks.csv", "/c/b/walks.csv"], ["a/b/walks.csv", "c/b/walks.csv"]),
        (["/walks.csv?month=9", "/walks.csv?month=10"], ["1/walks.csv", "2/walks.csv"]),
        (["/a/walks.csv", "/b/runs.csv"], ["walks.csv", "runs.csv"]),
        (["/a/walks.csv", "/walks.csv"], ["a/walks.csv", "walks.csv"]),
    ],
)
def test_files_of_one_page_have_names_of_their_own(publisher, links, names):
    page = "".join(f"<a href='{link}'>x</a>" for link in links).encode()
    publisher.says("/page", sends(page, content_type="text/html"))
    described = HttpsFile(page=f"{publisher.address}/page", link_pattern=r".*csv.*", take="all")
    assert [file.name for file in HttpsSource(described, QUICK).listed()] == names


def test_the_page_of_a_series_leads_to_its_newest_edition(publisher):
    editions = b'<a href="/editions/october">October</a><a href="/editions/september">September</a>'
    publisher.says("/page", sends(editions, content_type="text/html"))
    publisher.says("/editions/october", sends(PAGE, content_type="text/html"))
    (file,) = page_source(publisher, via=[r"https://.*/editions/\w+"]).listed()
    assert file.location.endswith("/files/2026-10/table.csv?v=1&w=2")


def test_a_page_that_is_far_too_large_is_not_read_to_its_end(publisher):
    publisher.says("/page", sends(b" " * (1 << 20) + PAGE, content_type="text/html"))
    with pytest.raises(PermanentSourceError, match="over 1 MB; check that it is the page with"):
        page_source(publisher).listed()


def test_a_page_without_the_link_says_what_to_do(publisher):
    publisher.says("/page", sends(PAGE, content_type="text/html"))
    with pytest.raises(PermanentSourceError, match=r"none of the \d links .*correct the pattern"):
        page_source(publisher, link_pattern=r"https://localhost/.*\.xlsx").listed()


def test_a_pattern_has_to_match_the_whole_target(publisher):
    elsewhere = (
        b'<a href="https://elsewhere.example/?x=https://localhost:1/files/a/table.csv">x</a>'
    )
    publisher.says("/page", sends(elsewhere, content_type="text/html"))
    with pytest.raises(PermanentSourceError, match="none of the 1 links"):
        page_source(publisher).listed()


def test_a_link_to_http_is_not_followed(publisher, into):
    publisher.says(
        "/page", sends(b'<a href="http://localhost/files/a/table.csv">x', content_type="text/html")
    )
    source = page_source(publisher, link_pattern=".*")
    with pytest.raises(PermanentSourceError, match="only https"):
        source.fetch(source.listed()[0], into)


def test_a_busy_page_is_tried_again(publisher):
    publisher.says("/page", sends(b"", 503), sends(PAGE, content_type="text/html"))
    assert len(page_source(publisher).listed()) == 1


# -- a zip file --------------------------------------------------------------------------------


def test_members_of_a_published_zip_file_come_out(publisher, into):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("Practice_Level_Crosstab_Oct_26.csv", TABLE)
        file.writestr("readme.txt", "x")
    publisher.says("/a.zip", sends(packed.getvalue(), content_type="application/zip"))
    source = source_of(publisher, "/a.zip", members=["practice_level_*.csv"])
    fetched = fetch(source, into)
    (member,) = unpack(fetched.path, fetched.name, source.file.members, into)
    assert (member.name, member.path.read_bytes()) == ("Practice_Level_Crosstab_Oct_26.csv", TABLE)


# -- what a contract may say, and what is remembered -------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"url": "http://localhost/a.csv"},
        {"url": "https://name:secret@localhost/a.csv"},
        {"url": "https:///a.csv?secret"},
        {"page": "https://localhost/"},
        {"link_pattern": "x"},
        {"url": "https://localhost/a.csv", "link_pattern": "x"},
        {"url": "https://localhost/a.csv", "via": ["x"]},
        {"page": "https://localhost/", "link_pattern": "("},
        {"url": "https://localhost/a.csv", "max_bytes": 0},
        {"url": "https://localhost/a.csv", "verify": False},
    ],
)
def test_a_contract_that_cannot_be_fetched_is_refused_without_its_secrets(said):
    with pytest.raises(ValidationError) as caught:
        HttpsFile.model_validate(said)
    assert "secret" not in str(caught.value)


def test_a_location_says_which_source_it_is_of(tmp_path, publisher, into):
    publisher.says("/table.csv", sends())
    assert fetch(open_source(f"{publisher.address}/table.csv"), into).path.read_bytes() == TABLE
    (tmp_path / "landing").mkdir()
    assert open_source(str(tmp_path / "landing")).listed() == []
    for location in ("http://localhost/a.csv", "ftp://localhost/a.csv", "https://u:secret@host/"):
        with pytest.raises(PermanentSourceError) as caught:
            open_source(location)
        assert "secret" not in str(caught.value)


def test_a_folder_is_a_source_like_any_other(tmp_path, into, monkeypatch):
    landing = tmp_path / "landing"
    (landing / "2026").mkdir(parents=True)
    (landing / "2026" / "table.csv").write_bytes(TABLE)
    (landing / "landing.yml").write_text("files: []")
    source = open_source(str(landing))
    (file,) = source.listed()
    assert file.name == "2026/table.csv"
    fetched = source.fetch(file, into)
    assert fetched.path.read_bytes() == TABLE
    assert stat.S_IMODE(fetched.path.stat().st_mode) == 0o600
    # A file that was written just now could change once more within the same tick of the clock.
    assert not source.fetch(file, into, state_of(fetched)).not_modified
    monkeypatch.setattr("assets.extracts.arriving.landing._SETTLED_AFTER_SECONDS", 0)
    fetched = source.fetch(file, into)
    assert source.fetch(file, into, state_of(fetched)).not_modified
    (landing / "2026" / "table.csv").write_bytes(b"new")
    assert source.fetch(file, into, state_of(fetched)).path.read_bytes() == b"new"
    with pytest.raises(PermanentSourceError, match="over the limit"):
        open_source(str(landing), max_bytes=2).fetch(file, into)
    (landing / "2026" / "table.csv").unlink()
    with pytest.raises(TransientSourceError, match="cannot be read"):
        source.fetch(file, into)


def test_states_survive_a_run_and_hold_no_query(tmp_path, publisher, into):
    publisher.says("/table.csv", file_with())
    location = f"{publisher.address}/table.csv?signature=secret"
    fetched = fetch(open_source(location), into)
    path = tmp_path / "fetched.json"
    assert read_states(path) == {}
    write_states(path, {key_of(location): state_of(fetched)})
    assert "secret" not in path.read_text()
    known = read_states(path)[key_of(location)]
    assert fetch(open_source(location), into, known).not_modified
    assert key_of(location) != key_of(location + "2")
    path.write_text('{"x": {')
    with pytest.raises(FetchStateError, match=r"fetched\.json.*delete it"):
        read_states(path)


def test_an_address_is_shown_without_secrets():
    assert address_of("https://u:secret@host:1/a/9434765919.csv?k=secret#secret") == (
        "https://host:1/a/[redacted].csv"
    )
    assert address_of("abfs://box@account.dfs.core.windows.net/x") == (
        "abfs://box@account.dfs.core.windows.net/x"
    )
