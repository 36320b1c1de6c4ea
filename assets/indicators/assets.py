"""The dbt project as Dagster assets."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets

from assets.home import Build
from assets.identity import note_identity, noted_identity
from assets.indicators.code_of_build import is_of_other_code, note_code
from assets.indicators.column_lineage import (
    KeptLineage,
    MadeOf,
    Table,
    columns_of_build,
    described,
    looked_into,
)
from assets.indicators.dbt_run import build_models
from expectations import results

_CHECK = "dbt_tests"
_NEWEST = dg.AssetKey(["marts", "latest_values"])


class _Translator(DagsterDbtTranslator):
    """Groups by floor of the house, owners and kinds; sources keep the keys of the extracts."""

    def __init__(self, project: Path) -> None:
        super().__init__(settings=DagsterDbtTranslatorSettings(enable_asset_checks=True))
        self._project = project

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

    def get_metadata(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, Any]:
        """Columns, and where the SQL of a model and its description are written."""
        files = [dbt_resource_props["original_file_path"]]
        if patched := dbt_resource_props.get("patch_path"):
            files.append(patched.partition("://")[2])
        written: list[dg.LocalFileCodeReference | dg.UrlCodeReference] = [
            dg.LocalFileCodeReference(file_path=str(self._project / file), label=Path(file).name)
            for file in files
        ]
        # Where a definition describes a column the UI shows that and not what a night says of it,
        # which is more: what the column is made of.
        named = {
            name: {**column, "description": None}
            for name, column in dbt_resource_props.get("columns", {}).items()
        }
        return {
            **super().get_metadata({**dbt_resource_props, "columns": named}),
            "dagster/code_references": dg.CodeReferencesMetadataValue(code_references=written),
        }

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
    # Settings put the target folder into the project.
    translator = _Translator(manifest.parents[1])
    tables = _tables(manifest, translator)

    @dbt_assets(
        manifest=manifest,
        select=select,
        exclude=exclude,
        dagster_dbt_translator=translator,
        name=name,
    )
    def models(context: dg.AssetExecutionContext, build: dg.ResourceParam[Build]) -> Iterator[Any]:
        results.forget(build.connection, *_SUITES_AFTER[name])
        build.home.built_identity.unlink(missing_ok=True)
        chosen = select.split()
        if context.is_subset:
            chosen = sorted(key.path[-1] for key in context.selected_asset_keys)
        anew = is_of_other_code(build)
        if anew:
            context.log.info("models or code are other than before: everything is built anew")
        yield from _run(context, build, tables, chosen, exclude.split(), anew=anew)
        if name == "dbt_models" and not context.is_subset:
            note_code(build)
        identity = noted_identity(build.home.ledger_identity)
        if name == "dbt_marts" and identity is not None and not context.is_subset:
            note_identity(build.home.built_identity, identity)

    return models


_Tables = Mapping[str, tuple[Table, dg.AssetKey]]


def _tables(manifest: Path, translator: _Translator) -> _Tables:
    """Schema, name and asset of every table that models make or read, by dbt's identifier."""
    parsed = json.loads(manifest.read_text(encoding="utf-8"))
    made = [n for n in parsed["nodes"].values() if n["resource_type"] in ("model", "seed")]
    return {
        node["unique_id"]: ((node["schema"], node["name"]), translator.get_asset_key(node))
        for node in (*made, *parsed["sources"].values())
    }


def _run(
    context: dg.AssetExecutionContext,
    build: Build,
    tables: _Tables,
    select: list[str],
    exclude: list[str],
    *,
    anew: bool,
) -> Iterator[Any]:
    ran = build_models(build, select, exclude, context.log.warning, anew=anew)
    of_columns = _metadata_of_columns(build, tables, ran.nodes, context.log.warning)
    for identifier in of_columns:
        if tables[identifier][1] == _NEWEST:
            of_columns[identifier] |= _values_of_england(build)
    yield from _asset_events(context, ran.nodes, _row_counts(build), of_columns)
    if not ran.success:
        raise dg.Failure(ran.what_failed(), allow_retries=False)


def _row_counts(build: Build) -> dict[str, int]:
    """Rows of every table of the build, by name; views are not counted, they cost a scan."""
    rows = build.connection.execute(
        "select table_name, estimated_size from duckdb_tables() where not temporary"
    ).fetchall()
    return dict(rows)


def _metadata_of_columns(
    build: Build, tables: _Tables, nodes: list[Any], warn: Callable[[str], None]
) -> dict[str, dict[str, Any]]:
    """Types of the columns of each model or seed, and what they are made of, by identifier."""
    columns = columns_of_build(build.connection)
    kept = KeptLineage(build.dbt_target / "column_lineage.json")
    keys = dict(tables.values())
    found: dict[str, dict[str, Any]] = {}
    for node in (result.node for result in nodes if result.node.unique_id in tables):
        types = columns.get((node.schema, node.name), {})
        made_of = None
        if node.resource_type == "model" and node.compiled_code:
            parents = [tables[one][0] for one in node.depends_on.nodes if one in tables]
            read = [*parents, *looked_into((node.schema, node.name), parents, columns)]
            of_read = {table: columns.get(table, {}) for table in read}
            made_of = kept.of(node.name, node.compiled_code, of_read, warn)
        found[node.unique_id] = {
            "dagster/column_schema": _column_schema(types, node.columns, made_of or {})
        }
        if made_of is not None:
            found[node.unique_id]["dagster/column_lineage"] = dg.TableColumnLineage(
                {
                    column: [
                        dg.TableColumnDep(keys[schema, table], name)
                        for schema, table, name in origins
                        if (schema, table) in keys
                    ]
                    for column, origins in made_of.items()
                    if column in types
                }
            )
    kept.keep()
    return found


def _column_schema(
    types: Mapping[str, str], columns: Mapping[str, Any], made_of: MadeOf
) -> dg.TableSchema:
    """Columns with their types, what dbt's project says of them, and what they are made of.

    Dagster's open-source UI draws no lineage of columns, so it is told in words as well.
    """
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name,
                kind.lower(),
                described(
                    columns[name].description if name in columns else "", made_of.get(name, ())
                ),
            )
            for name, kind in types.items()
        ]
    )


def _values_of_england(build: Build) -> dict[str, float]:
    """The newest value of each indicator for England, so that the UI plots it over time."""
    return dict(
        build.connection.execute(
            "select 'England ' || indicator_id, arg_max(value, period_end) "
            "from marts.latest_values "
            "where area_type = 'england' and category = 'all' and value is not null "
            "group by indicator_id order by indicator_id"
        ).fetchall()
    )


def _asset_events(
    context: dg.AssetExecutionContext,
    nodes: list[Any],
    row_counts: Mapping[str, int],
    of_columns: Mapping[str, Mapping[str, Any]],
) -> Iterator[Any]:
    keys = {key.path[-1]: key for key in context.selected_asset_keys}
    for result in nodes:
        node = result.node
        is_built = node.resource_type in ("model", "seed") and str(result.status) == "success"
        if is_built and node.name in keys:
            yield dg.MaterializeResult(
                asset_key=keys[node.name],
                metadata={
                    **_model_metadata(result, row_counts.get(node.name)),
                    **of_columns.get(node.unique_id, {}),
                },
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
