{# No column of the list has a null in any row. One scan for all of them; a failing row names the
   column and how many rows lack it. #}
{% test are_not_null(model, columns) %}
with counted as (
    select
        count(*) as all_rows
        {%- for column in columns %},
        count({{ column }}) as rows_with_{{ loop.index }}
        {%- endfor %}
    from {{ model }}
)
{% for column in columns %}
select
    '{{ column }}' as column_name,
    all_rows - rows_with_{{ loop.index }} as rows_without
from counted
where rows_with_{{ loop.index }} < all_rows
{{ 'union all' if not loop.last }}
{% endfor %}
{% endtest %}
