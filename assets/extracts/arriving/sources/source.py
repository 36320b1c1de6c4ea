"""The one interface of every place that files come from, and what can go wrong there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable
from urllib.parse import urlsplit, urlunsplit

from assets.extracts.arriving.sources.fetch_state import FetchState
from assets.extracts.identifiers.detectors import redact
from assets.transient_faults import TransientFaultError

# 2 GB: twice the largest extract that the platform is measured with (2026-11-23).
MAX_BYTES = 2_000_000_000


class SourceError(RuntimeError):
    """A file that could not be had; the message names the address, the rule and what to do."""


class TransientSourceError(SourceError, TransientFaultError):
    """The network, a time-out, a busy or broken server: worth another try later.

    ``retry_after_seconds`` is what the server asked for, if it did.
    """

    def __init__(self, message: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class PermanentSourceError(SourceError):
    """Trying again would end the same way: somebody has to change something."""


@dataclass(frozen=True)
class RemoteFile:
    """One file that a source offers.

    ``name`` is relative to the source, with forward slashes; it is as the provider wrote it, so
    redact it before it goes into a log. ``etag`` and ``last_modified`` are compared for equality
    only. ``location`` may hold a query string: show ``address_of(location)`` instead.
    """

    name: str
    location: str
    size_bytes: int | None = None
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True)
class Fetched:
    """What a fetch brought: a private file of mode 0600, or that nothing changed.

    ``path`` is None exactly if ``not_modified``; then ``sha256`` and ``bytes`` are those of the
    content that was fetched before. ``name`` may be better than that of the listing: a server
    can say how the file is called. ``url`` is the address after redirects, without its query.
    """

    name: str
    location: str
    url: str
    path: Path | None
    sha256: str
    bytes: int
    etag: str | None = None
    last_modified: str | None = None
    not_modified: bool = False


@runtime_checkable
class Source(Protocol):
    """A place that offers files."""

    @property
    def name(self) -> str:
        """What messages call this source; free of credentials."""

    def listed(self) -> list[RemoteFile]:
        """Every file on offer, in a fixed order.

        Raises:
            SourceError: the place cannot be read, or does not offer what it should.
        """

    def fetch(self, file: RemoteFile, into: Path, known: FetchState | None = None) -> Fetched:
        """Bring one listed file into the folder ``into``, which is made if it is not there.

        ``known`` is what was fetched from the same location before; pass it only if that content
        is still held, because an unchanged file is not brought again.

        Raises:
            SourceError: the file cannot be had, or is not what it should be.
        """


def address_of(location: str) -> str:
    """A location as messages may show it: without credentials, query, fragment or NHS number."""
    parts = urlsplit(location)
    if not parts.scheme and not parts.netloc:
        return redact(location)
    host = parts.netloc.rpartition("@")[2]
    if parts.scheme in {"abfs", "abfss"} and parts.username:
        # Azure writes container@account here: no secret, but part of the address.
        host = f"{parts.username}@{host}"
    return redact(urlunsplit((parts.scheme, host, parts.path, "", "")))
