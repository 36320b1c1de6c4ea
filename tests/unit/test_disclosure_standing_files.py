"""What stands while files or the table are edited, damaged, lost or brought back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from nights_of_counts import PRACTICES, YEARS, Nights, nights_in, write_counts

from assets.release.disclosure.earlier_releases import NothingDecidedError
from assets.release.disclosure.shown_records import UnreadableRecordError

ONE = YEARS[2]


@pytest.fixture
def nights(tmp_path: Path) -> Iterator[Nights]:
    """A home in which everything was decided and published once."""
    with nights_in(tmp_path / "home") as nights:
        write_counts(nights.build.connection, PRACTICES)
        nights.decide()
        nights.publish("1")
        yield nights


@pytest.mark.parametrize(
    "edit",
    [
        "state = 'released'",
        "rule = 'secondary'",
        "released_count = 4",
        "is_exact = not is_exact",
        "cell_id = cell_id || 'x'",
        "record = null",
    ],
)
def test_what_somebody_edited_in_the_table_is_decided_anew(nights: Nights, edit: str) -> None:
    released = nights.released()
    nights.build.connection.execute(
        f"update disclosure.released_counts set {edit} where cell_id = '{ONE}|n11'"
    )
    assert nights.decide().years_that_stand == len(YEARS) - 1
    assert nights.released() == released
    assert nights.decide().years_that_stand == len(YEARS)


class Killed(BaseException):
    """Nothing that follows is done."""


def is_killed(*_: Any, **__: Any) -> None:
    raise Killed


def test_without_what_was_proven_everything_is_proven_again(nights: Nights) -> None:
    nights.build.home.proven_blocks.unlink()
    controlled = nights.decide().controlled
    assert (controlled.blocks > 0, controlled.blocks_remembered) == (True, 0)
    assert nights.decide().years_that_stand == len(YEARS)


@pytest.mark.parametrize("kills", ["tonight.write_proven", "earlier_releases.EarlierReleases.note"])
def test_what_stands_after_a_night_that_was_killed_is_proven(
    nights: Nights, monkeypatch: pytest.MonkeyPatch, kills: str
) -> None:
    practices = {**PRACTICES, ONE: {**PRACTICES[ONE], "n13": 2}}
    write_counts(nights.build.connection, practices)
    with monkeypatch.context() as killed:
        killed.setattr(f"assets.release.disclosure.{kills}", is_killed)
        with pytest.raises(Killed):
            nights.decide()
    nights.decide()
    assert nights.decide().years_that_stand == len(YEARS)
    nights.forget_what_stands()
    controlled = nights.decide().controlled
    assert controlled.blocks_remembered == controlled.blocks > 0


def test_only_what_was_decided_is_kept_as_what_a_release_shows(nights: Nights) -> None:
    decided = nights.shown / "decided.json"
    of_yesterday = decided.read_bytes()
    practices = {**PRACTICES, ONE: {**PRACTICES[ONE], "n13": 2}}
    write_counts(nights.build.connection, practices)
    nights.decide()
    # Somebody brought the file of the night before back.
    decided.write_bytes(of_yesterday)
    with pytest.raises(NothingDecidedError, match=f"does not say of {ONE} what .* run the job"):
        nights.publish("2")
    assert not (nights.shown / "2.json").exists()
    assert nights.decide().years_that_stand == len(YEARS) - 1
    nights.publish("2")
    # Of fewer years than the table has.
    without = [one for one in nights.build.home.shown_before.decided() if ONE in one.rows]
    nights.build.home.shown_before.note(without)
    with pytest.raises(NothingDecidedError):
        nights.publish("3")


def test_without_a_damaged_file_of_what_was_decided_everything_is_decided(nights: Nights) -> None:
    decided, released, before = nights.shown / "decided.json", nights.released(), nights.on_record()
    decided.write_text("[{}]")
    for reads in (nights.decide, lambda: nights.publish("2")):
        with pytest.raises(UnreadableRecordError, match=r"decided\.json: .* is decided again"):
            reads()
    decided.unlink()
    assert nights.decide().years_that_stand == 0
    assert (nights.released(), nights.on_record()) == (released, before)
    nights.publish("2")


@pytest.mark.parametrize("table", ["cells", "relations"])
@pytest.mark.parametrize("content", [b"", b"PAR1"])
def test_a_damaged_record_is_named_and_its_years_do_without_it(
    nights: Nights, table: str, content: bytes
) -> None:
    record, earlier = nights.on_record()[(ONE,)], nights.build.home.shown_before
    damaged = nights.records / f"{record}.{table}.parquet"
    damaged.write_bytes(content)
    # Nothing is read of what stands, but nothing is published with it either.
    assert nights.decide().years_that_stand == len(YEARS)
    with pytest.raises(UnreadableRecordError, match=f"{record}.* remove both"):
        nights.publish("2")
    practices = {**PRACTICES, ONE: {**PRACTICES[ONE], "n13": 2}}
    write_counts(nights.build.connection, practices)
    with pytest.raises(UnreadableRecordError, match=f"{record}.* remove both"):
        nights.decide()
    for path in nights.records.glob(f"{record}.*"):
        path.unlink()
    assert nights.decide().years_that_stand == len(YEARS) - 1
    assert earlier.not_on_record(nights.versions) == ["1"]
    nights.publish("2")
    # What is decided as it was is on record again.
    write_counts(nights.build.connection, PRACTICES)
    nights.decide()
    assert (nights.on_record()[(ONE,)] == record) == (earlier.not_on_record(["1"]) == [])


def test_new_code_reads_everything_once_and_proves_what_is_not_remembered(nights: Nights) -> None:
    nights.decide()
    assert nights.decide().years_that_stand == len(YEARS)
    nights.build = replace(nights.build, code="another")
    after = nights.decide()
    assert after.years_that_stand == 0
    assert after.controlled.blocks_remembered == after.controlled.blocks
    assert nights.decide().years_that_stand == len(YEARS)
