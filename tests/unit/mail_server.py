"""A mail server on loopback that speaks as much SMTP as a client of ours needs."""

from __future__ import annotations

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message


@dataclass
class MailServer:
    """What it was sent, and how it is to answer."""

    certificate: ssl.SSLContext | None = None
    login: tuple[str, str] | None = None
    refuses: bytes | None = None
    port: int = 0
    messages: list[Message] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    was_encrypted: list[bool] = field(default_factory=list)


class Session(socketserver.StreamRequestHandler):
    """One connection; each command is a method."""

    asked: MailServer
    is_encrypted = False

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())

    def handle(self) -> None:
        self.say("220 ready")
        while line := self.rfile.readline():
            verb, _, rest = line.decode().strip().partition(" ")
            answer = getattr(self, f"on_{verb.lower()}", None)
            if answer is None:
                self.say("502 not known")
            elif answer(rest) == "bye":
                return

    def on_ehlo(self, _: str) -> None:
        offers = ["250-here"]
        if self.asked.certificate and not self.is_encrypted:
            offers.append("250-STARTTLS")
        if self.asked.login:
            offers.append("250-AUTH PLAIN")
        for offer in [*offers, "250 8BITMIME"]:
            self.say(offer)

    def on_starttls(self, _: str) -> None:
        assert self.asked.certificate is not None
        self.say("220 go on")
        self.connection = self.asked.certificate.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", buffering=0)  # type: ignore[assignment]
        self.is_encrypted = True

    def on_auth(self, said: str) -> None:
        _, user, password = base64.b64decode(said.partition(" ")[2]).decode().split("\0")
        self.asked.logins.append((user, password))
        is_known = (user, password) == self.asked.login
        self.say("235 welcome" if is_known else f"535 not {user} with {password}")

    def on_mail(self, _: str) -> None:
        self.say("250 well")

    def on_rcpt(self, said: str) -> None:
        self.asked.recipients.append(said.partition("<")[2].partition(">")[0])
        self.say("250 well")

    def on_data(self, _: str) -> None:
        if self.asked.refuses:
            self.wfile.write(self.asked.refuses)
            return
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line)
        self.asked.messages.append(message_from_bytes(b"".join(lines)))
        self.asked.was_encrypted.append(self.is_encrypted)
        self.say("250 taken")

    def on_rset(self, _: str) -> None:
        self.say("250 well")

    def on_quit(self, _: str) -> str:
        self.say("221 bye")
        return "bye"


@contextmanager
def serving(server: MailServer) -> Iterator[MailServer]:
    """The server, listening on a port of its own."""
    session = type("SessionOfServer", (Session,), {"asked": server})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), session) as listening:
        listening.daemon_threads = True
        server.port = listening.server_address[1]
        thread = threading.Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            listening.shutdown()
            thread.join()
