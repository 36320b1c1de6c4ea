{#
    Interval of a mean from the number of values, their sum and the sum of their squares:
        mean -/+ t(n - 1) * s / sqrt(n),   s^2 = (sum of squares - sum^2 / n) / (n - 1)
    Source: Student's t interval; PHEindicatormethods, phe_mean. A paired change is the mean of
    the differences within pairs: give it their number, sum and sum of squares.
    Sums that no values can have (squares below sum^2 / n by more than rounding) have no interval;
    within rounding the values are all the same and the interval is the mean.
#}
{%- macro mean_half_width(number_of_values, value_sum, value_sum_of_squares, confidence) -%}
{%- set n = "cast(" ~ number_of_values ~ " as double)" -%}
{%- set total = "cast(" ~ value_sum ~ " as double)" -%}
{%- set squares = "cast(" ~ value_sum_of_squares ~ " as double)" -%}
{%- set spread -%}
({{ squares }} - {{ total }} / nullif({{ n }}, 0e0) * {{ total }})
{%- endset -%}
case
    when
        {{ n }} >= 2
        and {{ is_finite_number(value_sum) }}
        and {{ is_finite_number(value_sum_of_squares) }}
        and {{ spread }} >= -1e-9 * {{ squares }}
        then {{ student_t_quantile("cast(" ~ number_of_values ~ " as double) - 1", confidence) }}
            * sqrt(greatest(0e0, {{ spread }}) / nullif(({{ n }} - 1e0) * {{ n }}, 0e0))
end
{%- endmacro -%}


{%- macro mean_lower(number_of_values, value_sum, value_sum_of_squares, confidence) -%}
{%- set n = "nullif(cast(" ~ number_of_values ~ " as double), 0e0)" -%}
{%- set limit -%}
cast({{ value_sum }} as double) / {{ n }}
- {{ mean_half_width(number_of_values, value_sum, value_sum_of_squares, confidence) }}
{%- endset -%}
{{ null_if_infinite(limit) }}
{%- endmacro -%}


{%- macro mean_upper(number_of_values, value_sum, value_sum_of_squares, confidence) -%}
{%- set n = "nullif(cast(" ~ number_of_values ~ " as double), 0e0)" -%}
{%- set limit -%}
cast({{ value_sum }} as double) / {{ n }}
+ {{ mean_half_width(number_of_values, value_sum, value_sum_of_squares, confidence) }}
{%- endset -%}
{{ null_if_infinite(limit) }}
{%- endmacro -%}
