with source as (
    select * from {{ source('raw', 'phb_counts') }}
),

-- Counts run from 1 April: the fourth quarter ends in the next calendar year.
renamed as (
    select
        edition_id,
        make_date(cast(substr(trim(period_fy), 1, 4) as integer), 4, 1) as period_start,
        edition_period_end as period_end,
        cast(trim(quarter) as integer) as financial_quarter,
        upper(trim(org_code)) as org_code,
        lower(trim(org_level)) as org_level,
        lower(trim(measure)) as measure,
        -- The publisher writes * for a count it hides, whatever state stands beside it.
        cast(try_cast(value as double) as bigint) as value,
        case
            when trim(value) = '*' then 'suppressed_source'
            else lower(trim(value_state))
        end as published_state
    from source
),

stated as (
    select
        *,
        case
            when published_state not in ('reported', 'zero') then published_state
            when value is null then 'not_available'
            when value = 0 then 'zero'
            else 'reported'
        end as value_state
    from renamed
)

select
    edition_id,
    period_start,
    period_end,
    financial_quarter,
    org_code,
    org_level,
    measure,
    case when value_state in ('reported', 'zero') then value end as value,
    value_state
from stated
