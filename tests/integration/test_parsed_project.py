"""The parsed dbt project, which everything that starts needs."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assets.indicators import manifest
from assets.indicators.manifest import current_manifest

# Each parses the whole project, some more than once.
pytestmark = pytest.mark.slow

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
_PARSES = """
import sys
from pathlib import Path
from assets.indicators.manifest import current_manifest
project = Path(sys.argv[1])
sys.stdin.readline()
current_manifest(project, project / "target")
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project as it is checked out: nothing of it is parsed."""
    # To parse it says where its warehouse would be.
    monkeypatch.setenv("DOING_WITH_WAREHOUSE", "")
    return shutil.copytree(
        PROJECT, tmp_path / "dbt_project", ignore=shutil.ignore_patterns("target", "logs")
    )


def begin_parsing(project: Path) -> subprocess.Popen[bytes]:
    """A process that waits for a line before it parses."""
    arguments = [sys.executable, "-c", _PARSES, str(project)]
    return subprocess.Popen(arguments, cwd=PROJECT.parent, stdin=subprocess.PIPE)


def tell(service: subprocess.Popen[bytes]) -> None:
    assert service.stdin is not None
    with service.stdin:
        service.stdin.write(b"now\n")


def test_services_that_start_together_parse_a_new_checkout_once(project: Path) -> None:
    services = [begin_parsing(project) for _ in range(2)]
    for service in services:
        tell(service)
    assert [service.wait(300) for service in services] == [0, 0]
    target = project / "target"
    assert (target / "logs" / "dbt.log").read_text().count("Running with dbt=") == 1
    assert json.loads(current_manifest(project, target).read_text())["nodes"]


def test_what_changed_while_it_was_parsed_is_parsed_again(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, settings = project / "target", project / "dbt_project.yml"
    parse = manifest._parse

    def parses_while_somebody_writes(project: Path, target: Path) -> None:
        parse(project, target)
        settings.write_text(settings.read_text() + "\n# changed\n")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(manifest, "_parse", parses_while_somebody_writes)
        current_manifest(project, target)
    assert not (target / "parsed_from.txt").exists()
    current_manifest(project, target)
    assert (target / "parsed_from.txt").exists()


def test_what_a_killed_parsing_left_is_not_taken_for_the_project(project: Path) -> None:
    target = project / "target"
    parsed = current_manifest(project, target)
    settings = project / "dbt_project.yml"
    as_it_was = settings.read_text()
    settings.write_text(as_it_was + "\n# changed\n")
    parsing = begin_parsing(project)
    tell(parsing)
    deadline = time.monotonic() + 120
    while (target / "parsed_from.txt").exists():
        assert parsing.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    parsing.kill()
    parsing.wait()
    # It was about to write; then somebody takes the change back.
    parsed.write_text(parsed.read_text()[:1000])
    settings.write_text(as_it_was)
    assert json.loads(current_manifest(project, target).read_text())["nodes"]
