"""Fifty nights in one home, with a fault in every fifth: writes docs/quality/soak.md.

    python tests/integration/soak.py --nights 50

``make campaign-soak`` does it. The services are those of a deployment, on loopback, and stay up
from the first night to the last: what leaks is theirs. Each night is started through the web
server.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from deployment import Deployment, deployed, wait_for
from night import AS_OF, ROOT, left_out_of_nights, make_writable
from soak_landing import ChangingLanding, Fault, fault_of_night
from soak_measures import megabytes_by_folder, use_of_session
from soak_verdict import KEEP_RELEASES, Seen, page, what_is_wrong
from webhook import Webhook, webhook

from assets.release.shelf.publication import Releases
from assets.samples.landing import write_landing
from orchestration.nights.records import RunRecord, RunRecords

PAGE = ROOT / "docs" / "quality" / "soak.md"
# A night takes two minutes where nothing else goes on, and many times that on a shared machine.
_MOST_SECONDS = 3600
_UNTIL_PROCESS_IS_GONE_SECONDS = 120


class Soak:
    """A deployment whose nights are started one after the other."""

    def __init__(self, platform: Deployment, alerts: Webhook, landing: ChangingLanding) -> None:
        self._platform = platform
        self._alerts = alerts
        self._landing = landing
        self._releases = Releases(platform.home / "releases")
        self._idle = self._processes()

    def night(self, number: int) -> Seen:
        """Run a night with what is new in it and the fault that is its own, and look around."""
        fault, before = fault_of_night(number), self._releases.current_version()
        told = len(self._alerts.posted)
        change = self._landing.change(number)
        began = time.monotonic()
        record = self._run(fault)
        seconds = time.monotonic() - began
        self._wait_until_idle()
        after = self._releases.current_version()
        return Seen(
            number=number,
            change=change,
            fault=fault.name if fault else "",
            subject=fault.subject if fault else "",
            expected=fault.outcome if fault else "published",
            outcome=record.outcome,
            has_new_release=after != before,
            alerts=tuple(_title(text) for text in self._alerts.texts[told:]),
            seconds=seconds,
            use={
                name: use_of_session(process.pid)
                for name, process in self._platform.processes.items()
            },
            disk_mb=megabytes_by_folder(self._platform.home),
            releases=len(self._releases.list()),
            leftovers=len(list(self._platform.folder.joinpath("tmp").iterdir())),
        )

    def _run(self, fault: Fault | None) -> RunRecord:
        """Start the night, and wait until what came of it is on record and told."""
        if fault:
            fault.plant(self._landing.folder)
        launched = self._platform.launch("doing-with", "nightly")
        assert launched["__typename"] == "LaunchRunSuccess", launched
        run_id = launched["run"]["runId"]
        if fault:
            fault.strike(self._platform, run_id, _MOST_SECONDS)
        self._platform.ends(run_id, _MOST_SECONDS)
        records = RunRecords(self._platform.home / "operations")
        record = wait_for(lambda: records.of_run(run_id), 300, f"run {run_id} is on record")
        if fault:
            fault.mend(self._landing.folder)
        return record

    def _wait_until_idle(self) -> None:
        """Wait for the end of the processes of the night; those that stay are counted."""
        until = time.monotonic() + _UNTIL_PROCESS_IS_GONE_SECONDS
        while self._processes() > self._idle and time.monotonic() < until:
            time.sleep(1)
        # An alert is told after the run is on record.
        time.sleep(5)

    def _processes(self) -> int:
        return sum(
            use_of_session(process.pid).processes for process in self._platform.processes.values()
        )


def _title(text: str) -> str:
    """What an alert is about: ``doing-with: nightly broke (…`` without what is around it."""
    found = re.match(r"doing-with: (.+?) \(", text)
    return found[1] if found else text


@contextmanager
def soaking(folder: Path, sample: Path, dbt_project: Path) -> Iterator[Soak]:
    """Services on a home in ``folder``, with most of a sample in the landing zone."""
    landing = folder / "landing"
    shutil.copytree(sample, landing, ignore=left_out_of_nights)
    (folder / "tmp").mkdir()
    with webhook() as alerts:
        settings = {
            "DOING_WITH_ENVIRONMENT": "local",
            "DOING_WITH_LANDING": str(landing),
            # How soon a run that was killed is shown as failed.
            "DOING_WITH_LANDING_LOOK_SECONDS": "10",
            "DOING_WITH_DBT_PROJECT": str(dbt_project),
            "DOING_WITH_AS_OF": AS_OF,
            "DOING_WITH_INTERNAL_RELEASE": "no",
            "DOING_WITH_KEEP_RELEASES": str(KEEP_RELEASES),
            "DOING_WITH_KEEP_DAYS": "0",
            "DOING_WITH_KEEP_RUN_DAYS": "0",
            "TMPDIR": str(folder / "tmp"),
            **alerts.settings,
        }
        yaml = "dagster-embedded.yaml"
        with deployed(folder, yaml, settings, has_ticking=False) as platform:
            try:
                platform.wait_until_up(_MOST_SECONDS)
                yield Soak(platform, alerts, ChangingLanding(landing, folder / "scratch"))
                assert platform.dead() == []
            except BaseException:
                print(platform.said())
                raise


def main() -> None:
    """Run the soak and write its page; ends with 1 when something was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nights", type=int, default=50)
    nights = parser.parse_args().nights
    seen: list[Seen] = []
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        write_landing(place / "sample")
        project = shutil.copytree(ROOT / "dbt_project", place / "dbt_project")
        try:
            with soaking(place / "soak", place / "sample", project) as soak:
                for number in range(1, nights + 1):
                    seen.append(soak.night(number))
                    print(seen[-1], flush=True)
        finally:
            make_writable(place)
            if seen:
                PAGE.parent.mkdir(parents=True, exist_ok=True)
                PAGE.write_text(page(seen, what_is_wrong(seen)), encoding="utf-8")
    wrong = what_is_wrong(seen)
    print("\n".join(wrong) or "nothing is wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
