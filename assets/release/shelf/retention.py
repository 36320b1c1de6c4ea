"""How long releases stay: by number and by age, and never at the cost of the way back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True)
class Retention:
    """A release goes when it is neither among the newest ``count`` nor younger than ``days``."""

    count: int = 30
    days: int = 90

    def __post_init__(self) -> None:
        """Refuse numbers that would leave nothing."""
        if self.count < 1 or self.days < 0:
            raise ValueError(
                f"keep at least 1 release and 0 days, not {self.count} and {self.days}"
            )


def to_remove(
    versions: Sequence[str], in_force: Sequence[str], retention: Retention, now: datetime
) -> tuple[str, ...]:
    """Versions that are kept no longer, oldest first.

    In: all versions, oldest first; versions as they came into force, the newest last; an instant.
    The one in force always stays, the one in force before it, and the one made before it.
    """
    if not in_force:
        return ()
    current = in_force[-1]
    earlier = [version for version in in_force if version != current and version in versions]
    older = [version for version in versions if version < current]
    kept = {current, *earlier[-1:], *older[-1:], *versions[-retention.count :]}
    oldest = now - timedelta(days=retention.days)
    return tuple(v for v in versions if v not in kept and made_at(v) < oldest)


def made_at(version: str) -> datetime:
    """The instant that the name of a release begins with."""
    return datetime.strptime(version[:18], "%Y-%m-%dT%H%M%SZ").replace(tzinfo=UTC)
