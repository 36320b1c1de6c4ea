"""The archive: every file that was taken in, byte for byte, under the hash of its content."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assets.extracts.identifiers import redact

_CHUNK_BYTES = 1 << 22


def hash_of(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_atomically(path: Path, text: str) -> None:
    """Write a small file so that a reader, or a kill, sees the old content or the new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


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

    def keep(self, source: Path, sha256: str, file_name: str, has_identifiers: bool) -> None:
        """Take a file in, or note that a known one was seen again under this name.

        A file in which a stray identifier was found is kept with the value redacted, under the
        hash of the original, and says so: the archive never stores what the door refuses.
        """
        target = self.path_of(sha256)
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary = target.with_name(f".{sha256}.{os.getpid()}.tmp")
            if has_identifiers:
                # Surrogates carry bytes that are not UTF-8 through unchanged.
                text = source.read_bytes().decode("utf-8", errors="surrogateescape")
                temporary.write_bytes(redact(text).encode("utf-8", errors="surrogateescape"))
            else:
                shutil.copyfile(source, temporary)
            temporary.chmod(0o440)
            temporary.replace(target)
        self._note_sighting(target, sha256, file_name, has_identifiers)

    def _note_sighting(
        self, target: Path, sha256: str, file_name: str, has_identifiers: bool
    ) -> None:
        record_path = target.with_name(f"{sha256}.json")
        record: dict[str, Any] = {"sha256": sha256, "bytes": target.stat().st_size, "sightings": []}
        if record_path.exists():
            record = json.loads(record_path.read_text(encoding="utf-8"))
        if any(seen["file_name"] == file_name for seen in record["sightings"]):
            return
        record["redacted"] = has_identifiers
        record["sightings"].append(
            {"file_name": file_name, "seen_at": datetime.now(UTC).isoformat(timespec="seconds")}
        )
        write_atomically(record_path, json.dumps(record, indent=2))
