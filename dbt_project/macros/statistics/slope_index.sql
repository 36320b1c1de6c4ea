{#
    Midpoint of a quantile on the scale from 0 (most deprived) to 1 (least deprived) of cumulative
    population. A window expression: quantiles are numbered from the most deprived.
    Source: OHID, Slope Index of Inequality tool; PHEindicatormethods, phe_sii.
#}
{%- macro cumulative_midpoint(population, groups, quantile) -%}
{%- set p = "cast(" ~ population ~ " as double)" -%}
{%- set parts = "partition by " ~ groups | join(', ') -%}
(
    sum({{ p }}) over (
        {{ parts }} order by {{ quantile }} asc nulls last
        rows between unbounded preceding and current row
    ) - {{ p }} / 2e0
) / nullif(sum({{ p }}) over ({{ parts }}), 0e0)
{%- endmacro -%}


{#
    Slope and relative index of inequality across quantiles of deprivation, one row per group.
    Source: OHID, Slope Index of Inequality tool; PHEindicatormethods, phe_sii; Low A and Low A
    (2004), J Public Health 26:388-395. Regression of the values, each weighted with its share a of
    the population, on the midpoints b of cumulative population; with transform log or logit of
    their logarithms (rates) or log odds (proportions):
        slope = sum(a (b - 1/2) y) / sum(a (b - 1/2)^2),   as sum(a b) = 1/2
        y0, y1 = sum(a y) -/+ slope / 2, transformed back;   SII = y1 - y0,   RII = y1 / y0
    A positive SII is higher in the least deprived. Intervals are analytic (DOMAIN 0.2 ruling 13):
    standard error of y1 - y0, and of ln y1 - ln y0, from those of the quantiles, carried through
    the transformation by its derivative (exact without one). No simulation, so that the same input
    gives the same limits; they agree with the source's simulated ones to its own noise.

    Null unless every quantile of the group has a value (above 0 for log, between 0 and 1 for
    logit) and a population above 0, and there are 5 to 100 of them. Limits also need every
    standard error, and RII both fitted ends above 0.

    relation: table or CTE with one row per group and quantile.
    groups: list of the columns that make a group. quantile: column, 1 the most deprived.
    value, population, standard_error: columns, the error on the scale of the value.
    transform: none, log or logit.
    Out: groups, quantiles, most_deprived_value, least_deprived_value (fitted ends), sii,
    sii_lower_95, sii_upper_95, rii, rii_lower_95, rii_upper_95.
#}
{%- macro slope_index(
    relation, groups, quantile, value, population, standard_error, transform='none'
) -%}
{%- if transform not in ('none', 'log', 'logit') -%}
{{ exceptions.raise_compiler_error("transform must be none, log or logit, not " ~ transform) }}
{%- endif -%}
{%- set parts = "partition by " ~ groups | join(', ') -%}
{%- set z = normal_quantile(0.95) -%}
with slope_quantiles as (
    select
        {{ groups | join(', ') }},
        cast({{ value }} as double) as value,
        cast({{ standard_error }} as double) as standard_error,
        cast({{ population }} as double)
        / nullif(sum(cast({{ population }} as double)) over ({{ parts }}), 0e0) as share,
        {{ cumulative_midpoint(population, groups, quantile) }} - 0.5e0 as centred_midpoint,
        coalesce(
            {{ is_finite_number(value) }}
            {%- if transform != 'none' %}
            and cast({{ value }} as double) > 0
            {%- endif %}
            {%- if transform == 'logit' %}
            and cast({{ value }} as double) < 1
            {%- endif %}
            and {{ is_finite_number(population) }}
            and cast({{ population }} as double) > 0
            and {{ quantile }} is not null,
            false
        ) as is_usable
    from {{ relation }}
),

slope_transformed as (
    select
        *,
        {% if transform == 'none' -%}
        case when is_usable then value end as y,
        case when is_usable and standard_error >= 0 then standard_error end as scaled_error,
        {%- elif transform == 'log' -%}
        case when is_usable then ln(value) end as y,
        case when is_usable and standard_error >= 0 then standard_error / nullif(value, 0e0) end
            as scaled_error,
        {%- else -%}
        case when is_usable then ln(value / nullif(1e0 - value, 0e0)) end as y,
        case
            when is_usable and standard_error >= 0
                then standard_error / nullif(value * (1e0 - value), 0e0)
        end as scaled_error,
        {%- endif %}
        share * centred_midpoint / nullif(sum(share * centred_midpoint * centred_midpoint) over ({{ parts }}), 0e0)
            as slope_weight
    from slope_quantiles
),

slope_fitted as (
    select
        *,
        count(*) over ({{ parts }}) as quantiles,
        count(y) over ({{ parts }}) as usable_quantiles,
        count(case when {{ is_finite_number('scaled_error') }} then scaled_error end) over ({{ parts }})
            as quantiles_with_error,
        sum(share * y) over ({{ parts }}) - sum(slope_weight * y) over ({{ parts }}) / 2e0
            as most_deprived_y,
        sum(share * y) over ({{ parts }}) + sum(slope_weight * y) over ({{ parts }}) / 2e0
            as least_deprived_y
    from slope_transformed
),

{# What the fitted ends are, and their derivatives by y: of themselves and of their logarithms. -#}
slope_ends as (
    select
        *
        {%- for end in ['most_deprived', 'least_deprived'] %},
        {%- if transform == 'none' %}
        {{ end }}_y as {{ end }}_value,
        1e0 as {{ end }}_rate,
        1e0 / nullif({{ end }}_y, 0e0) as {{ end }}_log_rate
        {%- elif transform == 'log' %}
        exp({{ end }}_y) as {{ end }}_value,
        exp({{ end }}_y) as {{ end }}_rate,
        1e0 as {{ end }}_log_rate
        {%- else %}
        1e0 / (1e0 + exp(-{{ end }}_y)) as {{ end }}_value,
        1e0 / (1e0 + exp(-{{ end }}_y)) * (1e0 / (1e0 + exp({{ end }}_y))) as {{ end }}_rate,
        1e0 / (1e0 + exp({{ end }}_y)) as {{ end }}_log_rate
        {%- endif %}
        {%- endfor %}
    from slope_fitted
),

slope_influences as (
    select
        *,
        (
            least_deprived_rate * (share + slope_weight / 2e0)
            - most_deprived_rate * (share - slope_weight / 2e0)
        ) * scaled_error as gap_influence,
        (
            least_deprived_log_rate * (share + slope_weight / 2e0)
            - most_deprived_log_rate * (share - slope_weight / 2e0)
        ) * scaled_error as ratio_influence
    from slope_ends
),

slope_groups as (
    select
        {{ groups | join(', ') }},
        max(quantiles) as quantiles,
        max(quantiles) = max(usable_quantiles) and max(quantiles) between 5 and 100 as is_fitted,
        max(quantiles) = max(quantiles_with_error) as has_errors,
        max(most_deprived_value) as most_deprived_value,
        max(least_deprived_value) as least_deprived_value,
        sqrt(sum(gap_influence * gap_influence)) as gap_error,
        sqrt(sum(ratio_influence * ratio_influence)) as ratio_error
    from slope_influences
    group by {{ groups | join(', ') }}
),

slope_indices as (
    select
        *,
        case
            when is_fitted
                then {{ difference('least_deprived_value', 'most_deprived_value') }}
        end as sii,
        case
            when is_fitted and most_deprived_value > 0 and least_deprived_value >= 0
                then {{ ratio('least_deprived_value', 'most_deprived_value') }}
        end as rii
    from slope_groups
)

select
    {{ groups | join(', ') }},
    cast(quantiles as int) as quantiles,
    case when sii is not null then most_deprived_value end as most_deprived_value,
    case when sii is not null then least_deprived_value end as least_deprived_value,
    sii,
    case when has_errors then {{ null_if_infinite('sii - ' ~ z ~ ' * gap_error') }} end
        as sii_lower_95,
    case when has_errors then {{ null_if_infinite('sii + ' ~ z ~ ' * gap_error') }} end
        as sii_upper_95,
    rii,
    case
        when has_errors and {{ is_finite_number('ratio_error') }}
            then {{ null_if_infinite('rii * exp(-' ~ z ~ ' * ratio_error)') }}
    end as rii_lower_95,
    case
        when has_errors and rii > 0 and {{ is_finite_number('ratio_error') }}
            then {{ null_if_infinite('rii * exp(' ~ z ~ ' * ratio_error)') }}
    end as rii_upper_95
from slope_indices
{%- endmacro -%}
