"""Parse the dbt project where it is installed, so that no service has to write there."""

from assets.indicators.manifest import current_manifest
from orchestration.settings import PROJECT

if __name__ == "__main__":
    current_manifest(PROJECT / "dbt_project", PROJECT / "dbt_project" / "target")
