{#
    Score 0 to 100 of one SDM-Q-9 questionnaire (nine items of 0 to 5) from the sum of the answered
    items and their number: mean of the answered items * 20. Up to two missing items are imputed
    by that mean, which leaves it as it is; with more missing there is no score.
    Source: Kriston L and others (2010), Patient Educ Couns 80:94-99; with nine answers it is the
    published raw sum * 20/9. The rule for missing items is unverified (DOMAIN, Appendix B).
#}
{%- macro sdmq9_score(sum_of_items, answered_items) -%}
{%- set total = "cast(" ~ sum_of_items ~ " as double)" -%}
{%- set n = "cast(" ~ answered_items ~ " as double)" -%}
case
    when
        {{ n }} in (7, 8, 9)
        and {{ total }} between 0 and 5e0 * {{ n }}
        then {{ total }} * 20e0 / nullif({{ n }}, 0e0)
end
{%- endmacro -%}
