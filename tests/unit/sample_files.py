"""What tests of the synthetic extracts share: reading files and finding the real ones."""

import csv
import hashlib
from pathlib import Path

import pytest

EXTRACTS = Path(__file__).resolve().parents[2].parent / "shared" / "extracts"

Row = dict[str, str]


def read(path: Path, encoding: str = "utf-8-sig") -> list[Row]:
    with path.open(encoding=encoding, newline="") as stream:
        return list(csv.DictReader(stream))


def header_of(path: Path, encoding: str = "utf-8-sig") -> list[str]:
    with path.open(encoding=encoding, newline="") as stream:
        return next(csv.reader(stream))


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def real(name: str) -> Path:
    path = EXTRACTS / name
    if not path.exists():
        pytest.skip(f"../shared/extracts/{name} is missing")
    return path


def number(row: Row, column: str) -> int:
    return int(row[column])
