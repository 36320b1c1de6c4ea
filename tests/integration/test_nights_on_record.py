"""What runs leave on record: refused, late, failed and killed, however they were started."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import duckdb
import pytest
import tiny_platform
from ingesting import Place, walks, walks_contract

from assets.durable_files import hash_of
from orchestration.automation import killed_runs_sensor
from orchestration.instance import open_instance
from orchestration.nights.records import RunRecord, RunRecords, Trouble
from orchestration.operator_jobs import operator_jobs

DUE = "2026-11-20"  # the contract promises October 20 days after its month


def run(place: Place, job: str = "nightly") -> RunRecord:
    result = tiny_platform.run(place.settings, job)
    record = RunRecords(place.settings.place.operations).of_run(result.run_id)
    assert record is not None
    assert result.success == (record.outcome != "failed")
    return record


def troubles(record: RunRecord) -> dict[str, Trouble]:
    return {trouble.key: trouble for trouble in record.troubles}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path / "place", as_of="2026-10-15", fetch=False)
    made.agree(walks_contract())
    (made.landing_folder / "walks_2026-09.csv").write_bytes(walks("2026-09", 12, 9))
    return made


def test_a_good_night_completes_and_leaves_nothing_wrong(place: Place) -> None:
    record = run(place)
    assert (record.job, record.outcome, record.troubles) == ("nightly", "unchanged", ())
    assert record.started_at <= record.ended_at
    assert run(place, "ingest").outcome == "done"


def test_a_refused_file_is_on_record_until_a_good_one_comes(place: Place) -> None:
    bad = place.landing_folder / "walks_2026-09.csv"
    bad.write_bytes(walks("2026-09", *["many"] * 9))
    first = run(place)
    refused = troubles(first)["refused walks"]
    assert (refused.kind, refused.owner) == ("refused", "reference data")
    assert "walkers" in refused.what
    assert "raw/walks" in refused.where
    assert "corrected" in refused.next_step
    again = run(place)
    assert troubles(again)["refused walks"].since == refused.since
    bad.write_bytes(walks("2026-09", 12, 9))
    assert run(place, "ingest").troubles == ()


def test_late_in_the_data_the_check_and_the_record_are_one(place: Place) -> None:
    for as_of, is_late in (("2026-11-20", False), ("2026-11-21", True)):
        place.as_of = as_of
        result = tiny_platform.run(place.settings, "nightly")
        [check] = [
            event.asset_check_evaluation_data
            for event in result.all_events
            if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION
            and event.asset_check_evaluation_data.check_name == "freshness"
        ]
        assert check.asset_key == dg.AssetKey(["raw", "walks"])
        assert (check.passed, check.severity) == (not is_late, dg.AssetCheckSeverity.WARN)
        assert f"due by {DUE}" in str(check.description)
        record = RunRecords(place.settings.place.operations).of_run(result.run_id)
        assert record is not None
        assert ("late walks" in troubles(record)) == is_late

        with duckdb.connect(str(place.settings.place.warehouse), read_only=True) as connection:
            rows = connection.execute("select is_late, expected_by::varchar from ledger.extracts")
            assert rows.fetchall() == [(is_late, DUE)]


def test_made_up_data_have_no_calendar(place: Place) -> None:
    place.declare(files=[{"match": "*", "synthetic": True}])
    place.as_of = "2027-11-21"
    assert run(place).troubles == ()


def test_a_failed_night_says_what_and_the_next_good_one_ends_it(place: Place) -> None:
    (place.landing_folder / "break.md").touch()
    record = run(place)
    failed = troubles(record)["failed nightly"]
    assert (record.outcome, record.fault) == ("failed", "permanent")
    assert (
        failed.what == "walkers: ValueError: the marts were not built from the editions now in use"
    )
    assert record.run_id in failed.where
    (place.landing_folder / "break.md").unlink()
    assert run(place).troubles == ()


def test_a_night_that_somebody_stopped_has_not_completed(place: Place) -> None:
    (place.landing_folder / "stop.md").touch()
    record = run(place)
    assert (record.outcome, record.fault) == ("failed", "permanent")
    assert "DagsterExecutionInterruptedError" in troubles(record)["failed nightly"].what


def test_what_was_not_looked_at_stays_as_it_was(place: Place) -> None:
    (place.landing_folder / "break.md").touch()
    run(place)
    record = run(place, "ingest")
    assert (record.outcome, set(troubles(record))) == ("done", {"failed nightly"})


def test_a_permanent_fault_is_not_tried_again_and_a_busy_build_is(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tags(record: RunRecord) -> dict[str, str]:
        with open_instance(place.settings.place) as instance:
            found = instance.get_run_by_id(record.run_id)
            assert found is not None
            return {name: value for name, value in found.tags.items() if "retr" in name}

    (place.landing_folder / "break.md").touch()
    assert tags(run(place)) == {"dagster/will_retry": "false"}
    (place.landing_folder / "break.md").unlink()
    monkeypatch.setattr("orchestration.resources._WAREHOUSE_WAIT_SECONDS", 0.1)
    program = (
        f"import duckdb, sys; c = duckdb.connect({str(place.settings.place.warehouse)!r}); "
        "print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as client:
        assert client.stdout is not None
        assert client.stdout.readline() == "open\n"
        record = run(place)
        client.communicate("")
    assert (record.outcome, record.fault) == ("failed", "transient")
    assert f"PID {client.pid}" in troubles(record)["failed nightly"].what
    assert tags(record) == {
        "dagster/max_retries": "2",
        "dagster/retry_on_asset_or_op_failure": "true",
        "dagster/retry_strategy": "ALL_STEPS",
        "dagster/will_retry": "true",
    }
    assert run(place).outcome == "unchanged"


def test_a_killed_run_is_put_on_record_by_the_next_one(place: Place) -> None:
    run(place)
    home = place.settings.place
    with open_instance(home) as instance:
        job = tiny_platform.runnable(place.settings).resolve_job_def("nightly")
        killed = instance.create_run_for_job(job)
    note = {"run_id": killed.run_id, "process": 1, "since": datetime.now(UTC).isoformat()}
    (home.folder / "run.json").write_text(json.dumps(note))
    last = run(place)
    records = RunRecords(home.operations).all()
    assert [record.outcome for record in records] == ["unchanged", "killed", "unchanged"]
    assert set(troubles(records[1])) == {"failed nightly"}
    assert last.troubles == ()
    assert records[1].ended_at - records[0].ended_at < timedelta(minutes=10)


def test_a_channel_that_fails_does_not_fail_the_night_and_is_on_record(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOING_WITH_ALERT_WEBHOOK", "http://127.0.0.1:9/a-secret")
    monkeypatch.setenv("DOING_WITH_ALERT_WEBHOOK_KIND", "slack")
    (place.landing_folder / "walks_2026-09.csv").write_bytes(walks("2026-09", *["many"] * 9))
    record = run(place)
    assert record.outcome == "unchanged"
    [untold] = record.untold
    assert untold.startswith("webhook: it cannot be reached (ConnectError)")
    # The file, which is always there, was told.
    operations = place.settings.place.operations
    [alert] = map(json.loads, (operations / "alerts.jsonl").read_text().splitlines())
    assert [(one["change"], one["subject"]) for one in alert["changes"]] == [("broke", "walks")]
    kept = b"".join(path.read_bytes() for path in place.home.rglob("*") if path.is_file())
    assert b"a-secret" not in kept
    (place.landing_folder / "walks_2026-09.csv").write_bytes(walks("2026-09", 12, 9))
    assert run(place).untold == ()
    assert len((operations / "alerts.jsonl").read_text().splitlines()) == 2


def test_a_killed_run_is_ended_by_the_sensor_and_told(place: Place) -> None:
    run(place)
    home = place.settings.place
    with open_instance(home) as instance:
        job = tiny_platform.runnable(place.settings).resolve_job_def("nightly")
        killed = instance.create_run_for_job(job)
        note = {"run_id": killed.run_id, "process": 1, "since": datetime.now(UTC).isoformat()}
        (home.folder / "run.json").write_text(json.dumps(note))
        sensor = killed_runs_sensor(place.settings)
        for said in (f"run {killed.run_id} was killed", "no run was killed"):
            with dg.build_sensor_context(instance=instance) as context:
                skipped = sensor(context)
            assert isinstance(skipped, dg.SkipReason)
            assert said in (skipped.skip_message or "")
        ended = instance.get_run_by_id(killed.run_id)
        assert ended is not None
        assert ended.status == dg.DagsterRunStatus.FAILURE
    [alert] = map(json.loads, (home.operations / "alerts.jsonl").read_text().splitlines())
    assert [(one["change"], one["subject"]) for one in alert["changes"]] == [("broke", "nightly")]


def test_a_full_rebuild_has_no_build_and_no_proof_of_before(place: Place) -> None:
    run(place)
    home = place.settings.place
    home.proven_blocks.write_text("0" * 64)
    home.shown_before.note([])
    decided = home.shown_before.folder / "decided.json"
    page = home.quality_pages / "run" / "index.html"
    page.parent.mkdir(parents=True)
    page.touch()

    def has_leftover() -> bool:
        with duckdb.connect(str(home.warehouse), read_only=True) as connection:
            return "leftover" in str(connection.execute("show all tables").fetchall())

    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("create table leftover as select 1 as one")
    assert run(place).outcome == "unchanged"
    assert has_leftover()
    assert home.proven_blocks.exists()
    assert decided.exists()
    rebuilt = run(place, "full_rebuild")
    assert rebuilt.is_completed_night
    assert not has_leftover()
    assert not home.proven_blocks.exists()
    assert not decided.exists()
    assert page.exists()


def test_forgetting_is_a_job_of_the_ui_that_forgets_itself_too(place: Place) -> None:
    community = {**walks_contract(), "origin": "community"}
    place.agree(community)
    file = place.landing_folder / "walks_2026-09.csv"
    file.write_bytes(walks("2026-09", 12, 9, "many", *range(40)))
    record = run(place)
    assert record.troubles == ()
    sha256 = hash_of(file)
    home = place.settings.place

    def knows() -> list[str]:
        folders = (home.operations, home.folder / "dagster", home.editions, home.archive)
        return [
            path.name
            for folder in folders
            for path in folder.rglob("*")
            if path.is_file()
            and (sha256.encode() in path.read_bytes() or path.name == sha256)
            and path.name != "forgotten.json"
        ]

    assert knows()
    [_, forget] = operator_jobs(place.settings)
    config = {"ops": {"take_out_everywhere": {"config": {"submission": sha256}}}}
    with open_instance(home) as instance:
        result = forget.execute_in_process(
            instance=instance, run_config=config, raise_on_error=False
        )
    assert result.success
    assert not file.exists()
    assert knows() == []
