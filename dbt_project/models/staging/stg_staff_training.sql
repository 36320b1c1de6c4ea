with source as (
    select * from {{ source('raw', 'staff_training') }}
),

typed as (
    select
        edition_id,
        upper(trim(submitter_org_id)) as submitter_org_id,
        edition_period_start as period_start,
        edition_period_end as period_end,
        source_row_number,
        upper(trim(org_code)) as org_code,
        {{ parse_date('substr(trim(month), 1, 10)', ['%Y-%m-%d']) }} as month,
        nullif(lower(trim(course)), '') as course,
        cast(try_cast(trim(completed_n) as double) as bigint) as completed_n,
        cast(try_cast(trim(eligible_n) as double) as bigint) as eligible_n
    from source
),

newest_first as (
    select
        *,
        row_number() over (
            partition by submitter_org_id, org_code, month, course
            order by
                period_end desc nulls last,
                edition_id desc nulls last,
                source_row_number desc nulls last
        ) as nth
    from typed
)

select
    edition_id,
    submitter_org_id,
    period_start,
    period_end,
    org_code,
    month,
    course,
    completed_n,
    eligible_n
from newest_first
where nth = 1
