"""Backups of a home: what they hold, what they cost, and that a damaged home comes back."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from filelock import FileLock
from small_release import VERSIONS, publish_whole
from typer.testing import CliRunner

from assets.extracts.holding.archive import Archive
from assets.extracts.holding.forgetting import forgotten_hashes, remember
from assets.home import Home
from assets.release.candidate.writing import remove_tree
from assets.release.shelf.publication import Releases
from orchestration.backups import Backup, BackupError, back_up, backups_in
from orchestration.command_line import app
from orchestration.instance import open_instance
from orchestration.lock import HomeIsBusyError
from orchestration.restoring import restore
from orchestration.settings import Settings

NOW = datetime(2026, 11, 26, 6, tzinfo=UTC)
NOT_KEPT = ("run.lock", "run.json", "not-scanned.csv")
ARCHIVED = b"practice_code,patients\r\nA81001,3676\r\n"


@dg.asset
def walks() -> dg.MaterializeResult[None]:
    return dg.MaterializeResult(metadata={"rows": 3})


@pytest.fixture(scope="module")
def whole_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after two nights: releases, archive, warehouse, records of a run. Only copy it."""
    folder = tmp_path_factory.mktemp("backups") / "home"
    home = Home(folder)
    home.make_private()
    for version in VERSIONS[:2]:
        publish_whole(Releases(home.releases), version)
    archived = home.archive / sha256(ARCHIVED)[:2] / sha256(ARCHIVED)
    archived.parent.mkdir()
    archived.write_bytes(ARCHIVED)
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("create table marts as select 3676 as patients")
    (home.arrival / "not-scanned.csv").write_text("nhs_number\r\n9434765919\r\n")
    with open_instance(home) as instance:
        dg.materialize([walks], instance=instance)
    return folder


@pytest.fixture
def home(whole_home: Path, tmp_path: Path) -> Home:
    return Home(Path(shutil.copytree(whole_home, tmp_path / "home", symlinks=True)))


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def settings(home: Home, wait_seconds: float = 60) -> Settings:
    return Settings(home=home.folder, lock_wait_seconds=wait_seconds)


def content(folder: Path) -> dict[str, tuple[object, ...]]:
    """Everything below a folder but records that change when they are read: rights, content."""
    found: dict[str, tuple[object, ...]] = {}
    for path in sorted(folder.rglob("*")):
        name, mode = path.relative_to(folder).as_posix(), path.lstat().st_mode
        if path.is_symlink():
            found[name] = (os.readlink(path),)
        elif path.is_dir():
            found[name] = (mode,)
        elif ".db" not in path.suffix and path.name not in NOT_KEPT:
            found[name] = (mode, path.stat().st_mtime_ns, path.read_bytes())
    return found


def runs_on_record(home: Home) -> int:
    with open_instance(home) as instance:
        return instance.get_runs_count()


def test_a_damaged_home_comes_back_whole(home: Home, tmp_path: Path) -> None:
    before = content(home.folder)
    backup = back_up(home.folder, tmp_path / "backups", 2, NOW)

    remove_tree(home.archive)
    damaged = home.releases / VERSIONS[1] / "doing_with.duckdb"
    damaged.chmod(0o600)
    damaged.write_bytes(damaged.read_bytes()[:-100])
    home.warehouse.write_bytes(b"not a database")
    (home.releases / "current").unlink()
    shutil.rmtree(home.folder / "dagster")
    (home.folder / "stray.txt").write_text("not of the platform")

    restored = restore(settings(home), backup, NOW, print)

    assert restored.in_force == VERSIONS[1]
    assert restored.moved_aside is not None
    assert (restored.moved_aside / "stray.txt").exists()
    remove_tree(restored.moved_aside)
    home.arrival.mkdir(mode=0o700)
    assert content(home.folder) == before
    assert runs_on_record(home) == 1
    releases = Releases(home.releases)
    assert releases.verify(VERSIONS[0]).version == VERSIONS[0]
    assert releases.verify(VERSIONS[1]).files
    database = home.releases / "current" / "doing_with.duckdb"
    with duckdb.connect(str(database), read_only=True) as connection:
        [(values,)] = connection.execute("select count(*) from indicator_values").fetchall()
    assert values > 0
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        assert connection.execute("from marts").fetchall() == [(3676,)]


def test_what_was_not_scanned_is_not_backed_up(home: Home, tmp_path: Path) -> None:
    back_up(home.folder, tmp_path / "backups", 2, NOW)
    kept = [path for path in (tmp_path / "backups").rglob("*") if path.is_file()]
    assert any(path.read_bytes() == ARCHIVED for path in kept)
    assert not any(b"9434765919" in path.read_bytes() for path in kept)
    assert not any(path.name in ("run.lock", "run.json") for path in kept)


def test_a_file_that_did_not_change_takes_no_room_twice(home: Home, tmp_path: Path) -> None:
    first = back_up(home.folder, tmp_path / "backups", 5, NOW)
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("insert into marts values (1)")
    second = back_up(home.folder, tmp_path / "backups", 5, NOW + timedelta(days=1))

    database = f"releases/{VERSIONS[0]}/doing_with.duckdb"
    warehouse = home.warehouse.relative_to(home.folder)
    assert (first.files / database).samefile(second.files / database)
    assert not (first.files / warehouse).samefile(second.files / warehouse)
    assert first.differences() == second.differences() == []


def test_records_that_are_being_written_are_copied_as_one(home: Home, tmp_path: Path) -> None:
    records = home.folder / "dagster" / "ticks.db"
    with closing(sqlite3.connect(records)) as writer:
        writer.execute("pragma journal_mode = wal")
        writer.execute("create table ticks (number integer)")
        writer.execute("insert into ticks values (1)")
        writer.commit()
        # Nothing of it is in the file itself yet.
        backup = back_up(home.folder, tmp_path / "backups", 2, NOW)
    with closing(sqlite3.connect(backup.files / "dagster" / "ticks.db")) as copy:
        assert copy.execute("select number from ticks").fetchall() == [(1,)]


def test_old_backups_go_and_half_made_ones_are_no_backups(home: Home, tmp_path: Path) -> None:
    into = tmp_path / "backups"
    (into / ".making-2026-11-20T060000Z").mkdir(parents=True)
    made = [back_up(home.folder, into, 2, NOW + timedelta(days=day)) for day in range(3)]
    assert backups_in(into) == made[1:]
    assert {path.name for path in into.iterdir()} == {backup.name for backup in made[1:]}


def test_a_damaged_backup_is_refused_before_anything_moves(home: Home, tmp_path: Path) -> None:
    backup = back_up(home.folder, tmp_path / "backups", 2, NOW)
    before = content(home.folder)
    damaged = backup.files / "archive" / sha256(ARCHIVED)[:2] / sha256(ARCHIVED)
    damaged.write_bytes(ARCHIVED.replace(b"3676", b"3677"))

    [wrong] = backup.differences()
    assert str(damaged) in wrong
    with pytest.raises(BackupError, match=str(damaged)):
        restore(settings(home), backup, NOW, print)
    assert content(home.folder) == before

    damaged.unlink()
    assert backup.differences() == [f"{damaged} is missing"]
    (backup.folder / "backup.json").write_text("{")
    with pytest.raises(BackupError, match=r"backup\.json is damaged"):
        restore(settings(home), backup, NOW, print)


def test_a_release_that_was_damaged_before_it_was_backed_up_is_told(
    home: Home, tmp_path: Path
) -> None:
    damaged = home.releases / VERSIONS[0] / "dictionary.md"
    damaged.chmod(0o600)
    damaged.write_bytes(damaged.read_bytes().replace(b"a", b"b"))
    backup = back_up(home.folder, tmp_path / "backups", 2, NOW)
    assert backup.differences() == []
    with pytest.raises(BackupError, match=r"release of the backup is damaged.*dictionary\.md"):
        restore(settings(home), backup, NOW, print)


def test_what_was_forgotten_since_stays_forgotten(home: Home, tmp_path: Path) -> None:
    into = tmp_path / "backups"
    backup = back_up(home.folder, into, 5, NOW)
    archive = Archive(home.archive)
    archive.path_of(sha256(ARCHIVED)).unlink()
    remember(archive, [sha256(ARCHIVED)], date(2026, 11, 26))
    back_up(home.folder, into, 5, NOW + timedelta(days=1))
    # The home is lost, and only the later backup knows.
    remove_tree(home.folder)

    restored = restore(settings(home), backup, NOW, print)

    assert restored.forgotten_again == (sha256(ARCHIVED),)
    assert not archive.holds(sha256(ARCHIVED))
    assert sha256(ARCHIVED) in forgotten_hashes(archive)
    assert restored.in_force == VERSIONS[1]


def test_a_restore_that_was_killed_is_done_by_restoring_again(home: Home, tmp_path: Path) -> None:
    before = content(home.folder)
    backup = back_up(home.folder, tmp_path / "backups", 2, NOW)
    # Killed half-way: some is moved aside, some is staged, and the archive changed places.
    aside = home.folder / ".before-restore-2026-11-26T050000Z"
    aside.mkdir()
    home.releases.rename(aside / "releases")
    (home.folder / ".restoring" / "releases").mkdir(parents=True)

    restore(settings(home), backup, NOW, print)

    assert Releases(home.releases).verify(VERSIONS[1])
    assert (aside / "releases" / VERSIONS[0]).is_dir()
    now = content(home.folder)
    assert {name: now[name] for name in before if not name.startswith("arrival")} == {
        name: of for name, of in before.items() if not name.startswith("arrival")
    }


def test_neither_happens_while_a_run_goes_on(home: Home, tmp_path: Path) -> None:
    backup = back_up(home.folder, tmp_path / "backups", 2, NOW)
    with FileLock(home.folder / "run.lock"):
        with pytest.raises(HomeIsBusyError):
            restore(settings(home, wait_seconds=0.1), backup, NOW, print)
        os.environ["DOING_WITH_LOCK_WAIT_SECONDS"] = "0.1"
        try:
            asked = ["backup", str(tmp_path / "more"), "--home", str(home.folder)]
            said = CliRunner().invoke(app, asked)
        finally:
            del os.environ["DOING_WITH_LOCK_WAIT_SECONDS"]
    assert said.exit_code == 2
    assert "still holds the home" in said.output
    assert not (tmp_path / "more").exists()


def test_backups_do_not_lie_in_what_they_are_of(home: Home) -> None:
    with pytest.raises(BackupError, match="another disk"):
        back_up(home.folder, home.folder / "backups", 2, NOW)


def test_from_the_command_line(home: Home, tmp_path: Path) -> None:
    runner, place = CliRunner(), ["--home", str(home.folder)]
    into = tmp_path / "backups"
    said = runner.invoke(app, ["backup", str(into), "--keep", "3", *place])
    assert said.exit_code == 0, said.output
    [backup] = backups_in(into)
    assert str(backup.folder) in said.output
    assert into.stat().st_mode & 0o077 == 0

    whole = runner.invoke(app, ["verify-backup", str(backup.folder)])
    assert (whole.exit_code, "is whole" in whole.output) == (0, True)
    shutil.rmtree(home.archive)
    said = runner.invoke(app, ["restore", str(backup.folder), *place])
    assert said.exit_code == 0, said.output
    assert VERSIONS[1] in said.output
    assert Archive(home.archive).holds(sha256(ARCHIVED))

    (backup.files / "releases" / "latest.json").unlink()
    broken = runner.invoke(app, ["verify-backup", str(backup.folder)])
    assert (broken.exit_code, "latest.json is missing" in broken.output) == (1, True)
    nothing = runner.invoke(app, ["restore", str(into), *place])
    assert nothing.exit_code == 2
    assert "give the folder of one backup" in nothing.output


def test_a_backup_can_be_read_without_the_program(home: Home, tmp_path: Path) -> None:
    backup = Backup(back_up(home.folder, tmp_path / "backups", 2, NOW).folder)
    current = backup.files / "releases" / "current"
    assert os.readlink(current) == VERSIONS[1]
    with duckdb.connect(str(current / "doing_with.duckdb"), read_only=True) as connection:
        assert connection.execute("select count(*) from indicators").fetchall() != [(0,)]
