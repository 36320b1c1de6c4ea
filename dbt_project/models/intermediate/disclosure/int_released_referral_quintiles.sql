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
        released.is_withheld as is_hidden
    from quintiles
    inner join released on {{ row_id('quintiles') }} = released.row_id
),

judged as (
    select
        *,
        max(case when is_hidden then 1 else 0 end) over (partition by {{ keys | join(', ') }}) = 1
            as is_withheld
    from joined
),

shown as (
    select
        *,
        case when not is_withheld then cast(released_numerator as double) end as shown_numerator
    from judged
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
