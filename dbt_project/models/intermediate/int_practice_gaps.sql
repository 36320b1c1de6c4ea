-- Practices that a source should cover but has no row for: said, not left blank.
with catalogue as (
    select indicator_id
    from {{ ref('int_indicator_catalogue') }}
    where
        rolls_up_from = 'practice'
        and minimum_coverage > 0
        and ', ' || grains || ', ' like '%, practice, %'
),

inputs as (
    select
        inputs.indicator_id,
        inputs.area_code,
        inputs.period_start,
        inputs.period_end,
        inputs.series_id,
        inputs.category_type,
        inputs.category,
        inputs.edition_ids
    from {{ ref('int_indicator_inputs') }} as inputs
    inner join catalogue on inputs.indicator_id = catalogue.indicator_id
    where inputs.area_type = 'practice'
),

published as (
    select
        indicator_id,
        period_start,
        period_end,
        series_id,
        category_type,
        category,
        max(edition_ids) as edition_ids
    from inputs
    group by indicator_id, period_start, period_end, series_id, category_type, category
)

select
    published.indicator_id,
    weights.practice_code as area_code,
    published.period_start,
    published.period_end,
    published.series_id,
    published.category_type,
    published.category,
    'the source has no row for this practice' as value_reason,
    published.edition_ids
from published
inner join {{ ref('int_practice_weights') }} as weights
    on published.period_end = weights.period_end
left join inputs
    on
        published.indicator_id = inputs.indicator_id
        and published.period_start = inputs.period_start
        and published.period_end = inputs.period_end
        and published.series_id = inputs.series_id
        and published.category_type = inputs.category_type
        and published.category = inputs.category
        and weights.practice_code = inputs.area_code
where inputs.indicator_id is null
