"""What a process and all that came of it use together, as Linux counts it in ``/proc``."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_KILOBYTE = 1024


@dataclass(frozen=True, slots=True)
class Sample:
    """What a process and its descendants use at a moment, and have used until then.

    ``at`` is in seconds since 1970, ``memory_bytes`` what they hold together at that moment,
    ``largest_bytes`` the most that one of those still running has held at any time. CPU seconds and
    bytes read and written count from when the process began, those of descendants that ended
    included. These are bytes that programs asked for: of files, whether on disk or in the system's
    cache, and between each other.
    """

    at: float
    cpu_seconds: float
    memory_bytes: int
    largest_bytes: int
    read_bytes: int
    written_bytes: int


@dataclass(frozen=True, slots=True)
class _Process:
    parent: int
    ticks: int


@dataclass(frozen=True, slots=True)
class _Memory:
    """Bytes of a process: its own, of files mapped into it, and the most of both it ever held."""

    own: int
    mapped: int
    peak: int


def sample(root: int, of_all: Path = Path("/proc")) -> Sample:
    """Add up a process and its descendants; one that lost its parent is not found.

    ``of_all`` has a folder for each process that runs, as Linux fills it.
    """
    processes = {
        int(folder.name): process
        for folder in of_all.iterdir()
        if folder.name.isdigit() and (process := _process(folder)) is not None
    }
    family = _family(root, processes)
    memories = [_memory(of_all / str(number)) for number in family]
    counted = [_read_and_written(of_all / str(number)) for number in family]
    return Sample(
        at=time.time(),
        cpu_seconds=sum(processes[number].ticks for number in family) / _TICKS_PER_SECOND,
        # Files that are mapped are libraries above all, the same ones in every process.
        memory_bytes=sum(each.own for each in memories) + max(each.mapped for each in memories),
        largest_bytes=max(each.peak for each in memories),
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


def _memory(folder: Path) -> _Memory:
    """Memory of a process; none once it has ended.

    Processes of a night are started anew, not forked, so that what is a process's own is shared
    with none.
    """
    try:
        lines = (folder / "status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        lines = []
    said = dict(line.split(":", 1) for line in lines)
    anonymous, shared, mapped, peak = (
        int(said[name].split()[0]) * _KILOBYTE if name in said else 0
        for name in ("RssAnon", "RssShmem", "RssFile", "VmHWM")
    )
    return _Memory(own=anonymous + shared, mapped=mapped, peak=peak)


def _read_and_written(folder: Path) -> tuple[int, int]:
    """Bytes that a process asked for and handed over, with those of children it waited for."""
    try:
        lines = (folder / "io").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0, 0
    counted = dict(line.split(": ") for line in lines)
    return int(counted["rchar"]), int(counted["wchar"])
