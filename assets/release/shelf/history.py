"""``history.jsonl``: which release came into force when, in whose place, and by whom.

One line per event, for years: a night adds two hundred bytes. The file is replaced whole, so that
a kill leaves the old lines or the old and the new.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from assets.durable_files import write_atomically

HISTORY_FILE = "history.jsonl"


class HistoryError(ValueError):
    """A history that cannot be read; the message names the file, the line and what to do."""


class Event(BaseModel):
    """Something that happened to the releases of a folder.

    ``from_version`` was in force before, or was removed; ``to_version`` is in force since. ``by``
    is the run or the person; a note says what is not as usual.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    when: AwareDatetime
    event: Literal["published", "rolled_back", "removed"]
    from_version: str | None = None
    to_version: str | None = None
    by: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class History:
    """The events of a folder of releases, oldest first."""

    path: Path

    def events(self) -> list[Event]:
        """Every event on record; raises ``HistoryError`` for a line that is none."""
        if not self.path.exists():
            return []
        events = []
        for number, line in enumerate(self.path.read_text(encoding="utf-8").splitlines(), start=1):
            try:
                events.append(Event.model_validate_json(line))
            except ValidationError as error:
                raise HistoryError(
                    f"{self.path}, line {number}: not an event ({error.errors()[0]['msg']}); "
                    "put the line right or take it out"
                ) from error
        return events

    def record(
        self,
        event: Literal["published", "rolled_back", "removed"],
        *,
        from_version: str | None = None,
        to_version: str | None = None,
        by: str | None = None,
        note: str | None = None,
    ) -> Event:
        """Add an event that happened now, and give it."""
        added = Event(
            when=datetime.now(UTC).replace(microsecond=0),
            event=event,
            from_version=from_version,
            to_version=to_version,
            by=by,
            note=note,
        )
        lines = [known.model_dump_json(exclude_none=True) for known in (*self.events(), added)]
        write_atomically(self.path, "\n".join(lines) + "\n")
        return added

    def in_force(self) -> list[str]:
        """Versions as they came into force, the newest last; one may stand there twice."""
        return [event.to_version for event in self.events() if event.to_version is not None]
