"""What the command line does with releases: list them, compare two, put another one in force."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import duckdb

from assets.release.changes.comparison import Comparison, compare_releases
from assets.release.changes.page import changes_page, read_changes
from assets.release.completing import side_of
from assets.release.shelf.manifest import Manifest
from assets.release.shelf.publication import ReleaseError, Releases
from orchestration.instance import close_killed_run, open_instance
from orchestration.lock import hold
from orchestration.settings import Settings


@dataclass(frozen=True)
class Difference:
    """Two releases compared: what was compared, the rows of ``release_changes``, the page."""

    comparison: Comparison
    rows: list[dict[str, Any]]
    page: str


def shelf(settings: Settings, *, internal: bool) -> Releases:
    """The releases of a home, for everybody or for authorised analysts."""
    home = settings.place
    return Releases((home.for_analysts if internal else home).releases)


def list_releases(releases: Releases) -> list[dict[str, Any]]:
    """Every release, newest first; a damaged one says what is wrong with it."""
    current = releases.current_version()
    return [
        {"version": version, "is_in_force": version == current, **_described(releases, version)}
        for version in reversed(releases.list())
    ]


def _described(releases: Releases, version: str) -> dict[str, Any]:
    try:
        manifest = releases.manifest(version)
    except ReleaseError as error:
        return {"error": str(error)}
    return {
        "as_of": manifest.as_of.isoformat(),
        "content_hash": manifest.content_hash,
        "is_synthetic": manifest.is_synthetic,
        "values": {table.name: table.rows for table in manifest.tables}.get("indicator_values"),
        "git_commit": manifest.git.commit,
        "bytes": sum(file.bytes for file in manifest.files) or None,
    }


def diff_releases(releases: Releases, before: str, now: str) -> Difference:
    """Differences of one release from another, which need not be the one before it.

    Raises:
        ReleaseError: when one of them is missing or damaged.
    """
    sides = side_of(releases, before), side_of(releases, now)
    with duckdb.connect() as connection:
        try:
            comparison = compare_releases(connection, *sides)
        except duckdb.Error as error:
            raise ReleaseError(f"{before} or {now} cannot be read: {error}") from error
        rows = read_changes(connection)
    return Difference(comparison, rows, changes_page(now, comparison, rows))


def roll_back(
    settings: Settings, releases: Releases, version: str, say: Callable[[str], None]
) -> Manifest:
    """Put a release in force, under the lock of the home; who did it is on record.

    Raises:
        ReleaseError: when it is missing or damaged; nothing has moved then.
        HomeIsBusyError: when a run holds the home for too long.
    """
    home = settings.place
    with hold(home.folder, "rollback", settings.lock_wait_seconds, say) as killed:
        if killed:
            with open_instance(home) as instance:
                close_killed_run(instance, killed)
        return releases.roll_back(version, by=getpass.getuser())
