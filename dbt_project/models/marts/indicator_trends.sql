-- Trends of series that have one value a year and no year twice: annual indicators, and of counts
-- that grow from 1 April the whole years. Trends need limits, so that rates without an interval,
-- means and slopes have none.
with catalogue as (
    select
        indicator_id,
        cadence,
        polarity
    from {{ ref('int_indicator_catalogue') }}
),

yearly as (
    select
        indicator_values.indicator_id,
        indicator_values.area_code,
        indicator_values.area_type,
        indicator_values.hierarchy_basis,
        indicator_values.series_id,
        indicator_values.category_type,
        indicator_values.category,
        indicator_values.period_end,
        indicator_values.value,
        indicator_values.unit,
        indicator_values.lower_95,
        indicator_values.upper_95,
        indicator_values.numerator,
        indicator_values.denominator,
        indicator_values.lineage_id,
        catalogue.polarity
    from {{ ref('indicator_values') }} as indicator_values
    inner join catalogue on indicator_values.indicator_id = catalogue.indicator_id
    where
        indicator_values.value_state in ('reported', 'zero')
        and (
            catalogue.cadence = 'annual'
            or (
                extract(month from indicator_values.period_start) = 4
                and extract(day from indicator_values.period_start) = 1
                and extract(month from indicator_values.period_end) = 3
                and {{ days_between(
                    'indicator_values.period_start', 'indicator_values.period_end'
                ) }} between 364 and 365
            )
        )
),

trends as (
    {{ five_point_trend(
        'yearly',
        series=[
            'indicator_id', 'area_code', 'area_type', 'hierarchy_basis', 'series_id',
            'category_type', 'category',
        ],
        period='period_end',
        value='value',
        lower='lower_95',
        upper='upper_95',
        numerator='numerator',
        denominator='denominator',
        polarity='polarity'
    ) | indent(4) }}
)

select
    trends.indicator_id,
    trends.area_code,
    trends.area_type,
    trends.hierarchy_basis,
    trends.series_id,
    trends.category_type,
    trends.category,
    trends.period_end,
    yearly.value,
    yearly.unit,
    trends.first_period as first_period_end,
    trends.points,
    trends.slope,
    trends.chi_square,
    trends.has_one_direction,
    trends.trend,
    yearly.lineage_id
from trends
inner join yearly
    on
        trends.indicator_id = yearly.indicator_id
        and trends.area_code = yearly.area_code
        and trends.area_type = yearly.area_type
        and trends.hierarchy_basis = yearly.hierarchy_basis
        and trends.series_id = yearly.series_id
        and trends.category_type = yearly.category_type
        and trends.category = yearly.category
        and trends.period_end = yearly.period_end
