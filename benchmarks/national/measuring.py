"""One command as a process of its own: wall time, CPU time, memory, bytes read and written."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.national.processes import Sample, sample

# Often enough for steps of a second; each look takes some milliseconds of a core.
_SECONDS_BETWEEN_SAMPLES = 0.25


class StepFailedError(RuntimeError):
    """A measured command that did not end well; the message has the end of what it said."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a process took, its children included.

    ``samples`` are in order of time, the last one of when it had ended. Megabytes are of a million
    bytes.
    """

    seconds: float
    cpu_seconds: float
    samples: tuple[Sample, ...]

    @property
    def peak_mb(self) -> float:
        """Most memory that one process held at once.

        What ``wait4`` has of it is at least the memory of whoever started the process.
        """
        return max(each.largest_bytes for each in self.samples) / 1e6

    @property
    def peak_together_mb(self) -> float:
        """Most memory that all processes together held in a sample."""
        return max(each.memory_bytes for each in self.samples) / 1e6

    @property
    def read_mb(self) -> float:
        """What all processes asked to read."""
        return self.samples[-1].read_bytes / 1e6

    @property
    def written_mb(self) -> float:
        """What all processes asked to write."""
        return self.samples[-1].written_bytes / 1e6


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
        samples = _sampled_until_it_ends(process.pid)
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        said = log.read_text(encoding="utf-8", errors="replace")[-3000:]
        raise StepFailedError(f"{' '.join(arguments)} ended with {process.returncode}:\n{said}")
    return Measured(
        seconds=time.perf_counter() - began,
        cpu_seconds=used.ru_utime + used.ru_stime,
        samples=samples,
    )


def _sampled_until_it_ends(number: int) -> tuple[Sample, ...]:
    handle = os.pidfd_open(number)
    try:
        samples = [sample(number)]
        while not select.select([handle], [], [], _SECONDS_BETWEEN_SAMPLES)[0]:
            samples.append(sample(number))
        # What a process has used can be read until somebody waits for it.
        return (*samples, sample(number))
    finally:
        os.close(handle)
