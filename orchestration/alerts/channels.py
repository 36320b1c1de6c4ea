"""The channels that alerts go through. Their faults name no address and no secret."""

from __future__ import annotations

import json
import os
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Protocol

import httpx

from orchestration.alerts.changes import Alert
from orchestration.alerts.settings import AlertSettings
from orchestration.alerts.wording import plain_text, slack_body, teams_body

ALERTS_FILE = "alerts.jsonl"
_SECONDS = 15.0
_BODIES = {"slack": slack_body, "teams": teams_body}


class ChannelError(RuntimeError):
    """An alert that could not be handed over; the next run tries again."""


class Channel(Protocol):
    """A way to somebody who looks after the platform."""

    @property
    def name(self) -> str:
        """What messages call it."""

    def send(self, alert: Alert) -> None:
        """Hand an alert over.

        Raises:
            ChannelError: it was not taken.
        """


@dataclass(frozen=True)
class FileChannel:
    """A file with one alert a line, for programs that watch it."""

    path: Path
    name: str = "file"

    def send(self, alert: Alert) -> None:
        """Append a line, readable by the platform's user."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            with os.fdopen(descriptor, "a", encoding="utf-8") as file:
                file.write(json.dumps(alert.as_json()) + "\n")
        except OSError as error:
            raise ChannelError(f"{self.path} cannot be written ({error.strerror})") from error


@dataclass(frozen=True)
class WebhookChannel:
    """An incoming webhook of Slack or of Teams."""

    settings: AlertSettings
    name: str = "webhook"

    def send(self, alert: Alert) -> None:
        """Post the alert; whoever answers with anything but success has not taken it."""
        webhook, kind = self.settings.webhook, self.settings.webhook_kind
        if webhook is None or kind is None:
            raise ChannelError("no webhook is set")
        try:
            answer = httpx.post(
                webhook.get_secret_value(), json=_BODIES[kind](alert), timeout=_SECONDS
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            # Not chained, and not quoted: the text may hold the address, which is the secret.
            raise ChannelError(f"it cannot be reached ({type(error).__name__})") from None
        if not answer.is_success:
            raise ChannelError(f"it answered {answer.status_code}; check its address and kind")


@dataclass(frozen=True)
class EmailChannel:
    """E-mail through an SMTP server."""

    settings: AlertSettings
    name: str = "e-mail"

    def send(self, alert: Alert) -> None:
        """Send one message to all recipients; one who is refused is a fault."""
        message = EmailMessage()
        message["Subject"] = alert.title
        message["From"] = self.settings.email_from
        message["To"] = ", ".join(self.settings.recipients)
        message["Date"] = format_datetime(alert.at)
        message["Message-ID"] = make_msgid(domain="doing-with.invalid")
        message.set_content(plain_text(alert))
        try:
            with self._connected() as server:
                refused = server.send_message(message)
        except smtplib.SMTPResponseException as error:
            # Answers of servers may repeat what they were sent.
            raise ChannelError(
                f"the server refused ({type(error).__name__}, {error.smtp_code})"
            ) from None
        except (smtplib.SMTPException, OSError) as error:
            raise ChannelError(f"the server cannot be used ({type(error).__name__})") from None
        if refused:
            raise ChannelError(f"the server refused {len(refused)} of the recipients")

    def _connected(self) -> smtplib.SMTP:
        asked = self.settings
        host = asked.smtp_host or ""
        if asked.smtp_security == "tls":
            context = ssl.create_default_context()
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host, asked.smtp_port, timeout=_SECONDS, context=context
            )
        else:
            server = smtplib.SMTP(host, asked.smtp_port, timeout=_SECONDS)
        try:
            if asked.smtp_security == "starttls":
                server.starttls(context=ssl.create_default_context())
            if asked.smtp_user:
                password = asked.smtp_password.get_secret_value() if asked.smtp_password else ""
                server.login(asked.smtp_user, password)
        except BaseException:
            server.close()
            raise
        return server


def channels_of(settings: AlertSettings, operations: Path) -> list[Channel]:
    """Every channel that is set; the file always is."""
    channels: list[Channel] = [FileChannel(settings.file or operations / ALERTS_FILE)]
    if settings.webhook is not None:
        channels.append(WebhookChannel(settings))
    if settings.recipients:
        channels.append(EmailChannel(settings))
    return channels
