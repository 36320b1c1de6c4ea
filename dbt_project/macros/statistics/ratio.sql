{#
    A proportion, a ratio, or a crude rate before its multiplier: numerator / denominator.
    Null, never infinite and never zero, when there is nothing to divide by.
#}
{%- macro ratio(numerator, denominator) -%}
{%- set x = "cast(" ~ numerator ~ " as double)" -%}
{%- set n = "cast(" ~ denominator ~ " as double)" -%}
case
    when
        {{ n }} > 0
        and {{ is_finite_number(denominator) }}
        and {{ is_finite_number(numerator) }}
        then {{ null_if_infinite(x ~ " / nullif(" ~ n ~ ", 0e0)") }}
end
{%- endmacro -%}
