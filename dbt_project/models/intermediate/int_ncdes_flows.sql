-- Monthly flows from counts that grow from 1 April, by difference inside a service (DOMAIN 2.2.4).
with cumulative as (
    select counts.*
    from {{ ref('stg_ncdes_counts') }} as counts
    inner join {{ ref('ncdes_concordance') }} as concordance
        on counts.indicator_code = concordance.indicator_code
    where counts.measure = 'numerator' and concordance.numerator_kind = 'cumulative'
),

-- Before the first month of a service stands a zero on 31 March.
compared as (
    select
        *,
        cast(service_start - interval '1' day as date) as day_before_service,
        lag(achievement_date) over (
            partition by quality_service, practice_code, indicator_code
            order by achievement_date asc nulls last
        ) as previous_date,
        lag(value) over (
            partition by quality_service, practice_code, indicator_code
            order by achievement_date asc nulls last
        ) as previous_value,
        lag(value_state) over (
            partition by quality_service, practice_code, indicator_code
            order by achievement_date asc nulls last
        ) as previous_state,
        lag(edition_id) over (
            partition by quality_service, practice_code, indicator_code
            order by achievement_date asc nulls last
        ) as previous_edition_id
    from cumulative
),

spanned as (
    select
        *,
        12 * (
            extract(year from achievement_date)
            - extract(year from coalesce(previous_date, day_before_service))
        )
        + extract(month from achievement_date)
        - extract(month from coalesce(previous_date, day_before_service)) as span_months,
        case when previous_date is null then 0 else previous_value end as value_before
    from compared
),

flows as (
    select
        *,
        case when span_months = 1 then value - value_before end as flow
    from spanned
)

select
    quality_service,
    service_start,
    practice_code,
    measure_concept,
    indicator_code,
    make_date(
        cast(extract(year from achievement_date) as integer),
        cast(extract(month from achievement_date) as integer),
        1
    ) as period_start,
    achievement_date as period_end,
    value as cumulative_value,
    value_state as cumulative_state,
    cast(flow as bigint) as flow,
    cast(span_months as integer) as flow_span_months,
    case
        when value_state = 'suppressed_source' or previous_state = 'suppressed_source'
            then 'suppressed_source'
        when flow is null then 'not_available'
        when flow = 0 then 'zero'
        else 'reported'
    end as value_state,
    case
        when value_state = 'suppressed_source'
            then 'the publisher suppressed the count of this month'
        when previous_state = 'suppressed_source'
            then 'the publisher suppressed the count before this month'
        when value is null then 'the source has no count for this month'
        when span_months <> 1
            then
                'the count before is missing: the difference is of '
                || cast(cast(span_months as integer) as string)
                || ' months'
        when flow is null then 'the source has no count for the month before'
    end as value_reason,
    case when flow < 0 then 'negative_flow' end as dq_flags,
    -- 3 % of the count (DOMAIN 2.2.4), in whole numbers so that exactly 3 % stays in.
    coalesce(flow < 0 and -100 * flow > 3 * value, false) as is_excluded_from_spc,
    case
        when previous_edition_id is null or previous_edition_id = edition_id then edition_id
        else previous_edition_id || ',' || edition_id
    end as edition_ids
from flows
