"""A platform of one invented extract, for servers and processes that are really there.

Settings come from the environment, as everywhere. Run as a program, it does what ``doing-with run``
does with a job of the platform.
"""

import os
import signal
import sys
import time
from pathlib import Path

import dagster as dg

from assets.extracts.assets import extract_assets
from assets.extracts.contract_model.contract_files import load_contracts
from assets.extracts.freshness_check import freshness_check
from assets.home import Build
from orchestration.automation import automation
from orchestration.instance import open_instance
from orchestration.jobs import FULL_REBUILD
from orchestration.resources import build_resource
from orchestration.settings import Settings


@dg.asset(group_name="marts", deps=[dg.AssetKey(["raw", "walks"])])
def walkers(build: dg.ResourceParam[Build]) -> dg.MaterializeResult:
    """Stands for the models: fails or is stopped if the landing zone says so; takes a moment."""
    if Path(build.landing, "stop.md").exists():
        os.kill(os.getpid(), signal.SIGINT)
    if Path(build.landing, "break.md").exists():
        raise ValueError("the marts were not built from the editions now in use")
    [(rows,)] = build.connection.execute("select count(*) from raw.walks").fetchall()
    time.sleep(1)
    return dg.MaterializeResult(metadata={"dagster/row_count": rows})


def runnable(settings: Settings) -> dg.Definitions:
    """The assets, and jobs called like those of the platform."""
    contracts = load_contracts(settings.contracts)
    ingest, everything = dg.AssetSelection.groups("extracts"), dg.AssetSelection.all()
    return dg.Definitions(
        assets=[*extract_assets(contracts), walkers],
        asset_checks=[freshness_check(contracts)],
        jobs=[
            dg.define_asset_job("nightly", selection=everything),
            dg.define_asset_job("full_rebuild", selection=everything, tags={FULL_REBUILD: "true"}),
            dg.define_asset_job("ingest", selection=ingest),
            dg.define_asset_job("build", selection=everything - ingest),
        ],
        resources={"build": build_resource(settings, "code")},
        executor=dg.in_process_executor,
    )


def run(settings: Settings, job: str) -> dg.ExecuteInProcessResult:
    """A job in this process, on record in the instance of the home."""
    with open_instance(settings.place) as instance:
        found = runnable(settings).resolve_job_def(job)
        return found.execute_in_process(instance=instance, raise_on_error=False)


@dg.definitions
def definitions() -> dg.Definitions:
    """What servers load."""
    settings = Settings()
    return dg.Definitions.merge(runnable(settings), automation(settings))


if __name__ == "__main__":
    sys.exit(0 if run(Settings(), sys.argv[1]).success else 1)
