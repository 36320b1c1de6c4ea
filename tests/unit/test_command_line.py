"""What the command line explains and finds; each answer is there for programs too."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from assets.folders import Home
from expectations import results
from expectations.rules import NoRows, NoRowsWhere, Outcome
from expectations.volumes import TABLE_VOLUMES
from orchestration.command_line import app
from orchestration.inquiry_jobs import inquiry_jobs
from orchestration.settings import Settings
from orchestration.summary import _intake_lines

ROOT = Path(__file__).resolve().parents[2]
IS_LATE = NoRowsWhere(
    table="marts.extracts",
    name="nothing_is_late",
    description="no extract is late",
    severity="warning",
    owner="reference data",
    reason="2026-11-23: cadence and lag of the contract",
    condition="is_late",
)
EDITION = NoRows(
    table="walks:2026-09:0123abcd",
    name="walkers_is_integer",
    description="walkers is a whole number",
    owner="community programmes team",
    query="select 7 as source_row_number, 'many' as walkers",
)


def command(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.output


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.build.mkdir(parents=True)
    with duckdb.connect(str(made.warehouse)) as connection:
        connection.execute("create schema marts; create schema ledger")
        connection.execute(
            "create table marts.extracts as select * from "
            "(values ('walks', true), ('counts', false)) as rows (extract, is_late)"
        )
        connection.execute(
            "create table ledger.editions as "
            "select 'walks:2026-09:0123abcd' as edition_id, 'walks_2026-09.csv' as file_name"
        )
        results.record(
            connection, "run", "mart", [Outcome(IS_LATE, False, "1 row", 1, "extract=walks")]
        )
        results.record(connection, "run", "edition", [Outcome(EDITION, True, "0 rows")])
    return made


def test_a_failed_rule_is_explained_with_rows_owner_and_what_to_do(home: Home) -> None:
    for asked in ("nothing_is_late", "marts.extracts.nothing_is_late", "marts.extracts"):
        code, said = command("explain", asked, "--home", str(home.folder))
        assert code == 0, said
        assert "marts.extracts.nothing_is_late  FAILED (warning)" in said
        assert "must hold no extract is late" in said
        assert "why       2026-11-23: cadence and lag" in said
        assert "owner     reference data" in said
        assert "docs/guides/accepting-a-change.md" in said
        assert "query     select * from marts.extracts where is_late" in said
        assert "    extract=walks, is_late=True" in said


def test_a_rule_on_a_candidate_is_explained_by_its_examples(home: Home) -> None:
    """Its rows are in files that may be gone by now, not in the build."""
    rule = NoRowsWhere(table="main.areas", name="is_named", description="d", condition="name = ''")
    with duckdb.connect(str(home.warehouse)) as connection:
        results.record(connection, "run", "candidate", [Outcome(rule, False, "2", 2, "area A1")])
    code, said = command("explain", "main.areas.is_named", "--home", str(home.folder))
    assert code == 0, said
    assert "rows      2: area A1" in said
    assert "query     select * from main.areas where name = ''" in said
    assert "run the job publish again" in said


def test_what_refused_is_explained_before_what_was_remarked_on(home: Home) -> None:
    rules = [
        NoRowsWhere(
            table="marts.areas", name=name, description="d", severity=severity, condition="true"
        )
        for name, severity in (("a_remark", "warning"), ("refuses", "critical"))
    ]
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("create table marts.areas as select 1 as area_code")
        results.record(
            connection, "run", "mart", [Outcome(rule, False, "1 row", 1) for rule in rules]
        )
    code, said = command("explain", "marts.areas", "--home", str(home.folder))
    assert code == 0, said
    assert said.index("refuses  FAILED (critical)") < said.index("a_remark  FAILED (warning)")
    # A number stands alone where no example was kept.
    assert "rows      1\n" in said


def test_less_than_before_is_explained_as_a_change_to_accept(home: Home) -> None:
    rule = NoRowsWhere(table=TABLE_VOLUMES, name="is_half", description="d", condition="held = 0")
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute(f"create table {TABLE_VOLUMES} as select 'areas' as name, 0 as held")
        results.record(connection, "run", "candidate", [Outcome(rule, False, "1", 1, "areas")])
    code, said = command("explain", "is_half", "--home", str(home.folder))
    assert code == 0, said
    assert "    name=areas, held=0" in said
    assert "accept it as docs/guides/accepting-a-change.md" in said


def test_an_edition_is_explained_with_its_file(home: Home) -> None:
    code, said = command("explain", "walkers_is_integer", "--json", "--home", str(home.folder))
    assert code == 0
    [found] = json.loads(said)
    assert (found["files"], found["passed"], found["rows"]) == ("walks_2026-09.csv", True, [])
    assert found["next_step"] == "nothing: the rule holds"


def test_a_name_that_nearly_fits_is_helped_on(home: Home) -> None:
    code, said = command("explain", "nothing_is_lat", "--home", str(home.folder))
    assert code == 2
    assert "do you mean" in said
    assert "nothing_is_late" in said


def test_nothing_is_explained_while_a_run_has_the_build_open(home: Home) -> None:
    program = (
        f"import duckdb, sys; c = duckdb.connect({str(home.warehouse)!r}); "
        "print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "open\n"
        code, said = command("explain", "nothing_is_late", "--home", str(home.folder))
        run.communicate("")
    assert code == 2
    assert "ask again when it is done" in said


# The doctor


@pytest.fixture
def sound(home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A machine on which nothing stands in the way."""
    home.make_private()
    monkeypatch.setenv("DOING_WITH_ENVIRONMENT", "production")
    monkeypatch.setenv("DOING_WITH_MEMORY_LIMIT", "100MB")
    monkeypatch.delenv("DOING_WITH_LANDING", raising=False)
    yield home
    for folder in home.folder.iterdir():
        if folder.is_dir():
            folder.chmod(0o700)


def examined(home: Home) -> tuple[int, dict[str, dict[str, str]]]:
    code, said = command("doctor", "--json", "--home", str(home.folder))
    return code, {finding["subject"]: finding for finding in json.loads(said)}


def test_a_sound_machine_has_no_fault(sound: Home) -> None:
    code, found = examined(sound)
    faults = [finding for finding in found.values() if finding["state"] == "fault"]
    assert (code, faults) == (0, [])
    assert found["environment"]["said"] == "production"
    assert found["lock"]["said"] == "nobody holds the home"
    assert {"python", "versions", "home", "disk", "memory", "alerts", "nights"} <= set(found)


def test_what_is_wrong_is_told_with_what_to_do(
    sound: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOING_WITH_MEMORY_LIMIT", "much")
    monkeypatch.setenv("DOING_WITH_ENVIRONMENT", "staging")
    monkeypatch.setenv("DOING_WITH_LANDING", str(sound.folder / "nowhere"))
    sound.archive.chmod(0o755)
    code, found = examined(sound)
    assert code == 1
    assert found["memory"]["said"] == "'much' is no amount of memory"
    assert "not declared" in found["environment"]["said"]
    assert found["private folders"]["said"] == "others may read archive"
    assert found["landing zone"]["state"] == "fault"
    code, said = command("doctor", "--home", str(sound.folder))
    assert "FAULT memory          'much' is no amount of memory (set DOING_WITH_MEMORY" in said


@pytest.mark.skipif(os.getuid() == 0, reason="nothing is forbidden to root")
def test_a_home_that_cannot_be_written_is_a_fault(sound: Home) -> None:
    sound.folder.chmod(0o500)
    _, found = examined(sound)
    sound.folder.chmod(0o700)
    assert found["home"]["state"] == "fault"


# The program


def test_every_command_has_help_and_says_what_it_does() -> None:
    code, said = command("--help")
    assert code == 0
    for name in (
        "run", "status", "fetch", "ui", "releases", "rollback", "diff", "explain", "new-extract",
        "new-indicator", "forget", "templates", "doctor",
    ):  # fmt: skip
        assert f" {name} " in said
        assert command(name, "--help")[0] == 0


def test_settings_that_cannot_be_are_told_without_their_values(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DOING_WITH_KEEP_RELEASES", "none")
    code, said = command("status", "--home", str(tmp_path))
    assert code == 2
    assert said.startswith("DOING_WITH_KEEP_RELEASES: Input should be a valid integer")
    monkeypatch.delenv("DOING_WITH_KEEP_RELEASES")
    monkeypatch.setenv("DOING_WITH_ALERT_WEBHOOK", "http://hooks.example.org/s3cret")
    monkeypatch.setenv("DOING_WITH_ALERT_WEBHOOK_KIND", "slack")
    code, said = command("status", "--home", str(tmp_path))
    assert code == 2
    assert said.startswith("DOING_WITH_ALERT_WEBHOOK: ")
    assert "s3cret" not in said


def test_the_program_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.command_line", "--help"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Usage: doing-with" in done.stdout


def test_the_sample_is_not_fetched_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOING_WITH_LANDING", raising=False)
    code, said = command("fetch", "--home", str(tmp_path))
    assert code == 2
    assert "never join the sample" in said


def test_no_night_runs_in_an_environment_that_nobody_declared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOING_WITH_ENVIRONMENT", "staging")
    for name in ("run", "ui"):
        arguments = [name, "--home", str(tmp_path)] if name == "run" else [name]
        code, said = command(*arguments)
        assert code == 2
        assert "'staging', which is not declared" in said
    monkeypatch.delenv("DOING_WITH_ENVIRONMENT")
    code, said = command("ui")
    assert code == 2
    assert "DOING_WITH_ENVIRONMENT is not set" in said


def test_a_summary_is_told_while_a_model_that_was_stopped_has_the_build_open(home: Home) -> None:
    with duckdb.connect(str(home.warehouse)):
        assert list(_intake_lines(home.warehouse)) == [
            "  what was refused or is late: see doing-with status, or the run in the UI"
        ]


def in_the_ui(settings: Settings, job: str, **config: str) -> tuple[bool, dict[str, str]]:
    """Whether a job of the UI ended well, and what its step tells, as text."""
    [asked] = [one for one in inquiry_jobs(settings) if one.name == job]
    [step] = [node.name for node in asked.graph.nodes]
    result = asked.execute_in_process(
        run_config={"ops": {step: {"config": config}}} if config else {}, raise_on_error=False
    )
    told = {
        name: str(value.value)
        for event in result.all_events
        if event.is_successful_output
        for name, value in event.step_output_data.metadata.items()
    }
    for event in result.all_events:
        if event.is_step_failure:
            told["failed"] = str(event.step_failure_data.error)
    return result.success, told


def test_a_check_is_explained_in_the_ui_too(home: Home) -> None:
    settings = Settings(home=home.folder)
    is_well, told = in_the_ui(settings, "explain", check="nothing_is_late")
    assert is_well
    for text in ("no extract is late", "reference data", "select * from marts.extracts"):
        assert text in told["checks"]
    is_well, told = in_the_ui(settings, "explain", check="nothing_is_lte")
    assert not is_well
    assert "do you mean nothing_is_late, marts.extracts.nothing_is_late?" in told["failed"]


def test_how_things_stand_is_a_job_that_fails_like_the_command(home: Home) -> None:
    is_well, told = in_the_ui(Settings(home=home.folder), "status", max_age="26h")
    assert not is_well
    assert "no night" in told["failed"]


def test_the_machine_is_looked_at_from_the_ui(home: Home) -> None:
    settings = Settings(home=home.folder, environment="local")
    home.build.chmod(0o755)
    is_well, told = in_the_ui(settings, "doctor")
    assert not is_well
    assert "others may read build" in told["failed"]
    home.build.chmod(0o700)
    is_well, told = in_the_ui(settings, "doctor")
    assert is_well, told
    assert "6 packages as in uv.lock" in told["findings"]


def test_a_draft_is_written_from_the_ui(tmp_path: Path) -> None:
    (tmp_path / "contracts").mkdir()
    settings = Settings(home=tmp_path / "home", contracts=tmp_path / "contracts")
    is_well, told = in_the_ui(settings, "new_extract", name="walks_groups")
    assert is_well, told
    [file] = (tmp_path / "contracts").rglob("*.yml")
    assert str(file) in told["files"]
    assert told["left to be filled in"]
    is_well, told = in_the_ui(settings, "new_extract", name="walks_groups")
    assert not is_well
