"""The rows beside the models that were worked out by hand (dbt unit tests), all run once."""

from __future__ import annotations

from pathlib import Path

import pytest
from dbt_runs import models_of
from night import Night

# What easily goes wrong at the edges, and the rows that say what is right there.
EDGES = {
    "a practice in no network, and a network of one practice": (
        "int_practice_sums_add_up_practices_where_they_belong"
    ),
    "a network whose every practice is suppressed": "int_rolled_up_practices_say_what_is_missing",
    "a board that sent nothing": "int_rolled_up_boards_have_no_sum_without_every_board",
    "a practice that the source leaves out": "int_practice_gaps_name_practices_without_a_row",
    "a closed practice keeps its history": (
        "int_practice_parents_never_reach_back_over_the_change_of_boards"
    ),
    "a closed practice owes nothing": "int_practice_weights_leave_out_closed_practices",
    "a board that ended": "int_areas_date_the_boards_of_2026",
    "a board that no file names yet": "int_areas_know_the_boards_of_2026_before_their_day",
    "a practice whose board ended": "area_relationships_end_with_their_board",
    "a practice that changed its network": "int_practice_spells_change_when_the_parent_changes",
    "a missing month of a count that grows": "int_ncdes_flows_difference_of_months",
    "a suppressed month of a count that grows": "int_ncdes_flows_say_why_there_is_none",
    "a month of more leavers than joiners": "int_ncdes_flows_difference_of_months",
    "a negative month in a control chart": "spc_points_chart_whole_months_of_named_series",
    "equal values in the bands": "indicator_values_give_equal_values_one_band",
    "a value and its parts with too small a base": "int_values_hide_what_rests_on_too_few",
    "a series that breaks": "indicator_values_change_within_a_series_and_against_the_same_window",
}


@pytest.fixture(scope="module")
def statuses(baseline: Night, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """How each unit test of the dbt project ended."""
    models = models_of(baseline, tmp_path_factory.mktemp("hand_computed"))
    return models.dbt("test", "--resource-type", "unit_test")


def test_every_model_returns_the_rows_worked_out_by_hand(
    statuses: dict[str, str], baseline: Night
) -> None:
    wrong = {name: said for name, said in statuses.items() if said != "pass"}
    assert wrong == {}, "\n".join(wrong.values())
    assert len(statuses) == sum(
        file.read_text(encoding="utf-8").count("\n    model: ")
        for file in Path(baseline.dbt_project, "models").rglob("*.yml")
    )


@pytest.mark.parametrize("edge", EDGES)
def test_an_edge_has_the_expected_state(edge: str, statuses: dict[str, str]) -> None:
    assert statuses[EDGES[edge]] == "pass"
