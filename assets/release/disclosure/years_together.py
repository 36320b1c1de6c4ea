"""Years of indicators that hang together: decided about as one, and put on record as one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

import duckdb
import numpy as np
import polars as pl
from scipy import sparse
from scipy.sparse import csgraph

from assets.release.disclosure.cells import DisclosureInputError
from assets.release.disclosure.people_counts import COUNTS, RELATIONS
from assets.release.disclosure.relation_numbers import TIES_OF_A_COUNT


@dataclass(frozen=True)
class YearsTogether:
    """Years of indicators that hang together, how many counts they have, and by what ``ties``.

    ``ties`` are those of today. ``fingerprint`` is of everything that is read of these years.
    """

    indicator_years: frozenset[str]
    counts: int
    ties: tuple[tuple[str, str], ...]
    fingerprint: str


@dataclass(frozen=True)
class Part:
    """What is decided about at a time."""

    sets: tuple[YearsTogether, ...]

    @property
    def indicator_years(self) -> frozenset[str]:
        """All of them."""
        return frozenset[str]().union(*(one.indicator_years for one in self.sets))

    @property
    def counts(self) -> int:
        """How many counts they have."""
        return sum(one.counts for one in self.sets)


def years_together(
    connection: duckdb.DuckDBPyConnection, tied_before: Iterable[tuple[str, str]] = ()
) -> list[YearsTogether]:
    """All years of indicators of the build and of kept releases, in the sets that hang together.

    In: what hung together in the releases that are kept.

    A fingerprint is of the rows in any order: the sum of a hash of 64 bits of each. What DuckDB
    makes of several columns is hashed once more: by itself it is an exclusive or of theirs, so that
    two rows that exchange a number leave the sum as it was once in 10**8 times
    (``xor(hash(11, 25), hash(11, 40))`` is ``xor(hash(7, 25), hash(7, 40))``; 2.0.0, 2026-11-28).
    """
    counts = connection.execute(
        "select indicator_year, count(*), sum(hash(hash(cell_id, cell_number, measure, people, "
        f"is_published, is_exact, area_code))) from {COUNTS} group by all order by all"
    ).fetchall()
    relations = connection.execute(
        "select indicator_year, tied_to, count(*), sum(hash(hash(relation_number, kind, "
        f"cell_number, weight))) from {RELATIONS} group by all order by all"
    ).fetchall()
    sizes = {year: rows for year, rows, _ in counts}
    ties = [(year, tied_to) for year, tied_to, *_ in relations]
    found = []
    for names in _tied_together(sizes, [*ties, *tied_before]):
        years = frozenset(names)
        read = [row for table in (counts, relations) for row in table if row[0] in years]
        found.append(
            YearsTogether(
                years,
                sum(sizes.get(year, 0) for year in years),
                tuple(tie for tie in ties if tie[0] in years),
                sha256(repr((sorted(years), read)).encode()).hexdigest(),
            )
        )
    return found


def in_parts(sets: Iterable[YearsTogether], most_counts: int) -> list[Part]:
    """Sets of years in parts, of ``most_counts`` if they can be; no set is parted."""
    parts: list[Part] = []
    for one in sorted(
        sets, key=lambda one: (one.counts, sorted(one.indicator_years)), reverse=True
    ):
        if parts and parts[-1].counts + one.counts <= most_counts:
            parts[-1] = Part((*parts[-1].sets, one))
        else:
            parts.append(Part((one,)))
    return parts


def refuse_loose_ends(connection: duckdb.DuckDBPyConnection, sets: Sequence[YearsTogether]) -> None:
    """See that all rows of a relation say the same of what it is tied to: else it would be parted.

    Half a relation reads like one with a rest that nobody knows, and proves too much. Of sets that
    are decided about tonight, with all others: what stands was looked at when it was decided.

    Raises:
        DisclosureInputError: they do not.
    """
    years = sorted(Part(tuple(sets)).indicator_years)
    loose = connection.execute(
        f"""
        select relation_number, min(tied_to), max(tied_to) from {RELATIONS}
        where relation_number in (
            select relation_number from {RELATIONS}
            where indicator_year in (select unnest(?::varchar[]))
        )
        group by relation_number having min(tied_to) <> max(tied_to) order by all limit 1
        """,
        [years],
    ).fetchone()
    if loose:
        relation, one, other = loose
        called_by = connection.execute(
            f"select cell_id from {COUNTS} where cell_number = ?", [relation // TIES_OF_A_COUNT]
        ).fetchone()
        name = called_by[0] if called_by else "a count that is not there"
        raise DisclosureInputError(
            f"relations: relation_number {relation} ({name}) is tied to {one} in one row and to "
            f"{other} in another; see that int_people_count_relations gives all its rows one "
            "tied_to"
        )


def each_apart(table: pl.DataFrame, sets: Sequence[YearsTogether]) -> list[pl.DataFrame]:
    """The rows of each set, of a table with an ``indicator_year``; all rows are of one of them."""
    place = {year: number for number, one in enumerate(sets) for year in one.indicator_years}
    number = pl.col("indicator_year").replace_strict(place, return_dtype=pl.Int64)
    apart = table.with_columns(set=number).partition_by("set", as_dict=True, include_key=False)
    return [apart.get((number,), table.clear()) for number in range(len(sets))]


def _tied_together(
    names: Iterable[str], ties: Collection[tuple[str, str]]
) -> Iterable[Collection[str]]:
    """Names, those of the ties too, in the sets that hang together."""
    number: dict[str, int] = {}
    for name in (*names, *(name for tie in ties for name in tie)):
        number.setdefault(name, len(number))
    ends = np.array([[number[name] for name in tie] for tie in ties], dtype=np.int64)
    graph = sparse.coo_array(
        (np.ones(len(ties)), tuple(ends.reshape(-1, 2).T)), shape=(len(number), len(number))
    )
    _, labels = csgraph.connected_components(graph, directed=False)
    together: dict[int, list[str]] = {}
    for name, label in zip(number, labels.tolist(), strict=True):
        together.setdefault(label, []).append(name)
    return together.values()
