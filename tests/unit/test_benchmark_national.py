"""What the national benchmark says of a process and those it starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.national.measuring import StepFailedError, measured

# A child that holds memory beside its parent, computes, writes, and is over before its parent is.
_FAMILY = """
import subprocess, sys, time
held = b"x" * 60_000_000
child = (
    "import time; held = b'y' * 90_000_000; began = time.process_time()\\n"
    "while time.process_time() - began < 0.5: pass\\n"
    "open(0, 'wb').write(b'z' * 7_000_000); time.sleep(0.5)"
)
with open(sys.argv[1], "wb") as output:
    subprocess.run([sys.executable, "-c", child], stdin=output, check=True)
del held
with open(sys.argv[1], "rb") as found:
    found.read()
time.sleep(0.5)
"""

# A child that uses what its parent holds, and has no copy of it.
_SHARING = """
import os, time
held = b"x" * 80_000_000
child = os.fork()
time.sleep(0.6)
if child:
    os.waitpid(child, 0)
"""


def test_a_process_and_its_children_are_added_up(tmp_path: Path) -> None:
    took = measured(["-c", _FAMILY, str(tmp_path / "written")], tmp_path / "log")
    # Both at once hold 150, neither as much.
    assert 150 < took.peak_together_mb < 190
    assert 90 < took.peak_mb < 140
    assert took.samples[-1].memory_bytes == 0
    # The child is gone when the last sample is taken; what it used and wrote stays counted.
    last = took.samples[-1]
    assert last.cpu_seconds == pytest.approx(took.cpu_seconds, abs=0.1)
    assert last.cpu_seconds > 0.5
    assert 7 <= took.written_mb < 8
    assert took.read_mb > 7
    assert took.samples[0].read_bytes < last.read_bytes


def test_memory_that_processes_share_is_counted_once(tmp_path: Path) -> None:
    took = measured(["-c", _SHARING], tmp_path / "log")
    assert 80 < took.peak_together_mb < 110


def test_a_command_that_ends_badly_is_told_with_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(StepFailedError, match=r"ended with 3:\nnothing there"):
        measured(["-c", "print('nothing there'); raise SystemExit(3)"], tmp_path / "log")
