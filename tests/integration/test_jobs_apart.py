"""The three parts of the nightly job run on their own, and what must not come out of that."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from night import AS_OF, Night, revise_list_sizes

from assets.samples.landing import write_landing
from orchestration.definitions import build_definitions
from orchestration.instance import open_instance
from orchestration.settings import Settings


def run(settings: Settings, job: str) -> dg.ExecuteInProcessResult:
    with open_instance(settings.place) as instance:
        definition = build_definitions(settings).resolve_job_def(job)
        return definition.execute_in_process(instance=instance, raise_on_error=False)


def editions_published(night: Night) -> list[tuple[object, ...]]:
    """The list sizes of September, and whether each edition of them is in use."""
    return night.query(
        "select sha256, is_in_use from extract_editions "
        "where extract = 'reg_list_sizes' and edition_period = '2025-09' order by is_in_use"
    )


@pytest.mark.slow
def test_one_extract_is_taken_in_alone(tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    write_landing(landing, practices=5)
    settings = Settings(landing=str(landing), home=tmp_path / "home", job_per_extract=True)

    assert run(settings, "ingest_sp_contacts").success
    assert run(settings, "ingest_reg_list_sizes").success

    with duckdb.connect(str(settings.place.warehouse), read_only=True) as build:
        held = build.execute(
            "select distinct extract from ledger.editions where verdict = 'accepted'"
        ).fetchall()
        files = build.execute("select count(*) from ledger.landing_files").fetchall()
    # Contacts are held against referrals, and those against practices.
    assert {extract for (extract,) in held} == {
        "ods_practices", "sp_referrals", "sp_contacts", "reg_list_sizes",
    }  # fmt: skip
    # Files of others are known of, and wait.
    assert files[0][0] > 100


@pytest.mark.slow
def test_publish_refuses_marts_built_from_other_editions(
    baseline: Night, night: Callable[[], Night]
) -> None:
    made = night()
    settings = Settings(
        landing=str(made.landing),
        home=made.home,
        dbt_project=made.dbt_project,
        as_of=date.fromisoformat(AS_OF),
    )
    # The marts of the night before, as a machine has them that goes on.
    settings.place.build.mkdir()
    shutil.copy(baseline.home / "build" / settings.place.warehouse.name, settings.place.warehouse)
    before, published = made.current(), editions_published(made)
    [(sha256, _)] = published
    revise_list_sizes(made.landing)

    assert run(settings, "ingest").success
    refused = run(settings, "publish")

    assert not refused.success
    failures = [e.step_failure_data.error for e in refused.all_events if e.is_step_failure]
    assert any("run the job build" in str(error) for error in failures)
    assert (made.current(), editions_published(made)) == (before, published)

    assert run(settings, "build").success
    assert made.current() == before
    assert run(settings, "publish").success
    assert made.current() != before
    [replaced, (revised, is_in_use)] = editions_published(made)
    assert replaced == (sha256, False)
    assert (revised != sha256, is_in_use) == (True, True)
