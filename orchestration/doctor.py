"""Whether a machine can run the platform: environment, versions, disk, permissions, locks."""

from __future__ import annotations

import grp
import os
import pwd
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import duckdb

from assets.folders import Home
from orchestration.alerts.channels import channels_of
from orchestration.environments import UndeclaredEnvironmentError, declared
from orchestration.lock import holder_of
from orchestration.nights.records import RunRecords, last_completed
from orchestration.room_on_disk import LITTLE_BYTES, TOO_LITTLE_BYTES, free_bytes
from orchestration.settings import PROJECT, Settings

# DuckDB leaves its limit now and then; the operating system needs the rest.
_MOST_OF_MEMORY = 0.8
_CONTAINER_MEMORY = Path("/sys/fs/cgroup/memory.max")
_VERSIONS = ("dagster", "dagster-dbt", "dbt-core", "dbt-duckdb", "duckdb", "great-expectations")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at, and what to do if it is not well."""

    subject: str
    state: Literal["well", "warning", "fault"]
    said: str
    next_step: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Look at everything; nothing is changed by it but a file that comes and goes."""
    looks: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
        _environment, _versions, _home, _disk, _landing, _group, _lock, _memory, _alerts, _nights,
    )  # fmt: skip
    return [finding for look in looks for finding in look(settings)]


def _environment(settings: Settings) -> Iterator[Finding]:
    try:
        environment = declared(settings.environment)
    except UndeclaredEnvironmentError as error:
        yield Finding("environment", "warning", str(error), "servers do not start without it")
    else:
        by_itself = "" if environment.starts_by_itself else ", nothing starts by itself"
        yield Finding("environment", "well", f"{environment.name}{by_itself}")


def _versions(_: Settings) -> Iterator[Finding]:
    python = ".".join(str(part) for part in sys.version_info[:3])
    is_known = (3, 11) <= sys.version_info[:2] <= (3, 13)
    yield Finding(
        "python", "well" if is_known else "fault", python, "" if is_known else "use 3.11 to 3.13"
    )
    lock = PROJECT / "uv.lock"
    if not lock.exists():
        yield Finding("versions", "warning", f"{lock} is missing", "install from a checkout")
        return
    locked: dict[str, set[str]] = {}
    for package in tomllib.loads(lock.read_text(encoding="utf-8"))["package"]:
        locked.setdefault(package["name"], set()).add(package.get("version", ""))
    odd = []
    for name in _VERSIONS:
        try:
            installed = version(name)
        except PackageNotFoundError:
            installed = "none"
        if installed not in locked.get(name, set()):
            odd.append(f"{name} {installed} instead of {', '.join(sorted(locked.get(name, ())))}")
    if odd:
        yield Finding("versions", "fault", "; ".join(odd), "make setup")
    else:
        yield Finding("versions", "well", f"{len(_VERSIONS)} packages as in uv.lock")


def _home(settings: Settings) -> Iterator[Finding]:
    home = settings.place
    user = pwd.getpwuid(os.getuid()).pw_name
    try:
        home.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home.folder):
            pass
    except OSError as error:
        yield Finding(
            "home", "fault", f"{home.folder}: {error.strerror}",
            f"let {user} write there, or set DOING_WITH_HOME",
        )  # fmt: skip
        return
    yield Finding("home", "well", f"{home.folder}, writable by {user}")
    open_to_others = [
        folder.name
        for folder in _private(home)
        if folder.exists() and folder.stat().st_mode & 0o077
    ]
    if open_to_others:
        yield Finding(
            "private folders", "fault", f"others may read {', '.join(open_to_others)}",
            f"chmod 700 them below {home.folder}; a run does it too",
        )  # fmt: skip
    else:
        yield Finding("private folders", "well", "nobody else may read them")


def _private(home: Home) -> tuple[Path, ...]:
    return (
        home.arrival, home.downloads, home.feeds, home.archive, home.editions, home.disclosure,
        home.build, home.operations,
    )  # fmt: skip


def _disk(settings: Settings) -> Iterator[Finding]:
    free = free_bytes(settings.place.folder)
    said = f"{free / 1e9:,.1f} GB free"
    if free < TOO_LITTLE_BYTES:
        yield Finding("disk", "fault", said, "make room, or lower DOING_WITH_KEEP_RELEASES")
    elif free < LITTLE_BYTES:
        yield Finding("disk", "warning", said, "a national night may need 20 GB")
    else:
        yield Finding("disk", "well", said)


def _landing(settings: Settings) -> Iterator[Finding]:
    folder = settings.landing_folder
    if settings.uses_sample:
        yield Finding("landing zone", "well", "none: the synthetic sample is used")
    elif folder is None:
        yield Finding("landing zone", "well", "object storage, looked at by the next run")
    elif os.access(folder, os.R_OK | os.X_OK) and folder.is_dir():
        yield Finding("landing zone", "well", str(folder))
    else:
        yield Finding(
            "landing zone", "fault", f"{folder} is no folder that can be read",
            "mount it, or set DOING_WITH_LANDING",
        )  # fmt: skip


def _group(settings: Settings) -> Iterator[Finding]:
    name = settings.internal_group
    if name is None:
        yield Finding("analysts", "well", "internal releases are for the platform's user alone")
        return
    # That there is such a group is asked when settings are read.
    number = grp.getgrnam(name).gr_gid
    if os.getuid() == 0 or number in {os.getgid(), *os.getgroups()}:
        yield Finding("analysts", "well", f"internal releases are for the group {name}")
    else:
        yield Finding(
            "analysts", "fault", f"the platform's user is not in the group {name}",
            f"add it to {name}: only a member can hand files to a group",
        )  # fmt: skip


def _lock(settings: Settings) -> Iterator[Finding]:
    holder = holder_of(settings.place.folder)
    if holder is None:
        yield Finding("lock", "well", "nobody holds the home")
    elif holder.is_alive:
        yield Finding("lock", "well", f"run {holder.run_id} holds it, process {holder.process}")
    else:
        yield Finding(
            "lock", "warning", f"run {holder.run_id} was killed",
            "nothing: the next run cleans up after it",
        )  # fmt: skip


def _memory(settings: Settings) -> Iterator[Finding]:
    with duckdb.connect() as connection:
        try:
            connection.execute(f"set memory_limit = '{settings.memory_limit}'")
        except duckdb.Error:
            yield Finding(
                "memory", "fault", f"{settings.memory_limit!r} is no amount of memory",
                "set DOING_WITH_MEMORY_LIMIT to 4GB, say",
            )  # fmt: skip
            return
        [(limit,)] = connection.execute(
            "select parse_formatted_bytes(current_setting('memory_limit'))"
        ).fetchall()
    there = _memory_bytes()
    said = f"DuckDB may use {limit / 1e9:,.1f} GB of {there / 1e9:,.1f} GB"
    if limit > _MOST_OF_MEMORY * there:
        yield Finding("memory", "warning", said, "lower DOING_WITH_MEMORY_LIMIT")
    else:
        yield Finding("memory", "well", said)


def _memory_bytes() -> int:
    """Memory of the machine, or of the container if it may have less."""
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    allowed = _CONTAINER_MEMORY.read_text().strip() if _CONTAINER_MEMORY.exists() else "max"
    return min(there, int(allowed)) if allowed.isdigit() else there


def _alerts(settings: Settings) -> Iterator[Finding]:
    names = [channel.name for channel in channels_of(settings.alerts, settings.place.operations)]
    if names == ["file"]:
        yield Finding(
            "alerts", "warning", "go to a file alone",
            "set DOING_WITH_ALERT_WEBHOOK or DOING_WITH_ALERT_EMAIL_TO",
        )  # fmt: skip
    else:
        yield Finding("alerts", "well", f"go to {', '.join(names)}")


def _nights(settings: Settings) -> Iterator[Finding]:
    night = last_completed(RunRecords(settings.place.operations).all())
    if night is None:
        yield Finding("nights", "warning", "none has completed yet", "doing-with run")
    else:
        yield Finding(
            "nights", "well", f"the last one completed at {night.ended_at:%Y-%m-%d %H:%M}"
        )
