{#
    The distinct members of all comma-joined lists of a group, joined by commas in alphabetical
    order; null where there is none. For columns that may themselves hold lists, as edition_ids do.

    are_few: whether a group has few lists. Telling equal ones apart before they are joined then costs
    more than it saves; the result is the same.
#}
{% macro joined_distinct_members(expression, are_few=false) %}{{ return(adapter.dispatch('joined_distinct_members')(expression, are_few)) }}{% endmacro %}

{% macro default__joined_distinct_members(expression, are_few=false) -%}
    array_to_string(
        list_sort(
            list_distinct(
                string_split(
                    string_agg({{ '' if are_few else 'distinct ' }}{{ expression }}, ','), ','
                )
            )
        ),
        ','
    )
{%- endmacro %}

{% macro spark__joined_distinct_members(expression, are_few=false) -%}
    nullif(
        array_join(
            array_sort(array_distinct(split(array_join(collect_set({{ expression }}), ','), ','))),
            ','
        ),
        ''
    )
{%- endmacro %}
