"""Families of pages are the exposures of the dbt project, and stand on marts alone."""

import json
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from assets.reports.exposures import page_families

REPORT = dg.AssetKey(["reports", "report"])


def manifest(tmp_path: Path, *exposures: dict[str, Any]) -> Path:
    nodes = {
        f"model.doing_with.{name}": {"name": name, "fqn": ["doing_with", floor, name]}
        for floor, name in (("marts", "areas"), ("staging", "stg_areas"))
    }
    path = tmp_path / "manifest.json"
    content = {"nodes": nodes, "exposures": {e["name"]: e for e in exposures}}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def exposure(name: str, model: str) -> dict[str, Any]:
    return {
        "name": name, "label": "Pages of areas", "description": "One each.",
        "owner": {"name": "data engineering"}, "original_file_path": "models/exposures.yml",
        "depends_on": {"nodes": [f"model.doing_with.{model}"]},
    }  # fmt: skip


def test_a_family_names_its_marts_owner_and_words(tmp_path: Path) -> None:
    path = manifest(tmp_path, exposure("report_areas", "areas"), exposure("a_dashboard", "areas"))
    [family] = page_families(path, REPORT)
    assert family.key == dg.AssetKey(["reports", "pages", "areas"])
    assert {dep.asset_key for dep in family.deps} == {REPORT, dg.AssetKey(["marts", "areas"])}
    assert family.owners == ["team:data-engineering"]
    assert family.description == "Pages of areas. One each."


def test_a_family_that_stands_on_no_mart_is_refused(tmp_path: Path) -> None:
    path = manifest(tmp_path, exposure("report_areas", "stg_areas"))
    with pytest.raises(ValueError, match=r"of models/exposures\.yml depends on stg_areas"):
        page_families(path, REPORT)
