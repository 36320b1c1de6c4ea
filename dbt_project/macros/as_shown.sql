{#
    A value or limit as it is shown. Twelve digits of a mean of local scores would give away of how
    many people it is: one decimal remains.
#}
{% macro as_shown(expression) -%}
case when is_rounded_mean then round({{ expression }}, 1) else {{ expression }} end
{%- endmacro %}
