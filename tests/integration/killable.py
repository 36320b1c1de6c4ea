"""What a process does until somebody kills it: recording, taking in, forgetting, publishing.

Run as a script with the name of the work and a folder; it says when it begins and when it is done.
"""

from __future__ import annotations

import itertools
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
from desk import Desk

from assets.durable_files import hash_of
from assets.extracts.contract_model.contract_files import load_contracts
from assets.extracts.holding.editions import EditionStore
from assets.extracts.holding.forgetting import UnknownSubmissionError, forget, intend
from assets.home import Home
from assets.release.shelf.publication import Releases
from assets.release.shelf.retention import Retention

# A complete release is written by the helper of the unit tests.
sys.path.append(str(Path(__file__).resolve().parents[1] / "unit"))
from small_release import (
    Verdicts,
    manifest_of_whole,
    small_build,
    write_whole_candidate,
)

EXTRACT = "walks"
ON = date(2026, 11, 23)
KEPT_RELEASES = 3
_FIRST_NIGHT = datetime(2026, 7, 1, 2, tzinfo=UTC)


def desk_at(place: Path) -> Desk:
    return Desk(place / "landing", Home(place / "home"), load_contracts(place / "contracts"))


def record_again_and_again(place: Path) -> None:
    """Replace an edition by one whose record and rows say the same number, without end."""
    store = EditionStore(Home(place / "home").editions)
    [edition] = store.of(EXTRACT)
    begin()
    for number in itertools.count(edition.recorded_in + 1):
        prepared = store.working_folder(EXTRACT)
        (prepared / "rows_0.parquet").write_text(str(number))
        store.record(edition.model_copy(update={"recorded_in": number}), prepared)


def take_everything_in(place: Path) -> None:
    desk = desk_at(place)
    begin()
    desk.take_in(EXTRACT)


def forget_everything(place: Path) -> None:
    desk = desk_at(place)
    files = sorted(hash_of(path) for path in desk.landing.glob("*.csv"))
    begin()
    for sha256 in files:
        forgotten(desk, sha256)


def forgotten(desk: Desk, sha256: str) -> bool:
    """Forget the submission of a file; whether anything was held of it."""
    try:
        intent = intend(sha256, desk.contracts, desk.editions, desk.archive, ON)
    except UnknownSubmissionError:
        return False
    forget(intent, desk.editions, desk.archive, desk.arrivals, desk.landing)
    return True


def publish_again_and_again(place: Path) -> None:
    """Publish complete releases without end, each of other values, and keep the newest few."""
    releases = Releases(place / "releases")
    night = len(releases.history.events())
    connection = small_build()
    begin()
    while True:
        night += 1
        publish_night(connection, releases, night)


def publish_night(connection: duckdb.DuckDBPyConnection, releases: Releases, night: int) -> str:
    """One night's publication, from the sweep to retention; every number of it is the night's."""
    releases.sweep()
    connection.execute("update marts.indicator_values set unweighted_base = ?", [night])
    moment = _FIRST_NIGHT + timedelta(minutes=night)
    version = releases.new_version(moment, f"{night:08x}")
    completed = write_whole_candidate(connection, releases, version)
    manifest = manifest_of_whole(releases, version, completed)
    releases.publish(version, Verdicts(), manifest, by=f"night {night}")
    releases.retire(Retention(count=KEPT_RELEASES, days=0), moment + timedelta(days=1))
    return version


def begin() -> None:
    print("begins", flush=True)


if __name__ == "__main__":
    works = (
        record_again_and_again, take_everything_in, forget_everything, publish_again_and_again
    )  # fmt: skip
    work = {f.__name__: f for f in works}
    work[sys.argv[1]](Path(sys.argv[2]))
    print("done", flush=True)
