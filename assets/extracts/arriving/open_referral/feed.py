"""What the operator declares of one Open Referral UK feed."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from assets.extracts.arriving.sources.https_client import is_on_loopback


class FeedError(Exception):
    """A feed that cannot be read; the message names the feed, the address and what to do."""


class Feed(BaseModel):
    """One entry under ``open_referral_feeds`` in ``landing.yml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z0-9]+([-_][a-z0-9]+)*$", max_length=60)
    """Lower-case name; the feed's history is kept in a folder of this name."""
    url: str
    """Base address of the feed, or of its ``/services``."""
    max_pages: int = Field(default=500, ge=1)
    per_page: int = Field(default=100, ge=1)
    timeout_seconds: float = Field(default=30, gt=0)
    """How long one page may take."""
    deadline_seconds: float = Field(default=1800, gt=0)
    """How long the feed may take as a whole, pauses included."""
    back_off_seconds: float = Field(default=1, ge=0)
    """How long to wait before the first repetition of a request; doubles each time."""
    shrink_accepted_until: date | None = None
    """Last day on which a feed that lost many services is believed rather than held."""

    @field_validator("url")
    @classmethod
    def _readable_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if not parts.hostname or not (parts.scheme == "https" or is_on_loopback(url)):
            raise ValueError("give an address that starts with https:// and names a host")
        # The address is written into every change file.
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("give the address without a log-in, a query or a fragment")
        return url

    @property
    def services_url(self) -> str:
        """The address of the list of services, without its query."""
        base = self.url.rstrip("/")
        return base if base.endswith("/services") else f"{base}/services"

    @property
    def is_on_loopback(self) -> bool:
        """Whether the feed runs on this machine."""
        return is_on_loopback(self.url)
