-- Practices of the boards in which a champion programme works, at the end of each quarter, each
-- beside the practices that are most like it and have no programme. Who those are is said, not what
-- follows: practices chose to take part.
with months as (
    select
        *,
        {{ first_of_quarter('month_end') }} as period_start,
        {{ last_of_quarter('month_end') }} as period_end
    from {{ ref('int_champion_practice_months') }}
),

sums as (
    select
        practice_code,
        period_start,
        period_end,
        count(case when has_sessions_of_month then 1 end) as months_covered,
        cast(sum(sessions) as bigint) as sessions,
        cast(sum(champion_hours) as decimal(28, 2)) as champion_hours,
        {{ joined_distinct_members('edition_ids') }} as edition_ids
    from months
    group by practice_code, period_start, period_end
),

deprivation as (
    select
        practice_code,
        deprivation_quintile as imd_quintile,
        edition_ids
    from {{ ref('int_practice_deprivation') }}
    where is_current
),

at_end as (
    select
        months.practice_code,
        months.icb_code,
        months.period_start,
        months.period_end,
        months.is_in_programme,
        months.is_active_programme,
        months.registered_patients,
        deprivation.imd_quintile,
        deprivation.edition_ids as deprivation_edition_ids,
        months.list_size_edition_ids,
        {{ is_residual_list('months.registered_patients') }} as is_residual,
        ntile(3) over (
            partition by
                months.icb_code, months.period_end,
                {{ is_residual_list('months.registered_patients') }}
            order by months.registered_patients asc nulls last, months.practice_code asc nulls last
        ) as list_size_tertile
    from months
    left join deprivation on months.practice_code = deprivation.practice_code
    where
        months.month_end = months.period_end
        and months.icb_code is not null
        and months.registered_patients is not null
),

grouped as (
    select
        *,
        case
            when imd_quintile is not null and not is_residual
                then
                    icb_code || '/' || cast(imd_quintile as string) || '/'
                    || cast(list_size_tertile as string)
        end as comparison_group
    from at_end
),

comparisons as (
    select
        comparison_group,
        period_end,
        count(*) as comparison_practices,
        cast(sum(registered_patients) as bigint) as comparison_registered_patients
    from grouped
    where not is_in_programme and comparison_group is not null
    group by comparison_group, period_end
),

-- People as disclosure control released them, not as counted.
champions as (
    select
        area_code as practice_code,
        period_end,
        numerator,
        value_state
    from {{ ref('int_released_inputs') }}
    where indicator_id = 'CP-E3-02' and area_type = 'practice'
),

attendances as (
    select
        area_code as practice_code,
        {{ last_of_quarter('period_end') }} as period_end,
        cast(sum(numerator) as bigint) as attendances,
        max(case when value_state = 'suppressed' then 1 else 0 end) = 1 as is_suppressed
    from {{ ref('int_released_inputs') }}
    where indicator_id = 'CP-E3-04' and area_type = 'practice'
    group by area_code, {{ last_of_quarter('period_end') }}
)

select
    grouped.practice_code,
    grouped.icb_code,
    grouped.is_in_programme,
    -- Three champions make a programme active: beside a withheld number it would say how many.
    case
        when coalesce(champions.value_state, '') <> 'suppressed' then grouped.is_active_programme
    end as is_active_programme,
    cast(champions.numerator as bigint) as active_champions,
    case
        when not grouped.is_in_programme then 'not_applicable'
        else coalesce(champions.value_state, 'not_available')
    end as active_champions_state,
    sums.sessions,
    sums.champion_hours,
    case when not attendances.is_suppressed then attendances.attendances end as attendances,
    case
        when not grouped.is_in_programme then 'not_applicable'
        when attendances.is_suppressed then 'suppressed'
        when attendances.attendances is null then 'not_available'
        when attendances.attendances = 0 then 'zero'
        else 'reported'
    end as attendances_state,
    cast(sums.months_covered as integer) as months_covered,
    grouped.registered_patients,
    cast(grouped.imd_quintile as integer) as imd_quintile,
    case when not grouped.is_residual then cast(grouped.list_size_tertile as integer) end
        as list_size_tertile,
    grouped.comparison_group,
    case
        when grouped.comparison_group is not null
            then coalesce(comparisons.comparison_practices, 0)
    end as comparison_practices,
    comparisons.comparison_registered_patients,
    'not a causal comparison: practices chose to take part' as warning,
    grouped.period_start,
    grouped.period_end,
    'champion_programmes|' || sums.edition_ids
    || coalesce(',' || grouped.list_size_edition_ids, '')
    || coalesce(',' || grouped.deprivation_edition_ids, '') as lineage_id
from grouped
inner join sums
    on
        grouped.practice_code = sums.practice_code
        and grouped.period_end = sums.period_end
left join champions
    on
        grouped.practice_code = champions.practice_code
        and grouped.period_end = champions.period_end
left join attendances
    on
        grouped.practice_code = attendances.practice_code
        and grouped.period_end = attendances.period_end
left join comparisons
    on
        grouped.comparison_group = comparisons.comparison_group
        and grouped.period_end = comparisons.period_end
