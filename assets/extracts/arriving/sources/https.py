"""Published files over HTTPS: what a contract says of them, and the source that brings them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from email.message import Message
from pathlib import Path, PurePosixPath
from typing import Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from assets.durable_files import hash_of
from assets.extracts.arriving.sources.deadline import Deadline
from assets.extracts.arriving.sources.fetch_state import FetchState
from assets.extracts.arriving.sources.https_client import (
    Answer,
    HttpsClient,
    Retries,
    require_https,
)
from assets.extracts.arriving.sources.link_page import links_matching
from assets.extracts.arriving.sources.partial_download import PartialDownload
from assets.extracts.arriving.sources.private_files import (
    open_private,
    private_path,
    too_large,
    write_limited,
)
from assets.extracts.arriving.sources.source import (
    MAX_BYTES,
    Fetched,
    PermanentSourceError,
    RemoteFile,
    address_of,
)

# What servers of publishers call tables, workbooks and zip files of them.
TABLE_TYPES = (
    "text/csv",
    "application/csv",
    "text/plain",
    "application/json",
    "application/zip",
    "application/x-zip-compressed",
    "application/octet-stream",
    "binary/octet-stream",
    "application/vnd.ms-excel",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)
_PAGE_TYPES = ("text/html", "application/xhtml+xml")
# Landing pages of publishers have up to 300 kB (2026-11-25); parsing grows faster than the page.
_PAGE_BYTES_AT_MOST = 1 << 20
# All pages on the way to one file.
_PAGES_SECONDS_AT_MOST = 120.0
_STARTS_OF_PAGES = (b"<!doctype html", b"<html", b"<head")


class HttpsFile(BaseModel):
    """Where a published file is: its address, or a page and the pattern of the link on it.

    ``link_pattern`` and each pattern of ``via`` match the whole absolute target of a link, so
    that a pattern that starts with the publisher's host cannot lead elsewhere. ``via`` leads from
    the page of a series to the page of its newest edition: the first match on each page is
    followed. ``take`` says whether the first match in page order is the file, or all are.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: str | None = None
    page: str | None = None
    via: tuple[str, ...] = ()
    link_pattern: str | None = None
    take: Literal["first", "all"] = "first"
    members: tuple[str, ...] = ()
    """Patterns of the members to take out of a zip file; none if the file is no zip file."""
    max_bytes: int = Field(default=MAX_BYTES, gt=0)
    timeout_seconds: float = Field(default=60, gt=0)
    """How long the server may be silent."""
    deadline_seconds: float = Field(default=3600, gt=0)
    """How long the file may take as a whole, attempts and pauses included."""
    content_types: tuple[str, ...] = Field(default=TABLE_TYPES, min_length=1)

    @field_validator("url", "page")
    @classmethod
    def _is_plain_https(cls, address: str | None) -> str | None:
        if address is not None:
            try:
                require_https(address, "the contract")
            except PermanentSourceError as error:
                raise ValueError(str(error)) from None
        return address

    @field_validator("via", "link_pattern")
    @classmethod
    def _is_pattern(cls, patterns: tuple[str, ...] | str | None) -> tuple[str, ...] | str | None:
        for pattern in (patterns,) if isinstance(patterns, str) else patterns or ():
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern} is not a regular expression: {error}") from error
        return patterns

    @model_validator(mode="after")
    def _has_one_place(self) -> Self:
        by_page = self.page is not None and self.link_pattern is not None
        if by_page == (self.url is not None) or (self.url and (self.page or self.link_pattern)):
            raise ValueError("give either url, or page with link_pattern")
        if self.via and not by_page:
            raise ValueError("via leads from a page; give page with link_pattern")
        return self


class HttpsSource:
    """One published file, or the files that one page links."""

    def __init__(self, file: HttpsFile, retries: Retries | None = None) -> None:
        self.file = file
        self._client = HttpsClient(file.timeout_seconds, retries or Retries())

    @property
    def name(self) -> str:
        """The address of the file or of the page."""
        return address_of(self.file.url or self.file.page or "")

    def listed(self) -> list[RemoteFile]:
        """The file at the address, or those that the page links now.

        Raises:
            SourceError: the page cannot be had, or has no link that matches.
        """
        targets = [self.file.url] if self.file.url is not None else self._linked()
        names = _distinct_names(targets)
        return [RemoteFile(n, target) for n, target in zip(names, targets, strict=True)]

    def fetch(self, file: RemoteFile, into: Path, known: FetchState | None = None) -> Fetched:
        """Download one file, going on from where a cut connection left it.

        A file that did not arrive whole stays beside its target as ``.part``, so that the next
        call with the same ``into`` goes on from there.

        Raises:
            TransientSourceError: after the last of several attempts.
            PermanentSourceError: see ``HttpsClient.get``; also too large, or not a table.
        """
        target = private_path(into, file.location, file.name)
        deadline = Deadline(self.file.deadline_seconds)

        def download() -> Fetched:
            fetched = None
            while fetched is None:
                fetched = self._download(file, target, known, deadline)
            return fetched

        return self._client.with_retries(download, deadline)

    def _download(
        self, file: RemoteFile, target: Path, known: FetchState | None, deadline: Deadline
    ) -> Fetched | None:
        """One request for what is missing of a file; None if it brought only some of that."""
        partial = PartialDownload(target)
        headers = _conditional_headers(known) | partial.request_headers()
        with self._client.get(file.location, headers, deadline) as answer:
            if answer.status == 304:
                return _unchanged(file, answer, known)
            if answer.status != 416:
                _require_type(answer, self.file.content_types)
            held = partial.begin(answer)
            try:
                self._require_small(answer, held)
                with open_private(partial.path, append=True) as copy:
                    write_limited(copy, answer.body(), self.file.max_bytes, held, answer.address)
                self._require_table(partial, answer.address)
            except PermanentSourceError:
                partial.discard()
                raise
            if not partial.is_whole(answer.address):
                return None
            partial.complete(target)
            return Fetched(
                name=_attachment_name(answer) or file.name,
                location=file.location,
                url=answer.address,
                path=target,
                sha256=hash_of(target),
                bytes=target.stat().st_size,
                etag=answer.headers.get("ETag"),
                last_modified=answer.headers.get("Last-Modified"),
            )

    def _require_small(self, answer: Answer, held: int) -> None:
        announced = answer.headers.get("Content-Length", "")
        if announced.isdecimal() and held + int(announced) > self.file.max_bytes:
            raise too_large(answer.address, held + int(announced), self.file.max_bytes)

    def _require_table(self, partial: PartialDownload, address: str) -> None:
        """Some servers send an error page with status 200 and the type of a table."""
        start = partial.start_of_file().lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        if start.startswith(_STARTS_OF_PAGES) and not _allows_pages(self.file.content_types):
            raise _page_instead_of_table(address)

    def _linked(self) -> list[str]:
        page = self.file.page or ""
        deadline = Deadline(min(self.file.deadline_seconds, _PAGES_SECONDS_AT_MOST))
        for pattern in self.file.via:
            page = self._links(page, pattern, deadline)[0]
        targets = self._links(page, self.file.link_pattern or "", deadline)
        return targets if self.file.take == "all" else targets[:1]

    def _links(self, page: str, pattern: str, deadline: Deadline) -> list[str]:
        html, url = self._client.with_retries(lambda: self._page(page, deadline), deadline)
        return links_matching(html, url, pattern)

    def _page(self, page: str, deadline: Deadline) -> tuple[str, str]:
        """A web page and its address after redirects."""
        with self._client.get(page, {}, deadline) as answer:
            _require_type(answer, _PAGE_TYPES)
            content = answer.content(
                _PAGE_BYTES_AT_MOST, "check that it is the page with the links"
            )
            return _text_of(content, answer.response.charset_encoding), answer.url


def _text_of(content: bytes, encoding: str | None) -> str:
    """A page as text; links are plain ASCII in any encoding that a server may name wrongly."""
    try:
        return content.decode(encoding or "utf-8", errors="replace")
    except (LookupError, ValueError):
        return content.decode("utf-8", errors="replace")


def _conditional_headers(known: FetchState | None) -> dict[str, str]:
    headers = {}
    if known and known.etag:
        headers["If-None-Match"] = known.etag
    if known and known.last_modified:
        headers["If-Modified-Since"] = known.last_modified
    return headers


def _unchanged(file: RemoteFile, answer: Answer, known: FetchState | None) -> Fetched:
    if known is None:
        raise PermanentSourceError(
            f"{answer.address}: the server answers with status 304, unchanged, although nothing "
            "was fetched before; tell the publisher, or fetch the file by hand"
        )
    return Fetched(
        name=file.name,
        location=file.location,
        url=answer.address,
        path=None,
        sha256=known.sha256,
        bytes=known.bytes,
        etag=answer.headers.get("ETag", known.etag),
        last_modified=answer.headers.get("Last-Modified", known.last_modified),
        not_modified=True,
    )


def _require_type(answer: Answer, allowed: tuple[str, ...]) -> None:
    """The server's word for what it sends; a server that says nothing is believed."""
    said = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if not said or said in allowed:
        return
    if said in _PAGE_TYPES:
        raise _page_instead_of_table(answer.address)
    raise PermanentSourceError(
        f"{answer.address}: the server sends {said[:80]} where one of {', '.join(allowed)} is "
        "due; check the address, or add the type to content_types"
    )


def _allows_pages(allowed: tuple[str, ...]) -> bool:
    return any(kind in allowed for kind in _PAGE_TYPES)


def _page_instead_of_table(address: str) -> PermanentSourceError:
    return PermanentSourceError(
        f"{address}: an HTML page in place of a table; open the address in a browser: it may show "
        "an error, a log-in or the page that links the file"
    )


def _name_of(url: str) -> str:
    """The last part of an address's path, or its host if it has none."""
    parts = urlsplit(url)
    return _plain_name(unquote(parts.path)) or parts.hostname or "file"


def _distinct_names(urls: Sequence[str]) -> list[str]:
    """A name for each address: its last part, with the parts before it where that is not enough."""
    names = [_name_of(url) for url in urls]
    parts = [[_plain_name(part) for part in unquote(urlsplit(u).path).split("/")] for u in urls]
    for depth in range(2, max((len(part) for part in parts), default=0) + 1):
        names = [
            "/".join(part[-depth:]).strip("/") if names.count(name) > 1 else name
            for name, part in zip(names, parts, strict=True)
        ]
    # What differs in its query only is told apart by its place on the page.
    return [
        f"{names[:place].count(name) + 1}/{name}" if names.count(name) > 1 else name
        for place, name in enumerate(names)
    ]


def _attachment_name(answer: Answer) -> str | None:
    """The file's name as the server gives it in Content-Disposition (RFC 6266), if it does."""
    message = Message()
    message["Content-Disposition"] = answer.headers.get("Content-Disposition", "")
    return _plain_name(message.get_filename() or "") or None


def _plain_name(text: str) -> str:
    """The name without folders and without characters that do not print."""
    name = PurePosixPath(text.replace("\\", "/")).name
    return "".join(character for character in name if character.isprintable()).lstrip(".")[:200]
