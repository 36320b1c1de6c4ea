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

from assets.durable_files import write_atomically
from assets.release.candidate.facts import DATABASE_FILE
from assets.release.candidate.writing import STAGING_PREFIX, remove_tree
from assets.release.shelf.manifest import Manifest, ManifestError, read_manifest, write_manifest

CURRENT_LINK = "current"
LATEST_FILE = "latest.json"

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

        ``latest.json`` is brought back in line when a run was killed between it and the link.
        """
        if not self.folder.is_dir():
            return ()
        removed = []
        for path in sorted(self.folder.iterdir()):
            is_temporary = path.name.startswith((f".{CURRENT_LINK}.", f".{LATEST_FILE}."))
            if path.name.startswith(STAGING_PREFIX) and path.is_dir() and not path.is_symlink():
                remove_tree(path)
            elif is_temporary and path.name.endswith(".tmp"):
                path.unlink()
            else:
                continue
            removed.append(path.name)
        manifest = self.current()
        if manifest is not None and self._latest_version() != manifest.version:
            self._write_latest(manifest)
        return tuple(removed)

    def publish(self, version: str, verdicts: VerdictReader, manifest: Manifest) -> Path:
        """Make a staged candidate the release in force and give its folder.

        The verdicts are read again here. The candidate is completed, made read-only and durable
        where nobody looks, then appears whole under its version; last of all the link moves. A
        kill at any point leaves the link on the previous release or on this one, complete.

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
        _require_complete(staging, version, manifest)
        write_manifest(staging, manifest)
        _seal(staging)
        staging.rename(target)
        _sync(self.folder)
        self._point_to(manifest)
        return target

    def roll_back(self, version: str) -> Manifest:
        """Put another release in force, older or newer, and give its manifest.

        Raises ``ReleaseError`` when that release is missing or damaged; nothing has moved then.
        """
        manifest = self.manifest(version)
        self._point_to(manifest)
        return manifest

    def _point_to(self, manifest: Manifest) -> None:
        self._write_latest(manifest)
        link = self.folder / CURRENT_LINK
        if os.path.lexists(link) and not link.is_symlink():
            raise ReleaseError(f"{link} is not a symbolic link; move it away")
        temporary = self.folder / f".{CURRENT_LINK}.{os.getpid()}.tmp"
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(manifest.version, target_is_directory=True)
        temporary.replace(link)
        _sync(self.folder)

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
    if manifest.version != version:
        raise ReleaseError(f"{folder}: its manifest is of {manifest.version}, not of {version}")
    if (wal := folder / f"{DATABASE_FILE}.wal").exists():
        raise ReleaseError(f"{wal} is left; the database was not checkpointed")
    sizes = {table.parquet_path: table.bytes for table in manifest.tables}
    for name, size in {DATABASE_FILE: manifest.database_bytes, **sizes}.items():
        path = folder / name
        if not path.is_file():
            raise ReleaseError(f"{path} is missing")
        if path.stat().st_size != size:
            raise ReleaseError(
                f"{path} is damaged: {path.stat().st_size} bytes, {size} in the manifest"
            )


def _seal(folder: Path) -> None:
    """Make everything in a folder read-only and durable, from the leaves up."""
    for root, _, files in os.walk(folder, topdown=False):
        for name in files:
            path = Path(root, name)
            if path.is_symlink():
                raise ReleaseError(f"{path} is a link; a release holds files of its own")
            path.chmod(0o444)
            _sync(path)
        Path(root).chmod(0o555)
        _sync(Path(root))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
