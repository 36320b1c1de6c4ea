"""The history of one feed, kept as daily differences from which any day can be rebuilt.

``changes/<date>.json`` holds what a day changed against the day before and is the truth;
``snapshot.json`` is the services of the last good day, for whoever reads only today.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from assets.durable_files import write_atomically
from assets.extracts.arriving.open_referral.services import Service

_FIRST_DAY = date.min


class HistoryError(ValueError):
    """A history that cannot be read or added to; the message names the file and what to do."""


class Change(Service):
    """A service that was added, changed or removed; of a removed one, what it was last."""

    change: Literal["added", "changed", "removed"]


class _Kept(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    feed: str
    url: str
    schema_version: str
    taken_on: date


class Snapshot(_Kept):
    """``snapshot.json``: all services of one day, by id."""

    services: dict[str, Service]


class DayOfChanges(_Kept):
    """``changes/<date>.json``: what one day changed; one record per changed service."""

    services_total: int
    """Services of the feed on that day, changed or not."""
    repeated_ids: int
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class DayKept:
    """What ``keep`` found: how many services changed, and the file that says which."""

    added: int
    changed: int
    removed: int
    change_file: Path | None


class History:
    """The folder of one feed. Nothing is written before the first day is kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._snapshot = folder / "snapshot.json"
        self._changes = folder / "changes"

    def rebuild(self, on: date) -> dict[str, Service]:
        """The services as they stood at the end of a day, by id; none before the first day.

        Raises:
            HistoryError: names a change file that is damaged.
        """
        return self._replay([day for day in self._days() if day <= on])

    def before(self, day: date) -> dict[str, Service]:
        """The services as they stood at the end of the day before."""
        return self._replay([kept for kept in self._days() if kept < day])

    def latest(self) -> dict[str, Service]:
        """The services of the last good day, by id."""
        return self._replay(self._days())

    def keep(self, taken: Snapshot, repeated_ids: int) -> DayKept:
        """Add a day, or replace it when it was kept already; it is compared with the day before.

        The change file is written first: a run that is ended between the two writes leaves a
        complete history and an older, whole ``snapshot.json``, which the next run replaces.

        Raises:
            HistoryError: when the history already holds a later day, or a file is damaged.
        """
        last = self._last_day()
        if taken.taken_on < last:
            raise HistoryError(
                f"{self._folder} holds {last} already and days are added in order; {taken.taken_on}"
                " is earlier: check the date of this run"
            )
        changes = _differences(self.before(taken.taken_on), taken.services)
        path = self._change_file(taken.taken_on)
        is_kept = bool(changes) or path.exists()
        if is_kept:
            # An earlier look at this day may be in use already: that nothing changed after all
            # has to take its place.
            day = DayOfChanges(
                **taken.model_dump(exclude={"services"}),
                services_total=len(taken.services),
                repeated_ids=repeated_ids,
                changes=changes,
            )
            write_atomically(path, _canonical(day))
        write_atomically(self._snapshot, _canonical(taken))
        kinds = [change.change for change in changes]
        return DayKept(
            added=kinds.count("added"),
            changed=kinds.count("changed"),
            removed=kinds.count("removed"),
            change_file=path if is_kept else None,
        )

    def _change_file(self, day: date) -> Path:
        return self._changes / f"{day.isoformat()}.json"

    def _days(self) -> list[date]:
        """Days that have a change file, in order."""
        days = []
        for path in self._changes.glob("*.json"):
            try:
                days.append(date.fromisoformat(path.stem))
            except ValueError:
                raise HistoryError(f"{path} is not named after a day; move it away") from None
        return sorted(days)

    def _last_day(self) -> date:
        days = self._days()
        if self._snapshot.exists():
            try:
                snapshot = Snapshot.model_validate_json(self._snapshot.read_bytes())
            except ValidationError as error:
                raise HistoryError(
                    f"{self._snapshot} is damaged ({_places(error)}); delete it, the next run "
                    "makes it anew from the change files"
                ) from None
            days.append(snapshot.taken_on)
        return max(days, default=_FIRST_DAY)

    def _replay(self, days: list[date]) -> dict[str, Service]:
        services: dict[str, Service] = {}
        for day in days:
            for change in self._read(day).changes:
                if change.change == "removed":
                    services.pop(change.id, None)
                else:
                    services[change.id] = Service(**change.model_dump(exclude={"change"}))
        return services

    def _read(self, day: date) -> DayOfChanges:
        path = self._change_file(day)
        try:
            return DayOfChanges.model_validate_json(path.read_bytes())
        except ValidationError as error:
            raise HistoryError(
                f"{path} is damaged ({_places(error)}); restore it from a backup"
            ) from None


def _differences(before: dict[str, Service], after: dict[str, Service]) -> tuple[Change, ...]:
    """One record for each service that is not the same on both days, in order of id."""
    changes = []
    for identifier in sorted(before.keys() | after.keys()):
        old, new = before.get(identifier), after.get(identifier)
        if new is None and old is not None:
            changes.append(_change("removed", old))
        elif new is not None and old != new:
            changes.append(_change("added" if old is None else "changed", new))
    return tuple(changes)


def _change(kind: Literal["added", "changed", "removed"], service: Service) -> Change:
    return Change(change=kind, **service.model_dump())


def _canonical(content: _Kept) -> str:
    """JSON in which equal contents are equal bytes."""
    plain: Any = content.model_dump(mode="json")
    return json.dumps(plain, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _places(error: ValidationError) -> str:
    fault = error.errors(include_input=False, include_url=False)[0]
    return f"{'.'.join(map(str, fault['loc'])) or 'the file'}: {fault['msg']}"
