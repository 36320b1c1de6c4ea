{# The keys of a row of values in one column, for models that name rows instead of showing them. #}
{% macro row_id(relation) -%}
{{ relation }}.indicator_id
        || '|' || {{ relation }}.area_type
        || '|' || {{ relation }}.area_code
        || '|' || {{ relation }}.hierarchy_basis
        || '|' || cast({{ relation }}.period_start as string)
        || '|' || cast({{ relation }}.period_end as string)
        || '|' || {{ relation }}.series_id
        || '|' || {{ relation }}.category_type
        || '|' || {{ relation }}.category
{%- endmacro %}
