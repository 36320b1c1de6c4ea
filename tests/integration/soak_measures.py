"""What a platform that runs for weeks uses: memory, handles and processes of services, and disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Use:
    """What the processes of one service use together; memory is resident, in megabytes."""

    processes: int
    memory_mb: float
    handles: int
    threads: int


def use_of_session(leader: int) -> Use:
    """What the processes of a session use; services are started as leaders of one."""
    processes = handles = threads = pages = 0
    for process in _processes():
        try:
            # The name of the program may hold blanks and brackets: fields count from behind it.
            fields = (process / "stat").read_text().rpartition(") ")[2].split()
            if int(fields[3]) != leader or fields[0] == "Z":
                continue
            pages += int((process / "statm").read_text().split()[1])
            handles += len(os.listdir(process / "fd"))
        except (FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            continue
        processes += 1
        threads += int(fields[17])
    return Use(processes, round(pages * _PAGE_BYTES / 1e6, 1), handles, threads)


def _processes() -> Iterator[Path]:
    return (path for path in Path("/proc").iterdir() if path.name.isdigit())


def megabytes_by_folder(home: Path) -> dict[str, float]:
    """What each folder of a home takes on the disk; links count for what they are."""
    return {
        folder.name: round(
            sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir()) / 1e6, 2
        )
        for folder in sorted(home.iterdir())
        if folder.is_dir() and not folder.is_symlink()
    }
