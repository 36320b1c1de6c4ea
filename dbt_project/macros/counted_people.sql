{#
    SQL condition: whether a measure of an indicator counts people, by its method (DOMAIN 0.2
    ruling 2). Registered lists, by which rates are divided, are public to the last person; the sum
    of scores, of which a mean is made, counts nobody.

    relation: the CTE or table with the columns method and category_type.
#}
{% macro counted_people(measure, relation) -%}
{%- set shares = "(" ~ relation ~ ".method = 'wilson' or " ~ relation ~ ".category_type = 'follow_up')" -%}
{%- if measure == 'numerator' -%}
({{ shares }} or {{ relation }}.method in ('rate_byar', 'rate_noci', 'count'))
{%- elif measure == 'denominator' -%}
({{ shares }} or {{ relation }}.method in ('mean_t', 'paired_change', 'dissimilarity'))
{%- else -%}
{{ shares }}
{%- endif -%}
{%- endmacro %}
