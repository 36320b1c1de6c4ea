{#
    Months that a practice has no count for between two that it has: said, so that nobody takes
    the blank for a zero. The CTEs that end in missing_months.

    counts: CTE with practice_code, month_start, series_id and edition_ids.
    Gaps of twelve months and more are a series that ended and began again.
#}
{% macro missing_months(counts) -%}
month_pairs as (
    select
        practice_code,
        month_start,
        series_id,
        edition_ids,
        lag(month_start) over (
            partition by practice_code, series_id order by month_start asc nulls first
        ) as previous_month_start
    from {{ counts }}
),

month_gaps as (
    select *
    from month_pairs
    where
        cast(month_start - interval '1' month as date) > previous_month_start
        and cast(month_start - interval '12' month as date) <= previous_month_start
),

missing_months as (
    {%- for months in range(1, 12) %}
    select
        practice_code,
        cast(month_start - interval '{{ months }}' month as date) as month_start,
        series_id,
        edition_ids
    from month_gaps
    where cast(month_start - interval '{{ months }}' month as date) > previous_month_start
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)
{%- endmacro %}
