"""The platform as it is deployed: the commands of the systemd units, on free ports."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import yaml
from night import ROOT
from postgres_server import free_port

UNITS = ROOT / "deploy" / "systemd"
HARDENING = UNITS / "doing-with-.service.d" / "hardening.conf"
_INSTALLED, _KEPT = "/opt/doing-with", "/var/lib/doing-with/live"
_T = TypeVar("_T")


def settings_of(unit: Path, name: str) -> list[str]:
    """Values of a setting of a unit, in their order."""
    lines = unit.read_text(encoding="utf-8").splitlines()
    return [line.partition("=")[2] for line in lines if line.startswith(f"{name}=")]


def wait_for(ask: Callable[[], _T | None], seconds: float, what: str) -> _T:
    """What a question is answered with, once it is."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := ask():
            return answer
        time.sleep(0.5)
    raise AssertionError(f"not within {seconds:.0f} s: {what}")


@dataclass
class Deployment:
    """A home, the environment of its services, and the services that were started."""

    folder: Path
    secrets: Mapping[str, str]
    has_ticking: bool = True
    ports: dict[str, int] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    commands: dict[str, list[str]] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.folder / "live"

    @property
    def environment(self) -> dict[str, str]:
        """As hardening.conf and the files in /etc/doing-with set it."""
        said = [pair for line in settings_of(HARDENING, "Environment") for pair in line.split()]
        unit = dict(pair.split("=", 1) for pair in said)
        placed = {name: value.replace(_KEPT, str(self.home)) for name, value in unit.items()}
        return {**os.environ, **placed, "PYTHONPATH": str(ROOT), **self.secrets}

    def install(self, dagster_yaml: str) -> None:
        """Put dagster.yaml where the guide says, and the workspace on the ports of this test."""
        records = self.home / "dagster"
        records.mkdir(parents=True)
        shutil.copy(ROOT / "deploy" / dagster_yaml, records / "dagster.yaml")
        self.ports = {str(port): free_port() for port in (3000, 3001, 4000, 4001)}
        workspace = yaml.safe_load((ROOT / "deploy" / "workspace.yaml").read_text())
        [platform] = workspace["load_from"]
        assert platform["grpc_server"]["port"] == 4000
        if self.has_ticking:
            ticking = {"port": 4001, "location_name": "ticking"}
            workspace["load_from"].append({"grpc_server": {**platform["grpc_server"], **ticking}})
        for one in workspace["load_from"]:
            one["grpc_server"]["port"] = self.ports[str(one["grpc_server"]["port"])]
        (self.folder / "workspace.yaml").write_text(yaml.safe_dump(workspace))

    def command(self, unit: str, *, line: int = 0) -> list[str]:
        """What a unit starts, at the places and ports of this test."""
        return self._placed(settings_of(UNITS / unit, "ExecStart")[line])

    def _placed(self, line: str) -> list[str]:
        return [self._word(word) for word in shlex.split(line)]

    def _word(self, word: str) -> str:
        if word.startswith(f"{_INSTALLED}/.venv/bin/"):
            return str(Path(sys.executable).with_name(Path(word).name))
        if word == f"{_INSTALLED}/deploy/workspace.yaml":
            return str(self.folder / "workspace.yaml")
        return str(self.ports.get(word, word))

    def start(self, name: str, command: list[str]) -> None:
        """Start a service in a process group of its own; what it says is in a file."""
        self.commands[name] = command
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def start_all(self) -> None:
        """All services, and if it is wanted a code server whose schedule ticks soon."""
        code = self.command("doing-with-code.service")
        self.start("code", code)
        if self.has_ticking:
            self._start_ticking(code)
        for name in ("daemon", "web", "viewer") if self.has_ticking else ("daemon", "web"):
            self.start(name, self.command(f"doing-with-{name}.service"))

    def _start_ticking(self, code: list[str]) -> None:
        ticking = [str(self.ports["4001"]) if word == str(self.ports["4000"]) else word
                   for word in code]  # fmt: skip
        ticking[ticking.index("doing-with")] = "ticking"
        ticking[ticking.index("--module-name") :] = [
            "--python-file", str(Path(__file__).with_name("ticking.py")),
        ]  # fmt: skip
        self.start("ticking", ticking)

    def stop_all(self) -> None:
        """Stop what was started as systemd does: all of a service at once, then for good."""
        for process in self.processes.values():
            _signal(process, signal.SIGTERM)
        deadline = time.monotonic() + 30
        for process in self.processes.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
            _signal(process, signal.SIGKILL)
            process.wait()

    def dead(self) -> list[str]:
        """Services that ended by themselves."""
        return [name for name, process in self.processes.items() if process.poll() is not None]

    def said(self) -> str:
        """The end of what every service said."""
        logs = sorted(self.folder.glob("*.log"))
        return "\n".join(
            f"== {log.name}\n{log.read_text(errors='replace')[-3000:]}" for log in logs
        )

    def graphql(self, query: str, port: str = "3000", **variables: Any) -> dict[str, Any]:
        """What a web server answers."""
        address = f"http://127.0.0.1:{self.ports[port]}/graphql"
        answer = httpx.post(address, json={"query": query, "variables": variables}, timeout=60)
        said: dict[str, Any] = answer.raise_for_status().json()
        assert "errors" not in said, said
        found: dict[str, Any] = said["data"]
        return found

    def is_up(self, port: str = "3000") -> bool:
        """Whether a web server answers and all code locations are loaded."""
        try:
            found = self.graphql(
                "{ workspaceOrError { ... on Workspace { locationEntries { loadStatus "
                "locationOrLoadError { __typename } } } } }",
                port,
            )
        except (httpx.HTTPError, AssertionError):
            return False
        entries = found["workspaceOrError"].get("locationEntries", [])
        kinds = [(entry["locationOrLoadError"] or {}).get("__typename") for entry in entries]
        return kinds == ["RepositoryLocation"] * (2 if self.has_ticking else 1)

    def runs(self) -> list[dict[str, Any]]:
        """Runs as the UI lists them, newest first, with their tags."""
        found = self.graphql(
            "{ runsOrError(limit: 100) { ... on Runs { results { runId jobName status "
            "tags { key value } } } } }"
        )["runsOrError"]["results"]
        return [{**run, "tags": {tag["key"]: tag["value"] for tag in run["tags"]}} for run in found]

    def launch(self, location: str, job: str, port: str = "3000") -> dict[str, Any]:
        """Ask a web server to start a job, as its button does."""
        selector = {
            "repositoryLocationName": location,
            "repositoryName": "__repository__",
            "jobName": job,
        }
        found: dict[str, Any] = self.graphql(
            "mutation($of: ExecutionParams!) { launchRun(executionParams: $of) { __typename "
            "... on LaunchRunSuccess { run { runId } } ... on PythonError { message } "
            "... on UnauthorizedError { message } } }",
            port,
            of={"selector": selector, "runConfigData": {}},
        )["launchRun"]
        return found

    def errors_of(self, run_id: str) -> list[str]:
        """What the UI says of the steps of a run that failed."""
        events = self.graphql(
            "query($run: ID!) { logsForRun(runId: $run) { ... on EventConnection { events { "
            "... on ExecutionStepFailureEvent { stepKey error { message } } "
            "... on RunFailureEvent { message } } } } }",
            run=run_id,
        )["logsForRun"]["events"]
        return [str(event) for event in events if event]

    def status_of(self, run_id: str) -> str:
        [run] = [run for run in self.runs() if run["runId"] == run_id]
        return str(run["status"])

    def ends(self, run_id: str, seconds: float) -> str:
        """How a run ended, once it has; what the services said if it does not."""

        def ended() -> str | None:
            status = self.status_of(run_id)
            return status if status in ("SUCCESS", "FAILURE", "CANCELED") else None

        return wait_for(ended, seconds, f"run {run_id} ended\n{self.said()}")

    def wait_until_up(self, seconds: float) -> None:
        """Wait until the services answer, and start one that failed once more, as systemd does.

        In a home without records the first two that open SQLite both make its tables, and one of
        them fails.

        Raises:
            AssertionError: when one of them fails again, or none answers in time.
        """
        ports = ("3000", "3001") if self.has_ticking else ("3000",)
        again: set[str] = set()

        def are_up() -> bool:
            for name in self.dead():
                assert name not in again, self.said()
                again.add(name)
                self.start(name, self.commands[name])
            return all(self.is_up(port) for port in ports)

        wait_for(are_up, seconds, f"the web servers are up\n{self.said()}")
        assert self.dead() == [], self.said()


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return


@contextmanager
def deployed(
    folder: Path, dagster_yaml: str, secrets: Mapping[str, str], *, has_ticking: bool = True
) -> Iterator[Deployment]:
    """All services of a new home, stopped at the end."""
    deployment = Deployment(folder, secrets, has_ticking)
    deployment.install(dagster_yaml)
    try:
        deployment.start_all()
        yield deployment
    finally:
        deployment.stop_all()
