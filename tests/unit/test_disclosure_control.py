"""What is hidden and rounded, by DOMAIN 7.3, and that the proof then holds."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from disclosure_tables import (
    Relations,
    categories_by_practice,
    cells,
    leaks,
    relations,
    two_bases,
    with_sums,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.release.disclosure.cells import DisclosureInputError
from assets.release.disclosure.control import Controlled, control
from assets.release.disclosure.earlier import Earlier
from assets.release.disclosure.profile import INTERNAL, OPEN5, STD, Profile
from assets.release.disclosure.proof import prove

_MANY = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
TABLES = st.one_of(two_bases(), categories_by_practice())
PROFILES = st.sampled_from([STD, INTERNAL, OPEN5])


def shown(controlled: Controlled) -> dict[str, int | str | None]:
    """The released number of each cell, or ``*``."""
    return {
        row["cell_id"]: "*" if row["state"] == "hidden" else row["released_count"]
        for row in controlled.cells.iter_rows(named=True)
    }


def rules(controlled: Controlled) -> dict[str, str]:
    hidden = controlled.cells.filter(pl.col("state") == "hidden")
    return dict(hidden.select("cell_id", "rule").iter_rows())


@pytest.mark.parametrize(
    ("count", "released"),
    [(0, 0), (1, "*"), (7, "*"), (8, 10), (12, 10), (13, 15), (22, 20), (23, 25), (47, 45),
     (48, 50), (102, 100)],
)  # fmt: skip
def test_rounding_table(count: int, released: int | str) -> None:
    assert shown(control(cells({"a": count}), relations({}), STD)) == {"a": released}


@pytest.mark.parametrize(
    ("profile", "expected"),
    [(STD, ["*", "*", 10]), (OPEN5, ["*", 5, 10]), (INTERNAL, ["*", 5, 8])],
)
def test_profiles(profile: Profile, expected: list[int | str]) -> None:
    counts = {"a": 4, "b": 5, "c": 8}
    assert list(shown(control(cells(counts), relations({}), profile)).values()) == expected


def test_worked_example() -> None:
    counts = {"a": 0, "b": 4, "c": 12, "d": 23, "e": 38, "network": 77}
    controlled = control(cells(counts), relations({"n": ("network", list("abcde"))}), STD)
    assert shown(controlled) == {"a": 0, "b": "*", "c": "*", "d": 25, "e": 40, "network": 75}
    assert rules(controlled) == {"b": "primary", "c": "secondary"}
    assert controlled.proof.holds
    assert controlled.rounds == 1


def test_smaller_sibling_is_hidden_and_ties_go_by_order_key() -> None:
    counts = {"a": 4, "b": 30, "c": 30, "network": 64}
    table = cells(counts).with_columns(
        order_key=pl.Series(["practice 1", "practice 3", "practice 2", "network"])
    )
    of = relations({"n": ("network", ["a", "b", "c"])})
    assert rules(control(table, of, STD)) == {"a": "primary", "c": "secondary"}
    assert rules(control(cells(counts), of, STD)) == {"a": "primary", "b": "secondary"}


def test_small_total_is_hidden_in_place_of_a_sibling() -> None:
    counts = {"a": 4, "b": 12, "network": 16}
    controlled = control(cells(counts), relations({"n": ("network", ["a", "b"])}), STD)
    assert rules(controlled) == {"a": "primary", "network": "secondary"}
    assert controlled.proof.holds


def test_several_hidden_have_to_be_eight_people() -> None:
    counts = {"a": 2, "b": 3, "c": 9, "d": 30, "network": 44}
    controlled = control(cells(counts), relations({"n": ("network", list("abcd"))}), STD)
    assert rules(controlled) == {"a": "primary", "b": "primary", "c": "secondary"}


def test_network_of_one_practice() -> None:
    counts = {"a": 4, "b": 33, "n1": 4, "n2": 33, "c": 60, "n3": 60, "board": 97}
    of = relations(
        {"n1": ("n1", ["a"]), "n2": ("n2", ["b"]), "n3": ("n3", ["c"]),
         "board": ("board", ["n1", "n2", "n3"])}
    )  # fmt: skip
    controlled = control(cells(counts), of, STD)
    # The network is the practice, so hiding the one hides the other, next door too.
    assert rules(controlled) == {"a": "primary", "n1": "primary", "n2": "secondary",
                                 "b": "secondary"}  # fmt: skip
    assert shown(controlled)["board"] == 95
    assert controlled.proof.holds


def test_network_with_every_practice_hidden() -> None:
    counts = {"a": 4, "b": 6, "c": 7, "n1": 17, "d": 50, "n2": 50, "board": 67}
    of = relations(
        {"n1": ("n1", ["a", "b", "c"]), "n2": ("n2", ["d"]), "board": ("board", ["n1", "n2"])}
    )
    controlled = control(cells(counts), of, STD)
    assert shown(controlled) == {"a": "*", "b": "*", "c": "*", "n1": 15, "d": 50, "n2": 50,
                                 "board": 65}  # fmt: skip
    assert controlled.proof.holds


def test_sum_at_the_greatest_it_can_be_is_hidden_by_the_proof() -> None:
    # Rule 4 is content with 21 people, but three small numbers make 21 in one way only.
    counts = {"a": 7, "b": 7, "c": 7, "d": 50, "network": 71}
    table = cells(counts, exact=["network", "d"])
    controlled = control(table, relations({"n": ("network", list("abcd"))}), STD)
    assert rules(controlled) == {"a": "primary", "b": "primary", "c": "primary", "d": "proof"}
    assert controlled.proof.holds


def test_small_complement_hides_the_numerator() -> None:
    counts = {"numerator": 197, "complement": 3, "denominator": 200}
    of = relations({"whole": ("denominator", ["numerator", "complement"])})
    controlled = control(cells(counts, public=["denominator"]), of, STD)
    assert shown(controlled) == {"numerator": "*", "complement": "*", "denominator": 200}
    assert controlled.proof.holds


def test_a_leak_over_several_relations_is_found_by_hand_with_the_number_behind_it() -> None:
    """People since April are those before and the new ones, who are at most all of the month."""
    counts = {"before": 42, "month": 6, "now": 48, "new": None, "not new": None}
    of = {"new": ("new", ["before", "month"]), "now": ("new", ["now", "not new"])}
    controlled = control(cells(counts), relations(of), STD)
    assert rules(controlled) == {"month": "primary", "before": "proof"}
    assert controlled.proof.holds
    assert controlled.rounds == 1


def test_what_a_public_list_says_is_no_leak() -> None:
    # Of five people on a public list, 1 to 4 are in the numerator if it is neither empty nor all.
    counts = {"numerator": 2, "complement": 3, "denominator": 5}
    of = relations({"whole": ("denominator", ["numerator", "complement"])})
    controlled = control(cells(counts, public=["denominator"]), of, STD)
    assert controlled.proof.holds
    assert controlled.proof.foreknown_cells == 2
    # The same list if it is ours to withhold.
    controlled = control(cells(counts), of, STD)
    assert rules(controlled) == dict.fromkeys(counts, "primary")


def test_hidden_month_hides_the_differences_either_side() -> None:
    months = {"may": 20, "june": 45, "july": 80, "june flow": 25, "july flow": 35}
    counts = {**months, "may next door": 3, "may of all": 23}
    of = relations(
        {
            "june": ("june", ["may", "june flow"]),
            "july": ("july", ["june", "july flow"]),
            "may": ("may of all", ["may", "may next door"]),
        }
    )
    controlled = control(cells(counts, flows=["june flow", "july flow"]), of, STD)
    assert rules(controlled)["may"] == "secondary"
    assert rules(controlled)["june flow"] == "flow"
    assert controlled.proof.holds


def test_negative_flow() -> None:
    counts = {"may": 60, "june": 57, "flow": -3}
    of = relations({"june": ("june", ["may", "flow"])})
    table = cells(counts, flows=["flow"], signed=["flow"])
    controlled = control(table, of, STD)
    # 55 less 60 is -5 give or take 4, which leaves -7 to -1: rounding hides it.
    assert shown(controlled) == {"may": 60, "june": 55, "flow": "*"}
    assert controlled.proof.holds
    counts = {"may": 62, "june": 59, "flow": -3}
    controlled = control(cells(counts, flows=["flow"], signed=["flow"]), of, STD)
    # Both months are 60: a flow from -4 to 4 is less than -7 to -1, so a month is hidden.
    assert rules(controlled) == {"flow": "primary", "june": "proof"}
    assert controlled.proof.holds
    counts = {"may": 62, "june": 49, "flow": -13}
    controlled = control(cells(counts, flows=["flow"], signed=["flow"]), of, STD)
    assert shown(controlled) == {"may": 60, "june": 50, "flow": -15}


def test_national_total_is_exact_and_a_public_cell_never_hidden() -> None:
    counts = {"a": 103, "b": 204, "england": 307}
    table = cells(counts, exact=["england"])
    of = relations({"e": ("england", ["a", "b"])})
    assert shown(control(table, of, STD)) == {"a": 105, "b": 205, "england": 307}
    assert shown(control(cells({"list": 3}, public=["list"]), relations({}), STD)) == {"list": 3}


def test_count_that_nobody_supplied_hides_its_sibling() -> None:
    counts = {"a": 4, "b": None, "c": 30, "network": 60}
    controlled = control(cells(counts), relations({"n": ("network", list("abc"))}), STD)
    assert dict(controlled.cells.select("cell_id", "state").iter_rows()) == {
        "a": "hidden", "b": "not_supplied", "c": "released", "network": "released",
    }  # fmt: skip
    assert controlled.proof.holds


def test_what_only_the_build_knows_is_where_the_proof_starts_and_shows_nothing() -> None:
    """No release shows b, and a reader learns no more of it for the build knowing that it is 5."""
    counts = {"a": 4, "b": None, "c": 30, "network": 39}
    of = relations({"n": ("network", ["a", "b", "c"])})
    alone = control(cells(counts), of, STD)
    known = cells(counts).with_columns(people=pl.Series([4, 5, 30, 39]))
    assert shown(control(known, of, STD)) == shown(alone)
    wrong = cells(counts).with_columns(people=pl.Series([4, 6, 30, 39]))
    with pytest.raises(DisclosureInputError, match="do not add up: a, b, c, network"):
        control(wrong, of, STD)


def test_sibling_that_an_earlier_release_showed_hides_nothing() -> None:
    counts = {"a": 4, "b": 12, "c": 23, "d": 38, "network": 77}
    of = relations({"n": ("network", list("abcd"))})
    earlier = pl.DataFrame({"cell_id": ["b"], "lower": [8], "upper": [12]})
    controlled = control(cells(counts), of, STD, Earlier(earlier))
    assert rules(controlled) == {"a": "primary", "c": "secondary"}
    assert controlled.proof.holds
    everything = pl.DataFrame(
        {"cell_id": [*"bcd", "network"], "lower": [12, 23, 38, 77],
         "upper": [12, 23, 38, 77]}
    )  # fmt: skip
    controlled = control(cells(counts), of, STD, Earlier(everything))
    # Everybody can work it out, whatever is hidden now.
    assert rules(controlled) == {"a": "primary"}
    assert controlled.proof.holds
    assert controlled.proof.foreknown_cells == 1


def test_small_number_that_an_earlier_release_showed_cannot_be_hidden_any_more() -> None:
    earlier = pl.DataFrame({"cell_id": ["a"], "lower": [3], "upper": [5]})
    controlled = control(cells({"a": 4}), relations({}), STD, Earlier(earlier))
    [leak] = controlled.proof.violations
    assert (leak.cell_id, leak.lower, leak.upper) == ("a", 3, 5)
    assert controlled.proven == frozenset()


def test_proof_sees_what_rules_cannot_over_both_bases_together() -> None:
    """Two networks differ by one practice, which is their difference."""
    counts = {"a": 4, "b": 40, "c": 50, "n": 94, "m": 90, "rest": 60, "n2": 60, "m2": 64}
    counts |= {"board": 154}
    of = {
        "as was 1": ("n", ["a", "b", "c"]),
        "as was 2": ("n2", ["rest"]),
        "as is 1": ("m", ["b", "c"]),
        "as is 2": ("m2", ["a", "rest"]),
        "as was": ("board", ["n", "n2"]),
        "as is": ("board", ["m", "m2"]),
    }
    exact = cells(counts, exact=list(counts))
    controlled = control(exact, relations(of), STD)
    assert controlled.proof.holds
    assert set(rules(controlled)) >= {"a", "b"}


@given(data=st.data(), table=TABLES, profile=PROFILES)
@_MANY
def test_controlled_tables_hold_whoever_tries_every_table(
    data: Any, table: tuple[dict[str, int], Relations], profile: Profile
) -> None:
    leaves, of = table
    counts, below = with_sums(leaves, of)
    exact = data.draw(st.sets(st.sampled_from(sorted(set(counts) - set(leaves))), max_size=1))
    controlled = control(cells(counts, exact=exact), relations(of), profile)
    assert controlled.proof.holds, controlled.proof.message
    numbers = shown(controlled)
    assert all(numbers[name] == 0 for name, count in counts.items() if count == 0)
    if not any(1 <= count <= profile.most_hidden_count for count in counts.values()):
        assert "*" not in numbers.values()
    assert leaks(leaves, below, controlled.seen, profile) == {}
    # The same from scratch, from what is seen alone.
    again = prove(controlled.seen, relations(of), profile)
    assert again.holds
    assert again == controlled.proof


@given(data=st.data(), table=TABLES)
@_MANY
def test_order_of_rows_changes_nothing(data: Any, table: tuple[dict[str, int], Relations]) -> None:
    leaves, of = table
    counts, _ = with_sums(leaves, of)
    seed = data.draw(st.integers(0, 1000))
    first = control(cells(counts), relations(of), STD)
    second = control(
        cells(counts).sample(fraction=1, shuffle=True, seed=seed),
        relations(of).sample(fraction=1, shuffle=True, seed=seed),
        STD,
    )
    assert first.cells.equals(second.cells)
    assert first.proof == second.proof


def test_tables_that_make_no_sense_are_refused() -> None:
    of = relations({"n": ("network", ["a", "b"])})
    good = {"a": 4, "b": 12, "network": 16}
    with pytest.raises(DisclosureInputError, match="relation n: the members are -1 people"):
        control(cells({**good, "network": 17}), of, STD)
    with pytest.raises(DisclosureInputError, match="cell_id network is not among the cells"):
        control(cells({"a": 4, "b": 12}), of, STD)
    then = pl.DataFrame(
        {"cell_id": ["then"], "today": ["network"], "indicator_year": [""], "count": [16],
         "released_count": [15], "is_exact": [False], "is_hidden": [False], "is_primary": [False]}
    )  # fmt: skip
    of_then = relations({"n": ("then", ["a", "b"])})
    with pytest.raises(DisclosureInputError, match="cell_id then is not among the cells"):
        control(cells(good), of_then, STD, Earlier(cells=then))
    with pytest.raises(DisclosureInputError, match="cell_id a occurs more than once"):
        control(pl.concat([cells(good), cells({"a": 4})]), of, STD)
    alike = cells(good).with_columns(cell_number=pl.lit(1, dtype=pl.Int64))
    with pytest.raises(DisclosureInputError, match="cell_id a has the number of another"):
        control(alike, of, STD)
    with pytest.raises(DisclosureInputError, match="cell_id b is counted in two ways"):
        control(cells(good).with_columns(people=pl.Series([4, 13, 16])), of, STD)
    with pytest.raises(DisclosureInputError, match="cell_id a has a count below its lowest"):
        control(cells({"a": None}).with_columns(people=pl.Series([-4])), relations({}), STD)
    with pytest.raises(DisclosureInputError, match="cell_id a has a count below its lowest"):
        control(cells({"a": -4}), relations({}), STD)
    with pytest.raises(DisclosureInputError, match="relation_id n needs one total"):
        control(cells(good), of.with_columns(weight=pl.lit(1)), STD)
    with pytest.raises(DisclosureInputError, match="relation_id n has a cell that occurs twice"):
        control(cells(good), pl.concat([of, of.filter(pl.col("cell_id") == "b")]), STD)
    with pytest.raises(DisclosureInputError, match="relation_id n has a weight other than 1"):
        control(cells(good), of.with_columns(weight=pl.lit(2)), STD)
    with pytest.raises(DisclosureInputError, match="column weight is missing"):
        control(cells(good), of.drop("weight"), STD)
    with pytest.raises(ValueError, match="has to be odd"):
        Profile("even", 7, 10)
