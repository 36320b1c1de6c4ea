-- Figures that are published for boards only, added up to regions and England. Every board that
-- had practices then owes a figure: without one of them there is no sum.
with catalogue as (
    select indicator_id
    from {{ ref('int_indicator_catalogue') }}
    where rolls_up_from = 'icb'
),

board_inputs as (
    select
        inputs.*,
        inputs.value_state in ('reported', 'zero') as is_counted
    from {{ ref('int_indicator_inputs') }} as inputs
    inner join catalogue on inputs.indicator_id = catalogue.indicator_id
    where inputs.area_type = 'icb' and inputs.hierarchy_basis = 'as_was'
),

period_ends as (
    select distinct period_end from board_inputs
),

-- The region that most practices of the board were in.
boards as (
    select
        period_ends.period_end,
        in_board.parent_code as icb_code,
        in_region.parent_code as region_code,
        row_number() over (
            partition by period_ends.period_end, in_board.parent_code
            order by count(*) desc nulls last, in_region.parent_code asc nulls last
        ) as nth
    from period_ends
    inner join {{ ref('int_practice_parents') }} as in_board
        on
            in_board.hierarchy_basis = 'as_was'
            and in_board.parent_type = 'icb'
            and period_ends.period_end >= in_board.from_date
            and period_ends.period_end <= in_board.to_date
    inner join {{ ref('int_practice_parents') }} as in_region
        on
            in_board.practice_code = in_region.practice_code
            and in_region.hierarchy_basis = 'as_was'
            and in_region.parent_type = 'region'
            and period_ends.period_end >= in_region.from_date
            and period_ends.period_end <= in_region.to_date
    group by period_ends.period_end, in_board.parent_code, in_region.parent_code
),

parents as (
    select
        period_end,
        icb_code,
        'region' as area_type,
        region_code as area_code,
        'as_was' as hierarchy_basis
    from boards
    where nth = 1
    union all
    select
        period_end,
        icb_code,
        'england' as area_type,
        'E92000001' as area_code,
        'not_applicable' as hierarchy_basis
    from boards
    where nth = 1
),

published as (
    select distinct
        indicator_id,
        period_start,
        period_end,
        series_id,
        category_type,
        category
    from board_inputs
),

summed as (
    select
        published.indicator_id,
        parents.area_code,
        parents.area_type,
        parents.hierarchy_basis,
        published.period_start,
        published.period_end,
        published.series_id,
        published.category_type,
        published.category,
        {{ rolled_up_sums('board_inputs.') }},
        count(*) as boards_there,
        count(case when board_inputs.is_counted then 1 end) as boards_counted,
        count(case when board_inputs.value_state = 'suppressed_source' then 1 end)
            as boards_suppressed,
        {{ joined_distinct('board_inputs.dq_flags') }} as dq_flags,
        {{ joined_distinct_members('board_inputs.edition_ids') }} as edition_ids
    from published
    inner join parents on published.period_end = parents.period_end
    left join board_inputs
        on
            published.indicator_id = board_inputs.indicator_id
            and published.period_start = board_inputs.period_start
            and published.period_end = board_inputs.period_end
            and published.series_id = board_inputs.series_id
            and published.category_type = board_inputs.category_type
            and published.category = board_inputs.category
            and parents.icb_code = board_inputs.area_code
    group by
        published.indicator_id, parents.area_code, parents.area_type, parents.hierarchy_basis,
        published.period_start, published.period_end, published.series_id,
        published.category_type, published.category
),

judged as (
    select
        *,
        case
            when boards_suppressed > 0 then 'suppressed_source'
            when boards_counted < boards_there then 'not_available'
            when denominator is null or denominator = 0 then 'cannot_calculate'
            when numerator = 0 then 'zero'
            else 'reported'
        end as value_state
    from summed
),

explained as (
    select
        *,
        case value_state
            when 'suppressed_source'
                then 'the publisher suppressed the figure of a board of the area'
            when 'not_available'
                then
                    cast(boards_there - boards_counted as string) || ' of '
                    || cast(boards_there as string) || ' boards of the area have no figure'
            when 'cannot_calculate' then 'nothing is in the denominator'
        end as value_reason
    from judged
)

select
    {{ rolled_up_columns(
        coverage='cast(boards_counted as double) / nullif(cast(boards_there as double), 0e0)'
    ) }}
from explained
