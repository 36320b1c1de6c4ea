-- The share of the published denominator. Counts from practice systems have no number of care-home
-- residents, so they make no series here.
with measures as (
    select
        practice_code,
        service_start,
        achievement_date,
        make_date(
            cast(extract(year from achievement_date) as integer),
            cast(extract(month from achievement_date) as integer),
            1
        ) as month_start,
        'ncdes_ytd' as series_id,
        max(case when measure = 'numerator' then value end) as people_with_plan,
        max(case when measure = 'denominator' then value end) as residents,
        max(case when value_state = 'suppressed_source' then 1 else 0 end) = 1 as is_suppressed,
        max(edition_id) as edition_ids
    from {{ ref('stg_ncdes_counts') }}
    where
        measure_concept = 'carehome_pcsp'
        and measure in ('numerator', 'denominator')
    group by practice_code, service_start, achievement_date
),

{{ missing_months('measures') }},

stated as (
    select
        practice_code,
        service_start,
        achievement_date,
        people_with_plan,
        residents,
        case
            when is_suppressed then 'suppressed_source'
            when residents = 0 then 'not_applicable'
            when people_with_plan is null or residents is null then 'not_available'
            when people_with_plan > residents then 'cannot_calculate'
            when people_with_plan = 0 then 'zero'
            else 'reported'
        end as value_state,
        edition_ids
    from measures
    union all
    select
        practice_code,
        {{ financial_year_start('month_start') }} as service_start,
        cast(
            cast(month_start + interval '1' month as date) - interval '1' day as date
        ) as achievement_date,
        cast(null as bigint) as people_with_plan,
        cast(null as bigint) as residents,
        'not_available' as value_state,
        edition_ids
    from missing_months
)

select
    {{ indicator_columns(
        'PC-PCSP-06',
        area_code='practice_code',
        area_type="'practice'",
        period_start='service_start',
        period_end='achievement_date',
        series_id="'ncdes_ytd'",
        numerator='people_with_plan',
        denominator='residents',
        value_state='value_state',
        value_reason="case value_state
        when 'suppressed_source' then 'the publisher suppressed the count'
        when 'not_applicable' then 'the practice has no care-home residents'
        when 'not_available' then 'the source has no count for this month'
        when 'cannot_calculate' then 'more people are counted than there are residents'
    end",
        edition_ids='edition_ids'
    ) }}
from stated
