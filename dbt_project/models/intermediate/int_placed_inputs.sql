-- Every input of every level on its bases, with the gaps, in one shape.
with published as (
    select
        *,
        cast(null as double) as coverage
    from {{ ref('int_indicator_inputs') }}
),

changes as (
    select * from {{ ref('int_membership_changes') }}
),

-- As it is today: the same published row, where the area's membership has not changed since.
published_as_is as (
    select
        published.*,
        changes.practices_moved
    from published
    left join changes
        on
            published.area_type = changes.area_type
            and published.area_code = changes.area_code
            and published.period_end = changes.period_end
    where published.hierarchy_basis = 'as_was'
)

select
    indicator_id,
    area_code,
    area_type,
    hierarchy_basis,
    period_start,
    period_end,
    series_id,
    category_type,
    category,
    numerator,
    denominator,
    unweighted_base,
    effective_base,
    value_sum,
    value_sum_of_squares,
    published_value,
    published_lower_95,
    published_upper_95,
    is_printed_plausible,
    value_state,
    value_reason,
    dq_flags,
    edition_ids,
    coverage
from published
union all
select
    indicator_id,
    area_code,
    area_type,
    'as_is' as hierarchy_basis,
    period_start,
    period_end,
    series_id,
    category_type,
    category,
    case when practices_moved is null then numerator end as numerator,
    case when practices_moved is null then denominator end as denominator,
    case when practices_moved is null then unweighted_base end as unweighted_base,
    case when practices_moved is null then effective_base end as effective_base,
    case when practices_moved is null then value_sum end as value_sum,
    case when practices_moved is null then value_sum_of_squares end as value_sum_of_squares,
    case when practices_moved is null then published_value end as published_value,
    case when practices_moved is null then published_lower_95 end as published_lower_95,
    case when practices_moved is null then published_upper_95 end as published_upper_95,
    is_printed_plausible,
    case when practices_moved is null then value_state else 'not_available' end as value_state,
    case
        when practices_moved is null then value_reason
        else
            cast(practices_moved as string)
            || ' practice(s) moved in or out since; nothing is published on today''s membership'
    end as value_reason,
    dq_flags,
    edition_ids,
    coverage
from published_as_is
union all
select
    indicator_id,
    area_code,
    area_type,
    hierarchy_basis,
    period_start,
    period_end,
    series_id,
    category_type,
    category,
    numerator,
    denominator,
    cast(null as bigint) as unweighted_base,
    cast(null as double) as effective_base,
    cast(null as double) as value_sum,
    cast(null as double) as value_sum_of_squares,
    cast(null as double) as published_value,
    cast(null as double) as published_lower_95,
    cast(null as double) as published_upper_95,
    false as is_printed_plausible,
    value_state,
    value_reason,
    dq_flags,
    edition_ids,
    coverage
from {{ ref('int_rolled_up_inputs') }}
union all
select
    indicator_id,
    area_code,
    area_type,
    hierarchy_basis,
    period_start,
    period_end,
    series_id,
    category_type,
    category,
    cast(null as decimal(38, 12)) as numerator,
    cast(null as decimal(38, 12)) as denominator,
    cast(null as bigint) as unweighted_base,
    cast(null as double) as effective_base,
    cast(null as double) as value_sum,
    cast(null as double) as value_sum_of_squares,
    cast(null as double) as published_value,
    cast(null as double) as published_lower_95,
    cast(null as double) as published_upper_95,
    false as is_printed_plausible,
    'not_available' as value_state,
    value_reason,
    cast(null as string) as dq_flags,
    edition_ids,
    cast(null as double) as coverage
from {{ ref('int_survey_gaps') }}
