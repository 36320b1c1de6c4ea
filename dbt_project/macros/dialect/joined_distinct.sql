{# The distinct texts of a group, joined by commas in alphabetical order; null where there is none. #}
{% macro joined_distinct(expression) %}{{ return(adapter.dispatch('joined_distinct')(expression)) }}{% endmacro %}

{% macro default__joined_distinct(expression) -%}
    string_agg(distinct {{ expression }}, ',' order by {{ expression }} asc nulls last)
{%- endmacro %}

{% macro spark__joined_distinct(expression) -%}
    nullif(array_join(sort_array(collect_set({{ expression }})), ','), '')
{%- endmacro %}
