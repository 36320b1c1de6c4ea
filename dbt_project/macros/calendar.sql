{# First and last days of the month or calendar quarter of a date. #}
{% macro first_of_month(day) -%}
    make_date(
        cast(extract(year from {{ day }}) as integer),
        cast(extract(month from {{ day }}) as integer),
        1
    )
{%- endmacro %}

{% macro last_of_month(day) -%}
    cast(cast({{ first_of_month(day) }} + interval '1' month as date) - interval '1' day as date)
{%- endmacro %}

{% macro first_of_quarter(day) -%}
    make_date(
        cast(extract(year from {{ day }}) as integer),
        cast(3 * extract(quarter from {{ day }}) - 2 as integer),
        1
    )
{%- endmacro %}

{% macro last_of_quarter(day) -%}
    cast(cast({{ first_of_quarter(day) }} + interval '3' month as date) - interval '1' day as date)
{%- endmacro %}
