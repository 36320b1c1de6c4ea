"""What a cut connection left of a file, and the proof that it is still of the same file."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from assets.durable_files import write_atomically
from assets.extracts.arriving.sources.https_client import Answer
from assets.extracts.arriving.sources.private_files import open_private
from assets.extracts.arriving.sources.source import TransientSourceError

_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)")
# A date counts whole seconds: a file changed twice within one keeps its date (RFC 9110, 8.8.2.2).
_SETTLED_SECONDS = 1


class _Record(BaseModel):
    """What is known of the file that a part is of."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    etag: str | None = None
    last_modified: str | None = None
    total: int | None = None
    """Bytes of the whole file, as the server announced them."""

    @classmethod
    def of(cls, answer: Answer) -> _Record:
        """What proves that a later answer is of the same file; of two validators the stronger."""
        length = answer.headers.get("Content-Length", "")
        if answer.is_packed or not length.isdecimal():
            # Such a part cannot be continued: nobody knows when it is whole.
            return cls()
        etag = answer.headers.get("ETag")
        if etag is not None:
            # A weak ETag proves nothing (RFC 9110, 13.1.5).
            return cls(etag=None if etag.startswith("W/") else etag, total=int(length))
        changed = answer.headers.get("Last-Modified")
        is_settled = _seconds_between(changed, answer.headers.get("Date")) >= _SETTLED_SECONDS
        return cls(last_modified=changed if is_settled else None, total=int(length))

    @property
    def if_range(self) -> str | None:
        """The value for If-Range; None if there is nothing to go on from."""
        return (self.etag or self.last_modified) if self.total is not None else None

    def is_of(self, answer: Answer) -> bool:
        """Whether an answer sends a part of the same file.

        The answer to If-Range repeats the ETag but need not repeat Last-Modified (RFC 9110,
        15.3.7).
        """
        if self.etag is not None:
            return answer.headers.get("ETag") == self.etag
        return answer.headers.get("Last-Modified", self.last_modified) == self.last_modified


class PartialDownload:
    """The file ``<target>.part`` with ``<target>.part.json``, both private."""

    def __init__(self, target: Path) -> None:
        self.path = target.with_name(f"{target.name}.part")
        self._record_path = target.with_name(f"{target.name}.part.json")
        self._end: int | None = None

    def request_headers(self) -> dict[str, str]:
        """Headers that ask for the rest only; none if there is nothing to go on from."""
        record = self._record()
        if record.if_range is None or not self.bytes:
            return {}
        return {"Range": f"bytes={self.bytes}-", "If-Range": record.if_range}

    def begin(self, answer: Answer) -> int:
        """Prepare for the body of an answer; returns how many bytes are there already.

        Raises:
            TransientSourceError: the answer does not continue what is there; it was discarded,
                so that the next attempt starts afresh.
        """
        if answer.status == 200:
            self.discard()
            open_private(self.path).close()
            record = _Record.of(answer)
            write_atomically(self._record_path, record.model_dump_json(), is_private=True)
            self._end = record.total
            return 0
        found = _CONTENT_RANGE.fullmatch(answer.headers.get("Content-Range", ""))
        record, held = self._record(), self.bytes
        if (
            answer.status != 206
            or found is None
            or answer.is_packed
            or int(found[1]) != held
            or not held <= int(found[2]) < (record.total or 0)
            or found[3] not in {"*", str(record.total)}
            or not record.is_of(answer)
        ):
            raise self._not_continued(answer.address)
        self._end = int(found[2]) + 1
        return held

    def is_whole(self, address: str) -> bool:
        """Whether nothing is missing after the body of an answer; a server may send ranges short.

        Raises:
            TransientSourceError: the answer brought less or more than it said; see ``begin``.
        """
        if self._end is not None and self.bytes != self._end:
            raise self._not_continued(address)
        return self._end == self._record().total

    def _not_continued(self, address: str) -> TransientSourceError:
        self.discard()
        return TransientSourceError(
            f"{address}: the server does not continue the file where the connection was cut; it is "
            "fetched from the start"
        )

    def start_of_file(self) -> bytes:
        """Enough to tell what the file is."""
        with self.path.open("rb") as file:
            return file.read(1024)

    def discard(self) -> None:
        """Forget the part."""
        self.path.unlink(missing_ok=True)
        self._record_path.unlink(missing_ok=True)

    def complete(self, target: Path) -> None:
        """The part is the whole file now."""
        self.path.replace(target)
        self._record_path.unlink(missing_ok=True)

    @property
    def bytes(self) -> int:
        """How much of the file is there."""
        return self.path.stat().st_size if self.path.exists() else 0

    def _record(self) -> _Record:
        if not self._record_path.exists():
            return _Record()
        try:
            return _Record.model_validate_json(self._record_path.read_bytes())
        except ValidationError:
            # A record that cannot be read proves nothing: the file is fetched from the start.
            return _Record()


def _seconds_between(earlier: str | None, later: str | None) -> float:
    """Seconds from one date of a header to another; 0 unless both are dates."""
    try:
        moments = [parsedate_to_datetime(text or "").timestamp() for text in (earlier, later)]
    except (ValueError, OverflowError):
        return 0
    return moments[1] - moments[0]
