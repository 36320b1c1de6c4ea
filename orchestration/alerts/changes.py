"""Changes of state, which alone are told: broke, became late, recovered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from orchestration.nights.records import Trouble

_NOTHING_TO_DO = "nothing: it is well again"


class Change(BaseModel):
    """One change of state, with everything a person needs to act on it.

    ``since`` is when the trouble began, also of one that is over.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    change: Literal["broke", "became late", "recovered"]
    subject: str
    what: str
    where: str
    since: AwareDatetime
    owner: str
    next_step: str

    @property
    def title(self) -> str:
        """The change in a few words."""
        return f"{self.subject} {self.change}"


@dataclass(frozen=True)
class Alert:
    """What a channel is told at once: every change since it was told the last time."""

    at: datetime
    platform: str
    run_id: str
    changes: tuple[Change, ...]

    @property
    def title(self) -> str:
        """The changes in a line."""
        first, more = self.changes[0].title, len(self.changes) - 1
        return f"doing-with: {first}" + (f" and {more} more" if more else "")

    def as_json(self) -> dict[str, Any]:
        """The alert for programs."""
        return {
            "at": self.at.isoformat(timespec="seconds"),
            "platform": self.platform,
            "run_id": self.run_id,
            "changes": [change.model_dump(mode="json") for change in self.changes],
        }


def changes_between(told: Mapping[str, Trouble], now: Iterable[Trouble]) -> tuple[Change, ...]:
    """How what is wrong now differs from what a channel was told, new troubles first."""
    there = {trouble.key: trouble for trouble in now}
    new = [
        _change("became late" if trouble.kind == "late" else "broke", trouble, trouble.next_step)
        for key, trouble in there.items()
        if key not in told
    ]
    over = [
        _change("recovered", trouble, _NOTHING_TO_DO)
        for key, trouble in told.items()
        if key not in there
    ]
    return (*new, *over)


def _change(
    change: Literal["broke", "became late", "recovered"], trouble: Trouble, next_step: str
) -> Change:
    return Change(
        change=change,
        subject=trouble.subject,
        what=trouble.what,
        where=trouble.where,
        since=trouble.since,
        owner=trouble.owner,
        next_step=next_step,
    )
