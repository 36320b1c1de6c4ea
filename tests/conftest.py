"""What all tests share: the dbt project, parsed once."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from dbt_process import run_dbt
from filelock import FileLock

PROJECT = Path(__file__).resolve().parents[1] / "dbt_project"


@pytest.fixture(scope="session")
def parsed_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the dbt project, parsed once for all processes of the suite: copy it again.

    To parse it takes a quarter of a minute.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    project, is_made = folder / "parsed" / "dbt_project", folder / "parsed" / "made"
    with FileLock(folder / "parsed.lock"):
        if not is_made.exists():
            shutil.rmtree(project.parent, ignore_errors=True)
            shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
            run_dbt(project, project.parent / "warehouse.duckdb", "list", "--select", "seeds")
            is_made.touch()
    return project
