"""The three parts of the nightly job run on their own, and what must not come out of that."""

import shutil
from pathlib import Path

import dagster as dg
import duckdb

from assets.samples.landing import write_landing
from orchestration.definitions import build_definitions
from orchestration.instance import open_instance
from orchestration.settings import Settings


def run(settings: Settings, job: str) -> dg.ExecuteInProcessResult:
    with open_instance(settings.place) as instance:
        definition = build_definitions(settings).resolve_job_def(job)
        return definition.execute_in_process(instance=instance, raise_on_error=False)


def last_survey_year(settings: Settings) -> int:
    path = settings.place.releases / "current" / "doing_with.duckdb"
    connection = duckdb.connect(str(path), read_only=True)
    try:
        [(year,)] = connection.execute(
            "select max(extract(year from period_end)) from indicator_values "
            "where series_id like 'gpps%'"
        ).fetchall()
    finally:
        connection.close()
    return int(year)


def test_publish_refuses_marts_built_from_other_editions(tmp_path: Path) -> None:
    landing, later = tmp_path / "landing", tmp_path / "later"
    write_landing(landing)
    later.mkdir()
    for path in (landing / "gpps").glob("GPPS_2025*"):
        shutil.move(path, later / path.name)
    settings = Settings(landing=str(landing), home=tmp_path / "home")
    assert run(settings, "ingest").success
    assert run(settings, "build").success
    assert run(settings, "publish").success
    assert last_survey_year(settings) == 2024
    before = (settings.place.releases / "current").readlink()

    for path in later.iterdir():
        shutil.move(path, landing / "gpps" / path.name)
    assert run(settings, "ingest").success
    refused = run(settings, "publish")

    assert not refused.success
    failures = [e.step_failure_data.error for e in refused.all_events if e.is_step_failure]
    assert any("run the job build" in str(error) for error in failures)
    assert (settings.place.releases / "current").readlink() == before

    assert run(settings, "nightly").success
    assert last_survey_year(settings) == 2025
