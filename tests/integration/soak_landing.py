"""What each night of a soak finds in its landing zone: something new, in every fifth a fault."""

from __future__ import annotations

import os
import random
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from deployment import Deployment, wait_for

from assets.samples.faults.planting import plant
from assets.samples.landing import write_landing
from orchestration.lock import holder_of

LIST_SIZES = "gp-list-size/gp-reg-pat-prac-all_2025-09.csv"
WORKFORCE = "pcn-workforce/PCN_individual_level_2025-09.csv"
# In the third of every five, so that five nights show what comes after a fault, too.
_EVERY, _FIRST = 5, 3


@dataclass(frozen=True)
class Fault:
    """A fault, what the design says becomes of the night, and what the one alert is about.

    ``plant`` is done before the night, ``strike`` while it goes on, ``mend`` after it.
    """

    name: str
    outcome: Literal["published", "failed", "killed"]
    subject: str
    plant: Callable[[Path], object] = lambda landing: None
    strike: Callable[[Deployment, str, float], object] = lambda platform, run_id, seconds: None
    mend: Callable[[Path], object] = lambda landing: None


def _contradict(landing: Path) -> None:
    _aside(landing / LIST_SIZES)
    path = landing / LIST_SIZES
    plant(path, path, "duplicate_key", row=3, column="NUMBER_OF_PATIENTS")


def _identify(landing: Path) -> None:
    _aside(landing / WORKFORCE)
    path = landing / WORKFORCE
    plant(path, path, "identifier_column", row=2, column="PCN_NAME")


def _aside(path: Path) -> None:
    """Keep the sound file; what is no extract's name is left alone by the landing zone."""
    shutil.copy(path, path.with_name(f"{path.name}.sound.md"))


def _put_back(landing: Path) -> None:
    for sound in landing.rglob("*.sound.md"):
        sound.replace(sound.with_name(sound.name.removesuffix(".sound.md")))


def _unmount(landing: Path) -> None:
    landing.rename(landing.with_name("unmounted"))


def _mount(landing: Path) -> None:
    landing.with_name("unmounted").rename(landing)


def _ask_nobody(landing: Path) -> None:
    """Declare a feed at a port where nobody listens."""
    declared = landing / "landing.yml"
    shutil.copy(declared, landing / "landing.yml.sound.md")
    feed = "{name: nobody, url: 'http://127.0.0.1:9', timeout_seconds: 2, deadline_seconds: 4}"
    with declared.open("a", encoding="utf-8") as file:
        file.write(f"open_referral_feeds: [{feed}]\n")


def _kill(platform: Deployment, run_id: str, seconds: float) -> None:
    """Kill the process of a run while dbt builds."""

    def builds() -> bool:
        stats = platform.graphql(
            "query($run: ID!) { runOrError(runId: $run) { ... on Run { stepStats { stepKey "
            "status } } } }",
            run=run_id,
        )["runOrError"]["stepStats"]
        return any(step["stepKey"] == "dbt_models" for step in stats)

    wait_for(builds, seconds, f"run {run_id} builds\n{platform.said()}")
    holder = holder_of(platform.home)
    assert holder is not None
    assert holder.run_id == run_id
    os.kill(holder.process, signal.SIGKILL)


FAULTS = (
    Fault("a file that contradicts itself", "published", "reg_list_sizes", _contradict,
          mend=_put_back),
    Fault("the landing zone is not mounted", "failed", "nightly", _unmount, mend=_mount),
    Fault("the process is killed", "killed", "nightly", strike=_kill),
    Fault("a feed that does not answer", "published", "landing/arrivals", _ask_nobody,
          mend=_put_back),
    Fault("NHS numbers in a file", "published", "pcnwf_staff", _identify, mend=_put_back),
)  # fmt: skip


def fault_of_night(number: int) -> Fault | None:
    """The fault of a night, counted from 1."""
    if number % _EVERY != _FIRST:
        return None
    return FAULTS[number // _EVERY % len(FAULTS)]


class ChangingLanding:
    """A landing zone in which every night finds something that was not there before."""

    def __init__(self, folder: Path, scratch: Path) -> None:
        self.folder = folder
        self._scratch = scratch

    def change(self, night: int) -> str:
        """Put in what is new, by the number of the night; says what it was."""
        revised = self._revise(night)
        # Whatever a fault spoils, something else is new that night.
        family = {0: "gpps", 1: "pcn-workforce", 3: "pcn-workforce"}.get(night % 4)
        if family is None:
            return revised
        shutil.rmtree(self._scratch, ignore_errors=True)
        write_landing(self._scratch, seed=night)
        for old in (self.folder / family).iterdir():
            shutil.copy(self._scratch / family / old.name, old)
        return f"{revised}, {family} of seed {night}"

    def _revise(self, night: int) -> str:
        """Other numbers of patients for a few practices, by seed."""
        path = self.folder / LIST_SIZES
        lines = path.read_bytes().splitlines(keepends=True)
        chance = random.Random(night)
        for row in chance.sample(range(1, len(lines)), 5):
            rest, _, count = lines[row].rpartition(b",")
            lines[row] = rest + b",%d\r\n" % (int(count) + chance.randint(1, 40))
        path.write_bytes(b"".join(lines))
        return "list sizes revised"
