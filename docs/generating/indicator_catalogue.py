"""The indicators as a page, from what the YAML beside each model declares."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from docs.generating.markdown import escaped, table


def page(manifest: Path) -> str:
    """Every indicator by component; ``manifest`` is dbt's account of the project."""
    by_component = _declared(manifest)
    lines = [
        "# Indicators",
        "",
        "The same stands in the table `indicators` of every release. `method` and its limits are "
        "explained in [methods](../guides/methods.md); `disclosure` says which rule of hiding "
        "applies ([small numbers](../governance.md#small-numbers)).",
        "",
    ]
    for component in sorted(by_component):
        lines += [f"## {component.replace('_', ' ').capitalize()}", ""]
        lines += table(
            ("indicator", "definition", "unit", "method", "levels", "disclosure", "status"),
            (_row(declared) for declared in by_component[component]),
        )
        lines.append("")
    return "\n".join(lines)


def _declared(manifest: Path) -> dict[str, list[dict[str, Any]]]:
    """Folder of the models of a component to what they declare, in the order of identifiers."""
    nodes = json.loads(manifest.read_bytes())["nodes"].values()
    found: dict[str, list[dict[str, Any]]] = {}
    for node in nodes:
        if node["resource_type"] == "model" and "indicator_id" in node["config"]["meta"]:
            *_, folder, _ = node["fqn"]
            found.setdefault(folder, []).append(node["config"]["meta"])
    for metas in found.values():
        metas.sort(key=lambda meta: str(meta["indicator_id"]))
    return found


def _row(meta: dict[str, Any]) -> tuple[str, ...]:
    return (
        f"**{meta['indicator_id']}** {escaped(meta['title'])}",
        escaped(meta["definition"]),
        f"`{meta['unit']}`",
        f"`{meta['method']}`",
        escaped(", ".join(meta["grains"])),
        f"`{meta['disclosure_class']}`",
        meta["status"],
    )
