"""One GET over HTTPS: redirects to https only, faults told apart, tried again with back-off."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import httpx
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    wait_exponential_jitter,
)

from assets.extracts.arriving.sources.source import (
    PermanentSourceError,
    TransientSourceError,
    address_of,
)

_Result = TypeVar("_Result")

_REDIRECTS_AT_MOST = 10
_REDIRECTS = {301, 302, 303, 307, 308}
# 206, 304 and 416 answer what the caller asked in its headers.
_ANSWERS = {200, 206, 304, 416}
_BUSY = {408, 425, 429}
# A host that cannot be reached should cost a night little, however patient its downloads are.
_CONNECT_SECONDS_AT_MOST = 10.0

_USER_AGENT = "doing-with (open data platform for personalised care)"


@dataclass(frozen=True)
class Retries:
    """How often and how long to try: seconds before the second attempt, doubled each time.

    A server that asks for a longer pause than ``longest_wait_seconds`` is left for the next run.
    """

    attempts: int = 4
    first_wait_seconds: float = 1.0
    longest_wait_seconds: float = 60.0


class HttpsClient:
    """A client for published files: no credentials, certificates always verified.

    A bundle of certificate authorities named by SSL_CERT_FILE in the environment takes the place
    of the built-in one; HTTPS_PROXY names a proxy.
    """

    def __init__(self, timeout_seconds: float, retries: Retries) -> None:
        # The client library logs every address with its query, which may hold a signature.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self._retries = retries
        self._timeout = httpx.Timeout(
            timeout_seconds, connect=min(timeout_seconds, _CONNECT_SECONDS_AT_MOST)
        )

    @contextmanager
    def get(self, url: str, headers: Mapping[str, str]) -> Iterator[httpx.Response]:
        """The answer to one GET, its body not yet read; status 200, 206, 304 or 416.

        Raises:
            TransientSourceError: network fault, time-out, 5xx, 408, 425, 429; also when it
                happens while the body is read inside the ``with`` block.
            PermanentSourceError: any other status, a redirect to anything but https, too many
                redirects, a certificate that cannot be verified.
        """
        try:
            with httpx.Client(timeout=self._timeout, follow_redirects=False) as client:
                response = _follow(client, url, headers)
                try:
                    _require_answer(response)
                    yield response
                finally:
                    response.close()
        except httpx.RequestError as error:
            raise _fault(url, error) from error

    def with_retries(self, action: Callable[[], _Result]) -> _Result:
        """Carry an action out, again after each transient fault that allows it."""
        return Retrying(
            stop=stop_after_attempt(self._retries.attempts),
            wait=self._wait,
            retry=retry_if_exception(self._is_worth_another_try),
            reraise=True,
        )(action)

    def _wait(self, state: RetryCallState) -> float:
        back_off = wait_exponential_jitter(
            initial=self._retries.first_wait_seconds,
            max=self._retries.longest_wait_seconds,
            jitter=self._retries.first_wait_seconds,
        )(state)
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after_seconds if isinstance(error, TransientSourceError) else None
        return max(back_off, asked or 0.0)

    def _is_worth_another_try(self, error: BaseException) -> bool:
        if not isinstance(error, TransientSourceError):
            return False
        return (error.retry_after_seconds or 0.0) <= self._retries.longest_wait_seconds


def require_https(url: str, found_where: str) -> None:
    """Refuse an address that is not plain https.

    Raises:
        PermanentSourceError: http or another scheme, no host, or credentials in the address.
    """
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        raise PermanentSourceError(
            f"{found_where}: the address there cannot be read; correct it"
        ) from None
    if parsed.scheme != "https" or not parsed.host:
        raise PermanentSourceError(
            f"{found_where}: {address_of(url)} is not an https address; only https is fetched, "
            "look for the publisher's https address"
        )
    if parsed.userinfo:
        raise PermanentSourceError(
            f"{found_where}: {address_of(url)} carries credentials; published files need none, "
            "remove them from the address"
        )


def _follow(client: httpx.Client, url: str, headers: Mapping[str, str]) -> httpx.Response:
    """Send a GET and follow its redirects, each of which must lead to https."""
    require_https(url, "the address to fetch")
    started = address_of(url)
    for _ in range(_REDIRECTS_AT_MOST + 1):
        request = client.build_request(
            "GET",
            url,
            # Ranges and lengths count bytes of the file, so it must not be packed on the way.
            headers={"User-Agent": _USER_AGENT, "Accept-Encoding": "identity", **headers},
        )
        response = client.send(request, stream=True)
        if response.status_code not in _REDIRECTS:
            return response
        target = response.headers.get("Location")
        response.close()
        if target is None:
            raise PermanentSourceError(
                f"{started}: status {response.status_code} redirects to nowhere; look for the "
                "file's new address"
            )
        url = _joined(response.url, target, started)
        require_https(url, f"redirect from {started}")
    raise PermanentSourceError(
        f"{started}: redirected more than {_REDIRECTS_AT_MOST} times; look for the file's new "
        "address"
    )


def _joined(base: httpx.URL, target: str, started: str) -> str:
    try:
        return str(base.join(target))
    except httpx.InvalidURL:
        raise PermanentSourceError(
            f"{started}: redirects to an address that cannot be read; look for the file's new "
            "address"
        ) from None


def _require_answer(response: httpx.Response) -> None:
    status, address = response.status_code, address_of(str(response.url))
    if status in _ANSWERS:
        return
    if status >= 500 or status in _BUSY:
        wait = _retry_after_seconds(response.headers.get("Retry-After"))
        asked = f" and asks to wait {wait:.0f} seconds" if wait is not None else ""
        raise TransientSourceError(
            f"{address}: the server answers with status {status}{asked}; it is tried again by the "
            "next run",
            wait,
        )
    if status in {404, 410}:
        remedy = "the file was moved or withdrawn: put its new address into the contract"
    elif status in {401, 403, 407}:
        remedy = "access is refused: check that the file is public, and the proxy on the way"
    else:
        remedy = "check the address in the contract"
    raise PermanentSourceError(f"{address}: the server answers with status {status}; {remedy}")


def _retry_after_seconds(text: str | None) -> float | None:
    """Retry-After as seconds or as a date (RFC 9110, 10.2.3); None if it says neither."""
    if text is None:
        return None
    if text.strip().isdecimal():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _fault(url: str, error: httpx.RequestError) -> PermanentSourceError | TransientSourceError:
    address = address_of(url)
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return PermanentSourceError(
                f"{address}: the server's certificate cannot be verified "
                f"({cause.verify_message}); if your organisation inspects traffic, name a "
                "bundle with its certificate authority in SSL_CERT_FILE, otherwise tell the "
                "publisher"
            )
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.TimeoutException):
        return TransientSourceError(
            f"{address}: no answer in time; it is tried again by the next run, or raise "
            "timeout_seconds"
        )
    return TransientSourceError(
        f"{address}: the connection failed ({error or type(error).__name__}); it is tried again "
        "by the next run, check the network if it lasts"
    )
