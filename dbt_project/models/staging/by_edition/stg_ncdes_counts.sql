-- The last submission wins. A published figure has no day of submission and comes first: it was
-- made of the final submissions and has been through the publisher's suppression.
with submissions as (
    select *
    from {{ ref('stg_ncdes_submissions') }}
    {%- if is_incremental() %}
    {%- set changed = changed_editions('ncdes_counts') %}
    -- Months in which a row of a changed edition may win now, or won before.
    where achievement_date in (
        select achievement_date
        from {{ ref('stg_ncdes_submissions') }}
        where edition_id in ({{ changed }})
        union
        select achievement_date
        from {{ this }}
        where edition_id in ({{ changed }})
    )
    {%- endif %}
),

newest_first as (
    select
        *,
        row_number() over (
            partition by quality_service, practice_code, indicator_code, measure, achievement_date
            order by
                case when submitted_on is null then 0 else 1 end asc nulls last,
                submitted_on desc nulls last,
                submit_time desc nulls last,
                edition_period_end desc nulls last,
                edition_id desc nulls last,
                source_row_number desc nulls last
        ) as nth
    from submissions
)

select
    edition_id,
    quality_service,
    service_start,
    practice_code,
    is_unallocated,
    practice_name,
    achievement_date,
    indicator_code,
    measure_concept,
    measure_kind,
    measure,
    value,
    value_state,
    default_values_used,
    submitted_on
from newest_first
where nth = 1
