-- Plan coverage by fifth of practices from the most to the least deprived: practices of a survey
-- added up by the people they stand for (DOMAIN section 5). An analyst estimate, not a figure of
-- the survey, and never a board's value.
with plans as (
    select
        area_code as practice_code,
        cast(extract(year from period_end) as integer) as survey_year,
        period_start,
        period_end,
        series_id,
        {{ ratio('numerator', 'denominator') }} as proportion,
        effective_base,
        -- Ten people answered at least, as for the value of the practice itself.
        value_state in ('reported', 'zero') and unweighted_base >= 10 and effective_base > 0
            as is_counted,
        edition_ids
    from {{ ref('int_indicator_inputs') }}
    where
        indicator_id = 'PC-PCSP-03'
        and area_type = 'practice'
        and category_type = 'all'
        and series_id = 'gpps_from_2024'
),

conditions as (
    select
        survey_year,
        area_code as practice_code,
        headline_proportion as proportion_with_condition
    from {{ ref('int_survey_questions') }}
    where
        question = 'healthconditionre'
        and area_type = 'practice'
        and headline_state in ('reported', 'zero')
),

deprivation as (
    select
        practice_code,
        deprivation_score,
        edition_ids
    from {{ ref('int_practice_deprivation') }}
    where is_current
),

members as (
    select
        plans.practice_code,
        plans.period_start,
        plans.period_end,
        plans.series_id,
        plans.proportion,
        plans.effective_base,
        coalesce(plans.is_counted and conditions.proportion_with_condition > 0, false)
            as is_counted,
        plans.edition_ids,
        parents.hierarchy_basis,
        parents.parent_type as area_type,
        parents.parent_code as area_code,
        eligible.eligible_people,
        -- People with a long-term condition, estimated.
        eligible.eligible_people * conditions.proportion_with_condition as people,
        -- Under 100 people count in the area's, and in no fifth.
        case
            when not {{ is_residual_list('list_sizes.registered_patients') }}
                then deprivation.deprivation_score
        end as deprivation_score,
        deprivation.edition_ids as deprivation_edition_ids
    from plans
    inner join {{ ref('stg_gpps_eligible_people') }} as eligible
        on
            plans.practice_code = eligible.practice_code
            and plans.survey_year = eligible.survey_year
    inner join {{ ref('int_practice_parents') }} as parents
        on
            plans.practice_code = parents.practice_code
            and plans.period_end >= parents.from_date
            and plans.period_end <= parents.to_date
    left join conditions
        on
            plans.practice_code = conditions.practice_code
            and plans.survey_year = conditions.survey_year
    left join deprivation on plans.practice_code = deprivation.practice_code
    left join {{ ref('int_practice_list_sizes') }} as list_sizes
        on
            plans.practice_code = list_sizes.practice_code
            and list_sizes.month_start = {{ first_of_month('plans.period_end') }}
    where
        parents.parent_type in ('icb', 'region', 'england')
        and eligible.eligible_people > 0
        -- Some practices of a partial file would pretend to be all of an area.
        and eligible.edition_coverage = 'whole'
),

ranked as (
    select
        *,
        -- Practices without a score come last and are no part of the count.
        rank() over (
            partition by series_id, period_end, hierarchy_basis, area_type, area_code
            order by deprivation_score desc nulls last
        ) as deprivation_rank,
        count(deprivation_score) over (
            partition by series_id, period_end, hierarchy_basis, area_type, area_code
        ) as scored_practices,
        sum(cast(eligible_people as decimal(38, 12))) over (
            partition by series_id, period_end, hierarchy_basis, area_type, area_code
        ) as area_people
    from members
),

banded as (
    select
        *,
        case
            when deprivation_score is not null
                then {{ quantile_band('deprivation_rank', 'scored_practices', 5) }}
        end as deprivation_quintile,
        people * people * proportion * (1e0 - proportion) / nullif(effective_base, 0e0)
            as variance_part
    from ranked
),

summed as (
    select
        area_code,
        area_type,
        hierarchy_basis,
        period_start,
        period_end,
        series_id,
        deprivation_quintile,
        area_people,
        count(*) as practices,
        sum(cast(eligible_people as decimal(38, 12))) as counted_people,
        cast(sum(cast(people * proportion as decimal(38, 12))) as double) as numerator,
        cast(sum(cast(people as decimal(38, 12))) as double) as denominator,
        cast(sum(cast(variance_part as decimal(38, 12))) as double) as variance_sum,
        {{ joined_distinct_members('edition_ids') }}
        || ','
        || {{ joined_distinct_members('deprivation_edition_ids') }} as edition_ids
    from banded
    where is_counted and deprivation_quintile is not null
    group by
        area_code, area_type, hierarchy_basis, period_start, period_end, series_id,
        deprivation_quintile, area_people
)

select
    'PC-INQ-02' as indicator_id,
    area_code,
    area_type,
    hierarchy_basis,
    period_start,
    period_end,
    series_id,
    deprivation_quintile,
    practices,
    denominator as population,
    cast(numerator as decimal(38, 12)) as numerator,
    denominator,
    numerator / nullif(denominator, 0e0) as value,
    sqrt(variance_sum) / nullif(denominator, 0e0) as standard_error,
    least(1e0, cast(sum(counted_people) over (
        partition by area_code, area_type, hierarchy_basis, period_end, series_id
    ) as double) / nullif(cast(area_people as double), 0e0)) as coverage,
    'analyst_estimate' as dq_flags,
    edition_ids
from summed
