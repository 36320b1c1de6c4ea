"""The archive: every file that was taken in, byte for byte, under the hash of its content."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assets.durable_files import write_atomically


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

    def keep(
        self,
        source: Path,
        sha256: str,
        file_name: str,
        write_redacted: Callable[[Path, Path], None] | None = None,
    ) -> None:
        """Take a file in, or note that a known one was seen again under this name.

        A file in which a stray identifier was found is kept as the copy that ``write_redacted``
        (source, target) makes of it, under the hash of the original, and says so: the archive
        never stores what the door refuses.
        """
        target = self.path_of(sha256)
        if not target.exists() or write_redacted is not None:
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary = target.with_name(f".{sha256}.{os.getpid()}.tmp")
            if write_redacted is not None:
                # What another sheet's scan took out of the kept copy stays out.
                write_redacted(target if self.is_redacted(sha256) else source, temporary)
            else:
                _link_or_copy(source, temporary)
            temporary.chmod(0o440)
            temporary.replace(target)
        self._note_sighting(target, sha256, file_name, write_redacted is not None)

    def is_redacted(self, sha256: str) -> bool:
        """Whether the kept copy lacks something that the file had."""
        return bool(self._record(sha256).get("redacted", False))

    def names_of(self, sha256: str) -> list[str]:
        """The names under which a file was seen."""
        return [str(seen["file_name"]) for seen in self._record(sha256)["sightings"]]

    def remove(self, sha256: str) -> None:
        """Take a file and its record out of the archive for good."""
        for path in (self.path_of(sha256), self._record_path(sha256)):
            path.unlink(missing_ok=True)

    def keep_only(self, hashes: Collection[str]) -> list[str]:
        """Remove files that no edition names: a killed run archived them and got no further.

        Returns:
            The hashes of what was removed.
        """
        orphans = [
            path.name
            for path in self.folder.glob("??/*")
            if not path.name.startswith(".") and path.suffix == "" and path.name not in hashes
        ]
        for sha256 in orphans:
            self.remove(sha256)
        return orphans

    def _record_path(self, sha256: str) -> Path:
        return self.path_of(sha256).with_name(f"{sha256}.json")

    def _record(self, sha256: str) -> dict[str, Any]:
        path = self._record_path(sha256)
        if not path.exists():
            return {"sha256": sha256, "sightings": [], "redacted": False}
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def _note_sighting(self, target: Path, sha256: str, file_name: str, is_redacted: bool) -> None:
        record = self._record(sha256)
        is_known = any(seen["file_name"] == file_name for seen in record["sightings"])
        if is_known and (record["redacted"] or not is_redacted):
            return
        record["bytes"] = target.stat().st_size
        record["redacted"] = record["redacted"] or is_redacted
        if not is_known:
            seen_at = datetime.now(UTC).isoformat(timespec="seconds")
            record["sightings"].append({"file_name": file_name, "seen_at": seen_at})
        write_atomically(self._record_path(sha256), json.dumps(record, indent=2))
