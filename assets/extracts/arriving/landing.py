"""The landing zone: which files lie there, and what the operator declares of them.

``landing.yml`` beside the files says, by file pattern, what a file cannot say of itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from assets.extracts.arriving.open_referral.feed import Feed

DECLARATIONS = "landing.yml"

# Texts that describe the extracts lie beside them; they are never extracts themselves.
_NOT_EXTRACTS = {".md", ".yml", ".yaml"}
# Tabular metadata of the file beside it (CSV on the Web, W3C).
_CSVW_METADATA = "-metadata.json"


# A submitter becomes part of a folder's name.
SUBMITTER = r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,79}$"


class LandingError(ValueError):
    """A landing zone that cannot be read; the message names the file and what to do."""


class Declaration(BaseModel):
    """What the operator says of one file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    coverage: Literal["whole", "partial"] = "whole"
    synthetic: bool = False
    period: str | None = None
    submitter: str | None = Field(default=None, pattern=SUBMITTER)
    reason: str | None = None


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    match: str
    coverage: Literal["whole", "partial"] | None = None
    synthetic: bool | None = None
    period: str | None = None
    submitter: str | None = Field(default=None, pattern=SUBMITTER)
    reason: str | None = None


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    files: tuple[_Entry, ...] = ()
    open_referral_feeds: tuple[Feed, ...] = ()

    @model_validator(mode="after")
    def _feeds_have_names_of_their_own(self) -> Self:
        names = [feed.name for feed in self.open_referral_feeds]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"open_referral_feeds: {', '.join(twice)} stands there twice")
        return self


class Declarations:
    """What ``landing.yml`` says: of files, by pattern, and which feeds are to be read."""

    def __init__(self, text: str = "") -> None:
        """Read the text of a ``landing.yml``.

        Raises:
            LandingError: when it is not valid; names the entry and the rule.
        """
        try:
            said = _File.model_validate(yaml.safe_load(text) or {})
        except (ValidationError, yaml.YAMLError) as error:
            raise LandingError(
                f"{DECLARATIONS} in the landing zone is not valid: {error}"
            ) from error
        self._entries = said.files
        self.feeds = said.open_referral_feeds

    def of(self, name: str, **known: object) -> Declaration:
        """What all matching entries say together; a later entry wins over an earlier one.

        ``known`` is what is certain of the file without a declaration, such as the day on which
        a feed was read.
        """
        said = dict(known)
        for entry in self._entries:
            if fnmatch(name, entry.match):
                said |= entry.model_dump(exclude={"match"}, exclude_none=True)
        return Declaration.model_validate(said)

    def without_file(self, names: Iterable[str]) -> list[str]:
        """Patterns that match nothing: most often a misspelt name, so they are shown."""
        there = list(names)
        return [
            entry.match
            for entry in self._entries
            if not any(fnmatch(name, entry.match) for name in there)
        ]


class LandingZone:
    """A folder of extracts with its declarations."""

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise LandingError(f"landing zone {folder} is not a folder; give one that exists")
        self.folder = folder
        path = folder / DECLARATIONS
        try:
            said = path.read_text(encoding="utf-8") if path.exists() else ""
        except UnicodeDecodeError as error:
            raise LandingError(
                f"{DECLARATIONS} in the landing zone is not UTF-8 (byte {error.start}); save it so"
            ) from error
        self.declarations = Declarations(said)

    def files(self) -> list[Path]:
        """Every file that could be an extract, in name order."""
        return sorted(
            path
            for path in self.folder.rglob("*")
            if path.is_file() and could_be_extract(path.relative_to(self.folder).as_posix())
        )

    def name_of(self, path: Path) -> str:
        """The file's name relative to the landing zone, as declarations and messages write it."""
        return path.relative_to(self.folder).as_posix()


def could_be_extract(name: str) -> bool:
    """Whether a file of a landing zone is looked at: no hidden file, no text about the others."""
    path = PurePosixPath(name)
    is_hidden = any(part.startswith(".") for part in path.parts)
    describes = path.suffix.lower() in _NOT_EXTRACTS or path.name.endswith(_CSVW_METADATA)
    return not describes and not is_hidden
