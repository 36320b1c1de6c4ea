"""One command as a process of its own: wall time, CPU time, peak memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_KILOBYTE = 1024


class StepFailedError(RuntimeError):
    """A measured command that did not end well; the message has the end of what it said."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a process took, its children included.

    ``peak_mb`` is the most memory that one process held at once, in megabytes of a million bytes.
    """

    seconds: float
    cpu_seconds: float
    peak_mb: float


def measured(
    arguments: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
) -> Measured:
    """Run Python with arguments, its output into a log.

    Raises:
        StepFailedError: when it ends with another code than 0.
    """
    began = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  (our own arguments)
            [sys.executable, *arguments],
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
        )
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        said = log.read_text(encoding="utf-8", errors="replace")[-3000:]
        raise StepFailedError(f"{' '.join(arguments)} ended with {process.returncode}:\n{said}")
    return Measured(
        seconds=time.perf_counter() - began,
        cpu_seconds=used.ru_utime + used.ru_stime,
        peak_mb=used.ru_maxrss * _KILOBYTE / 1e6,
    )
