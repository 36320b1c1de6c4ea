"""Keys of the published tables: declared for those who join them, and checked as written.

They are not indexes of the DuckDB file: an index costs size and memory, and analysts only read.
"""

from __future__ import annotations

from dataclasses import dataclass

from assets.release.tables import DERIVED_TABLES, PUBLISHED_TABLES
from expectations.rules import NoRows, Rule, Unique, quoted


@dataclass(frozen=True)
class ForeignKey:
    """Columns of a table that are, where all of them are there, columns of a row of another."""

    columns: tuple[str, ...]
    table: str
    referenced: tuple[str, ...]


@dataclass(frozen=True)
class TableKeys:
    """The columns that name a row of a table, none of them null, and where others lead."""

    primary: tuple[str, ...]
    foreign: tuple[ForeignKey, ...] = ()


_AREA = ForeignKey(("area_type", "area_code"), "areas", ("area_type", "area_code"))
_INDICATOR = ForeignKey(("indicator_id",), "indicators", ("indicator_id",))
_EXTRACT = ForeignKey(("extract",), "extracts", ("extract",))
_SERIES = ("indicator_id", "area_type", "area_code", "hierarchy_basis", "series_id")
_CATEGORY = ("category_type", "category")
_PERIOD = ("period_start", "period_end")
# By the name of the table in the release. They are the grains that dbt tests whenever it builds.
# landing_files has none: a file that could not be read has no hash. release_changes has none.
KEYS: dict[str, TableKeys] = {
    "main.indicator_values": TableKeys((*_SERIES, *_CATEGORY, *_PERIOD), (_INDICATOR, _AREA)),
    "main.latest_values": TableKeys((*_SERIES, *_CATEGORY), (_INDICATOR, _AREA)),
    "main.england_values": TableKeys(
        ("indicator_id", "series_id", *_CATEGORY, *_PERIOD), (_INDICATOR, _AREA)
    ),
    "main.indicator_trends": TableKeys((*_SERIES, *_CATEGORY, "period_end"), (_INDICATOR, _AREA)),
    "main.spc_points": TableKeys((*_SERIES, "period_start"), (_INDICATOR, _AREA)),
    "main.inequalities": TableKeys((*_SERIES, *_CATEGORY, "period_end"), (_INDICATOR, _AREA)),
    "main.practice_profile": TableKeys(("practice_code",)),
    "main.engagement_typology": TableKeys(
        ("area_type", "area_code", "class", "period_end"), (_AREA,)
    ),
    "main.champion_programmes": TableKeys(
        ("practice_code", "period_end"),
        (ForeignKey(("practice_code",), "practice_profile", ("practice_code",)),),
    ),
    "main.what_changed": TableKeys(("submitter_org_id", "engagement_id"), (_AREA,)),
    # Its areas are those of the publishers: local authorities are no area of the other tables.
    "main.context_values": TableKeys(("measure", "area_type", "area_code", "sex", "age", "period")),
    "main.indicators": TableKeys(("indicator_id",)),
    "main.areas": TableKeys(("area_type", "area_code")),
    "main.area_relationships": TableKeys(
        ("child_type", "child_code", "parent_type", "from_date"),
        (
            ForeignKey(("child_type", "child_code"), "areas", ("area_type", "area_code")),
            ForeignKey(("parent_type", "parent_code"), "areas", ("area_type", "area_code")),
        ),
    ),
    "main.extract_editions": TableKeys(("edition_id",), (_EXTRACT,)),
    "main.extracts": TableKeys(("extract",)),
    "main.value_lineage": TableKeys(
        ("lineage_id", "edition_id"),
        (
            _INDICATOR,
            _EXTRACT,
            ForeignKey(("edition_id",), "extract_editions", ("edition_id",)),
        ),
    ),
    "main.reconciliation": TableKeys(("source", "fixture")),
    "main.data_dictionary": TableKeys(("table_name", "column_name")),
    "quality.expectation_results": TableKeys(("run_id", "suite", "table_name", "rule", "severity")),
}


def key_rules() -> list[Rule]:
    """Rules that hold every key against the candidate as written."""
    tables = (*PUBLISHED_TABLES, *DERIVED_TABLES)
    published = {f"{table.published_schema}.{table.name}" for table in tables}
    return [
        rule
        for name, keys in KEYS.items()
        if name in published
        for rule in (*_primary_rules(name, keys), *_foreign_rules(name, keys))
    ]


def _primary_rules(name: str, keys: TableKeys) -> list[Rule]:
    spelt = ", ".join(keys.primary)
    return [
        Unique(
            table=name,
            name="primary_key_is_unique",
            description=f"no two rows share {spelt}",
            columns=keys.primary,
            identify_by=keys.primary,
        ),
        # One rule for all columns: each rule costs as much as its query.
        NoRows(
            table=name,
            name="primary_key_is_there",
            description=f"none of {spelt} is null",
            query=f"select * from {name} where "
            + " or ".join(f"{quoted(column)} is null" for column in keys.primary),
            identify_by=keys.primary,
        ),
    ]


def _foreign_rules(name: str, keys: TableKeys) -> list[Rule]:
    return [
        NoRows(
            table=name,
            name=f"{'_and_'.join(key.columns)}_lead_to_{key.table}",
            description=f"{', '.join(key.columns)} stand in {key.table}",
            query=_orphans(name, key),
            identify_by=keys.primary,
        )
        for key in keys.foreign
    ]


def _orphans(name: str, key: ForeignKey) -> str:
    here = ", ".join(quoted(column) for column in key.columns)
    there = ", ".join(quoted(column) for column in key.referenced)
    whole = " and ".join(f"{quoted(column)} is not null" for column in key.columns)
    # The alias of a table here would stand beside the one that Great Expectations gives it.
    return (
        f"select * from {name} where {whole} "
        f"and ({here}) not in (select ({there}) from main.{quoted(key.table)})"
    )
