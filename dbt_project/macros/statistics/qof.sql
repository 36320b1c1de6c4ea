{#
    The three rates of a Quality and Outcomes Framework indicator. Personalised care adjustments
    (PCA) take people out of the denominator for a stated reason.
    Source: NHS England, QOF technical annex: achievement = numerator / denominator; PCA rate =
    PCA / (denominator + PCA); intervention rate = numerator / (denominator + PCA).
    For personalised care the intervention rate is shown: achievement flatters whoever adjusts.
#}
{%- macro qof_achievement_rate(numerator, denominator) -%}
{{ ratio(numerator, denominator) }}
{%- endmacro -%}


{%- macro qof_pca_rate(denominator, adjustments) -%}
case
    when
        {{ count_is_defined(denominator) }}
        and {{ count_is_defined(adjustments) }}
        then {{ ratio(adjustments, qof_eligible(denominator, adjustments)) }}
end
{%- endmacro -%}


{%- macro qof_intervention_rate(numerator, denominator, adjustments) -%}
case
    when
        {{ count_is_defined(denominator) }}
        and {{ count_is_defined(adjustments) }}
        then {{ ratio(numerator, qof_eligible(denominator, adjustments)) }}
end
{%- endmacro -%}


{#- Everybody the indicator is about: the denominator of the intervention rate and its limits. -#}
{%- macro qof_eligible(denominator, adjustments) -%}
(cast({{ denominator }} as double) + cast({{ adjustments }} as double))
{%- endmacro -%}
