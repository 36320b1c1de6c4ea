"""A deadline that holds whatever a server does: connections still open at its end are shut."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any


class Deadline:
    """A point in time, how many seconds it was away at first, and what would move it."""

    def __init__(self, seconds: float, setting: str = "deadline_seconds") -> None:
        self.seconds = seconds
        self.setting = setting
        self._at = time.monotonic() + seconds

    @property
    def seconds_left(self) -> float:
        """Seconds until the deadline; 0 after it."""
        return max(0.0, self._at - time.monotonic())

    @property
    def is_over(self) -> bool:
        """Whether the deadline has passed."""
        return self.seconds_left == 0


class WatchedConnection:
    """The connection of one request, shut down at a deadline.

    A time-out of the client library counts from byte to byte, so that a server which sends one
    now and then, in its headers too, is never timed out by it. Reading from a socket that was
    shut down ends at once.
    """

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._is_shut = False
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def until(self, deadline: Deadline) -> Iterator[None]:
        """Watch the connection while the block runs."""
        timer = threading.Timer(min(deadline.seconds_left, threading.TIMEOUT_MAX), self._shut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def trace(self, _event: str, info: Mapping[str, Any]) -> None:
        """Take note of each socket that the client library opens or wraps for the request."""
        opened = getattr(info.get("return_value"), "get_extra_info", None)
        if opened is None:
            return
        with self._lock:
            self._socket = opened("socket") or self._socket
            is_late = self._is_shut
        if is_late:
            self._shut()

    def _shut(self) -> None:
        with self._lock:
            self._is_shut = True
            if self._socket is not None:
                # It may have been closed just now.
                with contextlib.suppress(OSError):
                    # Not SSLSocket's own method, which takes its state away from a reading thread.
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
