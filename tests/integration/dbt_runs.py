"""dbt on a warehouse of a finished night, in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from night import ROOT, Night

from assets.home import Home

# As the platform runs it: parsed once, wherever the warehouse lies.
_DBT = """
import os
import sys
from pathlib import Path
from dbt.cli.main import dbtRunner
from assets.indicators.manifest import current_manifest, dbt_folders, parsed_project

project = Path(sys.argv[1])
warehouse = os.environ.pop("DOING_WITH_WAREHOUSE")
current_manifest(project, project / "target")
os.environ["DOING_WITH_WAREHOUSE"] = warehouse
arguments = [*sys.argv[2:], *dbt_folders(project, project / "target")]
ran = dbtRunner(parsed_project(project / "target")).invoke(arguments)
sys.exit(2 if ran.exception else int(not ran.success))
"""


@dataclass(frozen=True)
class Models:
    """A dbt project and the warehouse it builds in; both may be changed."""

    project: Path
    warehouse: Path

    def dbt(self, *arguments: str) -> dict[str, str]:
        """Run dbt; the status of every node by its name, with the message where it is not well."""
        command = [sys.executable, "-c", _DBT, str(self.project), "--quiet", "--no-use-colors"]
        run = subprocess.run(
            [*command, *arguments],
            cwd=ROOT,
            env={**os.environ, "DOING_WITH_WAREHOUSE": str(self.warehouse)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode in (0, 1), run.stdout[-3000:] + run.stderr[-3000:]
        results = json.loads((self.project / "target" / "run_results.json").read_text())["results"]
        return {
            result["unique_id"].split(".")[-1]: result["status"]
            if result["status"] in ("success", "pass")
            else f"{result['status']}: {result['message']}"
            for result in results
        }

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the warehouse."""
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()


def models_of(night: Night, place: Path) -> Models:
    """A copy of what a night built, and of its dbt project: parsed already, so that dbt is quick.

    The views of raw extracts go on reading the editions of the night.
    """
    warehouse = place / "warehouse.duckdb"
    shutil.copy(Home(night.home).warehouse, warehouse)
    project = Path(shutil.copytree(night.dbt_project, place / "dbt_project"))
    return Models(project, warehouse)
