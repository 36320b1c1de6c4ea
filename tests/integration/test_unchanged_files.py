"""A file that lies in the landing zone as it did last night is not read again; any other is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from desk import Desk
from ingesting import Place, walks, walks_contract
from test_forgetting import NAME, submission

from assets.extracts.arriving import landing
from assets.extracts.contract_model.contract import Contract
from assets.home import Home

EXTRACT = "timebank_exchanges"
NHS_NUMBER = b"9434765919"


@pytest.fixture
def looked_at(
    tmp_path: Path, contracts: dict[str, Contract], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    """A desk that holds a file, in a world where files are settled as soon as they are written."""
    monkeypatch.setattr(landing, "_SETTLED_AFTER_SECONDS", 0)
    opened = Desk(tmp_path / "landing", Home(tmp_path / "home"), contracts)
    opened.declare()
    opened.put(NAME, submission("1"))
    [edition] = opened.take_in(EXTRACT)[EXTRACT]
    assert edition.verdict == "accepted"
    yield opened
    opened.close()


def is_read(desk: Desk, name: str = NAME) -> bool:
    """Whether the next look makes a private copy of a file."""
    arrival = desk.receive()[name]
    return desk.arrivals.path_of(arrival).exists()


def test_an_unchanged_file_is_not_read(looked_at: Desk) -> None:
    held = looked_at.raw(EXTRACT)
    assert not is_read(looked_at)
    assert looked_at.take_in(EXTRACT)[EXTRACT] == []
    assert looked_at.raw(EXTRACT) == held


def test_a_file_that_was_just_written_is_read_again(
    looked_at: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landing, "_SETTLED_AFTER_SECONDS", 3600)
    looked_at.put(NAME, submission("2"))
    looked_at.take_in(EXTRACT)
    assert is_read(looked_at)


def test_a_changed_file_of_the_same_size_and_time_is_taken_in(looked_at: Desk) -> None:
    path = looked_at.landing / NAME
    before = path.stat()
    path.write_bytes(submission("2"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = path.stat()
    assert (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    [edition] = looked_at.take_in(EXTRACT)[EXTRACT]
    assert edition.verdict == "accepted"


def test_another_file_in_its_place_is_taken_in(looked_at: Desk) -> None:
    other = looked_at.put("aside.tmp", submission("2"))
    other.replace(looked_at.landing / NAME)
    [edition] = looked_at.take_in(EXTRACT)[EXTRACT]
    assert edition.verdict == "accepted"


def test_what_is_declared_of_an_unread_file_counts(looked_at: Desk) -> None:
    looked_at.declare({"match": NAME, "coverage": "partial"})
    [edition] = looked_at.take_in(EXTRACT)[EXTRACT]
    assert (edition.verdict, edition.coverage) == ("accepted", "partial")


def test_a_file_under_a_changed_contract_is_read(looked_at: Desk) -> None:
    contract = looked_at.contracts[EXTRACT]
    changed = contract.model_copy(update={"content_hash": f"{contract.content_hash} again"})
    looked_at.contracts = {**looked_at.contracts, EXTRACT: changed}
    looked_at.intake = replace(looked_at.intake, contracts=looked_at.contracts)
    assert is_read(looked_at)


def test_a_file_the_archive_lost_is_read(looked_at: Desk) -> None:
    [arrival] = looked_at.arrivals.listed()
    looked_at.archive.remove(arrival.sha256)
    assert is_read(looked_at)


def test_a_file_of_which_something_was_taken_out_is_read(looked_at: Desk) -> None:
    looked_at.put(NAME, submission("1").replace(b"planted walks", NHS_NUMBER))
    looked_at.take_in(EXTRACT)
    [arrival] = looked_at.arrivals.listed()
    assert looked_at.archive.is_redacted(arrival.sha256)
    assert is_read(looked_at)


def test_a_stranger_is_listed_without_being_read(looked_at: Desk) -> None:
    looked_at.put("rota.csv", b"day,who\nMonday,Ann\n")
    first = looked_at.receive()["rota.csv"]
    again = looked_at.receive()["rota.csv"]
    assert again == first, "with the time of the first look"
    assert again.reason == "its headers fit no contract"


@pytest.fixture
def damaged(looked_at: Desk) -> Path:
    """The archived copy of the file, damaged; what is declared of it now has it judged again."""
    [arrival] = looked_at.arrivals.listed()
    path = looked_at.archive.path_of(arrival.sha256)
    path.chmod(0o600)
    path.write_bytes(b"damaged")
    looked_at.declare({"match": NAME, "coverage": "partial"})
    [edition] = looked_at.take_in(EXTRACT)[EXTRACT]
    assert (edition.verdict, edition.coverage) == ("refused", "partial")
    assert "the archive was damaged or changed by hand" in edition.reason
    return path


def test_what_was_accepted_stays_where_the_archive_is_damaged(
    looked_at: Desk, damaged: Path
) -> None:
    assert damaged.exists()
    assert len(looked_at.raw(EXTRACT)) == 1


def test_a_restored_archive_is_judged_again(looked_at: Desk, damaged: Path) -> None:
    damaged.write_bytes((looked_at.landing / NAME).read_bytes())
    [edition] = looked_at.take_in(EXTRACT)[EXTRACT]
    assert (edition.verdict, edition.coverage) == ("accepted", "partial")


def test_a_file_landed_again_beside_a_damaged_archive_is_judged(
    looked_at: Desk, damaged: Path
) -> None:
    assert damaged.exists()
    looked_at.put(NAME, submission("1"))
    [edition] = looked_at.take_in(EXTRACT)[EXTRACT]
    assert (edition.verdict, edition.coverage) == ("accepted", "partial")


def test_a_file_whose_retention_ends_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landing, "_SETTLED_AFTER_SECONDS", 0)
    place = Place(tmp_path, as_of="2026-09-15", fetch=False)
    place.agree(walks_contract() | {"retention_months": 1})
    (place.landing_folder / "walks_2026-08.csv").write_bytes(walks("2026-08", 7))
    assert place.ingest().editions() == [("2026-08", "accepted", 1, True)]
    place.as_of = "2026-10-01"
    outcome = place.ingest()
    assert [verdict for _, verdict, *_ in outcome.editions()] == ["refused"]
    assert "kept for 1 months" in str(outcome.check("critical").description)
    assert outcome.query("select count(*) from raw.walks") == [(0,)]
    assert place.ingest().editions() == outcome.editions(), "the refusal stands"
