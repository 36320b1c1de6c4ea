-- Sum, then divide: the figures of practices added up to every larger area, on the geography of the
-- period and on today's. Whether they are enough for a figure of the area is said one model later.
{%- set keys = [
    'indicator_id', 'parent_code', 'parent_type', 'parent_basis', 'period_start', 'period_end',
    'series_id', 'category_type', 'category',
] %}
with catalogue as (
    select
        indicator_id,
        ', ' || grains || ', ' as grains
    from {{ ref('int_indicator_catalogue') }}
    where rolls_up_from = 'practice'
),

practice_inputs as (
    select
        inputs.*,
        inputs.value_state in ('reported', 'zero') as is_counted,
        catalogue.grains
    from {{ ref('int_indicator_inputs') }} as inputs
    inner join catalogue on inputs.indicator_id = catalogue.indicator_id
    where inputs.area_type = 'practice'
),

placed as (
    select
        practice_inputs.*,
        parents.hierarchy_basis as parent_basis,
        parents.parent_type,
        parents.parent_code,
        parents.seen_from_date > practice_inputs.period_end as is_placed_later,
        cast(coalesce(weights.weight, 0) as bigint) as weight
    from practice_inputs
    inner join {{ ref('int_practice_parents') }} as parents
        on
            practice_inputs.area_code = parents.practice_code
            and practice_inputs.period_end >= parents.from_date
            and practice_inputs.period_end <= parents.to_date
    left join {{ ref('int_practice_weights') }} as weights
        on
            practice_inputs.area_code = weights.practice_code
            and practice_inputs.period_end = weights.period_end
    where contains(practice_inputs.grains, ', ' || parents.parent_type || ', ')
),

-- First, practices with the same remarks and editions are added up, so that few texts are left to
-- join: to join those of 28 million rows took most of the time and memory (England, 2026-11-29).
alike as (
    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        is_counted,
        dq_flags,
        edition_ids,
        {{ rolled_up_sums() }},
        count(case when is_counted then 1 end) as practices_counted,
        count(case when value_state = 'not_applicable' then 1 end) as practices_not_applicable,
        count(case when value_state = 'suppressed_source' then 1 end) as practices_suppressed,
        sum(case when is_counted or value_state = 'not_applicable' then weight else 0 end)
            as weight_covered,
        sum(case when value_state = 'suppressed_source' then weight else 0 end)
            as weight_suppressed,
        max(case when is_counted and is_placed_later then 1 else 0 end) as is_placed_later,
        min(case when not is_counted then value_reason end) as first_reason,
        max(case when not is_counted then value_reason end) as last_reason
    from placed
    group by
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        is_counted, dq_flags, edition_ids
)

select
    indicator_id,
    parent_code as area_code,
    parent_type as area_type,
    parent_basis as hierarchy_basis,
    period_start,
    period_end,
    series_id,
    category_type,
    category,
    {{ rolled_up_sums(sums_of_values='double') }},
    {%- for count in [
        'practices_counted', 'practices_not_applicable', 'practices_suppressed', 'weight_covered',
        'weight_suppressed',
    ] %}
    cast(sum({{ count }}) as bigint) as {{ count }},
    {%- endfor %}
    max(is_placed_later) = 1 as is_placed_later,
    min(first_reason) as first_reason,
    max(last_reason) as last_reason,
    {{ rolled_up_flags(are_few=true) }} as practice_flags,
    {{ joined_distinct_members('edition_ids', are_few=true) }} as edition_ids
from alike
group by {{ keys | join(', ') }}
