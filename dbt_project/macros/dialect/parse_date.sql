{# A text as a date, null when it is none. Formats are strftime patterns, tried in order. #}
{% macro parse_date(text, formats) %}{{ return(adapter.dispatch('parse_date')(text, formats)) }}{% endmacro %}

{% macro default__parse_date(text, formats) -%}
    cast(try_strptime({{ text }}, ['{{ formats | join("', '") }}']) as date)
{%- endmacro %}

{#
    One letter is a number of one or two digits, as strftime has it; digits that nothing parts need
    their width. Years of two digits are of this century here, on DuckDB from 1969 to 2068.
#}
{% macro spark__parse_date(text, formats) -%}
    {%- set java = {
        '%Y%m%d': 'yyyyMMdd', '%Y': 'yyyy', '%m': 'M', '%d': 'd', '%b': 'MMM', '%y': 'yy'
    } -%}
    coalesce(
    {%- for format in formats -%}
        {%- set pattern = namespace(text=format) -%}
        {%- for code, letters in java.items() -%}
            {%- set pattern.text = pattern.text | replace(code, letters) -%}
        {%- endfor -%}
        try_to_date({{ text }}, '{{ pattern.text }}'){{ ', ' if not loop.last }}
    {%- endfor -%}
    )
{%- endmacro %}
