{#
    The distinct members of all comma-joined lists of a group, joined by commas in alphabetical
    order; null where there is none. For columns that may themselves hold lists, as edition_ids do.
#}
{% macro joined_distinct_members(expression) %}{{ return(adapter.dispatch('joined_distinct_members')(expression)) }}{% endmacro %}

{% macro default__joined_distinct_members(expression) -%}
    array_to_string(
        list_sort(list_distinct(string_split(string_agg(distinct {{ expression }}, ','), ','))), ','
    )
{%- endmacro %}

{% macro spark__joined_distinct_members(expression) -%}
    nullif(
        array_join(
            array_sort(array_distinct(split(array_join(collect_set({{ expression }}), ','), ','))),
            ','
        ),
        ''
    )
{%- endmacro %}
