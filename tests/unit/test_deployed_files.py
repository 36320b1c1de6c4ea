"""What deploy/ holds: systemd, Docker, Compose and Dagster read it as it is meant."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose
from typer.main import get_command

from assets.home import Home
from orchestration.command_line import app
from orchestration.instance import dagster_home

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
UNITS = DEPLOY / "systemd"
SERVICES = sorted(path.name for path in UNITS.glob("doing-with-*.service"))
# By systemd's own measure, from 0 for a service that is well fenced to 10; it calls up to 4 OK.
_MOST_EXPOSED = 2.0
_UNIT_KINDS = (".service", ".timer", ".target")


def started_by(unit: Path) -> list[list[str]]:
    """The commands of a unit."""
    lines = unit.read_text(encoding="utf-8").splitlines()
    return [shlex.split(line.partition("=")[2]) for line in lines if line.startswith("ExecStart=")]


def commands() -> list[list[str]]:
    """Every command of every unit."""
    units = [*UNITS.glob("*.service"), *UNITS.glob("*.d/*.conf")]
    return [command for unit in sorted(units) for command in started_by(unit)]


def compose() -> dict[str, Any]:
    """The Compose file with its variables filled in and its anchors resolved."""
    said = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    filled_in = re.sub(r"\$\{(PGPASSWORD|LANDING):\?[^}]+\}", "/given", said)
    assert "$" not in filled_in, "a variable that the file does not explain"
    found: dict[str, Any] = yaml.safe_load(filled_in)
    return found


def run(*command: str) -> str:
    """What systemd says; nothing at all is what is hoped for."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"no {command[0]}: apt-get install systemd")
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    said = (ran.stdout + ran.stderr).strip()
    assert ran.returncode == 0, said
    return said


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a machine on which the units are installed as the guide says."""
    root = tmp_path_factory.mktemp("machine")
    installed = root / "etc" / "systemd" / "system"
    shutil.copytree(UNITS, installed)
    for name, folder in (("sysusers", "sysusers.d"), ("tmpfiles", "tmpfiles.d")):
        (root / "etc" / folder).mkdir()
        shutil.move(installed / f"{name}.conf", root / "etc" / folder / "doing-with.conf")
    # The units that every machine has, and the programs that are started.
    if Path("/lib/systemd/system").is_dir():
        shutil.copytree("/lib/systemd/system", root / "lib/systemd/system", symlinks=True)
    for command in commands():
        target = root / command[0].removeprefix("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy("/bin/true", target)
    return root


def test_the_embedded_configuration_is_what_a_home_gets(tmp_path: Path) -> None:
    written = dagster_home(Home(tmp_path)) / "dagster.yaml"
    assert written.read_bytes() == (DEPLOY / "dagster-embedded.yaml").read_bytes()


def test_the_two_configurations_differ_in_where_records_are_kept() -> None:
    embedded = yaml.safe_load((DEPLOY / "dagster-embedded.yaml").read_text())
    postgres = yaml.safe_load((DEPLOY / "dagster-postgres.yaml").read_text())
    assert embedded["storage"].keys() == {"custom"}
    assert postgres["storage"].keys() == {"postgres"}
    assert postgres.pop("retention")
    assert {**embedded, "storage": {}} == {**postgres, "storage": {}}


def test_what_postgres_is_asked_by_is_in_the_example() -> None:
    storage = yaml.safe_load((DEPLOY / "dagster-postgres.yaml").read_text())["storage"]
    asked = {
        value["env"]
        for value in storage["postgres"]["postgres_db"].values()
        if isinstance(value, dict) and "env" in value
    }
    lines = (DEPLOY / "dagster.env.example").read_text().splitlines()
    assert {line.partition("=")[0] for line in lines if not line.startswith("#")} == asked


def test_systemd_reads_every_unit(machine: Path) -> None:
    units = [path.name for path in sorted(UNITS.iterdir()) if path.suffix in _UNIT_KINDS]
    assert len(units) == 9
    said = run("systemd-analyze", "verify", "--man=no", f"--root={machine}", *units)
    assert said == ""


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_is_fenced(machine: Path, service: str) -> None:
    said = run(
        "systemd-analyze", "security", "--offline=true", "--no-pager", f"--root={machine}", service
    )
    exposed = re.search(r"exposure level for \S+: (\S+)", said)
    assert exposed is not None, said
    assert float(exposed[1]) <= _MOST_EXPOSED, said


@pytest.mark.parametrize("service", SERVICES)
def test_no_service_sets_what_the_fences_would_set_again(service: str) -> None:
    def names(path: Path) -> set[str]:
        lines = path.read_text(encoding="utf-8").splitlines()
        return {line.partition("=")[0] for line in lines if "=" in line and line[0] != "#"}

    # These add up; of every other one systemd takes the last, which is that of the drop-in.
    added_up = {"Environment", "EnvironmentFile", "ReadWritePaths"}
    fences = names(UNITS / "doing-with-.service.d" / "hardening.conf")
    assert fences & names(UNITS / service) <= added_up
    assert "UMask" in names(UNITS / service)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give folders to another user")
def test_systemd_makes_the_user_and_the_folders(machine: Path) -> None:
    run("systemd-sysusers", f"--root={machine}")
    run("systemd-tmpfiles", "--create", f"--root={machine}", "--prefix=/var", "--prefix=/etc")
    [account] = (machine / "etc" / "passwd").read_text().splitlines()
    name, _, number, *_, shell = account.split(":")
    assert (name, shell) == ("doing-with", "/usr/sbin/nologin")
    for folder, mode in (
        ("var/lib/doing-with/live", 0o755),
        ("var/lib/doing-with/live/dagster", 0o700),
        ("var/backups/doing-with", 0o700),
    ):
        made = (machine / folder).stat()
        assert (made.st_mode & 0o777, made.st_uid) == (mode, int(number)), folder
    assert (machine / "etc/doing-with").stat().st_uid == 0


def test_every_command_of_the_platform_that_a_unit_starts_is_there() -> None:
    known = get_command(app).commands  # type: ignore[attr-defined]
    used = [command for command in commands() if Path(command[0]).name == "doing-with"]
    used += [
        service["command"]
        for service in compose()["services"].values()
        if service.get("command", [""])[0] == "doing-with"
    ]
    assert len(used) == 4
    for command in used:
        assert command[1] in known, command
        options = {name for param in known[command[1]].params for name in param.opts}
        assert {word for word in command if word.startswith("--")} <= options, command


def test_compose_reads_the_file() -> None:
    read = PyCompose.from_json(json.dumps(compose()))
    read.validate()
    assert sorted(read.service_names()) == [
        "backup", "code", "daemon", "postgres", "status", "viewer", "web",
    ]  # fmt: skip


def test_compose_would_not_read_a_slip() -> None:
    spoilt = compose()
    spoilt["services"]["web"]["restrat"] = "always"
    with pytest.raises(ValueError, match="restrat"):
        PyCompose.from_json(json.dumps(spoilt))


def test_containers_start_what_the_units_start() -> None:
    def words(command: list[str]) -> set[str]:
        """Options and values; where it listens and where it is installed may differ."""
        split = {part for word in command for part in word.split("=", 1)}
        placed = {
            word.removeprefix("/opt/doing-with/").removeprefix(".venv/bin/") for word in split
        }
        return placed - {"127.0.0.1", "0.0.0.0"}

    services = compose()["services"]
    for name in ("code", "daemon", "web", "viewer"):
        [command] = started_by(UNITS / f"doing-with-{name}.service")
        assert words(services[name]["command"]) == words(command), name


def test_containers_have_no_more_rights_than_they_need() -> None:
    for name, service in compose()["services"].items():
        ports = service.get("ports", [])
        assert all(port.startswith("127.0.0.1:") for port in ports), name
        if name == "postgres":
            continue
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service.get("read_only", False) == (name in ("daemon", "web", "viewer")), name
        assert "user" not in service, "the image says who"
    stages = re.findall(r"^(?:FROM|USER) .*$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    assert stages[-1] == "USER 10001:10001"
    assert all(":" in image for image in stages)


def test_the_image_is_made_of_files_that_are_there_and_let_through() -> None:
    patterns = [
        line
        for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
        if line and not line.startswith("#")
    ]

    def is_let_through(name: str) -> bool:
        passes = True
        for pattern in patterns:
            bare = pattern.removeprefix("!").rstrip("/")
            if fnmatch.fnmatch(name, bare):
                passes = pattern.startswith("!")
        return passes

    copied = [
        name.rstrip("/")
        for line in (DEPLOY / "Dockerfile").read_text().splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for name in line.split()[1:-1]
    ]
    assert {"uv.lock", "dbt_project", "orchestration"} <= set(copied)
    for name in copied:
        assert (ROOT / name).exists(), name
        assert is_let_through(name), name
    for name in ("data", ".git", "deploy/.env", "deploy/doing-with.env", "dbt_project/target"):
        assert not is_let_through(name), name


def test_the_image_and_the_makefile_use_one_uv() -> None:
    [in_image] = re.findall(r"^ARG UV_VERSION=(\S+)$", (DEPLOY / "Dockerfile").read_text(), re.M)
    [in_makefile] = re.findall(r"^UV_VERSION := (\S+)$", (ROOT / "Makefile").read_text(), re.M)
    assert in_image == in_makefile


def test_the_lock_file_names_none_but_public_hosts() -> None:
    hosts = set(re.findall(r"https?://([^/\"]+)", (ROOT / "uv.lock").read_text()))
    assert hosts == {"pypi.org", "files.pythonhosted.org"}
