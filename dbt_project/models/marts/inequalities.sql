-- Fifths of deprivation and ethnic groups, each with the index that sums the area up beside it.
-- Local counts of people stand as disclosure control released them, shares, rates and indices are
-- made of these alone (DOMAIN 0.2 ruling 2).
{%- set keys = [
    'indicator_id', 'area_code', 'area_type', 'hierarchy_basis', 'period_start', 'period_end',
    'series_id',
] %}
{%- set keys_of_set = keys | join(', ') %}
with referral_rows as (
    select
        {{ keys | join(',\n        ') }},
        'deprivation_quintile' as category_type,
        cast(deprivation_quintile as string) as category,
        cast(practices as bigint) as practices,
        population,
        numerator,
        denominator,
        value,
        {{ rate_lower('numerator', 'denominator', 1000, 0.95) }} as lower_95,
        {{ rate_upper('numerator', 'denominator', 1000, 0.95) }} as upper_95,
        'per_1000' as unit,
        case
            when is_withheld then 'suppressed'
            when numerator = 0 then 'zero'
            else 'reported'
        end as value_state,
        case when is_withheld then 'too few people in a fifth, or what would give them away' end
            as value_reason
    from {{ ref('int_released_referral_quintiles') }}
),

plan_bases as (
    select
        *,
        value * (1e0 - value) / nullif(standard_error * standard_error, 0e0) as effective_base
    from {{ ref('int_plan_coverage_quintiles') }}
),

plan_counts as (
    select
        *,
        value * effective_base as effective_numerator
    from plan_bases
),

plan_rows as (
    select
        {{ keys | join(',\n        ') }},
        'deprivation_quintile' as category_type,
        cast(deprivation_quintile as string) as category,
        cast(practices as bigint) as practices,
        population,
        cast(numerator as double) as numerator,
        denominator,
        value,
        {{ wilson_lower('effective_numerator', 'effective_base', 0.95) }} as lower_95,
        {{ wilson_upper('effective_numerator', 'effective_base', 0.95) }} as upper_95,
        'proportion' as unit,
        case when value = 0 then 'zero' else 'reported' end as value_state,
        cast(null as string) as value_reason
    from plan_counts
),

groups_stated as (
    select
        *,
        10 * stated_counted >= 7 * total_counted as is_stated_enough
    from {{ ref('int_released_representation_groups') }}
),

groups_shown as (
    select
        *,
        case when is_stated_enough then cast(counted as double) end as shown_count,
        case when is_stated_enough then cast(total_shown as double) end as shown_total
    from groups_stated
),

group_rows as (
    select
        {{ keys | join(',\n        ') }},
        'ethnic_group' as category_type,
        ethnic_group as category,
        cast(null as bigint) as practices,
        cast(registered_people as double) as population,
        shown_count as numerator,
        shown_total as denominator,
        {{ ratio('shown_count', 'shown_total') }} as value,
        cast(null as double) as lower_95,
        cast(null as double) as upper_95,
        'proportion' as unit,
        case
            when not is_stated_enough then 'cannot_calculate'
            when is_withheld then 'suppressed'
            else 'reported'
        end as value_state,
        case
            when not is_stated_enough then 'the ethnic group is stated for fewer than 70 %'
            when is_withheld then 'too few people in the group to show it'
        end as value_reason
    from groups_shown
),

every_row as (
    select * from referral_rows
    union all
    select * from plan_rows
    union all
    select * from group_rows
),

shared as (
    select
        *,
        population
        / nullif(sum(population) over (partition by {{ keys_of_set }}, category_type), 0e0)
            as population_share
    from every_row
),

indices as (
    select
        {{ keys | join(',\n        ') }},
        coverage,
        {%- for column in ['sii', 'sii_lower_95', 'sii_upper_95'] %}
        -- Slopes of proportions are read in percentage points.
        case indicator_id when 'PC-INQ-02' then 100e0 else 1e0 end * {{ column }} as {{ column }},
        {%- endfor %}
        rii,
        rii_lower_95,
        rii_upper_95,
        cast(null as double) as similarity_index,
        cast(null as double) as chance_index_mean,
        cast(null as double) as chance_index_lower_95,
        cast(null as double) as chance_index_upper_95,
        value_state,
        value_reason,
        dq_flags,
        edition_ids
    from {{ ref('int_inequality_slopes') }}
    union all
    select
        {{ keys | join(',\n        ') }},
        cast(null as double) as coverage,
        cast(null as double) as sii,
        cast(null as double) as sii_lower_95,
        cast(null as double) as sii_upper_95,
        cast(null as double) as rii,
        cast(null as double) as rii_lower_95,
        cast(null as double) as rii_upper_95,
        similarity_index,
        chance_index_mean,
        chance_index_lower_95,
        chance_index_upper_95,
        value_state,
        value_reason,
        dq_flags,
        edition_ids
    from {{ ref('int_representation_indices') }}
)

select
    {%- for key in keys %}
    shared.{{ key }},
    {%- endfor %}
    shared.category_type,
    shared.category,
    shared.practices,
    shared.population,
    shared.population_share,
    shared.numerator,
    shared.denominator,
    shared.value,
    shared.lower_95,
    shared.upper_95,
    shared.unit,
    case
        when shared.category_type = 'ethnic_group'
            then {{ ratio('shared.value', 'shared.population_share') }}
    end as representation_ratio,
    shared.value_state,
    shared.value_reason,
    indices.sii,
    indices.sii_lower_95,
    indices.sii_upper_95,
    case shared.indicator_id
        when 'PC-INQ-01' then 'per_1000'
        when 'PC-INQ-02' then 'percentage_points'
    end as sii_unit,
    indices.rii,
    indices.rii_lower_95,
    indices.rii_upper_95,
    indices.similarity_index,
    indices.chance_index_mean,
    indices.chance_index_lower_95,
    indices.chance_index_upper_95,
    indices.value_state as index_state,
    indices.value_reason as index_reason,
    indices.coverage,
    indices.dq_flags,
    shared.indicator_id || '|' || indices.edition_ids as lineage_id
from shared
inner join indices
    on
        shared.indicator_id = indices.indicator_id
        {%- for key in keys[1:] %}
        and shared.{{ key }} = indices.{{ key }}
        {%- endfor %}
