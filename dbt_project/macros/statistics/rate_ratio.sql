{#
    Ratio of two crude rates and its interval, symmetrical in logarithms:
        RR = (x1 / n1) / (x2 / n2),   limits RR * exp(-/+ z * sqrt(1/x1 + 1/x2))
    Source: Armitage P and Berry G, Statistical Methods in Medical Research (4th edn, 2002).
    Counts are of independent events and whole: below one there are no limits, and with no event
    in the reference there is no ratio. Always shown beside the absolute gap (`difference`).
#}
{%- macro rate_ratio(count, population, reference_count, reference_population) -%}
{%- set x = "cast(" ~ count ~ " as double)" -%}
{%- set n = "cast(" ~ population ~ " as double)" -%}
{%- set y = "cast(" ~ reference_count ~ " as double)" -%}
{%- set m = "cast(" ~ reference_population ~ " as double)" -%}
{%- set quotient -%}
{{ x }} / nullif({{ n }}, 0e0) / nullif({{ y }} / nullif({{ m }}, 0e0), 0e0)
{%- endset -%}
case
    when
        {{ count_is_defined(count) }}
        and {{ count_is_defined(reference_count) }}
        and {{ y }} > 0
        and {{ n }} > 0
        and {{ is_finite_number(population) }}
        and {{ m }} > 0
        and {{ is_finite_number(reference_population) }}
        and {{ is_finite_number("(" ~ x ~ " / nullif(" ~ n ~ ", 0e0))") }}
        and {{ is_finite_number("(" ~ y ~ " / nullif(" ~ m ~ ", 0e0))") }}
        then {{ null_if_infinite(quotient) }}
end
{%- endmacro -%}


{%- macro rate_ratio_factor(count, reference_count, confidence) -%}
{%- set x = "cast(" ~ count ~ " as double)" -%}
{%- set y = "cast(" ~ reference_count ~ " as double)" -%}
case
    when
        {{ x }} >= 1
        and {{ y }} >= 1
        then exp({{ normal_quantile(confidence) }} * sqrt(
            1e0 / nullif({{ x }}, 0e0) + 1e0 / nullif({{ y }}, 0e0)
        ))
end
{%- endmacro -%}


{%- macro rate_ratio_lower(
    count, population, reference_count, reference_population, confidence
) -%}
{{ rate_ratio(count, population, reference_count, reference_population) }}
/ nullif({{ rate_ratio_factor(count, reference_count, confidence) }}, 0e0)
{%- endmacro -%}


{%- macro rate_ratio_upper(
    count, population, reference_count, reference_population, confidence
) -%}
{%- set limit -%}
{{ rate_ratio(count, population, reference_count, reference_population) }}
* {{ rate_ratio_factor(count, reference_count, confidence) }}
{%- endset -%}
{{ null_if_infinite(limit) }}
{%- endmacro -%}
