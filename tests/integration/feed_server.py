"""A feed on loopback that sends whatever a test wants, and the services and pages it sends."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import sleep
from typing import Any
from urllib.parse import parse_qs, urlsplit

from assets.extracts.arriving.open_referral.feed import Feed
from assets.extracts.arriving.open_referral.pull import FeedOutcome

MONDAY = date(2026, 11, 23)
# Status, headers and body; a body in parts is sent slowly.
Answer = tuple[int, dict[str, str], bytes | list[bytes]]


class FeedServer:
    """A feed on loopback: ``answer(page)`` says what it sends; requests are counted."""

    def __init__(self) -> None:
        self.answer: Callable[[int], Answer] = lambda page: (404, {}, b"")
        self.asked: list[int] = []
        self.paths: list[str] = []
        feed = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                address = urlsplit(self.path)
                page = int(parse_qs(address.query)["page"][0]) if address.query else -1
                feed.asked.append(page)
                feed.paths.append(self.path)
                status, headers, body = feed.answer(page)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                for part in body if isinstance(body, list) else [body]:
                    self.wfile.write(part)
                    if isinstance(body, list):
                        sleep(0.1)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def feed(self, **declared: Any) -> Feed:
        return Feed(**{"name": "council", "url": self.url, "back_off_seconds": 0.01} | declared)

    def serve(self, services: list[Any], per_page: int = 100, **said: Any) -> None:
        """Serve services as an honest v3 feed, but for what is ``said`` of every page."""
        self.answer = lambda page: as_json(v3_page(services, page, per_page) | said)


@contextmanager
def running_feed_server() -> Iterator[FeedServer]:
    """A server that is closed at the end."""
    server = FeedServer()
    try:
        yield server
    finally:
        server.close()


def as_json(body: Any) -> Answer:
    return 200, {"content-type": "application/json"}, json.dumps(body).encode()


def some(number: int, **fields: Any) -> list[dict[str, Any]]:
    return [
        {"id": f"id-{i:04}", "name": f"Service {i}", "status": "active", **fields}
        for i in range(number)
    ]


def v3_page(services: list[Any], page: int, per_page: int) -> dict[str, Any]:
    pages = -(-len(services) // per_page)
    shown = services[(page - 1) * per_page : page * per_page] if page else []
    return {
        "total_items": len(services),
        "total_pages": pages,
        "page_number": page,
        "size": len(shown),
        "first_page": page == 1,
        "last_page": page >= pages,
        "empty": not shown,
        "contents": shown,
    }


def v1_page(
    services: list[Any], page: int, per_page: int, asked_from: int, number_from: int
) -> dict[str, Any]:
    place = page - asked_from
    pages = -(-len(services) // per_page)
    shown = services[place * per_page : (place + 1) * per_page]
    return {
        "totalElements": len(services),
        "totalPages": pages,
        "number": place + number_from,
        "size": per_page,
        "first": place == 0,
        "last": place >= pages - 1,
        "content": shown,
    }


def stored_bytes(store: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(store.rglob("*")) if path.is_file())


def names_address_and_page(outcome: FeedOutcome, server: FeedServer, page: int) -> bool:
    told = outcome.error or ""
    return f"{server.url}/services" in told and f"page {page} " in told and "council" in told
