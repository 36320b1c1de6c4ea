"""The shelf of releases: staging, the one act of publishing, the pointer and the way back.

Only the holder of the run's lock writes here; readers need no lock and may come at any moment.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from assets.durable_files import sync, write_atomically
from assets.release.candidate.writing import STAGING_PREFIX, remove_tree
from assets.release.shelf.history import HISTORY_FILE, History
from assets.release.shelf.manifest import Manifest, ManifestError, read_manifest, write_manifest
from assets.release.shelf.retention import Retention, to_remove
from assets.release.shelf.verification import differences, files_of, first_difference

CURRENT_LINK = "current"
LATEST_FILE = "latest.json"

_REMOVING_PREFIX = ".removing-"
_TEMPORARY = tuple(f".{name}." for name in (CURRENT_LINK, LATEST_FILE, HISTORY_FILE))
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}T\d{6}Z-[0-9a-f]{8}")


class ReleaseError(RuntimeError):
    """A release that is missing, damaged or in the way; the message names the file."""


class PublicationRefusedError(RuntimeError):
    """A release that must not be published; the message names every rule in the way."""

    def __init__(self, version: str, missing: Sequence[str], failed: Sequence[str]) -> None:
        reasons = [f"did not run: {rule}" for rule in missing]
        reasons += [f"failed: {rule}" for rule in failed]
        super().__init__(f"release {version} is not published; " + "; ".join(reasons))
        self.missing = tuple(missing)
        self.failed = tuple(failed)


class VerdictReader(Protocol):
    """Reads the stored verdicts of a run again, at the last moment."""

    def missing(self) -> list[str]:
        """Rules that did not run."""

    def failed(self) -> list[str]:
        """Critical rules that failed."""


@dataclass(frozen=True)
class Releases:
    """A folder with one immutable folder per release and a link to the one in force."""

    folder: Path

    def current(self) -> Manifest | None:
        """Manifest of the release in force, or None when nothing was ever published.

        Raises ``ReleaseError`` when the link leads nowhere or the release is damaged.
        """
        link = self.folder / CURRENT_LINK
        if not os.path.lexists(link):
            return None
        if not link.is_symlink():
            raise ReleaseError(f"{link} is not a symbolic link to a release")
        version = str(link.readlink())
        if not _VERSION.fullmatch(version):
            raise ReleaseError(f"{link} leads to {version}, which is not a release")
        return self.manifest(version)

    def manifest(self, version: str) -> Manifest:
        """Manifest of a complete release; raises ``ReleaseError`` for a missing or damaged one."""
        if not _VERSION.fullmatch(version):
            raise ReleaseError(f"{version!r} is not the version of a release")
        folder = self.folder / version
        if not folder.is_dir():
            raise ReleaseError(f"{folder} is missing")
        try:
            manifest = read_manifest(folder)
        except ManifestError as error:
            raise ReleaseError(str(error)) from error
        _require_complete(folder, version, manifest)
        return manifest

    @property
    def history(self) -> History:
        """What happened to the releases."""
        return History(self.folder / HISTORY_FILE)

    def current_version(self) -> str | None:
        """Where the link leads, whatever is there; None when nothing was ever published."""
        link = self.folder / CURRENT_LINK
        return str(link.readlink()) if link.is_symlink() else None

    def verify(self, version: str) -> Manifest:
        """Read every byte of a release and give its manifest.

        Raises ``ReleaseError`` that names each file that is missing, damaged or not of it.
        """
        manifest = self.manifest(version)
        if found := differences(self.folder / version, version, manifest):
            raise ReleaseError("; ".join(found))
        return manifest

    def list(self) -> tuple[str, ...]:
        """Versions of all releases, oldest first, in force or not."""
        if not self.folder.is_dir():
            return ()
        return tuple(sorted(p.name for p in self.folder.iterdir() if _VERSION.fullmatch(p.name)))

    def new_version(self, now: datetime, identity: str) -> str:
        """Name of a release made now: the moment in UTC and the start of its identity.

        Raises ``ReleaseError`` for a moment without time zone or an identity that is no hash.
        """
        if now.tzinfo is None:
            raise ReleaseError(f"{now.isoformat()} has no time zone")
        version = f"{now.astimezone(UTC):%Y-%m-%dT%H%M%SZ}-{identity[:8]}"
        if not _VERSION.fullmatch(version):
            raise ReleaseError(f"identity {identity!r} is not a hash in lower-case hexadecimal")
        return version

    def staging(self, version: str) -> Path:
        """Where the candidate of a version is written, on one file system with the releases."""
        if not _VERSION.fullmatch(version):
            raise ReleaseError(f"{version!r} is not the version of a release")
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder / f"{STAGING_PREFIX}{version}"

    def sweep(self) -> tuple[str, ...]:
        """Remove what killed runs left and give the names; call under the run's lock alone.

        ``latest.json`` and ``history.jsonl`` are brought in line when a run was killed between
        them and the link.
        """
        if not self.folder.is_dir():
            return ()
        removed = []
        for path in sorted(self.folder.iterdir()):
            is_folder = path.is_dir() and not path.is_symlink()
            if path.name.startswith(STAGING_PREFIX) and is_folder:
                remove_tree(path)
            elif path.name.startswith(_REMOVING_PREFIX) and is_folder:
                self._finish_removal(path, by=None)
            elif path.name.startswith(_TEMPORARY) and path.name.endswith(".tmp"):
                path.unlink()
            else:
                continue
            removed.append(path.name)
        self._record_what_is_in_force()
        manifest = self.current()
        if manifest is not None and self._latest_version() != manifest.version:
            self._write_latest(manifest)
        return tuple(removed)

    def publish(
        self, version: str, verdicts: VerdictReader, manifest: Manifest, by: str | None = None
    ) -> Path:
        """Make a staged candidate the release in force and give its folder.

        The verdicts are read again here. The candidate's files are listed in its manifest; it is
        made read-only and durable where nobody looks, then appears whole under its version; last
        of all the link moves. A kill at any point leaves the link on the previous release or on
        this one, complete. ``by`` is the run, for the history.

        Raises ``PublicationRefusedError`` when a rule failed or did not run, and
        ``ReleaseError`` when the candidate is not what the manifest says or the version exists;
        the release in force stays.
        """
        missing, failed = verdicts.missing(), verdicts.failed()
        if missing or failed:
            raise PublicationRefusedError(version, missing, failed)
        staging, target = self.staging(version), self.folder / version
        if os.path.lexists(target):
            raise ReleaseError(f"{target} exists; a release is never written again")
        _require_complete(staging, version, manifest.model_copy(update={"files": ()}))
        manifest = manifest.model_copy(update={"files": files_of(staging)})
        write_manifest(staging, manifest)
        _seal(staging)
        staging.rename(target)
        sync(self.folder)
        before = self.current_version()
        self._point_to(manifest)
        self.history.record("published", from_version=before, to_version=version, by=by)
        return target

    def roll_back(self, version: str, by: str | None = None) -> Manifest:
        """Put another release in force, older or newer, and give its manifest.

        Call under the run's lock alone. ``by`` is the person, for the history. Raises
        ``ReleaseError`` when that release is missing or damaged; nothing has moved then.
        """
        manifest = self.verify(version)
        before = self.current_version()
        if before == version:
            return manifest
        self._point_to(manifest)
        self.history.record("rolled_back", from_version=before, to_version=version, by=by)
        return manifest

    def retire(self, retention: Retention, now: datetime, by: str | None = None) -> tuple[str, ...]:
        """Remove the releases that are kept no longer and give their versions.

        Call under the run's lock alone. Each disappears at once, under a hidden name, before its
        files go; a reader that has one of them open reads on.
        """
        self._record_what_is_in_force()
        gone = to_remove(self.list(), self.history.in_force(), retention, now)
        for version in gone:
            hidden = self.folder / f"{_REMOVING_PREFIX}{version}"
            (self.folder / version).rename(hidden)
            sync(self.folder)
            self._finish_removal(hidden, by)
        return gone

    def _finish_removal(self, hidden: Path, by: str | None) -> None:
        version = hidden.name.removeprefix(_REMOVING_PREFIX)
        recorded = [e.from_version for e in self.history.events() if e.event == "removed"]
        if version not in recorded:
            self.history.record("removed", from_version=version, by=by)
        remove_tree(hidden)

    def _record_what_is_in_force(self) -> None:
        """Add to the history what a killed run did not get to record."""
        current, known = self.current_version(), self.history.in_force()
        if current is None or known[-1:] == [current]:
            return
        self.history.record(
            "rolled_back" if current in known else "published",
            from_version=known[-1] if known else None,
            to_version=current,
            note="found in force; whoever put it there was stopped before it was on record",
        )

    def _point_to(self, manifest: Manifest) -> None:
        self._write_latest(manifest)
        link = self.folder / CURRENT_LINK
        if os.path.lexists(link) and not link.is_symlink():
            raise ReleaseError(f"{link} is not a symbolic link; move it away")
        temporary = self.folder / f".{CURRENT_LINK}.{os.getpid()}.tmp"
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(manifest.version, target_is_directory=True)
        temporary.replace(link)
        sync(self.folder)

    def _write_latest(self, manifest: Manifest) -> None:
        latest = {
            "version": manifest.version,
            "published_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "content_hash": manifest.content_hash,
        }
        write_atomically(self.folder / LATEST_FILE, json.dumps(latest, indent=2) + "\n")

    def _latest_version(self) -> str | None:
        try:
            latest = json.loads((self.folder / LATEST_FILE).read_text(encoding="utf-8"))
            return str(latest["version"])
        except (OSError, ValueError, KeyError, TypeError):
            return None


def _require_complete(folder: Path, version: str, manifest: Manifest) -> None:
    """Raise ``ReleaseError`` unless every file of the manifest is there in its full size."""
    if (difference := first_difference(folder, version, manifest)) is not None:
        raise ReleaseError(difference)


def _seal(folder: Path) -> None:
    """Make everything in a folder read-only and durable, from the leaves up."""
    for root, _, files in os.walk(folder, topdown=False):
        for name in files:
            path = Path(root, name)
            if path.is_symlink():
                raise ReleaseError(f"{path} is a link; a release holds files of its own")
            path.chmod(0o444)
            sync(path)
        Path(root).chmod(0o555)
        sync(Path(root))
