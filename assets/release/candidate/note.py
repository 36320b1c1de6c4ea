"""What the step that writes a candidate leaves for the steps after it, also in another process."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from assets.durable_files import write_atomically
from assets.release.candidate.facts import CandidateFacts


class CandidateNote(BaseModel):
    """Version and facts of the candidate that was written last."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str
    facts: CandidateFacts
    compared_with: str | None = None


def write_note(path: Path, note: CandidateNote) -> None:
    """Leave the note."""
    write_atomically(path, note.model_dump_json())


def read_note(path: Path) -> CandidateNote:
    """Read the note; raises ``FileNotFoundError`` when no candidate was ever written."""
    return CandidateNote.model_validate_json(path.read_bytes())
