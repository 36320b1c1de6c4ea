"""The identity of a release: the hash of everything it is made of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

from assets.durable_files import write_atomically
from assets.extracts.holding.ledger import Holdings

_PACKAGES = ("assets", "expectations", "orchestration")
_DBT_FOLDERS = ("models", "macros", "seeds", "dbt_project.yml")
_ENGINES = ("duckdb", "dbt-core", "dbt-duckdb")
_CODE = {".py", ".sql", ".yml", ".csv", ".j2", ".css"}


def identity_of(holdings: Holdings, code: str) -> str:
    """Hash of accepted editions, late extracts, and the identity of the code.

    Two runs with the same identity would publish the same data, so the second need not run.
    """
    digest = hashlib.sha256()
    for edition in holdings.in_use:
        digest.update(edition.identity.encode())
    digest.update(",".join(holdings.late).encode())
    digest.update(code.encode())
    return digest.hexdigest()


def identity_of_code(dbt_project: Path, lock_file: Path) -> str:
    """Hash of models, seeds, contracts, code, lock file, and the engines that are installed.

    Asked for when definitions are loaded: the files may be others later, what is loaded is not.
    """
    digest = hashlib.sha256()
    root = Path(__file__).resolve().parents[1]
    for package in _PACKAGES:
        _add_files(digest, root / package, (root / package).rglob("*"))
    for name in _DBT_FOLDERS:
        found = dbt_project / name
        _add_files(digest, dbt_project, [found] if found.is_file() else found.rglob("*"))
    if lock_file.exists():
        digest.update(lock_file.read_bytes())
    # Whoever installs without the lock file may have others.
    digest.update(",".join(f"{engine} {version(engine)}" for engine in _ENGINES).encode())
    return digest.hexdigest()


def note_identity(path: Path, identity: str) -> None:
    """Keep an identity for steps that run later or on their own."""
    write_atomically(path, identity)


def noted_identity(path: Path) -> str | None:
    """The identity that was kept, None when there is none."""
    return path.read_text(encoding="utf-8") if path.exists() else None


def _add_files(digest: hashlib._Hash, root: Path, paths: Iterable[Path]) -> None:
    for path in sorted(paths):
        if path.is_file() and path.suffix in _CODE:
            digest.update(str(path.relative_to(root)).encode())
            digest.update(path.read_bytes())
