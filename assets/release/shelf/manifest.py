"""What a release says of itself: ``manifest.json``, and ``datapackage.json`` for other tools."""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Sequence
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from assets.durable_files import hash_of, write_atomically
from assets.release.candidate.facts import SYNTHETIC_NOTICE, ColumnFacts, TableFacts
from assets.release.candidate.writing import MANIFEST_FILE

DATAPACKAGE_FILE = "datapackage.json"

_SOFTWARE = ("doing-with", "duckdb", "dbt-core", "dbt-duckdb", "great-expectations", "dagster")
_LICENCES = {
    "Open Government Licence v3.0": {
        "name": "OGL-UK-3.0",
        "path": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
    }
}
_FIELD_TYPES = {
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIME": "time",
    "TIMESTAMP": "datetime",
    "TIMESTAMP WITH TIME ZONE": "datetime",
    "DOUBLE": "number",
    "FLOAT": "number",
    "DECIMAL": "number",
    **dict.fromkeys(
        (
            "TINYINT",
            "SMALLINT",
            "INTEGER",
            "BIGINT",
            "UTINYINT",
            "USMALLINT",
            "UINTEGER",
            "UBIGINT",
        ),
        "integer",
    ),
}


class ManifestError(ValueError):
    """A manifest that cannot be read; the message names the file and what is wrong with it."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EditionEntry(_Strict):
    """One edition in use, with the hashes of the files it was made of."""

    extract: str
    period: str
    sha256s: tuple[str, ...]


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


class Manifest(_Strict):
    """One release: what it is, what it holds, what it was made of and what was checked."""

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


class Source(_Strict):
    """One source of a release's data, as its publisher asks to be named."""

    title: str
    publisher: str
    licence: str
    attribution: str


def software_versions() -> dict[str, str]:
    """Versions of what made the release, by package; a package that is not there is left out."""
    versions = {"python": platform.python_version()}
    for package in _SOFTWARE:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions


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


def write_datapackage(folder: Path, manifest: Manifest, sources: Sequence[Source]) -> Path:
    """Write ``datapackage.json`` for the Parquet files of a candidate and give its path.

    The Parquet files must be in the folder, for their checksums. The form is that of Frictionless
    Data Package 2.0; its field names are kept.
    """
    notice = SYNTHETIC_NOTICE if manifest.is_synthetic else ""
    package = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "doing-with",
        "title": "doing-with: personalised care and coproduction in England",
        "description": f"{notice}Indicators with their states, intervals, lineage and quality.",
        "version": manifest.version,
        "created": manifest.created_at.isoformat(),
        "licenses": [_licence(name) for name in sorted({source.licence for source in sources})],
        "sources": [{"title": f"{s.publisher}: {s.title}. {s.attribution}"} for s in sources],
        "resources": [_resource(folder, table) for table in manifest.tables],
    }
    path = folder / DATAPACKAGE_FILE
    write_atomically(path, json.dumps(package, indent=2, ensure_ascii=False) + "\n")
    return path


def _licence(title: str) -> dict[str, str]:
    known = _LICENCES.get(title)
    return {**(known or {"name": re.sub(r"[^A-Za-z0-9.]+", "-", title)}), "title": title}


def _resource(folder: Path, table: TableFacts) -> dict[str, Any]:
    return {
        "name": Path(table.parquet_path).stem,
        "type": "table",
        "path": table.parquet_path,
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "description": table.description,
        "bytes": table.bytes,
        "hash": f"sha256:{hash_of(folder / table.parquet_path)}",
        "schema": {"fields": [_field(column) for column in table.columns]},
    }


def _field(column: ColumnFacts) -> dict[str, str]:
    kind = _FIELD_TYPES.get(column.type.split("(")[0], "string")
    return {"name": column.name, "type": kind, "description": column.description}
