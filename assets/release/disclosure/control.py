"""Counts in, what is released of them out: hidden, rounded, and proven."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from assets.release.disclosure.attacker import Flags
from assets.release.disclosure.before import Before
from assets.release.disclosure.cells import checked_cells
from assets.release.disclosure.earlier import Earlier
from assets.release.disclosure.hiding import Hiding, Rule
from assets.release.disclosure.profile import Profile
from assets.release.disclosure.proof import Proof, Prover, Violation
from assets.release.disclosure.tied_counts import TiedCounts, tie

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
    private too. ``proof`` is of everything, save that ``foreknown_cells`` are those found this
    time. ``blocks`` hold something hidden; ``blocks_remembered`` of them stand as a night before
    has proven them; ``proven`` are the digests of all blocks that hold, for the nights to come.
    ``rounds`` says how often the proof was asked.
    """

    cells: pl.DataFrame
    seen: pl.DataFrame
    proof: Proof
    blocks: int
    blocks_remembered: int
    proven: frozenset[str]
    rounds: int

    @property
    def message(self) -> str:
        """What the proof found, and of how much; one line, or one per leak."""
        if self.proof.violations:
            return self.proof.message
        return (
            f"{self.proof.message} ({self.blocks:,} blocks, {self.blocks_remembered:,} remembered)"
        )


def control(
    cells: pl.DataFrame,
    relations: pl.DataFrame,
    profile: Profile,
    earlier: Earlier | None = None,
    before: Before | None = None,
) -> Controlled:
    """Hide small counts of people and whatever gives them away, and round the others.

    The tables are described in ``cells``, what ``earlier`` releases told in the module of that
    name. A block of which readers see the same under the rules of the night ``before`` as when it
    was proven keeps them, and is not looked at again. In all others the rules propose and the proof
    disposes: what it finds too narrow gets one hidden cell more, until it holds, or nothing is left
    that hiding could help. Then ``proof`` has the violations, and this must not be published.

    Raises:
        DisclosureInputError: the tables contradict themselves or each other.
        SolverError: HiGHS gave up on the proof.
    """
    tied = tie(cells, relations, Earlier() if earlier is None else earlier)
    before = Before() if before is None else before
    why_hidden = _as_before(tied.cells, before, profile)
    stands = np.zeros(tied.blocks.count, dtype=bool)
    proven = set[str]()
    if before.proven:
        seen = _as_seen(tied, _released(tied.cells, why_hidden, profile))
        digests = tied.digests(seen, profile)
        stands = np.array([digest in before.proven for digest in digests], dtype=bool)
        proven.update(digest for digest in digests if digest in before.proven)
    anew = tied.part(~stands)
    decided = _decided(anew, profile)
    proven.update(_digests_that_hold(anew, decided, profile))
    is_anew = ~stands[tied.blocks.of_cell[: tied.cells.height]]
    why_hidden = why_hidden.scatter(np.flatnonzero(is_anew), decided.cells["rule"])
    released = _released(tied.cells, why_hidden, profile)
    is_hidden = (released["state"] == HIDDEN).to_numpy()
    holds_hidden = np.zeros(tied.blocks.count, dtype=bool)
    holds_hidden[tied.blocks.of_cell[np.flatnonzero(is_hidden)]] = True
    seen = _as_seen(tied, released)
    return Controlled(
        released,
        seen,
        _with_standing(decided.proof, tied, released, ~is_anew, profile),
        int(holds_hidden.sum()),
        int((holds_hidden & stands).sum()),
        frozenset(proven),
        decided.rounds,
    )


@dataclass(frozen=True)
class _Decided:
    """What was decided of some blocks: ``cells`` and ``seen`` as in ``Controlled``."""

    cells: pl.DataFrame
    seen: pl.DataFrame
    proof: Proof
    rounds: int


def _decided(tied: TiedCounts, profile: Profile) -> _Decided:
    """Hide, and more until the proof holds or no more can be hidden."""
    given_away = _given_away(tied, profile.small_width)
    prover = Prover(
        tied.all_relations,
        profile,
        tied.earlier.bounds,
        pl.concat([table.select("cell_id", "count") for table in (tied.cells, tied.earlier.cells)]),
    )
    hiding = Hiding(tied.cells, tied.relations, profile, given_away)
    rounds = 0
    while True:
        released, seen = _with_leaks_by_hand_hidden(tied, hiding, profile, prover)
        rounds += 1
        proof = prover.prove(seen, _MOST_CELLS_AROUND)
        if hiding.hide_for_proof(_culprits(proof.leaks, tied.earlier)):
            continue
        if len(proof.leaks) < len(proof.violations):
            proof = prover.prove(seen)
        if proof.holds or not hiding.hide_for_proof(_culprits(proof.violations, tied.earlier)):
            return _Decided(released, seen, proof, rounds)


def _as_before(cells: pl.DataFrame, before: Before, profile: Profile) -> pl.Series:
    """The rules of the night before for the counts of today; of small numbers there is but one."""
    is_small = _is_small(profile)
    last = cells.join(before.rules, on="cell_id", how="left", maintain_order="left")
    return last.select(
        rule=pl.when(is_small)
        .then(pl.lit(Rule.PRIMARY.value))
        .when(pl.col("rule") != Rule.PRIMARY.value)
        .then("rule")
    )["rule"]


def _digests_that_hold(tied: TiedCounts, decided: _Decided, profile: Profile) -> list[str]:
    """Digests of the blocks without a violation."""
    leaking = pl.Series([leak.cell_id for leak in decided.proof.violations], dtype=pl.String)
    is_leaking = tied.cell_ids.is_in(leaking.implode()).to_numpy()
    broken = set(tied.blocks.of_cell[is_leaking].tolist())
    digests = tied.digests(decided.seen, profile)
    return [digest for block, digest in enumerate(digests) if block not in broken]


def _with_standing(
    proof: Proof, tied: TiedCounts, released: pl.DataFrame, stands: Flags, profile: Profile
) -> Proof:
    """The proof with the hidden cells of the blocks that stand."""
    hidden = released.filter(pl.Series(stands) & (pl.col("state") == HIDDEN))
    is_primary = hidden["rule"] == Rule.PRIMARY.value
    others = hidden.filter(~is_primary)["cell_id"]
    is_given_away = others.is_in(_given_away(tied, profile.least_width).implode())
    return replace(
        proof,
        primary_cells=proof.primary_cells + int(is_primary.sum()),
        secondary_cells=proof.secondary_cells + int((~is_given_away).sum()),
    )


def _given_away(tied: TiedCounts, width: int) -> pl.Series:
    """Cells of which earlier releases leave less than ``width`` open, highest minus lowest."""
    return tied.earlier.bounds.filter(pl.col("upper") - pl.col("lower") < width)["cell_id"]


def hide_small_only(cells: pl.DataFrame, profile: Profile) -> pl.DataFrame:
    """Hide small counts and nothing for their sake: ``Controlled.cells`` of a profile unproven.

    Raises:
        DisclosureInputError: the table contradicts itself.
    """
    cells = checked_cells(cells)
    rules = cells.select(rule=pl.when(_is_small(profile)).then(pl.lit(Rule.PRIMARY.value)))
    return _released(cells, rules["rule"], profile)


def _is_small(profile: Profile) -> pl.Expr:
    """Whether a count is a small number that not everybody knows."""
    is_small = pl.col("count").abs().is_between(1, profile.most_hidden_count)
    return is_small.fill_null(value=False) & ~pl.col("is_public")


def _with_leaks_by_hand_hidden(
    tied: TiedCounts, hiding: Hiding, profile: Profile, prover: Prover
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Apply the rules, and hide more, until no leak is left that shows without a solver.

    Those that come of several relations together are left to the solver, which names the numbers
    behind them: to guess at what stands beside hid hundreds of cells for nothing (0.1 of England,
    2026-11-26).
    """
    while True:
        hiding.apply_rules()
        rules = pl.Series("rule", hiding.rules, dtype=pl.String)
        released = _released(tied.cells, rules, profile)
        seen = _as_seen(tied, released)
        leaks = prover.leaks_by_hand(seen)
        culprits = _culprits(leaks, tied.earlier)
        if not leaks or not hiding.hide_for_proof(culprits, also_beside=False):
            return released, seen


def _culprits(leaks: Iterable[Violation], earlier: Earlier) -> dict[str, tuple[str, ...]]:
    """What gives each leaking cell away, by the name that the cell has today."""
    today = dict(earlier.cells.select("cell_id", "today").iter_rows())
    found: dict[str, tuple[str, ...]] = {}
    for leak in leaks:
        name = today.get(leak.cell_id, leak.cell_id)
        found[name] = (*found.get(name, ()), *leak.because)
    return found


def _released(cells: pl.DataFrame, why_hidden: pl.Series, profile: Profile) -> pl.DataFrame:
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
        cells.with_columns(why_hidden.alias("rule"), is_exact=is_exact)
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


def _as_seen(tied: TiedCounts, released: pl.DataFrame) -> pl.DataFrame:
    """What the proof takes, from what is released: nothing else of the true counts but a sign.

    With it comes what earlier releases showed of counts that were others then: known to everybody
    without this release, like a public list.
    """
    cells = tied.cells
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
    then = tied.earlier.cells.with_columns(
        is_public=pl.lit(value=True),
        lowest=pl.lit(0, dtype=pl.Int64),
        is_below_zero=pl.lit(value=False),
    )
    return pl.concat([now, then.select(now.columns)])
