"""What the national benchmark says of a night and its stages, from small examples by hand."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest

from assets.folders import Home
from benchmarks.national import processes
from benchmarks.national.measuring import StepFailedError, measured
from benchmarks.national.nights import steps_of_newest_run
from benchmarks.national.processes import Sample
from benchmarks.national.stages import OUTSIDE_STEPS, Step, Use, table, use_by_stage
from orchestration.instance import open_instance

MILLION = 1_000_000

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

# One process that says last what it held at most, in kilobytes.
_ALONE = """
import time, duckdb
held = b"x" * 80_000_000
time.sleep(0.6)
print([line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")][0])
"""

# Of a night of ten seconds: memory falls after the sixth, one CPU of two is used, then both.
SAMPLES = [
    Sample(at, cpu_seconds, memory * MILLION, 0, read * MILLION, written * MILLION)
    for at, cpu_seconds, memory, read, written in [
        (100.0, 0.0, 100, 0, 0),
        (104.0, 4.0, 300, 40, 0),
        (106.0, 8.0, 900, 60, 10),
        (110.0, 16.0, 100, 60, 50),
    ]
]


def test_a_process_and_its_children_are_added_up(tmp_path: Path) -> None:
    took = measured(["-c", _FAMILY, str(tmp_path / "written")], tmp_path / "log")
    # Both at once hold 150, neither as much.
    assert 150 < took.peak_together_mb < 190
    assert 90 < took.peak_mb < 120
    assert took.samples[-1].memory_bytes == 0
    # The child is gone when the last sample is taken; what it used and wrote stays counted.
    last = took.samples[-1]
    assert last.cpu_seconds == pytest.approx(took.cpu_seconds, abs=0.1)
    assert last.cpu_seconds > 0.5
    assert 7 <= took.written_mb < 8
    assert took.read_mb > 7
    assert took.samples[0].read_bytes < last.read_bytes


def test_memory_of_the_benchmark_itself_is_not_in_what_it_measures(tmp_path: Path) -> None:
    held = b"x" * 300 * MILLION
    took = measured(["-c", _ALONE], tmp_path / "log")
    del held
    peak_mb = int((tmp_path / "log").read_text()) * 1024 / 1e6
    assert 80 < peak_mb < 250
    # Libraries that both use are memory of the process all the same.
    assert took.peak_mb == pytest.approx(peak_mb, rel=0.02)
    assert took.peak_together_mb == pytest.approx(peak_mb, rel=0.02)


def test_mapped_libraries_count_once_and_strangers_not_at_all(tmp_path: Path) -> None:
    def running(number: int, parent: int, name: str, own: int, mapped: int) -> None:
        folder = tmp_path / str(number)
        folder.mkdir()
        ticks = "3 4 20 30"
        (folder / "stat").write_text(f"{number} ({name}) S {parent} {'0 ' * 9}{ticks} 0 0\n")
        (folder / "status").write_text(
            f"Name:\t{name}\nVmHWM:\t{own + mapped} kB\nRssAnon:\t{own} kB\n"
            f"RssFile:\t{mapped} kB\nRssShmem:\t0 kB\n"
        )
        (folder / "io").write_text("rchar: 5\nwchar: 7\nread_bytes: 4096\nwrite_bytes: 0\n")

    running(20, parent=1, name="night", own=100, mapped=40)
    running(9, parent=20, name="part) 1 (of 2", own=200, mapped=50)
    running(30, parent=9, name="part of a part", own=10, mapped=50)
    running(40, parent=1, name="stranger", own=7000, mapped=7000)
    # One that ended since its folder was listed.
    (tmp_path / "50").mkdir()
    (tmp_path / "uptime").write_text("1 2\n")
    found = processes.sample(20, tmp_path)
    assert found.memory_bytes == (100 + 200 + 10 + 50) * 1024
    assert found.largest_bytes == (200 + 50) * 1024
    assert (found.read_bytes, found.written_bytes) == (15, 21)
    assert found.cpu_seconds == 3 * (3 + 4 + 20 + 30) / os.sysconf("SC_CLK_TCK")


def test_a_command_that_ends_badly_is_told_with_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(StepFailedError, match=r"ended with 3:\nnothing there"):
        measured(["-c", "print('nothing there'); raise SystemExit(3)"], tmp_path / "log")


def test_a_stage_took_what_was_used_while_its_steps_ran() -> None:
    steps = [
        Step("raw__a", "ingest", began=101.0, ended=103.0, rows=20),
        Step("dbt_marts", "models", began=105.0, ended=109.0),
        Step("ledger", "ingest", began=103.0, ended=105.0, rows=3),
    ]
    assert use_by_stage(steps, SAMPLES) == {
        "ingest": Use(4.0, 5.0, 600.0, 40.0, 5.0, 23),
        "models": Use(4.0, 8.0, 900.0, 10.0, 35.0, None),
        OUTSIDE_STEPS: Use(2.0, 3.0, 300.0, 10.0, 10.0, None),
    }


def test_a_step_between_two_samples_holds_what_they_suggest() -> None:
    step = Step("freshness", "gate", began=104.5, ended=105.0)
    assert use_by_stage([step], SAMPLES)["gate"] == Use(0.5, 1.0, 600.0, 5.0, 2.5, None)


def test_a_stage_gives_nothing_back_where_a_process_was_missed_in_a_sample() -> None:
    missed = replace(SAMPLES[1], at=105.0, cpu_seconds=1.0, read_bytes=0)
    steps = [Step("a", "first", 100.0, 104.0), Step("b", "second", 104.0, 105.0)]
    stages = use_by_stage(steps, [*SAMPLES[:2], missed, *SAMPLES[2:]])
    assert (stages["first"].cpu_seconds, stages["second"].cpu_seconds) == (4.0, 0.0)
    assert stages["second"].read_mb == 0.0
    assert sum(use.cpu_seconds for use in stages.values()) == 16.0


def test_of_a_night_without_steps_everything_is_outside_them() -> None:
    assert use_by_stage([], SAMPLES) == {OUTSIDE_STEPS: Use(10.0, 16.0, 900.0, 60.0, 50.0, None)}


def test_the_table_has_a_line_for_each_stage_and_no_rows_where_none_are_known() -> None:
    stages = {
        "ingest": Use(140.25, 150.0, 1812.4, 1200.0, 900.0, 1_250_000),
        "report": Use(12.0, 20.5, 600.0, 5.0, 70.0, None),
    }
    assert list(table(stages)) == [
        "stage                 seconds    CPU s  peak MB  read MB  written MB          rows",
        "ingest                  140.2    150.0    1,812    1,200         900     1,250,000",
        "report                   12.0     20.5      600        5          70",
    ]


def test_a_step_has_the_rows_of_all_tables_that_it_left(tmp_path: Path) -> None:
    @dg.multi_asset(name="ledger", specs=[dg.AssetSpec("editions"), dg.AssetSpec("landing_files")])
    def ledger() -> tuple[dg.MaterializeResult[None], dg.MaterializeResult[None]]:
        return (
            dg.MaterializeResult(asset_key="editions", metadata={"dagster/row_count": 4}),
            dg.MaterializeResult(asset_key="landing_files", metadata={"dagster/row_count": 5}),
        )

    @dg.asset(key=["reports", "report"], deps=[ledger])
    def report() -> dg.MaterializeResult[None]:
        return dg.MaterializeResult(metadata={"pages": 7})

    home = Home(tmp_path)
    with open_instance(home) as instance:
        dg.materialize([ledger, report], instance=instance)
    steps = {step.name: step for step in steps_of_newest_run(home)}
    assert {name: (step.stage, step.rows) for name, step in steps.items()} == {
        "ledger": ("ingest", 9),
        "reports__report": ("report", None),
    }
    assert steps["ledger"].began < steps["ledger"].ended <= steps["reports__report"].began
