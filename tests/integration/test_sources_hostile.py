"""Servers that send too little, too slowly or too odd: nothing hangs, no part passes for whole."""

import gzip
import time
import zlib

import pytest
from test_sources_https import (
    QUICK,
    TABLE,
    Publisher,
    authority,
    fetch,
    file_with,
    into,
    left_in,
    publisher,
    sends,
    source_of,
)

from assets.extracts.arriving.sources.content_coding import decoded
from assets.extracts.arriving.sources.https import HttpsFile, HttpsSource
from assets.extracts.arriving.sources.https_client import Retries
from assets.extracts.arriving.sources.source import (
    PermanentSourceError,
    SourceError,
    TransientSourceError,
)

__all__ = ["Publisher", "authority", "into", "publisher"]  # fixtures

ONCE = Retries(attempts=1)
STAMP = "Mon, 23 Nov 2026 10:00:00 GMT"


def once(publisher, path="/table.csv", **settings):
    return HttpsSource(HttpsFile(url=publisher.address + path, **settings), ONCE)


def in_pieces(size, body=TABLE, total=None, etag='"v1"', cut_at=5000):
    """A cut file, then ranges of at most ``size`` bytes, as RFC 9110 allows."""

    def answer(handler):
        asked = handler.headers.get("Range")
        if asked is None:
            handler.reply(200, body, cut_at, etag=etag)
            return
        start = int(asked.removeprefix("bytes=").removesuffix("-"))
        piece = body[start : start + size]
        span = f"bytes {start}-{start + len(piece) - 1}/{total or len(body)}"
        handler.reply(206, piece, content_range=span, etag=etag)

    return answer


# -- files that are not whole ------------------------------------------------------------------


def test_a_server_that_sends_ranges_short_is_asked_for_the_rest(publisher, into):
    publisher.says("/table.csv", in_pieces(150_000))
    assert fetch(source_of(publisher), into).path.read_bytes() == TABLE
    asked = [headers.get("Range") for headers in publisher.headers_of("/table.csv")]
    assert asked == [None, "bytes=5000-", "bytes=155000-", "bytes=305000-"]


def test_a_range_of_a_file_of_another_length_is_not_added(publisher, into):
    publisher.says("/table.csv", in_pieces(len(TABLE), total=len(TABLE) + 1))
    source = once(publisher)
    with pytest.raises(TransientSourceError, match="connection failed"):
        fetch(source, into)
    with pytest.raises(TransientSourceError, match="does not continue"):
        fetch(source, into)
    assert left_in(into) == []


def test_a_range_that_brings_less_than_it_says_is_thrown_away(publisher, into):
    def brings_less(handler):
        span = f"bytes 5000-{len(TABLE) - 1}/{len(TABLE)}"
        handler.reply(206, TABLE[5000:9000], content_range=span, etag='"v1"')

    publisher.says("/table.csv", file_with(cut_at=5000), brings_less, file_with())
    assert fetch(source_of(publisher), into).path.read_bytes() == TABLE
    assert "Range" not in publisher.headers_of("/table.csv")[-1]


def test_a_date_of_the_same_second_proves_nothing(publisher, into):
    dated = {"etag": None, "last_modified": STAMP}

    def cut(handler):
        handler.date_time_string = lambda: STAMP
        handler.reply(200, TABLE, cut_at=5000, **dated)

    publisher.says("/table.csv", cut, file_with(TABLE.upper(), **dated))
    assert fetch(source_of(publisher), into).path.read_bytes() == TABLE.upper()
    assert "Range" not in publisher.headers_of("/table.csv")[1]


def test_a_continued_file_need_not_repeat_its_date(publisher, into):
    def rest(handler):
        span = f"bytes 5000-{len(TABLE) - 1}/{len(TABLE)}"
        assert handler.headers["If-Range"] == '"v1"'
        handler.reply(206, TABLE[5000:], content_range=span, etag='"v1"')

    publisher.says("/table.csv", file_with(cut_at=5000, last_modified=STAMP), rest)
    assert fetch(source_of(publisher), into).path.read_bytes() == TABLE
    assert len(publisher.requests) == 2


def test_a_packed_file_that_was_cut_is_not_taken_for_whole(publisher, into):
    packed = gzip.compress(TABLE)

    def cut(handler):
        handler.reply(200, packed[:-9], content_encoding="gzip", content_length=None)
        handler.close_connection = True

    publisher.says("/table.csv", cut, sends(packed, content_encoding="gzip"))
    assert fetch(source_of(publisher), into).path.read_bytes() == TABLE
    publisher.says("/table.csv", cut)
    with pytest.raises(TransientSourceError, match="ends early"):
        fetch(source_of(publisher), into)


@pytest.mark.parametrize("coding", ["br", "gzip, gzip", "deflate, gzip", "zstd"])
def test_another_packing_or_several_are_refused(publisher, into, coding):
    publisher.says("/table.csv", sends(content_encoding=coding))
    with pytest.raises(PermanentSourceError, match="only gzip, once"):
        fetch(source_of(publisher), into)
    assert left_in(into) == []
    assert len(publisher.requests) == 1


def test_a_damaged_packing_is_tried_again(publisher, into):
    damaged = bytearray(gzip.compress(TABLE))
    damaged[-6] ^= 1
    publisher.says("/table.csv", sends(bytes(damaged), content_encoding="gzip"))
    with pytest.raises(TransientSourceError, match="damaged"):
        fetch(source_of(publisher), into)
    assert len(publisher.requests) == QUICK.attempts


def test_unpacking_comes_in_pieces_however_much_a_few_bytes_become():
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = packer.compress(bytes(30_000_000)) + packer.flush()
    pieces = [len(piece) for piece in decoded([packed, packed], "x-gzip", "here")]
    assert sum(pieces) == 60_000_000
    assert max(pieces) <= 1 << 20


def test_what_waits_for_the_rest_of_a_file_is_private(publisher, into):
    publisher.says("/table.csv", file_with(cut_at=5000))
    with pytest.raises(TransientSourceError):
        fetch(once(publisher), into)
    assert {oct(path.stat().st_mode & 0o777) for path in into.iterdir()} == {"0o600"}


# -- servers that take their time --------------------------------------------------------------


def trickles(before, drop, after=b""):
    """Bytes one by one, each in time for the time-out, without end."""

    def answer(handler):
        try:
            handler.wfile.write(before)
            for _ in range(60):
                handler.wfile.write(drop)
                handler.wfile.flush()
                time.sleep(0.05)
            handler.wfile.write(after)
        except OSError:
            pass  # The client has hung up.
        handler.close_connection = True

    return answer


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\n"
CSV, HTML = HEAD % b"text/csv", HEAD % b"text/html"


@pytest.mark.parametrize(
    "answer",
    [
        trickles(b"HTTP/1.1 200 OK\r\nX-Long: ", b"a"),
        trickles(CSV + b"Content-Length: 1000\r\n\r\n", b"a"),
        trickles(CSV + b"\r\n", b"a"),
        trickles(
            CSV + b"Content-Encoding: gzip\r\nContent-Length: 1000\r\n\r\n"
            b"\x1f\x8b\x08\x08\0\0\0\0\0\x03",
            b"n",
        ),
    ],
    ids=["headers", "body", "body without a length", "gzip header"],
)
def test_a_server_that_trickles_meets_the_deadline(publisher, into, answer):
    publisher.says("/table.csv", answer)
    source = source_of(publisher, timeout_seconds=0.5, deadline_seconds=0.4)
    started = time.monotonic()
    with pytest.raises(TransientSourceError, match=r"within 0\.4 seconds"):
        fetch(source, into)
    assert time.monotonic() - started < 1.5
    # There is no time left for another attempt.
    assert len(publisher.requests) == 1


def test_a_page_that_trickles_meets_the_deadline(publisher, into):
    publisher.says("/page", trickles(HTML + b"Content-Length: 1000\r\n\r\n", b"a"))
    described = HttpsFile(page=f"{publisher.address}/page", link_pattern=".*", deadline_seconds=0.4)
    started = time.monotonic()
    with pytest.raises(TransientSourceError, match=r"within 0\.4 seconds"):
        HttpsSource(described, QUICK).listed()
    assert time.monotonic() - started < 1.5


def test_a_pause_that_the_deadline_does_not_leave_is_not_waited_for(publisher, into):
    publisher.says("/table.csv", sends(b"", 503, retry_after="4"))
    started = time.monotonic()
    with pytest.raises(TransientSourceError, match="asks to wait 4 seconds"):
        fetch(source_of(publisher, deadline_seconds=2), into)
    assert time.monotonic() - started < 1


# -- answers that make no sense ----------------------------------------------------------------


@pytest.mark.parametrize("pause", ["9" * 400, "Wed, 21 Oct 2015 07:28:00 +9999", "soon", "-5"])
def test_a_pause_that_makes_no_sense_is_no_pause(publisher, into, pause):
    publisher.says("/table.csv", sends(b"", 503, retry_after=pause), file_with())
    assert fetch(source_of(publisher), into).path.read_bytes() == TABLE


def test_a_pause_until_the_year_9999_is_not_waited_for(publisher, into):
    until = "Fri, 31 Dec 9999 23:59:59 -0100"
    publisher.says("/table.csv", sends(b"", 503, retry_after=until))
    with pytest.raises(TransientSourceError, match="status 503"):
        fetch(once(publisher), into)


@pytest.mark.parametrize(
    "target", ["foo:1", "javascript:1", "https://[bad", "https://a:b/", "https://exa\x7fmple.org/"]
)
def test_a_redirect_to_anything_odd_is_refused(publisher, into, target):
    def answer(handler):
        handler.wfile.write(
            f"HTTP/1.1 302 F\r\nContent-Length: 0\r\nLocation: {target}\r\n\r\n".encode()
        )

    publisher.says("/table.csv", answer)
    with pytest.raises(SourceError, match=publisher.address):
        fetch(once(publisher), into)


@pytest.mark.parametrize("charset", ["utf8mb4", "hex", "\x7f", "undefined"])
def test_a_page_in_an_encoding_that_nobody_knows_is_read(publisher, charset):
    publisher.says(
        "/page", sends(b"<a href='/walks.csv'>", content_type=f"text/html; charset={charset}")
    )
    page = {"page": f"{publisher.address}/page", "link_pattern": ".*csv"}
    (file,) = HttpsSource(HttpsFile(**page), ONCE).listed()
    assert file.name == "walks.csv"


@pytest.mark.parametrize("opened", ["<!--", "<![", "<a x='", "<script>", "<!"])
def test_a_hostile_page_is_read_at_once(publisher, opened):
    page = b"<a href='/walks.csv'>" + opened.encode() * (800_000 // len(opened))
    publisher.says("/page", sends(page, content_type="text/html"))
    described = HttpsFile(page=f"{publisher.address}/page", link_pattern=".*csv")
    started = time.monotonic()
    if opened == "<![":
        with pytest.raises(PermanentSourceError, match="not a page of HTML that can be read"):
            HttpsSource(described, ONCE).listed()
    else:
        assert len(HttpsSource(described, ONCE).listed()) == 1
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ALL_PROXY", "socks5://user:SECRET@127.0.0.1:9"),
        ("HTTPS_PROXY", "ftp://user:SECRET@127.0.0.1:9"),
        ("HTTPS_PROXY", "http://user:SECRET@127.0.0.1:port"),
        ("SSL_CERT_FILE", "/nowhere/authorities.pem"),
    ],
)
def test_a_machine_that_is_set_up_wrongly_says_so(publisher, into, monkeypatch, variable, value):
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv(variable, value)
    with pytest.raises(PermanentSourceError, match=r"HTTPS_PROXY.*SSL_CERT_FILE") as caught:
        fetch(once(publisher), into)
    assert "SECRET" not in repr(caught.value)
    assert caught.value.__cause__ is None
