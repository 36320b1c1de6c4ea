{# First day of the calendar quarter that a day lies in. #}
{%- macro quarter_start(day) -%}
make_date(
    cast(extract(year from {{ day }}) as integer),
    cast(3 * extract(quarter from {{ day }}) - 2 as integer),
    1
)
{%- endmacro -%}
{# Last day of the calendar quarter that a day lies in. #}
{%- macro quarter_end(day) -%}
cast(
    cast({{ quarter_start(day) }} + interval '3' month as date) - interval '1' day as date
)
{%- endmacro -%}
