"""The platform as Dagster sees it."""

import logging
from collections.abc import Mapping
from pathlib import Path

import dagster as dg
from dagster._utils.warnings import disable_dagster_warnings

from assets.extracts.assets import extract_assets
from assets.extracts.contract_model.contract import Contract
from assets.extracts.contract_model.contract_files import load_contracts
from assets.extracts.freshness_check import freshness_check
from assets.identity import identity_of_code
from assets.indicators.assets import indicator_assets
from assets.indicators.manifest import current_manifest
from assets.indicators.union import write_union
from assets.release.assets import candidate, release
from assets.release.disclosure.assets import released_counts
from assets.release.gate import gate_checks
from assets.release.internal import internal_release_asset
from assets.reports.assets import REPORT, report
from assets.reports.exposures import page_families
from orchestration.automation import automation
from orchestration.code_references import with_code_references
from orchestration.inquiry_jobs import inquiry_jobs
from orchestration.jobs import jobs, jobs_of_extracts
from orchestration.operator_jobs import operator_jobs
from orchestration.progress import progress_logger
from orchestration.resources import build_resource
from orchestration.settings import PROJECT, Settings


def build_definitions(settings: Settings) -> dg.Definitions:
    """Everything that can be run, for given settings; parses the dbt project when it changed."""
    # The client library logs every address with its query, which may hold a signature.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    # In a new checkout the unions are missing. Written after the code was hashed, they would be
    # other code to the second night.
    write_union(settings.dbt_project)
    # Before dbt parses: what changes meanwhile is other code to the next who loads them.
    code = identity_of_code(settings.dbt_project, PROJECT / "uv.lock")
    manifest = current_manifest(settings.dbt_project, settings.dbt_target)
    # References to code are beta in Dagster 1.13, and it says so for each asset.
    with disable_dagster_warnings():
        return _definitions(settings, code, manifest, load_contracts(settings.contracts))


def _definitions(
    settings: Settings, code: str, manifest: Path, contracts: Mapping[str, Contract]
) -> dg.Definitions:
    home = str(settings.place.folder)
    before_dbt, after_dbt = gate_checks(contracts, manifest)
    of_extracts = []
    if settings.job_per_extract:
        of_extracts = jobs_of_extracts(home, contracts, before_dbt)
    internal = []
    if settings.internal_release:
        internal = [internal_release_asset(manifest, settings.internal_group)]
    assets: list[dg.AssetsDefinition | dg.AssetSpec] = [
        *extract_assets(contracts),
        *indicator_assets(manifest),
        released_counts,
        candidate,
        report,
        release,
        *page_families(manifest, REPORT),
        *internal,
    ]
    return dg.Definitions(
        assets=with_code_references(assets, settings.contracts, settings.source_address),
        asset_checks=[freshness_check(contracts), before_dbt, after_dbt],
        jobs=[*jobs(home), *of_extracts, *operator_jobs(settings), *inquiry_jobs(settings)],
        resources={"build": build_resource(settings, code)},
        loggers={"console": dg.colored_console_logger, "progress": progress_logger},
        executor=dg.in_process_executor,
    )


@dg.definitions
def definitions() -> dg.Definitions:
    """What Dagster's servers load: everything, and what starts by itself in their environment.

    An environment that is not declared is refused first of all.
    """
    settings = Settings()
    starting = automation(settings)
    return dg.Definitions.merge(build_definitions(settings), starting)
