"""What the rules hide, before any proof: months, differences between them, and sums of these."""

from __future__ import annotations

import polars as pl

from assets.release.disclosure.cells import checked_cells
from assets.release.disclosure.hiding import Hiding, Rule
from assets.release.disclosure.profile import STD
from assets.release.disclosure.relations import related


def rules_of(
    counts: dict[str, int], sums: dict[str, list[str]], flows: set[str]
) -> dict[str, Rule]:
    """Why each count is hidden that is, where totals (the keys of ``sums``) have these members."""
    cells = checked_cells(
        pl.DataFrame(
            {
                "cell_id": list(counts),
                "count": list(counts.values()),
                "is_flow": [name in flows for name in counts],
            }
        )
    )
    rows = [
        (total, name, -1 if name == total else 1)
        for total, members in sums.items()
        for name in (total, *members)
    ]
    relations = pl.DataFrame(rows, schema=["relation_id", "cell_id", "weight"], orient="row")
    weights = related(relations, cells["cell_id"]).weights
    hiding = Hiding(cells, weights, STD, pl.Series([], dtype=pl.String))
    hiding.apply_rules()
    rules = zip(cells["cell_id"], hiding.rules, strict=True)
    return {name: rule for name, rule in rules if rule is not None}


def test_a_hidden_month_hides_the_difference_from_the_month_before() -> None:
    counts = {"april": 4, "may": 24, "new in may": 20}
    assert rules_of(counts, {"may": ["april", "new in may"]}, {"new in may"}) == {
        "april": Rule.PRIMARY,
        "new in may": Rule.FLOW,
    }


def test_new_people_of_practices_add_up_like_any_others() -> None:
    counts = {"a": 3, "b": 9, "c": 20, "network": 32}
    assert rules_of(counts, {"network": ["a", "b", "c"]}, set(counts)) == {
        "a": Rule.PRIMARY,
        "b": Rule.SECONDARY,
    }


def test_a_first_month_is_its_own_difference() -> None:
    # April of one practice is hidden for the sake of another; all its people are new in April.
    counts = {"april": 12, "new in april": 12, "other": 3, "third": 100, "network": 115}
    sums = {"april": ["new in april"], "network": ["april", "other", "third"]}
    assert rules_of(counts, sums, {"new in april"}) == {
        "other": Rule.PRIMARY,
        "april": Rule.SECONDARY,
        "new in april": Rule.SECONDARY,
    }


def test_a_total_of_few_is_hidden_in_place_of_its_members() -> None:
    counts = {"a": 3, "b": 9, "network": 12}
    assert rules_of(counts, {"network": ["a", "b"]}, set()) == {
        "a": Rule.PRIMARY,
        "network": Rule.SECONDARY,
    }
