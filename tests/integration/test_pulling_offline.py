"""The nightly job on a machine without network that was asked to fetch."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from night import ROOT, Night, make_writable

from assets.extracts.contract_model.contract_files import CONTRACTS_FOLDER

# Nothing listens on the port "discard".
NOWHERE = "https://localhost:9"
FETCHED = {
    "reg_list_sizes": {"url": f"{NOWHERE}/gp-reg-pat-prac-all.csv"},
    "reg_practice_map": {"page": f"{NOWHERE}/maps", "link_pattern": r".*map.*\.csv"},
}


@pytest.fixture
def contracts_that_fetch(tmp_path: Path) -> Path:
    folder = Path(shutil.copytree(CONTRACTS_FOLDER, tmp_path / "contracts"))
    for extract, file in FETCHED.items():
        path = folder / f"{extract}.yml"
        text = path.read_text(encoding="utf-8")
        path.write_text(text + yaml.safe_dump({"fetch": [file]}), encoding="utf-8")
    return folder


def run(night: Night, contracts: Path, as_of: str) -> tuple[int, str]:
    """The nightly job with ``--fetch``: exit code and everything it said."""
    settings = {
        "DOING_WITH_DBT_PROJECT": str(night.dbt_project),
        "DOING_WITH_AS_OF": as_of,
        "DOING_WITH_CONTRACTS": str(contracts),
        "DOING_WITH_INTERNAL_RELEASE": "no",
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "orchestration.command_line", "run", "--fetch"]
    command += ["--landing", str(night.landing), "--home", str(night.home)]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=900,
        check=False,
    )
    return done.returncode, done.stdout.decode(errors="replace")


@pytest.mark.slow
def test_a_night_without_network_runs_on_what_it_has_and_says_what_is_late(
    sample_landing: Path, dbt_project: Path, contracts_that_fetch: Path, tmp_path: Path
) -> None:
    landing = tmp_path / "landing"
    # What is made up has no calendar, so these files are not said to be; a made-up survey would
    # be held against the printed figures of the real one.
    for folder in ("ods-reference", "gp-list-size", "pcn-workforce"):
        shutil.copytree(sample_landing / folder, landing / folder)
    (landing / "landing.yml").write_text(
        yaml.safe_dump({"files": [{"match": "*", "coverage": "partial"}]}), encoding="utf-8"
    )
    made = Night(landing, tmp_path / "home", dbt_project)
    try:
        code, said = run(made, contracts_that_fetch, "2025-11-01")
        assert code == 0, said[-3000:]
        assert f"Published release {made.current()}." in said
        [sources] = [line for line in said.splitlines() if line.startswith("  sources ")]
        for address in ("/gp-reg-pat-prac-all.csv", "/maps"):
            assert sources.count(f"{NOWHERE}{address}: the connection failed") == 1
        late = "select extract from extracts where is_late order by all"
        assert ("reg_list_sizes",) not in made.query(late)
        before = made.current()

        code, said = run(made, contracts_that_fetch, "2026-02-01")
        assert code == 0, said[-3000:]
        assert made.current() != before
        assert {("reg_list_sizes",), ("reg_practice_map",)} <= set(made.query(late))
    finally:
        make_writable(made.home)
