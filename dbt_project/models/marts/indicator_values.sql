{%- set level = 'indicator_id, area_type, hierarchy_basis, series_id, category_type, category' %}
{%- set series = level ~ ', area_code, part_of_year' %}
{%- set field = level ~ ', period_start, period_end, is_residual' %}
with measured as (
    select
        *,
        -- Windows that overlap follow on the same window a year before, all others on the last.
        case when overlaps_previous then extract(month from period_end) else 0 end as part_of_year
    from {{ ref('int_values') }}
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
    from measured
    where area_type = 'england' and has_benchmark
),

compared as (
    select
        measured.*,
        {{ is_residual_list('list_sizes.registered_patients') }} as is_residual,
        england.benchmark_value,
        case
            when measured.compares_on_recomputed then measured.recomputed_lower_95
            else measured.lower_95
        end as comparison_lower_95,
        case
            when measured.compares_on_recomputed then measured.recomputed_upper_95
            else measured.upper_95
        end as comparison_upper_95
    from measured
    left join england
        on
            measured.indicator_id = england.indicator_id
            and measured.period_start = england.period_start
            and measured.period_end = england.period_end
            and measured.series_id = england.series_id
            and measured.category_type = england.category_type
            and measured.category = england.category
            -- England is never compared with itself.
            and measured.area_type <> 'england'
    left join {{ ref('int_practice_list_sizes') }} as list_sizes
        on
            measured.area_type = 'practice'
            and measured.area_code = list_sizes.practice_code
            and list_sizes.month_start = {{ first_of_month('measured.period_end') }}
),

-- Practices that are not ranked are a field of their own, which has no bands.
ranked as (
    select
        *,
        {%- for column in ['value', 'comparison_lower_95', 'comparison_upper_95'] %}
        lag({{ column }}) over (
            partition by {{ series }} order by period_end asc nulls first
        ) as previous_{{ column }},
        {%- endfor %}
        rank() over (partition by {{ field }} order by value desc nulls last) as value_rank,
        count(value) over (partition by {{ field }}) as areas_with_value,
        count(*) over (partition by {{ field }}) as areas_in_field
    from compared
)

select
    ranked.indicator_id,
    ranked.area_code,
    ranked.area_type,
    ranked.hierarchy_basis,
    case ranked.hierarchy_basis
        when 'as_is' then hierarchy.hierarchy_version
        when 'as_was' then ranked.period_end
    end as hierarchy_version,
    ranked.period_start,
    ranked.period_end,
    ranked.series_id,
    'all' as sex,
    case when ranked.limits_kind = 'survey' then '16+' else 'all' end as age,
    ranked.category_type,
    ranked.category,
    -- Parts of a value that must not be shown would give the value away.
    case
        when ranked.value_state in ('reported', 'zero', 'cannot_calculate')
            then cast(ranked.numerator as double)
    end as numerator,
    case
        when ranked.value_state in ('reported', 'zero', 'cannot_calculate')
            then cast(ranked.denominator as double)
    end as denominator,
    case
        when ranked.value_state in ('reported', 'zero', 'cannot_calculate')
            then ranked.unweighted_base
    end as unweighted_base,
    ranked.value,
    ranked.unit,
    ranked.multiplier,
    ranked.lower_95,
    ranked.upper_95,
    ranked.lower_998,
    ranked.upper_998,
    case when ranked.area_type = 'practice' then ranked.recomputed_lower_95 end
        as lower_95_recomputed,
    case when ranked.area_type = 'practice' then ranked.recomputed_upper_95 end
        as upper_95_recomputed,
    ranked.ci_basis,
    ranked.method,
    ranked.benchmark_value,
    {{ compare_with_benchmark(
        'ranked.comparison_lower_95', 'ranked.comparison_upper_95',
        'ranked.benchmark_value', 'ranked.polarity'
    ) }} as comparison_95,
    {{ compare_with_benchmark(
        'ranked.lower_998', 'ranked.upper_998', 'ranked.benchmark_value', 'ranked.polarity'
    ) }} as comparison_998,
    case
        -- Bands need a field that is nearly whole and large enough to be cut in five.
        when
            ranked.value is not null
            and ranked.has_benchmark
            and ranked.value_state <> 'zero'
            and not ranked.is_residual
            and ranked.areas_with_value >= 20
            and ranked.areas_with_value >= 0.9 * ranked.areas_in_field
            then cast({{ quantile_band(
                'ranked.value_rank', 'ranked.areas_with_value', 5
            ) }} as integer)
    end as quantile,
    ranked.value - ranked.previous_value as change_since_previous,
    {{ difference_lower(
        'ranked.value', 'ranked.comparison_lower_95',
        'ranked.previous_value', 'ranked.previous_comparison_upper_95'
    ) }} as change_lower_95,
    {{ difference_upper(
        'ranked.value', 'ranked.comparison_upper_95',
        'ranked.previous_value', 'ranked.previous_comparison_lower_95'
    ) }} as change_upper_95,
    case
        when ranked.value is null then cast(null as string)
        when ranked.cadence <> 'annual' then 'not assessed'
        else coalesce(trends.trend, 'cannot be calculated')
    end as trend,
    ranked.coverage,
    ranked.value_state,
    ranked.value_reason,
    ranked.disclosure_class,
    nullif(
        trim(
            both ',' from
            coalesce(ranked.dq_flags, '')
            || case when ranked.is_residual then ',residual_list' else '' end
            || case
                when ranked.compares_on_recomputed and ranked.value is not null
                    then ',comparison_on_recomputed_limits'
                else ''
            end
        ),
        ''
    ) as dq_flags,
    case
        when ranked.edition_ids is not null then ranked.indicator_id || '|' || ranked.edition_ids
    end as lineage_id
from ranked
left join {{ ref('int_value_trends') }} as trends
    on
        ranked.indicator_id = trends.indicator_id
        and ranked.area_type = trends.area_type
        and ranked.area_code = trends.area_code
        and ranked.hierarchy_basis = trends.hierarchy_basis
        and ranked.series_id = trends.series_id
        and ranked.category_type = trends.category_type
        and ranked.category = trends.category
        and ranked.period_end = trends.period_end
cross join {{ ref('int_hierarchy_version') }} as hierarchy
