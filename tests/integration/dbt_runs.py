"""dbt on a warehouse of a finished night."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from dbt_process import run_dbt
from night import Night

from assets.home import Home


@dataclass(frozen=True)
class Models:
    """A dbt project and the warehouse it builds in; both may be changed."""

    project: Path
    warehouse: Path

    def dbt(self, *arguments: str) -> dict[str, str]:
        """Run dbt; the status of every node by its name, with the message where it is not well."""
        run_dbt(self.project, self.warehouse, *arguments)
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
