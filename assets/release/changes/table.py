"""The table ``release_changes``: one row per thing that is not as in the release before."""

from __future__ import annotations

from assets.release.candidate.derived import DerivedTable
from assets.release.candidate.facts import ColumnFacts

CHANGES_TABLE = DerivedTable(
    name="release_changes",
    description=(
        "One row per difference from the release that was in force before.\n"
        "For information: a difference is no fault. Choose an aspect before adding up rows."
    ),
    columns=tuple(
        ColumnFacts(name=name, type=kind, description=description)
        for name, kind, description in (
            (
                "aspect",
                "VARCHAR",
                "comparison (what was compared), tables, columns, values (by indicator and "
                "level), states, movers (latest values that moved most, by indicator) or "
                "revisions (of periods that were published before).",
            ),
            (
                "what",
                "VARCHAR",
                "What happened: added, removed, changed, kept, retyped, count, up or down; first, "
                "compared or not_compared for the comparison itself.",
            ),
            ("previous_version", "VARCHAR", "Release that was compared with; null if none was."),
            ("table_name", "VARCHAR", "Table, for tables and columns."),
            ("column_name", "VARCHAR", "Column, for columns."),
            ("indicator_id", "VARCHAR", "Indicator; null where all are meant."),
            ("area_type", "VARCHAR", "Level; null where all are meant."),
            ("area_code", "VARCHAR", "Area that moved; see areas for the name."),
            ("hierarchy_basis", "VARCHAR", "Geography of the value that moved."),
            ("series_id", "VARCHAR", "Series that moved or was revised."),
            ("category_type", "VARCHAR", "Breakdown of the value that moved."),
            ("category", "VARCHAR", "Part of the breakdown of the value that moved."),
            ("period_start", "DATE", "First day of the period that was revised, or of the newer."),
            ("period_end", "DATE", "Last day of the period that was revised, or of the newer."),
            ("value_state", "VARCHAR", "State that is counted, for states."),
            (
                "previous",
                "DOUBLE",
                "What it was: rows of a table, number of values in a state, value that moved.",
            ),
            ("current", "DOUBLE", "What it is now, in the same unit as previous."),
            (
                "difference",
                "DOUBLE",
                "Current minus previous; for revisions the largest difference of a value, without "
                "its sign. Null where either has no value.",
            ),
            ("affected_rows", "BIGINT", "Values that the row stands for; null for other aspects."),
            ("note", "VARCHAR", "What cannot be said in numbers; null otherwise."),
        )
    ),
)
