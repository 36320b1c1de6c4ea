"""The archive: every file that was taken in, byte for byte, under the hash of its content.

A file that is new is marked as unconfirmed until an edition that names it is on record. Only such
a file is ever removed as left over: that a record is missing says nothing about an original.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assets.durable_files import hash_of, sync, write_atomically

_UNCONFIRMED = "unconfirmed"
_WORKING = "working"
_HELD = re.compile(r"[0-9a-f]{64}(\.json)?")


class DamagedArchiveError(ValueError):
    """A file of the archive is not what was put there; the message names it and what to do."""


def _link_or_copy(source: Path, target: Path) -> None:
    """A second name for a private copy costs nothing; across file systems it is copied."""
    target.unlink(missing_ok=True)
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)


@dataclass(frozen=True)
class Archive:
    """A content-addressed store: ``<first two>/<sha256>`` and its sightings beside it."""

    folder: Path

    def path_of(self, sha256: str) -> Path:
        """Where the file with this hash lies, or would lie."""
        return self.folder / sha256[:2] / sha256

    def holds(self, sha256: str) -> bool:
        """Whether the file is in the archive."""
        return self.path_of(sha256).exists()

    def holds_whole(self, sha256: str) -> bool:
        """Whether the file is in the archive as it came, with nothing taken out."""
        return self.holds(sha256) and not self.is_redacted(sha256)

    def keep(
        self,
        source: Path,
        sha256: str,
        file_name: str,
        write_redacted: Callable[[Path, Path], None] | None = None,
        came_from: Mapping[str, str | None] | None = None,
    ) -> None:
        """Take a file in, or note that a known one was seen again under this name.

        ``came_from`` is what is to be noted of the place it was brought from, beside the name.

        A file in which a stray identifier was found is kept as the copy that ``write_redacted``
        (source, target) makes of it, under the hash of the original, and says so: the archive
        never stores what the door refuses.
        """
        target = self.path_of(sha256)
        if not target.exists() or write_redacted is not None:
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                self._mark(sha256)
            temporary = target.with_name(f".{sha256}.{os.getpid()}.tmp")
            if write_redacted is not None:
                # What another sheet's scan took out of the kept copy stays out.
                write_redacted(target if self.is_redacted(sha256) else source, temporary)
                # Said first: a copy that is not the original is never taken for it.
                self._note_redaction(sha256, hash_of(temporary))
            else:
                _link_or_copy(source, temporary)
            temporary.chmod(0o440)
            sync(temporary)
            temporary.replace(target)
            sync(target.parent)
        self._note_sighting(target, sha256, file_name, came_from or {})

    def confirm(self, hashes: Iterable[str]) -> None:
        """An edition that names these files is on record: they are no leftovers of a kill."""
        for sha256 in hashes:
            self._mark_path(sha256).unlink(missing_ok=True)

    def check(self, sha256: str) -> None:
        """Hold a file of the archive against its hash, before it is judged again.

        Raises:
            DamagedArchiveError: when it is not there, or not what was put there.
        """
        path = self.path_of(sha256)
        record = self._record(sha256)
        wanted = record.get("kept_sha256") if record["redacted"] else sha256
        found = hash_of(path) if path.exists() else None
        # Copies that were redacted before 2026-11-25 have no hash of their own on record.
        if found is None or (wanted is not None and found != wanted):
            what = "is missing" if found is None else f"has the hash {found[:12]}…"
            raise DamagedArchiveError(
                f"the archived file {sha256} {what}: the archive was damaged or changed by hand; "
                "restore that file from a backup, or land it again"
            )

    def is_redacted(self, sha256: str) -> bool:
        """Whether the kept copy lacks something that the file had."""
        return bool(self._record(sha256).get("redacted", False))

    def names_of(self, sha256: str) -> list[str]:
        """The names under which a file was seen."""
        return [str(seen["file_name"]) for seen in self._record(sha256)["sightings"]]

    def remove(self, sha256: str) -> None:
        """Take a file and its record out of the archive for good."""
        for path in (self.path_of(sha256), self._record_path(sha256), self._mark_path(sha256)):
            path.unlink(missing_ok=True)

    def holds_confirmed(self) -> bool:
        """Whether any file is held that an edition was recorded of."""
        return any(
            _HELD.fullmatch(path.name) and not self._mark_path(path.name).exists()
            for path in self.folder.glob("??/*")
            if path.suffix == ""
        )

    def working_folder(self) -> Path:
        """A private folder for copies that are needed while a file is read."""
        folder = self.folder / _WORKING
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    def sweep(self, named: Collection[str]) -> list[str]:
        """Remove what a killed run left: unconfirmed files that no edition names, and copies.

        Args:
            named: hashes of all files that editions name.

        Returns:
            The hashes of the files that were removed.
        """
        unconfirmed = sorted(path.name for path in self._mark_path("").glob("*"))
        orphans = [sha256 for sha256 in unconfirmed if sha256 not in named]
        for sha256 in orphans:
            self.remove(sha256)
        self.confirm(unconfirmed)
        shutil.rmtree(self.folder / _WORKING, ignore_errors=True)
        for path in self.folder.glob("??/*"):
            is_alone = path.suffix == ".json" and not path.with_suffix("").exists()
            if is_alone or not _HELD.fullmatch(path.name):
                path.unlink()
        return orphans

    def _mark_path(self, sha256: str) -> Path:
        return self.folder / _UNCONFIRMED / sha256

    def _mark(self, sha256: str) -> None:
        mark = self._mark_path(sha256)
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
        sync(mark.parent)

    def _record_path(self, sha256: str) -> Path:
        return self.path_of(sha256).with_name(f"{sha256}.json")

    def _record(self, sha256: str) -> dict[str, Any]:
        path = self._record_path(sha256)
        if not path.exists():
            return {"sha256": sha256, "sightings": [], "redacted": False}
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def _note_redaction(self, sha256: str, kept_sha256: str) -> None:
        record = self._record(sha256) | {"redacted": True, "kept_sha256": kept_sha256}
        write_atomically(self._record_path(sha256), json.dumps(record, indent=2))

    def _note_sighting(
        self, target: Path, sha256: str, file_name: str, came_from: Mapping[str, str | None]
    ) -> None:
        record = self._record(sha256)
        size = target.stat().st_size
        sighting = {"file_name": file_name, **came_from}
        is_known = any(sighting.items() <= seen.items() for seen in record["sightings"])
        if is_known and record.get("bytes") == size:
            return
        record["bytes"] = size
        if not is_known:
            seen_at = datetime.now(UTC).isoformat(timespec="seconds")
            record["sightings"].append({**sighting, "seen_at": seen_at})
        write_atomically(self._record_path(sha256), json.dumps(record, indent=2))
