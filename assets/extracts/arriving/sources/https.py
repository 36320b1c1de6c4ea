"""Published files over HTTPS: what a contract says of them, and the source that brings them."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from email.message import Message
from pathlib import Path, PurePosixPath
from typing import Literal, Self
from urllib.parse import unquote, urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from assets.durable_files import hash_of
from assets.extracts.arriving.sources.fetch_state import FetchState
from assets.extracts.arriving.sources.https_client import HttpsClient, Retries, require_https
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
    TransientSourceError,
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
_PAGE_BYTES_AT_MOST = 10_000_000
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
    """How long one attempt at the file may take as a whole."""
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
        return [RemoteFile(name=_name_of(target), location=target) for target in targets]

    def fetch(self, file: RemoteFile, into: Path, known: FetchState | None = None) -> Fetched:
        """Download one file, going on from where a cut connection left it.

        A file that did not arrive whole stays beside its target as ``.part``, so that the next
        call with the same ``into`` goes on from there.

        Raises:
            TransientSourceError: after the last of several attempts.
            PermanentSourceError: see ``HttpsClient.get``; also too large, or not a table.
        """
        target = private_path(into, file.location, file.name)
        return self._client.with_retries(lambda: self._download(file, target, known))

    def _download(self, file: RemoteFile, target: Path, known: FetchState | None) -> Fetched:
        partial = PartialDownload(target)
        headers = _conditional_headers(known) | partial.request_headers()
        with self._client.get(file.location, headers) as response:
            if response.status_code == 304:
                return _unchanged(file, response, known)
            address = address_of(str(response.url))
            if response.status_code != 416:
                _require_type(response, self.file.content_types)
            held = partial.begin(response)
            try:
                with open_private(partial.path, append=True) as copy:
                    chunks = self._body(response, held, address)
                    write_limited(copy, chunks, self.file.max_bytes, held, address)
                self._require_table(partial, address)
            except PermanentSourceError:
                partial.discard()
                raise
            partial.complete(target)
            return Fetched(
                name=_attachment_name(response) or file.name,
                location=file.location,
                url=address,
                path=target,
                sha256=hash_of(target),
                bytes=target.stat().st_size,
                etag=response.headers.get("ETag"),
                last_modified=response.headers.get("Last-Modified"),
            )

    def _body(self, response: httpx.Response, held: int, address: str) -> Iterator[bytes]:
        """The body as it comes in, watched for its announced size and its time."""
        announced = response.headers.get("Content-Length", "")
        if announced.isdecimal() and held + int(announced) > self.file.max_bytes:
            raise too_large(address, held + int(announced), self.file.max_bytes)
        deadline = time.monotonic() + self.file.deadline_seconds
        for chunk in response.iter_bytes():
            yield chunk
            if time.monotonic() > deadline:
                raise TransientSourceError(
                    f"{address}: the file did not arrive within {self.file.deadline_seconds:.0f} "
                    "seconds; the next run goes on from here, or raise deadline_seconds"
                )

    def _require_table(self, partial: PartialDownload, address: str) -> None:
        """Some servers send an error page with status 200 and the type of a table."""
        start = partial.start_of_file().lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        if start.startswith(_STARTS_OF_PAGES) and not _allows_pages(self.file.content_types):
            raise _page_instead_of_table(address)

    def _linked(self) -> list[str]:
        page = self.file.page or ""
        for pattern in self.file.via:
            page = self._links(page, pattern)[0]
        targets = self._links(page, self.file.link_pattern or "")
        return targets if self.file.take == "all" else targets[:1]

    def _links(self, page: str, pattern: str) -> list[str]:
        html, url = self._client.with_retries(lambda: self._page(page))
        return links_matching(html, url, pattern)

    def _page(self, page: str) -> tuple[str, str]:
        """A web page and its address after redirects."""
        with self._client.get(page, {}) as response:
            address = address_of(str(response.url))
            _require_type(response, _PAGE_TYPES)
            content = b""
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > _PAGE_BYTES_AT_MOST:
                    raise PermanentSourceError(
                        f"{address}: the page goes on beyond {_PAGE_BYTES_AT_MOST:,} bytes; check "
                        "that it is the page with the links"
                    )
            encoding = response.charset_encoding or "utf-8"
            return content.decode(encoding, errors="replace"), str(response.url)


def _conditional_headers(known: FetchState | None) -> dict[str, str]:
    headers = {}
    if known and known.etag:
        headers["If-None-Match"] = known.etag
    if known and known.last_modified:
        headers["If-Modified-Since"] = known.last_modified
    return headers


def _unchanged(file: RemoteFile, response: httpx.Response, known: FetchState | None) -> Fetched:
    address = address_of(str(response.url))
    if known is None:
        raise PermanentSourceError(
            f"{address}: the server answers with status 304, unchanged, although nothing was "
            "fetched before; tell the publisher, or fetch the file by hand"
        )
    return Fetched(
        name=file.name,
        location=file.location,
        url=address,
        path=None,
        sha256=known.sha256,
        bytes=known.bytes,
        etag=response.headers.get("ETag", known.etag),
        last_modified=response.headers.get("Last-Modified", known.last_modified),
        not_modified=True,
    )


def _require_type(response: httpx.Response, allowed: tuple[str, ...]) -> None:
    """The server's word for what it sends; a server that says nothing is believed."""
    said = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if not said or said in allowed:
        return
    address = address_of(str(response.url))
    if said in _PAGE_TYPES:
        raise _page_instead_of_table(address)
    raise PermanentSourceError(
        f"{address}: the server sends {said} where one of {', '.join(allowed)} is due; check the "
        "address, or add the type to content_types"
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


def _attachment_name(response: httpx.Response) -> str | None:
    """The file's name as the server gives it in Content-Disposition (RFC 6266), if it does."""
    message = Message()
    message["Content-Disposition"] = response.headers.get("Content-Disposition", "")
    return _plain_name(message.get_filename() or "") or None


def _plain_name(text: str) -> str:
    """The name without folders and without characters that do not print."""
    name = PurePosixPath(text.replace("\\", "/")).name
    return "".join(character for character in name if character.isprintable()).lstrip(".")[:200]
