"""Drafts of extracts and indicators: refused while open, and good once they are filled in."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from assets.extracts.contract_model.contract_files import ContractError, load_contract
from assets.indicators.definitions import IndicatorDefinitionError, check_definitions
from assets.placeholders import FILL_IN
from orchestration.command_line import app

ROOT = Path(__file__).resolve().parents[2]
INDICATORS = ROOT / "dbt_project" / "models" / "indicators"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The YAML and SQL of all indicators, which is what drafts are held against."""
    made = tmp_path / "dbt_project"
    shutil.copytree(INDICATORS, made / "models" / "indicators")
    contracts = tmp_path / "contracts"
    contracts.mkdir()
    monkeypatch.setenv("DOING_WITH_DBT_PROJECT", str(made))
    monkeypatch.setenv("DOING_WITH_CONTRACTS", str(contracts))
    monkeypatch.setenv("DOING_WITH_AS_OF", "2026-11-26")
    return made


def command(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.output


def fill_in(*files: Path) -> None:
    for file in files:
        file.write_text(file.read_text().replace(FILL_IN, "overallexp"))


def lint(*files: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "yamllint", "--strict", "-c", str(ROOT / ".yamllint"), *files],
        capture_output=True,
        text=True,
        check=False,
    )
    # Long lines are for contracts and indicators alone, which lie elsewhere here.
    return "\n".join(line for line in done.stdout.splitlines() if "line-length" not in line)


def test_an_extract_is_drafted_from_the_header_of_an_example(project: Path, tmp_path: Path) -> None:
    example = tmp_path / "walks_2026-10.csv"
    example.write_text("\ufeffGroup ID,Walkers,2nd Visit,Walkers!,Leader's name\r\n1,2,3,4,5\r\n")
    code, said = command("new-extract", "walks_groups", "--example", str(example))
    assert code == 0, said
    made = tmp_path / "contracts" / "walks_groups.yml"
    assert f"written: {made}" in said
    with pytest.raises(ContractError, match=r"walks_groups\.yml is a draft: fill in .* lines 1, 3"):
        load_contract(made)
    fill_in(made)
    contract = load_contract(made)
    assert list(contract.columns) == [
        "group_id", "walkers", "column_2nd_visit", "walkers_2", "leader_s_name",
    ]  # fmt: skip
    assert contract.key == ("group_id",)
    assert contract.columns["leader_s_name"].headers == ("Leader's name",)
    assert [line for line in lint(made).splitlines() if "error" in line or "warning" in line] == []


def test_an_extract_without_an_example_has_one_column_to_begin_with(
    project: Path, tmp_path: Path
) -> None:
    code, said = command("new-extract", "walks_groups", "--json")
    assert code == 0
    assert len(json.loads(said)["open"]) > 5
    fill_in(tmp_path / "contracts" / "walks_groups.yml")
    assert len(load_contract(tmp_path / "contracts" / "walks_groups.yml").columns) == 1


@pytest.mark.parametrize("source", ["survey", "qof", "sql"])
def test_an_indicator_is_drafted_as_a_pair_beside_its_like(project: Path, source: str) -> None:
    code, said = command(
        "new-indicator", "PC-OUT-19", "good_overall_experience", "--source", source
    )
    assert code == 0, said
    stem = project / "models/indicators/outcomes/pc_out_19_good_overall_experience"
    pair = (stem.with_suffix(".sql"), stem.with_suffix(".yml"))
    with pytest.raises(IndicatorDefinitionError) as draft:
        check_definitions(project)
    assert "pc_out_19_good_overall_experience.sql: fill in what is open in lines 1" in str(
        draft.value
    )
    assert "pc_out_19_good_overall_experience.yml: fill in" in str(draft.value)
    fill_in(*pair)
    check_definitions(project)
    assert "@" not in pair[0].read_text() + re.sub("[&*]row", "", pair[1].read_text())
    described = yaml.safe_load(pair[1].read_text())
    [model], [unit_test] = described["models"], described["unit_tests"]
    assert model["description"].startswith("One row per ")
    assert model["config"]["meta"]["date_reviewed"] == "2026-11-26"
    assert unit_test["model"] == model["name"] == stem.name
    assert len({tuple(row) for row in unit_test["expect"]["rows"]}) == 1
    assert lint(pair[1]) == "" or "error" not in lint(pair[1])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("new-extract", "Walks"), "small letters, digits and underscores"),
        (("new-extract", "walks", "--example", "nowhere.csv"), "cannot be read"),
        (("new-indicator", "OUT-1", "good"), "is no identifier of an indicator"),
        (("new-indicator", "PC-OUT-19", "Good one"), "is no short name"),
        (("new-indicator", "PC-XYZ-01", "good"), "make the first pair by hand"),
    ],
)
def test_a_draft_that_cannot_be_is_refused_with_what_to_do(
    project: Path, arguments: tuple[str, ...], said: str
) -> None:
    code, output = command(*arguments)
    assert code == 2
    assert said in " ".join(output.split())


def test_nothing_is_written_over(project: Path, tmp_path: Path) -> None:
    assert command("new-extract", "walks")[0] == 0
    (tmp_path / "contracts" / "walks.yml").write_text("mine")
    code, said = command("new-extract", "walks")
    assert code == 2
    assert "nothing is written over it" in said
    assert (tmp_path / "contracts" / "walks.yml").read_text() == "mine"
