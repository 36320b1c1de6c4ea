"""One run at a time: the lock of a home, held by a process for as long as its run lasts.

The operating system frees it when the process dies, however it dies.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from assets.transient_faults import TransientFaultError

_HOLDER = "run.json"
_ASK_AGAIN_SECONDS = 1.0
_SAY_AGAIN_SECONDS = 60.0


class HomeIsBusyError(TransientFaultError):
    """Another run holds the home for longer than this one may wait."""


@contextmanager
def hold(
    home: Path, run_id: str, wait_seconds: float, say: Callable[[str], None]
) -> Iterator[str | None]:
    """Hold the lock of a home; a second run waits its turn and says for whom.

    Yields:
        The run that held the lock before, if it did not finish: it was killed.

    Raises:
        HomeIsBusyError: after ``wait_seconds``.
    """
    home.mkdir(parents=True, exist_ok=True)
    holder = home / _HOLDER
    lock = FileLock(home / "run.lock")
    _acquire(lock, holder, wait_seconds, say)
    try:
        killed = _holder(holder).get("run_id")
        note = {
            "run_id": run_id,
            "process": os.getpid(),
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        holder.write_text(json.dumps(note), encoding="utf-8")
        yield killed
    finally:
        # Whoever fails gives it back; only a process that is gone does not.
        holder.unlink(missing_ok=True)
        lock.release()


@dataclass(frozen=True)
class Holder:
    """Who holds the lock of a home, or held it when it was killed."""

    run_id: str
    process: int
    since: datetime
    is_alive: bool


def holder_of(home: Path) -> Holder | None:
    """The run that holds a home now, or that was killed and never gave it back; None if none."""
    found = _holder(home / _HOLDER)
    if not found:
        return None
    process = int(found["process"])
    since = datetime.fromisoformat(found["since"])
    return Holder(found["run_id"], process, since, _is_alive(process))


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's, and there
        return True
    return True


def _acquire(lock: FileLock, holder: Path, wait_seconds: float, say: Callable[[str], None]) -> None:
    started = time.monotonic()
    said = -_SAY_AGAIN_SECONDS
    while True:
        try:
            lock.acquire(timeout=_ASK_AGAIN_SECONDS)
        except Timeout:
            waited = time.monotonic() - started
            whom = _holder(holder)
            run = f"run {whom.get('run_id', 'unknown')} since {whom.get('since', 'unknown')}"
            if waited > wait_seconds:
                raise HomeIsBusyError(
                    f"waited {waited:.0f} s for {run}; it still holds the home"
                ) from None
            if waited - said >= _SAY_AGAIN_SECONDS:
                say(f"waiting for {run} to finish")
                said = waited
        else:
            return


def _holder(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return found if isinstance(found, dict) else {}
