"""The landing zone: which files lie there, and what the operator declares of them.

``landing.yml`` beside the files says, by file pattern, what a file cannot say of itself.
"""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

DECLARATIONS = "landing.yml"

# Texts that describe the extracts lie beside them; they are never extracts themselves.
_NOT_EXTRACTS = {".md", ".yml", ".yaml"}


class LandingError(ValueError):
    """A landing zone that cannot be read; the message names the file and what to do."""


class Declaration(BaseModel):
    """What the operator says of one file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    coverage: Literal["whole", "partial"] = "whole"
    synthetic: bool = False
    period: str | None = None
    submitter: str | None = None
    reason: str | None = None


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    match: str
    coverage: Literal["whole", "partial"] | None = None
    synthetic: bool | None = None
    period: str | None = None
    submitter: str | None = None
    reason: str | None = None


class _Declarations(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    files: tuple[_Entry, ...] = ()


class LandingZone:
    """A folder of extracts with its declarations."""

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise LandingError(f"landing zone {folder} is not a folder; give one that exists")
        self.folder = folder
        self._entries = _read_declarations(folder / DECLARATIONS)

    def files(self) -> list[Path]:
        """Every file that could be an extract, in name order."""
        return sorted(
            path
            for path in self.folder.rglob("*")
            if path.is_file()
            and path.suffix.lower() not in _NOT_EXTRACTS
            and not any(part.startswith(".") for part in path.relative_to(self.folder).parts)
        )

    def name_of(self, path: Path) -> str:
        """The file's name relative to the landing zone, as declarations and messages write it."""
        return path.relative_to(self.folder).as_posix()

    def declaration_of(self, path: Path) -> Declaration:
        """What all matching entries say together; a later entry wins over an earlier one."""
        name = self.name_of(path)
        said: dict[str, object] = {}
        for entry in self._entries:
            if fnmatch(name, entry.match):
                said |= entry.model_dump(exclude={"match"}, exclude_none=True)
        return Declaration.model_validate(said)

    def declarations_without_file(self) -> list[str]:
        """Patterns that match nothing: most often a misspelt name, so they are shown."""
        names = [self.name_of(path) for path in self.files()]
        return [
            entry.match
            for entry in self._entries
            if not any(fnmatch(name, entry.match) for name in names)
        ]


def _read_declarations(path: Path) -> tuple[_Entry, ...]:
    if not path.exists():
        return ()
    try:
        return _Declarations.model_validate(yaml.safe_load(path.read_text()) or {}).files
    except (ValidationError, yaml.YAMLError) as error:
        raise LandingError(f"{path.name} in the landing zone is not valid: {error}") from error
