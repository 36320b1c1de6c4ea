"""The verdict on a soak: every kind of leak and of misbehaviour is seen, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from soak_measures import Use, megabytes_by_folder, use_of_session
from soak_verdict import Seen, page, what_is_wrong

from assets.reports.quality_page import KEPT_RUNS


def a_night(number: int) -> Seen:
    has_fault, follows = number % 5 == 3, number % 5 == 4
    return Seen(
        number=number,
        change="list sizes revised",
        fault="the process is killed" if has_fault else "",
        subject="nightly" if has_fault else "",
        expected="killed" if has_fault else "published",
        outcome="killed" if has_fault else "published",
        has_new_release=not has_fault,
        alerts=("nightly broke",) if has_fault else ("nightly recovered",) if follows else (),
        seconds=100.0,
        use={"code": Use(2, 300.0, 40, 12)},
        disk_mb={"releases": 20.0, "archive": 10.0 + number},
        releases=3,
        leftovers=1,
    )


NIGHTS = [a_night(number) for number in range(1, 26)]


def test_sound_nights_are_sound() -> None:
    assert what_is_wrong(NIGHTS) == []
    assert what_is_wrong(NIGHTS[:5]) == []
    shown = page(NIGHTS, [])
    assert "- 20 of 20 nights without a fault published." in shown
    assert "- Wrong: nothing." in shown
    assert "| 13 | list sizes revised | the process is killed | killed | nightly broke |" in shown


def leaking(**more: Callable[[int], float]) -> list[Seen]:
    found = []
    for night in NIGHTS:
        use = replace(night.use["code"], **{name: of(night.number) for name, of in more.items()})  # type: ignore[arg-type]
        found.append(replace(night, use={"code": use}))
    return found


@pytest.mark.parametrize(
    ("nights", "sentence"),
    [
        (leaking(memory_mb=lambda n: 300 + 8 * n), "code: memory grew from"),
        (leaking(handles=lambda n: 40 + n), "code: open handles grew from"),
        (leaking(processes=lambda n: 2 + n // 9), "code: processes grew from"),
        (
            [replace(n, disk_mb={"releases": 20.0 + n.number}) for n in NIGHTS],
            "folder releases grew from",
        ),
        ([replace(n, leftovers=n.number) for n in NIGHTS], "temporary files grew from"),
        ([replace(n, releases=4) for n in NIGHTS[:1]], "night 1 left 4 releases"),
        (
            [replace(NIGHTS[0], outcome="failed")],
            "night 1 is failed and not published",
        ),
        ([replace(NIGHTS[2], has_new_release=True)], "night 3 made release"),
        ([replace(NIGHTS[0], has_new_release=False)], "night 1 made no release"),
        ([replace(NIGHTS[2], alerts=())], "night 3 sent [] and not ['nightly broke']"),
        (
            [replace(NIGHTS[2], alerts=("nightly broke", "nightly broke"))],
            "night 3 sent ['nightly broke', 'nightly broke'] and not ['nightly broke']",
        ),
        (
            [NIGHTS[2], replace(NIGHTS[3], alerts=())],
            "night 4 sent [] and not ['nightly recovered']",
        ),
        ([replace(NIGHTS[0], alerts=("x broke",))], "night 1 sent ['x broke'] and not []"),
    ],
)
def test_what_goes_wrong_is_seen(nights: list[Seen], sentence: str) -> None:
    [found] = what_is_wrong(nights)
    assert found.startswith(sentence)


@pytest.mark.parametrize(("after", "is_leak"), [(0.0, False), (6.0, True)])
def test_pages_of_results_may_fill_their_folder_and_no_more(after: float, is_leak: bool) -> None:
    """Thirty runs are kept: until then the folder grows, by ``after`` a night from then on."""
    nights = [
        replace(
            a_night(number),
            disk_mb={"build": 80.0 + 2 * min(number, KEPT_RUNS) + after * max(0, number - 30)},
        )
        for number in range(1, 51)
    ]
    assert ["build" in sentence for sentence in what_is_wrong(nights)] == [True] * is_leak


def test_the_use_of_real_processes_is_measured(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys; held = [open('/dev/null') for _ in range(30)]; "
        "more = bytearray(50_000_000); "
        "below = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); "
        "print('there', flush=True); sys.stdin.read(); below.kill(); below.wait()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.readline()
    use = use_of_session(process.pid)
    process.communicate()
    assert use.processes == 2
    assert use.handles > 33
    assert use.memory_mb > 50
    assert use_of_session(process.pid) == Use(0, 0.0, 0, 0)

    (tmp_path / "releases" / "one").mkdir(parents=True)
    (tmp_path / "releases" / "one" / "table.parquet").write_bytes(bytes(2_000_000))
    os.symlink("one", tmp_path / "releases" / "current")
    assert megabytes_by_folder(tmp_path) == {"releases": 2.0}
