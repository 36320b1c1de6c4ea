"""The parsed dbt project: parsed again only when one of its files changed."""

from __future__ import annotations

import hashlib
import os
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from assets.durable_files import write_atomically
from assets.indicators.definitions import check_definitions
from assets.indicators.union import write_union

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

_PARSED = {".sql", ".yml", ".csv"}
_NOT_PARSED = {"target", "logs"}
# Where dbt keeps what it parsed, twice, and the fingerprint of what that was.
_MANIFEST = "manifest.json"
_PARSED_PROJECT = "partial_parse.msgpack"
_PARSED_FROM = "parsed_from.txt"
_LOCK = "parsing.lock"


class DbtParseError(RuntimeError):
    """A dbt project that cannot be parsed; the message is dbt's own."""


def current_manifest(project: Path, target: Path) -> Path:
    """Path of an up-to-date ``manifest.json``, parsing when needed (about 14 seconds).

    Raises:
        IndicatorDefinitionError: when the YAML of an indicator is missing or wrong.
        DbtParseError: when dbt cannot parse the project.
    """
    write_union(project)
    if not _is_parsed(target, _fingerprint(project)):
        target.mkdir(parents=True, exist_ok=True)
        # Services that start together would each parse, and write over each other.
        with FileLock(target / _LOCK):
            wanted = _fingerprint(project)
            if not _is_parsed(target, wanted):
                _parse(project, target)
                # Of what changed meanwhile nobody knows whether dbt has read it.
                if _fingerprint(project) == wanted:
                    write_atomically(target / _PARSED_FROM, wanted)
    return target / _MANIFEST


def parsed_project(target: Path) -> Manifest:
    """The project as ``current_manifest`` parsed it, for a run of dbt (half a second).

    dbt would parse all of it again (14 seconds) for each warehouse that lies elsewhere, because
    the path is part of the profile.
    """
    from dbt.contracts.graph.manifest import Manifest  # noqa: PLC0415

    manifest = Manifest.from_msgpack((target / _PARSED_PROJECT).read_bytes())
    manifest.build_flat_graph()
    return manifest


def _is_parsed(target: Path, wanted: str) -> bool:
    """Whether what lies in ``target`` was made of the project as it is."""
    try:
        parsed_from = (target / _PARSED_FROM).read_text()
    except FileNotFoundError:  # as well while somebody else begins to parse
        return False
    made = (target / _MANIFEST, target / _PARSED_PROJECT)
    return parsed_from == wanted and all(path.exists() for path in made)


def _parse(project: Path, target: Path) -> None:
    """Write the manifest, which dbt does not do at one stroke."""
    check_definitions(project)
    from dbt.cli.main import dbtRunner  # noqa: PLC0415  (seconds to import, seldom needed)

    # The warehouse's name becomes part of each table's; its folder does not.
    os.environ["DOING_WITH_WAREHOUSE"] = str(target / "warehouse.duckdb")
    # Killed on the way it would be the manifest of no project.
    (target / _PARSED_FROM).unlink(missing_ok=True)
    result = dbtRunner().invoke(["--quiet", "parse", *dbt_folders(project, target)])
    if not result.success:
        raise DbtParseError(str(result.exception or "dbt parse failed; see its log"))


def dbt_folders(project: Path, target: Path) -> list[str]:
    """The arguments that tell dbt where things are."""
    return [
        "--project-dir",
        str(project),
        "--profiles-dir",
        str(project),
        "--target-path",
        str(target),
        "--log-path",
        str(target / "logs"),
    ]


def _fingerprint(project: Path) -> str:
    digest = hashlib.sha256(version("dbt-core").encode())
    for path in sorted(project.rglob("*")):
        parts = path.relative_to(project).parts
        if path.suffix in _PARSED and parts[0] not in _NOT_PARSED:
            digest.update(path.relative_to(project).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
