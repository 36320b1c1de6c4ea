"""What a cut connection left of a file, and the proof that it is still of the same file."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from assets.durable_files import write_atomically
from assets.extracts.arriving.sources.private_files import open_private
from assets.extracts.arriving.sources.source import TransientSourceError, address_of

_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(?:\d+|\*)")


class _Validator(BaseModel):
    """What a server says of the version of a file that it sends."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    etag: str | None
    last_modified: str | None

    @classmethod
    def of(cls, response: httpx.Response) -> _Validator:
        if response.headers.get("Content-Encoding", "identity") != "identity":
            # Ranges would count bytes as packed for the way; such a part cannot be continued.
            return cls(etag=None, last_modified=None)
        return cls(
            etag=response.headers.get("ETag"), last_modified=response.headers.get("Last-Modified")
        )

    @property
    def if_range(self) -> str | None:
        """The value for If-Range; a weak ETag proves nothing (RFC 9110, 13.1.5)."""
        if self.etag is None:
            return self.last_modified
        return None if self.etag.startswith("W/") else self.etag


class PartialDownload:
    """The file ``<target>.part`` with ``<target>.part.json``, both private."""

    def __init__(self, target: Path) -> None:
        self.path = target.with_name(f"{target.name}.part")
        self._record = target.with_name(f"{target.name}.part.json")

    def request_headers(self) -> dict[str, str]:
        """Headers that ask for the rest only; none if there is nothing to go on from."""
        validator = self._validator()
        if validator is None or validator.if_range is None or not self._bytes():
            return {}
        return {"Range": f"bytes={self._bytes()}-", "If-Range": validator.if_range}

    def begin(self, response: httpx.Response) -> int:
        """Prepare for the body of an answer; returns how many bytes are there already.

        Raises:
            TransientSourceError: the answer does not continue what is there; it was discarded,
                so that the next attempt starts afresh.
        """
        validator = _Validator.of(response)
        if response.status_code == 200:
            self.discard()
            open_private(self.path).close()
            write_atomically(self._record, validator.model_dump_json())
            return 0
        found = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
        held = self._bytes()
        if (
            response.status_code != 206
            or found is None
            or int(found[1]) != held
            or validator != self._validator()
        ):
            self.discard()
            raise TransientSourceError(
                f"{address_of(str(response.url))}: the server does not continue the file where "
                "the connection was cut; it is fetched from the start"
            )
        return held

    def start_of_file(self) -> bytes:
        """Enough to tell what the file is."""
        with self.path.open("rb") as file:
            return file.read(1024)

    def discard(self) -> None:
        """Forget the part."""
        self.path.unlink(missing_ok=True)
        self._record.unlink(missing_ok=True)

    def complete(self, target: Path) -> None:
        """The part is the whole file now."""
        self.path.replace(target)
        self._record.unlink(missing_ok=True)

    def _bytes(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def _validator(self) -> _Validator | None:
        if not self._record.exists():
            return None
        try:
            return _Validator.model_validate_json(self._record.read_bytes())
        except ValidationError:
            # A record that cannot be read proves nothing: the file is fetched from the start.
            return None
