"""Forgetting: a submission taken out of everywhere it went, and kept from coming back.

What remains is the hash of each file and the day, so that the same bytes are not taken in again.
Published releases hold aggregates only, and stay.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from assets.durable_files import hash_of, write_atomically
from assets.extracts.arriving.arrival import ArrivalArea
from assets.extracts.arriving.landing import could_be_extract
from assets.extracts.contract_model.contract import Contract
from assets.extracts.holding.archive import Archive
from assets.extracts.holding.editions import Edition, EditionStore
from assets.extracts.sql_text import literal

_RECORD = "forgotten.json"


class UnknownSubmissionError(LookupError):
    """Nothing is held of the submission; the message says what may be given."""


@dataclass(frozen=True)
class Forgotten:
    """What was taken out."""

    editions: tuple[str, ...]
    hashes: tuple[str, ...]
    landing_files: tuple[str, ...]


def forget(
    submission: str,
    contracts: Mapping[str, Contract],
    editions: EditionStore,
    archive: Archive,
    arrivals: ArrivalArea,
    landing: Path | None,
    on: date,
) -> Forgotten:
    """Take a submission out of editions, quarantine, error reports, archive and landing folder.

    The warehouse still knows the rows until it is made anew: remove its file afterwards.

    Args:
        submission: a submission id, an edition id, or the SHA-256 of a file.
        contracts: of the platform.
        editions: the store to take it out of.
        archive: the same.
        arrivals: the same.
        landing: a landing folder, out of which the file is deleted too.
        on: the day that is recorded.

    Raises:
        UnknownSubmissionError: when nothing is held of it.
    """
    every = [edition for extract in contracts for edition in editions.of(extract)]
    named = [edition for edition in every if _is_of(submission, edition, editions)]
    hashes = {part.sha256 for edition in named for part in edition.parts}
    if archive.holds(submission):
        hashes.add(submission)
    if not hashes:
        raise UnknownSubmissionError(
            f"nothing is held of submission {submission!r}; give the submission_id of its rows, "
            "the id of one of its editions (extract:period:version) or the SHA-256 of its file"
        )
    gone = [edition for edition in every if hashes & {part.sha256 for part in edition.parts}]
    # Kept first of all: whatever ends this run, the file is not taken in again.
    remember(archive, hashes, on)
    for edition in gone:
        editions.remove(edition)
    for sha256 in hashes:
        archive.remove(sha256)
    arrivals.leave_out(hashes)
    deleted = _delete_from(landing, hashes) if landing else []
    return Forgotten(
        tuple(sorted({edition.edition_id for edition in gone})),
        tuple(sorted(hashes)),
        tuple(deleted),
    )


def remember(archive: Archive, hashes: Iterable[str], on: date) -> None:
    """Note hashes of files that must not be taken in again."""
    known = forgotten_hashes(archive)
    known |= {sha256: on.isoformat() for sha256 in hashes if sha256 not in known}
    write_atomically(archive.folder / _RECORD, json.dumps(known, indent=1, sort_keys=True))


def forgotten_hashes(archive: Archive) -> dict[str, str]:
    """Hash of each forgotten file, and the day it was forgotten."""
    path = archive.folder / _RECORD
    if not path.exists():
        return {}
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _is_of(submission: str, edition: Edition, editions: EditionStore) -> bool:
    if submission in (edition.edition_id, *(part.sha256 for part in edition.parts)):
        return True
    paths = editions.quarantine_paths(edition)
    if paths and _holds(paths, "submission", submission):
        return True
    paths = editions.rows_paths(edition)
    has_ids = any("submission_id" in part.columns for part in edition.parts)
    return bool(paths) and has_ids and _holds(paths, "submission_id", submission)


def _holds(paths: list[Path], column: str, value: str) -> bool:
    files = ", ".join(literal(str(path)) for path in paths)
    with duckdb.connect() as connection:
        found = connection.execute(
            f"select 1 from read_parquet([{files}]) where {column} = ? limit 1", [value]
        ).fetchall()
    return bool(found)


def _delete_from(landing: Path, hashes: Collection[str]) -> list[str]:
    deleted = []
    for path in sorted(landing.rglob("*")):
        name = path.relative_to(landing).as_posix()
        if path.is_file() and could_be_extract(name) and hash_of(path) in hashes:
            path.unlink()
            deleted.append(name)
    return deleted
