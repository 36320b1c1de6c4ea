"""``changes.md``: the differences from the release before, for a person to read in a minute."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from assets.durable_files import write_atomically
from assets.release.candidate.facts import SYNTHETIC_NOTICE
from assets.release.changes.comparison import Comparison
from assets.release.changes.table import CHANGES_TABLE

CHANGES_FILE = "changes.md"

_MOST_LINES = 40
Row = Mapping[str, Any]


def read_changes(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """The rows of ``release.release_changes``, in the order in which they were found."""
    names = [column.name for column in CHANGES_TABLE.columns]
    listed = ", ".join(names)
    rows = connection.execute(
        f"select {listed} from release.release_changes order by rowid"
    ).fetchall()
    return [dict(zip(names, row, strict=True)) for row in rows]


def write_changes_page(
    folder: Path, version: str, comparison: Comparison, rows: list[dict[str, Any]], *,
    is_synthetic: bool,
) -> Path:  # fmt: skip
    """Write ``changes.md`` into a candidate's folder and give its path."""
    path = folder / CHANGES_FILE
    notice = f"**{SYNTHETIC_NOTICE.strip()}**\n\n" if is_synthetic else ""
    write_atomically(path, notice + changes_page(version, comparison, rows))
    return path


def changes_page(version: str, comparison: Comparison, rows: list[dict[str, Any]]) -> str:
    """The page as Markdown; long sections are cut and say so."""
    lines = [f"# What changed in release {version}", "", f"{_capital(comparison.sentence())}.", ""]
    for title, aspect, headings, cells in _SECTIONS:
        found = [row for row in rows if row["aspect"] == aspect and _is_told(row)]
        if comparison.outcome == "first" or (comparison.note and not found):
            continue
        lines += [f"## {title}", "", *_section(found, headings, cells), ""]
    lines.append("All of it stands in the table `release_changes`. A difference is no fault.")
    return "\n".join(lines) + "\n"


def _is_told(row: Row) -> bool:
    """Tables that have as many rows as before are in the table, not on the page."""
    return not (row["aspect"] == "tables" and row["what"] == "kept" and not row["difference"])


def _section(
    rows: Sequence[Row], headings: tuple[str, ...], cells: Callable[[Row], Iterable[str]]
) -> list[str]:
    if not rows:
        return ["Nothing."]
    lines = ["| " + " | ".join(headings) + " |", "|" + "---|" * len(headings)]
    lines += ["| " + " | ".join(cells(row)) + " |" for row in rows[:_MOST_LINES]]
    if len(rows) > _MOST_LINES:
        lines += ["", f"and {len(rows) - _MOST_LINES} more."]
    return lines


def _tables(row: Row) -> Iterable[str]:
    return (row["table_name"], row["what"], _number(row["previous"]), _number(row["current"]))


def _columns(row: Row) -> Iterable[str]:
    return (f"{row['table_name']}.{row['column_name']}", row["what"], row["note"])


def _values(row: Row) -> Iterable[str]:
    return (row["indicator_id"], row["area_type"], row["what"], _number(row["affected_rows"]))


def _states(row: Row) -> Iterable[str]:
    who = row["indicator_id"] or "all"
    return (who, row["value_state"], _number(row["previous"]), _number(row["current"]))


def _movers(row: Row) -> Iterable[str]:
    place = f"{row['area_type']} {row['area_code']}"
    parts = [row["series_id"]]
    if row["category"] != "all":
        parts.append(row["category"])
    numbers = (row["previous"], row["current"], row["difference"])
    return (row["indicator_id"], place, ", ".join(parts), str(row["period_end"]),
            *map(_number, numbers))  # fmt: skip


def _revisions(row: Row) -> Iterable[str]:
    period = f"{row['period_start']} to {row['period_end']}"
    who = (row["indicator_id"], row["area_type"], row["series_id"], period)
    return (*who, row["what"], _number(row["affected_rows"]), _number(row["difference"]))


_SECTIONS: tuple[tuple[str, str, tuple[str, ...], Callable[[Row], Iterable[str]]], ...] = (
    ("Tables and rows", "tables", ("table", "what", "rows before", "rows now"), _tables),
    ("Columns", "columns", ("column", "what", "type"), _columns),
    ("Values", "values", ("indicator", "level", "what", "values"), _values),
    ("States", "states", ("indicator", "state", "before", "now"), _states),
    (
        "Latest values that moved most",
        "movers",
        ("indicator", "area", "series", "period to", "before", "now", "difference"),
        _movers,
    ),
    (
        "Revisions of periods published before",
        "revisions",
        ("indicator", "level", "series", "period", "what", "values", "largest difference"),
        _revisions,
    ),
)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:.6g}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
