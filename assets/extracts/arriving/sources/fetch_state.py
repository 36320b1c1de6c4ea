"""What is remembered of files fetched before, so that unchanged ones are not fetched again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from assets.durable_files import write_atomically


class FetchStateError(ValueError):
    """A record of fetched files that cannot be read; the message names it and what to do."""


class Provenance(BaseModel):
    """Where a file was brought from, and which version of it, in the words of that place.

    ``address`` is the one after redirects, without query or credentials.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: str
    last_modified: str | None = None
    etag: str | None = None


class FetchState(BaseModel):
    """What the last fetch from one location brought."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = ""
    """The address after redirects, without query or credentials."""
    etag: str | None = None
    last_modified: str | None = None
    sha256: str
    bytes: int
    fetched_at: datetime

    @property
    def provenance(self) -> Provenance:
        """Where the content came from."""
        return Provenance(address=self.url, last_modified=self.last_modified, etag=self.etag)


_States = TypeAdapter(dict[str, FetchState])


def key_of(location: str) -> str:
    """The key of a location: readable, with a digest for its query, which may hold a signature."""
    parts = urlsplit(location)
    address = urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
    rest = location[len(address) :]
    return f"{address}?{hashlib.sha256(rest.encode()).hexdigest()[:16]}" if rest else address


def read_states(path: Path) -> dict[str, FetchState]:
    """All states by ``key_of(location)``; none if there is no such file yet.

    Raises:
        FetchStateError: the file is damaged.
    """
    if not path.exists():
        return {}
    try:
        return _States.validate_json(path.read_bytes())
    except ValidationError as error:
        raise FetchStateError(
            f"{path.name}, the record of fetched files, is damaged ({error.error_count()} errors); "
            "delete it: every published file is then fetched once more"
        ) from error


def write_states(path: Path, states: Mapping[str, FetchState]) -> None:
    """Persist all states, privately, atomically and in a fixed order."""
    content = {key: states[key].model_dump(mode="json") for key in sorted(states)}
    write_atomically(path, json.dumps(content, indent=1), is_private=True)
