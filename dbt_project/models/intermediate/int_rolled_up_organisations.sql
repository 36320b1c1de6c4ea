-- Figures of organisations and programmes added up to the board they belong to.
with catalogue as (
    select
        indicator_id,
        rolls_up_from
    from {{ ref('int_indicator_catalogue') }}
    where rolls_up_from in ('organisation', 'programme')
),

inputs as (
    select
        inputs.*,
        inputs.value_state in ('reported', 'zero') as is_counted,
        organisations.icb_code
    from {{ ref('int_indicator_inputs') }} as inputs
    inner join catalogue
        on
            inputs.indicator_id = catalogue.indicator_id
            and inputs.area_type = catalogue.rolls_up_from
    inner join {{ ref('int_organisations') }} as organisations
        on inputs.area_code = organisations.organisation_code
    where organisations.icb_code is not null
),

summed as (
    select
        indicator_id,
        icb_code as area_code,
        period_start,
        period_end,
        series_id,
        category_type,
        category,
        {{ rolled_up_sums() }},
        count(case when is_counted then 1 end) as organisations_counted,
        max(case when not is_counted then value_reason end) as reason_of_one,
        {{ rolled_up_flags() }} as dq_flags,
        {{ joined_distinct_members('edition_ids') }} as edition_ids
    from inputs
    group by
        indicator_id, icb_code, period_start, period_end, series_id, category_type, category
),

-- Today's geography has no place for a board that is gone.
boards_of_today as (
    select distinct icb_code
    from {{ ref('int_location_parents') }}
    where icb_code is not null
),

on_bases as (
    select
        summed.*,
        'as_was' as hierarchy_basis
    from summed
    union all
    select
        summed.*,
        'as_is' as hierarchy_basis
    from summed
    inner join boards_of_today on summed.area_code = boards_of_today.icb_code
),

explained as (
    select
        *,
        case
            when organisations_counted = 0 then 'not_available'
            when denominator is null or denominator = 0 then 'cannot_calculate'
            when numerator = 0 and coalesce(value_sum, 0) = 0 then 'zero'
            else 'reported'
        end as value_state,
        case
            when organisations_counted = 0
                then coalesce(reason_of_one, 'no organisation of the board has a figure')
            when denominator is null or denominator = 0 then 'nothing is in the denominator'
        end as value_reason
    from on_bases
)

select
    {{ rolled_up_columns(area_type="'icb'", coverage='null') }}
from explained
