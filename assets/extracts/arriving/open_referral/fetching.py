"""Fetching one page of a feed: retries with back-off, time and size limits, JSON or an error."""

from __future__ import annotations

import json
import math
from typing import Any
from urllib.parse import urlencode

from assets.extracts.arriving.open_referral.feed import Feed, FeedError
from assets.extracts.arriving.sources.deadline import Deadline
from assets.extracts.arriving.sources.https_client import HttpsClient, Retries
from assets.extracts.arriving.sources.source import (
    PermanentSourceError,
    SourceError,
    address_of,
)

_ATTEMPTS = 5
# A feed that asks for a longer pause than this is left for the next run (2026-11-23: the nightly
# run reads all feeds one after the other and has the morning as its limit).
_LONGEST_WAIT_SECONDS = 300.0
# The official list page of 128 services has 132 kB, so a page of 1,000 full services stays under
# 10 MB (ORUK_v3_service_list_31_test.json, 2026-11-23).
_LARGEST_PAGE_BYTES = 64 << 20
_HEADERS = {"Accept": "application/json"}


class PageFetcher:
    """Fetches pages of one feed, all of them by one deadline."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._deadline = Deadline(feed.deadline_seconds)
        self._client = HttpsClient(
            feed.timeout_seconds,
            Retries(_ATTEMPTS, feed.back_off_seconds, _LONGEST_WAIT_SECONDS),
            declared_in="landing.yml",
            allows_loopback=feed.is_on_loopback,
        )

    def fetch(self, page: int) -> Any:
        """The parsed answer for one page of the list of services.

        Connection faults, time-outs, 5xx and "too many requests" are repeated, after a pause that
        doubles or after the longer one that the feed asks for in ``Retry-After``.

        Raises:
            FeedError: names the address and page, when the feed refuses, keeps failing, or
                answers with something that is not JSON.
        """
        try:
            body, kind = self._client.with_retries(lambda: self._page(page), self._deadline)
        except SourceError as error:
            raise FeedError(self.describe(page, self._without_address(error))) from error
        return self._parse(body, kind, page)

    def describe(self, page: int, problem: str) -> str:
        """A message that names feed, page and address."""
        return f"feed {self._feed.name}, page {page} of {self._feed.services_url}: {problem}"

    def _without_address(self, error: SourceError) -> str:
        return str(error).removeprefix(f"{address_of(self._feed.services_url)}: ")

    def _page(self, page: int) -> tuple[bytes, str]:
        query = urlencode({"page": page, "per_page": self._feed.per_page})
        url = f"{self._feed.services_url}?{query}"
        for_page = Deadline(self._feed.timeout_seconds, "timeout_seconds or set a smaller per_page")
        deadline = min(for_page, self._deadline, key=lambda it: it.seconds_left)
        with self._client.get(url, _HEADERS, deadline) as answer:
            if answer.status != 200:
                raise PermanentSourceError(
                    f"{answer.address}: the server answers with status {answer.status}, which was "
                    "not asked for; tell the publisher"
                )
            body = answer.content(_LARGEST_PAGE_BYTES, "set a smaller per_page")
            return body, answer.headers.get("Content-Type", "")

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
