"""What the tables of ``cml/`` and their columns are, in the words of the data package."""

from __future__ import annotations

from pathlib import Path

import duckdb

from assets.release.candidate.facts import literal
from assets.release.formats.central_metrics.tables import FOLDER, METRIC, TABLES, WITHOUT_VALUE
from assets.release.formats.descriptions import ColumnDescription, TableDescription
from assets.release.keys import ForeignKey, TableKeys

_POINT_KEYS = TableKeys(
    ("datapoint_id",),
    (
        ForeignKey(("metric_id",), f"{FOLDER}_metadata", ("metric_id",)),
        ForeignKey(("dimension_id",), f"{FOLDER}_dimensions", ("dimension_id",)),
    ),
)
_KEYS = {
    METRIC: _POINT_KEYS,
    WITHOUT_VALUE: _POINT_KEYS,
    "dimensions": TableKeys(("dimension_id",)),
    "metadata": TableKeys(("metric_id",)),
    # The library says NA where there is no child.
    "relationships": TableKeys(
        ("metric_id", "child_metric_id"),
        (ForeignKey(("metric_id",), f"{FOLDER}_metadata", ("metric_id",)),),
    ),
    # A source may have no project.
    "source": TableKeys(()),
}
_TABLES = {
    METRIC: "One row per data point with a value.",
    WITHOUT_VALUE: "One row per data point without a value; the columns are those of cml_metric.",
    "dimensions": "One row per combination of dimensions that data points have.",
    "metadata": "One row per metric: what it is, why, how it is made, and with which caveats.",
    "source": "One row per set of extracts that metrics are made of.",
    "relationships": "One row per metric and metric that it is made of; NA where there is none.",
}
# What several tables have is the same in all of them.
_COLUMNS = {
    "additional_metric_values": (
        "JSON: numerator, denominator, limits, benchmark, comparison, coverage and flags of a "
        "value, without what is null; of a data point without one, the reason."
    ),
    "age": "Age group, or all_age.",
    "aggregation": "Whether values may be added up: always N, ratios never are.",
    "available_dimension_types": "Kinds of breakdown that there are, dimension_type_id each.",
    "available_location_types": "Levels of area that there are values of.",
    "available_metric_category": "Security tag: who may see the metric.",
    "available_reporting_grain": "How often there is a value: monthly, quarterly or annual.",
    "business_area": "Coproduction or Personalised care.",
    "business_sub_area": "Component of personalised care or element of coproduction.",
    "calculation": "Numerator, denominator, multiplier and statistical method.",
    "category": "Category of the breakdown, or all_category.",
    "category_type": "What values are broken down by, or all_category_type.",
    "child_metric_id": "The metric that this one is made of, or NA.",
    "child_metric_short_name": "Short name of the metric that this one is made of, or NA.",
    "datapoint_id": "Metric, dimensions, reporting grain, location and first day, joined.",
    "denominator_project_id": "Extracts that the metric is made of, by their names here.",
    "denominator_source_name": "Titles of the extracts that the metric is made of.",
    "denominator_source_platform": "Not used.",
    "dimension_count": "How many dimensions dimension_type_id names.",
    "dimension_id": "Values of all dimensions, joined by a bar.",
    "dimension_type_id": "Names of the dimensions that are not all, joined by an ampersand.",
    "domain": "Domain of the library that the metric belongs to.",
    "first_record_timestamp": "First day of the earliest period with a figure, midnight UTC.",
    "footnotes": "What to keep in mind when values are used.",
    "format": "How a value is to be read, where the unit alone does not say it.",
    "frequency_of_refresh": "How often the source publishes: monthly, quarterly or annual.",
    "hierarchy_basis": "as_was: geography of the period; as_is: geography of today.",
    "inclusion_exclusion_rules": "Who is counted in numerator and denominator.",
    "interpretation": "Whether high or low is better, in words; null where nothing is rated.",
    "last_ingest_timestamp": "When the release was made, UTC.",
    "last_record_timestamp": "Last day of the latest period with a figure, midnight UTC.",
    "location_id": "Code of the area: ODS code, or E92000001 for England.",
    "location_level": "Level of the area, as in indicator_values.",
    "location_type": "Level of the area in the words of the library.",
    "metric_alias": "Identifier of the indicator.",
    "metric_description": "Definition of the indicator.",
    "metric_end_date": "Last day of the series of an indicator that has ended; null otherwise.",
    "metric_family_id": "Identifier of the indicator without hyphens.",
    "metric_id": "Metric: the indicator without hyphens, and _act for an actual value.",
    "metric_owner": "Who wrote the definition.",
    "metric_purpose": "Why the indicator matters.",
    "metric_short_name": "Short name of the metric.",
    "metric_start_date": "First day of the earliest period.",
    "metric_state": "Whether the metric is live, not live or deprecated.",
    "metric_status": "Always Actual.",
    "metric_title": "Title of the indicator, 160 characters at most.",
    "metric_value": "Value in the unit of the metadata; proportions are 0 to 1.",
    "notes": "Source, who checked the definition, and its history.",
    "numerator_project_id": "Extracts that the metric is made of, by their names here.",
    "numerator_source_name": "Titles of the extracts that the metric is made of.",
    "numerator_source_platform": "Not used.",
    "organisation_geog_type": "Levels of area that the indicator is meant for.",
    "period_end": "Last day of the period, which tells counts since 1 April apart.",
    "publication_datetime": "When the release was made, UTC.",
    "relationship_category": "Direct or Indirect, or NA.",
    "relationship_description": "How the one is made of the other, or NA.",
    "relationship_type": "Which part of the metric the child is: Numerator or Denominator, or NA.",
    "reporting_grain": "How often there is a value: monthly, quarterly or annual.",
    "reporting_period_start_datetime": "First day of the period, midnight UTC.",
    "series": "Series that a value belongs to; values of two series never compare.",
    "sex": "Sex, or all_sex.",
    "statistical_disclosure_control_description": "What was done about small numbers.",
    "statistical_disclosure_control_flag": "Whether anything was done about small numbers.",
    "target": "Not used: nothing here is a target.",
    "unit": "Unit of the values.",
    "usage": "Not used.",
    "value_state": "State of the value, as in indicator_values.",
    "version_release": "Day of the release as a number, 20261126.",
    "version_release_date": "When the release was made, UTC.",
}


def describe_central_metrics(folder: Path) -> dict[str, TableDescription]:
    """What each file of ``cml/`` holds, by its path in a candidate's folder.

    Raises ``KeyError`` for a column that nobody has described.
    """
    with duckdb.connect() as connection:
        return {
            f"{FOLDER}/{table}.parquet": _described(connection, folder, table) for table in TABLES
        }


def _described(connection: duckdb.DuckDBPyConnection, folder: Path, table: str) -> TableDescription:
    path = literal(str(folder / FOLDER / f"{table}.parquet"))
    columns = connection.execute(f"describe from read_parquet({path})").fetchall()
    keys = _KEYS[table]
    return TableDescription(
        name=f"{FOLDER}_{table}",
        schema_name="main",
        description=f"{_TABLES[table]} In the form of the Central Metrics Library.",
        keys=keys,
        columns=tuple(
            ColumnDescription(
                name=name,
                type=kind,
                description=_COLUMNS[name],
                is_primary=name in keys.primary,
                leads_to=(),
                is_never_null=name in keys.primary,
                known_values=(),
            )
            for name, kind, *_ in columns
        ),
    )
