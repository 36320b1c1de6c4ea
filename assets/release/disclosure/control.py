"""Counts in, what is released of them out: hidden, rounded, and proven."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import polars as pl

from assets.release.disclosure.cells import (
    check_sums,
    check_totals,
    checked_cells,
    checked_earlier,
    checked_relations,
)
from assets.release.disclosure.earlier import Earlier
from assets.release.disclosure.hiding import Hiding, Rule
from assets.release.disclosure.profile import Profile
from assets.release.disclosure.proof import Proof, Prover, Violation

# As long as there are leaks that show among so many cells around them, those are mended first: to
# look at a whole country for one cell takes seconds, and hiding changes what is found.
_MOST_CELLS_AROUND = 3_000

RELEASED, HIDDEN, NOT_SUPPLIED = "released", "hidden", "not_supplied"


@dataclass(frozen=True)
class Controlled:
    """What is released of each cell, and the proof of it.

    ``cells`` has one row per cell, sorted by ``cell_id``: ``state`` (``released``, ``hidden``,
    ``not_supplied``), ``rule`` (why it is hidden; private), ``released_count`` (null unless
    released), ``is_exact`` (the released count is the true one). ``seen`` is what the proof takes,
    private too. ``rounds`` says how often the proof was asked.
    """

    cells: pl.DataFrame
    seen: pl.DataFrame
    proof: Proof
    rounds: int


def control(
    cells: pl.DataFrame,
    relations: pl.DataFrame,
    profile: Profile,
    earlier: Earlier | None = None,
    remembered: AbstractSet[str] = frozenset(),
    hidden_before: AbstractSet[str] = frozenset(),
) -> Controlled:
    """Hide small counts of people and whatever gives them away, and round the others.

    The tables are described in ``cells``, what ``earlier`` releases told in the module of that
    name; ``remembered`` are hashes of blocks proven before, and
    ``hidden_before`` the cells that the last release hid. Where hiding them again makes a block
    that is remembered, it stays as it was; everywhere else they count for nothing. The rules
    propose, the proof disposes: what it finds too narrow gets one hidden cell more, until it
    holds, or nothing is left that hiding could help. Then ``proof`` has the violations, and this
    must not be published.

    Raises:
        DisclosureInputError: the tables contradict themselves or each other.
        SolverError: HiGHS gave up on the proof.
    """
    cells = checked_cells(cells)
    relations = checked_relations(relations, cells["cell_id"])
    check_totals(relations)
    check_sums(cells, relations)
    earlier = Earlier() if earlier is None else earlier
    shown = checked_earlier(earlier.bounds)
    given_away = shown.filter(pl.col("upper") - pl.col("lower") < profile.small_width)["cell_id"]
    prover = Prover(
        pl.concat([relations, earlier.relations]),
        profile,
        shown,
        pl.concat([table.select("cell_id", "count") for table in (cells, earlier.cells)]),
        remembered,
    )
    hiding = Hiding(cells, relations, profile, given_away)
    if hidden_before and remembered:
        again = Hiding(cells, relations, profile, given_away)
        again.hide_again(hidden_before)
        again.apply_rules()
        kept = _released(cells, again.rules, profile)
        proven = prover.remembered_cells(_as_seen(cells, kept, earlier))
        hiding.hide_again(hidden_before & proven)
    rounds = 0
    while True:
        released, seen = _with_leaks_by_hand_hidden(cells, hiding, profile, prover, earlier)
        rounds += 1
        proof = prover.prove(seen, _MOST_CELLS_AROUND)
        if hiding.hide_for_proof(_culprits(proof.leaks, earlier)):
            continue
        if len(proof.leaks) < len(proof.violations):
            proof = prover.prove(seen)
        if proof.holds or not hiding.hide_for_proof(_culprits(proof.violations, earlier)):
            return Controlled(released, seen, proof, rounds)


def hide_small_only(cells: pl.DataFrame, profile: Profile) -> pl.DataFrame:
    """Hide small counts and nothing for their sake: ``Controlled.cells`` of a profile unproven.

    Raises:
        DisclosureInputError: the table contradicts itself.
    """
    cells = checked_cells(cells)
    is_small = pl.col("count").abs().is_between(1, profile.most_hidden_count)
    rules = cells.select(
        rule=pl.when(is_small & ~pl.col("is_public")).then(pl.lit(Rule.PRIMARY.value))
    )
    return _released(cells, rules["rule"].to_list(), profile)


def _with_leaks_by_hand_hidden(
    cells: pl.DataFrame, hiding: Hiding, profile: Profile, prover: Prover, earlier: Earlier
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Apply the rules, and hide more, until no leak is left that shows without a solver.

    Those that come of several relations together are left to the solver, which names the numbers
    behind them: to guess at what stands beside hid hundreds of cells for nothing (0.1 of England,
    2026-11-26).
    """
    while True:
        hiding.apply_rules()
        released = _released(cells, hiding.rules, profile)
        seen = _as_seen(cells, released, earlier)
        leaks = prover.leaks_by_hand(seen)
        if not leaks or not hiding.hide_for_proof(_culprits(leaks, earlier), also_beside=False):
            return released, seen


def _culprits(leaks: Iterable[Violation], earlier: Earlier) -> dict[str, tuple[str, ...]]:
    """What gives each leaking cell away, by the name that the cell has today."""
    today = dict(earlier.cells.select("cell_id", "today").iter_rows())
    found: dict[str, tuple[str, ...]] = {}
    for leak in leaks:
        name = today.get(leak.cell_id, leak.cell_id)
        found[name] = (*found.get(name, ()), *leak.because)
    return found


def _released(
    cells: pl.DataFrame, why_hidden: Sequence[str | None], profile: Profile
) -> pl.DataFrame:
    rules = pl.Series("rule", why_hidden, dtype=pl.String)
    is_exact = pl.col("is_exact") | pl.col("is_public")
    half, step = profile.half_step, profile.round_to
    rounded = (pl.col("count") + half).floordiv(step) * step
    state = (
        pl.when(pl.col("count").is_null())
        .then(pl.lit(NOT_SUPPLIED))
        .when(pl.col("rule").is_null())
        .then(pl.lit(RELEASED))
        .otherwise(pl.lit(HIDDEN))
    )
    return (
        cells.with_columns(rules, is_exact=is_exact)
        .with_columns(state=state)
        .select(
            "cell_id",
            "state",
            "rule",
            released_count=pl.when(pl.col("state") == RELEASED).then(
                pl.when(pl.col("is_exact")).then(pl.col("count")).otherwise(rounded)
            ),
            is_exact=pl.col("is_exact"),
        )
    )


def _as_seen(cells: pl.DataFrame, released: pl.DataFrame, earlier: Earlier) -> pl.DataFrame:
    """What the proof takes, from what is released: nothing else of the true counts but a sign.

    With it comes what earlier releases showed of counts that were others then: known to everybody
    without this release, like a public list.
    """
    now = released.select(
        "cell_id",
        "released_count",
        "is_exact",
        is_hidden=pl.col("state") == HIDDEN,
        is_public=cells["is_public"],
        lowest=cells["lowest"],
        is_primary=(pl.col("rule") == "primary").fill_null(value=False),
        is_below_zero=(cells["count"] < 0).fill_null(value=False),
    )
    then = earlier.cells.with_columns(
        is_public=pl.lit(value=True),
        lowest=pl.lit(0, dtype=pl.Int64),
        is_below_zero=pl.lit(value=False),
    )
    return pl.concat([now, then.select(now.columns)])
