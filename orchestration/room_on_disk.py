"""How much room is left on the disk of a home, and how much a night needs."""

from __future__ import annotations

import shutil
from pathlib import Path

# A release of the sample has 60 MB and a national one 2 GB; a night needs it three times.
LITTLE_BYTES = 20_000_000_000
TOO_LITTLE_BYTES = 2_000_000_000


def free_bytes(folder: Path) -> int:
    """Bytes left on the disk of a folder, or of the closest folder above it that is there."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def too_little_room(folder: Path) -> tuple[str, ...]:
    """What to say of a disk with so little room that it may be why a run failed; else nothing.

    Asked when a run has ended, and what it wrote for the time being is gone.
    """
    try:
        free = free_bytes(folder)
    except OSError as error:
        return (f"the disk of {folder} cannot be looked at ({error.strerror})",)
    if free >= TOO_LITTLE_BYTES:
        return ()
    return (f"the disk of {folder} has only {free // 1_000_000:,} MB free",)
