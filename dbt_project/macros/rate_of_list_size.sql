{# State of a count divided by a list size: a count without a list size has no rate. #}
{% macro rate_state(count_state, registered_patients) -%}
case
        when {{ count_state }} not in ('reported', 'zero') then {{ count_state }}
        when coalesce({{ registered_patients }}, 0) = 0 then 'cannot_calculate'
        else {{ count_state }}
    end
{%- endmacro %}


{# The same in words. #}
{% macro rate_reason(count_state, count_reason, registered_patients) -%}
case
        when {{ count_state }} not in ('reported', 'zero') then {{ count_reason }}
        when {{ registered_patients }} is null
            then 'the practice is on no list of registered people within twelve months'
        when {{ registered_patients }} = 0 then 'nobody is registered with the practice'
        else {{ count_reason }}
    end
{%- endmacro %}
