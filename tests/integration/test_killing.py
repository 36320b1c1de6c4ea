"""Kills, readers and repetition: whatever happens to a run, the last good release stands.

The tests of this module go on where the one before stopped, on one home: a run is killed in each
stage, and the next one has to cope with what was left.
"""

from __future__ import annotations

import json
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from fnmatch import fnmatch
from pathlib import Path

import pytest
from night import (
    Night,
    copy_home,
    kill_in,
    make_writable,
    reader,
    revise_list_sizes,
    runs_of,
    steps_started,
)

pytestmark = pytest.mark.slow

TODAY = date.today().toordinal()
LATER_STAGES = [("dbt_models", 3.0), ("dbt_marts", 1.0), ("build_rules", 0.3), ("release__*", 0.0)]


@pytest.fixture(scope="module")
def struck(baseline: Night, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """A copy of the baseline with one revised file, so that there is something to publish."""
    place = tmp_path_factory.mktemp("struck")
    landing = Path(shutil.copytree(baseline.landing, place / "landing"))
    revise_list_sizes(landing)
    made = Night(landing, copy_home(baseline.home, place / "home"), baseline.dbt_project)
    yield made
    make_writable(made.home)


def content_of(night: Night) -> list[tuple[object, ...]]:
    return night.query("select * from indicator_values order by all")


@pytest.mark.parametrize(
    ("stage", "seconds"),
    [
        pytest.param("raw__*", 1.0, id="ingest"),
        # Nothing is published before the last stage, however far the run has come: another of them
        # every day.
        pytest.param(*LATER_STAGES[TODAY % len(LATER_STAGES)], marks=pytest.mark.slow),
    ],
)
def test_a_killed_run_leaves_the_last_good_release(
    struck: Night, baseline: Night, tmp_path: Path, stage: str, seconds: float
) -> None:
    code, reached = kill_in(struck, stage, seconds, tmp_path / "output.txt")

    assert code == -signal.SIGKILL, "the run ended before it was killed"
    assert fnmatch(reached, stage)
    assert struck.current() == baseline.current()
    assert content_of(struck) == content_of(baseline)


@pytest.mark.slow
def test_the_next_run_publishes_without_hand_work_while_someone_reads(
    struck: Night, baseline: Night, tmp_path: Path
) -> None:
    with reader(struck) as asked:
        code, said = struck.run(tmp_path / "output.txt")

    assert code == 0, said[-3000:]
    assert asked[0] > 20
    assert struck.current() != baseline.current()
    assert f"Published release {struck.current()}." in said
    patients = struck.query(
        "select rows_loaded, is_in_use from extract_editions "
        "where extract = 'reg_list_sizes' and edition_period = '2025-09' order by is_in_use"
    )
    assert [used for _, used in patients] == [False, True]
    assert json.loads((struck.releases / "latest.json").read_text())["version"] == struck.current()
    left = [path.name for path in struck.releases.iterdir() if path.name.startswith(".")]
    assert left == []
    assert list(struck.home.glob("editions/*/.preparing-*")) == []
    assert [path.name for path in (struck.home / "arrival").iterdir()] == ["arrivals.json"]


def test_a_second_run_on_the_same_input_ends_early(
    night: Callable[[], Night], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = night()
    version, before = made.current(), content_of(made)
    runs = runs_of(made.home)
    started = time.monotonic()

    code, said = made.run(tmp_path / "output.txt")

    seconds = time.monotonic() - started
    with capsys.disabled():
        sys.stdout.write(f"\na night with nothing new took {seconds:.1f} s\n")
    assert code == 0, said[-3000:]
    assert f"Nothing changed since release {version}; it stays in force." in said
    assert made.current() == version
    assert content_of(made) == before
    [run] = runs_of(made.home) - runs
    assert "ledger" in steps_started(run)
    assert "dbt_models" not in steps_started(run)


@pytest.mark.slow
def test_two_fresh_homes_publish_the_same_content(baseline: Night, tmp_path: Path) -> None:
    fresh = replace(baseline, home=tmp_path / "home")

    code, said = fresh.run(tmp_path / "output.txt")

    assert code == 0, said[-3000:]
    hashes = [
        json.loads((night.releases / "current" / "manifest.json").read_text())["content_hash"]
        for night in (baseline, fresh)
    ]
    assert hashes[0] == hashes[1]
    assert content_of(fresh) == content_of(baseline)
    make_writable(fresh.home)
