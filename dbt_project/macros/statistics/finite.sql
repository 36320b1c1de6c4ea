{#
    What may enter a formula: numbers that are neither null, infinite nor "not a number".
    DuckDB and Spark both order NaN above every other double, so one range test refuses NaN and
    both infinities without `isfinite`, which Spark lacks.
#}
{%- macro is_finite_number(value) -%}
cast({{ value }} as double) between -1.7976931348623157e308 and 1.7976931348623157e308
{%- endmacro -%}


{#- What leaves a formula: a quotient too large for a double becomes null instead of infinity. -#}
{%- macro null_if_infinite(value) -%}
nullif(nullif({{ value }}, cast('infinity' as double)), cast('-infinity' as double))
{%- endmacro -%}
