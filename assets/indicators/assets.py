"""The dbt project as Dagster assets."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets

from assets.home import Build
from assets.identity import note_identity, noted_identity
from assets.indicators.dbt_run import build_models
from expectations import results

_CHECK = "dbt_tests"


class _Translator(DagsterDbtTranslator):
    """Groups by floor of the house, owners and kinds; sources keep the keys of the extracts."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """Schema and name, so that a table is found where an analyst would look for it."""
        if dbt_resource_props["resource_type"] == "source":
            source = dbt_resource_props["source_name"]
            # An extract about persons is the same asset as any other; only its view stands apart.
            floor = "raw" if source == "restricted" else source
            return dg.AssetKey([floor, dbt_resource_props["name"]])
        return dg.AssetKey([_floor(dbt_resource_props), dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The floor of the house; tables about persons stand with the others of their floor."""
        floor = _floor(dbt_resource_props)
        return str(dbt_resource_props["fqn"][1]) if floor == "restricted" else floor

    def get_asset_check_spec(
        self,
        asset_spec: dg.AssetSpec,
        manifest: Mapping[str, Any],
        unique_id: str,
        project: Any,
    ) -> dg.AssetCheckSpec | None:
        """One check per model, which carries the outcome of all its tests.

        Hundreds of separate checks would cost more time each night than the tests themselves.
        """
        model = manifest["nodes"][unique_id].get("attached_node")
        if model is None or unique_id != _first_tests(manifest).get(model):
            return None
        return dg.AssetCheckSpec(
            _CHECK, asset=asset_spec.key, description="Tests of the model: grain, keys, values."
        )

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        """Models are looked after by analytics."""
        return ["team:analytics"]


def _first_tests(manifest: Mapping[str, Any]) -> dict[str, str]:
    """The first data test of each model, by the identifier of the model."""
    tests = [node for node in manifest["nodes"].values() if node["resource_type"] == "test"]
    first: dict[str, str] = {}
    for test in sorted(tests, key=lambda node: str(node["unique_id"])):
        first.setdefault(test.get("attached_node") or "", test["unique_id"])
    return first


def _floor(properties: Mapping[str, Any]) -> str:
    return str(properties["config"].get("schema") or "reference")


UNIT_TESTS = "resource_type:unit_test"
# What is made of what disclosure control released, and all marts, which are checked together.
AFTER_DISCLOSURE = "source:disclosure+ fqn:doing_with.marts.*"


def indicator_assets(manifest: Path) -> list[dg.AssetsDefinition]:
    """All models and seeds in two steps, before and after disclosure control.

    dbt's tests are asset checks.
    """
    counted = _models(manifest, "dbt_models", "fqn:*", f"{UNIT_TESTS} {AFTER_DISCLOSURE}")
    shown = _models(manifest, "dbt_marts", AFTER_DISCLOSURE, UNIT_TESTS)
    return [counted, shown]


# Outcomes that are about tables which the step is about to change.
_SUITES_AFTER = {
    "dbt_models": ("disclosure", "mart", "candidate", "report"),
    "dbt_marts": ("mart", "candidate", "report"),
}


def _models(manifest: Path, name: str, select: str, exclude: str) -> dg.AssetsDefinition:
    settings = DagsterDbtTranslatorSettings(enable_asset_checks=True)

    @dbt_assets(
        manifest=manifest,
        select=select,
        exclude=exclude,
        dagster_dbt_translator=_Translator(settings=settings),
        name=name,
    )
    def models(context: dg.AssetExecutionContext, build: dg.ResourceParam[Build]) -> Iterator[Any]:
        results.forget(build.connection, *_SUITES_AFTER[name])
        build.home.built_identity.unlink(missing_ok=True)
        chosen = select.split()
        if context.is_subset:
            chosen = sorted(key.path[-1] for key in context.selected_asset_keys)
        yield from _run(context, build, chosen, exclude.split())
        identity = noted_identity(build.home.ledger_identity)
        if name == "dbt_marts" and identity is not None and not context.is_subset:
            note_identity(build.home.built_identity, identity)

    return models


def _run(
    context: dg.AssetExecutionContext, build: Build, select: list[str], exclude: list[str]
) -> Iterator[Any]:
    ran = build_models(build, select, exclude, context.log.warning)
    yield from _asset_events(context, ran.nodes, _row_counts(build))
    if not ran.success:
        raise dg.Failure(ran.what_failed(), allow_retries=False)


def _row_counts(build: Build) -> dict[str, int]:
    """Rows of every table of the build, by name; views are not counted, they cost a scan."""
    rows = build.connection.execute(
        "select table_name, estimated_size from duckdb_tables() where not temporary"
    ).fetchall()
    return dict(rows)


def _asset_events(
    context: dg.AssetExecutionContext, nodes: list[Any], row_counts: Mapping[str, int]
) -> Iterator[Any]:
    keys = {key.path[-1]: key for key in context.selected_asset_keys}
    for result in nodes:
        node = result.node
        is_built = node.resource_type in ("model", "seed") and str(result.status) == "success"
        if is_built and node.name in keys:
            yield dg.MaterializeResult(
                asset_key=keys[node.name],
                metadata=_model_metadata(result, row_counts.get(node.name)),
            )
    tests: dict[str, list[Any]] = {}
    for result in nodes:
        if result.node.resource_type == "test":
            tests.setdefault(_tested_model(result.node), []).append(result)
    for check in sorted(context.selected_asset_check_keys):
        yield _check_result(check, tests.get(check.asset_key.path[-1], []))


def _model_metadata(result: Any, rows: int | None) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "relation": result.node.relation_name,
        "seconds": round(result.execution_time, 3),
    }
    if rows is not None:
        metadata["dagster/row_count"] = rows
    return metadata


def _tested_model(test: Any) -> str:
    attached = test.attached_node or ""
    return str(attached).rsplit(".", 1)[-1]


def _check_result(check: dg.AssetCheckKey, tests: list[Any]) -> dg.AssetCheckResult:
    """A model's tests as one result; a model whose tests did not run has failed."""
    failed = [test.node.name for test in tests if str(test.status) in ("fail", "error", "skipped")]
    warned = [test.node.name for test in tests if str(test.status) == "warn"]
    records = [
        dg.TableRecord(
            {
                "test": test.node.name,
                "status": str(test.status),
                "failing_rows": test.failures or 0,
                "message": test.message or "",
            }
        )
        for test in tests
    ]
    return dg.AssetCheckResult(
        asset_key=check.asset_key,
        check_name=check.name,
        passed=bool(tests) and not failed and not warned,
        severity=dg.AssetCheckSeverity.ERROR if failed or not tests else dg.AssetCheckSeverity.WARN,
        description="; ".join(failed + warned) or ("did not run" if not tests else "all passed"),
        metadata={"tests": dg.MetadataValue.table(records or [dg.TableRecord({"test": "none"})])},
    )
