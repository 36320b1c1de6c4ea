"""One GET over HTTPS: redirects to https only, faults told apart, tried again with back-off."""

from __future__ import annotations

import ipaddress
import math
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

from assets.extracts.arriving.sources.content_coding import decoded
from assets.extracts.arriving.sources.deadline import Deadline, WatchedConnection
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

    A server that asks for a longer pause than ``longest_wait_seconds``, or than the deadline
    leaves, is left for the next run.
    """

    attempts: int = 4
    first_wait_seconds: float = 1.0
    longest_wait_seconds: float = 60.0


@dataclass(frozen=True)
class Answer:
    """A server's answer, its body not yet read."""

    response: httpx.Response
    deadline: Deadline

    @property
    def status(self) -> int:
        """200, 206, 304 or 416."""
        return self.response.status_code

    @property
    def headers(self) -> Mapping[str, str]:
        """By name, whatever its case."""
        return self.response.headers

    @property
    def url(self) -> str:
        """The address after redirects, with its query."""
        return str(self.response.url)

    @property
    def address(self) -> str:
        """The address as messages may show it."""
        return address_of(self.url)

    @property
    def is_packed(self) -> bool:
        """Whether the body is packed for the way, so that ranges would count packed bytes."""
        return self.headers.get("Content-Encoding", "identity").strip().lower() != "identity"

    def body(self) -> Iterator[bytes]:
        """The body as it comes in, unpacked.

        Raises:
            SourceError: see ``decoded``; also when the deadline passes.
        """
        coding = self.headers.get("Content-Encoding", "")
        for chunk in decoded(self.response.iter_raw(), coding, self.address):
            yield chunk
            self.require_time()
        # A connection that was shut at the deadline can look like the end of the body.
        self.require_time()

    def content(self, bytes_at_most: int, advice: str) -> bytes:
        """The whole body of a page.

        Args:
            bytes_at_most: more than that is no page.
            advice: what to do about a larger one.

        Raises:
            SourceError: see ``body``; also when it is larger.
        """
        content = bytearray()
        for chunk in self.body():
            content += chunk
            if len(content) > bytes_at_most:
                raise PermanentSourceError(
                    f"{self.address}: the page is over {bytes_at_most >> 20} MB; {advice}"
                )
        return bytes(content)

    def require_time(self) -> None:
        """Raise a TransientSourceError after the deadline."""
        if self.deadline.is_over:
            raise _out_of_time(self.address, self.deadline)


class HttpsClient:
    """A client for published files: no credentials, certificates always verified.

    A bundle of certificate authorities named by SSL_CERT_FILE in the environment takes the place
    of the built-in one; HTTPS_PROXY names a proxy. ``declared_in`` is what messages call the place
    where an address can be corrected. With ``allows_loopback`` plain http on this machine is
    fetched too, and never through a proxy.
    """

    def __init__(
        self,
        timeout_seconds: float,
        retries: Retries,
        declared_in: str = "the contract",
        allows_loopback: bool = False,
    ) -> None:
        self._retries = retries
        self._declared_in = declared_in
        self._allows_loopback = allows_loopback
        self._authorities: ssl.SSLContext | None = None
        self._timeout = httpx.Timeout(
            timeout_seconds, connect=min(timeout_seconds, _CONNECT_SECONDS_AT_MOST)
        )

    @contextmanager
    def get(self, url: str, headers: Mapping[str, str], deadline: Deadline) -> Iterator[Answer]:
        """The answer to one GET, its body not yet read; status 200, 206, 304 or 416.

        Connecting, headers, redirects and body have to be through by the deadline.

        Raises:
            TransientSourceError: network fault, time-out, 5xx, 408, 425, 429; also when it
                happens while the body is read inside the ``with`` block.
            PermanentSourceError: any other status, a redirect to anything but https, too many
                redirects, a certificate that cannot be verified, a proxy that cannot be used.
        """
        connection = WatchedConnection()
        try:
            with connection.until(deadline), self._opened(url) as client:
                response = self._follow(client, url, headers, connection)
                try:
                    answer = Answer(response, deadline)
                    self._require_answer(answer)
                    yield answer
                finally:
                    response.close()
        except httpx.InvalidURL as error:
            raise PermanentSourceError(
                f"{address_of(url)}: leads to an address that cannot be read; correct it in "
                f"{self._declared_in}, or tell the publisher"
            ) from error
        except httpx.RequestError as error:
            if deadline.is_over:
                raise _out_of_time(address_of(url), deadline) from error
            raise _fault(url, error) from error

    def with_retries(self, action: Callable[[], _Result], deadline: Deadline) -> _Result:
        """Carry an action out, again after each transient fault that allows it, in time."""

        def is_worth_another_try(error: BaseException) -> bool:
            if not isinstance(error, TransientSourceError):
                return False
            pause = error.retry_after_seconds or 0.0
            return pause <= self._retries.longest_wait_seconds and pause < deadline.seconds_left

        return Retrying(
            stop=stop_after_attempt(self._retries.attempts),
            wait=lambda state: min(self._wait(state), deadline.seconds_left),
            retry=retry_if_exception(is_worth_another_try),
            reraise=True,
        )(action)

    def _wait(self, state: RetryCallState) -> float:
        """The back-off, or what the server asks for if that is longer."""
        back_off = wait_exponential_jitter(
            initial=self._retries.first_wait_seconds,
            max=self._retries.longest_wait_seconds,
            jitter=self._retries.first_wait_seconds,
        )(state)
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after_seconds if isinstance(error, TransientSourceError) else None
        return max(back_off, asked or 0.0)

    @contextmanager
    def _opened(self, url: str) -> Iterator[httpx.Client]:
        try:
            if self._authorities is None:
                # Reading them takes longer than many a request.
                self._authorities = httpx.create_ssl_context(trust_env=not self._allows_loopback)
            client = httpx.Client(
                verify=self._authorities,
                timeout=self._timeout,
                follow_redirects=False,
                trust_env=not self._allows_loopback,
            )
        except (ImportError, ValueError, OSError, httpx.InvalidURL) as error:
            # Not chained and not quoted: the address of a proxy may hold a password.
            raise PermanentSourceError(
                f"{address_of(url)}: the connection cannot be set up ({type(error).__name__}); "
                "check HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, which may name an http or "
                "https proxy, and that SSL_CERT_FILE or SSL_CERT_DIR names what is there"
            ) from None
        with client:
            yield client

    def _follow(
        self,
        client: httpx.Client,
        url: str,
        headers: Mapping[str, str],
        connection: WatchedConnection,
    ) -> httpx.Response:
        """Send a GET and follow its redirects, each of which must lead to https."""
        self._require_allowed(url, "the address to fetch")
        started = address_of(url)
        for _ in range(_REDIRECTS_AT_MOST + 1):
            request = client.build_request(
                "GET",
                url,
                # Ranges and lengths count bytes of the file, so it must not be packed on the way.
                headers={"User-Agent": _USER_AGENT, "Accept-Encoding": "identity", **headers},
                extensions={"trace": connection.trace},
            )
            response = client.send(request, stream=True)
            if response.status_code not in _REDIRECTS:
                return response
            target = response.headers.get("Location")
            response.close()
            if target is None:
                raise PermanentSourceError(
                    f"{started}: status {response.status_code} redirects to nowhere; look for its "
                    "new address"
                )
            url = str(response.url.join(target))
            self._require_allowed(url, f"redirect from {started}")
        raise PermanentSourceError(
            f"{started}: redirected more than {_REDIRECTS_AT_MOST} times; look for its new address"
        )

    def _require_allowed(self, url: str, found_where: str) -> None:
        if not (self._allows_loopback and is_on_loopback(url)):
            require_https(url, found_where)

    def _require_answer(self, answer: Answer) -> None:
        status, address = answer.status, answer.address
        if status in _ANSWERS:
            return
        if status >= 500 or status in _BUSY:
            wait = _retry_after_seconds(answer.headers.get("Retry-After"))
            asked = f" and asks to wait {wait:.0f} seconds" if wait is not None else ""
            raise TransientSourceError(
                f"{address}: the server answers with status {status}{asked}; it is tried again by "
                "the next run",
                wait,
            )
        if status in {404, 410}:
            remedy = f"it was moved or withdrawn: put its new address into {self._declared_in}"
        elif status in {401, 403, 407}:
            remedy = "access is refused: check that it is public, and the proxy on the way"
        else:
            remedy = f"check the address in {self._declared_in}"
        raise PermanentSourceError(f"{address}: the server answers with status {status}; {remedy}")


def is_on_loopback(url: str) -> bool:
    """Whether an address is plain http or https on this machine, without credentials."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return False
    if parsed.scheme not in {"http", "https"} or parsed.userinfo:
        return False
    try:
        return parsed.host == "localhost" or ipaddress.ip_address(parsed.host).is_loopback
    except ValueError:
        return False


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


def _retry_after_seconds(text: str | None) -> float | None:
    """Retry-After as seconds or as a date (RFC 9110, 10.2.3); None if it says neither."""
    if text is None:
        return None
    if text.strip().isdecimal():
        seconds = float(text)
        return seconds if math.isfinite(seconds) else None
    try:
        until = parsedate_to_datetime(text)
        moment = until if until.tzinfo else until.replace(tzinfo=UTC)
        return max(0.0, moment.timestamp() - datetime.now(UTC).timestamp())
    except (ValueError, OverflowError):
        return None


def _out_of_time(address: str, deadline: Deadline) -> TransientSourceError:
    return TransientSourceError(
        f"{address}: it did not arrive within {deadline.seconds:g} seconds; it is tried again by "
        f"the next run, or raise {deadline.setting}"
    )


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
    if isinstance(error, httpx.UnsupportedProtocol):
        return PermanentSourceError(f"{address}: not an address that can be fetched; correct it")
    return TransientSourceError(
        f"{address}: the connection failed ({error or type(error).__name__}); it is tried again "
        "by the next run, check the network if it lasts"
    )
