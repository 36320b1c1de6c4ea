"""Putting a home back as a backup has it; what was there is moved aside, never deleted.

Everything is copied and verified beside the home's folders first; only then do they change places.
A restore that was killed is done by restoring again.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from assets.durable_files import hash_of, sync
from assets.extracts.holding.archive import Archive
from assets.extracts.holding.forgetting import forgotten_hashes
from assets.folders import Home
from assets.release.candidate.writing import remove_tree
from assets.release.shelf.publication import ReleaseError, Releases
from orchestration.backups import (
    BEFORE_RESTORE,
    LOCK_FILES,
    NOT_AS_BACKED_UP,
    RESTORING,
    Backup,
    BackupError,
    BackupList,
    backups_in,
)
from orchestration.forgetting import forget_everywhere
from orchestration.instance import close_killed_run, open_instance
from orchestration.lock import hold
from orchestration.settings import Settings


@dataclass(frozen=True)
class Restored:
    """What was put back, where the home's content of before is, and what was forgotten again."""

    backup: str
    in_force: str | None
    moved_aside: Path | None
    forgotten_again: tuple[str, ...]


def restore(
    settings: Settings, backup: Backup, now: datetime, say: Callable[[str], None]
) -> Restored:
    """Put a home back as a backup has it, under the lock of the home.

    Releases are held against their manifests before anything moves. What was forgotten since the
    backup was made, by the records of the home or of a later backup, is forgotten again.

    Raises:
        BackupError: when the backup is damaged; the home is as it was.
        HomeIsBusyError: when a run holds the home for too long.
        OSError: when something cannot be written; what was there is in the home or moved aside.
    """
    home = settings.place
    listed = backup.listed()
    with hold(home.folder, "restore", settings.lock_wait_seconds, say) as killed:
        forgotten = _forgotten_since(home, backup)
        staged = home.folder / RESTORING
        if staged.exists():
            remove_tree(staged)
        say(f"copying and verifying {len(listed.files):,} files")
        try:
            _stage(backup, listed, staged)
            _verify_releases(Home(staged))
        except (BackupError, OSError):
            # A disk that is full stays so as long as this lies about.
            remove_tree(staged)
            raise
        aside = home.folder / f"{BEFORE_RESTORE}{now.astimezone(UTC):%Y-%m-%dT%H%M%SZ}"
        has_moved = _change_places(home.folder, staged, aside)
        if killed:
            with open_instance(home) as instance:
                close_killed_run(instance, killed)
    archive = Archive(home.archive)
    again = tuple(sha256 for sha256 in forgotten if archive.holds(sha256))
    for sha256 in again:
        if archive.holds(sha256):
            forget_everywhere(settings, sha256, None)
    return Restored(
        backup=backup.name,
        in_force=Releases(home.releases).current_version(),
        moved_aside=aside if has_moved else None,
        forgotten_again=again,
    )


def _forgotten_since(home: Home, backup: Backup) -> list[str]:
    """Hashes that the home or any backup beside this one knows to be forgotten."""
    found: set[str] = set()
    for one in [home, *(Home(one.files) for one in backups_in(backup.folder.parent))]:
        try:
            found |= forgotten_hashes(Archive(one.archive)).keys()
        except ValueError as error:
            raise BackupError(
                f"in {one.archive}, the record of what was forgotten cannot be read ({error}); "
                "move it away, and forget again by hand what was in it"
            ) from error
    return sorted(found)


def _stage(backup: Backup, listed: BackupList, staged: Path) -> None:
    staged.mkdir(mode=0o700)
    for folder in listed.folders:
        (staged / folder.path).mkdir()
    for file in listed.files:
        source, target = backup.files / file.path, staged / file.path
        try:
            shutil.copyfile(source, target)
        except FileNotFoundError:
            raise BackupError(f"{source} is missing; take another backup") from None
        if hash_of(target) != file.sha256:
            raise BackupError(f"{source} is damaged: {NOT_AS_BACKED_UP}; take another backup")
        os.utime(target, ns=(file.modified_ns, file.modified_ns))
        target.chmod(file.mode)
        sync(target)
    for link in listed.links:
        (staged / link.path).symlink_to(link.target)
    # From the leaves up: nothing more can be put into a folder that is read-only.
    for folder in reversed(listed.folders):
        path = staged / folder.path
        if folder.group is not None and folder.group != path.group():
            shutil.chown(path, group=folder.group)
        path.chmod(folder.mode)
        sync(path)


def _verify_releases(home: Home) -> None:
    for shelf in (Releases(home.releases), Releases(home.for_analysts.releases)):
        for version in shelf.list():
            try:
                shelf.verify(version)
            except ReleaseError as error:
                raise BackupError(f"a release of the backup is damaged: {error}") from error


def _change_places(home: Path, staged: Path, aside: Path) -> bool:
    """Move everything of the home aside and what was staged into its place."""
    stays = {*LOCK_FILES, RESTORING}
    there = [p for p in sorted(home.iterdir()) if p.name not in stays]
    there = [path for path in there if not path.name.startswith(BEFORE_RESTORE)]
    if there:
        aside.mkdir(mode=0o700)
    for path in there:
        path.rename(aside / path.name)
    for path in sorted(staged.iterdir()):
        path.rename(home / path.name)
    staged.rmdir()
    sync(home)
    return bool(there)
