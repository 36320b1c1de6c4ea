{#
    Negative numbers in the survey files are codes, not values: -97 suppressed (under ten
    respondents), -98 a percentage between 0 and 0.5, -99 no confidence limit.
    Source: GP Patient Survey 2025, list of reporting variables.
#}
{% macro survey_value(text) -%}
    case when try_cast({{ text }} as double) >= 0 then try_cast({{ text }} as double) end
{%- endmacro %}

{% macro survey_value_state(text) -%}
    case
        when {{ text }} is null then 'not_available'
        when try_cast({{ text }} as double) = -97 then 'suppressed_source'
        when try_cast({{ text }} as double) = -98 then 'below_half_percent'
        when try_cast({{ text }} as double) = -99 then 'not_available'
        when try_cast({{ text }} as double) < 0 then 'not_available'
        when try_cast({{ text }} as double) = 0 then 'zero'
        else 'reported'
    end
{%- endmacro %}
