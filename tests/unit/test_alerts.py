"""Alerts: on changes of state alone, once each, through channels that are really there."""

from __future__ import annotations

import json
import resource
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme
from mail_server import MailServer, serving
from pydantic import SecretStr, ValidationError

from orchestration.alerts.changes import Alert, changes_between
from orchestration.alerts.channels import (
    Channel,
    ChannelError,
    EmailChannel,
    FileChannel,
    WebhookChannel,
    channels_of,
)
from orchestration.alerts.settings import AlertSettings
from orchestration.alerts.telling import tell
from orchestration.nights.records import Kind, Trouble

NIGHT = datetime(2026, 11, 26, 2, 41, tzinfo=UTC)
SECRET = "T0000-B0000-secretsecret"


def trouble(kind: Kind, subject: str, what: str = "walkers is no number in row 7") -> Trouble:
    return Trouble(
        key=f"{kind} {subject}", kind=kind, subject=subject, what=what,
        where=f"check critical of raw/{subject}", since=NIGHT, owner="reference data",
        next_step="send the error report <here> & there",
    )  # fmt: skip


REFUSED, LATE = trouble("refused", "walks"), trouble("late", "counts", "2026-09 is held")


class Telling:
    """Nights that end one after the other, with what is wrong after each."""

    def __init__(self, folder: Path, *channels: Channel) -> None:
        self.folder = folder
        self.channels = channels
        self.nights = 0

    def night(self, *troubles: Trouble) -> tuple[str, ...]:
        self.nights += 1
        now = NIGHT + timedelta(days=self.nights)
        run_id = f"run-{self.nights}"
        return tell(self.folder, self.channels, "production, here", run_id, troubles, now)


def lines(path: Path) -> list[tuple[str, list[tuple[str, str]]]]:
    alerts = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return [
        (alert["run_id"], [(one["change"], one["subject"]) for one in alert["changes"]])
        for alert in alerts
    ]


@pytest.fixture
def told(tmp_path: Path) -> Path:
    return tmp_path / "alerts.jsonl"


def test_only_changes_of_state_are_told_and_each_once(tmp_path: Path, told: Path) -> None:
    telling = Telling(tmp_path, FileChannel(told))
    for troubles in ([], [REFUSED], [REFUSED], [REFUSED, LATE], [LATE], [], [], [REFUSED]):
        assert telling.night(*troubles) == ()
    assert lines(told) == [
        ("run-2", [("broke", "walks")]),
        ("run-4", [("became late", "counts")]),
        ("run-5", [("recovered", "walks")]),
        ("run-6", [("recovered", "counts")]),
        ("run-8", [("broke", "walks")]),
    ]
    assert told.stat().st_mode & 0o777 == 0o600


def test_an_alert_says_what_where_since_when_whose_and_what_to_do(
    tmp_path: Path, told: Path
) -> None:
    Telling(tmp_path, FileChannel(told)).night(REFUSED)
    alert = json.loads(told.read_text())
    assert alert["platform"] == "production, here"
    assert alert["changes"] == [
        {
            "change": "broke",
            "subject": "walks",
            "what": "walkers is no number in row 7",
            "where": "check critical of raw/walks",
            "since": "2026-11-26T02:41:00Z",
            "owner": "reference data",
            "next_step": "send the error report <here> & there",
        }
    ]


def test_the_same_trouble_in_other_words_is_no_change(tmp_path: Path, told: Path) -> None:
    telling = Telling(tmp_path, FileChannel(told))
    telling.night(REFUSED)
    telling.night(trouble("refused", "walks", "now in row 8"))
    assert len(lines(told)) == 1


def test_everything_that_changed_at_once_is_one_alert(tmp_path: Path, told: Path) -> None:
    Telling(tmp_path, FileChannel(told)).night(LATE, REFUSED)
    assert lines(told) == [("run-1", [("became late", "counts"), ("broke", "walks")])]


# A webhook


class Hook:
    """A web server that remembers what was posted, and answers as it is told."""

    def __init__(self) -> None:
        self.status = 200
        self.posted: list[dict[str, object]] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if hook.status == 200:
                    assert self.headers["Content-Type"] == "application/json"
                    hook.posted.append(json.loads(body))
                self.send_response(hook.status)
                self.end_headers()
                self.wfile.write(b"ok" if hook.status == 200 else SECRET.encode())

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def address(self) -> SecretStr:
        return SecretStr(f"http://127.0.0.1:{self.server.server_port}/services/{SECRET}")


@pytest.fixture
def hook() -> Iterator[Hook]:
    made = Hook()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


def test_slack_is_posted_text_with_its_markup_escaped(tmp_path: Path, hook: Hook) -> None:
    settings = AlertSettings(webhook=hook.address, webhook_kind="slack")
    assert Telling(tmp_path, WebhookChannel(settings)).night(REFUSED) == ()
    [body] = hook.posted
    assert set(body) == {"text"}
    text = str(body["text"])
    assert text.startswith("doing-with: walks broke (production, here)\n\n*walks broke*\n")
    assert "next step: send the error report &lt;here&gt; &amp; there" in text
    assert "since: 2026-11-26 02:41" in text


def test_teams_is_posted_an_adaptive_card(tmp_path: Path, hook: Hook) -> None:
    settings = AlertSettings(webhook=hook.address, webhook_kind="teams")
    assert Telling(tmp_path, WebhookChannel(settings)).night(REFUSED) == ()
    [body] = hook.posted
    assert body["type"] == "message"
    [attachment] = body["attachments"]  # type: ignore[misc]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    facts = {fact["title"]: fact["value"] for fact in card["body"][-1]["facts"]}
    assert facts["owner"] == "reference data"
    assert facts["next step"] == "send the error report <here> & there"


def test_a_failing_channel_is_told_next_time_and_the_others_at_once(
    tmp_path: Path, told: Path, hook: Hook
) -> None:
    hook.status = 503
    settings = AlertSettings(webhook=hook.address, webhook_kind="slack")
    telling = Telling(tmp_path, WebhookChannel(settings), FileChannel(told))
    failed = telling.night(REFUSED)
    assert failed == (
        "webhook: it answered 503; check its address and kind; the next run tries again",
    )
    assert lines(told) == [("run-1", [("broke", "walks")])]
    hook.status = 200
    assert telling.night(REFUSED) == ()
    assert len(hook.posted) == 1
    assert len(lines(told)) == 1


def test_what_came_and_went_while_a_channel_failed_is_not_told_to_it(
    tmp_path: Path, hook: Hook
) -> None:
    hook.status = 500
    settings = AlertSettings(webhook=hook.address, webhook_kind="slack")
    telling = Telling(tmp_path, WebhookChannel(settings))
    telling.night(REFUSED)
    hook.status = 200
    assert telling.night() == ()
    assert hook.posted == []


def test_a_webhook_that_is_not_there_fails_without_its_address(tmp_path: Path) -> None:
    nowhere = SecretStr(f"http://127.0.0.1:9/{SECRET}")
    settings = AlertSettings(webhook=nowhere, webhook_kind="teams")
    [failed] = Telling(tmp_path, WebhookChannel(settings)).night(REFUSED)
    assert failed == "webhook: it cannot be reached (ConnectError); the next run tries again"


@contextmanager
def no_room_for_files() -> Iterator[None]:
    """No file of this process may grow, as on a full disk; connections may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_keeps_no_channel_mute(tmp_path: Path, told: Path, hook: Hook) -> None:
    settings = AlertSettings(webhook=hook.address, webhook_kind="slack")
    telling = Telling(tmp_path, FileChannel(told), WebhookChannel(settings))
    with no_room_for_files():
        in_file, noted = telling.night(REFUSED)
    assert in_file == f"file: {told} cannot be written (File too large); the next run tries again"
    assert noted == (
        f"{tmp_path / 'told.json'} cannot be written (File too large): the next run tells it again"
    )
    assert len(hook.posted) == 1
    # Told twice rather than not at all.
    assert telling.night(REFUSED) == ()
    assert len(hook.posted) == 2
    assert lines(told) == [("run-2", [("broke", "walks")])]


# E-mail


def mail_settings(server: MailServer, **given: object) -> AlertSettings:
    return AlertSettings.model_validate(
        {
            "email_to": "data@example.org, night@example.org",
            "email_from": "doing-with@example.org",
            "smtp_host": "localhost",
            "smtp_port": server.port,
            "smtp_security": "none",
            **given,
        }
    )


def test_e_mail_reaches_every_recipient(tmp_path: Path) -> None:
    with serving(MailServer()) as server:
        assert Telling(tmp_path, EmailChannel(mail_settings(server))).night(REFUSED, LATE) == ()
    [message] = server.messages
    assert message["Subject"] == "doing-with: walks broke and 1 more"
    assert server.recipients == ["data@example.org", "night@example.org"]
    text = str(message.get_payload(decode=True), "utf-8")
    assert "WALKS BROKE\n  what: walkers is no number in row 7\n" in text.replace("\r\n", "\n")
    assert "COUNTS BECAME LATE" in text


def test_e_mail_is_encrypted_before_the_password_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    login = ("doing-with", SECRET)
    given = {"smtp_security": "starttls", "smtp_user": login[0], "smtp_password": login[1]}
    with serving(MailServer(certificate=context, login=login)) as server:
        channel = EmailChannel(mail_settings(server, **given))
        [failed] = Telling(tmp_path, channel).night(REFUSED)
        assert failed.startswith("e-mail: the server cannot be used (SSLCertVerificationError)")
        assert server.logins == []
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
        assert Telling(tmp_path, channel).night(REFUSED) == ()
    assert (server.logins, server.was_encrypted) == ([login], [True])


def test_what_a_mail_server_answers_is_not_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    given = {"smtp_security": "starttls", "smtp_user": "doing-with", "smtp_password": SECRET}
    with serving(MailServer(certificate=context, login=("doing-with", "another"))) as server:
        channel = EmailChannel(mail_settings(server, **given))
        with pytest.raises(ChannelError) as refused:
            channel.send(Alert(NIGHT, "here", "run", changes_between({}, [REFUSED])))
    assert str(refused.value) == "the server refused (SMTPAuthenticationError, 535)"
    assert refused.value.__cause__ is None


def test_a_mail_server_that_refuses_or_is_not_there_fails_the_channel_alone(
    tmp_path: Path, told: Path
) -> None:
    with serving(MailServer(refuses=b"554 no\r\n")) as server:
        telling = Telling(tmp_path, EmailChannel(mail_settings(server)), FileChannel(told))
        assert telling.night(REFUSED) == (
            "e-mail: the server refused (SMTPDataError, 554); the next run tries again",
        )
    [gone] = telling.night(REFUSED)
    assert gone.startswith("e-mail: the server cannot be used (ConnectionRefusedError)")
    assert len(lines(told)) == 1


# Settings


def test_channels_are_those_that_are_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [one.name for one in channels_of(AlertSettings(), tmp_path)] == ["file"]
    monkeypatch.setenv("DOING_WITH_ALERT_WEBHOOK", f"https://hooks.example.org/{SECRET}")
    monkeypatch.setenv("DOING_WITH_ALERT_WEBHOOK_KIND", "slack")
    monkeypatch.setenv("DOING_WITH_ALERT_EMAIL_TO", "data@example.org")
    monkeypatch.setenv("DOING_WITH_ALERT_EMAIL_FROM", "doing-with@example.org")
    monkeypatch.setenv("DOING_WITH_ALERT_SMTP_HOST", "mail.example.org")
    monkeypatch.setenv("DOING_WITH_ALERT_SMTP_PASSWORD", SECRET)
    settings = AlertSettings()
    names = [one.name for one in channels_of(settings, tmp_path)]
    assert names == ["file", "webhook", "e-mail"]
    assert SECRET not in repr(channels_of(settings, tmp_path))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"webhook": f"http://hooks.example.org/{SECRET}", "webhook_kind": "slack"}, "over https"),
        ({"webhook": f"https://hooks.example.org/{SECRET}"}, "WEBHOOK_KIND: slack or teams"),
        ({"email_to": "data@example.org"}, "needs DOING_WITH_ALERT_EMAIL_FROM"),
        (
            {"smtp_user": "me", "smtp_password": SECRET, "smtp_security": "none"},
            "not sent in the clear",
        ),
    ],
)
def test_half_a_setting_is_refused_and_its_secret_not_shown(
    given: dict[str, str], said: str
) -> None:
    with pytest.raises(ValidationError, match=said) as refused:
        AlertSettings.model_validate(given)
    assert SECRET not in str(refused.value)
