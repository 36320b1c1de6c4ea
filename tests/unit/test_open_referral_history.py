"""The history of a feed: any day can be rebuilt, whatever happened between and after."""

from __future__ import annotations

import json
import tempfile
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.extracts.arriving.open_referral.services import Service
from assets.extracts.arriving.open_referral.snapshots import History, HistoryError, Snapshot

MONDAY = date(2026, 11, 23)

# Numbers and texts that JSON can say and the door lets in.
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | st.text()
services = st.dictionaries(
    st.sampled_from("abcdef"),
    st.tuples(scalars, st.none() | st.lists(st.text(), max_size=2), st.none() | st.integers(0, 3)),
).map(
    lambda found: {
        identifier: Service(
            id=identifier,
            name=name,
            taxonomy_term_ids=None if terms is None else tuple(terms),
            number_of_contacts=contacts,
        )
        for identifier, (name, terms, contacts) in found.items()
    }
)
# Days that pass before the pull; 0 pulls the same day again.
pulls = st.lists(st.tuples(st.integers(0, 2), services), max_size=8)


def snapshot(on: date, kept: dict[str, Service]) -> Snapshot:
    return Snapshot(
        feed="council",
        url="https://feeds.example",
        schema_version="v3",
        taken_on=on,
        services=kept,
    )


def named(**names: str) -> dict[str, Service]:
    return {identifier: Service(id=identifier, name=name) for identifier, name in names.items()}


# Every example writes and syncs real files, which takes as long as the disk is busy.
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pulls)
def test_every_day_is_rebuilt_as_it_was_taken(
    taken: list[tuple[int, dict[str, Service]]],
) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "council"
        day, truth = MONDAY, {}
        for days, found in taken:
            day += timedelta(days=days)
            History(folder).keep(snapshot(day, found), repeated_ids=0)
            truth[day] = found
        history = History(folder)
        expected: dict[str, Service] = {}
        for offset in range(-1, (day - MONDAY).days + 2):
            on = MONDAY + timedelta(days=offset)
            assert history.before(on) == expected
            expected = truth.get(on, expected)
            assert history.rebuild(on) == expected
        assert history.latest() == expected
        if taken:
            kept = Snapshot.model_validate_json((folder / "snapshot.json").read_bytes())
            assert (kept.services, kept.taken_on) == (expected, day)
        assert not list(folder.rglob("*.tmp"))


def test_a_run_ended_between_the_two_writes_leaves_a_whole_history(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.keep(snapshot(MONDAY, named(a="A", b="B")), 0)
    older = (tmp_path / "snapshot.json").read_bytes()
    tuesday = MONDAY + timedelta(days=1)
    history.keep(snapshot(tuesday, named(a="A", c="C")), 0)
    # What lies there when the run ends after the change file and before the snapshot.
    (tmp_path / "snapshot.json").write_bytes(older)
    (tmp_path / "changes" / ".2026-11-25.json.77.tmp").write_text('{"feed": "cou')
    assert history.latest() == named(a="A", c="C")
    with pytest.raises(HistoryError, match="holds 2026-11-24 already"):
        history.keep(snapshot(MONDAY, named(a="A")), 0)
    kept = history.keep(snapshot(tuesday, named(a="A", c="C", d="D")), 0)
    assert (kept.added, kept.removed) == (2, 1)
    assert history.latest() == named(a="A", c="C", d="D")
    assert history.rebuild(MONDAY) == named(a="A", b="B")


def test_equal_days_are_equal_bytes(tmp_path: Path) -> None:
    for place, order in (("one", "ab"), ("two", "ba")):
        found = {letter: Service(id=letter, name=letter.upper()) for letter in order}
        History(tmp_path / place).keep(snapshot(MONDAY, found), 0)
    for name in ("snapshot.json", "changes/2026-11-23.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_change_file_says_all_there_is_to_know_of_its_day(tmp_path: Path) -> None:
    kept = History(tmp_path).keep(snapshot(MONDAY, named(a="A")), repeated_ids=4)
    day = json.loads(kept.change_file.read_text())
    [change] = day.pop("changes")
    assert day == {
        "feed": "council",
        "url": "https://feeds.example",
        "schema_version": "v3",
        "taken_on": "2026-11-23",
        "services_total": 1,
        "repeated_ids": 4,
    }
    assert set(change) == {*Service.model_fields, "change"}
    assert (change["change"], change["id"], change["name"]) == ("added", "a", "A")


def test_an_earlier_day_cannot_be_put_under_a_quiet_later_one(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.keep(snapshot(MONDAY, named(a="A")), 0)
    history.keep(snapshot(MONDAY + timedelta(days=2), named(a="A")), 0)
    with pytest.raises(HistoryError, match=r"holds 2026-11-25 already.*2026-11-24 is earlier"):
        history.keep(snapshot(MONDAY + timedelta(days=1), named(b="B")), 0)
    assert history.latest() == named(a="A")


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("snapshot.json", "{", "snapshot.json is damaged.*delete it"),
        ("changes/2026-11-23.json", "{", "2026-11-23.json is damaged.*restore it"),
        ("changes/2026-11-23.json", '{"feed": 1}', "2026-11-23.json is damaged"),
        ("changes/copy of Monday.json", "{}", "copy of Monday.json is not named after a day"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, file: str, content: str, told: str) -> None:
    history = History(tmp_path)
    history.keep(snapshot(MONDAY, named(a="A")), 0)
    (tmp_path / file).write_text(content)
    with pytest.raises(HistoryError, match=told):
        history.keep(snapshot(MONDAY + timedelta(days=1), named(b="B")), 0)
