"""A PostgreSQL server of a test's own: Debian's package, on loopback, in a temporary folder."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PASSWORD = "a password: with %, @ and /"


def server_programs() -> Path | None:
    """Folder of the newest server that is installed, or None."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3])
    )
    on_path = shutil.which("initdb")
    if found:
        return found[-1].parent
    return Path(on_path).resolve().parent if on_path else None


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


@dataclass
class PostgresServer:
    """A cluster with the role and the database that docs/guides/deploying.md makes."""

    programs: Path
    folder: Path
    port: int
    user: dict[str, Any]

    @property
    def environment(self) -> dict[str, str]:
        """What deploy/dagster.env.example holds, filled in."""
        return {
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.port),
            "PGDATABASE": "dagster",
            "PGUSER": "dagster",
            "PGPASSWORD": _PASSWORD,
        }

    def create(self) -> None:
        self._run("initdb", "--pgdata=data", "--username=postgres", "--auth-local=trust",
                  "--auth-host=scram-sha-256", "--encoding=UTF8", "--no-sync")  # fmt: skip
        self.start()
        self.as_superuser(f"create role dagster login password '{_PASSWORD}'")
        self.as_superuser("create database dagster owner dagster encoding 'UTF8'")

    def start(self) -> None:
        options = f"-c listen_addresses=127.0.0.1 -c port={self.port} -c fsync=off"
        options += f" -c unix_socket_directories={self.folder}"
        self._run("pg_ctl", "--pgdata=data", "--log=log", f"--options={options}", "--wait", "start")

    def stop(self, how: str = "fast") -> None:
        """Stop the server; ``immediate`` is what a crash leaves."""
        self._run("pg_ctl", "--pgdata=data", f"--mode={how}", "--wait", "stop")

    def as_superuser(self, sql: str, database: str = "postgres") -> str:
        where = [f"--host={self.folder}", f"--port={self.port}", "--username=postgres"]
        ask = ["--no-psqlrc", "--tuples-only", "--no-align", f"--command={sql}"]
        return self._run("psql", *where, f"--dbname={database}", *ask)

    def ask(self, sql: str) -> str:
        """What Dagster's database says, a line for each row."""
        return self.as_superuser(sql, "dagster").strip()

    def _run(self, program: str, *arguments: str) -> str:
        command = [str(self.programs / program), *arguments]
        # A server that is started keeps what it inherits, so its output goes to its log.
        ran = subprocess.run(
            command, cwd=self.folder, stdout=subprocess.PIPE if program == "psql" else None,
            text=True, timeout=120, check=True, **self.user,
        )  # fmt: skip
        return ran.stdout or ""


@contextmanager
def postgres_server(programs: Path) -> Iterator[PostgresServer]:
    """A running server, gone at the end. It refuses to run as root, and is not."""
    user: dict[str, Any] = {}
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        os.chown(folder, account.pw_uid, account.pw_gid)
    server = PostgresServer(programs, folder, free_port(), user)
    try:
        server.create()
        yield server
        server.stop()
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            server.stop("immediate")
        shutil.rmtree(folder)
