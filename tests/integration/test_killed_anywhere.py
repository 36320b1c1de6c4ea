"""Processes that are really killed, at moments that nobody chose: the next run puts it right."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import killable
import pytest
import yaml
from ingesting import walks, walks_contract
from killable import (
    EXTRACT,
    KEPT_RELEASES,
    desk_at,
    forgotten,
    publish_night,
    small_build,
)
from night import ROOT

from assets.durable_files import hash_of
from assets.extracts.arriving.arrival_asset import clear_up
from assets.extracts.holding.editions import EditionStore
from assets.home import Home
from assets.release.candidate.writing import remove_tree
from assets.release.shelf.publication import Releases

pytestmark = pytest.mark.slow

# So many kills have to strike in the middle of the work. A machine is slower or faster than the
# moment before, so the time within which they come adapts; only a work that cannot be struck, or
# never gets anywhere, uses the attempts up.
STRUCK = 7
ATTEMPTS = 40
MONTHS = tuple(f"2025-{month:02d}" for month in range(1, 10))


@pytest.fixture
def landed(tmp_path: Path) -> Path:
    """A place with files of nine months, of which nothing was taken in."""
    place = tmp_path / "landed"
    (place / "contracts").mkdir(parents=True)
    contract = yaml.safe_dump(walks_contract())
    (place / "contracts" / "walks.yml").write_text(contract, encoding="utf-8")
    desk = desk_at(place)
    for number, month in enumerate(MONTHS):
        desk.put(f"walks_{month}.csv", walks(month, number, 70_000 + number))
    desk.close()
    return place


@pytest.fixture
def held(landed: Path, tmp_path: Path) -> Path:
    """The same place after a night."""
    place = Path(shutil.copytree(landed, tmp_path / "held"))
    desk = desk_at(place)
    assert len(desk.take_in(EXTRACT)[EXTRACT]) == len(MONTHS)
    desk.close()
    return place


def start(work: Callable[[Path], None], place: Path) -> subprocess.Popen[str]:
    """A process that has just begun with its work."""
    process = subprocess.Popen(
        [sys.executable, killable.__file__, work.__name__, str(place)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begins\n"
    return process


def seconds_of(work: Callable[[Path], None], place: Path) -> float:
    """How long a work takes that nobody kills."""
    process = start(work, place)
    began = time.monotonic()
    said, _ = process.communicate(timeout=120)
    assert said == "done\n"
    return time.monotonic() - began


def killed(work: Callable[[Path], None], place: Path, most_seconds: float) -> bool:
    """Kill a process in its work at a moment by chance; whether it was not done before."""
    process = start(work, place)
    time.sleep(random.uniform(0, most_seconds))
    process.send_signal(signal.SIGKILL)
    said, _ = process.communicate(timeout=30)
    return process.returncode == -signal.SIGKILL and said == ""


def anew(place: Path, folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    return Path(shutil.copytree(place, folder))


def left_behind(place: Path) -> list[str]:
    """What a killed run leaves in the folders of editions and of the archive."""
    home = Home(place / "home")
    return [path.name for folder in (home.editions, home.archive) for path in folder.glob("*/.*")]


def test_an_edition_that_was_being_recorded_is_the_old_or_the_new_one(held: Path) -> None:
    store = EditionStore(Home(held / "home").editions)
    for edition in store.of(EXTRACT)[1:]:
        store.remove(edition)
    shutil.rmtree(held / "landing")
    found: set[int] = set()
    most = 0.4
    for _ in range(ATTEMPTS):
        if len(found) == STRUCK:
            break
        known = len(found)
        assert killed(killable.record_again_and_again, held, most)

        store = EditionStore(Home(held / "home").editions)
        store.sweep()

        [edition] = store.of(EXTRACT)
        [rows] = store.rows_paths(edition)
        if found or edition.recorded_in > 1:
            assert rows.read_text() == str(edition.recorded_in)
            found.add(edition.recorded_in)
        assert left_behind(held) == []
        if len(found) == known:
            most *= 1.5
    assert len(found) == STRUCK, "hardly anything was recorded before it was killed"


def test_a_publication_that_was_killed_leaves_a_whole_release_and_the_next_one_heals(
    tmp_path: Path,
) -> None:
    """Twenty kills at moments by chance, from the sweep over writing to the last removal."""
    releases = Releases(tmp_path / "releases")
    build = small_build()
    publish_night(build, releases, 1)
    most = 3 * seconds_of_a_night(build, releases)
    struck_in: set[str] = set()
    for _ in range(20):
        assert killed(killable.publish_again_and_again, tmp_path, most)

        # What an analyst and a careful operator find, before anybody cleans up.
        current = releases.current()
        assert current is not None
        assert releases.verify(current.version) == current
        with duckdb.connect(
            releases.folder / "current" / "doing_with.duckdb", read_only=True
        ) as db:
            [night] = db.execute("select distinct unweighted_base from indicator_values").fetchall()
        assert current.version.endswith(f"-{night[0]:08x}")
        struck_in |= {path.name.split("-")[0] for path in releases.folder.glob(".*")}

        # The next publication heals everything: nothing is left and no more is kept than agreed.
        version = publish_night(build, releases, len(releases.history.events()) + 100)
        assert releases.current_version() == version
        assert json.loads((releases.folder / "latest.json").read_text())["version"] == version
        assert [path.name for path in releases.folder.glob(".*")] == []
        assert len(releases.list()) <= KEPT_RELEASES + 1
        assert releases.history.in_force()[-1] == version
        for kept in releases.list():
            releases.verify(kept)
    # Kills struck in the middle of writing, not only between two publications.
    assert ".candidate" in struck_in
    remove_tree(releases.folder)


def seconds_of_a_night(build: duckdb.DuckDBPyConnection, releases: Releases) -> float:
    began = time.monotonic()
    publish_night(build, releases, 2)
    return time.monotonic() - began


def test_an_intake_that_was_killed_is_finished_by_the_next(landed: Path, tmp_path: Path) -> None:
    most = seconds_of(killable.take_everything_in, anew(landed, tmp_path / "whole"))
    kills = 0
    for _ in range(ATTEMPTS):
        if kills == STRUCK:
            break
        place = anew(landed, tmp_path / "struck")
        if killed(killable.take_everything_in, place, most):
            kills += 1
        else:
            most *= 0.8

        desk = desk_at(place)
        clear_up(desk.editions, desk.archive)
        desk.take_in(EXTRACT)

        walkers = sorted(int(row[2]) for row in desk.raw(EXTRACT))
        assert walkers == [*range(len(MONTHS)), *range(70_000, 70_000 + len(MONTHS))]
        editions = desk.editions.of(EXTRACT)
        assert [edition.verdict for edition in editions] == ["accepted"] * len(MONTHS)
        for edition in editions:
            desk.archive.check(edition.parts[0].sha256)
        assert left_behind(place) == []
        desk.close()
    assert kills == STRUCK, "it was done before it could be killed"


def test_a_forgetting_that_was_killed_is_finished_by_asking_again(
    held: Path, tmp_path: Path
) -> None:
    every = sorted(hash_of(path) for path in (held / "landing").glob("*.csv"))
    most = seconds_of(killable.forget_everything, anew(held, tmp_path / "whole"))
    kills = 0
    for _ in range(ATTEMPTS):
        if kills == STRUCK:
            break
        place = anew(held, tmp_path / "struck")
        if killed(killable.forget_everything, place, most):
            kills += 1
        else:
            most *= 0.8

        # A night comes first, and must not fall over what is half forgotten, nor take it back.
        desk = desk_at(place)
        clear_up(desk.editions, desk.archive)
        desk.take_in(EXTRACT)
        asked_again = [sha256 for sha256 in every if forgotten(desk, sha256)]
        assert asked_again == every[len(every) - len(asked_again) :], "they are taken in order"

        assert desk.editions.of(EXTRACT) == []
        assert not any(desk.archive.holds(sha256) for sha256 in every)
        assert list(desk.landing.glob("*.csv")) == []
        assert not (desk.home.archive / "forgetting.json").exists()
        assert left_behind(place) == []
        desk.take_in(EXTRACT)
        assert desk.raw(EXTRACT) == []
        desk.close()
    assert kills == STRUCK, "it was done before it could be killed"
