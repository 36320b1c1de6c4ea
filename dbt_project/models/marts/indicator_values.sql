with inputs as (
    select * from {{ ref('int_placed_inputs') }}
),

catalogue as (
    select * from {{ ref('int_indicator_catalogue') }}
),

described as (
    select
        inputs.*,
        catalogue.unit,
        catalogue.multiplier,
        catalogue.polarity,
        catalogue.method,
        catalogue.disclosure_class,
        catalogue.minimum_base
    from inputs
    inner join catalogue
        on
            inputs.indicator_id = catalogue.indicator_id
            and ', ' || catalogue.grains || ', ' like '%, ' || inputs.area_type || ', %'
),

stated as (
    select
        *,
        case
            when value_state in ('reported', 'zero') and unweighted_base < minimum_base
                then 'below_min_base'
            else value_state
        end as final_state,
        case
            when value_state in ('reported', 'zero') and unweighted_base < minimum_base
                then
                    'fewer than ' || cast(minimum_base as string)
                    || ' people answered; too few to show'
            else value_reason
        end as final_reason
    from described
),

valued as (
    select
        *,
        case
            when final_state in ('reported', 'zero')
                then coalesce(
                    published_value,
                    {{ ratio('numerator', 'denominator') }} * multiplier
                )
        end as value
    from stated
),

limited as (
    select
        *,
        case when method like 'survey_%' then value * effective_base end as effective_numerator,
        case when method like 'survey_%' and value is not null then effective_base end
            as effective_denominator
    from valued
),

recomputed as (
    select
        *,
        {{ wilson_lower('effective_numerator', 'effective_denominator', 0.95) }}
            as computed_lower_95,
        {{ wilson_upper('effective_numerator', 'effective_denominator', 0.95) }}
            as computed_upper_95,
        {{ wilson_lower('effective_numerator', 'effective_denominator', 0.998) }} as lower_998,
        {{ wilson_upper('effective_numerator', 'effective_denominator', 0.998) }} as upper_998
    from limited
),

-- Printed limits are the headline; where the publisher printed none, those from the recovered
-- effective base stand in, and say so.
headlined as (
    select
        *,
        case when value is not null then coalesce(published_lower_95, computed_lower_95) end
            as lower_95,
        case when value is not null then coalesce(published_upper_95, computed_upper_95) end
            as upper_95,
        case
            when value is null or coalesce(published_lower_95, computed_lower_95) is null
                then 'none'
            when published_lower_95 is not null then 'printed'
            else 'recomputed'
        end as ci_basis,
        area_type = 'practice' and method like 'survey_%' and not is_printed_plausible
            as compares_on_recomputed
    from recomputed
),

england as (
    select
        indicator_id,
        period_start,
        period_end,
        series_id,
        category_type,
        category,
        value as benchmark_value
    from headlined
    where area_type = 'england'
),

compared as (
    select
        headlined.*,
        england.benchmark_value,
        case
            when headlined.compares_on_recomputed then headlined.computed_lower_95
            else headlined.lower_95
        end as comparison_lower_95,
        case
            when headlined.compares_on_recomputed then headlined.computed_upper_95
            else headlined.upper_95
        end as comparison_upper_95,
        rank() over (
            partition by
                headlined.indicator_id, headlined.area_type, headlined.hierarchy_basis,
                headlined.period_end, headlined.series_id, headlined.category
            order by headlined.value desc nulls last
        ) as value_rank,
        count(headlined.value) over (
            partition by
                headlined.indicator_id, headlined.area_type, headlined.hierarchy_basis,
                headlined.period_end, headlined.series_id, headlined.category
        ) as areas_with_value,
        count(*) over (
            partition by
                headlined.indicator_id, headlined.area_type, headlined.hierarchy_basis,
                headlined.period_end, headlined.series_id, headlined.category
        ) as areas_in_field,
        lag(headlined.value) over (
            partition by
                headlined.indicator_id, headlined.area_type, headlined.area_code,
                headlined.hierarchy_basis, headlined.series_id, headlined.category
            order by headlined.period_end asc nulls first
        ) as previous_value,
        count(headlined.value) over (
            partition by
                headlined.indicator_id, headlined.area_type, headlined.area_code,
                headlined.hierarchy_basis, headlined.series_id, headlined.category
            order by headlined.period_end asc nulls first
            rows between unbounded preceding and current row
        ) as periods_so_far
    from headlined
    left join england
        on
            headlined.indicator_id = england.indicator_id
            and headlined.period_start = england.period_start
            and headlined.period_end = england.period_end
            and headlined.series_id = england.series_id
            and headlined.category_type = england.category_type
            and headlined.category = england.category
            -- England is never compared with itself.
            and headlined.area_type <> 'england'
)

select
    compared.indicator_id,
    compared.area_code,
    compared.area_type,
    compared.hierarchy_basis,
    case compared.hierarchy_basis
        when 'as_is' then hierarchy.hierarchy_version
        when 'as_was' then compared.period_end
    end as hierarchy_version,
    compared.period_start,
    compared.period_end,
    compared.series_id,
    'all' as sex,
    case when compared.method like 'survey_%' then '16+' else 'all' end as age,
    compared.category_type,
    compared.category,
    -- Parts of a value that must not be shown would give the value away.
    case
        when compared.final_state in ('reported', 'zero', 'cannot_calculate')
            then cast(compared.numerator as double)
    end as numerator,
    case
        when compared.final_state in ('reported', 'zero', 'cannot_calculate')
            then cast(compared.denominator as double)
    end as denominator,
    compared.unweighted_base,
    compared.value,
    compared.unit,
    compared.multiplier,
    compared.lower_95,
    compared.upper_95,
    compared.lower_998,
    compared.upper_998,
    case when compared.area_type = 'practice' then compared.computed_lower_95 end
        as lower_95_recomputed,
    case when compared.area_type = 'practice' then compared.computed_upper_95 end
        as upper_95_recomputed,
    compared.ci_basis,
    compared.method,
    compared.benchmark_value,
    {{ compare_with_benchmark(
        'compared.comparison_lower_95', 'compared.comparison_upper_95',
        'compared.benchmark_value', 'compared.polarity'
    ) }} as comparison_95,
    {{ compare_with_benchmark(
        'compared.lower_998', 'compared.upper_998', 'compared.benchmark_value',
        'compared.polarity'
    ) }} as comparison_998,
    case
        -- Bands need a field that is nearly whole and large enough to be cut in five.
        when
            compared.value is not null
            and compared.final_state <> 'zero'
            and compared.areas_with_value >= 20
            and compared.areas_with_value >= 0.9 * compared.areas_in_field
            then cast({{ quantile_band(
                'compared.value_rank', 'compared.areas_with_value', 5
            ) }} as integer)
    end as quantile,
    compared.value - compared.previous_value as change_since_previous,
    case
        when compared.value is null then cast(null as string)
        when compared.periods_so_far < 5
            then
                'too few periods (' || cast(compared.periods_so_far as string) || ' of 5)'
        else 'not assessed'
    end as trend,
    compared.coverage,
    compared.final_state as value_state,
    compared.final_reason as value_reason,
    compared.disclosure_class,
    nullif(
        coalesce(compared.dq_flags, '')
        || case
            when
                compared.compares_on_recomputed
                and compared.value is not null
                then
                    case when compared.dq_flags is not null then ',' else '' end
                    || 'comparison_on_recomputed_limits'
            else ''
        end,
        ''
    ) as dq_flags,
    case
        when compared.edition_ids is not null
            then compared.indicator_id || '|' || compared.edition_ids
    end as lineage_id
from compared
cross join {{ ref('int_hierarchy_version') }} as hierarchy
