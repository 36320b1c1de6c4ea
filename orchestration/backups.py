"""Backups of a home: a folder for each moment, with a list of every file and its hash.

A file that did not change since the backup before is a hard link to the copy there, so that a
backup a day costs what a day brings. Whoever has lost this program can still copy the files back.
"""

from __future__ import annotations

import grp
import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from assets.durable_files import hash_of, sync, write_atomically
from assets.release.candidate.writing import remove_tree

LIST_FILE = "backup.json"
FILES_FOLDER = "home"
# Of a home, what is no part of a backup: the lock, what was not scanned for identifiers yet, what
# was moved aside by a restore, and what one that was killed left.
LOCK_FILES = ("run.lock", "run.json")
RESTORING = ".restoring"
BEFORE_RESTORE = ".before-restore-"
_LEFT_OUT = (*LOCK_FILES, RESTORING, "arrival")
_MAKING = ".making-"
# Dagster's records may be written at any moment, also without a run; SQLite copies them as one.
_DATABASE_SUFFIX, _BESIDE_DATABASE = ".db", (".db-wal", ".db-shm", ".db-journal")


NOT_AS_BACKED_UP = "its SHA-256 is not the one it was backed up with"


class BackupError(RuntimeError):
    """A backup that cannot be made, or is damaged; the message names the file and what to do."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BackedUpFile(_Strict):
    """One file; its path is relative to the home, its time is the original's."""

    path: str
    bytes: int
    sha256: str
    mode: int
    modified_ns: int


class BackedUpFolder(_Strict):
    """One folder, with who may enter it; ``group`` is a name, as numbers differ by machine."""

    path: str
    mode: int
    group: str | None


class BackedUpLink(_Strict):
    """One symbolic link and where it leads, as it is written."""

    path: str
    target: str


class BackupList(_Strict):
    """Everything that a backup holds: ``backup.json``."""

    made_at: datetime
    files: tuple[BackedUpFile, ...]
    folders: tuple[BackedUpFolder, ...]
    links: tuple[BackedUpLink, ...]


@dataclass(frozen=True)
class Backup:
    """One complete backup."""

    folder: Path

    @property
    def name(self) -> str:
        """The moment it was made."""
        return self.folder.name

    @property
    def files(self) -> Path:
        """Its copy of the home."""
        return self.folder / FILES_FOLDER

    def listed(self) -> BackupList:
        """What it holds; raises ``BackupError`` when the list is missing or damaged."""
        path = self.folder / LIST_FILE
        try:
            return BackupList.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            raise BackupError(f"{path} is missing; give the folder of one backup") from None
        except ValidationError as error:
            raise BackupError(f"{path} is damaged; take another backup: {error}") from error

    def differences(self) -> list[str]:
        """Every file that is missing or damaged, as sentences; reads every byte."""
        found = []
        for file in self.listed().files:
            path = self.files / file.path
            if not path.is_file():
                found.append(f"{path} is missing")
            elif hash_of(path) != file.sha256:
                found.append(f"{path} is damaged: {NOT_AS_BACKED_UP}")
        return found


def backups_in(folder: Path) -> list[Backup]:
    """Complete backups, oldest first."""
    if not folder.is_dir():
        return []
    return [Backup(path.parent) for path in sorted(folder.glob(f"[0-9]*/{LIST_FILE}"))]


def back_up(home: Path, into: Path, keep: int, now: datetime) -> Backup:
    """Copy a home into a new folder of ``into``; call under the lock of the home.

    Args:
        home: the platform's home.
        into: a folder for backups alone, on another disk; made if missing, private.
        keep: how many backups stay, this one among them.
        now: the moment that gives it its name.

    Raises:
        BackupError: when ``into`` lies in the home, or there is a backup of this moment.
        OSError: when something cannot be read or written; nothing half made stays in sight.
    """
    if into.resolve().is_relative_to(home.resolve()):
        raise BackupError(f"{into} lies in the home {home}; give a folder on another disk")
    into.mkdir(parents=True, exist_ok=True, mode=0o700)
    for left in into.glob(f"{_MAKING}*"):
        remove_tree(left)
    made = Backup(into / f"{now.astimezone(UTC):%Y-%m-%dT%H%M%SZ}")
    if made.folder.exists():
        raise BackupError(f"{made.folder} exists; wait a second")
    earlier = backups_in(into)
    making = into / f"{_MAKING}{made.name}"
    making.mkdir(mode=0o700)
    listed = _copy(home, making / FILES_FOLDER, earlier[-1] if earlier else None, now)
    write_atomically(making / LIST_FILE, listed.model_dump_json(indent=1))
    making.rename(made.folder)
    sync(into)
    for old in [*earlier, made][:-keep]:
        remove_tree(old.folder)
    return made


def _copy(home: Path, target: Path, earlier: Backup | None, now: datetime) -> BackupList:
    known = {file.path: file for file in earlier.listed().files} if earlier else {}
    files: list[BackedUpFile] = []
    folders: list[BackedUpFolder] = []
    links: list[BackedUpLink] = []
    target.mkdir()
    for path in _everything(home):
        name = path.relative_to(home).as_posix()
        at = path.lstat()
        if path.is_symlink():
            links.append(BackedUpLink(path=name, target=str(path.readlink())))
            (target / name).symlink_to(path.readlink())
        elif path.is_dir():
            folders.append(BackedUpFolder(path=name, mode=_mode(at), group=_group(at)))
            (target / name).mkdir()
        else:
            before = known.get(name)
            if earlier and before and _is_unchanged(path, at, before):
                _link(earlier.files / name, target / name)
                files.append(before)
            else:
                files.append(_copied(path, at, name, target / name))
    return BackupList(made_at=now, files=tuple(files), folders=tuple(folders), links=tuple(links))


def _everything(home: Path) -> Iterator[Path]:
    """All that belongs in a backup, a folder before what is in it."""
    for root, folders, files in os.walk(home):
        here = Path(root)
        if here == home:
            folders[:] = [name for name in folders if _belongs(name)]
        folders.sort()
        yield from (here / name for name in folders)
        for name in sorted(files):
            if not name.endswith(_BESIDE_DATABASE) and (here != home or _belongs(name)):
                yield here / name


def _belongs(name: str) -> bool:
    """Whether something that lies in the home itself is backed up."""
    return name not in _LEFT_OUT and not name.startswith(BEFORE_RESTORE)


def _is_unchanged(path: Path, at: os.stat_result, before: BackedUpFile) -> bool:
    """Whether a file is still as it was backed up, by time, size and rights."""
    if path.with_name(f"{path.name}-wal").exists():
        return False
    return (at.st_mtime_ns, at.st_size, _mode(at)) == (
        before.modified_ns,
        before.bytes,
        before.mode,
    )


def _copied(path: Path, at: os.stat_result, name: str, target: Path) -> BackedUpFile:
    if path.suffix == _DATABASE_SUFFIX:
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)
    else:
        shutil.copyfile(path, target)
    os.utime(target, ns=(at.st_atime_ns, at.st_mtime_ns))
    target.chmod(_mode(at))
    sync(target)
    return BackedUpFile(
        path=name,
        bytes=target.stat().st_size,
        sha256=hash_of(target),
        mode=_mode(at),
        modified_ns=at.st_mtime_ns,
    )


def _link(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except OSError:
        # Some file systems have no hard links; a copy is the same, but for the room it takes.
        shutil.copy2(source, target)


def _mode(at: os.stat_result) -> int:
    return stat.S_IMODE(at.st_mode)


def _group(at: os.stat_result) -> str | None:
    try:
        return grp.getgrgid(at.st_gid).gr_name
    except KeyError:
        return None
