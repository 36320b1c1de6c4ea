-- Five-point trends of yearly series, as they stood at each valid point.
with yearly as (
    select * from {{ ref('int_values') }}
    where
        cadence = 'annual'
        and limits_kind in ('survey', 'proportion', 'rate')
        and value_state in ('reported', 'zero')
),

trends as (
    {{ five_point_trend(
        'yearly',
        series=[
            'indicator_id', 'area_type', 'area_code', 'hierarchy_basis', 'series_id',
            'category_type', 'category',
        ],
        period='period_end',
        value='value', lower='lower_95', upper='upper_95',
        numerator='numerator', denominator='denominator', polarity='polarity'
    ) }}
)

select
    indicator_id,
    area_type,
    area_code,
    hierarchy_basis,
    series_id,
    category_type,
    category,
    period_end,
    first_period,
    points,
    slope,
    chi_square,
    has_one_direction,
    trend
from trends
