{#
    A value or limit as it is shown. Twelve digits of a mean of local scores would give away of how
    many people it is, and with the limits how far apart they are: two decimals remain.
#}
{% macro as_shown(expression) -%}
case when is_rounded_mean then round({{ expression }}, 2) else {{ expression }} end
{%- endmacro %}
