"""The landing zone of a made-up England, and what comes to it in the months after."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import yaml

from assets.samples.country.places import LATEST_MONTH
from assets.samples.months import later
from benchmarks.national.measuring import measured

PRACTICES_OF_ENGLAND = 6300


@dataclass(frozen=True, slots=True)
class Landing:
    """A landing zone: how many files, and of how many bytes."""

    folder: Path
    files: int
    bytes: int


def write_landing(folder: Path, scale: float) -> Landing:
    """Write years of editions of a part of England (``scale`` 1 is all of it)."""
    _write(folder, scale, LATEST_MONTH)
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return Landing(folder, len(paths), sum(path.stat().st_size for path in paths))


def add_month(folder: Path, scale: float, months_later: int, scratch: Path, of: str = "") -> None:
    """Bring what a later month adds to a landing zone; no file that is there changes.

    ``months_later``: 1 is the month after the last one of ``write_landing``. Brought are only files
    whose path begins with ``of``: by default, all.

    Raises:
        ValueError: the month adds no such file.
    """
    shutil.rmtree(scratch, ignore_errors=True)
    _write(scratch, scale, later(LATEST_MONTH, months_later))
    declared = yaml.safe_load((folder / "landing.yml").read_text(encoding="utf-8"))
    known = {entry["match"] for entry in declared["files"]}
    newer = yaml.safe_load((scratch / "landing.yml").read_text(encoding="utf-8"))
    added = [
        entry
        for entry in newer["files"]
        if entry["match"] not in known and entry["match"].startswith(of)
    ]
    if not added:
        raise ValueError(f"{months_later} months later nothing new begins with {of!r}")
    for entry in added:
        target = folder / entry["match"]
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(scratch / entry["match"], target)
    declared["files"] += added
    text = yaml.safe_dump(declared, sort_keys=False, width=100)
    (folder / "landing.yml").write_text(text, encoding="utf-8")
    shutil.rmtree(scratch)


def _write(folder: Path, scale: float, until: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    practices = max(5, round(PRACTICES_OF_ENGLAND * scale))
    arguments = ["-m", "assets.samples", str(folder), "--practices", str(practices)]
    measured([*arguments, "--history", "--until", until], folder.with_suffix(".log"))
