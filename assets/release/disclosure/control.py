"""Counts in, what is released of them out: hidden, rounded, and proven."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from assets.child_processes import ChildProcesses
from assets.release.disclosure.attacker import Flags
from assets.release.disclosure.before import Before
from assets.release.disclosure.cells import checked_cells
from assets.release.disclosure.deciding import decide_in_parts, given_away
from assets.release.disclosure.earlier import Earlier
from assets.release.disclosure.hiding import Rule
from assets.release.disclosure.profile import Profile
from assets.release.disclosure.proof import Proof, all_proven
from assets.release.disclosure.released import HIDDEN, as_seen, is_small, released_cells
from assets.release.disclosure.tied_counts import TiedCounts, tie


@dataclass(frozen=True)
class Controlled:
    """What is released of each cell, and the proof of it.

    ``cells`` has one row per cell, sorted by ``cell_id``: ``state`` (``released``, ``hidden``,
    ``not_supplied``), ``rule`` (why it is hidden; private), ``released_count`` (null unless
    released), ``is_exact`` (the released count is the true one). ``seen`` is what the proof takes,
    private too. ``proof`` is of everything, save that ``foreknown_cells`` are those found this
    time. ``blocks`` hold something hidden; ``blocks_remembered`` of them stand as a night before
    has proven them; ``proven`` are the digests of all blocks that hold, for the nights to come.
    ``rounds`` says how often the proof was asked, ``parts`` in how many parts it was decided.
    """

    cells: pl.DataFrame
    seen: pl.DataFrame
    proof: Proof
    blocks: int
    blocks_remembered: int
    proven: frozenset[str]
    rounds: int
    parts: int = 1

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
    processes: ChildProcesses | None = None,
) -> Controlled:
    """Hide small counts of people and whatever gives them away, and round the others.

    The tables are described in ``cells``, what ``earlier`` releases told in the module of that
    name; see ``control_tied``.

    Raises:
        DisclosureInputError: the tables contradict themselves or each other.
        SolverError: HiGHS gave up on the proof.
        StoppedError: the ``processes`` were stopped, and not all was decided.
    """
    tied = tie(cells, relations, Earlier() if earlier is None else earlier)
    return control_tied(tied, profile, before, processes)


def control_tied(
    tied: TiedCounts,
    profile: Profile,
    before: Before | None = None,
    processes: ChildProcesses | None = None,
) -> Controlled:
    """The same of counts that are tied already.

    A block of which readers see the same under the rules of the night ``before`` as when it was
    proven keeps them, and is not looked at again. In all others the rules propose and the proof
    disposes: what it finds too narrow gets one hidden cell more, until it holds, or nothing is left
    that hiding could help. Then ``proof`` has the violations, and this must not be published.

    Raises:
        DisclosureInputError: what is known contradicts itself.
        SolverError: HiGHS gave up on the proof.
        StoppedError: the ``processes`` were stopped, and not all was decided.
    """
    before = Before() if before is None else before
    why_hidden = _as_before(tied.cells, before, profile)
    stands = np.zeros(tied.blocks.count, dtype=bool)
    proven = set[str]()
    if before.proven:
        seen = as_seen(tied, released_cells(tied.cells, why_hidden, profile))
        tonight, once_on_record = tied.digests(seen, profile)
        stands = np.array([digest in before.proven for digest in tonight], dtype=bool)
        for digests in (tonight, once_on_record):
            proven.update(np.array(digests, dtype=object)[stands].tolist())
    decided = decide_in_parts(tied.part(~stands), profile, processes=processes)
    proven |= decided.proven
    is_anew = ~stands[tied.blocks.of_cell[: tied.cells.height]]
    why_hidden = why_hidden.scatter(np.flatnonzero(is_anew), decided.rules["rule"])
    released = released_cells(tied.cells, why_hidden, profile)
    is_hidden = (released["state"] == HIDDEN).to_numpy()
    holds_hidden = np.zeros(tied.blocks.count, dtype=bool)
    holds_hidden[tied.blocks.of_cell[np.flatnonzero(is_hidden)]] = True
    seen = as_seen(tied, released)
    return Controlled(
        released,
        seen,
        _with_standing(decided.proof, tied, released, ~is_anew, profile),
        int(holds_hidden.sum()),
        int((holds_hidden & stands).sum()),
        frozenset(proven),
        decided.rounds,
    )


def together(parts: Sequence[Controlled]) -> Controlled:
    """What was decided of parts that do not hang together, as of the whole."""
    return Controlled(
        pl.concat([part.cells for part in parts]).sort("cell_id"),
        pl.concat([part.seen for part in parts]),
        all_proven([part.proof for part in parts]),
        sum(part.blocks for part in parts),
        sum(part.blocks_remembered for part in parts),
        frozenset[str]().union(*(part.proven for part in parts)),
        max(part.rounds for part in parts),
        sum(part.parts for part in parts),
    )


def _as_before(cells: pl.DataFrame, before: Before, profile: Profile) -> pl.Series:
    """The rules of the night before for the counts of today; of small numbers there is but one."""
    last = cells.join(before.rules, on="cell_id", how="left", maintain_order="left")
    return last.select(
        rule=pl.when(is_small(profile))
        .then(pl.lit(Rule.PRIMARY.value))
        .when(pl.col("rule") != Rule.PRIMARY.value)
        .then("rule")
    )["rule"]


def _with_standing(
    proof: Proof, tied: TiedCounts, released: pl.DataFrame, stands: Flags, profile: Profile
) -> Proof:
    """The proof with the hidden cells of the blocks that stand."""
    hidden = released.filter(pl.Series(stands) & (pl.col("state") == HIDDEN))
    is_primary = hidden["rule"] == Rule.PRIMARY.value
    others = hidden.filter(~is_primary)["cell_id"]
    is_given_away = others.is_in(given_away(tied, profile.least_width).implode())
    return replace(
        proof,
        primary_cells=proof.primary_cells + int(is_primary.sum()),
        secondary_cells=proof.secondary_cells + int((~is_given_away).sum()),
    )


def hide_small_only(cells: pl.DataFrame, profile: Profile) -> pl.DataFrame:
    """Hide small counts and nothing for their sake: ``Controlled.cells`` of a profile unproven.

    Raises:
        DisclosureInputError: the table contradicts itself.
    """
    cells = checked_cells(cells)
    rules = cells.select(rule=pl.when(is_small(profile)).then(pl.lit(Rule.PRIMARY.value)))
    return released_cells(cells, rules["rule"], profile)
