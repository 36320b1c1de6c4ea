"""Nights, manual builds and ingests that want to run at the same moment: they queue, and all end.

Real servers, a real schedule and a real sensor on loopback; the hour is shortened by settings.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from ingesting import Place, walks, walks_contract

from orchestration.instance import dagster_home, open_instance

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
# Half a minute where nothing else goes on.
PATIENCE_SECONDS = 900

# Takes minutes; .ci/run passes it too.
pytestmark = pytest.mark.slow

LAUNCH = """
mutation Launch($job: String!) {
  launchRun(executionParams: {
    selector: {
      repositoryLocationName: "tiny_platform", repositoryName: "__repository__", jobName: $job
    },
    runConfigData: {}
  }) { __typename ... on LaunchRunSuccess { run { runId } } }
}
"""


READY = """
{ repositoriesOrError { __typename ... on RepositoryConnection { nodes { jobs { name } } } } }
"""


class Servers:
    """Code server, daemon and web server of one home."""

    def __init__(self, place: Place, environment: dict[str, str]) -> None:
        self.place = place
        self.environment = environment
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    def start(self) -> subprocess.Popen[bytes]:
        dagster = str(Path(sys.executable).with_name("dagster"))
        command = [dagster, "dev", "-m", "tiny_platform", "--host", "127.0.0.1"]
        with (self.place.folder / "servers.txt").open("wb") as log:
            return subprocess.Popen(
                [*command, "--port", str(self.port)],
                cwd=HERE,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def ask(self, query: str, **variables: str) -> Any:
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/graphql", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["data"]

    def launch(self, job: str) -> str:
        launched = self.ask(LAUNCH, job=job)["launchRun"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        return str(launched["run"]["runId"])

    def is_ready(self) -> bool:
        try:
            found = self.ask(READY)["repositoriesOrError"]
        except OSError:
            return False
        return any(node["jobs"] for node in found.get("nodes", ()))

    def runs(self) -> list[dict[str, Any]]:
        found = self.ask(
            "{ runsOrError(limit: 100) { __typename ... on Runs { results "
            "{ runId jobName status tags { key value } } } } }"
        )
        return list(found["runsOrError"]["results"])


def wait_for(what: str, is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < until, f"waited in vain: {what}"
        time.sleep(1)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path / "place", as_of="2026-10-15", fetch=False)
    made.agree(walks_contract())
    (made.landing_folder / "walks_2026-08.csv").write_bytes(walks("2026-08", 7))
    return made


@pytest.fixture
def servers(place: Place) -> Iterator[Servers]:
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT}:{HERE}",
        "DAGSTER_HOME": str(dagster_home(place.settings.place)),
        "DOING_WITH_HOME": str(place.home),
        "DOING_WITH_LANDING": str(place.landing_folder),
        "DOING_WITH_CONTRACTS": str(place.contracts),
        "DOING_WITH_AS_OF": place.as_of,
        "DOING_WITH_ENVIRONMENT": "production",
        "DOING_WITH_NIGHTLY_CRON": "* * * * *",
        "DOING_WITH_LANDING_LOOK_SECONDS": "5",
        "DOING_WITH_LANDING_SETTLED_SECONDS": "3",
    }
    made = Servers(place, environment)
    process = made.start()
    try:
        wait_for("the web server", made.is_ready)
        yield made
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def tag(run: dict[str, Any], key: str) -> str | None:
    return next((one["value"] for one in run["tags"] if one["key"] == key), None)


def worked(place: Place, run_id: str) -> tuple[float, float]:
    """When the first step of a run began and its last one ended."""
    with open_instance(place.settings.place) as instance:
        steps = [
            entry.timestamp
            for entry in instance.all_logs(run_id)
            if entry.dagster_event is not None
            and entry.dagster_event.event_type
            in {dg.DagsterEventType.STEP_START, dg.DagsterEventType.STEP_SUCCESS}
        ]
    return min(steps), max(steps)


def test_a_schedule_a_sensor_two_manual_runs_and_a_terminal_queue_and_all_succeed(
    place: Place, servers: Servers
) -> None:
    dropped = 0

    def has_started_an_ingest() -> bool:
        # A night of the schedule may take a file in before the sensor looks: the next one, then.
        nonlocal dropped
        if any(tag(run, "dagster/sensor_name") for run in servers.runs()):
            return True
        dropped += 1
        month = f"2025-{dropped % 12 + 1:02}"
        (place.landing_folder / f"walks_{month}.csv").write_bytes(walks(month, 12, dropped))
        time.sleep(20)
        return False

    wait_for("the sensor to start an ingest", has_started_an_ingest)
    from_terminal = subprocess.Popen(
        [sys.executable, "tiny_platform.py", "nightly"], cwd=HERE, env=servers.environment
    )
    manual = {servers.launch("build"), servers.launch("nightly")}

    def has_all() -> bool:
        done = [run for run in servers.runs() if run["status"] == "SUCCESS"]
        return (
            manual <= {run["runId"] for run in done}
            and any(tag(run, "dagster/schedule_name") == "nightly" for run in done)
            and any(tag(run, "dagster/sensor_name") == "landing_zone" for run in done)
        )

    wait_for("a run of each kind", has_all)
    assert from_terminal.wait(timeout=PATIENCE_SECONDS) == 0
    runs = servers.runs()
    assert [run for run in runs if run["status"] in {"FAILURE", "CANCELED"}] == []
    spans = sorted(worked(place, run["runId"]) for run in runs if run["status"] == "SUCCESS")
    assert len(spans) >= 5
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))
    # At most one run for each file that arrived, and none for what was held.
    by_sensor = [run for run in servers.runs() if tag(run, "dagster/sensor_name")]
    assert 1 <= len(by_sensor) <= dropped


def test_a_bad_file_is_told_once_and_a_good_one_ends_it(place: Place, servers: Servers) -> None:
    alerts = place.home / "operations" / "alerts.jsonl"

    def told() -> list[tuple[str, str]]:
        lines = alerts.read_text().splitlines() if alerts.exists() else []
        found = [json.loads(line)["changes"] for line in lines]
        return [(change["change"], change["subject"]) for changes in found for change in changes]

    bad = place.landing_folder / "walks_2026-09.csv"
    bad.write_bytes(walks("2026-09", *["many"] * 9))
    wait_for("the alert", lambda: bool(told()))
    seen = len([run for run in servers.runs() if run["status"] == "SUCCESS"])
    wait_for(
        "two more nights",
        lambda: len([run for run in servers.runs() if run["status"] == "SUCCESS"]) >= seen + 2,
    )
    assert told() == [("broke", "walks")]
    bad.write_bytes(walks("2026-09", 12, 9))
    wait_for("the end of it", lambda: len(told()) == 2)
    assert told()[1] == ("recovered", "walks")


def test_the_queue_goes_on_after_a_run_was_killed(place: Place, servers: Servers) -> None:
    wait_for("a night", lambda: any(run["status"] == "SUCCESS" for run in servers.runs()))
    wait_for("a run that holds the home", (place.home / "run.json").exists)
    holder = json.loads((place.home / "run.json").read_text())
    os.kill(holder["process"], signal.SIGKILL)

    def is_over() -> bool:
        found = {run["runId"]: run["status"] for run in servers.runs()}
        return found.get(holder["run_id"]) == "FAILURE"

    wait_for("the killed run to be shown as failed", is_over)
    before = {run["runId"] for run in servers.runs() if run["status"] == "SUCCESS"}
    wait_for(
        "the next night",
        lambda: bool(
            {run["runId"] for run in servers.runs() if run["status"] == "SUCCESS"} - before
        ),
    )


def test_two_schedulers_by_mistake_do_no_harm(place: Place, servers: Servers) -> None:
    program = str(Path(sys.executable).with_name("dagster-daemon"))
    said = place.folder / "second.txt"
    with said.open("wb") as log:
        second = subprocess.Popen(
            [program, "run", "-m", "tiny_platform"],
            cwd=HERE, env=servers.environment, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip

    def nights_after_both_ticked() -> int:
        if "Evaluating schedule" not in said.read_text():
            return 0
        done = [run for run in servers.runs() if run["status"] == "SUCCESS"]
        return len([run for run in done if tag(run, "dagster/schedule_name")])

    try:
        wait_for("nights of both", lambda: nights_after_both_ticked() >= 2)
    finally:
        os.killpg(second.pid, signal.SIGTERM)
        second.wait()
    runs = servers.runs()
    assert [run for run in runs if run["status"] in {"FAILURE", "CANCELED"}] == []
    spans = sorted(worked(place, run["runId"]) for run in runs if run["status"] == "SUCCESS")
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))
    assert not (place.home / "operations" / "alerts.jsonl").exists()
