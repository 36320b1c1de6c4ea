"""Counts in, what is released of them out: hidden, rounded, and proven."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import polars as pl

from assets.release.disclosure.attacker import Flags
from assets.release.disclosure.before import Before, ProvenBlock
from assets.release.disclosure.cells import checked_cells
from assets.release.disclosure.deciding import decide_by_blocks, given_away
from assets.release.disclosure.earlier import Earlier
from assets.release.disclosure.hiding import Rule
from assets.release.disclosure.profile import Profile
from assets.release.disclosure.proof import Proof, all_proven
from assets.release.disclosure.released import HIDDEN, as_seen, is_small, released_cells
from assets.release.disclosure.tied_counts import TiedCounts, tie


class Tally(NamedTuple):
    """How much was hidden, and where: numbers that add up.

    ``small_numbers`` are hidden and ``hidden_with_them`` others that earlier releases leave open;
    ``blocks`` hold something hidden, of which ``blocks_remembered`` stand as a night before has
    proven them; ``violations`` are cells that leak. A block counts for the year of its first cell.
    """

    small_numbers: int = 0
    hidden_with_them: int = 0
    blocks: int = 0
    blocks_remembered: int = 0
    violations: int = 0


@dataclass(frozen=True)
class Controlled:
    """What is released of each cell, and the proof of it.

    ``cells`` has one row per cell, sorted by ``cell_id`` (``RELEASED_SCHEMA``). ``seen`` is what
    the proof takes, private. ``proof`` is of everything, save that ``foreknown_cells`` are those
    found this time. ``by_year`` has numbers that add up over years of indicators (``Tally``).
    ``proven`` are all blocks that hold, for the nights to come. ``rounds`` says how often the proof
    was asked, ``parts`` in how many parts it was decided.
    """

    cells: pl.DataFrame
    seen: pl.DataFrame
    proof: Proof
    by_year: pl.DataFrame
    proven: frozenset[ProvenBlock]
    rounds: int
    parts: int = 1

    @property
    def blocks(self) -> int:
        """Blocks that hold something hidden."""
        return self.tally().blocks

    @property
    def blocks_remembered(self) -> int:
        """Those of them that stand as a night before has proven them."""
        return self.tally().blocks_remembered

    def tally(self, indicator_years: Collection[str] | None = None) -> Tally:
        """The numbers of some years of indicators, or of all."""
        of_years = self.by_year
        if indicator_years is not None:
            of_years = of_years.filter(pl.col("indicator_year").is_in(sorted(indicator_years)))
        return Tally(**{name: int(of_years[name].sum()) for name in Tally._fields})

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
    name; see ``control_tied``.

    Raises:
        DisclosureInputError: the tables contradict themselves or each other.
        SolverError: HiGHS gave up on the proof.
    """
    tied = tie(cells, relations, Earlier() if earlier is None else earlier)
    return control_tied(tied, profile, before)


def control_tied(tied: TiedCounts, profile: Profile, before: Before | None = None) -> Controlled:
    """The same of counts that are tied already.

    A block of which readers see the same under the rules of the night ``before`` as when it was
    proven keeps them, and is not looked at again. In all others the rules propose and the proof
    disposes: what it finds too narrow gets one hidden cell more, until it holds, or nothing is left
    that hiding could help. Then ``proof`` has the violations, and this must not be published.

    Raises:
        DisclosureInputError: what is known contradicts itself.
        SolverError: HiGHS gave up on the proof.
    """
    before = Before() if before is None else before
    why_hidden = _as_before(tied.cells, before, profile)
    stands = np.zeros(tied.blocks.count, dtype=bool)
    proven = set[ProvenBlock]()
    if before.proven:
        seen = as_seen(tied, released_cells(tied.cells, why_hidden, profile))
        tonight, once_on_record = tied.digests(seen, profile)
        stands = np.array([digest in before.digests for digest in tonight], dtype=bool)
        years = tied.years_of_blocks()
        proven.update(
            ProvenBlock(digests[block], years[block])
            for digests in (tonight, once_on_record)
            for block in np.flatnonzero(stands).tolist()
        )
    decided = decide_by_blocks(tied.part(~stands), profile)
    proven |= decided.proven
    is_anew = ~stands[tied.blocks.of_cell[: tied.cells.height]]
    why_hidden = why_hidden.scatter(np.flatnonzero(is_anew), decided.rules["rule"])
    released = released_cells(tied.cells, why_hidden, profile)
    by_year = _by_year(tied, released, stands, decided.proof, profile)
    proof = replace(
        decided.proof,
        primary_cells=int(by_year["small_numbers"].sum()),
        secondary_cells=int(by_year["hidden_with_them"].sum()),
    )
    seen = as_seen(tied, released)
    return Controlled(released, seen, proof, by_year, frozenset(proven), decided.rounds)


def together(parts: Sequence[Controlled]) -> Controlled:
    """What was decided of parts that do not hang together, as of the whole."""
    return Controlled(
        pl.concat([part.cells for part in parts]).sort("cell_id"),
        pl.concat([part.seen for part in parts]),
        all_proven([part.proof for part in parts]),
        pl.concat([part.by_year for part in parts]),
        frozenset[ProvenBlock]().union(*(part.proven for part in parts)),
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


def _by_year(
    tied: TiedCounts, released: pl.DataFrame, stands: Flags, proof: Proof, profile: Profile
) -> pl.DataFrame:
    """``indicator_year`` and its numbers (``Tally``), whoever has proven it, tonight or before."""
    is_hidden, is_primary = pl.col("state") == HIDDEN, pl.col("rule") == Rule.PRIMARY.value
    is_given_away = pl.col("cell_id").is_in(given_away(tied, profile.least_width).implode())
    of_cells = released.filter(is_hidden).select(
        "indicator_year",
        small_numbers=is_primary,
        hidden_with_them=~is_primary & ~is_given_away,
    )
    holds_hidden = np.zeros(tied.blocks.count, dtype=bool)
    places = (released["state"] == HIDDEN).arg_true().to_numpy()
    holds_hidden[tied.blocks.of_cell[places]] = True
    of_blocks = pl.DataFrame(
        {
            "indicator_year": pl.Series(tied.years_of_blocks(), dtype=pl.String),
            "blocks": holds_hidden,
            "blocks_remembered": holds_hidden & stands,
        }
    )
    leaking = pl.Series([leak.cell_id for leak in proof.violations], dtype=pl.String)
    of_leaks = tied.indicator_years.filter(tied.cell_ids.is_in(leaking.implode())).to_frame()
    together = [of_cells, of_blocks, of_leaks.with_columns(violations=pl.lit(value=True))]
    return (
        pl.concat(together, how="diagonal")
        .group_by("indicator_year", maintain_order=True)
        .agg(pl.col(Tally._fields).sum().cast(pl.Int64))
    )


def hide_small_only(cells: pl.DataFrame, profile: Profile) -> pl.DataFrame:
    """Hide small counts and nothing for their sake: ``Controlled.cells`` of a profile unproven.

    Raises:
        DisclosureInputError: the table contradicts itself.
    """
    cells = checked_cells(cells)
    rules = cells.select(rule=pl.when(is_small(profile)).then(pl.lit(Rule.PRIMARY.value)))
    return released_cells(cells, rules["rule"], profile)
