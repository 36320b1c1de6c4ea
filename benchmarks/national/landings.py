"""The landing zone of a made-up England, and the same one month later."""

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
    return _counted(folder)


def add_one_edition(landing: Landing, scale: float, scratch: Path) -> Landing:
    """Bring what the next month adds to each monthly extract; no file that is there changes."""
    _write(scratch, scale, later(LATEST_MONTH, 1))
    declared = yaml.safe_load((landing.folder / "landing.yml").read_text(encoding="utf-8"))
    known = {entry["match"] for entry in declared["files"]}
    newer = yaml.safe_load((scratch / "landing.yml").read_text(encoding="utf-8"))
    for entry in newer["files"]:
        source, target = scratch / entry["match"], landing.folder / entry["match"]
        if entry["match"] not in known:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            declared["files"].append(entry)
    text = yaml.safe_dump(declared, sort_keys=False, width=100)
    (landing.folder / "landing.yml").write_text(text, encoding="utf-8")
    shutil.rmtree(scratch)
    return _counted(landing.folder)


def _write(folder: Path, scale: float, until: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    practices = max(5, round(PRACTICES_OF_ENGLAND * scale))
    arguments = ["-m", "assets.samples", str(folder), "--practices", str(practices)]
    measured([*arguments, "--history", "--until", until], folder.with_suffix(".log"))


def _counted(folder: Path) -> Landing:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return Landing(folder, len(paths), sum(path.stat().st_size for path in paths))
