"""A night: one landing zone, one home and one dbt project, for the whole nightly job."""

from __future__ import annotations

import fnmatch
import os
import re
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

ROOT = Path(__file__).resolve().parents[2]
AS_OF = "2025-11-01"
# Half a minute where nothing else goes on; a machine that is shared takes many times that.
_MOST_SECONDS = 900


@dataclass
class Night:
    """One landing zone, one home and one dbt project, for the whole nightly job."""

    landing: Path
    home: Path
    dbt_project: Path
    makes_internal_release: bool = False

    def start(self, output: Path) -> subprocess.Popen[bytes]:
        """Start the nightly job in a process group of its own, its output in a file."""
        environment = {
            **os.environ,
            "DOING_WITH_DBT_PROJECT": str(self.dbt_project),
            "DOING_WITH_AS_OF": AS_OF,
            "DOING_WITH_INTERNAL_RELEASE": str(self.makes_internal_release),
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
        try:
            code = process.wait(timeout=_MOST_SECONDS)
        finally:
            if process.poll() is None:
                # Nothing goes on in a home that another test may take over.
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
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


def left_out_of_nights(folder: str, names: list[str]) -> list[str]:
    """Most files that are alike or that no model reads: nights are many."""
    match Path(folder).name:
        case "landing":
            return ["census", "fingertips", "gp-appointments", "gp-payments", "phb"]
        case "gpps":
            # A year from before the break of 2024 too: some faults of the gate strike only there.
            kept = "202[45]_(National|ICS|Practice)|2023_Practice"
            return [name for name in names if not re.search(kept, name)]
        case _:
            return []


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


def revise_list_sizes(landing: Path) -> None:
    """Another number of patients for one practice, so that there is something to publish."""
    path = landing / "gp-list-size" / "gp-reg-pat-prac-all_2025-09.csv"
    lines = path.read_bytes().splitlines(keepends=True)
    lines[1] = lines[1].rpartition(b",")[0] + b",3676\r\n"
    path.write_bytes(b"".join(lines))


def runs_of(home: Path) -> set[Path]:
    """Dagster's records of the runs of a home, one file each."""
    found = (home / "dagster" / "history" / "runs").glob("*.db")
    return {path for path in found if path.stem != "index"}


def steps_started(run: Path) -> list[str]:
    """Steps that a run has started, from Dagster's own record of it."""
    try:
        with closing(sqlite3.connect(f"file:{run}?mode=ro", uri=True)) as connection:
            found = connection.execute(
                "select step_key from event_logs where dagster_event_type = 'STEP_START' "
                "order by id"
            ).fetchall()
    except sqlite3.OperationalError:  # the run is only just creating it
        return []
    return [step for (step,) in found]


def kill_in(night: Night, stage: str, seconds: float, output: Path) -> tuple[int, str]:
    """Start a nightly job and kill its process group this long after a stage began.

    The stage is a pattern of names of steps.

    Gives the exit code and the step that the run was in.
    """
    before = runs_of(night.home)
    process = night.start(output)
    deadline = time.monotonic() + _MOST_SECONDS
    made: set[Path] = set()
    try:
        while process.poll() is None and time.monotonic() < deadline:
            made = runs_of(night.home) - before
            if any(fnmatch.filter(steps_started(run), stage) for run in made):
                time.sleep(seconds)
                break
            time.sleep(0.02)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    code = process.wait(timeout=30)
    [run] = made
    return code, steps_started(run)[-1]


# Asks the release that was in force when it started, again and again, until its input closes.
_READER = """
import select, sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
ask = "select count(*), count(value) from indicator_values"
first = connection.execute(ask).fetchall()
print("reading", flush=True)
times = 0
while not select.select([sys.stdin], [], [], 0.1)[0]:
    assert connection.execute(ask).fetchall() == first
    assert duckdb.connect(sys.argv[1], read_only=True).execute(ask).fetchall() == first
    times += 1
print(times, flush=True)
"""


@contextmanager
def reader(night: Night) -> Iterator[list[int]]:
    """Another process that holds the release in force open; how often it asked, at the end."""
    database = (night.releases / "current").resolve() / "doing_with.duckdb"
    process = subprocess.Popen(
        [sys.executable, "-c", _READER, str(database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    asked: list[int] = []
    assert process.stdout is not None
    assert process.stdout.readline() == "reading\n"
    try:
        yield asked
    finally:
        said, errors = process.communicate("", timeout=30)
        assert process.returncode == 0, errors
        asked.append(int(said))
