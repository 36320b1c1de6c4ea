"""A new indicator is one SQL file and one YAML: values and an entry in the catalogue come of it.

One is a question of the survey, which each level has its own published figure of; the other a
count of practices, which larger areas are added up from. Nothing else is written: no list, no
Python, no other model.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from dbt_runs import Models, models_of
from night import ROOT, Night

from assets.indicators.definitions import IndicatorDefinitionError, check_definitions
from assets.indicators.manifest import current_manifest

pytestmark = pytest.mark.slow

SURVEY = "pc_out_09_good_overall_experience"
COUNT = "pc_pcsp_09_stroke_risk_assessed"
FILES = {
    f"outcomes/{SURVEY}.sql": """\
{{ survey_indicator('PC-OUT-09', question='overallexp') }}
""",
    f"outcomes/{SURVEY}.yml": """\
version: 2
models:
  - name: pc_out_09_good_overall_experience
    description: One row per area and survey year.
    config:
      meta:
        indicator_id: PC-OUT-09
        title: "Good overall experience"
        component: OUT
        definition: "Of people who answered, those whose experience of their practice was good."
        why_it_matters: "It is what people say of the practice as a whole."
        numerator_description: "People who said very good or fairly good (weighted)"
        denominator_description: "People who answered (weighted)"
        unit: proportion
        multiplier: 1
        polarity: high
        grains: [practice, icb, england]
        cadence: annual
        method: survey_wilson
        benchmark: england
        rolls_up_from: published
        minimum_coverage: 0
        minimum_base: 10
        disclosure_class: survey
        status: live
        source: "GP Patient Survey (NHS England / Ipsos), question overallexp"
        authored_by: a reviewer
        checked_by: ""
        reviewed_with_people: ""
        date_reviewed: "2026-11-26"
        next_review: "2027-11-26"
        change_log: ["2026-11-26 first version"]
    columns:
      - name: indicator_id
        description: Identifier of the indicator.

unit_tests:
  - name: pc_out_09_takes_the_answers_the_publisher_counts
    model: pc_out_09_good_overall_experience
    given:
      - input: ref('int_survey_questions')
        rows:
          - {edition_id: e, survey_year: 2025, area_type: icb, area_code: QAA, question: overallexp,
             headline_weighted_count: 80.0, headline_proportion: 0.8, headline_state: reported,
             headline_unweighted_base: 200, headline_weighted_base: 100.0}
      - input: ref('int_survey_effective_bases')
        rows:
          - {edition_id: e, area_type: icb, area_code: QAA, question: overallexp,
             effective_base_ratio: 0.5, is_printed_plausible: true}
    expect:
      rows:
        - {area_code: QAA, numerator: 80, denominator: 100, effective_base: 100}
""",
    f"care_and_support_planning/{COUNT}.sql": """\
{{ qof_indicator('PC-PCSP-09', indicator_code='AF006') }}
""",
    f"care_and_support_planning/{COUNT}.yml": """\
version: 2
models:
  - name: pc_pcsp_09_stroke_risk_assessed
    description: One row per practice and financial year.
    config:
      meta:
        indicator_id: PC-PCSP-09
        title: "Risk of stroke assessed"
        component: PCSP
        definition: "Of people with atrial fibrillation, those whose risk of stroke was assessed."
        why_it_matters: "A decision about treatment is shared when the risk is known."
        numerator_description: "People assessed in the last 12 months (AF006)"
        denominator_description: "People the indicator applies to and people adjusted for (AF006)"
        unit: proportion
        multiplier: 1
        polarity: high
        grains: [practice, pcn, icb, england]
        cadence: annual
        method: wilson
        benchmark: england
        rolls_up_from: practice
        minimum_coverage: 0.95
        minimum_base: 10
        disclosure_class: as_published
        status: live
        source: "Quality and Outcomes Framework (NHS England), AF006"
        authored_by: a reviewer
        checked_by: ""
        reviewed_with_people: ""
        date_reviewed: "2026-11-26"
        next_review: "2027-11-26"
        change_log: ["2026-11-26 first version"]
    columns:
      - name: indicator_id
        description: Identifier of the indicator.

unit_tests:
  - name: pc_pcsp_09_puts_adjusted_people_back
    model: pc_pcsp_09_stroke_risk_assessed
    given:
      - input: ref('stg_qof_achievement')
        rows:
          - {edition_id: q, period_start: 2024-04-01, period_end: 2025-03-31,
             practice_code: A99001, indicator_code: AF006, numerator: 40, denominator: 50,
             personalised_care_adjustments: 14}
    expect:
      rows:
        - {area_code: A99001, numerator: 40, denominator: 64, value_state: reported}
""",
}


@pytest.fixture(scope="module")
def built(baseline: Night, tmp_path_factory: pytest.TempPathFactory) -> Models:
    """What a night built, with both indicators added and only what follows from them built anew."""
    models = models_of(baseline, tmp_path_factory.mktemp("new_indicator"))
    write_indicators(models.project)
    check_definitions(models.project)
    follow = [f"{name}+,+indicator_values" for name in (SURVEY, COUNT)]
    statuses = models.dbt(
        "build", "--select", *follow, "int_indicator_catalogue", "indicators",
        "--exclude-resource-type", "unit_test",
    )  # fmt: skip
    assert {"success", "pass"} >= set(statuses.values()), statuses
    return models


def write_indicators(project: Path) -> None:
    for name, content in FILES.items():
        (project / "models" / "indicators" / name).write_text(content, encoding="utf-8")


def test_their_unit_tests_pass(built: Models) -> None:
    statuses = built.dbt("test", "--select", SURVEY, COUNT, "--resource-type", "unit_test")
    assert statuses == {
        "pc_out_09_takes_the_answers_the_publisher_counts": "pass",
        "pc_pcsp_09_puts_adjusted_people_back": "pass",
    }


def test_a_question_of_the_survey_has_the_printed_values(built: Models) -> None:
    printed = built.query(
        "select max(case measure when 'pcteval' then published_value::double end), "
        "max(case measure when 'lowileval' then published_value::double end) "
        "from raw.gpps_national where question = 'overallexp' and edition_period = '2025'"
    )
    in_2025 = (
        "from marts.indicator_values "
        "where indicator_id = 'PC-OUT-09' and period_end = date '2025-03-31'"
    )
    england = built.query(f"select value, lower_95 {in_2025} and area_type = 'england'")
    assert england == printed
    levels = built.query(f"select distinct area_type {in_2025} and value is not null order by all")
    assert levels == [("england",), ("icb",), ("practice",)]


def test_a_count_of_practices_is_added_up(built: Models) -> None:
    raw = built.query(
        "select sum(value::double) filter (measure = 'NUMERATOR'), "
        "sum(value::double) filter (measure in ('DENOMINATOR', 'PCAS')) "
        "from raw.qof_achievement where indicator_code = 'AF006'"
    )
    england = built.query(
        "select numerator, denominator from marts.indicator_values "
        "where indicator_id = 'PC-PCSP-09' and area_type = 'england'"
    )
    assert england == raw
    levels = built.query(
        "select distinct area_type, hierarchy_basis from marts.indicator_values "
        "where indicator_id = 'PC-PCSP-09' and value is not null and comparison_95 is not null "
        "order by all"
    )
    assert levels == [
        ("icb", "as_is"), ("icb", "as_was"), ("pcn", "as_is"), ("pcn", "as_was"),
        ("practice", "not_applicable"),
    ]  # fmt: skip


def test_they_stand_in_the_catalogue_as_their_files_say(built: Models) -> None:
    for name, content in FILES.items():
        if not name.endswith(".yml"):
            continue
        [model] = yaml.safe_load(content)["models"]
        meta = model["config"]["meta"]
        found = built.query(
            "select title, component, method, polarity, grains, minimum_base, status, model "
            f"from marts.indicators where indicator_id = '{meta['indicator_id']}'"
        )
        said = [meta[key] for key in ("title", "component", "method", "polarity")]
        assert found == [
            (*said, ", ".join(meta["grains"]), meta["minimum_base"], meta["status"], model["name"])
        ]


def test_nothing_else_changed(built: Models, baseline: Night) -> None:
    theirs = "indicator_id in ('PC-OUT-09', 'PC-PCSP-09')"
    [(others,)] = built.query(f"select count(*) from marts.indicator_values where not {theirs}")
    [(before,)] = baseline.query("select count(*) from indicator_values")
    assert others == before


# -- files that do not say what they should --------------------------------------------------------


def without(key: str) -> Callable[[dict[str, Any]], object]:
    return lambda meta: meta.pop(key)


def having(**keys: Any) -> Callable[[dict[str, Any]], object]:
    return lambda meta: meta.update(keys)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (without("minimum_base"), "minimum_base is missing"),
        (without("polarity"), "polarity is missing"),
        (having(method="wilsn"), "method should be 'survey_wilson', "),
        (having(method="wilsn"), ", not 'wilsn'"),
        (having(grains=["practice", "county"]), "grains.1 should be 'practice', "),
        (having(why_it_matters=" "), "why_it_matters should have at least 1 character, not ' '"),
        (having(minimum_coverage=95), "minimum_coverage should be less than or equal to 1, not 95"),
        (having(minimum_bse=5), "minimum_bse is no key of an indicator"),
        (having(indicator_id="PC-OUT-01"), "indicator_id PC-OUT-01 is that of models/indicators/"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_named_with_its_key_before_dbt_parses(
    change: Callable[[dict[str, Any]], object], said: str, tmp_path: Path
) -> None:
    project = indicators_only(tmp_path)
    file = project / "models" / "indicators" / "outcomes" / f"{SURVEY}.yml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    change(content["models"][0]["config"]["meta"])
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")

    with pytest.raises(IndicatorDefinitionError) as refusal:
        current_manifest(project, tmp_path / "target")
    [fault] = str(refusal.value).splitlines()[1:]
    assert fault.startswith(f"models/indicators/outcomes/{SURVEY}.yml: ")
    assert said in fault


def test_every_fault_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    project = indicators_only(tmp_path)
    folder = project / "models" / "indicators" / "outcomes"
    (folder / f"{SURVEY}.yml").unlink()
    other = folder / "pc_out_02_feeling_isolated.yml"
    text = other.read_text(encoding="utf-8")
    other.write_text(text.replace("  - name: pc_out_02_feeling", "  - name: feeling", 1))

    with pytest.raises(IndicatorDefinitionError) as refusal:
        check_definitions(project)
    assert str(refusal.value).splitlines()[1:] == [
        f"models/indicators/outcomes/{other.name}: models has to describe {other.stem} and "
        "nothing else",
        f"models/indicators/outcomes/{SURVEY}.yml: there is no such file beside {SURVEY}.sql",
    ]


def indicators_only(place: Path) -> Path:
    """The indicators of the project with the new ones, and nothing that dbt could parse."""
    project = place / "dbt_project"
    models = Path("models", "indicators")
    shutil.copytree(ROOT / "dbt_project" / models, project / models)
    (project / "models" / "intermediate").mkdir()
    write_indicators(project)
    return project
