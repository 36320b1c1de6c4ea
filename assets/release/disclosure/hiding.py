"""Which cells are hidden: the rules of DOMAIN 7.3, and more where the proof asks for it.

The rules look at one relation at a time and are quick; they propose. They are applied again and
again until nothing changes, in the order of relations and cells by name, so that the same counts
hide the same cells whatever the order of rows. Cells are only ever added.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

from assets.release.disclosure.attacker import Flags, Whole
from assets.release.disclosure.profile import Profile
from assets.release.disclosure.relations import row_of_each

# Rule 4: below this a total gives too much away to be worth its members.
_SMALL_TOTAL = 20


class Rule(StrEnum):
    """Why a cell is hidden. Stays in the build: readers see one state (ruling 3)."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    FLOW = "flow"
    PROOF = "proof"


class Hiding:
    """The hidden cells of one release while they are being chosen.

    Args:
        cells: checked, see ``cells``.
        weights: a row per relation, a column per cell: -1 for its one total, 1 for a member.
        profile: whose small numbers are hidden.
        shown: cells of which earlier releases show so much that hiding them protects nobody.
    """

    def __init__(
        self,
        cells: pl.DataFrame,
        weights: Any,
        profile: Profile,
        shown: pl.Series,
    ) -> None:
        self._profile = profile
        # By name, for it is asked cell by cell: of a year of referrals 4,000 times, which took 2 s
        # of 39 by searching a column (2026-11-29).
        self._place_of = {
            cell_id: place for place, cell_id in enumerate(cells["cell_id"].to_list())
        }
        self._counts: list[int | None] = cells["count"].to_list()
        self._is_exact: list[bool] = cells["is_exact"].to_list()
        self._is_flow: list[bool] = cells["is_flow"].to_list()
        self._is_public: list[bool] = cells["is_public"].to_list()
        # Zeros stay zeros.
        self._can_hide: list[bool] = cells.select(
            can_hide=(pl.col("count").fill_null(0) != 0)
            & ~pl.col("is_public")
            & ~pl.col("cell_id").is_in(shown.implode())
        )["can_hide"].to_list()
        self._ranks = _ranks(cells)
        self._rules: list[Rule | None] = [None] * len(self._counts)
        self._totals: list[int]
        self._members: list[list[int]]
        self._totals, self._members = _by_relation(self._ranks, weights)
        self._is_series = _which_are_series(weights, cells["is_flow"].to_numpy())
        # Numbers in a row, for as lists of each cell they take ten times the memory.
        by_cell = weights.tocsc()
        self._starts: list[int] = by_cell.indptr.tolist()
        self._relations: Whole = by_cell.indices
        self._pending: set[int] = set()
        for cell, count in enumerate(self._counts):
            if count and abs(count) <= profile.most_hidden_count and not self._is_public[cell]:
                self._hide(cell, Rule.PRIMARY)

    @property
    def rules(self) -> list[Rule | None]:
        """Why each cell is hidden, in order of cells; None: it is released."""
        return list(self._rules)

    def apply_rules(self) -> None:
        """Hide what rules 4 to 6 ask for, until they ask for nothing more."""
        while self._pending:
            relations, self._pending = sorted(self._pending), set()
            for relation in relations:
                self._hide_flows(relation)
                self._hide_siblings(relation)

    def hide_for_proof(
        self, leaking: Mapping[str, Sequence[str]], *, also_beside: bool = True
    ) -> bool:
        """Hide one cell more for each cell that leaks.

        The smallest of those that give it away, which come with its id, or one beside it if they
        are not known, or not to be hidden (unless ``also_beside`` is false). False if nothing is
        left to hide.
        """
        chosen: set[int] = set()
        widened: set[int] = set()
        for cell_id in sorted(leaking):
            # Nobody takes back what an earlier release showed of a count that was another then.
            culprits = self._places(leaking[cell_id])
            if chosen.intersection(culprits):
                continue
            able = [cell for cell in culprits if self._is_able(cell)]
            if able:
                chosen.add(min(able, key=self._ranks.__getitem__))
            elif also_beside:
                for place in self._places([cell_id]):
                    chosen.update(self._beside(place, widened))
        for cell in sorted(chosen):
            self._hide(cell, Rule.PROOF)
        return bool(chosen)

    def _places(self, cell_ids: Iterable[str]) -> list[int]:
        """Where cells are, but for those that there are none of today."""
        return [self._place_of[cell_id] for cell_id in cell_ids if cell_id in self._place_of]

    def _relations_of(self, cell: int) -> list[int]:
        found: list[int] = self._relations[self._starts[cell] : self._starts[cell + 1]].tolist()
        return found

    def _beside(self, cell: int, widened: set[int]) -> set[int]:
        """The next cell of the tightest relation around a cell, if none of it was just taken."""
        for relation in self._outwards(cell):
            if relation in widened:
                return set()
            beside = self._next(relation)
            if beside is not None:
                widened.add(relation)
                return {beside}
        return set()

    def _is_able(self, cell: int) -> bool:
        return self._can_hide[cell] and self._rules[cell] is None

    def _hide(self, cell: int, rule: Rule) -> None:
        if self._rules[cell] is None:
            self._rules[cell] = rule
            self._pending.update(self._relations_of(cell))

    def _hide_flows(self, relation: int) -> None:
        """Rule 6: a hidden month hides the difference from the month before, and to the next."""
        if not self._is_series[relation]:
            return
        cells = (self._totals[relation], *self._members[relation])
        if any(self._is_covering(cell) for cell in cells if not self._is_flow[cell]):
            for cell in cells:
                if self._is_flow[cell] and self._can_hide[cell]:
                    self._hide(cell, Rule.FLOW)

    def _hide_siblings(self, relation: int) -> None:
        """Rules 4 and 5: no hidden cell is what is left over, nor are several so few people."""
        total, members = self._totals[relation], self._members[relation]
        hidden = [cell for cell in members if self._is_covering(cell)]
        is_total_hidden = self._is_covering(total)
        if (
            self._is_series[relation]
            and not is_total_hidden
            and all(self._is_flow[cell] for cell in hidden)
        ):
            # Rounding hides a difference between two months, or else the proof says so.
            return
        while self._are_too_few(hidden, is_total_hidden=is_total_hidden):
            cell = self._next(relation)
            if cell is None:
                return
            self._hide(cell, Rule.SECONDARY)
            if cell == total:
                return
            hidden.append(cell)

    def _are_too_few(self, hidden: list[int], *, is_total_hidden: bool) -> bool:
        if is_total_hidden:
            return not hidden
        if len(hidden) == 1:
            return True
        counts = [self._counts[cell] for cell in hidden]
        known = [count for count in counts if count is not None]
        is_all_known = len(known) == len(counts)
        return bool(hidden) and is_all_known and sum(known) <= self._profile.most_hidden_count

    def _next(self, relation: int) -> int | None:
        """The cell to hide next: a small total, else the smallest member, else the total."""
        total = self._totals[relation]
        count = self._counts[total]
        can_total = self._is_able(total)
        is_parent = not self._is_series[relation]
        if can_total and is_parent and count is not None and count < _SMALL_TOTAL:
            return total
        for cell in self._members[relation]:
            if self._is_able(cell):
                return cell
        return total if can_total else None

    def _is_covering(self, cell: int) -> bool:
        """Whether a reader does not have the number: it is hidden, or nobody supplied it."""
        return self._rules[cell] is not None or self._counts[cell] is None

    def _outwards(self, start: int) -> Iterator[int]:
        """Relations around a cell: its own, the tightest first, then those of their cells."""
        done: set[int] = set()
        cells = [start]
        while cells:
            found = {relation for cell in cells for relation in self._relations_of(cell)} - done
            yield from sorted(found, key=lambda relation: (self._play(relation, start), relation))
            done |= found
            reached = {
                cell
                for relation in found
                for cell in (self._totals[relation], *self._members[relation])
            }
            cells = sorted(
                cell
                for cell in reached
                if any(relation not in done for relation in self._relations_of(cell))
            )

    def _play(self, relation: int, but: int) -> float:
        """How far the other cells of a relation can move in all, as a reader sees them."""
        profile, play = self._profile, 0.0
        for cell in (self._totals[relation], *self._members[relation]):
            if cell == but or self._counts[cell] == 0:
                continue
            rule = self._rules[cell]
            if rule is Rule.PRIMARY:
                play += profile.small_width
            elif rule is not None or self._counts[cell] is None:
                play += float("inf")
            elif not self._is_exact[cell] and not self._is_public[cell]:
                play += 2 * profile.half_step
        return play


def _ranks(cells: pl.DataFrame) -> Whole:
    """The place of each cell when the smallest count comes first, ties by order key."""
    by_size = (
        cells.select(pl.col("count").abs(), "order_key", "cell_id", place=pl.int_range(pl.len()))
        .sort("count", "order_key", "cell_id", nulls_last=True)["place"]
        .to_numpy()
    )
    ranks = np.empty(len(by_size), dtype=np.int64)
    ranks[by_size] = np.arange(len(by_size))
    return ranks


def _by_relation(ranks: Whole, weights: Any) -> tuple[list[int], list[list[int]]]:
    """Total and members of each relation as row numbers of cells, the smallest member first."""
    rows = row_of_each(weights)
    order = np.lexsort((ranks[weights.indices], rows))
    is_member = weights.data[order] == 1
    totals, members = weights.indices[order[~is_member]], weights.indices[order[is_member]].tolist()
    ends = np.searchsorted(rows[order[is_member]], np.arange(weights.shape[0] + 1)).tolist()
    return totals.tolist(), [members[first:last] for first, last in pairwise(ends)]


def _which_are_series(weights: Any, is_flow: Flags) -> list[bool]:
    """Whether a month, the month before and the difference add up, of each relation.

    A first month is its own difference: nothing is left to add up.
    """
    rows, is_member = row_of_each(weights), weights.data == 1
    is_of_flow = is_flow[weights.indices]
    members, flows, flows_as_total = (
        np.bincount(rows[some], minlength=weights.shape[0])
        for some in (is_member, is_member & is_of_flow, ~is_member & is_of_flow)
    )
    is_series: list[bool] = ((flows_as_total == 0) & (members > 1) & (flows > 0)).tolist()
    return is_series
