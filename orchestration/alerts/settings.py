"""Where alerts go (``DOING_WITH_ALERT_…``); whatever is secret is never shown."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class AlertSettings(BaseSettings):
    """The channels: a webhook, e-mail and a file, each used if it is set.

    ``webhook`` is an address that whoever knows it may write to, so it is a secret like the
    password; ``webhook_kind`` is what listens there. ``email_to`` are addresses with commas
    between them. Without ``file``, alerts are appended to ``operations/alerts.jsonl`` of the home.
    """

    model_config = SettingsConfigDict(
        env_prefix="DOING_WITH_ALERT_", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    webhook: SecretStr | None = None
    webhook_kind: Literal["slack", "teams"] | None = None
    email_to: str | None = None
    email_from: str | None = None
    smtp_host: str | None = None
    smtp_port: int = 587
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    file: Path | None = None

    @field_validator("webhook")
    @classmethod
    def _is_safe(cls, webhook: SecretStr | None) -> SecretStr | None:
        if webhook is not None:
            parts = urlsplit(webhook.get_secret_value())
            is_here = parts.scheme == "http" and parts.hostname in _LOOPBACK
            if not parts.hostname or (parts.scheme != "https" and not is_here):
                raise ValueError("an alert goes over https: give the whole address, https://…")
        return webhook

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.webhook is not None and self.webhook_kind is None:
            raise ValueError(
                "DOING_WITH_ALERT_WEBHOOK needs DOING_WITH_ALERT_WEBHOOK_KIND: slack or teams"
            )
        if self.email_to and not (self.email_from and self.smtp_host):
            raise ValueError(
                "DOING_WITH_ALERT_EMAIL_TO needs DOING_WITH_ALERT_EMAIL_FROM and "
                "DOING_WITH_ALERT_SMTP_HOST"
            )
        if self.smtp_user and self.smtp_security == "none":
            raise ValueError(
                "a password is not sent in the clear: set DOING_WITH_ALERT_SMTP_SECURITY to "
                "starttls or tls"
            )
        return self

    @property
    def recipients(self) -> list[str]:
        """Who gets the e-mail."""
        return [one.strip() for one in (self.email_to or "").split(",") if one.strip()]
