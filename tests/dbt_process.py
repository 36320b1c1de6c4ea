"""dbt in a process of its own, as the platform runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# What is parsed serves for every warehouse, wherever it lies.
_DBT = """
import os
import sys
from pathlib import Path

from dbt.cli.main import dbtRunner

from assets.indicators.manifest import current_manifest, dbt_folders, parsed_project

project, warehouse, *arguments = sys.argv[1:]
target = Path(project) / "target"
current_manifest(Path(project), target)
os.environ["DOING_WITH_WAREHOUSE"] = warehouse
ran = dbtRunner(parsed_project(target)).invoke([*arguments, *dbt_folders(Path(project), target)])
sys.exit(2 if ran.exception else int(not ran.success))
"""


def run_dbt(project: Path, warehouse: Path, *arguments: str) -> int:
    """Run dbt on a project of the test's own; 1 when a node did not do well."""
    command = [sys.executable, "-c", _DBT, str(project), str(warehouse)]
    ran = subprocess.run(
        [*command, "--quiet", "--no-use-colors", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode in (0, 1), ran.stdout[-3000:] + ran.stderr[-3000:]
    return ran.returncode
