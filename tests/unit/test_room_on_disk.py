"""What is said of a disk when a run has failed."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from orchestration.room_on_disk import TOO_LITTLE_BYTES, free_bytes, too_little_room


def test_a_disk_with_little_room_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_234_567_890))
    assert too_little_room(tmp_path) == (f"the disk of {tmp_path} has only 1,234 MB free",)


def test_of_one_with_room_nothing_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=TOO_LITTLE_BYTES))
    assert too_little_room(tmp_path) == ()


def test_a_home_that_is_not_there_yet_is_on_the_disk_of_the_folder_above(tmp_path: Path) -> None:
    assert free_bytes(tmp_path / "home" / "of") > 0


def test_a_disk_that_cannot_be_looked_at_hides_no_failure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fails(_: Path) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(shutil, "disk_usage", fails)
    [said] = too_little_room(tmp_path)
    assert said == f"the disk of {tmp_path} cannot be looked at (Input/output error)"
