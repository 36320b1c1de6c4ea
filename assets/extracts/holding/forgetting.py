"""Forgetting: a submission taken out of everywhere it went, and kept from coming back.

What remains is the hash of each file and the day, so that the same bytes are not taken in again.
Published releases hold aggregates only, and stay. What is to be done is written down first, so
that a forgetting that was killed is finished by asking for the same again.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

import duckdb
from pydantic import BaseModel, ConfigDict

from assets.durable_files import hash_of, write_atomically
from assets.extracts.arriving.arrival import ArrivalArea
from assets.extracts.arriving.landing import could_be_extract
from assets.extracts.contract_model.contract import Contract
from assets.extracts.holding.archive import Archive
from assets.extracts.holding.editions import Edition, EditionStore
from assets.extracts.sql_text import literal

_RECORD = "forgotten.json"
_INTENTS = "forgetting.json"
_Item = TypeVar("_Item", str, tuple[str, str, str])


class UnknownSubmissionError(LookupError):
    """Nothing is held of the submission; the message says what may be given."""


class Intent(BaseModel):
    """What is to be taken out; kept until nothing of it is left."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    asked: str
    """Hash of what was asked for, so that the same can be asked for again."""
    hashes: tuple[str, ...]
    edition_ids: tuple[str, ...]
    folders: tuple[str, ...]
    """Of the editions, below the store."""
    keys_in_use: tuple[tuple[str, str, str], ...]
    """Extract, submitter and period of the editions that were in use."""
    texts: tuple[str, ...]
    """What others may have noted of the submission: its ids and the names of its files."""


@dataclass(frozen=True)
class Forgotten:
    """What was taken out."""

    editions: tuple[str, ...]
    hashes: tuple[str, ...]
    landing_files: tuple[str, ...]
    back_in_use: tuple[str, ...] = ()
    """Earlier editions of the same periods, which count again."""


def intend(
    submission: str,
    contracts: Mapping[str, Contract],
    editions: EditionStore,
    archive: Archive,
    on: date,
) -> Intent:
    """Find everything of a submission and write down that it is to be forgotten.

    From then on its files are not taken in again, whatever ends this run.

    Args:
        submission: a submission id, an edition id, or the SHA-256 of a file.
        contracts: of the platform.
        editions: the store that holds it.
        archive: the same.
        on: the day that is recorded.

    Raises:
        UnknownSubmissionError: when nothing is held of it.
    """
    wanted = submission.strip().lower()
    asked = hashlib.sha256(wanted.encode()).hexdigest()
    every = [edition for extract in contracts for edition in editions.of(extract)]
    named = [edition for edition in every if _is_of(wanted, edition, editions)]
    hashes = {part.sha256 for edition in named for part in edition.parts}
    if archive.holds(wanted):
        hashes.add(wanted)
    begun = _intents(archive).get(asked)
    hashes |= set(begun.hashes if begun else ())
    if not hashes:
        raise UnknownSubmissionError(
            f"nothing is held of submission {submission!r}; give the submission_id of its rows, "
            "the id of one of its editions (extract:period:version) or the SHA-256 of its file"
        )
    gone = [edition for edition in every if hashes & {part.sha256 for part in edition.parts}]
    in_use = [e for extract in {e.extract for e in gone} for e in editions.in_use(extract)]
    texts = {text for e in gone for text in _texts_of(e, editions, archive)}
    intent = Intent(
        asked=asked,
        hashes=_joined(hashes),
        edition_ids=_joined({e.edition_id for e in gone}, begun.edition_ids if begun else ()),
        folders=_joined(
            {str(editions.path_of(e).relative_to(editions.folder)) for e in gone},
            begun.folders if begun else (),
        ),
        keys_in_use=_joined(
            {e.key for e in gone if e in in_use}, begun.keys_in_use if begun else ()
        ),
        texts=_joined(texts, begun.texts if begun else ()),
    )
    _note_intents(archive, {**_intents(archive), asked: intent})
    remember(archive, hashes, on)
    return intent


def _joined(found: set[_Item], begun: Iterable[_Item] = ()) -> tuple[_Item, ...]:
    return tuple(sorted(found.union(begun)))


def forget(
    intent: Intent,
    editions: EditionStore,
    archive: Archive,
    arrivals: ArrivalArea,
    landing: Path | None,
) -> Forgotten:
    """Take what is intended out of editions, quarantine, error reports, archive, landing folder.

    The warehouse and the records of runs know of it too and go first: afterwards nothing tells
    any more what to look for there.

    Args:
        intent: what is to be taken out.
        editions: the store to take it out of.
        archive: the same.
        arrivals: the same.
        landing: a landing folder, out of which the file is deleted too.
    """
    deleted = _delete_from(landing, intent.hashes) if landing else []
    for sha256 in intent.hashes:
        archive.remove(sha256)
    arrivals.leave_out(intent.hashes)
    for name in intent.folders:
        folder = editions.folder / name
        if folder.exists():
            shutil.rmtree(folder)
    back = [
        edition.edition_id
        for extract in sorted({extract for extract, _, _ in intent.keys_in_use})
        for edition in editions.in_use(extract)
        if edition.key in intent.keys_in_use
    ]
    left = {asked: held for asked, held in _intents(archive).items() if asked != intent.asked}
    _note_intents(archive, left)
    return Forgotten(intent.edition_ids, intent.hashes, tuple(deleted), tuple(back))


def _intents(archive: Archive) -> dict[str, Intent]:
    path = archive.folder / _INTENTS
    if not path.exists():
        return {}
    found = json.loads(path.read_text(encoding="utf-8"))
    return {asked: Intent.model_validate(intent) for asked, intent in found.items()}


def _note_intents(archive: Archive, intents: Mapping[str, Intent]) -> None:
    path = archive.folder / _INTENTS
    if intents:
        noted = {asked: intent.model_dump() for asked, intent in intents.items()}
        write_atomically(path, json.dumps(noted, indent=1))
    else:
        path.unlink(missing_ok=True)


def _texts_of(edition: Edition, editions: EditionStore, archive: Archive) -> set[str]:
    """Names that the files were seen under, and the ids that their rows give the submission."""
    names = {part.file_name for part in edition.parts}
    for part in edition.parts:
        names |= set(archive.names_of(part.sha256))
    ids = _ids_in(editions.quarantine_paths(edition), "submission") - {edition.edition_id}
    if any("submission_id" in part.columns for part in edition.parts):
        ids |= _ids_in(editions.rows_paths(edition), "submission_id")
    return names | {Path(name).name for name in names} | ids


def _ids_in(paths: list[Path], column: str) -> set[str]:
    if not paths:
        return set()
    files = ", ".join(literal(str(path)) for path in paths)
    with duckdb.connect() as connection:
        found = connection.execute(
            f"select distinct trim({column}) from read_parquet([{files}]) "
            f"where {column} is not null"
        ).fetchall()
    return {str(value) for (value,) in found}


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


def _is_of(wanted: str, edition: Edition, editions: EditionStore) -> bool:
    """Whether an edition is of what is asked for, whatever the case of the letters."""
    if wanted in (edition.edition_id.lower(), *(part.sha256 for part in edition.parts)):
        return True
    ids = _ids_in(editions.quarantine_paths(edition), "submission")
    if any("submission_id" in part.columns for part in edition.parts):
        ids |= _ids_in(editions.rows_paths(edition), "submission_id")
    return wanted in {value.lower() for value in ids}


def _delete_from(landing: Path, hashes: Collection[str]) -> list[str]:
    deleted = []
    for path in sorted(landing.rglob("*")):
        name = path.relative_to(landing).as_posix()
        if path.is_file() and could_be_extract(name) and hash_of(path) in hashes:
            path.unlink()
            deleted.append(name)
    return deleted
