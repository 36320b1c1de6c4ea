"""The six tables of ``cml/``, written as Parquet from the candidate's own published tables.

Columns, their order and their types are those of NHS England's ``cml-schemas`` 3.0.0 for pandas,
with ``get_metric_schema("float")``. The library allows no data point without a value, so those
without one stand beside the others in a table of the same shape.
"""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from pathlib import Path

import duckdb

from assets.database_memory import DatabaseMemory
from assets.release.candidate.facts import DATABASE_FILE, SYNTHETIC_NOTICE, literal
from assets.release.disclosure.profile import Audience
from assets.release.formats.central_metrics import mapping
from assets.release.formats.central_metrics.mapping import worded

FOLDER = "cml"
METRIC, WITHOUT_VALUE = "metric", "metric_without_value"
TABLES = (METRIC, WITHOUT_VALUE, "dimensions", "metadata", "source", "relationships")

# Dimensions that every data point has, and those that only some are broken down by.
_ALWAYS = ("series", "hierarchy_basis", "location_level", "period_end", "value_state")
_SOMETIMES = ("sex", "age", "category_type", "category")
DIMENSIONS = (*_ALWAYS, *_SOMETIMES)
# Beside the value, where there is one: the rest of what is published of it.
_ADDITIONAL = (
    "numerator",
    "denominator",
    "unit",
    "multiplier",
    "lower_95",
    "upper_95",
    "lower_998",
    "upper_998",
    "ci_basis",
    "benchmark_value",
    "comparison_95",
    "coverage",
    "dq_flags",
)

# Of the memory of the build, which waits meanwhile: half of 700 MB was too little for the values of
# all of England (2026-11-28).
_SHARE = Fraction(3, 4)


def write_central_metrics(
    memory: DatabaseMemory,
    folder: Path,
    *,
    published_at: datetime,
    is_synthetic: bool,
    audience: Audience = "public",
) -> dict[str, int]:
    """Write ``cml/`` into a candidate's folder; gives rows by table.

    In: the folder with its DuckDB file, which alone is read: what was not released cannot get in.
    Of the build it has most of the memory. ``published_at`` is an instant in UTC. The audience
    sets the security tag.

    Raises ``duckdb.Error`` when the file cannot be read or lacks a table.
    """
    target = folder / FOLDER
    target.mkdir(exist_ok=True)
    with memory.beside(share=_SHARE) as other:
        connection = other.connection
        database = literal(str(folder / DATABASE_FILE))
        connection.execute(f"attach {database} as release (read_only)")
        connection.execute("use release")
        connection.execute("set timezone = 'UTC'")
        return {
            table: _write(connection, target / f"{table}.parquet", query, is_synthetic)
            for table, query in _queries(published_at, is_synthetic, audience).items()
        }


def differences_as_written(connection: duckdb.DuckDBPyConnection, folder: Path) -> list[str]:
    """What keeps ``cml/`` from being the published values, as sentences; nothing if it is.

    In: any connection that has not attached the candidate's file.
    """
    connection.execute(
        f"attach {literal(str(folder / DATABASE_FILE))} as cml_candidate (read_only)"
    )
    try:
        found = []
        for table in TABLES:
            path = folder / FOLDER / f"{table}.parquet"
            if not path.is_file():
                found.append(f"{path} is missing")
        return found or _value_differences(connection, folder / FOLDER)
    except duckdb.Error as error:
        return [f"{folder / FOLDER} cannot be read: {str(error).splitlines()[0]}"]
    finally:
        connection.execute("detach cml_candidate")


def _value_differences(connection: duckdb.DuckDBPyConnection, folder: Path) -> list[str]:
    values = "cml_candidate.main.indicator_values"

    def count(query: str) -> int:
        [(rows,)] = connection.execute(f"select count(*) from {query}").fetchall()
        return int(rows)

    def file(table: str) -> str:
        return f"read_parquet({literal(str(folder / f'{table}.parquet'))})"

    metric, without = file(METRIC), file(WITHOUT_VALUE)
    published = (
        f"select {_metric_id()} as metric_id, area_code as location_id, value as metric_value "
        f"from {values} where value is not null"
    )
    checks = {
        f"{METRIC}: values that are not published ones": (
            f"((select metric_id, location_id, metric_value from {metric}) "
            f"except all ({published}))"
        ),
        f"published values that are not in {METRIC}": (
            f"(({published}) "
            f"except all (select metric_id, location_id, metric_value from {metric}))"
        ),
        f"{WITHOUT_VALUE}: rows with a value, a limit or a count": (
            f"{without} where metric_value is not null "
            "or len(list_filter(json_keys(additional_metric_values), "
            "lambda key: key <> 'value_reason')) > 0"
        ),
        "data points that share an identifier": (
            f"(select datapoint_id from (from {metric} union all by name from {without}) "
            "group by datapoint_id having count(*) > 1)"
        ),
        "data points whose dimensions or metadata are missing": (
            f"(from {metric} union all by name from {without}) as points "
            f"where dimension_id not in (select dimension_id from {file('dimensions')}) "
            f"or metric_id not in (select metric_id from {file('metadata')})"
        ),
        "rows of metadata without a security tag or title": (
            f"{file('metadata')} where available_metric_category is null or metric_title is null"
        ),
    }
    counted = {said: count(query) for said, query in checks.items()}
    missing = count(f"{values} where value is null") - count(without)
    found = [f"{said}: {rows}" for said, rows in counted.items() if rows]
    return found + ([f"{WITHOUT_VALUE} lacks {missing} data points"] if missing else [])


def _write(
    connection: duckdb.DuckDBPyConnection, path: Path, query: str, is_synthetic: bool
) -> int:
    notice = f", kv_metadata {{notice: {literal(SYNTHETIC_NOTICE)}}}" if is_synthetic else ""
    [(rows,)] = connection.execute(
        f"copy ({query}) to {literal(str(path))} (format parquet, compression zstd{notice})"
    ).fetchall()
    return int(rows)


def _queries(published_at: datetime, is_synthetic: bool, audience: Audience) -> dict[str, str]:
    return {
        METRIC: _metric(published_at, "value is not null", has_value=True),
        WITHOUT_VALUE: _metric(published_at, "value is null", has_value=False),
        "dimensions": _dimensions(),
        "metadata": _metadata(is_synthetic, audience),
        "source": _source(published_at),
        "relationships": _relationships(),
    }


def _metric_id() -> str:
    return "replace(indicator_id, '-', '') || '_act'"


def _of_dimension(name: str) -> str:
    """SQL for the value that a row of ``indicator_values`` has of a dimension."""
    if name in _SOMETIMES:
        return f"if({name} = 'all', 'all_{name}', {name})"
    columns = {"series": "series_id", "location_level": "area_type", "period_end": "period_end"}
    return f"{columns.get(name, name)}::varchar"


def _dimension_id() -> str:
    return "concat_ws('|', " + ", ".join(_of_dimension(name) for name in DIMENSIONS) + ")"


def _instant(moment: datetime) -> str:
    return f"timestamptz {literal(moment.isoformat())}"


def _metric(published_at: datetime, condition: str, *, has_value: bool) -> str:
    additional = (
        "json_object(" + ", ".join(f"{literal(n)}, {n}" for n in _ADDITIONAL) + ")"
        if has_value
        else "json_object('value_reason', value_reason)"
    )
    # Merging into an empty object leaves out what is null.
    additional = f"json_merge_patch('{{}}'::json, {additional})"
    return f"""
        with values_of as (
            select *, {_metric_id()} as metric_id, {_dimension_id()} as dimension_id,
                period_start::timestamptz as starts
            from main.indicator_values where {condition}
        )
        select
            concat_ws('_', metric_id, dimension_id, cadence, area_code, period_start::varchar)
                as datapoint_id,
            metric_id,
            dimension_id,
            cadence as reporting_grain,
            area_code as location_id,
            {worded("area_type", mapping.LOCATION_TYPES, "area_type")} as location_type,
            starts as reporting_period_start_datetime,
            {_instant(published_at)} as publication_datetime,
            value as metric_value,
            {additional}::varchar as additional_metric_values
        from values_of join (select indicator_id, cadence from main.indicators) as catalogue
            using (indicator_id)
        order by datapoint_id
    """


def _dimensions() -> str:
    listed = ", ".join(f"{_of_dimension(name)} as {name}" for name in DIMENSIONS)
    broken_down = ", ".join(f"if({name} = 'all', null, '{name}')" for name in _SOMETIMES)
    names = f"concat_ws('&', {', '.join(map(literal, _ALWAYS))}, {broken_down})"
    shown = ", ".join(DIMENSIONS)
    return f"""
        with found as (
            select distinct {_dimension_id()} as dimension_id, {names} as dimension_type_id,
                {listed}
            from main.indicator_values
        )
        select dimension_id, dimension_type_id,
            len(string_split(dimension_type_id, '&'))::bigint as dimension_count, {shown}
        from found order by dimension_id
    """


def _published() -> str:
    """Per indicator what its published rows say: periods, levels, dimensions, sources."""
    broken_down = ", ".join(f"if({name} = 'all', null, '{name}')" for name in _SOMETIMES)
    return f"""
        rows_of as (
            select indicator_id,
                min(period_start) as first_day, max(period_end) as last_day,
                count(value) as values_there,
                string_agg(distinct {worded("area_type", mapping.LOCATION_TYPES, "area_type")}, ', '
                    order by {worded("area_type", mapping.LOCATION_TYPES, "area_type")}) as levels,
                string_agg(distinct
                    concat_ws('&', {", ".join(map(literal, _ALWAYS))}, {broken_down}), ', '
                    order by concat_ws('&', {", ".join(map(literal, _ALWAYS))}, {broken_down}))
                    as dimension_types
            from main.indicator_values group by indicator_id
        ),
        sources_of as (
            select lineage.indicator_id,
                string_agg(distinct extracts.title, '; ' order by extracts.title) as source_name,
                string_agg(distinct extracts.extract, '; ' order by extracts.extract) as project_id
            from main.value_lineage as lineage join main.extracts as extracts using (extract)
            group by lineage.indicator_id
        ),
        published as (
            select indicators.*, rows_of.* exclude (indicator_id),
                coalesce(sources_of.source_name, indicators.source) as source_name,
                sources_of.project_id
            from main.indicators as indicators
            join rows_of using (indicator_id) left join sources_of using (indicator_id)
        )
    """


def _metadata(is_synthetic: bool, audience: Audience) -> str:
    notice = SYNTHETIC_NOTICE if is_synthetic else ""
    state = worded("status", mapping.STATES, "'In development - Not Live'")
    flags = {name: flag for name, (flag, _) in mapping.DISCLOSURE.items()}
    words = {name: text for name, (_, text) in mapping.DISCLOSURE.items() if text}
    area = "if(starts_with(indicator_id, 'CP-'), 'Coproduction', 'Personalised care')"
    return f"""
        with {_published()}
        select
            replace(indicator_id, '-', '') as metric_family_id,
            {_metric_id()} as metric_id,
            'Actual' as metric_status,
            if(values_there = 0 and status <> 'historic', 'Completed - Not Live', {state})
                as metric_state,
            left(title, 160) as metric_title,
            first_day::timestamptz as metric_start_date,
            if(status = 'historic', last_day, null)::timestamptz as metric_end_date,
            {literal(mapping.CATEGORIES[audience])} as available_metric_category,
            cadence as available_reporting_grain,
            levels as available_location_types,
            dimension_types as available_dimension_types,
            {area} as business_area,
            component_name as business_sub_area,
            {worded("component", mapping.DOMAINS, "'Quality of care'")} as domain,
            source_name as numerator_source_name,
            project_id as numerator_project_id,
            null::varchar as numerator_source_platform,
            source_name as denominator_source_name,
            project_id as denominator_project_id,
            null::varchar as denominator_source_platform,
            coalesce(authored_by, 'not named') as metric_owner,
            model as metric_short_name,
            indicator_id as metric_alias,
            {literal(notice)} || definition as metric_description,
            concat(numerator_description, ' / ', denominator_description,
                if(multiplier = 1, '', ' * ' || multiplier::bigint::varchar), '; method ', method)
                as calculation,
            why_it_matters as metric_purpose,
            unit,
            {worded("unit", mapping.FORMATS, "'decimal'")} as format,
            null::varchar as target,
            cadence as frequency_of_refresh,
            'N' as aggregation,
            {worded("disclosure_class", flags, "'NA'")} as statistical_disclosure_control_flag,
            {worded("disclosure_class", words)} as statistical_disclosure_control_description,
            {worded("polarity", mapping.POLARITIES)} as interpretation,
            concat('Numerator: ', numerator_description, '. Denominator: ',
                denominator_description, '.') as inclusion_exclusion_rules,
            null::varchar as usage,
            grains as organisation_geog_type,
            {literal(notice + mapping.CAVEATS)} as footnotes,
            concat_ws(' ', 'Source: ' || source || '.', 'Checked by: ' || checked_by || '.',
                'Reviewed with people: ' || reviewed_with_people || '.',
                'History: ' || change_log || '.') as notes
        from published order by metric_id
    """


def _source(published_at: datetime) -> str:
    instant = _instant(published_at)
    return f"""
        with {_published()}
        select
            source_name as numerator_source_name,
            project_id as numerator_project_id,
            null::varchar as numerator_source_platform,
            source_name as denominator_source_name,
            project_id as denominator_project_id,
            null::varchar as denominator_source_platform,
            min(first_day)::timestamptz as first_record_timestamp,
            max(last_day)::timestamptz as last_record_timestamp,
            {instant} as last_ingest_timestamp,
            {instant} as version_release_date,
            {published_at:%Y%m%d}::bigint as version_release
        from published group by source_name, project_id order by source_name, project_id
    """


def _relationships() -> str:
    """What a metric is made of, where both are there; NA throughout for all other metrics."""
    rows = ", ".join(
        "("
        + ", ".join(
            literal(text)
            for text in (
                link.indicator_id, link.child_indicator_id, link.kind, link.category,
                link.description,
            )
        )
        + ")"
        for link in mapping.RELATIONSHIPS
    )  # fmt: skip
    return f"""
        with links (parent, child, kind, category, description) as (values {rows}),
        metrics as (
            select indicator_id, {_metric_id()} as metric_id, model as short_name
            from main.indicators
            where indicator_id in (select indicator_id from main.indicator_values)
        ),
        linked as (
            select links.*, children.metric_id as child_metric_id,
                children.short_name as child_short_name
            from links join metrics as children on links.child = children.indicator_id
        )
        select
            metrics.metric_id,
            metrics.short_name as metric_short_name,
            coalesce(linked.child_metric_id, 'NA') as child_metric_id,
            coalesce(linked.child_short_name, 'NA') as child_metric_short_name,
            coalesce(linked.kind, 'NA') as relationship_type,
            coalesce(linked.category, 'NA') as relationship_category,
            coalesce(linked.description, 'NA') as relationship_description
        from metrics left join linked on metrics.indicator_id = linked.parent
        order by metric_id, child_metric_id
    """
