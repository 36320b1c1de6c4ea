"""The platform as Dagster sees it."""

import logging

import dagster as dg

from assets.extracts.assets import extract_assets
from assets.extracts.contract_model.contract_files import load_contracts
from assets.indicators.assets import indicator_assets
from assets.indicators.manifest import current_manifest
from assets.release.assets import candidate, release
from assets.release.disclosure.assets import released_counts
from assets.release.gate import gate_checks
from assets.release.internal import internal_release_asset
from assets.reports.assets import REPORT, report
from assets.reports.exposures import page_families
from orchestration.jobs import jobs, nightly_schedule
from orchestration.resources import build_resource
from orchestration.settings import Settings


def build_definitions(settings: Settings) -> dg.Definitions:
    """Everything wired for given settings; parses the dbt project when it changed."""
    # The client library logs every address with its query, which may hold a signature.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    manifest = current_manifest(settings.dbt_project, settings.dbt_target)
    contracts = load_contracts(settings.contracts)
    internal = []
    if settings.internal_release:
        internal = [internal_release_asset(manifest, settings.internal_group)]
    return dg.Definitions(
        assets=[
            *extract_assets(contracts),
            *indicator_assets(manifest),
            released_counts,
            candidate,
            report,
            release,
            *page_families(manifest, REPORT),
            *internal,
        ],
        asset_checks=gate_checks(contracts, manifest),
        jobs=jobs(),
        schedules=[nightly_schedule()],
        resources={"build": build_resource(settings)},
        executor=dg.in_process_executor,
    )


@dg.definitions
def definitions() -> dg.Definitions:
    """The definitions that Dagster loads, for the settings of its environment."""
    return build_definitions(Settings())
