"""Where the platform runs, and what starts by itself there: every environment is declared here.

There is no fallback. A machine that does not say which of these it is must not guess whether it
may publish at night.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

VARIABLE = "DOING_WITH_ENVIRONMENT"


class UndeclaredEnvironmentError(ValueError):
    """An environment that is not named or not declared; the message says which there are."""


@dataclass(frozen=True)
class Environment:
    """When things start. Cron expressions are in London time, summer and winter.

    Between 01:00 and 02:00 an hour is missing or comes twice when the clocks change: nothing
    starts then. With ``starts_by_itself``, schedules and sensors are on without being switched on
    in the UI.
    """

    name: str
    starts_by_itself: bool
    nightly_cron: str = "30 2 * * *"
    # After the night of the first, which it waits for if it is long.
    full_rebuild_cron: str = "0 4 1 * *"


ENVIRONMENTS: Mapping[str, Environment] = MappingProxyType(
    {
        environment.name: environment
        for environment in (
            Environment("local", starts_by_itself=False),
            Environment("production", starts_by_itself=True),
        )
    }
)


def declared(name: str | None) -> Environment:
    """The environment of a name.

    Raises:
        UndeclaredEnvironmentError: for no name, or one that is not declared.
    """
    if name is not None and name in ENVIRONMENTS:
        return ENVIRONMENTS[name]
    said = f"{VARIABLE} is {name!r}, which is not declared" if name else f"{VARIABLE} is not set"
    raise UndeclaredEnvironmentError(
        f"{said}: set it to one of {', '.join(ENVIRONMENTS)} (declared in "
        "orchestration/environments.py)"
    )
