"""Disks that are full, read-only or damaged: the release stays, and a later night heals."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from night import Night, copy_home, revise_list_sizes
from webhook import Webhook, webhook

from assets.home import Home
from assets.release.shelf.publication import Releases
from orchestration.resources import open_warehouse

# Of a full disk DuckDB, SQLite, dbt and Linux each say something else, and not all name it.
SAYS_SO = re.compile(r"what: the disk of /\S+ has only \d+ MB free; \S+")


def _not_a_database(path: Path) -> None:
    path.write_bytes(b"not a database")


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _cut_short(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _overwrite(path: Path, start: int) -> None:
    content = bytearray(path.read_bytes())
    content[start::500] = bytes(len(content[start::500]))
    path.write_bytes(content)


def _no_header(path: Path) -> None:
    _overwrite(path, 4096)


def _no_catalogue(path: Path) -> None:
    _overwrite(path, 12_288)


@pytest.mark.parametrize("damage", [_not_a_database, _empty, _cut_short, _no_header, _no_catalogue])
def test_a_damaged_build_is_made_anew_and_says_so(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    home, said = Home(tmp_path), list[str]()
    home.build.mkdir(parents=True)
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("create table leftover as select range from range(200_000)")
    damage(home.warehouse)
    with open_warehouse(home, "1 GB", say=said.append) as connection:
        assert connection.sql("show all tables").fetchall() == []
    assert "the build is damaged and made anew" in said[0]


def test_a_build_that_may_not_be_opened_is_left_alone(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.warehouse.mkdir(parents=True)
    with pytest.raises(duckdb.Error):
        open_warehouse(home, "1 GB")
    assert home.warehouse.is_dir()


@dataclass(frozen=True)
class Disk:
    """A home on a disk of its own, whose release is to be followed by another."""

    night: Night
    folder: Path
    before: str
    alerts: Webhook

    def run(self, name: str) -> tuple[int, str]:
        return self.night.run(self.folder.with_name(f"{name}.txt"))

    def leave_free(self, megabytes: int) -> None:
        used = shutil.disk_usage(self.folder).used // 1_000_000
        assert _mount("-o", f"remount,size={used + megabytes}m", self.folder) == 0

    def is_as_before(self) -> bool:
        """Whether the release of before is in force, whole, and alone."""
        releases = Releases(self.night.releases)
        return releases.current_version() == self.before == releases.verify(
            self.before
        ).version and releases.list() == (self.before,)


@pytest.fixture(scope="module")
def disk(baseline: Night, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk]:
    """A home after a night, on a file system in memory."""
    with _disk_in(tmp_path_factory.mktemp("disks"), baseline) as disk:
        yield disk


@contextmanager
def _disk_in(place: Path, baseline: Night) -> Iterator[Disk]:
    folder = place / "disk"
    folder.mkdir()
    if _mount("-t", "tmpfs", "-o", "size=1g", "tmpfs", folder):
        pytest.skip("only root mounts disks")
    try:
        landing = Path(shutil.copytree(baseline.landing, place / "landing"))
        revise_list_sizes(landing)
        home = copy_home(baseline.home, folder / "home")
        with webhook() as alerts, pytest.MonkeyPatch.context() as environment:
            for name, value in alerts.settings.items():
                environment.setenv(name, value)
            night = Night(landing, home, baseline.dbt_project)
            yield Disk(night, folder, baseline.current(), alerts)
    finally:
        subprocess.run(["umount", "--recursive", folder], check=True)


def _mount(*arguments: str | Path) -> int:
    return subprocess.run(["mount", *arguments], check=False, capture_output=True).returncode


@pytest.mark.slow
def test_a_full_disk_is_told_and_the_release_stays(disk: Disk) -> None:
    # Room for the first of Dagster's records and of the tables.
    disk.leave_free(24)
    code, said = disk.run("full")
    assert code == 1, said[-3000:]
    [alert] = disk.alerts.texts
    assert alert.startswith("doing-with: nightly broke (")
    assert SAYS_SO.search(alert)
    assert disk.is_as_before()


@pytest.mark.slow
@pytest.mark.parametrize("megabytes", [21, 27, 30, 33])
def test_a_disk_too_full_to_read_what_is_on_record_is_told_too(
    baseline: Night, tmp_path: Path, megabytes: int
) -> None:
    """Whether tables, events or the record itself come upon the end first."""
    with _disk_in(tmp_path, baseline) as disk:
        disk.leave_free(megabytes)
        code, said = disk.run("full")
        assert code == 1, said[-3000:]
        assert [bool(SAYS_SO.search(alert)) for alert in disk.alerts.texts] == [True]
        assert disk.is_as_before()


@pytest.mark.slow
def test_releases_that_cannot_be_written_stay(disk: Disk) -> None:
    disk.leave_free(500)
    assert _mount("--bind", disk.night.releases, disk.night.releases) == 0
    assert _mount("-o", "remount,bind,ro", disk.night.releases) == 0
    code, said = disk.run("read_only")
    subprocess.run(["umount", disk.night.releases], check=True)
    assert code == 1, said[-3000:]
    # Whether there is an alert of its own hangs on the night before: that the nightly is broken is
    # told once, if what was told could be noted on that full disk.
    assert "release__candidate: OSError: [Errno 30] Read-only file system" in said
    assert disk.is_as_before()


@pytest.mark.slow
def test_the_next_night_publishes_though_its_build_was_cut_short(disk: Disk) -> None:
    _cut_short(disk.night.home / "build" / "warehouse.duckdb")
    code, said = disk.run("healed")
    assert code == 0, said[-3000:]
    assert "the build is damaged and made anew" in said
    assert disk.night.current() != disk.before
    assert disk.alerts.texts[-1].startswith("doing-with: nightly recovered (")
