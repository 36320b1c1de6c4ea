"""Compares two releases: tables, rows, values by indicator and level, states, movers, revisions.

A value that one of both hides is counted, never shown: only numbers that both published have a
difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import duckdb

from assets.release.candidate.derived import create_derived
from assets.release.candidate.facts import DATABASE_FILE, TableFacts, columns_of, literal
from assets.release.changes.table import CHANGES_TABLE
from assets.release.keys import KEYS

MOVERS_BY_INDICATOR = 5

_BEFORE, _NOW = "release_before", "release_now"
_KEY = KEYS["main.indicator_values"].primary
_SERIES_KEY = _KEY[:-2]
_MEASURES = ("value", "numerator", "denominator")
_NEEDED = {
    "indicator_values": (*_KEY, *_MEASURES, "value_state"),
    "latest_values": (*_KEY, "value"),
}
# Sums of doubles taken in another order differ below that, as in the content hash.
_NOISE = "1e-11"


@dataclass(frozen=True)
class Side:
    """One of two releases that are compared, or a candidate."""

    version: str
    schema_version: str
    folder: Path
    tables: tuple[TableFacts, ...]


@dataclass(frozen=True)
class Comparison:
    """What came of it; the differences themselves are rows of ``release.release_changes``."""

    outcome: Literal["first", "compared", "not_compared"]
    previous_version: str | None = None
    note: str | None = None
    is_error: bool = False

    def sentence(self) -> str:
        """What was compared, in one line."""
        if self.outcome == "first":
            return "the first release: there is none to compare with"
        compared = "compared with" if self.outcome == "compared" else "not compared with"
        note = f": {self.note}" if self.note else ""
        return f"{compared} release {self.previous_version}{note}"


def compare_releases(
    connection: duckdb.DuckDBPyConnection, before: Side | None, now: Side
) -> Comparison:
    """Fill ``release.release_changes`` of a connection with the differences of two releases.

    Without a release before, or with one whose tables lack what is compared (another version of
    the schema), the table says so. The connection must not have attached either file.

    Raises ``duckdb.Error`` when one of the database files cannot be read.
    """
    create_derived(connection, CHANGES_TABLE)
    if before is None:
        return _told(connection, Comparison("first"))
    _insert(connection, before.version, _table_rows(before.tables, now.tables))
    _insert(connection, before.version, _column_rows(before.tables, now.tables))
    with _both(connection, before, now):
        lacking = _lacking(connection)
        note = None
        if before.schema_version != now.schema_version:
            note = f"its tables have schema version {before.schema_version}, "
            note += f"these {now.schema_version}"
        if lacking:
            note = f"{note}; " if note else ""
            note += f"values cannot be compared without {', '.join(lacking)}"
            return _told(connection, Comparison("not_compared", before.version, note))
        _compare_values(connection, before.version)
    return _told(connection, Comparison("compared", before.version, note))


def not_compared(
    connection: duckdb.DuckDBPyConnection, previous_version: str, reason: str
) -> Comparison:
    """Fill the table with nothing but why there was no comparison: an error, which is told."""
    create_derived(connection, CHANGES_TABLE)
    return _told(connection, Comparison("not_compared", previous_version, reason, is_error=True))


@contextmanager
def _both(connection: duckdb.DuckDBPyConnection, before: Side, now: Side) -> Iterator[None]:
    attached: list[str] = []
    try:
        for alias, side in ((_BEFORE, before), (_NOW, now)):
            path = literal(str(side.folder / DATABASE_FILE))
            connection.execute(f"attach {path} as {alias} (read_only)")
            attached.append(alias)
        yield
    finally:
        for alias in attached:
            connection.execute(f"detach {alias}")


def _told(connection: duckdb.DuckDBPyConnection, comparison: Comparison) -> Comparison:
    row = {"aspect": "comparison", "what": comparison.outcome, "note": comparison.note}
    _insert(connection, comparison.previous_version, [row])
    return comparison


def _insert(
    connection: duckdb.DuckDBPyConnection, version: str | None, rows: Iterable[dict[str, Any]]
) -> None:
    for row in rows:
        whole = {"previous_version": version, **row}
        marks = ", ".join("?" for _ in whole)
        connection.execute(
            f"insert into release.release_changes ({', '.join(whole)}) values ({marks})",
            list(whole.values()),
        )


def _table_rows(
    before: tuple[TableFacts, ...], now: tuple[TableFacts, ...]
) -> Iterator[dict[str, Any]]:
    was = {table.qualified_name: table.rows for table in before}
    has = {table.qualified_name: table.rows for table in now}
    # Tables that are made of the candidate are added after the comparison, on both sides.
    derived = {f"main.{CHANGES_TABLE.name}", "main.data_dictionary"}
    for name in sorted((was.keys() | has.keys()) - derived):
        previous, current = was.get(name), has.get(name)
        what = "added" if previous is None else "removed" if current is None else "kept"
        yield {
            "aspect": "tables",
            "what": what,
            "table_name": name,
            "previous": previous,
            "current": current,
            "difference": None if previous is None or current is None else current - previous,
        }


def _column_rows(
    before: tuple[TableFacts, ...], now: tuple[TableFacts, ...]
) -> Iterator[dict[str, Any]]:
    old = {table.qualified_name: table for table in before}
    for table in now:
        if table.qualified_name not in old:
            continue
        was = {column.name: column.type for column in old[table.qualified_name].columns}
        has = {column.name: column.type for column in table.columns}
        for name in sorted(was.keys() | has.keys()):
            if was.get(name) == has.get(name):
                continue
            what = "added" if name not in was else "removed" if name not in has else "retyped"
            yield {
                "aspect": "columns",
                "what": what,
                "table_name": table.qualified_name,
                "column_name": name,
                "note": f"{was.get(name, 'nothing')} before, {has.get(name, 'nothing')} now",
            }


def _lacking(connection: duckdb.DuckDBPyConnection) -> list[str]:
    lacking: list[str] = []
    for alias in (_BEFORE, _NOW):
        for table, needed in _NEEDED.items():
            found = {column.name for column in columns_of(connection, alias, "main", table)}
            where = f"{table} of the release before" if alias == _BEFORE else table
            if not found:
                lacking.append(where)
            else:
                lacking += [f"{where}: {column}" for column in needed if column not in found]
    return lacking


def _compare_values(connection: duckdb.DuckDBPyConnection, version: str) -> None:
    connection.execute(f"create or replace temp table changed_values as {_changed_values()}")
    try:
        for query in (_values(), _states(), _movers(), _revisions()):
            connection.execute(
                f"insert into release.release_changes by name "
                f"select {literal(version)} as previous_version, * from ({query}) as found"
            )
    finally:
        connection.execute("drop table changed_values")


def _differs(column: str) -> str:
    before, now = f"before.{column}", f"now.{column}"
    return (
        f"({before} is distinct from {now} and not coalesce(abs({before} - {now}) "
        f"<= {_NOISE} * greatest(abs({before}), abs({now})), false))"
    )


def _changed_values() -> str:
    """Only values that differ, whole keys: a night changes few of them."""
    keys = ", ".join(_KEY)
    measured = ", ".join((*_MEASURES, "value_state"))
    changed = " or ".join(_differs(column) for column in _MEASURES)
    return f"""
        with before as (
            select {keys}, {measured}, true as is_there from {_BEFORE}.main.indicator_values
        ),
        now as (
            select {keys}, {measured}, true as is_there from {_NOW}.main.indicator_values
        )
        select {keys},
            case
                when before.is_there is null then 'added'
                when now.is_there is null then 'removed'
                else 'changed'
            end as what,
            abs(now.value - before.value) as difference
        from before full join now using ({keys})
        where before.is_there is null or now.is_there is null
            or before.value_state is distinct from now.value_state or {changed}
    """


def _values() -> str:
    return """
        select 'values' as aspect, what, indicator_id, area_type, count(*) as affected_rows
        from changed_values group by all order by all
    """


def _states() -> str:
    """All of them together, and by indicator where the number is another one."""
    return f"""
        with counted as (
            select indicator_id, value_state, 1 as was, 0 as has
            from {_BEFORE}.main.indicator_values
            union all
            select indicator_id, value_state, 0 as was, 1 as has from {_NOW}.main.indicator_values
        ),
        summed as (
            select indicator_id, value_state, sum(was) as was, sum(has) as has
            from counted group by grouping sets ((value_state), (indicator_id, value_state))
        )
        select 'states' as aspect, 'count' as what, indicator_id, value_state,
            was::double as previous, has::double as current, (has - was)::double as difference
        from summed where indicator_id is null or was <> has
        order by indicator_id nulls first, value_state
    """


def _movers() -> str:
    """Of an indicator the latest values that moved most, on the geography of today."""
    keys = ", ".join(_SERIES_KEY)
    return f"""
        with before as (select {keys}, value from {_BEFORE}.main.latest_values),
        now as (
            select {keys}, period_start, period_end, value from {_NOW}.main.latest_values
            where hierarchy_basis <> 'as_was'
        ),
        moved as (
            select {keys}, now.period_start, now.period_end,
                before.value as previous, now.value as current,
                now.value - before.value as difference
            from now join before using ({keys}) where {_differs("value")}
                and now.value is not null and before.value is not null
        )
        select 'movers' as aspect, if(difference > 0, 'up', 'down') as what, * from moved
        qualify row_number() over (
            partition by indicator_id order by abs(difference) desc, {keys}
        ) <= {MOVERS_BY_INDICATOR}
        order by indicator_id, abs(difference) desc, {keys}
    """


def _revisions() -> str:
    """Changes of periods that had been published before, by indicator, level and series."""
    keys = "indicator_id, series_id, period_start, period_end"
    return f"""
        with known as (select distinct {keys} from {_BEFORE}.main.indicator_values)
        select 'revisions' as aspect, what, {keys}, area_type,
            max(difference) as difference, count(*) as affected_rows
        from changed_values join known using ({keys})
        group by all order by all
    """
