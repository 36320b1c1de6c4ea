-- Slope and relative index of inequality across the fifths, on the logarithm of rates and on the
-- log odds of proportions, so that no fitted end is below nothing or above everybody (DOMAIN 6.10).
{%- set keys = [
    'indicator_id', 'area_code', 'area_type', 'hierarchy_basis', 'period_start', 'period_end',
    'series_id',
] %}
{%- set columns = keys + [
    'deprivation_quintile', 'practices', 'population', 'numerator', 'denominator', 'value',
    'standard_error', 'is_withheld', 'coverage', 'dq_flags', 'edition_ids',
] %}
with rates as (
    select * from {{ ref('int_released_referral_quintiles') }}
),

shown_rates as (
    select * from rates
    where not is_withheld
),

proportions as (
    select
        *,
        false as is_withheld
    from {{ ref('int_plan_coverage_quintiles') }}
),

rate_slopes as (
    {{ slope_index(
        'shown_rates', keys, 'deprivation_quintile', 'value', 'population', 'standard_error', 'log'
    ) | indent(4) }}
),

proportion_slopes as (
    {{ slope_index(
        'proportions', keys, 'deprivation_quintile', 'value', 'population', 'standard_error',
        'logit'
    ) | indent(4) }}
),

slopes as (
    select * from rate_slopes
    union all
    select * from proportion_slopes
),

quintiles as (
    {%- for relation in ['rates', 'proportions'] %}
    select
        {{ columns | join(',\n        ') }}
    from {{ relation }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

areas as (
    select
        {{ keys | join(',\n        ') }},
        cast(sum(practices) as bigint) as practices,
        count(*) as quintiles_counted,
        min(numerator) as smallest_numerator,
        cast(sum(numerator) as decimal(38, 12)) as total_numerator,
        min(coverage) as coverage,
        max(case when is_withheld then 1 else 0 end) = 1 as is_withheld,
        max(dq_flags) as dq_flags,
        {{ joined_distinct_members('edition_ids') }} as edition_ids
    from quintiles
    group by {{ keys | join(', ') }}
),

joined as (
    select
        areas.*,
        slopes.most_deprived_value,
        slopes.least_deprived_value,
        slopes.sii,
        slopes.sii_lower_95,
        slopes.sii_upper_95,
        slopes.rii,
        slopes.rii_lower_95,
        slopes.rii_upper_95,
        -- A slope of part of the area would be taken for that of the area: four fifths is the
        -- least, as for workforce returns.
        not areas.is_withheld
        and areas.coverage >= 0.8
        and areas.total_numerator >= 10
        and slopes.sii is not null
            as is_shown
    from areas
    left join slopes
        on
            areas.indicator_id = slopes.indicator_id
            {%- for key in keys[1:] %}
            and areas.{{ key }} = slopes.{{ key }}
            {%- endfor %}
)

select
    {{ keys | join(',\n    ') }},
    practices,
    coverage,
    {%- for column in [
        'most_deprived_value', 'least_deprived_value', 'sii', 'sii_lower_95', 'sii_upper_95',
        'rii', 'rii_lower_95', 'rii_upper_95',
    ] %}
    case when is_shown then {{ column }} end as {{ column }},
    {%- endfor %}
    case
        when is_withheld then 'suppressed'
        when is_shown then 'reported'
        else 'cannot_calculate'
    end as value_state,
    case
        when is_withheld then 'a fifth is withheld so that nobody can be recognised in it'
        when coverage < 0.8
            then
                'practices with ' || cast(cast(floor(coverage * 100) as integer) as string)
                || ' % of people have figures; at least 80 % are needed'
        when quintiles_counted < 5
            then
                'practices with figures fill ' || cast(quintiles_counted as string)
                || ' of the 5 fifths of deprivation'
        when total_numerator < 10 then 'fewer than 10 people or referrals are counted in the area'
        when smallest_numerator = 0 then 'nobody is counted in one of the fifths of deprivation'
        when sii is null then 'the slope cannot be fitted to these values'
        when coverage < 0.9995
            then
                'practices with '
                || cast(cast(round((1 - coverage) * 100, 1) as decimal(4, 1)) as string)
                || ' % of people are left out: suppressed, without figures or without a'
                || ' deprivation score'
    end as value_reason,
    nullif(
        coalesce(dq_flags, '')
        || case
            when coverage < 0.9995
                then case when dq_flags is null then '' else ',' end || 'incomplete_coverage'
            else ''
        end,
        ''
    ) as dq_flags,
    edition_ids
from joined
