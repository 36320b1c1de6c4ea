-- Practices with referrals to social prescribing by fifth from the most to the least deprived of
-- their board, region and England, in financial years.
with referrals as (
    select
        series_id,
        -- People counted since 1 April, or referrals of a month.
        indicator_id = 'PC-SP-01' as is_cumulative,
        area_code as practice_code,
        period_end,
        make_date(
            cast(extract(year from period_end) as integer)
            + case when extract(month from period_end) >= 4 then 1 else 0 end,
            3,
            31
        ) as year_end,
        numerator,
        denominator,
        value_state in ('reported', 'zero') and numerator >= 0 and denominator > 0 as is_counted,
        edition_ids
    from {{ ref('int_indicator_inputs') }}
    where
        area_type = 'practice'
        and category_type = 'all'
        and (
            (indicator_id = 'PC-SP-01' and series_id in ('ncdes_ytd', 'pcact_patients_ytd'))
            or (indicator_id = 'PC-SP-02' and series_id = 'sp_referrals')
        )
),

years as (
    select
        series_id,
        year_end,
        max(period_end) as last_period_end,
        count(distinct period_end) as months,
        case
            when max(period_end) < year_end then true
            when max(case when is_cumulative then 1 else 0 end) = 1 then false
            else count(distinct period_end) < 12
        end as is_incomplete
    from referrals
    group by series_id, year_end
),

-- Registration is counted in the months that the figures are of, so that practices with and without
-- all of those months are comparable. No rate is stretched to a year that has not been counted.
practice_years as (
    select
        referrals.series_id,
        referrals.year_end,
        referrals.practice_code,
        cast(sum(case when referrals.is_counted then referrals.numerator end) as decimal(38, 12))
            as numerator,
        cast(
            sum(
                case
                    when referrals.is_counted
                        then
                            referrals.denominator
                            * case when referrals.is_cumulative then years.months else 1 end
                end
            ) as decimal(38, 12)
        ) as person_months,
        {{ joined_distinct_members('referrals.edition_ids') }} as edition_ids
    from referrals
    inner join years
        on
            referrals.series_id = years.series_id
            and referrals.year_end = years.year_end
            and (not referrals.is_cumulative or referrals.period_end = years.last_period_end)
    group by referrals.series_id, referrals.year_end, referrals.practice_code
),

deprivation as (
    select
        practice_code,
        deprivation_score,
        edition_ids
    from {{ ref('int_practice_deprivation') }}
    where is_current
),

-- Every practice with a list in the last month counted, wherever it was at the end of it.
members as (
    select
        years.series_id,
        years.year_end,
        years.last_period_end,
        years.months,
        years.is_incomplete,
        parents.hierarchy_basis,
        parents.parent_type as area_type,
        parents.parent_code as area_code,
        list_sizes.practice_code,
        list_sizes.registered_patients,
        -- Under 100 people count in the area's, and in no fifth.
        case
            when not {{ is_residual_list('list_sizes.registered_patients') }}
                then deprivation.deprivation_score
        end as deprivation_score,
        deprivation.edition_ids as deprivation_edition_ids
    from years
    inner join {{ ref('int_practice_list_sizes') }} as list_sizes
        on
            list_sizes.month_start = make_date(
                cast(extract(year from years.last_period_end) as integer),
                cast(extract(month from years.last_period_end) as integer),
                1
            )
    inner join {{ ref('int_practice_parents') }} as parents
        on
            list_sizes.practice_code = parents.practice_code
            and years.last_period_end >= parents.from_date
            and years.last_period_end <= parents.to_date
    left join deprivation on list_sizes.practice_code = deprivation.practice_code
    where
        parents.parent_type in ('icb', 'region', 'england')
        and list_sizes.registered_patients > 0
),

ranked as (
    select
        *,
        -- Practices without a score come last and are no part of the count.
        rank() over (
            partition by series_id, year_end, hierarchy_basis, area_type, area_code
            order by deprivation_score desc nulls last
        ) as deprivation_rank,
        count(deprivation_score) over (
            partition by series_id, year_end, hierarchy_basis, area_type, area_code
        ) as scored_practices,
        cast(
            sum(registered_patients) over (
                partition by series_id, year_end, hierarchy_basis, area_type, area_code
            ) as bigint
        ) as area_patients
    from members
),

banded as (
    select
        ranked.*,
        practice_years.numerator,
        practice_years.person_months,
        practice_years.edition_ids,
        case
            when ranked.deprivation_score is not null
                then {{ quantile_band('ranked.deprivation_rank', 'ranked.scored_practices', 5) }}
        end as deprivation_quintile
    from ranked
    left join practice_years
        on
            ranked.series_id = practice_years.series_id
            and ranked.year_end = practice_years.year_end
            and ranked.practice_code = practice_years.practice_code
)

select
    -- A year of monthly referrals is counted from April on, as far as it has come: months beside
    -- years in one series would make every trend wrong.
    case when series_id like '%_ytd' then series_id else series_id || '_ytd' end as series_id,
    make_date(cast(extract(year from year_end) as integer) - 1, 4, 1) as year_start,
    last_period_end as period_end,
    months,
    is_incomplete,
    hierarchy_basis,
    area_type,
    area_code,
    area_patients,
    practice_code,
    registered_patients,
    numerator,
    person_months,
    cast(deprivation_quintile as integer) as deprivation_quintile,
    edition_ids,
    deprivation_edition_ids
from banded
where deprivation_quintile is not null and person_months > 0
