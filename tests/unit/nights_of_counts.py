"""Homes in which nights decide about counts of people, publish them, and let releases go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from assets.home import Build, Home
from assets.release.disclosure.relation_numbers import TIES_OF_A_COUNT
from assets.release.disclosure.released_table import rows_on_record
from assets.release.disclosure.tonight import Tonight, decide_tonight
from expectations.validation import Validator

YEARS = ["PC-SP-02 2024/25", "PC-SP-03 2024/25", "PC-SP-02 2025/26", "CP-E2-03 2024/25"]
# Who was referred is who waits for a first contact.
SAME_PEOPLE = (YEARS[1], YEARS[0])
NETWORKS = ("n1", "n2")
# As many counts as there are, decided about together.
ENOUGH = 1_000

# Of each year, practice ``n11`` and so on: how many people.
Practices = Mapping[str, Mapping[str, int]]


def write_counts(
    connection: duckdb.DuckDBPyConnection, practices: Practices, exact: str | None = None
) -> None:
    """The two models of a build: networks of practices, in years of which two share people."""
    counts: dict[str, tuple[int, str, int]] = {}
    relations: list[tuple[int, str, int, int, str, str]] = []
    places = {year: place for place, year in enumerate(YEARS, start=1)}
    for year, people in practices.items():
        of_year: dict[str, int] = {}
        for network in NETWORKS:
            of_network = {name: n for name, n in people.items() if name.startswith(network)}
            of_year |= of_network
            of_year[network] = sum(of_network.values())
        if year == YEARS[1] and YEARS[0] in practices:
            # One of the network's practices of the other year has nobody: its sum stays the same.
            of_year["n1"] = counts[f"{YEARS[0]}|n1"][2]
        numbers = {name: places[year] * 1_000 + n for n, name in enumerate(sorted(of_year))}
        for name, n in of_year.items():
            counts[f"{year}|{name}"] = (numbers[name], year, n)
        for network in NETWORKS:
            number = numbers[network] * TIES_OF_A_COUNT
            members = [name for name in people if name.startswith(network)]
            relations += [(number, "sum", numbers[name], 1, year, year) for name in members]
            relations.append((number, "sum", numbers[network], -1, year, year))
    if set(SAME_PEOPLE) <= practices.keys():
        (waits, later, _), (referred, earlier, _) = (counts[f"{y}|n1"] for y in SAME_PEOPLE)
        number = referred * TIES_OF_A_COUNT + 7
        relations.append((number, "same", referred, -1, earlier, earlier))
        relations.append((number, "same", waits, 1, later, earlier))
    table = pl.DataFrame(
        [(cell, *of_cell, cell == exact) for cell, of_cell in counts.items()],
        schema={"cell_id": pl.String, "cell_number": pl.Int64, "indicator_year": pl.String,
                "people": pl.Int64, "is_exact": pl.Boolean},
        orient="row",
    )  # fmt: skip
    ties = pl.DataFrame(
        relations,
        schema={"relation_number": pl.Int64, "kind": pl.String, "cell_number": pl.Int64,
                "weight": pl.Int32, "indicator_year": pl.String, "tied_to": pl.String},
        orient="row",
    )  # fmt: skip
    connection.execute("create schema if not exists intermediate")
    connection.register("given", table)
    connection.execute(
        "create or replace table intermediate.int_people_counts as select *, "
        "'numerator' as measure, true as is_published, 'A' as area_code from given"
    )
    connection.register("given", ties)
    connection.execute(
        "create or replace table intermediate.int_people_count_relations as from given"
    )
    connection.unregister("given")


@dataclass
class Nights:
    """A home with its build, and the releases that readers may have, oldest first."""

    build: Build
    versions: list[str] = field(default_factory=list)

    def decide(self) -> Tonight:
        return decide_tonight(self.build, self.versions)

    def publish(self, version: str) -> None:
        self.build.home.shown_before.keep(version, rows_on_record(self.build.connection))
        self.versions.append(version)

    def retire(self, version: str) -> None:
        self.versions.remove(version)
        self.build.home.shown_before.forget_all_but(self.versions)

    def forget_what_stands(self) -> None:
        """As if nobody could tell what readers had: all that hangs together is decided about."""
        earlier = self.build.home.shown_before
        earlier.note([one.model_copy(update={"seen": None}) for one in earlier.decided()])

    @property
    def shown(self) -> Path:
        return self.build.home.shown_before.folder

    @property
    def records(self) -> Path:
        return self.build.home.shown_before.records.folder

    def released(self) -> list[tuple[Any, ...]]:
        """What is decided of every count."""
        return self.build.connection.execute(
            "select cell_id, indicator_year, state, rule, released_count, is_exact "
            "from disclosure.released_counts order by all"
        ).fetchall()

    def on_record(self) -> dict[tuple[str, ...], str]:
        """The record of each set of years."""
        decided = self.build.home.shown_before.decided()
        return {one.indicator_years: one.record for one in decided}


@contextmanager
def nights_in(folder: Path, counts_together: int = 2 * ENOUGH) -> Iterator[Nights]:
    """A home without counts yet."""
    home = Home(folder)
    home.build.mkdir(parents=True)
    with duckdb.connect(str(home.warehouse)) as connection:
        build = Build(
            connection=connection,
            home=home,
            landing="",
            fetches=False,
            as_of=date(2026, 11, 26),
            dbt_project=Path(),
            dbt_target=Path(),
            code="code",
            contracts={},
            validator=Validator(connection),
            memory_limit="1GB",
            counts_together=counts_together,
        )
        yield Nights(build)


def names_of_practices() -> Sequence[str]:
    return [f"{network}{number}" for network in NETWORKS for number in range(1, 5)]


PRACTICES = {
    year: dict(zip(names_of_practices(), [4, 12, 25, 40, 3 + place, 9, 30, 22], strict=True))
    for place, year in enumerate(YEARS)
}
