"""What starts by itself, and when: hours of London, files that have stopped changing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._utils.schedules import schedule_execution_time_iterator

from assets.durable_files import hash_of
from assets.extracts.holding.archive import Archive
from orchestration.automation import automation, landing_sensor, schedules
from orchestration.environments import ENVIRONMENTS, UndeclaredEnvironmentError, declared
from orchestration.landing_watch import PATIENCE_SECONDS, Memory, Seen, files_of, look
from orchestration.settings import Settings

PRODUCTION, LOCAL = ENVIRONMENTS["production"], ENVIRONMENTS["local"]


def ticks(cron_of: str, start: datetime, days: int) -> list[datetime]:
    """When a schedule starts its job, in UTC."""
    [schedule] = [one for one in schedules(PRODUCTION, Settings()) if one.name == cron_of]
    end = start + timedelta(days=days)
    found: Iterator[datetime] = schedule_execution_time_iterator(
        start.timestamp(), str(schedule.cron_schedule), schedule.execution_timezone
    )
    moments = []
    for tick in found:
        if tick >= end:
            return moments
        moments.append(tick.astimezone(UTC))
    return moments


@pytest.mark.parametrize(
    ("day_before", "in_utc"),
    [
        # Clocks go forward at 01:00 on 28 March 2027: no 01:30 that night.
        (datetime(2027, 3, 26, 12, tzinfo=UTC), ["27 02:30", "28 01:30", "29 01:30"]),
        # And back at 02:00 on 25 October 2026 and 31 October 2027: 01:30 comes twice.
        (datetime(2026, 10, 23, 12, tzinfo=UTC), ["24 01:30", "25 02:30", "26 02:30"]),
        (datetime(2027, 10, 29, 12, tzinfo=UTC), ["30 01:30", "31 02:30", "01 02:30"]),
    ],
)
def test_half_past_two_in_london_is_once_a_night_when_the_clocks_change(
    day_before: datetime, in_utc: list[str]
) -> None:
    assert [f"{tick:%d %H:%M}" for tick in ticks("nightly", day_before, 3)] == in_utc


def test_a_year_has_a_night_for_each_day_and_a_rebuild_for_each_month() -> None:
    start = datetime(2027, 1, 1, tzinfo=UTC)
    nights = ticks("nightly", start, 365)
    assert len(nights) == len({tick.date() for tick in nights}) == 365
    assert [tick.month for tick in ticks("full_rebuild", start, 365)] == list(range(1, 13))


@pytest.mark.parametrize(("name", "said"), [(None, "is not set"), ("staging", "'staging'")])
def test_an_environment_that_is_not_declared_refuses_to_start(name: str | None, said: str) -> None:
    with pytest.raises(UndeclaredEnvironmentError, match=said) as refused:
        automation(Settings(environment=name))
    assert "one of local, production" in str(refused.value)


def test_only_production_starts_by_itself() -> None:
    for name, is_on in (("production", True), ("local", False)):
        statuses = [one.default_status for one in schedules(declared(name), Settings())]
        wanted = dg.DefaultScheduleStatus.RUNNING if is_on else dg.DefaultScheduleStatus.STOPPED
        assert statuses == [wanted, wanted]
        sensor = landing_sensor(declared(name), Settings())
        assert (sensor.default_status == dg.DefaultSensorStatus.RUNNING) == is_on


def test_the_hour_can_be_configured() -> None:
    [nightly, _] = schedules(LOCAL, Settings(nightly_cron="*/2 * * * *"))
    assert nightly.cron_schedule == "*/2 * * * *"


# The look at the landing zone


class Watch:
    """A landing zone that is looked at again and again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.memory = Memory()
        self.held: set[str] = set()
        self.asked: list[str] = []

    def put(self, name: str, content: str) -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)

    def at(self, seconds: float) -> str | None:
        def is_held(seen: Seen) -> bool:
            self.asked.append(seen.name)
            return seen.name in self.held

        found = look(files_of(str(self.folder)), self.memory, seconds, 120, is_held)
        self.memory = Memory.model_validate_json(found.memory.model_dump_json())
        return found.batch


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    return Watch(tmp_path)


def test_a_file_starts_one_run_once_it_has_stopped_changing(watch: Watch) -> None:
    watch.put("a.csv", "1")
    assert watch.at(0) is None
    watch.put("a.csv", "12")
    assert [watch.at(60), watch.at(119), watch.at(179)] == [None, None, None]
    assert watch.at(180) is not None
    assert [watch.at(200), watch.at(9999)] == [None, None]


def test_a_batch_starts_one_run_when_its_last_file_has_settled(watch: Watch) -> None:
    watch.put("a.csv", "1")
    watch.at(0)
    watch.put("b/b.csv", "2")
    assert [watch.at(100), watch.at(219)] == [None, None]
    assert watch.at(220) is not None
    assert watch.at(500) is None


def test_a_file_that_never_stops_does_not_hold_the_others_back(watch: Watch) -> None:
    watch.put("a.csv", "1")
    batches = []
    for minute in range(40):
        watch.put("log.csv", "x" * minute)
        if watch.at(60.0 * minute) is not None:
            batches.append(minute)
    assert batches == [PATIENCE_SECONDS // 60]


def test_a_file_that_is_held_starts_nothing_and_is_asked_about_once(watch: Watch) -> None:
    watch.held = {"a.csv"}
    watch.put("a.csv", "1")
    assert [watch.at(0), watch.at(120), watch.at(240)] == [None, None, None]
    assert watch.asked == ["a.csv"]
    watch.put("a.csv", "another one")
    watch.held = set()
    assert [watch.at(300), watch.at(420) is not None] == [None, True]


def test_what_describes_the_extracts_is_no_arrival(watch: Watch) -> None:
    for name in ("landing.yml", "notes.md", ".hidden", "a-metadata.json"):
        watch.put(name, "files: []")
    watch.at(0)
    assert watch.at(500) is None
    assert watch.memory == Memory()


def test_names_are_not_remembered(watch: Watch) -> None:
    watch.put("referrals of Jane Doe.csv", "1")
    watch.at(0)
    assert "Jane" not in watch.memory.model_dump_json()


# The sensor as Dagster evaluates it


def evaluated(settings: Settings, cursor: str | None) -> dg.SensorResult | dg.SkipReason:
    with dg.build_sensor_context(cursor=cursor) as context:
        found = landing_sensor(PRODUCTION, settings)(context)
    assert isinstance(found, dg.SensorResult | dg.SkipReason)
    return found


def test_the_sensor_asks_for_an_ingest_of_what_the_archive_does_not_hold(tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    landing.mkdir()
    (landing / "new.csv").write_text("new")
    settings = Settings(landing=str(landing), home=tmp_path / "home", landing_settled_seconds=0)
    first = evaluated(settings, None)
    assert isinstance(first, dg.SensorResult)
    [request] = first.run_requests or []
    assert request.run_key
    again = evaluated(settings, first.cursor)
    assert isinstance(again, dg.SensorResult)
    assert not again.run_requests
    assert again.skip_reason is not None
    assert again.skip_reason.skip_message == "1 files, nothing new"

    # The same content is held, and comes once more under another name.
    archive = Archive(settings.place.archive)
    archive.keep(landing / "new.csv", hash_of(landing / "new.csv"), "new.csv")
    (landing / "copy.csv").write_text("new")
    held = evaluated(settings, None)
    assert isinstance(held, dg.SensorResult)
    assert not held.run_requests
    assert len(json.loads(held.cursor or "")["known"]) == 2


def test_the_sensor_has_nothing_to_do_on_the_sample(tmp_path: Path) -> None:
    found = evaluated(Settings(home=tmp_path), None)
    assert isinstance(found, dg.SkipReason)
    assert "sample" in (found.skip_message or "")
