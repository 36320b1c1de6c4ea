"""The proof against an attacker who tries every table, and planted leaks."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace
from functools import partial
from typing import Any

import polars as pl
import pytest
from disclosure_tables import (
    Relations,
    categories_by_practice,
    leaks,
    relations,
    two_bases,
    with_sums,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.release.disclosure import changes, neighbourhood
from assets.release.disclosure.attacker import Attacker
from assets.release.disclosure.cells import DisclosureInputError
from assets.release.disclosure.exchanges import exchange
from assets.release.disclosure.narrowing import narrowed
from assets.release.disclosure.profile import INTERNAL, OPEN5, STD, Profile
from assets.release.disclosure.proof import prove
from assets.release.disclosure.relations import related
from assets.release.disclosure.solver import UndecidedError

_MANY = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
TABLES = st.one_of(two_bases(), categories_by_practice())
PROFILES = st.sampled_from([STD, INTERNAL, OPEN5])


def seen_with(
    counts: dict[str, int],
    hidden: set[str],
    profile: Profile,
    exact: Set[str] = frozenset(),
    public: Set[str] = frozenset(),
) -> pl.DataFrame:
    """What readers see when some cells are hidden, whether that is wise or not."""
    rows = []
    for name, count in counts.items():
        is_hidden = name in hidden
        is_primary = is_hidden and 1 <= abs(count) <= profile.most_hidden_count
        is_exact = name in exact | public
        shown = count if is_exact else profile.rounded(count)
        rows.append((name, is_hidden, None if is_hidden else shown, is_exact, name in public, 0,
                     is_primary, is_primary and count < 0))  # fmt: skip
    return pl.DataFrame(
        rows,
        schema=["cell_id", "is_hidden", "released_count", "is_exact", "is_public", "lowest",
                "is_primary", "is_below_zero"],
        orient="row",
        infer_schema_length=None,
    )  # fmt: skip


@pytest.mark.parametrize(
    "searches",
    [
        "find some",
        "find some and exchanges",
        "find exchanges",
        "find nothing",
        "find nothing near",
    ],
)
@given(data=st.data(), table=TABLES, profile=PROFILES, has_start=st.booleans())
@_MANY
def test_proof_finds_exactly_the_leaks_that_trying_every_table_finds(
    searches: str,
    data: Any,
    table: tuple[dict[str, int], Relations],
    profile: Profile,
    has_start: bool,
) -> None:
    """Whether many cells are witnessed at a time, or each has to be settled by itself."""
    leaves, of = table
    counts, below = with_sums(leaves, of)
    # So few that the attacker need not try more.
    few = sorted(name for name, n in counts.items() if name not in leaves and 1 <= n <= 12)
    public = data.draw(st.sets(st.sampled_from(few), max_size=2)) if few else set()
    small = {name for name, n in counts.items() if 1 <= n <= profile.most_hidden_count} - public
    others = sorted(name for name, n in counts.items() if n > profile.most_hidden_count)
    others = [name for name in others if name not in public]
    more = data.draw(st.sets(st.sampled_from(others), max_size=2)) if others else set()
    exact = data.draw(st.sets(st.sampled_from(others), max_size=2)) if others else set()
    seen = seen_with(counts, small | more, profile, exact, public)
    start = pl.DataFrame({"cell_id": list(counts), "count": list(counts.values())})
    with pytest.MonkeyPatch.context() as patched:
        if searches == "find nothing near":
            patched.setattr(neighbourhood, "_NEAR_CELLS", 1)
        if searches in ("find some and exchanges", "find exchanges"):
            patched.setattr("assets.release.disclosure.proof.exchange", partial(exchange, fewest=1))
        if searches not in ("find some", "find some and exchanges"):
            for search in (
                *(() if searches == "find exchanges" else ("proof.exchange",)),
                "proof.move_around",
                "proof.move_from_afar",
                "foreknowledge.move_around",
                "foreknowledge.move_from_afar",
            ):
                patched.setattr(f"assets.release.disclosure.{search}", lambda *_: None)
        proof = prove(seen, relations(of), profile, fitting=start if has_start else None)
    found = leaks(leaves, below, seen, profile)
    assert {violation.cell_id for violation in proof.violations} == set(found)
    for violation in proof.violations:
        # A bound for fractions of people, so never narrower than for whole ones.
        low, high = found[violation.cell_id]
        assert violation.lower <= low
        assert high <= violation.upper


NETWORK: Relations = {"network": ("network", ["a", "b", "c", "d"])}
# What is planted: a table, the cells hidden in it, the one then shown, and what leaks by that.
PLANTED: dict[str, tuple[dict[str, int], Relations, set[str], str, dict[str, tuple[int, int]]]] = {
    "practice of a network": (
        {"a": 4, "b": 12, "c": 23, "d": 38, "network": 77},
        NETWORK,
        {"a", "b"},
        "b",
        {"a": (4, 4)},
    ),
    "network of a board": (
        {"a": 4, "n1": 4, "n2": 30, "n3": 31, "board": 65},
        {"n1": ("n1", ["a"]), "board": ("board", ["n1", "n2", "n3"])},
        {"a", "n1", "n2"},
        "n2",
        {"a": (4, 4), "n1": (4, 4)},
    ),
    "network as it is": (
        {"a": 4, "b": 12, "c": 23, "n1": 16, "n2": 23, "m1": 27, "m2": 12, "board": 39},
        {
            "as was 1": ("n1", ["a", "b"]),
            "as was 2": ("n2", ["c"]),
            "as is 1": ("m1", ["a", "c"]),
            "as is 2": ("m2", ["b"]),
            "as was": ("board", ["n1", "n2"]),
            "as is": ("board", ["m1", "m2"]),
        },
        {"a", "b", "c", "n1", "n2", "m1", "m2"},
        "m2",
        # Nothing is known of the other basis, which shares b alone.
        {"b": (12, 12), "m1": (27, 27)},
    ),
    "category list": (
        {"women": 40, "men": 30, "other": 3, "not known": 15, "all": 88},
        {"sexes": ("all", ["women", "men", "other", "not known"])},
        {"other", "not known"},
        "not known",
        {"other": (3, 3)},
    ),
    "complement": (
        {"numerator": 47, "complement": 5, "denominator": 52},
        {"whole": ("denominator", ["numerator", "complement"])},
        {"numerator", "complement"},
        "numerator",
        {"complement": (5, 5)},
    ),
    "flow of a cumulative series": (
        {"may": 30, "june flow": 6, "june": 36},
        {"june": ("june", ["may", "june flow"])},
        {"june flow", "june"},
        "june",
        {"june flow": (6, 6)},
    ),
}


@pytest.mark.parametrize("kind", PLANTED)
def test_cell_shown_that_has_to_be_hidden_is_a_leak(kind: str) -> None:
    counts, of, hidden, shown, leaks = PLANTED[kind]
    assert prove(seen_with(counts, hidden, INTERNAL), relations(of), INTERNAL).holds
    proof = prove(seen_with(counts, hidden - {shown}, INTERNAL), relations(of), INTERNAL)
    assert {v.cell_id: (v.lower, v.upper) for v in proof.violations} == leaks
    # It is named, and what it can be is not.
    for cell, (lower, upper) in leaks.items():
        assert f"cell {cell} is a" in proof.message
        assert f"{lower} and {upper}" not in proof.message


def test_rounded_numbers_leak_too() -> None:
    # 45 - 20 - 20 of numbers that are two off at most is at most 11, of which 8 have to be others.
    counts = {"a": 2, "b": 18, "c": 18, "network": 38}
    of = {"network": ("network", ["a", "b", "c"])}
    [leak] = prove(seen_with(counts, {"a"}, STD), relations(of), STD).violations
    assert (leak.cell_id, leak.lower, leak.upper) == ("a", 1, 6)


def test_earlier_release_that_showed_a_sibling_is_a_leak() -> None:
    counts, of = {"a": 4, "b": 12, "c": 23, "d": 38, "network": 77}, relations(NETWORK)
    seen = seen_with(counts, {"a", "b"}, STD, exact={"c", "d", "network"})
    assert prove(seen, of, STD).holds
    shown = pl.DataFrame({"cell_id": ["b"], "lower": [8], "upper": [12]})
    [leak] = prove(seen, of, STD, earlier=shown).violations
    assert (leak.cell_id, leak.lower, leak.upper) == ("a", 4, 7)


def test_what_several_earlier_releases_showed_is_put_together() -> None:
    counts, of = {"a": 4, "b": 12, "c": 23, "d": 38, "network": 77}, relations(NETWORK)
    seen = seen_with(counts, {"a", "b"}, STD, exact={"c", "d", "network"})
    shown = pl.DataFrame({"cell_id": ["b", "b"], "lower": [5, 11], "upper": [12, 20]})
    [leak] = prove(seen, of, STD, earlier=shown).violations
    assert (leak.lower, leak.upper) == (4, 5)


def test_number_that_an_earlier_release_contradicts_is_refused() -> None:
    seen = seen_with({"a": 4, "b": 12, "c": 23, "d": 38, "network": 77}, {"a", "b"}, STD)
    shown = pl.DataFrame({"cell_id": ["c"], "lower": [8], "upper": [12]})
    with pytest.raises(DisclosureInputError, match="cell c is released as what an earlier"):
        prove(seen, relations(NETWORK), STD, earlier=shown)


# Two equal cells add up to 20 and a small number, which is therefore even: 2, 4 or 6.
EVEN = {"a": 12, "same as a": 12, "both": 24, "small": 4, "rest": 20}
OF_EVEN: Relations = {
    "one practice": ("same as a", ["a"]),
    "two": ("both", ["a", "same as a"]),
    "parts": ("both", ["small", "rest"]),
}
OPEN7 = Profile("1 to 7, not rounded", 7, 1)


def test_what_is_known_more_narrowly_than_before_the_release_is_a_leak() -> None:
    """By public lists a is 2 to 5. The 30 says that t is 24 at most: then a is no more than 3.

    One look nearer, a is 1 to 5, which is no leak.
    """
    of = {
        "p": ("P", ["a", "b"]),
        "q": ("Q", ["b", "c"]),
        "r": ("R", ["a", "c", "s"]),
        "k": ("K", ["s", "t"]),
        "w": ("W", ["t", "v"]),
    }
    leaves = {"a": 2, "b": 7, "c": 2, "s": 8, "t": 22, "v": 31}
    counts, _ = with_sums(leaves, of)
    seen = seen_with(counts, {"a", "b", "c", "s", "t"}, STD, public=set("PQRKW"))
    start = pl.DataFrame({"cell_id": list(counts), "count": list(counts.values())})
    proof = prove(seen, relations(of), STD, fitting=start)
    assert {"a", "b", "c"} <= {violation.cell_id for violation in proof.violations}
    withheld = seen_with(counts, {"a", "b", "c", "s", "t", "v"}, STD, public=set("PQRKW"))
    assert prove(withheld, relations(of), STD, fitting=start).holds


def test_what_could_only_be_three_people_more_or_fewer_is_a_leak_once_it_is_known() -> None:
    """Of 69 people c are what three groups, all alike, leave over: 6, 9, 12 … if none is shown."""
    of = {"all": ("P", ["c", "x", "y", "z"]), "first": ("x", ["y"]), "second": ("y", ["z"])}
    counts = {"c": 9, "x": 20, "y": 20, "z": 20, "P": 69}
    seen = seen_with(counts, {"c"}, STD, exact={"x", "y", "z"}, public={"P"})
    start = pl.DataFrame({"cell_id": list(counts), "count": list(counts.values())})
    for fitting in (start, None):
        proof = prove(seen, relations(of), STD, fitting=fitting)
        assert [violation.cell_id for violation in proof.violations] == ["c"]


def test_a_small_number_known_as_one_of_two_is_a_leak_once_it_is_known_as_one() -> None:
    """Three alike and c are 18: c is 3 or 6, and not 3 as t, which is 18, is 12 and c."""
    of = {f"A{n}": (f"A{n}", [f"x{n}", "u"]) for n in range(3)}
    of |= {"P": ("P", ["x0", "x1", "x2", "c"]), "t": ("t", ["A0", "c"])}
    counts = {
        "u": 8,
        "x0": 4,
        "x1": 4,
        "x2": 4,
        "A0": 12,
        "A1": 12,
        "A2": 12,
        "P": 18,
        "c": 6,
        "t": 18,
    }
    public = {"A0", "A1", "A2", "P"}
    seen = seen_with(counts, {"x0", "x1", "x2", "c"}, STD, exact={"u", "t"}, public=public)
    start = pl.DataFrame({"cell_id": list(counts), "count": list(counts.values())})
    for fitting in (start, None):
        proof = prove(seen, relations(of), STD, fitting=fitting)
        assert "c" in {violation.cell_id for violation in proof.violations}


def test_bounds_that_only_fractions_of_people_reach_are_leaks() -> None:
    seen = seen_with(EVEN, set(EVEN) - {"rest"}, OPEN7)
    leaks = {
        v.cell_id: (v.lower, v.upper) for v in prove(seen, relations(OF_EVEN), OPEN7).violations
    }
    assert leaks == {"small": (2, 6)}


def test_what_is_not_decided_in_time_is_in_doubt_and_not_published(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Fractions of people do not tell here, and a search that takes too long tells neither.
    seen = seen_with(EVEN, set(EVEN) - {"rest"}, OPEN7)
    solve = neighbourhood.greatest

    def too_slow(*problem: Any, whole: bool, **options: Any) -> Any:
        if whole:
            raise UndecidedError("HiGHS found no whole numbers within 30 s")
        return solve(*problem, whole=whole, **options)

    monkeypatch.setattr(neighbourhood, "greatest", too_slow)
    proof = prove(seen, relations(OF_EVEN), OPEN7)
    assert not proof.holds
    assert [(v.cell_id, v.is_certain) for v in proof.violations] == [("small", False)]


def test_solver_that_is_wrong_does_not_make_a_leak_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    # Two small numbers that are five people together: each is 1 to 4.
    counts = {"a": 2, "b": 3, "c": 9, "network": 14}
    seen = seen_with(counts, {"a", "b"}, STD, exact={"c", "network"})
    solve = changes.greatest

    def as_high_as_can_be(*problem: Any, **options: Any) -> Any:
        solution = solve(*problem, **options)
        return replace(solution, values=problem[4].astype(float))

    monkeypatch.setattr(changes, "greatest", as_high_as_can_be)
    leaks = prove(seen, relations({"n": ("network", ["a", "b", "c"])}), STD).violations
    assert {leak.cell_id: (leak.lower, leak.upper) for leak in leaks} == {"a": (1, 4), "b": (1, 4)}


def test_a_table_to_start_from_that_does_not_fit_is_refused() -> None:
    counts = {"a": 4, "b": 12, "c": 23, "d": 38, "network": 77}
    seen = seen_with(counts, {"a", "b"}, STD)
    wrong = pl.DataFrame({"cell_id": list(counts), "count": [4, 12, 23, 43, 82]})
    with pytest.raises(DisclosureInputError, match="cell d cannot be the number that is offered"):
        prove(seen, relations(NETWORK), STD, fitting=wrong)
    wrong = pl.DataFrame({"cell_id": list(counts), "count": [4, 13, 23, 38, 77]})
    with pytest.raises(DisclosureInputError, match="do not add up"):
        prove(seen, relations(NETWORK), STD, fitting=wrong)


def test_published_numbers_that_no_counts_fit_are_refused() -> None:
    seen = seen_with({"a": 4, "b": 12, "c": 23, "d": 38, "network": 120}, {"a"}, STD)
    with pytest.raises(DisclosureInputError, match="no counts fit"):
        prove(seen, relations(NETWORK), STD)


def test_bounds_that_contradict_each_other_do_not_run_away() -> None:
    """Everybody is in each of two totals that differ: every pass would widen the difference."""
    practices = [f"p{n}" for n in range(3000)]
    counts = dict.fromkeys(practices, 20) | {"one": 60_000, "other": 90_000}
    of = {"one": ("one", practices), "other": ("other", practices)}
    seen = seen_with(counts, set(practices), STD, exact={"one", "other"})
    ids = pl.Series("cell_id", sorted(counts))
    attacker = Attacker(ids, related(relations(of), ids).weights, STD)
    system = attacker.knows(seen.sort("cell_id"))
    with pytest.raises(DisclosureInputError, match="no counts fit what is published: cell one "):
        narrowed(system)
