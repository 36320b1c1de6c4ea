"""Fetching one page of a feed: retries with back-off, time and size limits, JSON or an error."""

from __future__ import annotations

import json
import math
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential_jitter,
)

from assets.extracts.arriving.open_referral.feed import Feed, FeedError, may_be_asked

_ATTEMPTS = 5
# A feed that asks for a longer pause than this is left for the next run (2026-11-23: the nightly
# run reads all feeds one after the other and has the morning as its limit).
_LONGEST_WAIT_SECONDS = 300.0
# The official list page of 128 services has 132 kB, so a page of 1,000 full services stays under
# 10 MB (ORUK_v3_service_list_31_test.json, 2026-11-23).
_LARGEST_PAGE_BYTES = 64 << 20
_MOST_REDIRECTS = 5
_PASSING_STATUS = {408, 425, 429}
_HEADERS = {"accept": "application/json", "user-agent": "doing-with (reads Open Referral UK feeds)"}


class _PassingFaultError(FeedError):
    """A fault that may be gone when the request is repeated."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class PageFetcher:
    """Fetches pages of one feed over one connection; use it in a ``with`` statement."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._client = httpx.Client(
            headers=_HEADERS,
            timeout=feed.timeout_seconds,
            follow_redirects=True,
            max_redirects=_MOST_REDIRECTS,
            event_hooks={"request": [self._refuse_open_redirect]},
            # A feed on this machine is never asked through a proxy.
            trust_env=not feed.is_on_loopback,
        )

    def __enter__(self) -> PageFetcher:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def fetch(self, page: int) -> Any:
        """The parsed answer for one page of the list of services.

        Connection faults, time-outs, 5xx and "too many requests" are repeated, after the pause
        that the feed asks for in ``Retry-After`` or else after one that doubles.

        Raises:
            FeedError: names the address and page, when the feed refuses, keeps failing, or
                answers with something that is not JSON.
        """
        back_off = wait_exponential_jitter(
            initial=self._feed.back_off_seconds,
            max=_LONGEST_WAIT_SECONDS,
            jitter=self._feed.back_off_seconds,
        )
        repeat = Retrying(
            retry=retry_if_exception_type(_PassingFaultError),
            stop=stop_after_attempt(_ATTEMPTS),
            wait=lambda state: _asked_pause(state, back_off(state)),
            reraise=True,
        )
        try:
            return repeat(self._fetch_once, page)
        except _PassingFaultError as fault:
            raise FeedError(f"{fault} (asked {_ATTEMPTS} times)") from fault

    def describe(self, page: int, problem: str) -> str:
        """A message that names feed, page and address."""
        return f"feed {self._feed.name}, page {page} of {self._feed.services_url}: {problem}"

    def _fetch_once(self, page: int) -> Any:
        query = {"page": page, "per_page": self._feed.per_page}
        try:
            with self._client.stream("GET", self._feed.services_url, params=query) as response:
                self._require_success(response, page)
                body = self._read_body(response, page)
                kind = response.headers.get("content-type", "")
        except httpx.TransportError as error:
            reason = f"{type(error).__name__}: {error}".rstrip(": ")
            raise _PassingFaultError(self.describe(page, f"no answer ({reason})")) from error
        except httpx.RequestError as error:
            raise FeedError(self.describe(page, f"{type(error).__name__}: {error}")) from error
        return self._parse(body, kind, page)

    def _refuse_open_redirect(self, request: httpx.Request) -> None:
        if not may_be_asked(str(request.url), loopback=self._feed.is_on_loopback):
            raise FeedError(
                f"feed {self._feed.name}: {self._feed.services_url} redirects to "
                f"{request.url.copy_with(query=None)}, which is not https; "
                "ask the publisher for an https address"
            )

    def _require_success(self, response: httpx.Response, page: int) -> None:
        status = response.status_code
        if status == httpx.codes.OK:
            return
        said = self.describe(page, f"the feed answered {status} {response.reason_phrase}".rstrip())
        if status < 500 and status not in _PASSING_STATUS:
            raise FeedError(f"{said}; check the address of the feed")
        pause = _retry_after(response)
        if pause is not None and pause > _LONGEST_WAIT_SECONDS:
            raise FeedError(f"{said} and asks to come back in {pause:.0f} seconds; run it later")
        raise _PassingFaultError(said, pause)

    def _read_body(self, response: httpx.Response, page: int) -> bytes:
        deadline = time.monotonic() + self._feed.timeout_seconds
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > _LARGEST_PAGE_BYTES:
                limit = _LARGEST_PAGE_BYTES >> 20
                raise FeedError(
                    self.describe(page, f"the page is over {limit} MB; set a smaller per_page")
                )
            if time.monotonic() > deadline:
                took = f"the page took over {self._feed.timeout_seconds:g} seconds"
                raise _PassingFaultError(
                    self.describe(page, f"{took}; raise timeout_seconds or set a smaller per_page")
                )
        return bytes(body)

    def _parse(self, body: bytes, content_type: str, page: int) -> Any:
        if "html" in content_type.lower() or body.lstrip()[:1] == b"<":
            raise FeedError(
                self.describe(
                    page,
                    "the answer is a web page, not JSON: the address has most likely moved or "
                    "asks for a log-in; open it in a browser and correct the url of the feed",
                )
            )
        try:
            return json.loads(body, parse_constant=_refuse_number, parse_float=_finite)
        except json.JSONDecodeError as error:
            reason = f"{error.msg} at character {error.pos}"
        except UnicodeDecodeError as error:
            reason = f"not UTF-8 from byte {error.start}"
        except (ValueError, RecursionError) as error:
            reason = str(error)
        problem = f"the answer ({len(body)} bytes) is cut off or is not JSON: {reason}"
        raise FeedError(self.describe(page, f"{problem}; fetch it again later"))


def _refuse_number(text: str) -> float:
    raise ValueError(f"{text} is not a JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        _refuse_number(text)
    return number


def _asked_pause(state: RetryCallState, otherwise: float) -> float:
    fault = state.outcome.exception() if state.outcome else None
    if isinstance(fault, _PassingFaultError) and fault.retry_after is not None:
        return fault.retry_after
    return otherwise


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds asked for in ``Retry-After``, given there as seconds or as a date (RFC 9110)."""
    said = response.headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return float(said)
    try:
        until = parsedate_to_datetime(said)
    except ValueError:
        return None
    seconds: float = (until.astimezone(UTC) - datetime.now(UTC)).total_seconds()
    return max(0.0, seconds)
