-- Figures of indicators that count people locally, before anything is hidden. What is the
-- difference of two counts since April has no row of its own: it is made of what is released of
-- the two, so that it tells nothing new (DOMAIN 7.3 rule 6).
with inputs as (
    select * from {{ ref('int_placed_inputs') }}
),

catalogue as (
    select * from {{ ref('int_indicator_catalogue') }}
    where disclosure_class = 'std'
)

select
    {{ row_id('inputs') }} as row_id,
    inputs.indicator_id,
    inputs.area_type,
    inputs.area_code,
    inputs.hierarchy_basis,
    inputs.period_start,
    inputs.period_end,
    inputs.series_id,
    inputs.category_type,
    inputs.category,
    catalogue.method,
    cast(inputs.numerator as bigint) as numerator,
    cast(inputs.denominator as bigint) as denominator,
    cast(inputs.denominator as bigint) - cast(inputs.numerator as bigint) as complement,
    ', ' || catalogue.grains || ', ' like '%, ' || inputs.area_type || ', %' as is_published
from inputs
inner join catalogue on inputs.indicator_id = catalogue.indicator_id
where
    inputs.value_state in ('reported', 'zero')
    and inputs.series_id not like '%_monthly_flow'
