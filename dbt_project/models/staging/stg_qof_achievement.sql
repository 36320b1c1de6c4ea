-- The counts of one indicator at one practice side by side. A measure without a row stays null.
with source as (
    select
        edition_id,
        edition_period_start as period_start,
        edition_period_end as period_end,
        upper(trim(practice_code)) as practice_code,
        upper(trim(indicator_code)) as indicator_code,
        upper(trim(measure)) as measure,
        cast(value as decimal(18, 6)) as value
    from {{ source('raw', 'qof_achievement') }}
)

select
    edition_id,
    period_start,
    period_end,
    practice_code,
    indicator_code,
    cast(max(case when measure = 'NUMERATOR' then value end) as bigint) as numerator,
    cast(max(case when measure = 'DENOMINATOR' then value end) as bigint) as denominator,
    cast(max(case when measure = 'PCAS' then value end) as bigint) as personalised_care_adjustments,
    cast(max(case when measure = 'REGISTER' then value end) as bigint) as people_on_register
from source
group by edition_id, period_start, period_end, practice_code, indicator_code
