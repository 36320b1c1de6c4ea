-- Referrals to social prescribing by fifth of practices from the most to the least deprived, in
-- financial years. Each series of referrals stays by itself: people referred in the year so far
-- and referrals received are different things.
with practices as (
    select * from {{ ref('int_referral_practices') }}
),

summed as (
    select
        area_code,
        area_type,
        hierarchy_basis,
        year_start,
        period_end,
        series_id,
        deprivation_quintile,
        is_incomplete,
        area_patients,
        count(*) as practices,
        cast(sum(registered_patients) as bigint) as counted_patients,
        cast(sum(numerator) as decimal(38, 12)) as numerator,
        cast(sum(person_months) as double) / nullif(cast(months as double), 0e0) as denominator,
        {{ joined_distinct_members('edition_ids') }}
        || ','
        || {{ joined_distinct_members('deprivation_edition_ids') }} as edition_ids
    from practices
    group by
        area_code, area_type, hierarchy_basis, year_start, period_end, months, series_id,
        deprivation_quintile, is_incomplete, area_patients
)

select
    'PC-INQ-01' as indicator_id,
    area_code,
    area_type,
    hierarchy_basis,
    year_start as period_start,
    period_end,
    series_id,
    deprivation_quintile,
    practices,
    denominator as population,
    numerator,
    denominator,
    1000e0 * cast(numerator as double) / nullif(denominator, 0e0) as value,
    1000e0 * sqrt(cast(numerator as double)) / nullif(denominator, 0e0) as standard_error,
    cast(sum(counted_patients) over (
        partition by area_code, area_type, hierarchy_basis, period_end, series_id
    ) as double) / nullif(cast(area_patients as double), 0e0) as coverage,
    case when is_incomplete then 'incomplete_period' end as dq_flags,
    edition_ids
from summed
