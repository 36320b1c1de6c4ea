-- How like its population each set of referrals or seats is, beside what drawing lots would give.
-- Without chance to hold it against, an index is not shown: from 100 up (DOMAIN 0.2 ruling 7).
{%- set keys = [
    'indicator_id', 'area_code', 'area_type', 'hierarchy_basis', 'period_start', 'period_end',
    'series_id',
] %}
{%- set similarities = dissimilarity(
    'groups', keys, 'ethnic_group', 'counted', 'registered_people'
) | indent(4) %}
with groups as (
    select * from {{ ref('int_released_representation_groups') }}
),

similarities as (
    {{ similarities }}
),

sets as (
    select
        {{ keys | join(',\n        ') }},
        max(stated_counted) as stated_counted,
        max(total_counted) as total_counted,
        max(case when is_withheld then 1 else 0 end) = 1 as has_withheld,
        max(total_shown) as total_shown,
        count(registered_people) as groups_with_people,
        count(*) as groups_in_all,
        max(dq_flags) as dq_flags,
        {{ joined_distinct_members('edition_ids') }} as edition_ids
    from groups
    group by {{ keys | join(', ') }}
),

judged as (
    select
        sets.*,
        similarities.similarity_index,
        similarities.chance_index_mean,
        similarities.chance_index_lower_95,
        similarities.chance_index_upper_95,
        case sets.series_id when 'decision_seats' then 'seats' else 'referrals' end
            as counted_things,
        case
            when sets.groups_with_people < sets.groups_in_all then 'not_available'
            when 10 * sets.stated_counted < 7 * sets.total_counted then 'cannot_calculate'
            when sets.stated_counted < 100 then 'cannot_calculate'
            when sets.has_withheld then 'suppressed'
            when similarities.chance_index_mean is null then 'cannot_calculate'
            else 'reported'
        end as value_state
    from sets
    left join similarities
        on
            sets.indicator_id = similarities.indicator_id
            {%- for key in keys[1:] %}
            and sets.{{ key }} = similarities.{{ key }}
            {%- endfor %}
)

select
    {{ keys | join(',\n    ') }},
    case when value_state = 'reported' then total_shown end as stated_counted,
    {%- for column in [
        'similarity_index', 'chance_index_mean', 'chance_index_lower_95', 'chance_index_upper_95',
    ] %}
    case when value_state = 'reported' then {{ column }} end as {{ column }},
    {%- endfor %}
    value_state,
    case
        when value_state = 'reported' then cast(null as string)
        when value_state = 'not_available'
            then 'registered people by small area or the census are not held for this area'
        when 10 * stated_counted < 7 * total_counted
            then 'the ethnic group is stated for fewer than 70 % of ' || counted_things
        when stated_counted < 100
            then
                'fewer than 100 ' || counted_things
                || ' with an ethnic group: chance alone would move the index too far'
        when value_state = 'suppressed'
            then 'groups are withheld so that nobody can be recognised in them'
        else 'the index cannot be calculated from these counts'
    end as value_reason,
    dq_flags,
    edition_ids
from judged
