"""The platform as Dagster loads it: what a data engineer sees before any run."""

import logging
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from assets.extracts.contract_model.contract_files import load_contracts
from assets.indicators.code_of_build import is_of_other_code, note_code
from benchmarks.national.nights import stage_of
from orchestration.automation import automation
from orchestration.definitions import build_definitions
from orchestration.definitions import definitions as loaded_by_servers
from orchestration.environments import UndeclaredEnvironmentError
from orchestration.inquiry_jobs import inquiry_jobs
from orchestration.jobs import HOME
from orchestration.settings import Settings

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    return build_definitions(Settings(home=tmp_path_factory.mktemp("home")))


def test_workspace_loads_and_validates(tmp_path: Path) -> None:
    dagster = Path(sys.executable).with_name("dagster")
    result = subprocess.run(
        [str(dagster), "definitions", "validate", "-w", "workspace.yaml"],
        cwd=PROJECT,
        env={
            "PATH": "/usr/bin:/bin",
            "DAGSTER_HOME": str(tmp_path),
            "DOING_WITH_ENVIRONMENT": "local",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-2000:]


def test_the_benchmark_knows_what_every_step_of_a_night_is_for(
    definitions: dg.Definitions,
) -> None:
    steps = {node.name for node in definitions.resolve_job_def("nightly").nodes}
    assert {step for step in steps if stage_of(step) == step} == set()
    assert [step for step in steps if stage_of(step) == "report"] == ["reports__report"]


def test_each_extract_has_a_job_where_that_is_asked_for(
    definitions: dg.Definitions, tmp_path: Path
) -> None:
    def jobs(made: dg.Definitions) -> dict[str, dg.JobDefinition]:
        return {job.name: job for job in made.resolve_all_job_defs() if job.name[0] != "_"}

    asked = jobs(build_definitions(Settings(home=tmp_path, job_per_extract=True)))
    of_extracts = asked.keys() - jobs(definitions).keys()
    assert of_extracts == {f"ingest_{extract}" for extract in load_contracts()}
    steps = {node.name for node in asked["ingest_sp_contacts"].nodes}
    assert {"raw__sp_contacts", "raw__sp_referrals", "landing__arrivals", "ledger"} <= steps
    assert "raw__reg_list_sizes" not in steps
    # A queue that several homes share lets one run in at a time for each; who only asks goes ahead.
    waiting = {name for name, job in asked.items() if job.tags.get(HOME) == str(tmp_path)}
    assert asked.keys() - waiting == {job.name for job in inquiry_jobs(Settings(home=tmp_path))}


def test_no_server_loads_what_does_not_say_where_it_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("DOING_WITH_ENVIRONMENT", raising=False)
    with pytest.raises(UndeclaredEnvironmentError, match="DOING_WITH_ENVIRONMENT is not set"):
        loaded_by_servers()


def test_jobs_and_schedule(definitions: dg.Definitions) -> None:
    # Everything that the command line does.
    jobs = "nightly full_rebuild ingest fetch build publish rollback forget status releases diff"
    for name in [*jobs.split(), "explain", "doctor", "new_extract", "new_indicator"]:
        assert definitions.resolve_job_def(name).name == name
    everything = dg.Definitions.merge(definitions, automation(Settings(environment="production")))
    schedule = everything.resolve_schedule_def("nightly")
    assert schedule.cron_schedule == "30 2 * * *"
    assert schedule.execution_timezone == "Europe/London"
    assert everything.resolve_sensor_def("landing_zone").job_name == "ingest"


@pytest.mark.usefixtures("definitions")
def test_addresses_with_signatures_stay_out_of_the_log() -> None:
    assert not logging.getLogger("httpx").isEnabledFor(logging.INFO)


def test_every_asset_says_what_it_is_and_whose_it_is(definitions: dg.Definitions) -> None:
    specs = list(definitions.resolve_all_asset_specs())
    assert len(specs) > 250
    for spec in specs:
        assert spec.description, spec.key
        assert spec.owners, spec.key
        assert spec.kinds, spec.key
        assert spec.group_name not in (None, "default"), spec.key


def references(spec: dg.AssetSpec) -> list[dg.LocalFileCodeReference | dg.UrlCodeReference]:
    return list(spec.metadata["dagster/code_references"].code_references)


def test_every_asset_leads_to_its_code(definitions: dg.Definitions) -> None:
    for spec in definitions.resolve_all_asset_specs():
        assert references(spec), spec.key
        for reference in references(spec):
            assert isinstance(reference, dg.LocalFileCodeReference)
            assert Path(reference.file_path).is_file(), reference
    graph = definitions.resolve_asset_graph()

    def files(*path: str) -> set[str]:
        spec = graph.get(dg.AssetKey(path)).to_asset_spec()
        return {Path(reference.file_path).name for reference in references(spec)}

    assert "gpps_practice.yml" in files("raw", "gpps_practice")
    assert {"int_values.sql", "int_values.yml"} <= files("intermediate", "int_values")
    assert "exposures.yml" in files("reports", "pages", "england")
    assert files("release", "release") == {"assets.py"}


def test_code_is_read_where_the_settings_say(tmp_path: Path) -> None:
    address = "https://git.example.nhs.uk/doing-with/blob/1.2/"
    made = build_definitions(Settings(home=tmp_path, source_address=address))
    pages = [r for spec in made.resolve_all_asset_specs() for r in references(spec)]
    assert len(pages) > 400
    assert all(isinstance(page, dg.UrlCodeReference) for page in pages)
    found = {page.url for page in pages}
    assert f"{address}dbt_project/models/intermediate/int_values.sql" in found
    assert f"{address}assets/extracts/contracts/gpps_practice.yml" in found
    assert any(url.startswith(f"{address}assets/release/assets.py#L") for url in found)


def test_assets_stand_on_the_floors_of_the_house(definitions: dg.Definitions) -> None:
    groups = {spec.group_name for spec in definitions.resolve_all_asset_specs()}
    assert groups == {
        "extracts",
        "reference",
        "staging",
        "intermediate",
        "indicators",
        "disclosure",
        "marts",
        "release",
        "reports",
    }


def test_lineage_runs_from_extracts_to_pages(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    families = [key for key in graph.get_all_asset_keys() if key.path[:2] == ["reports", "pages"]]
    assert {key.path[2] for key in families} == {
        "england", "areas", "indicators", "coproduction", "inequalities", "quality", "downloads",
        "context", "about",
    }  # fmt: skip
    for key in families:
        parents = graph.get(key).parent_keys
        assert dg.AssetKey(["reports", "report"]) in parents
        assert any(parent.path[0] == "marts" for parent in parents)
        assert graph.get(key).owners
        assert not graph.get(key).is_executable
    above = dg.AssetSelection.assets(["reports", "pages", "coproduction"]).upstream()
    assert {"extracts", "staging", "indicators", "marts"} <= {
        graph.get(key).group_name for key in above.resolve(graph)
    }


def test_nobody_runs_a_family_of_pages(definitions: dg.Definitions) -> None:
    for name in ("nightly", "publish"):
        keys = definitions.resolve_job_def(name).asset_layer.selected_asset_keys
        assert not [key for key in keys if key.path[:2] == ["reports", "pages"]]


def test_every_table_has_its_checks(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    checked = {key.asset_key for key in graph.asset_check_keys}
    unchecked = [
        spec.key.to_user_string()
        for spec in definitions.resolve_all_asset_specs()
        if graph.get(spec.key).is_materializable and spec.key not in checked
    ]
    # The look at the landing zone, the ledger and the release itself state facts.
    assert set(unchecked) <= {
        "landing/arrivals",
        "ledger/editions",
        "ledger/extracts",
        "ledger/landing_files",
        "reference/reconciliation_fixtures",
        "release/release",
    }
    marts = {key.name for key in graph.asset_check_keys if key.asset_key.path[0] == "marts"}
    assert {"critical", "warning", "dbt_tests"} <= marts


@pytest.mark.slow
def test_a_build_is_of_the_code_that_was_loaded_and_not_of_what_came_meanwhile(
    parsed_project: Path, tmp_path: Path
) -> None:
    project = Path(shutil.copytree(parsed_project, tmp_path / "dbt_project"))
    settings = Settings(home=tmp_path / "home", landing=str(tmp_path), dbt_project=project)

    def loaded() -> dict[str, Any]:
        return dict(build_definitions(settings).resources or {})

    before = loaded()
    seed = project / "seeds" / "ncdes_concordance.csv"
    seed.write_text(seed.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    with dg.build_resources(before) as night:
        assert is_of_other_code(night.build)
        note_code(night.build)
    with dg.build_resources(before) as night:
        assert not is_of_other_code(night.build)
    with dg.build_resources(loaded()) as night:
        assert is_of_other_code(night.build)


def test_what_is_written_when_a_new_checkout_is_loaded_first_is_no_other_code(
    parsed_project: Path, tmp_path: Path
) -> None:
    project = Path(shutil.copytree(parsed_project, tmp_path / "dbt_project"))
    for union in ("int_indicator_inputs.sql", "int_derived_inputs.sql"):
        (project / "models" / "intermediate" / union).unlink()
    settings = Settings(home=tmp_path / "home", landing=str(tmp_path), dbt_project=project)
    with dg.build_resources(dict(build_definitions(settings).resources or {})) as night:
        note_code(night.build)
    with dg.build_resources(dict(build_definitions(settings).resources or {})) as night:
        assert not is_of_other_code(night.build)
