{# Each column holds nothing but the values listed for it, or null. One scan for all of them; a
   failing row names the column and how many rows hold something else. #}
{% test values_are_known(model, columns) %}
with counted as (
    select
        {%- for column, values in columns.items() %}
        count(
            case
                when
                    cast({{ column }} as string) not in (
                        {%- for value in values %}'{{ value }}'{{ ', ' if not loop.last }}{% endfor -%}
                    )
                    then 1
            end
        ) as rows_with_{{ loop.index }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ model }}
)
{% for column in columns %}
select
    '{{ column }}' as column_name,
    rows_with_{{ loop.index }} as rows_with_another
from counted
where rows_with_{{ loop.index }} > 0
{{ 'union all' if not loop.last }}
{% endfor %}
{% endtest %}
