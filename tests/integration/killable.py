"""What a process does until somebody kills it: recording, taking in, forgetting.

Run as a script with the name of the work and a folder; it says when it begins and when it is done.
"""

from __future__ import annotations

import itertools
import sys
from datetime import date
from pathlib import Path

from desk import Desk

from assets.durable_files import hash_of
from assets.extracts.contract_model.contract_files import load_contracts
from assets.extracts.holding.editions import EditionStore
from assets.extracts.holding.forgetting import UnknownSubmissionError, forget, intend
from assets.home import Home

EXTRACT = "walks"
ON = date(2026, 11, 23)


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


def begin() -> None:
    print("begins", flush=True)


if __name__ == "__main__":
    work = {f.__name__: f for f in (record_again_and_again, take_everything_in, forget_everything)}
    work[sys.argv[1]](Path(sys.argv[2]))
    print("done", flush=True)
