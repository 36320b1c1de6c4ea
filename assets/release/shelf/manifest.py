"""What a release says of itself: ``manifest.json``."""

from __future__ import annotations

import platform
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import duckdb
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from assets.durable_files import write_atomically
from assets.release.candidate.facts import TableFacts
from assets.release.candidate.timings import Timing
from assets.release.candidate.writing import MANIFEST_FILE
from assets.release.shelf.git_commit import GitCommit

_SOFTWARE = ("doing-with", "duckdb", "dbt-core", "dbt-duckdb", "great-expectations", "dagster")


class ManifestError(ValueError):
    """A manifest that cannot be read; the message names the file and what is wrong with it."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EditionEntry(_Strict):
    """One edition in use: its period and the hashes of the files it was made of."""

    extract: str
    period: str
    sha256s: tuple[str, ...]
    period_start: date | None = None
    period_end: date | None = None
    submitter: str | None = None


class UnrecognisedFile(_Strict):
    """A file of the landing zone that no contract claims, and why."""

    file_name: str
    sha256: str
    reason: str


class RuleCount(_Strict):
    """How many rules of one suite and severity passed and failed."""

    suite: str
    severity: str
    passed: int
    failed: int


class Suppression(_Strict):
    """How many values of ``indicator_values`` there are, and how many in each state."""

    values: int = 0
    states: dict[str, int] = {}


class FileEntry(_Strict):
    """One file of a release; the path is relative to its folder."""

    path: str
    bytes: int
    sha256: str


class Manifest(_Strict):
    """One release: what it is, what it holds, what it was made of and what was checked.

    ``files`` are all but the manifest itself; they are listed when it is published.
    """

    version: str
    created_at: AwareDatetime
    identity: str
    content_hash: str
    as_of: date
    is_synthetic: bool
    schema_version: str
    database_bytes: int
    tables: tuple[TableFacts, ...]
    editions: tuple[EditionEntry, ...] = ()
    unrecognised: tuple[UnrecognisedFile, ...] = ()
    rules: tuple[RuleCount, ...] = ()
    software: dict[str, str] = {}
    git: GitCommit = GitCommit(reason="not recorded")
    suppression: Suppression = Suppression()
    compared_with: str | None = None
    timings: tuple[Timing, ...] = ()
    files: tuple[FileEntry, ...] = ()


def software_versions() -> dict[str, str]:
    """Versions of what made the release, by package; a package that is not there is left out."""
    versions = {"python": platform.python_version()}
    for package in _SOFTWARE:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions


def suppression_of(database: Path) -> Suppression:
    """Counts of the states of a candidate's values; raises ``duckdb.Error`` for a damaged file."""
    connection = duckdb.connect(str(database), read_only=True)
    try:
        counted = connection.execute(
            "select value_state, count(*) from main.indicator_values group by all order by all"
        ).fetchall()
    finally:
        connection.close()
    return Suppression(values=sum(rows for _, rows in counted), states=dict(counted))


def write_manifest(folder: Path, manifest: Manifest) -> Path:
    """Write ``manifest.json`` into a release's folder and give its path."""
    path = folder / MANIFEST_FILE
    write_atomically(path, manifest.model_dump_json(indent=2) + "\n")
    return path


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a release's folder; raises ``ManifestError`` when it cannot be read."""
    path = folder / MANIFEST_FILE
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise ManifestError(f"{path} is missing") from None
    except OSError as error:
        raise ManifestError(f"{path} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise ManifestError(f"{path} is damaged: {where}: {first['msg']}") from error
