{#
    Interval of a crude rate: Poisson limits of the count / population * multiplier.
    Source: PHEindicatormethods, phe_rate; Fingertips technical guidance on crude rates.
    Not for full-time equivalents, hours, pounds or clustered attendances: they are not counts of
    independent events and have no interval.
#}
{%- macro rate_limit(limit, population, multiplier) -%}
{%- set n = "cast(" ~ population ~ " as double)" -%}
{%- set scale = "cast(" ~ multiplier ~ " as double)" -%}
case
    when
        {{ n }} > 0
        and {{ is_finite_number(population) }}
        and {{ scale }} > 0
        and {{ is_finite_number(multiplier) }}
        then {{ null_if_infinite(limit ~ " / nullif(" ~ n ~ ", 0e0) * " ~ scale) }}
end
{%- endmacro -%}


{%- macro rate_lower(count, population, multiplier, confidence) -%}
{{ rate_limit(poisson_lower(count, confidence), population, multiplier) }}
{%- endmacro -%}


{%- macro rate_upper(count, population, multiplier, confidence) -%}
{{ rate_limit(poisson_upper(count, confidence), population, multiplier) }}
{%- endmacro -%}
