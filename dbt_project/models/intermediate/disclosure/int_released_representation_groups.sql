-- Ethnic groups as they may be shown: groups of fewer than ten people are withheld (DOMAIN 7.3 rule
-- 7), and of what is withheld there are at least two groups and ten people together.
{%- set keys = [
    'indicator_id', 'area_code', 'area_type', 'hierarchy_basis', 'period_start', 'period_end',
    'series_id',
] %}
{%- set keys_of_set = keys | join(', ') %}
with released as (
    select * from {{ ref('int_released_counts') }}
),

groups_of_sets as (
    select
        *,
        'ethnic_group' as category_type,
        ethnic_group as category
    from {{ ref('int_representation_groups') }}
),

sets as (
    select distinct
        {{ keys | join(',\n        ') }},
        'all' as category_type,
        'all' as category
    from {{ ref('int_representation_groups') }}
),

released_sets as (
    select
        sets.*,
        released.denominator as released_total,
        released.is_withheld
    from sets
    inner join released on {{ row_id('sets') }} = released.row_id
),

joined as (
    select
        groups_of_sets.*,
        released.numerator as released_count,
        released_sets.released_total,
        released.is_withheld or released_sets.is_withheld as is_hidden
    from groups_of_sets
    inner join released on {{ row_id('groups_of_sets') }} = released.row_id
    inner join released_sets
        on
            groups_of_sets.indicator_id = released_sets.indicator_id
            {%- for key in keys[1:] %}
            and groups_of_sets.{{ key }} = released_sets.{{ key }}
            {%- endfor %}
),

in_order as (
    select
        *,
        min(counted) over (partition by {{ keys_of_set }}) as smallest_group,
        row_number() over (
            partition by {{ keys_of_set }}
            order by counted asc nulls last, ethnic_group asc nulls last
        ) as nth_smallest,
        sum(counted) over (
            partition by {{ keys_of_set }}
            order by counted asc nulls last, ethnic_group asc nulls last
            rows between unbounded preceding and current row
        ) - counted as counted_in_smaller
    from joined
),

judged as (
    select
        *,
        is_hidden
        or (
            smallest_group < 10
            and (counted < 10 or nth_smallest <= 2 or counted_in_smaller < 10)
        ) as is_withheld
    from in_order
)

select
    {{ keys | join(',\n    ') }},
    ethnic_group,
    case when not is_withheld then cast(released_count as bigint) end as counted,
    case when not is_withheld then cast(released_total as bigint) end as total_shown,
    stated_counted,
    total_counted,
    registered_people,
    is_withheld,
    dq_flags,
    edition_ids
from judged
