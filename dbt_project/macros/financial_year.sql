{# 1 April of the financial year that a date lies in. #}
{% macro financial_year_start(day) -%}
make_date(
            cast(
                extract(year from {{ day }})
                - case when extract(month from {{ day }}) < 4 then 1 else 0 end as integer
            ),
            4,
            1
        )
{%- endmacro %}


{# The financial year that begins on a day, as publishers write it: 2024/25. #}
{% macro financial_year(first_day) -%}
substr(cast({{ first_day }} as string), 1, 4) || '/'
        || substr(cast(extract(year from {{ first_day }}) + 1 as string), 3, 2)
{%- endmacro %}
