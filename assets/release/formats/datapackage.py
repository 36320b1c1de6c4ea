"""``datapackage.json``: the Parquet files as a Frictionless Data Package, with keys and types."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from assets.durable_files import hash_of, write_atomically
from assets.release.candidate.facts import SYNTHETIC_NOTICE, CandidateFacts
from assets.release.formats.central_metrics.described import describe_central_metrics
from assets.release.formats.declared import Declared
from assets.release.formats.descriptions import (
    ColumnDescription,
    TableDescription,
    describe_tables,
)

DATAPACKAGE_FILE = "datapackage.json"

_LICENCES = {
    "Open Government Licence v3.0": {
        "name": "OGL-UK-3.0",
        "path": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
    }
}
_WHOLE = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
)
_FIELD_TYPES = {
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIME": "time",
    "TIMESTAMP": "datetime",
    "TIMESTAMP WITH TIME ZONE": "datetime",
    "DOUBLE": "number",
    "FLOAT": "number",
    "DECIMAL": "number",
    **dict.fromkeys(_WHOLE, "integer"),
}


class Source(BaseModel):
    """One source of a release's data, as its publisher asks to be named."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    publisher: str
    licence: str
    attribution: str


def write_datapackage(
    folder: Path,
    *,
    version: str,
    created_at: datetime,
    facts: CandidateFacts,
    declared: Declared,
    sources: Sequence[Source],
) -> Path:
    """Write ``datapackage.json`` for the Parquet files of a candidate and give its path.

    The Parquet files, those of ``cml/`` too, must be in the folder, for their checksums. The form
    is that of Frictionless Data Package 2.0; its field names are kept. Keys lead to tables of the
    package only.
    """
    notice = SYNTHETIC_NOTICE if facts.is_synthetic else ""
    described = {
        table.parquet_path: description
        for table, description in zip(
            facts.tables, describe_tables(facts.tables, declared), strict=True
        )
    }
    metrics = {
        path: replace(table, description=notice + table.description)
        for path, table in describe_central_metrics(folder).items()
    }
    described |= metrics
    present = {table.name for table in described.values() if table.schema_name == "main"}
    package = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "doing-with",
        "title": "doing-with: personalised care and coproduction in England",
        "description": f"{notice}Indicators with their states, intervals, lineage and quality.",
        "version": version,
        "created": created_at.isoformat(),
        "licenses": [_licence(name) for name in sorted({source.licence for source in sources})],
        "sources": [{"title": f"{s.publisher}: {s.title}. {s.attribution}"} for s in sources],
        "resources": [
            _resource(folder, path, description, present) for path, description in described.items()
        ],
    }
    # An empty list is no valid one.
    package = {key: value for key, value in package.items() if value != []}
    path = folder / DATAPACKAGE_FILE
    write_atomically(path, json.dumps(package, indent=2, ensure_ascii=False) + "\n")
    return path


def _licence(title: str) -> dict[str, str]:
    known = _LICENCES.get(title)
    return {**(known or {"name": re.sub(r"[^A-Za-z0-9.]+", "-", title)}), "title": title}


def _resource(
    folder: Path, path: str, described: TableDescription, present: set[str]
) -> dict[str, Any]:
    # No size in bytes: readers of Parquet count none, and frictionless calls that a difference.
    return {
        "name": described.qualified_name.replace(".", "_"),
        "type": "table",
        "path": path,
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "description": described.description,
        "hash": f"sha256:{hash_of(folder / path)}",
        "schema": _schema(described, present),
    }


def _schema(described: TableDescription, present: set[str]) -> dict[str, Any]:
    foreign = [
        {
            "fields": list(key.columns),
            "reference": {"resource": key.table, "fields": list(key.referenced)},
        }
        for key in described.keys.foreign
        if key.table in present
    ]
    return {
        "fields": [_field(column) for column in described.columns],
        # A null beside whole numbers reaches readers that go through pandas as nan.
        "missingValues": ["", "nan"],
        **({"primaryKey": list(described.keys.primary)} if described.keys.primary else {}),
        **({"foreignKeys": foreign} if foreign else {}),
    }


def _field(column: ColumnDescription) -> dict[str, Any]:
    kind = _FIELD_TYPES.get(column.type.split("(")[0], "string")
    constraints: dict[str, Any] = {}
    if column.is_never_null:
        constraints["required"] = True
    if column.known_values:
        constraints["enum"] = list(column.known_values)
    field: dict[str, Any] = {
        "name": column.name,
        "type": kind,
        "description": column.description,
    }
    return {**field, "constraints": constraints} if constraints else field
