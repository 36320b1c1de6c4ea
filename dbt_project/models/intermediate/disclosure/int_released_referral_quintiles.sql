-- Fifths of deprivation as they may be shown. Where one has to be withheld all five are, and their
-- slope with them: it would give the one back.
{%- set keys = [
    'indicator_id', 'area_code', 'area_type', 'hierarchy_basis', 'period_start', 'period_end',
    'series_id',
] %}
with released as (
    select * from {{ ref('int_released_counts') }}
),

quintiles as (
    select
        *,
        'deprivation_quintile' as category_type,
        cast(deprivation_quintile as string) as category
    from {{ ref('int_referral_quintiles') }}
),

joined as (
    select
        quintiles.*,
        released.numerator as released_numerator,
        max(case when released.is_withheld then 1 else 0 end) over (
            partition by
                {%- for key in keys %}
                quintiles.{{ key }}{{ ',' if not loop.last }}
                {%- endfor %}
        ) = 1 as is_withheld
    from quintiles
    inner join released on {{ row_id('quintiles') }} = released.row_id
),

shown as (
    select
        *,
        case when not is_withheld then cast(released_numerator as double) end as shown_numerator
    from joined
)

select
    {{ keys | join(',\n    ') }},
    deprivation_quintile,
    practices,
    population,
    shown_numerator as numerator,
    denominator,
    1000e0 * shown_numerator / nullif(denominator, 0e0) as value,
    1000e0 * sqrt(shown_numerator) / nullif(denominator, 0e0) as standard_error,
    is_withheld,
    coverage,
    dq_flags,
    edition_ids
from shown
