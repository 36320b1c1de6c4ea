"""``runs.jsonl`` of a home: one line per run with what came of it and what is wrong since.

Kept beside Dagster's own records because whoever asks how things stand must get an answer within a
second, also while a run is going on, and on a machine without Dagster.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from filelock import FileLock
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from assets.durable_files import write_atomically

RECORDS_FILE = "runs.jsonl"
# Two and a half years of nights; a line has about a kilobyte.
_MOST_KEPT = 1000
_LOCK_SECONDS = 60.0

# Jobs that do the whole of a night.
NIGHTS = frozenset({"nightly", "full_rebuild"})

Kind = Literal["failed", "refused", "late", "source"]
Outcome = Literal["published", "unchanged", "done", "failed", "killed"]
COMPLETED: frozenset[Outcome] = frozenset({"published", "unchanged"})


class RunRecordsError(ValueError):
    """Records that cannot be read; the message names the file, the line and what to do."""


class Trouble(BaseModel):
    """Something that is wrong until a later run finds that it is not.

    ``key`` is the same for as long as it is the same trouble: ``refused gpps_practice``. ``what``
    says it in words, ``where`` to look, ``owner`` who is asked, ``next_step`` what to do.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str
    kind: Kind
    subject: str
    what: str
    where: str
    since: AwareDatetime
    owner: str
    next_step: str


class RunRecord(BaseModel):
    """What came of one run, and everything that is wrong after it.

    ``fault`` says of a failed run whether it may pass by itself. ``untold`` names the channels
    of alerts that failed, each with the reason.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    run_id: str
    job: str
    started_at: AwareDatetime
    ended_at: AwareDatetime
    outcome: Outcome
    release: str | None = None
    fault: Literal["transient", "permanent"] | None = None
    troubles: tuple[Trouble, ...] = ()
    untold: tuple[str, ...] = ()

    @property
    def is_completed_night(self) -> bool:
        """Whether this was a whole night that published, or found nothing new."""
        return self.job in NIGHTS and self.outcome in COMPLETED


def standing(
    before: tuple[Trouble, ...], seen: Mapping[str, Trouble | None]
) -> tuple[Trouble, ...]:
    """What is wrong after a run: what it found, and what was wrong before and was not looked at.

    ``seen`` has None for what was looked at and found well. A trouble that goes on is as old as
    when it was first seen.
    """
    known = {trouble.key: trouble for trouble in before}
    after = dict(known)
    for key, trouble in seen.items():
        if trouble is None:
            after.pop(key, None)
        else:
            since = known[key].since if key in known else trouble.since
            after[key] = trouble.model_copy(update={"since": since})
    return tuple(after[key] for key in sorted(after))


@dataclass(frozen=True)
class RunRecords:
    """The records of a home, oldest first, in its folder of operations."""

    folder: Path

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / RECORDS_FILE

    def all(self) -> list[RunRecord]:
        """Every record that is kept.

        Raises:
            RunRecordsError: for a line that is none.
        """
        if not self.path.exists():
            return []
        found = []
        for number, line in enumerate(self.path.read_text(encoding="utf-8").splitlines(), start=1):
            try:
                found.append(RunRecord.model_validate_json(line))
            except ValidationError as error:
                raise RunRecordsError(
                    f"{self.path}, line {number}: not the record of a run "
                    f"({error.errors()[0]['msg']}); put the line right or take it out"
                ) from error
        return found

    def of_run(self, run_id: str) -> RunRecord | None:
        """The record of a run; None when there is none."""
        return next((record for record in self.all() if record.run_id == run_id), None)

    def add(self, record: RunRecord) -> None:
        """Add the record of a run, or replace the one it has; the oldest ones go."""
        others = [known for known in self.all() if known.run_id != record.run_id]
        kept = [*others, record][-_MOST_KEPT:]
        text = "".join(f"{one.model_dump_json(exclude_none=True)}\n" for one in kept)
        write_atomically(self.path, text, is_private=True)

    def lock(self) -> FileLock:
        """For whoever reads, decides and adds: runs that wait for the home may end meanwhile."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return FileLock(self.folder / ".lock", timeout=_LOCK_SECONDS)

    def latest(self) -> RunRecord | None:
        """The record that was added last."""
        found = self.all()
        return found[-1] if found else None


def last_completed(records: list[RunRecord]) -> RunRecord | None:
    """The last night that published, or found nothing new."""
    return max(
        (record for record in records if record.is_completed_night),
        key=lambda record: record.ended_at,
        default=None,
    )


def last_night(records: list[RunRecord]) -> RunRecord | None:
    """The last night that ended, however it ended."""
    nights = [record for record in records if record.job in NIGHTS]
    return max(nights, key=_ended, default=None)


def _ended(record: RunRecord) -> datetime:
    return record.ended_at
