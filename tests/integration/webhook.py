"""A web server on loopback that takes alerts as a webhook does, and keeps what it was sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Webhook:
    """What was posted so far, oldest first."""

    def __init__(self) -> None:
        self.posted: list[dict[str, Any]] = []
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                webhook.posted.append(json.loads(body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def settings(self) -> dict[str, str]:
        """The environment of a platform that sends its alerts here."""
        return {
            "DOING_WITH_ALERT_WEBHOOK": f"http://127.0.0.1:{self.server.server_port}/alerts",
            "DOING_WITH_ALERT_WEBHOOK_KIND": "slack",
        }

    @property
    def texts(self) -> list[str]:
        """What each alert said."""
        return [str(body["text"]) for body in self.posted]


@contextmanager
def webhook() -> Iterator[Webhook]:
    """A webhook that listens until the end."""
    made = Webhook()
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    try:
        yield made
    finally:
        made.server.shutdown()
        made.server.server_close()
        thread.join()
