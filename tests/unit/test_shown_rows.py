"""Every rule that finds rows says which: by keys or row numbers that may be shown."""

from __future__ import annotations

from datetime import date

import pytest

from assets.extracts.contract_model.contract_files import load_contracts
from assets.release.disclosure.profile import STD
from assets.release.gate import rules_of_raw_tables, small_numbers_of
from expectations.intermediate import intermediate_rules
from expectations.marts import mart_rules
from expectations.marts_across import rules_across_marts
from expectations.references import reference_rules
from expectations.rules import Rule
from expectations.shown import shown_columns
from expectations.staging import staging_rules
from expectations.staging_across import rules_across_staging
from expectations.staging_local import staging_local_rules
from expectations.volumes import accepted_change_rules, volume_rules

RULES: list[Rule] = [
    *rules_of_raw_tables(load_contracts(), date(2026, 11, 26)),
    *staging_rules(),
    *staging_local_rules(),
    *rules_across_staging(),
    *intermediate_rules(),
    *mart_rules(),
    *rules_across_marts(small_numbers_of(STD)),
    *reference_rules(),
    *volume_rules(),
    *accepted_change_rules(),
]
FINDING = [rule for rule in RULES if rule.failing_rows_query() is not None]


@pytest.mark.parametrize("rule", FINDING, ids=lambda rule: rule.id)
def test_a_broken_rule_shows_which_rows_broke_it(rule: Rule) -> None:
    assert shown_columns(rule)


@pytest.mark.parametrize(
    "rule",
    [*staging_rules(), *staging_local_rules(), *rules_across_staging()],
    ids=lambda rule: rule.id,
)
def test_of_a_staging_model_more_than_the_edition_is_shown(rule: Rule) -> None:
    asked = f"{rule.table} {rule.failing_rows_query()}"
    if "restricted." not in asked and not rule.table.startswith("intermediate."):
        assert set(shown_columns(rule)) > {"edition_id"} or "edition_id" not in rule.identify_by


def test_every_rule_has_an_owner_and_every_warning_of_a_threshold_a_reason() -> None:
    assert all(rule.owner for rule in RULES)
    assert {rule.id for rule in rules_across_staging() if not rule.reason} == set()
