"""The proof that no hidden count can be worked out from what is published.

It knows nothing of how the counts were hidden. It takes what an attacker has (see ``attacker``)
and shows for each hidden cell one of two things:

- **It is safe**: there are tables of whole numbers that fit everything known, one with the least
  and one with the greatest value the cell has to keep (``witnesses``). For a primary cell these
  are 1 and 7; a secondary cell has to keep as many values, wherever they lie.
- **It leaks**: bounds that follow from what is known are narrower. These bounds are linear: the
  solver also considers fractions of people, so they are never narrower than what an attacker can
  work out in whole numbers. Alone they could therefore call safe what is not, which is why only
  witnesses do. Where the two do not meet, the problem is solved once more in whole numbers.

What is not shown: anything that depends on likelihood (a hidden practice of 9,000 people has
hardly a single referral), on how the hidden cells were chosen, on knowledge of single people, or on
what others publish.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from assets.release.disclosure.attacker import (
    SEEN_SCHEMA,
    Attacker,
    Flags,
    System,
    Whole,
    reduced,
)
from assets.release.disclosure.blocks import connected_blocks
from assets.release.disclosure.by_hand import leaks_by_hand, too_narrow
from assets.release.disclosure.cells import UNBOUNDED
from assets.release.disclosure.exchanges import exchange
from assets.release.disclosure.fitting import fitting_table
from assets.release.disclosure.foreknowledge import Foreknown, foreknown_leaks
from assets.release.disclosure.narrowing import narrowed
from assets.release.disclosure.neighbourhood import Settled, Settlement, Wanted
from assets.release.disclosure.neighbours import Neighbours
from assets.release.disclosure.profile import Profile
from assets.release.disclosure.relations import related
from assets.release.disclosure.solver import Reals, UndecidedError
from assets.release.disclosure.surroundings import FARTHER, NEAR, move_around
from assets.release.disclosure.witnesses import Witnessed, move_from_afar

# Blocks of so few cells are one small problem each: a year of services and grants, 2,000 cells in a
# block, took 12 s of CPU all at once, and 30 s each cell with what is around it (2026-11-28). Of
# larger blocks see ``surroundings``.
_SMALL_BLOCK_CELLS = 6_000
# Whole numbers among all cells that hang together, where a look at fractions did not decide.
_MOST_SECONDS = 30.0
_TOLERANCE = 1e-6


@dataclass(frozen=True, order=True)
class Violation:
    """A hidden cell of which an attacker knows that it lies between ``lower`` and ``upper``.

    ``because``: the cells from whose numbers that follows, as far as is known. Not ``is_certain``
    is what could not be shown to be safe without looking farther than was allowed.
    """

    cell_id: str
    lower: int
    upper: int
    is_primary: bool
    keeps: str
    because: tuple[str, ...] = ()
    is_certain: bool = True

    def __str__(self) -> str:
        # Checks, logs and pages show this: what the cell can be stays out of it.
        kind = "small number" if self.is_primary else "number hidden for others' sake"
        return (
            f"cell {self.cell_id} is a {kind} that can be worked out more closely than it may: "
            f"it has to keep {self.keeps}"
        )


@dataclass(frozen=True)
class Proof:
    """What was shown of one release.

    ``foreknown_cells`` are hidden cells of which more is known than the rule says before this is
    released (see ``foreknowledge``).
    """

    violations: tuple[Violation, ...]
    primary_cells: int
    secondary_cells: int
    foreknown_cells: int

    @property
    def holds(self) -> bool:
        """Whether this may be published."""
        return not self.violations

    @property
    def leaks(self) -> tuple[Violation, ...]:
        """The violations that are certain, not what is only in doubt."""
        return tuple(violation for violation in self.violations if violation.is_certain)

    @property
    def message(self) -> str:
        """One line for a log, or a line per leak."""
        if self.violations:
            return "\n".join(str(violation) for violation in self.violations)
        return (
            f"{self.primary_cells:,} small numbers and {self.secondary_cells:,} hidden with them "
            "cannot be worked out"
        )


def all_proven(proofs: Sequence[Proof]) -> Proof:
    """The proof of the whole, of those of parts that do not hang together."""
    return Proof(
        tuple(sorted(leak for proof in proofs for leak in proof.violations)),
        sum(proof.primary_cells for proof in proofs),
        sum(proof.secondary_cells for proof in proofs),
        sum(proof.foreknown_cells for proof in proofs),
    )


class Prover:
    """Proves releases of the same cells, the second with what it found for the first.

    Args:
        cell_ids: of all cells, each once.
        weights: a row per relation, a column per cell, all -1, 0 or 1; its counts add up to 0.
        profile: the rules of this release.
        earlier: rows ``cell_id, lower, upper`` of releases that readers may still have.
        fitting: rows ``cell_id, count`` of any table that fits what is known, as the true counts
            do; saves the solver the search for one. It decides nothing: a table that does not fit
            is refused, and every witness is checked against what is seen.

    Raises:
        DisclosureInputError: earlier releases that make no sense.
    """

    def __init__(
        self,
        cell_ids: pl.Series,
        weights: Any,
        profile: Profile,
        earlier: pl.DataFrame | None = None,
        fitting: pl.DataFrame | None = None,
    ) -> None:
        order = cell_ids.arg_sort()
        by_id = cell_ids.gather(order)
        self._attacker = Attacker(
            by_id, weights[:, order.to_numpy()].sorted_indices(), profile, earlier
        )
        self._profile = profile
        self._fitting = fitting
        self._known: System | None = None
        self._seen: Witnessed | None = None
        self._anyway: System | None = None
        self._foreknown: Foreknown | None = None

    def prove(self, seen: pl.DataFrame) -> Proof:
        """Prove what is seen (``SEEN_SCHEMA``, rows in any order).

        Raises:
            DisclosureInputError: what is seen, related or shown earlier contradicts itself.
            SolverError: HiGHS gave up.
        """
        known, anyway, foreknown = self._knowledge(seen)
        witnessed = self._witnesses_that_still_fit(known)
        leaks: list[Violation] = []
        asked, left = known.is_protected, foreknown.limits(known)
        while asked.any():
            found = self._leaks(left, asked, witnessed)
            bounds = {leak.cell_id: (leak.lower, leak.upper) for leak in found if leak.is_certain}
            no_leaks = foreknown_leaks(bounds, anyway, self._fitting) if bounds else set()
            leaks += [leak for leak in found if leak.cell_id not in no_leaks]
            # So much is no leak. More may be known by now, so they are asked to keep what is left.
            is_no_leak = known.cell_ids.is_in(list(no_leaks))
            asked = is_no_leak.to_numpy()
            names = known.cell_ids.filter(is_no_leak)
            foreknown = foreknown.and_of(np.flatnonzero(asked), [bounds[name] for name in names])
            left = foreknown.limits(known)
        self._foreknown = foreknown
        return Proof(
            tuple(sorted(leaks)),
            int(known.is_primary.sum()),
            int(known.is_secondary.sum()),
            self._keeping_less(left),
        )

    def leaks_by_hand(self, seen: pl.DataFrame) -> list[Violation]:
        """Leaks that a reader finds without a solver; there may be more.

        What the solver would find to be foreknown is among them, until it was asked.

        Raises:
            DisclosureInputError: as ``prove`` does.
        """
        known, _, foreknown = self._knowledge(seen)
        left = foreknown.limits(known)
        return [
            _violation(left, leak.cell, leak.lower, leak.upper, _ids(left, leak.because))
            for leak in leaks_by_hand(left)
        ]

    def _knowledge(self, seen: pl.DataFrame) -> tuple[System, System, Foreknown]:
        """What is known after the release, what is known anyway, and what was found of that."""
        seen = seen.select(pl.col(name).cast(kind) for name, kind in SEEN_SCHEMA.items()).sort(
            "cell_id"
        )
        known = self._attacker.knows(seen)
        anyway = self._attacker.knows_anyway(seen, known)
        before = self._anyway
        if (
            before is None
            or self._foreknown is None
            or not np.array_equal(before.lower, anyway.lower)
            or not np.array_equal(before.upper, anyway.upper)
        ):
            self._anyway, self._foreknown = anyway, Foreknown.by_hand(anyway)
        return known, anyway, self._foreknown

    def _keeping_less(self, known: System) -> int:
        """Hidden cells of which less can be kept than the rule has."""
        of_small = known.is_primary & (
            known.keep_upper - known.keep_lower < self._profile.small_width
        )
        of_others = known.is_secondary & (known.keep_width < self._profile.least_width)
        return int((of_small | of_others).sum())

    def _witnesses_that_still_fit(self, known: System) -> Witnessed:
        """What earlier witnesses have shown, if nothing has become known since."""
        before = self._known
        if (
            self._seen is None
            or before is None
            or (known.lower > before.lower).any()
            or (known.upper < before.upper).any()
        ):
            # Nothing witnessed: the highest is below the lowest.
            nothing = np.full(len(known.lower), np.iinfo(np.int64).max // 4)
            self._seen = Witnessed(nothing, -nothing)
        self._known = known
        return self._seen

    def _leaks(self, known: System, asked: Flags, witnessed: Witnessed) -> list[Violation]:
        """Those of the asked cells that keep less than they have to."""
        system = _that_matters(reduced(known))
        if not len(system.cell_ids):
            return []
        places = known.cell_ids.search_sorted(system.cell_ids).to_numpy()
        table = fitting_table(system, self._fitting)
        seen = Witnessed(witnessed.lowest[places], witnessed.highest[places])
        seen.add(np.arange(len(table)), table)
        asked = asked[places]
        exchange(system, table, asked, seen)
        cells, relations = _in_blocks_of(system, asked & seen.is_lacking(system))
        rest = Witnessed(seen.lowest[cells], seen.highest[cells])
        system_of_rest = system.part(cells, relations)
        leaks = _leaks_of_rest(system_of_rest, table[cells], asked[cells], rest)
        seen.lowest[cells], seen.highest[cells] = rest.lowest, rest.highest
        witnessed.lowest[places], witnessed.highest[places] = seen.lowest, seen.highest
        return [_leak(known, system_of_rest, cell, settled) for cell, settled in leaks.items()]


def _leaks_of_rest(
    system: System, table: Whole, asked: Flags, seen: Witnessed
) -> dict[int, Settled | None]:
    """Leaks among the asked cells that are not witnessed yet; None of those in doubt."""
    if not len(table):
        return {}
    neighbours = Neighbours(system.weights)
    # No witness will be found of what is certain by hand.
    bounds = narrowed(system)
    is_open = asked & ~too_narrow(system, bounds.lower, bounds.upper)
    move_from_afar(system, neighbours, table, is_open & _in_small_blocks(system), seen)
    move_around(system, neighbours, table, is_open, seen, NEAR)
    settlement = Settlement(system, neighbours, table, seen, _MOST_SECONDS)
    leaks: dict[int, Settled | None] = {}
    for cell in np.flatnonzero(asked & seen.is_lacking(system)).tolist():
        settled = settlement.decide_near(cell, _wanted(system, cell))
        if settled is not None and not settled.can_be:
            leaks[cell] = settled
    # Nor of what few cells around have shown to be a leak.
    is_open[list(leaks)] = False
    move_around(system, neighbours, table, is_open, seen, FARTHER)
    move_from_afar(system, neighbours, table, is_open, seen)
    for cell in np.flatnonzero(asked & seen.is_lacking(system)).tolist():
        if cell in leaks:
            continue
        try:
            settled = settlement.decide(cell, _wanted(system, cell))
        except UndecidedError:
            leaks[cell] = None
            continue
        if not settled.can_be:
            leaks[cell] = settled
    return leaks


def _leak(known: System, system: System, cell: int, settled: Settled | None) -> Violation:
    """What is wrong with a cell of a part of what is known, and the cells that give it away."""
    if settled is None:
        # In doubt until more is hidden beside it; what stays so is not published.
        lower, upper = int(system.lower[cell]), int(system.upper[cell])
        return replace(_violation(system, cell, lower, upper), is_certain=False)
    because = [(system.relation_numbers[places], prices) for places, prices in settled.because]
    names = _names_behind(known, because)
    return _violation(system, cell, settled.lower, settled.upper, names)


def prove(
    seen: pl.DataFrame,
    relations: pl.DataFrame,
    profile: Profile,
    earlier: pl.DataFrame | None = None,
    fitting: pl.DataFrame | None = None,
) -> Proof:
    """Prove one release of which relations are rows ``relation_id``, ``cell_id``, ``weight``.

    See ``Prover``, and ``cells`` of relations.

    Raises:
        DisclosureInputError: relations or earlier releases that make no sense.
        SolverError: HiGHS gave up.
    """
    cell_ids = seen["cell_id"].cast(pl.String)
    weights = related(relations, cell_ids).weights
    return Prover(cell_ids, weights, profile, earlier, fitting).prove(seen)


def _that_matters(system: System) -> System:
    """The blocks that hold a hidden cell."""
    return system.part(*_in_blocks_of(system, system.is_protected))


def _names_behind(known: System, because: Sequence[tuple[Whole, Reals]]) -> tuple[str, ...]:
    """Cells that count in weighted sums of relations: in most, what is shown gives a leak away."""
    behind = np.zeros(len(known.cell_ids), dtype=bool)
    for relations, prices in because:
        sums = prices @ known.weights[relations]
        behind |= np.abs(sums) > _TOLERANCE
    return _ids(known, np.flatnonzero(behind & ~known.is_protected))


def _ids(known: System, cells: Whole) -> tuple[str, ...]:
    return tuple(known.cell_ids.gather(cells))


def _in_blocks_of(system: System, cells: Flags) -> tuple[Flags, Flags]:
    """Cells and relations of the blocks that hold any of some cells."""
    blocks = connected_blocks(system.weights)
    matters = np.zeros(blocks.count, dtype=bool)
    matters[blocks.of_cell[cells]] = True
    return matters[blocks.of_cell], matters[blocks.of_relation]


def _in_small_blocks(system: System) -> Flags:
    """Cells that hang together with few others."""
    of_cell = connected_blocks(system.weights).of_cell
    is_small: Flags = np.bincount(of_cell)[of_cell] <= _SMALL_BLOCK_CELLS
    return is_small


def _wanted(system: System, cell: int) -> Wanted:
    if system.is_primary[cell]:
        return Wanted(int(system.keep_lower[cell]), int(system.keep_upper[cell]), 0)
    return Wanted(UNBOUNDED, -UNBOUNDED, int(system.keep_width[cell]))


def _violation(
    system: System, cell: int, lower: int, upper: int, because: tuple[str, ...] = ()
) -> Violation:
    is_primary = bool(system.is_primary[cell])
    keeps = (
        f"{system.keep_lower[cell]} to {system.keep_upper[cell]}"
        if is_primary
        else f"{system.keep_width[cell] + 1} values"
    )
    return Violation(system.cell_ids[cell], lower, upper, is_primary, keeps, because)
