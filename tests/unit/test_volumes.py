"""A candidate beside the release in force: what it lost, and what somebody accepted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from assets.release.candidate.facts import CandidateFacts
from assets.release.candidate.writing import write_candidate
from assets.release.shelf.manifest import Manifest
from assets.release.tables import PublishedTable
from assets.release.volumes import compare_volumes
from expectations.rules import Outcome
from expectations.validation import Validator
from expectations.volumes import (
    AcceptedChange,
    AcceptedChangesError,
    read_accepted_changes,
)

TODAY = date(2026, 11, 26)
VERSION = "2026-11-25T023000Z-0123abcd"
TABLES = (
    PublishedTable(name="indicator_values", sort_by=("indicator_id", "area_type", "area_code")),
    PublishedTable(name="areas", sort_by=("area_code",)),
)
ACCEPTED = {
    "rule": "indicator_keeps_its_values_half",
    "indicator": "PC-SP-01",
    "area_type": "practice",
    "compared_with": VERSION,
    "until": "2026-12-31",
    "reviewed_by": "A. Reviewer",
    "reviewed_on": "2026-11-26",
    "reason": "the collection ended in March 2025",
}


class Shelf:
    """A build, and the candidates that were written from it."""

    def __init__(self, place: Path) -> None:
        self.connection = duckdb.connect(str(place / "build.duckdb"))
        self.validator = Validator(self.connection)
        self.place = place
        self.connection.execute("create schema marts")
        self.connection.execute(
            "create table marts.indicator_values as select indicator_id, area_type, "
            "area_type || n as area_code, 1.0::double as value, 'reported' as value_state "
            "from (values ('PC-SP-01'), ('PC-SDM-01')) as i (indicator_id), "
            "(values ('practice'), ('pcn')) as t (area_type), range(100) as r (n)"
        )
        self.connection.execute(
            "create table marts.areas as select distinct area_code from marts.indicator_values"
        )

    def write(self, name: str, *, is_synthetic: bool = True) -> tuple[Path, CandidateFacts]:
        folder = self.place / name
        return folder, write_candidate(self.connection, folder, TABLES, is_synthetic=is_synthetic)

    def release(self, *, is_synthetic: bool = True) -> tuple[Path, Manifest]:
        folder, facts = self.write("release", is_synthetic=is_synthetic)
        return folder, Manifest(
            version=VERSION,
            created_at=datetime.now(UTC),
            identity="0" * 64,
            content_hash=facts.content_hash,
            as_of=TODAY,
            is_synthetic=facts.is_synthetic,
            schema_version="1.0",
            database_bytes=facts.database_bytes,
            tables=facts.tables,
        )

    def compare(
        self, release: tuple[Path, Manifest] | None, *accepted: AcceptedChange, today: date = TODAY
    ) -> dict[str, Outcome]:
        folder, facts = self.write("candidate")
        outcomes = compare_volumes(
            self.connection, self.validator, folder, facts, release, today, accepted
        )
        return {outcome.rule.name: outcome for outcome in outcomes}


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    made = Shelf(tmp_path)
    yield made
    made.connection.close()


def lose(shelf: Shelf, count: int) -> None:
    shelf.connection.execute(
        "update marts.indicator_values set value = null, value_state = 'suppressed' "
        "where indicator_id = 'PC-SP-01' and area_type = 'practice' and "
        f"area_code in (select 'practice' || n from range({count}) as r (n))"
    )


def broken(found: dict[str, Outcome]) -> list[str]:
    return sorted(name for name, outcome in found.items() if not outcome.passed)


def test_the_first_release_has_nothing_to_compare_with(shelf: Shelf) -> None:
    assert broken(shelf.compare(None)) == []


def test_the_same_again_holds(shelf: Shelf) -> None:
    assert broken(shelf.compare(shelf.release())) == []


def test_made_up_data_are_not_held_against_real_ones(shelf: Shelf) -> None:
    release = shelf.release(is_synthetic=False)
    lose(shelf, 100)
    assert broken(shelf.compare(release)) == []


@pytest.mark.parametrize(
    ("lost", "wanted"),
    [
        (9, []),
        (15, ["share_suppressed_is_as_before"]),
        (30, ["indicator_keeps_its_values", "share_suppressed_is_as_before"]),
        (
            60,
            [
                "indicator_keeps_its_values",
                "indicator_keeps_its_values_half",
                "share_suppressed_is_as_before",
            ],
        ),
    ],
)
def test_values_lost_at_one_level(shelf: Shelf, lost: int, wanted: list[str]) -> None:
    release = shelf.release()
    lose(shelf, lost)

    found = shelf.compare(release)

    assert broken(found) == wanted
    for name in wanted:
        assert found[name].examples == "indicator_id PC-SP-01, area_type practice"
        assert found[name].rule.reason.startswith("2026-11-26: ")


def test_a_level_and_a_table_that_are_gone(shelf: Shelf) -> None:
    release = shelf.release()
    shelf.connection.execute(
        "delete from marts.indicator_values where area_type = 'pcn' and indicator_id = 'PC-SP-01'"
    )
    shelf.connection.execute("delete from marts.areas where area_code like 'practice%'")

    found = shelf.compare(release)

    assert (
        found["indicator_keeps_its_values_half"].examples == "indicator_id PC-SP-01, area_type pcn"
    )
    assert (
        found["table_keeps_its_rows"].examples
        == "table_name main.areas; table_name main.indicator_values"
    )
    assert found["table_keeps_its_rows_half"].passed


def test_an_accepted_change_holds_and_says_why(shelf: Shelf) -> None:
    release = shelf.release()
    lose(shelf, 60)
    change = AcceptedChange.model_validate(ACCEPTED)

    found = shelf.compare(release, change)

    accepted = found["indicator_keeps_its_values_half"]
    assert accepted.passed
    for said in ("PC-SP-01 practice", "until 2026-12-31", "A. Reviewer", "the collection ended"):
        assert said in accepted.observed
        assert said in accepted.rule.reason
    assert "indicator_keeps_its_values" in broken(found), "the other threshold was not accepted"
    assert found["none_has_expired"].passed
    assert found["each_is_used"].passed


@pytest.mark.parametrize(
    ("changed", "warned"),
    [
        ({"until": "2026-11-26"}, None),
        ({"until": "2026-11-25", "reviewed_on": "2026-11-25"}, "none_has_expired"),
        ({"compared_with": "2026-11-24T023000Z-0123abcd"}, "each_is_used"),
        ({"indicator": "PC-SDM-01"}, "each_is_used"),
        ({"area_type": "pcn"}, "each_is_used"),
    ],
)
def test_only_the_change_that_was_meant_is_accepted(
    shelf: Shelf, changed: dict[str, str], warned: str | None
) -> None:
    release = shelf.release()
    lose(shelf, 60)

    found = shelf.compare(release, AcceptedChange.model_validate({**ACCEPTED, **changed}))

    assert found["indicator_keeps_its_values_half"].passed == (warned is None)
    for name in ("none_has_expired", "each_is_used"):
        assert found[name].passed == (name != warned), name
        assert found[name].rule.severity == "warning"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"reviewed_by": ""}, "change 1: reviewed_by"),
        ({"reason": "ok"}, "change 1: reason"),
        ({"until": "soon"}, "change 1: until"),
        ({"rule": "key_is_unique"}, "rule 'key_is_unique' is none of"),
        ({"table": "main.areas"}, "name that alone"),
        ({"threshold": 0.9}, "change 1: threshold"),
        ({"until": "2026-11-01"}, "until lies before reviewed_on"),
    ],
)
def test_a_line_that_is_wrong_is_named(
    tmp_path: Path, changed: dict[str, object], said: str
) -> None:
    import yaml

    file = tmp_path / "accepted_changes.yml"
    file.write_text(yaml.safe_dump([{**ACCEPTED, **changed}]))
    with pytest.raises(AcceptedChangesError, match=said) as raised:
        read_accepted_changes(file)
    assert str(file) in str(raised.value)


def test_the_file_of_the_platform_can_be_read() -> None:
    assert read_accepted_changes() == ()
