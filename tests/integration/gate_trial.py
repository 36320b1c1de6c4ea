"""Plants a fault in a copy of a finished build and lets the gate look at it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import duckdb
from gate_fault import Fault, NothingToStrikeError, change

from expectations.rules import Outcome, Rule
from expectations.validation import Validator


@dataclass(frozen=True)
class Trial:
    """What the gate found of one fault: the rules that broke by it, and how long it took."""

    fault: Fault
    caught_by: frozenset[str]
    did_not_run: frozenset[str]
    seconds: float

    @property
    def missed_by(self) -> tuple[str, ...]:
        """Rules that should have caught it and did not."""
        return tuple(rule for rule in self.fault.caught_by if rule not in self.caught_by)


def strike(warehouse: Path, place: Path, fault: Fault, seed: int) -> duckdb.DuckDBPyConnection:
    """A connection to a copy of a finished build with one fault in it."""
    copy = place / "struck_build.duckdb"
    shutil.copy(warehouse, copy)
    connection = duckdb.connect(str(copy))
    try:
        plant(connection, fault, seed)
    except NothingToStrikeError:
        connection.close()
        raise
    return connection


def plant(connection: duckdb.DuckDBPyConnection, fault: Fault, seed: int) -> None:
    """Plant a fault in an open build.

    Raises ``NothingToStrikeError``, which names the fault, when it changed nothing.
    """
    for view in fault.views:
        as_table(connection, view)
    for statement in fault.sql:
        try:
            change(connection, statement.replace("{pick}", f"hash(rowid::varchar || '{seed}')"))
        except NothingToStrikeError as error:
            raise NothingToStrikeError(f"{fault.name}: {error}") from error


def as_table(connection: duckdb.DuckDBPyConnection, view: str) -> None:
    """Make a view into a table with the same rows, so that they can be changed."""
    connection.execute(f"create table {view}_as_it_was as from {view}")
    connection.execute(f"drop view {view}")
    connection.execute(f"alter table {view}_as_it_was rename to {view.split('.')[1]}")


def did_not_run(outcomes: Collection[Outcome]) -> frozenset[str]:
    """Rules that could not be asked."""
    return frozenset(o.rule.id for o in outcomes if o.observed.startswith("did not run"))


def broken(outcomes: Collection[Outcome]) -> frozenset[str]:
    """Rules that were asked and do not hold: one that did not run has caught nothing."""
    return frozenset(o.rule.id for o in outcomes if not o.passed) - did_not_run(outcomes)


def tried(
    warehouse: Path,
    place: Path,
    fault: Fault,
    seed: int,
    rules: Collection[Rule],
    broken_before: frozenset[str] = frozenset(),
) -> Trial:
    """Plant a fault and run rules; those that were broken already do not count."""
    connection = strike(warehouse, place, fault, seed)
    try:
        began = time.perf_counter()
        outcomes = Validator(connection).validate(list(rules))
        seconds = time.perf_counter() - began
    finally:
        connection.close()
    return Trial(fault, broken(outcomes) - broken_before, did_not_run(outcomes), seconds)


def rules_about(fault: Fault, rules: Collection[Rule]) -> list[Rule]:
    """The rules on the tables in which a fault must be found."""
    tables = {rule_id.rpartition(".")[0] for rule_id in fault.caught_by}
    return [rule for rule in rules if rule.table in tables]
