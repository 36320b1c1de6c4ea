"""How the platform stands: judged by the last night that completed, published or unchanged."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from assets.folders import Home
from orchestration.lock import Holder, holder_of
from orchestration.nights.records import (
    Kind,
    RunRecord,
    RunRecords,
    Trouble,
    last_completed,
    last_night,
)

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_AGE = re.compile(r"(\d+)([mhd])")


def parse_age(text: str) -> timedelta:
    """An age such as ``26h``, ``90m`` or ``2d``; raises ``ValueError`` for anything else."""
    found = _AGE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is not an age: write 26h, 90m or 2d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


@dataclass(frozen=True)
class Health:
    """What is known of a home at a moment."""

    home: Home
    now: datetime
    max_age: timedelta
    completed: RunRecord | None
    night: RunRecord | None
    troubles: tuple[Trouble, ...]
    holder: Holder | None

    @property
    def age(self) -> timedelta | None:
        """Time since the last night that completed ended."""
        return self.now - self.completed.ended_at if self.completed else None

    @property
    def is_healthy(self) -> bool:
        """Whether a night completed that is not too old."""
        return self.age is not None and self.age <= self.max_age

    def of_kind(self, kind: Kind) -> list[str]:
        """Subjects of the troubles of a kind."""
        return [trouble.subject for trouble in self.troubles if trouble.kind == kind]

    def line(self) -> str:
        """All of it in one line."""
        return "; ".join(
            [f"{'ok' if self.is_healthy else 'NOT OK'}: {self._night()}", *self._rest()]
        )

    def _night(self) -> str:
        if self.completed is None or self.age is None:
            return f"no night has completed in {self.home.folder}"
        what = "published" if self.completed.outcome == "published" else "found nothing new"
        release = f", release {self.completed.release} in force" if self.completed.release else ""
        old = "" if self.is_healthy else f", more than {_hours(self.max_age)}"
        return (
            f"{self.completed.job} {what} at {_in_london(self.completed.ended_at)}, "
            f"{_hours(self.age)} ago{old}{release}"
        )

    def _rest(self) -> list[str]:
        said = []
        if self.night is not None and self.night is not self.completed:
            said.append(
                f"{self.night.job} {'was killed' if self.night.outcome == 'killed' else 'failed'} "
                f"at {_in_london(self.night.ended_at)}"
            )
        kinds: tuple[Kind, ...] = ("late", "refused", "source")
        of_kinds = {kind: ", ".join(self.of_kind(kind)) for kind in kinds}
        said += [f"{kind}: {subjects}" for kind, subjects in of_kinds.items() if subjects]
        if self.holder is not None:
            since = _in_london(self.holder.since)
            doing = "is going on" if self.holder.is_alive else "was killed, it began"
            said.append(f"run {self.holder.run_id} {doing} since {since}")
        return said

    def as_json(self) -> dict[str, Any]:
        """All of it for other programs; times in UTC, ages in hours."""
        hours = self.age.total_seconds() / 3600 if self.age else None
        return {
            "is_healthy": self.is_healthy,
            "home": str(self.home.folder),
            "max_age_hours": self.max_age.total_seconds() / 3600,
            "age_hours": None if hours is None else round(hours, 2),
            "last_completed": _dumped(self.completed),
            "last_night": _dumped(self.night),
            "late": self.of_kind("late"),
            "refused": self.of_kind("refused"),
            "troubles": [trouble.model_dump(mode="json") for trouble in self.troubles],
            "run_going_on": self.holder.run_id if self.holder and self.holder.is_alive else None,
        }


def health_of(home: Home, max_age: timedelta, now: datetime | None = None) -> Health:
    """How a home stands now, from its own records alone.

    Raises:
        RunRecordsError: when the records cannot be read.
    """
    records = RunRecords(home.operations).all()
    return Health(
        home=home,
        now=now or datetime.now(UTC),
        max_age=max_age,
        completed=last_completed(records),
        night=last_night(records),
        troubles=records[-1].troubles if records else (),
        holder=holder_of(home.folder),
    )


def _dumped(record: RunRecord | None) -> dict[str, Any] | None:
    return record.model_dump(mode="json", exclude={"troubles"}) if record else None


def _in_london(moment: datetime) -> str:
    return f"{moment.astimezone(ZoneInfo('Europe/London')):%Y-%m-%d %H:%M}"


def _hours(age: timedelta) -> str:
    hours = age.total_seconds() / 3600
    return f"{hours:.0f} h" if hours >= 1 else f"{age.total_seconds() / 60:.0f} min"
