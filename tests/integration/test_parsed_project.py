"""The parsed dbt project, which everything that starts needs."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assets.indicators.manifest import current_manifest

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
_PARSES = """
import sys
from pathlib import Path
from assets.indicators.manifest import current_manifest
project = Path(sys.argv[1])
current_manifest(project, project / "target")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project as it is checked out: nothing of it is parsed."""
    return shutil.copytree(
        PROJECT, tmp_path / "dbt_project", ignore=shutil.ignore_patterns("target", "logs")
    )


def begin_parsing(project: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", _PARSES, str(project)], cwd=PROJECT.parent)


def test_services_that_start_together_parse_a_new_checkout_once(project: Path) -> None:
    services = [begin_parsing(project) for _ in range(2)]
    assert [service.wait(300) for service in services] == [0, 0]
    target = project / "target"
    assert (target / "logs" / "dbt.log").read_text().count("Running with dbt=") == 1
    assert json.loads(current_manifest(project, target).read_text())["nodes"]


def test_what_a_killed_parsing_left_is_not_taken_for_the_project(project: Path) -> None:
    target = project / "target"
    manifest = current_manifest(project, target)
    settings = project / "dbt_project.yml"
    as_it_was = settings.read_text()
    settings.write_text(as_it_was + "\n# changed\n")
    parsing = begin_parsing(project)
    while (target / "parsed_from.txt").exists():
        assert parsing.poll() is None
        time.sleep(0.01)
    parsing.kill()
    parsing.wait()
    # It was about to write; then somebody takes the change back.
    manifest.write_text(manifest.read_text()[:1000])
    settings.write_text(as_it_was)
    assert json.loads(current_manifest(project, target).read_text())["nodes"]
