{#
    Limits of a funnel plot: where a proportion of n would fall by chance around the average.
        average -/+ z * sqrt(average * (1 - average) / n), kept within 0 and 1
    Source: Spiegelhalter DJ (2005), Stat Med 24:1185-1202; Fingertips funnel plots for
    proportions. Counts spread more than by chance at practices, so a point beyond a limit is
    "outside the funnel", not an outlier. Rates have no funnel here: their own interval is
    compared with the average (`compare_with_benchmark`).
#}
{%- macro funnel_limit(sign, average, denominator, confidence) -%}
{%- set theta = "cast(" ~ average ~ " as double)" -%}
{%- set n = "cast(" ~ denominator ~ " as double)" -%}
case
    when
        {{ n }} > 0
        and {{ is_finite_number(denominator) }}
        and {{ theta }} between 0 and 1
        then greatest(0e0, least(1e0, {{ theta }} {{ sign }} {{ normal_quantile(confidence) }} * sqrt(
            {{ theta }} * (1e0 - {{ theta }}) / nullif({{ n }}, 0e0)
        )))
end
{%- endmacro -%}


{%- macro funnel_lower(average, denominator, confidence) -%}
{{ funnel_limit('-', average, denominator, confidence) }}
{%- endmacro -%}


{%- macro funnel_upper(average, denominator, confidence) -%}
{{ funnel_limit('+', average, denominator, confidence) }}
{%- endmacro -%}


{#- Beyond the outer limits first; a point on a limit is inside it. -#}
{%- macro funnel_label(value, lower_95, upper_95, lower_998, upper_998) -%}
{%- set v = "cast(" ~ value ~ " as double)" -%}
case
    when
        {{ is_finite_number(value) }}
        and {{ is_finite_number(lower_95) }}
        and {{ is_finite_number(upper_95) }}
        and {{ is_finite_number(lower_998) }}
        and {{ is_finite_number(upper_998) }}
        then
            case
                when {{ v }} < cast({{ lower_998 }} as double) then 'low_998'
                when {{ v }} > cast({{ upper_998 }} as double) then 'high_998'
                when {{ v }} < cast({{ lower_95 }} as double) then 'low_95'
                when {{ v }} > cast({{ upper_95 }} as double) then 'high_95'
                else 'in_limits'
            end
end
{%- endmacro -%}
