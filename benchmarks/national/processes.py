"""What a process and all that came of it use together, as Linux counts it in ``/proc``."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

_PROCESSES = Path("/proc")
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_KILOBYTE = 1024


@dataclass(frozen=True, slots=True)
class Sample:
    """What a process and its descendants use at a moment, and have used until then.

    ``at`` is in seconds since 1970, ``memory_bytes`` what they hold at that moment. CPU seconds and
    bytes count from when the process began, those of descendants that ended included. Bytes are
    what programs asked to read and write: of files, whether on disk or in the system's cache, and
    between each other.
    """

    at: float
    cpu_seconds: float
    memory_bytes: int
    read_bytes: int
    written_bytes: int


@dataclass(frozen=True, slots=True)
class _Process:
    parent: int
    ticks: int


def sample(root: int) -> Sample:
    """Add up a process and its descendants; one that lost its parent is not found."""
    processes = {
        int(folder.name): process
        for folder in _PROCESSES.iterdir()
        if folder.name.isdigit() and (process := _process(folder)) is not None
    }
    family = _family(root, processes)
    counted = [_read_and_written(_PROCESSES / str(number)) for number in family]
    return Sample(
        at=time.time(),
        cpu_seconds=sum(processes[number].ticks for number in family) / _TICKS_PER_SECOND,
        memory_bytes=sum(_memory_bytes(_PROCESSES / str(number)) for number in family),
        read_bytes=sum(read for read, _ in counted),
        written_bytes=sum(written for _, written in counted),
    )


def _process(folder: Path) -> _Process | None:
    """Parent, and ticks of CPU with those of children it has waited for; None if it is gone."""
    try:
        # The name of the program may hold blanks and brackets: fields count from behind it.
        fields = (folder / "stat").read_text().rpartition(") ")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return _Process(parent=int(fields[1]), ticks=sum(int(field) for field in fields[11:15]))


def _family(root: int, processes: dict[int, _Process]) -> list[int]:
    children = defaultdict(list)
    for number, process in processes.items():
        children[process.parent].append(number)
    family = [root]
    for number in family:
        family += children[number]
    return family


def _memory_bytes(folder: Path) -> int:
    """Memory of a process, its part of what it shares; none once it has ended.

    What several processes share, such as the code of a library, is divided among them, so that
    their sum counts it once.
    """
    try:
        lines = (folder / "smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * _KILOBYTE


def _read_and_written(folder: Path) -> tuple[int, int]:
    """Bytes that a process asked for and handed over, with those of children it waited for."""
    try:
        lines = (folder / "io").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0, 0
    counted = dict(line.split(": ") for line in lines)
    return int(counted["rchar"]), int(counted["wchar"])
