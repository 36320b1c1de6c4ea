"""Files that survive a kill: hashed, and written so that a reader sees the old or the new."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path


def hash_of(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Have the disk hold what was written to a file, or the names that a folder has now.

    A file that was renamed into its place can be empty after a power cut if only the names
    reached the disk.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def copy_durably(source: Path, target: Path) -> None:
    """Copy a file with its mode, so that a reader, or a kill, sees the whole copy or none."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    shutil.copy(source, temporary)
    sync(temporary)
    temporary.replace(target)
    sync(target.parent)


def write_atomically(path: Path, text: str, *, is_private: bool = False) -> None:
    """Write a small file so that a reader, or a kill, sees the old content or the new.

    A private file has mode 0600, whatever the user's mask.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with temporary.open("w", encoding="utf-8") as file:
        if is_private:
            os.fchmod(file.fileno(), 0o600)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync(path.parent)
