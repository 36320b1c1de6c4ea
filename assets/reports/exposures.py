"""Families of pages as assets that nobody runs: from a mart one sees which pages show it.

They are the exposures that the dbt project declares, so that its documentation says the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg

_PREFIX = "report_"
_FLOOR = "marts"


def page_families(manifest: Path, written_by: dg.AssetKey) -> list[dg.AssetSpec]:
    """The families of pages of a parsed dbt project; ``written_by`` is the asset that writes them.

    Raises ``ValueError`` where a family stands on something that is no mart: a release has no
    other tables.
    """
    parsed = json.loads(manifest.read_text(encoding="utf-8"))
    exposures = sorted(parsed["exposures"].values(), key=lambda exposure: str(exposure["name"]))
    return [
        _family(exposure, parsed["nodes"], written_by, manifest.parents[1])
        for exposure in exposures
        if exposure["name"].startswith(_PREFIX)
    ]


def _family(
    exposure: Mapping[str, Any],
    nodes: Mapping[str, Any],
    written_by: dg.AssetKey,
    project: Path,
) -> dg.AssetSpec:
    declared = dg.LocalFileCodeReference(
        file_path=str(project / exposure["original_file_path"]),
        label=Path(exposure["original_file_path"]).name,
    )
    team = exposure["owner"]["name"].replace(" ", "-")
    marts = [_mart(exposure, nodes[node]) for node in exposure["depends_on"]["nodes"]]
    return dg.AssetSpec(
        key=dg.AssetKey(["reports", "pages", exposure["name"].removeprefix(_PREFIX)]),
        deps=[written_by, *marts],
        description=f"{exposure['label']}. {exposure['description']}",
        group_name="reports",
        owners=[f"team:{team}"],
        kinds={"html"},
        metadata={
            "dagster/code_references": dg.CodeReferencesMetadataValue(code_references=[declared])
        },
    )


def _mart(exposure: Mapping[str, Any], node: Mapping[str, Any]) -> dg.AssetKey:
    floor, name = node["fqn"][1], node["name"]
    if floor != _FLOOR:
        raise ValueError(
            f"exposure {exposure['name']} of {exposure['original_file_path']} depends on {name} "
            f"of {floor}, which is in no release: name a mart"
        )
    return dg.AssetKey([floor, name])
