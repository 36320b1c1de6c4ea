"""The platform deployed with PostgreSQL: real server, services as systemd starts them, log-in."""

from __future__ import annotations

import base64
import getpass
import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import trustme
from deployment import Deployment, deployed, wait_for
from night import AS_OF, ROOT, left_out_of_nights
from postgres_server import PostgresServer, free_port, postgres_server, server_programs

from assets.durable_files import hash_of
from assets.release.shelf.publication import Releases

pytestmark = pytest.mark.slow

LANDED = "gp-list-size/gp-reg-pat-prac-all_2025-09.csv"
DROPPED = "walks_2026-11.csv"
# A night takes two minutes where nothing else goes on, and many times that on a shared machine.
_MOST_SECONDS = 900
# Runs, events and schedules: each storage has connections of its own.
_OF_ALL_STORAGES = """{
  runsOrError(limit: 1) { __typename }
  assetsOrError(limit: 1) { __typename }
  schedulesOrError(repositorySelector: {
    repositoryLocationName: "ticking", repositoryName: "__repository__"
  }) { ... on Schedules { results { scheduleState { ticks(limit: 1) { id } } } } }
}"""


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    programs = server_programs()
    if programs is None:
        pytest.skip("no PostgreSQL server: apt-get install postgresql")
    with postgres_server(programs) as server:
        yield server


@pytest.fixture(scope="module")
def platform(
    postgres: PostgresServer,
    tmp_path_factory: pytest.TempPathFactory,
    sample_landing: Path,
    dbt_project: Path,
) -> Iterator[Deployment]:
    """All services, with most of the sample in the landing zone."""
    folder = tmp_path_factory.mktemp("deployed")
    shutil.copytree(sample_landing, folder / "landing", ignore=left_out_of_nights)
    (folder / "dropped").mkdir()
    secrets = {
        **postgres.environment,
        # Nothing of the platform starts by itself; what ticks here is the other code location.
        "DOING_WITH_ENVIRONMENT": "local",
        "DOING_WITH_LANDING": str(folder / "landing"),
        "DOING_WITH_DBT_PROJECT": str(dbt_project),
        "DOING_WITH_AS_OF": AS_OF,
        "DOING_WITH_INTERNAL_RELEASE": "no",
        "DROPPED": str(folder / "dropped"),
    }
    with deployed(folder, "dagster-postgres.yaml", secrets) as platform:
        try:
            platform.wait_until_up(_MOST_SECONDS)
            yield platform
        except BaseException:
            print(platform.said())
            raise


def ends(platform: Deployment, run_id: str) -> str:
    """How a run ended."""
    return platform.ends(run_id, _MOST_SECONDS)


def test_a_schedule_ticks_and_its_run_is_on_record(
    platform: Deployment, postgres: PostgresServer
) -> None:
    def run_of_schedule() -> dict[str, object] | None:
        found = [run for run in platform.runs() if "dagster/schedule_name" in run["tags"]]
        return found[-1] if found else None

    run = wait_for(run_of_schedule, _MOST_SECONDS, f"a tick\n{platform.said()}")
    assert ends(platform, str(run["runId"])) == "SUCCESS"
    assert postgres.ask(
        "select count(*) > 0 from job_ticks where type = 'SCHEDULE' and status = 'SUCCESS'"
    ) == ("t")
    assert postgres.ask(f"select status from runs where run_id = '{run['runId']}'") == "SUCCESS"


def test_a_sensor_ticks_once_for_a_file(platform: Deployment, postgres: PostgresServer) -> None:
    (platform.folder / "dropped" / DROPPED).write_text("walkers\n3\n")

    def runs_of_sensor() -> list[str]:
        return [
            str(run["runId"])
            for run in platform.runs()
            if run["tags"].get("dagster/run_key") == DROPPED
        ]

    [run] = wait_for(runs_of_sensor, _MOST_SECONDS, f"a tick\n{platform.said()}")
    assert ends(platform, run) == "SUCCESS"
    # It goes on ticking, and knows the file.
    ticks = int(postgres.ask("select count(*) from job_ticks where type = 'SENSOR'"))
    ask = "select count(*) from job_ticks where type = 'SENSOR'"
    wait_for(lambda: int(postgres.ask(ask)) > ticks + 1, _MOST_SECONDS, "two more ticks")
    assert runs_of_sensor() == [run]


def test_a_night_publishes_and_its_records_are_in_postgres_alone(
    platform: Deployment, postgres: PostgresServer
) -> None:
    launched = platform.launch("doing-with", "nightly")
    assert launched["__typename"] == "LaunchRunSuccess", launched
    run_id = launched["run"]["runId"]
    assert ends(platform, run_id) == "SUCCESS", platform.errors_of(run_id)
    version = Releases(platform.home / "releases").current_version()
    assert version is not None
    assert Releases(platform.home / "releases").verify(version).files
    found = platform.graphql(
        "query($key: AssetKeyInput!) { assetOrError(assetKey: $key) { ... on Asset { "
        "assetMaterializations(limit: 1) { runId } } } }",
        key={"path": ["release", "release"]},
    )
    assert found["assetOrError"]["assetMaterializations"] == [{"runId": run_id}]
    events = int(postgres.ask(f"select count(*) from event_logs where run_id = '{run_id}'"))
    assert events > 500
    assert not list((platform.home / "dagster").rglob("*.db"))


def test_what_is_forgotten_goes_from_postgres_too(
    platform: Deployment, postgres: PostgresServer
) -> None:
    name = Path(LANDED).name
    ask = f"select count(*) from event_logs where strpos(event, '{name}') > 0"
    assert int(postgres.ask(ask)) > 0
    landed = platform.folder / "landing" / LANDED
    command = [str(Path(platform.command("doing-with-status.service")[0])), "forget"]
    ran = subprocess.run(
        [*command, hash_of(landed)], cwd=ROOT, env=platform.environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert not landed.exists()
    tables = postgres.ask(
        "select table_name || '|' || column_name from information_schema.columns "
        "where table_schema = 'public' and data_type in ('text', 'character varying')"
    ).splitlines()
    assert len(tables) > 20
    for table, column in (line.split("|") for line in tables):
        assert postgres.ask(
            f"""select count(*) from "{table}" where strpos("{column}", '{name}') > 0"""
        ) == ("0"), f"{table}.{column} still names the file"


def test_the_records_are_backed_up_and_come_back(
    platform: Deployment, postgres: PostgresServer
) -> None:
    unit = "doing-with-backup.service.d/postgres.conf"
    dump = platform.folder / "dagster.dump"
    command = [
        word.replace("/var/backups/doing-with/dagster.dump", str(dump))
        for word in platform.command(unit)
    ]
    subprocess.run(command, env=platform.environment, check=True)
    postgres.as_superuser("create database restored owner dagster")
    subprocess.run(
        ["pg_restore", "--exit-on-error", "--no-owner", "--dbname=restored", str(dump)],
        env=platform.environment,
        check=True,
    )
    ask = "select count(*) from runs"
    assert 0 < int(postgres.as_superuser(ask, "restored")) <= int(postgres.ask(ask))


def test_a_viewer_sees_runs_and_starts_none(platform: Deployment) -> None:
    seen = platform.graphql("{ runsOrError(limit: 1) { ... on Runs { count } } }", "3001")
    assert seen["runsOrError"]["count"] > 0
    refused = platform.launch("ticking", "walk", "3001")
    assert refused["__typename"] == "UnauthorizedError"


def test_the_platform_goes_on_when_postgres_died(
    platform: Deployment, postgres: PostgresServer
) -> None:
    walking = platform.folder / "dropped" / "walking"
    launched = platform.launch("ticking", "long")["run"]["runId"]
    wait_for(walking.exists, _MOST_SECONDS, f"the run goes on\n{platform.said()}")
    assert platform.status_of(launched) == "STARTED"
    postgres.stop("immediate")
    time.sleep(5)
    postgres.start()

    def have_recovered() -> bool:
        # Each connection that a web server still holds is found dead once.
        try:
            for port in ("3000", "3001"):
                httpx.get(f"http://127.0.0.1:{platform.ports[port]}/").raise_for_status()
                platform.graphql(_OF_ALL_STORAGES, port)
            return platform.status_of(launched) == "STARTED" and not platform.errors_of(launched)
        except httpx.HTTPStatusError:
            return False

    wait_for(have_recovered, _MOST_SECONDS, f"the web servers are back\n{platform.said()}")
    assert platform.dead() == []
    # The run of before goes on, and can be stopped.
    platform.graphql(
        "mutation($run: String!) { terminateRun(runId: $run) { __typename } }", run=launched
    )
    assert ends(platform, launched) == "CANCELED"
    again = platform.launch("ticking", "walk")["run"]["runId"]
    assert ends(platform, again) == "SUCCESS"


@pytest.fixture(scope="module")
def front(platform: Deployment) -> tuple[int, ssl.SSLContext]:
    """nginx in front of the web servers: its port, and whom to trust."""
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if nginx is None:
        pytest.skip("no nginx: apt-get install nginx-light")
    folder = platform.folder / "nginx"
    folder.mkdir()
    authority = trustme.CA()
    certificate = authority.issue_cert("viewers.example.nhs.uk", "engineers.example.nhs.uk")
    certificate.cert_chain_pems[0].write_to_path(str(folder / "doing-with.crt"))
    certificate.private_key_pem.write_to_path(str(folder / "doing-with.key"))
    for who in ("viewers", "engineers"):
        hashed = subprocess.run(
            ["openssl", "passwd", "-apr1", f"{who}' password"],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        (folder / f"doing-with.{who}").write_text(f"ann:{hashed}")
    report = folder / "releases" / "2026-11-26T023000Z-0000000a" / "report"
    report.mkdir(parents=True)
    (report / "index.html").write_text("<p>The report</p>")
    (folder / "releases" / "current").symlink_to(report.parent.name)
    port, plain = free_port(), free_port()
    said = (ROOT / "deploy" / "nginx" / "doing-with.conf").read_text()
    for there, here in (
        ("/etc/nginx/", f"{folder}/"),
        ("/var/lib/doing-with/live", str(folder)),
        ("127.0.0.1:3000", f"127.0.0.1:{platform.ports['3000']}"),
        ("127.0.0.1:3001", f"127.0.0.1:{platform.ports['3001']}"),
        ("listen 443", f"listen 127.0.0.1:{port}"),
        ("listen 80", f"listen 127.0.0.1:{plain}"),
    ):
        assert there in said
        said = said.replace(there, here)
    (folder / "doing-with.conf").write_text(said)
    (folder / "nginx.conf").write_text(
        # Its workers would be another user, who may not enter the folders of a test.
        f"user {getpass.getuser()}; pid {folder}/nginx.pid; error_log stderr; daemon off;\n"
        "events {}\n"
        f"http {{ access_log off; include {folder}/doing-with.conf; }}\n"
    )
    command = [nginx, "-p", str(folder), "-c", str(folder / "nginx.conf")]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    platform.start("nginx", command)
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    wait_for(lambda: answers(port), 30, f"nginx is up\n{platform.said()}")
    return port, trust


def answers(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


def ask(
    front: tuple[int, ssl.SSLContext], who: str, method: str = "GET", path: str = "/",
    password: str | None = None, **more: object,
) -> httpx.Response:  # fmt: skip
    """What one of the two addresses answers, asked over TLS."""
    port, trust = front
    host = f"{who}.example.nhs.uk"
    login = httpx.BasicAuth("ann", password) if password else None
    headers = {"Host": host, **dict(more.pop("headers", {}))}  # type: ignore[call-overload]
    with httpx.Client(verify=trust, timeout=60) as client:
        return client.request(
            method, f"https://127.0.0.1:{port}{path}", headers=headers, auth=login,
            extensions={"sni_hostname": host}, **more,
        )  # type: ignore[arg-type]  # fmt: skip


def test_nobody_comes_in_without_the_password_of_that_door(
    front: tuple[int, ssl.SSLContext],
) -> None:
    assert ask(front, "viewers").status_code == 401
    assert ask(front, "viewers", path="/report/").status_code == 401
    assert ask(front, "viewers", password="viewer").status_code == 401
    assert ask(front, "engineers", password="viewers' password").status_code == 401
    came_in = ask(front, "viewers", password="viewers' password")
    assert came_in.status_code == 200
    assert "<html" in came_in.text
    for name in ("X-Content-Type-Options", "Referrer-Policy", "Strict-Transport-Security"):
        assert len(came_in.headers.get_list(name)) == 1, name
    report = ask(front, "viewers", path="/report/", password="viewers' password")
    assert "The report" in report.text


def test_engineers_start_runs_through_their_door_and_no_other_page_does(
    platform: Deployment, front: tuple[int, ssl.SSLContext]
) -> None:
    asked = {"json": {"query": "{ version }"}, "password": "engineers' password"}
    there = {"Origin": "https://engineers.example.nhs.uk"}
    ours = ask(front, "engineers", "POST", "/graphql", headers=there, **asked)
    assert ours.json()["data"]["version"]
    assert ask(front, "engineers", "POST", "/graphql", **asked).status_code == 200
    elsewhere = {"Origin": "https://engineers.example.nhs.uk.evil.example"}
    theirs = ask(front, "engineers", "POST", "/graphql", headers=elsewhere, **asked)
    assert theirs.status_code == 403


def test_the_ui_follows_runs_through_the_door(front: tuple[int, ssl.SSLContext]) -> None:
    port, trust = front
    login = base64.b64encode(b"ann:viewers' password").decode()
    request = (
        "GET /graphql HTTP/1.1\r\nHost: viewers.example.nhs.uk\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
        f"Sec-WebSocket-Protocol: graphql-ws\r\nAuthorization: Basic {login}\r\n\r\n"
    )
    with (
        socket.create_connection(("127.0.0.1", port), timeout=30) as plain,
        trust.wrap_socket(plain, server_hostname="viewers.example.nhs.uk") as asking,
    ):
        asking.sendall(request.encode())
        assert asking.recv(4096).startswith(b"HTTP/1.1 101")
