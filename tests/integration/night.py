"""A night: one landing zone, one home and one dbt project, for the whole nightly job."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

ROOT = Path(__file__).resolve().parents[2]
AS_OF = "2025-11-01"


@dataclass
class Night:
    """One landing zone, one home and one dbt project, for the whole nightly job."""

    landing: Path
    home: Path
    dbt_project: Path

    def start(self, output: Path) -> subprocess.Popen[bytes]:
        """Start the nightly job in a process group of its own, its output in a file."""
        environment = {
            **os.environ,
            "DOING_WITH_DBT_PROJECT": str(self.dbt_project),
            "DOING_WITH_AS_OF": AS_OF,
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
        }
        command = [sys.executable, "-m", "orchestration.command_line", "run"]
        command += ["--landing", str(self.landing), "--home", str(self.home)]
        with output.open("wb") as log:
            return subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def run(self, output: Path) -> tuple[int, str]:
        """Run the nightly job to its end; exit code and everything it said."""
        process = self.start(output)
        code = process.wait(timeout=300)
        return code, output.read_text(errors="replace")

    @property
    def releases(self) -> Path:
        return self.home / "releases"

    def current(self) -> str:
        """Version of the release in force."""
        return os.readlink(self.releases / "current")

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the release in force, as an analyst would."""
        database = self.releases / "current" / "doing_with.duckdb"
        with duckdb.connect(str(database), read_only=True) as connection:
            return connection.execute(sql).fetchall()


def copy_home(source: Path, target: Path) -> Path:
    """A copy of a home, with its read-only releases and relative links as they are.

    Dagster's records name the home they were made in and the build can be made again, so neither
    is copied.
    """
    shutil.copytree(
        source, target, symlinks=True, ignore=shutil.ignore_patterns("dagster", "build")
    )
    return target


def make_writable(folder: Path) -> None:
    """Give the owner all rights below a folder, so that it can be removed or damaged."""
    for root, _, files in os.walk(folder):
        Path(root).chmod(stat.S_IRWXU)
        for name in files:
            if not Path(root, name).is_symlink():
                Path(root, name).chmod(stat.S_IRUSR | stat.S_IWUSR)
