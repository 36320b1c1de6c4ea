"""What turns files into verdicts, as one hash: our code, and the libraries that read and check."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

import expectations

# Guides, templates and what only brings or keeps files do not change a verdict.
_JUDGING_FOLDERS = ("contract_model", "identifiers", "judging", "reading")
_JUDGING_PACKAGES = ("duckdb", "fastexcel", "great-expectations", "polars", "pyarrow")


@cache
def code_hash() -> str:
    """Hash of the code that a verdict depends on."""
    digest = hashlib.sha256()
    folders = [Path(__file__).parent / name for name in _JUDGING_FOLDERS]
    folders.append(Path(expectations.__file__).parent)
    for path in sorted(path for folder in folders for path in folder.glob("*.py")):
        digest.update(path.read_bytes())
    for package in _JUDGING_PACKAGES:
        digest.update(f"{package} {version(package)}".encode())
    return digest.hexdigest()
