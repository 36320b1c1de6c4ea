"""Whether the files of a release are those that its manifest lists, byte for byte."""

from __future__ import annotations

from pathlib import Path

from assets.durable_files import hash_of
from assets.release.candidate.facts import DATABASE_FILE
from assets.release.candidate.writing import MANIFEST_FILE
from assets.release.shelf.manifest import FileEntry, Manifest


def files_of(folder: Path) -> tuple[FileEntry, ...]:
    """Every file of a release's folder but the manifest, with size and SHA-256."""
    return tuple(
        FileEntry(
            path=path.relative_to(folder).as_posix(),
            bytes=path.stat().st_size,
            sha256=hash_of(path),
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path != folder / MANIFEST_FILE
    )


def first_difference(folder: Path, version: str, manifest: Manifest) -> str | None:
    """What is wrong with a release at first sight, by names and sizes of its files."""
    if manifest.version != version:
        return f"{folder}: its manifest is of {manifest.version}, not of {version}"
    if (wal := folder / f"{DATABASE_FILE}.wal").exists():
        return f"{wal} is left; the database was not checkpointed"
    sizes = {table.parquet_path: table.bytes for table in manifest.tables}
    sizes |= {DATABASE_FILE: manifest.database_bytes}
    sizes |= {file.path: file.bytes for file in manifest.files}
    for name, size in sizes.items():
        path = folder / name
        if not path.is_file():
            return f"{path} is missing"
        if path.stat().st_size != size:
            return f"{path} is damaged: {path.stat().st_size} bytes, {size} in the manifest"
    return None


def differences(folder: Path, version: str, manifest: Manifest) -> list[str]:
    """Every file of a release that is missing, damaged or not of it, as sentences.

    Reads every byte. Releases from before manifests listed files are looked at by size only.
    """
    if (first := first_difference(folder, version, manifest)) is not None:
        return [first]
    if not manifest.files:
        return []
    listed = {file.path: file for file in manifest.files}
    found = {file.path: file for file in files_of(folder)}
    wrong = [f"{folder / name} is not listed in the manifest" for name in found.keys() - listed]
    wrong += [
        f"{folder / name} is damaged: its SHA-256 is not the one in the manifest"
        for name, file in listed.items()
        if found[name].sha256 != file.sha256
    ]
    return sorted(wrong)
