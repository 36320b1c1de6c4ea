"""What the dbt project promises without a build: documents and unit tests."""

from __future__ import annotations

import re
import shutil
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from assets.indicators.definitions import IndicatorDefinition, check_definitions
from assets.indicators.union import INDICATOR_INPUT_COLUMNS, write_union

REPOSITORY = Path(__file__).resolve().parents[2]
PROJECT = REPOSITORY / "dbt_project"
MODELS = PROJECT / "models"
# The definitions agreed with the field; beside the repository, not part of it.
AGREED = REPOSITORY.parent / "shared" / "domain" / "indicators.yml"

# The unions of indicators are generated and not committed, but described like any other model.
UNIONS = [
    MODELS / "intermediate" / "int_indicator_inputs.sql",
    MODELS / "intermediate" / "int_derived_inputs.sql",
]
MODEL_FILES = sorted({*MODELS.rglob("*.sql"), *UNIONS})
MART_FILES = [path for path in MODEL_FILES if path.parent.name == "marts"]
INDICATOR_FILES = [path for path in MODEL_FILES if "indicators" in path.parts]
GRAINS = {
    "P": "practice", "N": "pcn", "S": "sub_icb", "I": "icb", "R": "region", "E": "england",
    "O": "organisation", "G": "programme",
}  # fmt: skip


def named(path: Path) -> str:
    return path.stem


@cache
def properties(path: Path) -> dict[str, Any]:
    """The model's entry of the .yml beside it."""
    beside = path.with_suffix(".yml")
    assert beside.exists(), f"no {beside.name} beside {path.name}"
    content = yaml.safe_load(beside.read_text(encoding="utf-8"))
    assert [model["name"] for model in content["models"]] == [path.stem]
    return {**content["models"][0], "unit_tests": content.get("unit_tests", [])}


@pytest.mark.parametrize("path", MODEL_FILES, ids=named)
def test_every_model_says_what_one_row_is(path: Path) -> None:
    first_line = properties(path)["description"].splitlines()[0]
    assert first_line.startswith("One row per ")


@pytest.mark.parametrize("path", MODEL_FILES, ids=named)
def test_every_described_column_has_words_and_stands_once(path: Path) -> None:
    columns = properties(path)["columns"]
    names = [column["name"] for column in columns]
    assert len(names) == len(set(names))
    assert [column["name"] for column in columns if not column.get("description", "").strip()] == []


@pytest.mark.parametrize("path", MART_FILES, ids=named)
def test_every_column_of_a_mart_is_under_contract(path: Path) -> None:
    described = properties(path)
    assert described["config"]["contract"] == {"enforced": True}
    assert [column["name"] for column in described["columns"] if "data_type" not in column] == []


@pytest.mark.parametrize("path", UNIONS, ids=named)
def test_the_unions_are_under_contract_with_the_agreed_columns(path: Path) -> None:
    described = properties(path)
    assert described["config"]["contract"] == {"enforced": True}
    assert tuple(column["name"] for column in described["columns"]) == INDICATOR_INPUT_COLUMNS


@pytest.mark.parametrize("path", INDICATOR_FILES, ids=named)
def test_every_indicator_has_a_unit_test_with_rows(path: Path) -> None:
    unit_tests = properties(path)["unit_tests"]
    assert [test["name"] for test in unit_tests if test["model"] == path.stem]
    assert all(test["expect"]["rows"] for test in unit_tests)


@pytest.mark.parametrize("path", INDICATOR_FILES, ids=named)
def test_an_indicator_file_is_named_after_its_indicator(path: Path) -> None:
    indicator_id = properties(path)["config"]["meta"]["indicator_id"]
    assert path.stem.startswith(indicator_id.lower().replace("-", "_") + "_")


@pytest.mark.parametrize("path", MODEL_FILES, ids=named)
def test_expected_rows_name_their_columns_in_one_order(path: Path) -> None:
    """dbt lines expected rows up by position: another order compares the wrong columns."""
    for test in properties(path)["unit_tests"]:
        rows = test["expect"]["rows"]
        # A table of text has one header for all its rows.
        listed = [] if isinstance(rows, str) else rows
        assert len({tuple(row) for row in listed}) <= 1, test["name"]


def test_every_indicator_says_all_it_has_to() -> None:
    check_definitions(PROJECT)


def test_the_catalogue_knows_the_words_that_definitions_may_use() -> None:
    [known] = [
        test["values_are_known"]["arguments"]["columns"]
        for test in properties(MODELS / "intermediate" / "int_indicator_catalogue.sql")[
            "data_tests"
        ]
        if "values_are_known" in test
    ]
    fields = IndicatorDefinition.model_fields
    assert known == {name: list(get_args(fields[name].annotation)) for name in known}


def test_the_guides_explain_every_key_column_method_and_state() -> None:
    guides = REPOSITORY / "docs" / "guides"
    adding = (guides / "adding-an-indicator.md").read_text(encoding="utf-8")
    methods = (guides / "methods.md").read_text(encoding="utf-8")
    values = properties(MODELS / "marts" / "indicator_values.sql")
    [known] = [
        test["values_are_known"]["arguments"]["columns"]
        for test in values["data_tests"]
        if "values_are_known" in test
    ]
    keys = [*IndicatorDefinition.model_fields, *INDICATOR_INPUT_COLUMNS]
    told = [*get_args(IndicatorDefinition.model_fields["method"].annotation), *known["value_state"]]
    assert [key for key in keys if f"`{key}`" not in adding] == []
    assert [word for word in told if f"`{word}`" not in methods] == []


def test_every_indicator_model_is_in_one_of_the_unions(tmp_path: Path) -> None:
    shutil.copytree(MODELS / "indicators", tmp_path / "models" / "indicators")
    (tmp_path / "models" / "intermediate").mkdir()
    for union, is_derived in zip(write_union(tmp_path), (False, True), strict=True):
        sql = union.read_text(encoding="utf-8")
        listed = re.findall(r"ref\('(\w+)'\)", sql)
        assert listed == sorted(
            path.stem
            for path in INDICATOR_FILES
            if ("derived" in path.relative_to(MODELS).parts) is is_derived
        )
        assert sql.count("union all") == len(listed) - 1


@pytest.mark.parametrize("path", INDICATOR_FILES, ids=named)
def test_an_indicator_agrees_with_its_agreed_definition(path: Path) -> None:
    if not AGREED.exists():
        pytest.skip("../shared/domain/indicators.yml is not there")
    ours = properties(path)["config"]["meta"]
    content = yaml.safe_load(AGREED.read_text(encoding="utf-8"))
    agreed = {entry["id"]: entry for entry in content["indicators"]}
    if ours["indicator_id"] not in agreed:
        pytest.skip(f"{ours['indicator_id']} is not among the agreed definitions")
    definition = {**content["defaults"], **agreed[ours["indicator_id"]]}
    assert {
        "component": ours["component"],
        "method": ours["method"],
        "polarity": ours["polarity"],
        "grains": sorted(ours["grains"]),
        "minimum_base": ours["minimum_base"],
        "multiplier": ours["multiplier"],
        "cadence": ours["cadence"],
        "status": ours["status"],
        "disclosure_class": ours["disclosure_class"],
        "benchmark": ours.get("benchmark", "england"),
    } == {
        "component": definition["comp"],
        "method": definition["method"],
        "polarity": definition["pol"],
        "grains": sorted(GRAINS[letter] for letter in definition["grain"]),
        "minimum_base": definition["min"],
        "multiplier": definition["mult"],
        "cadence": definition["cad"],
        "status": definition["status"],
        "disclosure_class": definition["sdc"],
        "benchmark": definition["benchmark"],
    }
