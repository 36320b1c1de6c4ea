"""What is wrong with a soak, judged by its figures; and the page that shows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from soak_measures import Use

from assets.reports.quality_page import KEPT_RUNS

# Releases that a soak keeps; beside them the one in force before and the one made before stay.
KEEP_RELEASES = 2
_MOST_RELEASES = KEEP_RELEASES + 1
# Caches fill during the first nights; what goes on growing after them is a leak.
_MOST_GROWTH = 1.25
_MORE_HANDLES = 8
# What holds what came or happened, by design: files taken in, a line for each run.
_GROWING = {"archive", "editions", "operations", "feeds", "downloads"}
# What fills up to a limit: the folder of the build has the result pages of the newest runs.
_FULL_AFTER = {"build": KEPT_RUNS}


@dataclass(frozen=True)
class Seen:
    """A night as it was seen from outside; ``fault`` and ``subject`` of nights with a fault."""

    number: int
    change: str
    fault: str
    subject: str
    expected: str
    outcome: str
    has_new_release: bool
    alerts: tuple[str, ...]
    seconds: float
    use: dict[str, Use]
    disk_mb: dict[str, float]
    releases: int
    leftovers: int


def what_is_wrong(nights: Sequence[Seen]) -> list[str]:
    """Sentences about nights that did not do as they should, and about what leaks."""
    found = []
    for before, night in zip([None, *nights], nights, strict=False):
        found += _of_night(night, before)
    if len(nights) > 3:
        found += _leaks(nights)
    return found


def _of_night(night: Seen, before: Seen | None) -> list[str]:
    found = []
    if night.outcome != night.expected:
        found.append(f"is {night.outcome} and not {night.expected}")
    if night.has_new_release != (night.expected == "published"):
        found.append(f"{'made' if night.has_new_release else 'made no'} release")
    wanted = []
    if night.fault:
        wanted = [f"{night.subject} broke"]
    elif before is not None and before.fault:
        wanted = [f"{before.subject} recovered"]
    if list(night.alerts) != wanted:
        found.append(f"sent {list(night.alerts)} and not {wanted}")
    if night.releases > _MOST_RELEASES:
        found.append(f"left {night.releases} releases")
    return [f"night {night.number} {sentence}" for sentence in found]


def _leaks(nights: Sequence[Seen]) -> list[str]:
    found = []
    for service in nights[0].use:
        memory = _ends(nights, lambda night, of=service: night.use[of].memory_mb)
        if memory[1] > memory[0] * _MOST_GROWTH:
            found.append(f"{service}: memory grew from {memory[0]:.0f} to {memory[1]:.0f} MB")
        handles = _ends(nights, lambda night, of=service: night.use[of].handles)
        if handles[1] > handles[0] + _MORE_HANDLES:
            found.append(f"{service}: open handles grew from {handles[0]:.0f} to {handles[1]:.0f}")
        processes = _ends(nights, lambda night, of=service: night.use[of].processes)
        if processes[1] > processes[0]:
            found.append(f"{service}: processes grew from {processes[0]:.0f} to {processes[1]:.0f}")
    for folder in sorted(nights[-1].disk_mb.keys() - _GROWING):
        full = nights[_FULL_AFTER.get(folder, 0) :]
        judged = full if len(full) > 3 else nights
        size = _ends(judged, lambda night, of=folder: night.disk_mb.get(of, 0.0))
        if size[1] > size[0] * _MOST_GROWTH + 1:
            found.append(f"folder {folder} grew from {size[0]:.1f} to {size[1]:.1f} MB")
    left = _ends(nights, lambda night: night.leftovers)
    if left[1] > left[0]:
        found.append(f"temporary files grew from {left[0]:.0f} to {left[1]:.0f}")
    return found


def _ends(nights: Sequence[Seen], of: Callable[[Seen], float]) -> tuple[float, float]:
    """The middle of the first nights after the caches filled, and of the last ones."""
    settled = nights[1:] if len(nights) < 20 else nights[5:]
    share = max(1, len(settled) // 4)
    return (
        median(of(night) for night in settled[:share]),
        median(of(night) for night in settled[-share:]),
    )


def page(nights: Sequence[Seen], wrong: Sequence[str]) -> str:
    """The page of a soak, in Markdown."""
    good = [night for night in nights if not night.fault]
    services = list(nights[0].use)
    published = sum(night.has_new_release for night in good)
    with_fault = [night for night in nights if night.fault]
    lines = [
        "# Soak",
        "",
        "Written by `make campaign-soak` (tests/integration/soak.py); not by hand.",
        "",
        f"- {len(nights)} consecutive nights in one home, started through the web server, queued "
        "by the daemon, run by the code server; something new in each, a fault in every fifth.",
        f"- {published} of {len(good)} nights without a fault published.",
        f"- {len(with_fault)} nights with a fault: "
        f"{sum(night.has_new_release for night in with_fault)} published what was good, "
        f"{sum(not night.has_new_release for night in with_fault)} left the release before in "
        f"force; each sent one alert, {sum(len(n.alerts) for n in nights)} with those that told "
        "the recovery.",
        f"- Wrong: {'; '.join(wrong) or 'nothing'}.",
        f"- A night took {median(n.seconds for n in nights):.0f} s (median).",
        "",
        "| service | memory, MB: after the first nights | in the end | most "
        "| handles: after the first nights | in the end | processes |",
        "|---|---|---|---|---|---|---|",
    ]
    for service in services:
        memory = _ends(nights, lambda night, of=service: night.use[of].memory_mb)
        handles = _ends(nights, lambda night, of=service: night.use[of].handles)
        most = max(night.use[service].memory_mb for night in nights)
        lines.append(
            f"| {service} | {memory[0]:.0f} | {memory[1]:.0f} | {most:.0f} | {handles[0]:.0f} | "
            f"{handles[1]:.0f} | {nights[-1].use[service].processes} |"
        )
    lines += ["", "| folder | MB after the first night | after the last |", "|---|---|---|"]
    for folder in nights[-1].disk_mb:
        first = nights[0].disk_mb.get(folder, 0.0)
        lines.append(f"| {folder} | {first:.1f} | {nights[-1].disk_mb[folder]:.1f} |")
    lines += [
        "",
        "Archive and editions keep every file that came, operations a line for each run, the build "
        f"the result pages of {KEPT_RUNS} runs; all else keeps its size: a soak keeps Dagster's "
        "records of the last runs alone.",
        "",
        "Memory is resident, of all processes of a service, after the night's own has ended.",
        "",
        f"| night | new | fault | outcome | alerts | s | {' | '.join(services)} | releases |",
        f"|---|---|---|---|---|---|{'---|' * len(services)}---|",
    ]
    lines += [_row(night) for night in nights]
    return "\n".join([*lines, ""])


def _row(night: Seen) -> str:
    uses = " | ".join(
        f"{use.memory_mb:.0f} MB, {use.handles} handles, {use.processes} processes"
        for use in night.use.values()
    )
    return (
        f"| {night.number} | {night.change} | {night.fault} | {night.outcome} | "
        f"{'; '.join(night.alerts)} | {night.seconds:.0f} | {uses} | {night.releases} |"
    )
