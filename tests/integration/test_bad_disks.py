"""Disks that are full, read-only or damaged: the release stays in force, and a later night heals."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from night import Night, copy_home, make_writable, revise_list_sizes
from webhook import Webhook, webhook

from assets.home import Home
from assets.release.shelf.publication import Releases
from orchestration.nights.records import RunRecords
from orchestration.resources import open_warehouse


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


@pytest.mark.parametrize(
    "damage", [_not_a_database, _empty, _cut_short, _no_header, _no_catalogue]
)
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
