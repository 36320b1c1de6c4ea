{# After a model was built: notes of which editions. Other engines build whole tables only. #}
{% macro note_editions_built_of() %}{{ return(adapter.dispatch('note_editions_built_of')()) }}{% endmacro %}

{% macro default__note_editions_built_of() -%}
    create or replace table {{ editions_built_of() }} as
    select
        extract,
        edition_id,
        identity
    from {{ editions_to_build_of() }}
{%- endmacro %}

{% macro spark__note_editions_built_of() %}{% endmacro %}
