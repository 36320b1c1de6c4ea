"""Named faults that the gate must catch, planted one at a time in a copy of a finished build.

Each says which rules must catch it. A fault is SQL, so that it strikes the numbers themselves and
not the code that makes them; ``{pick}`` chooses another row for every seed.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

VALUES = "marts.indicator_values"


class NothingToStrikeError(LookupError):
    """A fault that changed no row: that it is caught would prove nothing."""


def change(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Execute a statement of a fault, which must change something."""
    if connection.execute(sql).fetchall() == [(0,)]:
        raise NothingToStrikeError(f"{sql} changed nothing")


@dataclass(frozen=True)
class Fault:
    """One fault: SQL that plants it, views that become tables first, rules that must catch it."""

    name: str
    sql: tuple[str, ...]
    caught_by: tuple[str, ...]
    views: tuple[str, ...] = ()


def in_one_value(name: str, change: str, where: str, *rules: str) -> Fault:
    """A fault in one row of the table of values."""
    chosen = f"select rowid from {VALUES} where {where} order by {{pick}} limit 1"
    return Fault(
        name,
        (f"update {VALUES} set {change} where rowid in ({chosen})",),
        tuple(f"{VALUES}.{rule}" for rule in rules),
    )


def in_one_row(
    table: str, name: str, change: str, where: str, *rules: str, view: bool = False
) -> Fault:
    """A fault in one row of another table, or of a view."""
    chosen = f"select rowid from {table} where {where} order by {{pick}} limit 1"
    return Fault(
        name,
        (f"update {table} set {change} where rowid in ({chosen})",),
        tuple(rule if "." in rule else f"{table}.{rule}" for rule in rules),
        (table,) if view else (),
    )


def by_sql(name: str, sql: str, *rules: str, view: str = "") -> Fault:
    return Fault(name, (sql,), rules, (view,) if view else ())
