"""What of a run goes on record, and what the record says of the platform's health."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assets.folders import Home
from assets.transient_faults import names_of_transient_faults
from orchestration.command_line import app
from orchestration.lock import hold, holder_of
from orchestration.nights import records as nights
from orchestration.nights.health import health_of, parse_age
from orchestration.nights.records import (
    Kind,
    Outcome,
    RunRecord,
    RunRecords,
    RunRecordsError,
    Trouble,
    standing,
)

ROOT = Path(__file__).resolve().parents[2]
# 02:30 in London, where it is summer.
SUMMER_NIGHT = datetime(2026, 7, 1, 1, 30, tzinfo=UTC)
DAY = timedelta(hours=26)


def trouble(kind: Kind, subject: str, since: datetime = SUMMER_NIGHT, what: str = "x") -> Trouble:
    return Trouble(
        key=f"{kind} {subject}", kind=kind, subject=subject, what=what, where="check",
        since=since, owner="reference data", next_step="ask",
    )  # fmt: skip


def ended(
    outcome: Outcome,
    at: datetime = SUMMER_NIGHT,
    job: str = "nightly",
    troubles: tuple[Trouble, ...] = (),
) -> RunRecord:
    return RunRecord(
        run_id=f"{job} {at:%d %H:%M}", job=job, started_at=at - timedelta(minutes=9), ended_at=at,
        outcome=outcome, release="2026-07-01T013000Z-0123abcd", troubles=troubles,
    )  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def put(home: Home, *records: RunRecord) -> None:
    for record in records:
        RunRecords(home.operations).add(record)


def status(home: Home, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["status", "--home", str(home.folder), *arguments])
    return result.exit_code, result.output


def test_a_home_without_nights_is_not_well(home: Home) -> None:
    assert status(home) == (1, f"NOT OK: no night has completed in {home.folder.resolve()}\n")


@pytest.mark.parametrize(
    ("outcome", "said"), [("published", "published"), ("unchanged", "found nothing new")]
)
def test_a_night_that_completed_is_health_whatever_it_published(
    home: Home, outcome: Outcome, said: str
) -> None:
    put(home, ended(outcome))
    health = health_of(home, DAY, SUMMER_NIGHT + timedelta(hours=5))
    assert health.is_healthy
    assert health.line() == (
        f"ok: nightly {said} at 2026-07-01 02:30, 5 h ago, release 2026-07-01T013000Z-0123abcd "
        "in force"
    )


def test_a_night_that_is_too_old_is_death_to_the_minute(home: Home) -> None:
    put(home, ended("published"))
    assert health_of(home, DAY, SUMMER_NIGHT + DAY).is_healthy
    dead = health_of(home, DAY, SUMMER_NIGHT + DAY + timedelta(minutes=1))
    assert not dead.is_healthy
    assert dead.line().startswith("NOT OK: nightly published at 2026-07-01 02:30, 26 h ago, more")


@pytest.mark.parametrize("outcome", ["failed", "killed"])
def test_a_failed_night_is_told_and_is_not_the_last_that_completed(
    home: Home, outcome: Outcome
) -> None:
    later = SUMMER_NIGHT + timedelta(days=1)
    put(home, ended("published"), ended(outcome, later))
    health = health_of(home, DAY, later + timedelta(hours=1))
    assert health.is_healthy
    assert health.completed is not None
    assert health.completed.ended_at == SUMMER_NIGHT
    assert f"nightly {'was killed' if outcome == 'killed' else 'failed'} at 2026-07-02 02:30" in (
        health.line()
    )


def test_parts_of_a_night_are_no_night(home: Home) -> None:
    put(home, ended("published", job="publish"), ended("done", job="ingest"))
    assert health_of(home, DAY, SUMMER_NIGHT).completed is None
    put(home, ended("published", job="full_rebuild"))
    assert health_of(home, DAY, SUMMER_NIGHT).is_healthy


def test_what_is_late_and_refused_stands_in_the_line(home: Home) -> None:
    late, refused = trouble("late", "gpps_practice"), trouble("refused", "sp_referrals")
    put(home, ended("published", datetime.now(UTC), troubles=(late, refused)))
    code, said = status(home)
    assert (code, said.count("\n")) == (0, 1)
    assert said.endswith("; late: gpps_practice; refused: sp_referrals\n")


def test_json_has_the_same_for_programs(home: Home) -> None:
    put(home, ended("published", datetime.now(UTC), troubles=(trouble("late", "ncdes_counts"),)))
    code, said = status(home, "--json", "--max-age", "2d")
    found = json.loads(said)
    assert (code, found["is_healthy"], found["max_age_hours"]) == (0, True, 48)
    assert found["late"] == ["ncdes_counts"]
    assert found["troubles"][0]["owner"] == "reference data"


def test_the_age_has_a_unit(home: Home) -> None:
    assert parse_age("90m") == timedelta(minutes=90)
    code, said = status(home, "--max-age", "26")
    assert code == 2
    assert "write 26h, 90m or 2d" in said


def test_a_run_that_is_going_on_or_was_killed_is_told(home: Home) -> None:
    with hold(home.folder, "run-1", 1, print):
        assert status(home)[1].rstrip().rpartition("; ")[2].startswith("run run-1 is going on")
    assert holder_of(home.folder) is None
    with pytest.raises(ValueError, match="broken"), hold(home.folder, "run-3", 1, print):
        raise ValueError("broken")
    assert holder_of(home.folder) is None
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    note = {"run_id": "run-2", "process": gone.pid, "since": "2026-07-01T01:30:00+00:00"}
    (home.folder / "run.json").write_text(json.dumps(note))
    assert "run run-2 was killed, it began since 2026-07-01 02:30" in status(home)[1]


def test_the_dead_mans_check_loads_neither_dagster_nor_dbt(home: Home) -> None:
    program = (
        "import sys\nfrom orchestration.command_line import app\n"
        f"sys.argv[1:] = ['status', '--home', {str(home.folder)!r}]\n"
        "try:\n    app()\nexcept SystemExit:\n    pass\n"
        "heavy = {'dagster', 'dbt', 'duckdb', 'polars', 'great_expectations'}\n"
        "print('loaded', sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "loaded []"


def test_records_are_private_replaced_by_run_and_few_enough(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = RunRecords(home.operations)
    put(home, ended("failed"), ended("published"))
    assert [record.outcome for record in records.all()] == ["published"]
    assert records.path.stat().st_mode & 0o777 == 0o600
    monkeypatch.setattr(nights, "_MOST_KEPT", 2)
    put(home, *(ended("published", SUMMER_NIGHT + timedelta(days=day)) for day in (1, 2)))
    assert [record.ended_at.day for record in records.all()] == [2, 3]


def test_a_damaged_record_is_named_with_its_line(home: Home) -> None:
    put(home, ended("published"))
    path = RunRecords(home.operations).path
    path.write_text(path.read_text() + "{}\n")
    with pytest.raises(RunRecordsError, match=r"runs\.jsonl, line 2: not the record"):
        RunRecords(home.operations).all()
    code, said = status(home)
    assert code == 2
    assert "put the line right or take it out" in said


def test_a_trouble_is_as_old_as_when_it_was_first_seen_and_goes_when_it_is_well() -> None:
    first, now = SUMMER_NIGHT, SUMMER_NIGHT + timedelta(days=1)
    before = (trouble("late", "a", first), trouble("refused", "b", first), trouble("late", "c"))
    seen = {
        "late a": trouble("late", "a", now, "still"),
        "refused b": None,
        "late d": trouble("late", "d", now),
    }
    after = {one.key: one for one in standing(before, seen)}
    assert sorted(after) == ["late a", "late c", "late d"]
    assert (after["late a"].since, after["late a"].what) == (first, "still")
    assert after["late d"].since == now


def test_only_what_is_typed_so_is_transient() -> None:
    # Faults are known once their modules are loaded.
    import orchestration.explaining
    import orchestration.resources  # noqa: F401

    assert names_of_transient_faults() == {
        "TransientFaultError", "TransientSourceError", "HomeIsBusyError", "WarehouseIsBusyError",
        "BuildIsBusyError",
    }  # fmt: skip
