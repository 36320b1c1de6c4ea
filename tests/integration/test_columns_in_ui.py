"""What the UI knows after a night: columns of every model, what they are made of, and values."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from night import Night

from assets.home import Home
from orchestration.instance import open_instance

Said = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def models(baseline: Night) -> list[dict[str, Any]]:
    """Models of the dbt project, as dbt knows them."""
    parsed = json.loads((baseline.dbt_project / "target" / "manifest.json").read_bytes())
    return [node for node in parsed["nodes"].values() if node["resource_type"] == "model"]


@pytest.fixture(scope="module")
def said(baseline: Night, models: list[dict[str, Any]]) -> Iterator[Said]:
    """What the last night said of each model."""
    with open_instance(Home(baseline.home)) as instance:
        found = {}
        for model in models:
            event = instance.get_latest_materialization_event(
                dg.AssetKey([model["schema"], model["name"]])
            )
            assert event is not None, model["name"]
            assert event.asset_materialization is not None
            found[model["name"]] = dict(event.asset_materialization.metadata)
        yield found


def test_every_model_has_its_columns_with_their_types(
    said: Said, models: list[dict[str, Any]]
) -> None:
    assert len(models) > 180
    for model in models:
        columns = said[model["name"]]["dagster/column_schema"].schema.columns
        # What all indicators have is described once, and not in the YAML of each.
        assert set(model["columns"]) <= {column.name for column in columns}, model["name"]
        assert columns, model["name"]
        assert all(column.type not in ("", "?") for column in columns), model["name"]


def test_every_column_leads_to_what_it_is_made_of(said: Said, models: list[dict[str, Any]]) -> None:
    for model in models:
        made_of = said[model["name"]]["dagster/column_lineage"].lineage.deps_by_column
        columns = said[model["name"]]["dagster/column_schema"].schema.columns
        assert set(made_of) == {column.name for column in columns}, model["name"]
        if model["depends_on"]["nodes"]:
            assert any(made_of.values()), model["name"]
    of = said["stg_sp_referrals"]["dagster/column_lineage"].lineage.deps_by_column
    # An extract about persons is one asset, whatever schema its view is in.
    assert of["referral_id"] == [
        dg.TableColumnDep(dg.AssetKey(["raw", "sp_referrals"]), "referral_id")
    ]
    told = {
        column.name: column.description
        for column in said["stg_sp_referrals"]["dagster/column_schema"].schema.columns
    }
    assert told["referral_id"].endswith("Made of restricted.sp_referrals.referral_id.")


def test_values_for_england_can_be_plotted(said: Said) -> None:
    values = {
        name: value.value
        for name, value in said["latest_values"].items()
        if name.startswith("England ")
    }
    assert 0.5 < values["England PC-SDM-01"] < 1
    assert len(values) > 20


@pytest.mark.parametrize("key", ["reports/report", "release/release"])
def test_paths_that_the_ui_shows_lead_somewhere(baseline: Night, key: str) -> None:
    with open_instance(Home(baseline.home)) as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey(key.split("/")))
    assert event is not None
    assert event.asset_materialization is not None
    metadata = event.asset_materialization.metadata
    paths = [said.path for said in metadata.values() if isinstance(said, dg.PathMetadataValue)]
    assert paths
    assert all(Path(path).exists() for path in paths), paths
